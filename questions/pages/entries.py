"""A question in a list: an entry, closed or open."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from questions.models import Category, Question
from questions.pages.filters import Filters
from questions.search import Marks

LEVELS = dict(Question.Level.choices)
# What an entry is made from, and what a hit is made from.
COLUMNS = ("id", "category_id", "place", "slug", "title", "level", "prompt", "short_answer")
HIT_COLUMNS = (*COLUMNS, "asked_as", "answer")


class Entry(NamedTuple):
    """All that the HTML of an entry is made from: equal closed ones look the same."""

    number: int  # in the whole bank, from 1
    slug: str
    title: str  # `backquotes` stand around code, and in a hit `search.marks` around words
    level: str  # its name
    prompt: str  # Markdown, as is what follows
    short_answer: str
    category_open_name: str
    category_name: str
    passage: str | None = None  # of a hit: what answers the search, written like the title
    question: Question | None = None  # with the whole answer, if the entry is open

    @property
    def is_open(self) -> bool:
        return self.question is not None


def entries(
    rows: Iterable[tuple[Any, ...]],
    filters: Filters,
    categories: Iterable[Category],
    marks: Marks | None = None,
) -> list[Entry]:
    """
    Return an entry for each of `rows`, of COLUMNS or HIT_COLUMNS, in their order.

    Those that `filters` opens are open, which costs a query. `categories` are those of the
    questions, counted(). `marks` are those of a search.
    """
    by_key = {category.pk: category for category in categories}
    shown = []
    for _, category_key, place, slug, title, level, prompt, short_answer, *more in rows:
        category = by_key[category_key]
        entry = Entry(
            category.questions_before + place,
            slug,
            marks.mark(title) if marks else title,
            LEVELS[level],
            prompt,
            short_answer,
            category.open_name,
            category.name,
            marks.passage(short_answer, in_one(prompt, *more)) if marks else None,
        )
        shown.append(entry)
    return opened(shown, filters) if filters.open else shown


def in_one(prompt: str, asked_as: str, answer: str) -> str:
    """Return one Markdown text, in which each phrasing is a paragraph."""
    return "\n\n".join([*asked_as.splitlines(), prompt, answer])


def opened(shown: list[Entry], filters: Filters) -> list[Entry]:
    """Return `shown` with those open that `filters` opens."""
    slugs = [entry.slug for entry in shown if filters.opens(entry.category_open_name, entry.slug)]
    questions = Question.objects.in_bulk(slugs, field_name="slug")
    return [entry._replace(question=questions.get(entry.slug)) for entry in shown]
