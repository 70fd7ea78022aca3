"""The list of a page that searches: hits in order of relevance, a page at a time, marked."""

from dataclasses import dataclass

from questions.models import Category, Question
from questions.pages.entries import Entry, entries, rows
from questions.pages.filters import Filters, Matches, page_length
from questions.search import Found, Marks


@dataclass(frozen=True)
class Hits:
    """A page of hits, and what the search says about all of them."""

    matches: Matches
    start: int  # place of the first of these among all hits, from 1
    entries: list[Entry]

    @property
    def found(self) -> Found:
        return self.matches.found

    @property
    def count(self) -> int:
        """The number of all hits."""
        return len(self.found.keys)

    @property
    def next_start(self) -> int | None:
        """The place where the next page begins, if there is one."""
        end = self.start + page_length(self.start)
        return end if end <= self.count else None


def hits(filters: Filters, categories: list[Category]) -> Hits:
    """Return what `filters.q` finds; `categories` are those of the bank, counted()."""
    matches = filters.matches()
    found = matches.found
    start = filters.start if filters.start <= len(found.keys) else 1
    keys = found.keys[start - 1 : start - 1 + page_length(start)]
    # Not a slice of filters.questions(), for which the database sorts all that was found.
    questions = Question.objects.published().filter(pk__in=keys).order_by()
    hit_rows = rows(questions, "asked_as", "answer")
    in_order = sorted(hit_rows, key=lambda row: keys.index(row[0]))
    return Hits(matches, start, entries(in_order, filters, categories, Marks(found.query)))
