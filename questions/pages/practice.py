"""
Practice: questions drawn by a seed, and the pages around what a browser keeps of them.

What somebody has practised stays in the browser (`static/js/practice/`), and the server knows
nothing about it. Whoever asks with the same parameters gets the same draw, so the pages are public.
"""

import random
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render

from questions.markdown import section
from questions.models import Bank, Category, FormerSlug, Question, Tally
from questions.models.numbering import at_spots
from questions.pagecache.public import public_page
from questions.pages.filters import Filters, number
from questions.sharing.site import site_page

SEEDS = 10_000  # so that the pages in memory stay few
DRAWN = 100  # questions in a draw
CARDS, INTERVIEW, INTERVIEWER = "cards", "interview", "interviewer"
# How many questions a session has at most, and how many where the address says no number.
MOST = {CARDS: DRAWN, INTERVIEW: 20, INTERVIEWER: 20}
USUAL = {CARDS: 20, INTERVIEW: 8, INTERVIEWER: 8}
MINUTES = 3  # of a mock interview, for each question


@dataclass(frozen=True)
class Parameters:
    """The parameters of a practice page, normalised: whatever the address says is a session."""

    filters: Filters
    n: int = 0  # questions of the session; 0 where nobody has chosen yet
    seed: int | None = None
    mode: str = CARDS

    @classmethod
    def from_query(cls, query: QueryDict) -> Self:
        mode = query.get("mode", "")
        mode = mode if mode in MOST else CARDS
        n = 0
        if "n" in query or mode == INTERVIEWER:
            n = min(number(query.get("n", "")) or USUAL[mode], MOST[mode])
        seed = number(query.get("seed", ""))
        return cls(
            Filters.from_query(query).chosen,
            n,
            None if seed is None else seed % SEEDS,
            mode,
        )

    def within(self, categories: list[Category]) -> Self:
        """Drop a category that does not exist."""
        return replace(self, filters=self.filters.within(categories))

    def query(self, **changes: object) -> str:
        """Return the address's query, `?` included, after changing the fields given by name."""
        changed = replace(self, **changes)  # type: ignore[arg-type]
        pairs = [(name, str(getattr(changed.filters, name))) for name in ("q", "category", "level")]
        pairs += [
            ("n", str(changed.n or "")),
            ("seed", "" if changed.seed is None else str(changed.seed)),
            ("mode", "" if changed.mode == CARDS else changed.mode),
        ]
        pairs = [(name, value) for name, value in pairs if value]
        return f"?{urlencode(pairs)}" if pairs else ""

    @property
    def another(self) -> str:
        """The query of the next draw, or of the first one."""
        return self.query(seed=0 if self.seed is None else (self.seed + 1) % SEEDS)

    @property
    def as_candidate(self) -> str:
        return self.query(mode=INTERVIEW, seed=self.seed or 0)

    @property
    def as_interviewer(self) -> str:
        return self.query(mode=INTERVIEWER, seed=self.seed or 0, n=self.n or USUAL[INTERVIEW])


def normalize(query: QueryDict) -> str:
    return Parameters.from_query(query).query().removeprefix("?")


def normalize_draw(query: QueryDict) -> str:
    """Return the query of a draw. Of a card session it does not matter how long it is."""
    parameters = Parameters.from_query(query)
    n = parameters.n or USUAL[parameters.mode]
    changed = replace(parameters, seed=parameters.seed or 0, n=0 if parameters.mode == CARDS else n)
    return changed.query().removeprefix("?")


class Drawn(NamedTuple):
    key: int
    slug: str
    category: str  # its slug
    level: str


@site_page(
    label="Practice",
    title="Practice",
    description="Practise the questions one at a time, when you are about to forget them, or "
    "rehearse an interview.",
)
@public_page(normalize)
def practice(request: HttpRequest) -> HttpResponse:
    parameters = Parameters.from_query(request.GET)
    categories = Category.objects.shown(parameters.filters.level)
    parameters = parameters.within(categories)
    if parameters.mode == INTERVIEWER:
        shown = for_interviewer(parameters, draw(parameters, categories))
        return render(request, "practice/interviewer.html", shown)
    # Only without JavaScript is a question read here, and then the form names a seed.
    drawn = (
        draw(parameters, categories)
        if parameters.mode == CARDS and parameters.seed is not None
        else []
    )
    full = Question.objects.select_related("category")
    context = {
        "parameters": parameters,
        "categories": categories,
        "levels": Question.Level.choices,
        "total": sum(category.question_count for category in categories),
        "question": full.get(pk=drawn[0].key) if drawn else None,
        "heading_level": 3,
        "minutes": MINUTES,
    }
    return render(request, "practice/practice.html", context)


