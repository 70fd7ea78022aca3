"""What a visitor asked for: read from an address, applied to the bank, written back into one."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Self
from urllib.parse import urlencode

from django.http import QueryDict

from questions import search
from questions.models import Bank, Category, Question, QuestionQuerySet
from questions.models.fields import REFUSED

# Characters of a visitor's text that are used. The search has a limit of its own, for every text
# that it gets: keywords of questions too (QUERY_LENGTH in search/words.py).
TEXT_LENGTH = 200
OPEN_LIMIT = 200  # values of `open`, and of `until`, that are used
ALL = "all"
SHORT = "short"  # what `show` says where a list shows short answers below its titles
# White space stays, which separates words.
DROPPED = {ord(c): None for c in REFUSED if not c.isspace()}


@dataclass(frozen=True)
class Filters:
    """
    The parameters of a list page, normalised, in the order in which an address has them.

    Anything odd in an address (an unknown category or level, a NUL, 100 kB of text) is dropped
    or cut, so that every address gives a page.
    """

    q: str = ""
    category: str = ""
    level: str = ""
    show: str = ""  # SHORT, or titles only
    start: int = 1  # in the hits, or on a category's page: the place of the first one shown
    open: tuple[str, ...] = ()
    until: tuple[str, ...] = ()  # slugs of questions that lists have to reach

    @classmethod
    def from_query(cls, query: QueryDict) -> Self:
        level = query.get("level", "")
        opened = slugs(query, "open")
        return cls(
            q=" ".join(clean(query.get("q", "")).split()),
            category=clean(query.get("category", "")),
            level=level if level in Question.Level.values else "",
            show=SHORT if query.get("show") == SHORT and ALL not in opened else "",
            start=place(query.get("start", "")),
            open=(ALL,) if ALL in opened else opened,
            until=slugs(query, "until"),
        )

    def within(self, categories: list[Category]) -> Self:
        """Drop a category that does not exist."""
        known = self.category in {category.slug for category in categories}
        return self if known else replace(self, category="")

    @property
    def is_narrowed(self) -> bool:
        """Whether the list shows less than the whole bank."""
        return bool(self.q or self.category or self.level)

    @property
    def chosen(self) -> Self:
        """What chooses questions, without what says how a list shows them."""
        return type(self)(q=self.q, category=self.category, level=self.level)

    def questions(self) -> QuestionQuerySet:
        """
        Return all published questions that match, in the order of a list.

        That is the order of the page or, where `q` is searched for, of relevance. A search finds a
        thousand at most, and its less close hits do not count as matches. `category` has to be one
        that exists: see within().
        """
        questions = Question.objects.published()
        if self.q:
            return self.found().sort(questions)
        if self.category:
            questions = questions.in_category(self.category)
        if self.level:
            questions = questions.at_level(self.level)
        return questions.in_order()

    def found(self) -> search.Found:
        """Return what the search for `q` finds within the filters."""
        categories = list(Category.objects.published())  # as on the page
        return self.matches(Bank.objects.current(), categories).found

    def matches(self, bank: Bank, categories: list[Category]) -> "Matches":
        """
        Search for `q` in the whole bank, and keep what is in the category and at the level.

        So the counts beside the filters are those of the lists that they lead to. Where the search
        stopped before it had found everything, it is made again within category and level.
        `categories` are those of `bank`.
        """
        everything, names = Question.objects.all(), bank.search_names(categories)
        everywhere = search.find(everything, self.q, search.Narrowing(published=True), names)
        slug_of = {category.pk: category.slug for category in categories}
        key = next((c.pk for c in categories if c.slug == self.category), None)
        if everywhere.is_cut:
            counts = {(c, lv): count for c, lv, count in everything.counts_of(everywhere.hits)}
            narrowing = search.Narrowing(published=True, category=key, level=self.level)
            found = (
                search.find(everything, self.q, narrowing, names)
                if narrowing.facets
                else everywhere
            )
        else:
            rows = everything.columns_of(
                everywhere.hits + everywhere.less_close, ["id", "category_id", "level"]
            )
            hits = set(everywhere.hits)
            counts = Counter((c, level) for pk, c, level in rows if pk in hits)
            found = everywhere.among(
                {pk for pk, c, level in rows if key in (None, c) and self.level in ("", level)}
            )
        in_categories: Counter[str] = Counter()
        at_levels: Counter[str] = Counter()
        for (category, level), count in counts.items():
            if self.level in ("", level):
                in_categories[slug_of[category]] += count
            if key in (None, category):
                at_levels[level] += count
        return Matches(found, everywhere, in_categories, at_levels)

    def opens(self, category: str, question: str) -> bool:
        """Whether an entry is open, of a category's open_name and a question's slug."""
        return not {ALL, category, question}.isdisjoint(self.open)

    @property
    def reached(self) -> tuple[str, ...]:
        """What has to be in the list: it goes on at least as far as these questions' slugs."""
        return (*self.open, *self.until) if ALL not in self.open else self.until

    def opening(self, category: str) -> tuple[str, ...]:
        """Return `open` as it is when every entry of `category`, an open_name, is opened too."""
        return self.open if ALL in self.open else (*self.open, category)

    def closing(self, category: str, categories: list[Category]) -> tuple[str, ...]:
        """Return `open` as it is when `category`, an open_name and open as a whole, is closed."""
        opened = [c.open_name for c in categories] if ALL in self.open else self.open
        return tuple(slug for slug in opened if slug != category)

    def query(self, **changes: object) -> str:
        """Return the address's query, `?` included, after changing the fields given by name."""
        fields = {**vars(self), **changes}
        if fields["start"] == 1:
            del fields["start"]
        said = {name: value for name, value in fields.items() if value}
        return f"?{urlencode(said, doseq=True)}" if said else ""


@dataclass(frozen=True)
class Matches:
    """What a search finds under its filters, and how much it finds under other ones."""

    found: search.Found
    everywhere: search.Found  # in the whole bank; if it is cut, the numbers may be larger
    in_categories: Counter[str]  # hits by category's slug, at the level of the filters
    at_levels: Counter[str]  # hits by level, in the category of the filters


def normalize(query: QueryDict) -> str:
    """Return the query with the parameters that a list page knows, and nothing else."""
    return Filters.from_query(query).query().removeprefix("?")


def slugs(query: QueryDict, name: str) -> tuple[str, ...]:
    """Return the values of a parameter, cleaned and each once."""
    values = dict.fromkeys(clean(slug) for slug in query.getlist(name)[:OPEN_LIMIT])
    return tuple(slug for slug in values if slug)


def place(text: str) -> int:
    """Return the place, from 1, that `text` says; nonsense says the first."""
    return number(text) or 1


def number(text: str) -> int | None:
    """Return the number, from 0, that `text` says; None where it says none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else None


def clean(text: str) -> str:
    return text.translate(DROPPED)[:TEXT_LENGTH].strip()
