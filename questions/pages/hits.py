"""The list of a page that searches: hits in order of relevance, a page at a time, marked."""

from dataclasses import dataclass

from questions.models import Category, Question
from questions.pages.entries import Entry, entries, rows
from questions.pages.filters import Filters
from questions.search import Found, Marks

PAGE_LENGTH = 20  # hits


@dataclass(frozen=True)
class Hits:
    """A page of hits, and what the search says about all of them."""

    found: Found
    start: int  # place of the first of these among all hits, from 1
    entries: list[Entry]

    @property
    def count(self) -> int:
        """The number of all hits but the less close."""
        return self.found.close

    @property
    def close(self) -> list[Entry]:
        return self.entries[: self.count - self.start + 1]

    @property
    def less_close(self) -> list[Entry]:
        """The runners-up. There are some on the first page only, where the hits are few."""
        return self.entries[self.count - self.start + 1 :]

    @property
    def next_start(self) -> int | None:
        """The place where the next page begins, if there is one."""
        end = self.start + PAGE_LENGTH
        return end if end <= self.count else None


def hits(filters: Filters, categories: list[Category]) -> Hits:
    """Return what `filters.q` finds; `categories` are those of the bank, counted()."""
    found = filters.find()
    start = filters.start if filters.start <= found.close else 1
    keys = found.keys[start - 1 : start - 1 + PAGE_LENGTH]
    # Not a slice of filters.questions(), for which the database sorts all that was found.
    questions = Question.objects.published().filter(pk__in=keys).order_by()
    hit_rows = rows(questions, "asked_as", "answer")
    in_order = sorted(hit_rows, key=lambda row: keys.index(row[0]))
    return Hits(found, start, entries(in_order, filters, categories, Marks(found.query)))
