"""What a visitor asked the list for: read from an address, applied, and written back into one."""

from dataclasses import dataclass, replace
from typing import Self

from django.http import QueryDict

from questions.models import Category, Question, QuestionQuerySet

TEXT_LENGTH = 200  # characters of `q` that are used
OPEN_LIMIT = 200  # values of `open` that are used
ALL = "all"


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
    open: tuple[str, ...] = ()

    @classmethod
    def from_query(cls, query: QueryDict, categories: list[Category]) -> Self:
        category, level = query.get("category", ""), query.get("level", "")
        opened = dict.fromkeys(clean(slug) for slug in query.getlist("open")[:OPEN_LIMIT])
        return cls(
            q=" ".join(clean(query.get("q", "")).split()),
            category=category if category in {c.slug for c in categories} else "",
            level=level if level in Question.Level.values else "",
            open=(ALL,) if ALL in opened else tuple(slug for slug in opened if slug),
        )

    @property
    def active(self) -> bool:
        """Whether the list is narrowed down."""
        return bool(self.q or self.category or self.level)

    def apply(self, questions: QuestionQuerySet) -> QuestionQuerySet:
        """Narrow `questions` down by category and level; the text is for `search.find`."""
        if self.category:
            questions = questions.in_category(self.category)
        if self.level:
            questions = questions.at_level(self.level)
        return questions

    def opens(self, question: Question) -> bool:
        """Whether the entry of `question` is open."""
        return not {ALL, question.category.slug, question.slug}.isdisjoint(self.open)

    def opening(self, category: Category, categories: list[Category]) -> tuple[str, ...]:
        """Return `open` as it is when every entry of `category` is opened as well."""
        return self.open if ALL in self.open else (*self.open, category.slug)

    def closing(self, category: Category, categories: list[Category]) -> tuple[str, ...]:
        """Return `open` as it is when `category`, open as a whole, is closed."""
        opened = [c.slug for c in categories] if ALL in self.open else self.open
        return tuple(slug for slug in opened if slug != category.slug)

    def query(self, **changes: object) -> str:
        """Return the address's query, `?` included, after changing the fields given by name."""
        changed = replace(self, **changes)  # type: ignore[arg-type]
        query = QueryDict(mutable=True)
        for name in ("q", "category", "level"):
            if value := getattr(changed, name):
                query[name] = value
        query.setlist("open", list(changed.open))
        return f"?{encoded}" if (encoded := query.urlencode()) else ""


def clean(text: str) -> str:
    return text.replace("\0", "")[:TEXT_LENGTH].strip()