@public_page(normalize_draw)
def draw_json(request: HttpRequest) -> JsonResponse:
    """Name the questions of a draw, each with the slugs that lead to it."""
    parameters = Parameters.from_query(request.GET)
    categories = Category.objects.counted(parameters.filters.level)
    drawn = draw(parameters.within(categories), categories)
    former = former_slugs([question.key for question in drawn])
    return JsonResponse(
        {
            "questions": [
                {
                    "slug": question.slug,
                    "category": question.category,
                    "level": question.level,
                    **({"was": former[question.key]} if question.key in former else {}),
                }
                for question in drawn
            ]
        }
    )


@site_page(
    label="Progress",
    title="Progress",
    description="What you know, learn and have to repeat: kept in your browser only.",
)
@public_page()
def progress(request: HttpRequest) -> HttpResponse:
    categories = Category.objects.shown()
    total = sum(category.question_count for category in categories)
    return render(request, "practice/progress.html", {"categories": categories, "total": total})


def draw(parameters: Parameters, categories: list[Category]) -> list[Drawn]:
    """
    Return some of the questions that match, in the order of the draw.

    A card session gets DRAWN at most, each with the same chance; an interview its `n`, spread().
    `categories` are counted() at the level of the filters. Costs two queries, whatever the size of
    the bank; a search costs its own.
    """
    chance = random.Random(parameters.seed or 0)  # noqa: S311 (nothing secret)
    filters = parameters.filters
    matching = [c for c in categories if filters.category in ("", c.slug)]
    total = sum(category.match_count for category in matching)
    questions = filters.questions()
    if not filters.q and total > DRAWN:
        cells = Tally.objects.filter(category__in=[category.pk for category in matching])
        if filters.level:
            cells = cells.filter(level=filters.level)
        spots = cells.spots(chance.sample(range(total), DRAWN))
        # Not `questions`: a database may prefer to go through all that matches.
        drawn = at_spots(Question._meta.db_table, spots, filters.level)
        questions = Question.objects.filter(drawn).order_by()
    rows = questions.values_list("pk", "slug", "category__slug", "level")
    found = sorted((Drawn(*row) for row in rows), key=lambda question: question.slug)
    chance.shuffle(found)
    return (
        found[:DRAWN]
        if parameters.mode == CARDS
        else spread(found, parameters.n or USUAL[INTERVIEW])
    )


def spread(drawn: list[Drawn], count: int) -> list[Drawn]:
    """
    Choose `count` questions as an interview does: of all categories and levels, easy ones first.

    Where there are fewer categories than questions, each has its turn again.
    """
    waiting = list(drawn)
    chosen: list[Drawn] = []
    while waiting and len(chosen) < count:
        categories = [question.category for question in chosen]
        levels = [question.level for question in chosen]
        best = min(waiting, key=lambda q: (categories.count(q.category), levels.count(q.level)))
        chosen.append(best)
        waiting.remove(best)
    return sorted(chosen, key=lambda question: Question.Level.values.index(question.level))


def former_slugs(keys: list[int]) -> dict[int, list[str]]:
    """Return the slugs that lead to questions: those they had, and those of retired questions."""
    found: dict[int, list[str]] = {}
    had = FormerSlug.objects.filter(question__in=keys).order_by("slug")
    retired = Question.objects.filter(replaced_by__in=keys).order_by("slug")
    for rows in (had.values_list("question", "slug"), retired.values_list("replaced_by", "slug")):
        for key, slug in rows:
            if key is not None:
                found.setdefault(key, []).append(slug)
    return found


def for_interviewer(parameters: Parameters, drawn: list[Drawn]) -> dict[str, Any]:
    """Return what an interviewer reads: the questions, what to expect, and what to ask next."""
    bank = Bank.objects.current()
    full = Question.objects.select_related("category").in_bulk([q.key for q in drawn])
    asked = [
        {
            "question": question,
            "pitfalls": section(question.answer, bank.pitfalls),
            "follow_ups": section(question.answer, bank.follow_ups),
        }
        for question in (full[question.key] for question in drawn)
    ]
    return {"bank": bank, "parameters": parameters, "asked": asked, "minutes": MINUTES * len(asked)}
