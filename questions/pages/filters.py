"""What a visitor asked for: read from an address, applied to the bank, written back into one."""

from dataclasses import dataclass, replace
from typing import Self
from urllib.parse import urlencode

from django.http import QueryDict

from questions import search
from questions.models import Bank, Category, Question, QuestionQuerySet
from questions.models.fields import REFUSED

TEXT_LENGTH = 200  # characters of `q` that are used
OPEN_LIMIT = 200  # values of `open` that are used
ALL = "all"
# White space stays, which separates words.
DROPPED = {ord(c): None for c in REFUSED if not c.isspace()}


@dataclass(frozen=True)
class Filters:
    """
    The parameters of a list page, normalised.

    Anything odd in an address (an unknown category or level, a NUL, 100 kB of text) is dropped
    or cut, so that every address gives a page.
    """

    q: str = ""
    category: str = ""
    level: str = ""
    start: int = 1  # in the hits, or on a category's page: the place of the first one shown
    open: tuple[str, ...] = ()

    @classmethod
    def from_query(cls, query: QueryDict) -> Self:
        level = query.get("level", "")
        opened = dict.fromkeys(clean(slug) for slug in query.getlist("open")[:OPEN_LIMIT])
        return cls(
            q=" ".join(clean(query.get("q", "")).split()),
            category=clean(query.get("category", "")),
            level=level if level in Question.Level.values else "",
            start=place(query.get("start", "")),
            open=(ALL,) if ALL in opened else tuple(slug for slug in opened if slug),
        )

    def within(self, categories: list[Category]) -> Self:
        """Drop a category that there is not."""
        known = self.category in {category.slug for category in categories}
        return self if known else replace(self, category="")

    @property
    def active(self) -> bool:
        """Whether the list is narrowed down."""
        return bool(self.q or self.category or self.level)

    def questions(self) -> QuestionQuerySet:
        """
        Return all published questions that match, in the order of a list.

        That is the order of the page or, where `q` is searched for, of relevance; a search finds
        a thousand at most. `category` has to be one that exists: see within().
        """
        questions = Question.objects.published()
        if self.q:
            return self.find().sort(questions)
        if self.category:
            questions = questions.in_category(self.category)
        if self.level:
            questions = questions.at_level(self.level)
        return questions.in_order()

    def find(self) -> search.Found:
        """Search for `q` where category and level match."""
        category = Category.objects.filter(slug=self.category).first() if self.category else None
        narrowing = search.Narrowing(
            published=True, category=category.pk if category else None, level=self.level
        )
        names = Bank.objects.current().other_names
        return search.find(Question.objects.all(), self.q, narrowing, names)

    def opens(self, category: str, question: str) -> bool:
        """Whether the entry of a question is open; both are slugs."""
        return not {ALL, category, question}.isdisjoint(self.open)

    def opening(self, category: str) -> tuple[str, ...]:
        """Return `open` as it is when every entry of `category` is opened as well."""
        return self.open if ALL in self.open else (*self.open, category)

    def closing(self, category: str, categories: list[Category]) -> tuple[str, ...]:
        """Return `open` as it is when `category`, open as a whole, is closed."""
        opened = [c.slug for c in categories] if ALL in self.open else self.open
        return tuple(slug for slug in opened if slug != category)

    def query(self, **changes: object) -> str:
        """Return the address's query, `?` included, after changing the fields given by name."""
        changed = replace(self, **changes)  # type: ignore[arg-type]
        pairs = [("q", changed.q), ("category", changed.category), ("level", changed.level)]
        pairs = [(name, value) for name, value in pairs if value]
        if changed.start > 1:
            pairs.append(("start", str(changed.start)))
        pairs += [("open", slug) for slug in changed.open]
        return f"?{urlencode(pairs)}" if pairs else ""


def normalize(query: QueryDict) -> str:
    """Return the query with the parameters that a list page knows, and nothing else."""
    return Filters.from_query(query).query().removeprefix("?")


def place(text: str) -> int:
    """Return the place, from 1, that `text` says; nonsense says the first."""
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) <= 9 else 1


def clean(text: str) -> str:
    return text.translate(DROPPED)[:TEXT_LENGTH].strip()
