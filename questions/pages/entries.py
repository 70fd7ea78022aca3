"""A question in a list: an entry, closed or open."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from questions.models import Category, Question
from questions.pages.filters import Filters


class ClosedEntry(NamedTuple):
    """All that the HTML of a closed entry is made from: equal ones look the same."""

    category: str  # its slug
    number: int
    slug: str
    title: str
    level: str
    short_answer: str
    is_open: bool = False


class OpenEntry(NamedTuple):
    """An entry that shows the whole answer."""

    question: Question
    is_open: bool = True

    @property
    def category(self) -> str:
        return self.question.category.slug


type Entry = ClosedEntry | OpenEntry


def opened(
    entries: Sequence[ClosedEntry], filters: Filters, categories: Iterable[Category]
) -> Sequence[Entry]:
    """Return `entries` with those open that are to be, which costs a query."""
    if not filters.open:
        return entries
    slugs = [entry.slug for entry in entries if filters.opens(entry.category, entry.slug)]
    questions = Question.objects.in_bulk(slugs, field_name="slug")
    by_slug = {category.slug: category for category in categories}
    shown: list[Entry] = []
    for entry in entries:
        if question := questions.get(entry.slug):
            question.category = by_slug[entry.category]
            question.number = entry.number
            shown.append(OpenEntry(question))
        else:
            shown.append(entry)
    return shown
