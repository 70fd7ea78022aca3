"""The list of a page that searches: hits in order of relevance, a page at a time, marked."""

from dataclasses import dataclass

from questions.models import Bank, Category, Question
from questions.pages.entries import HIT_COLUMNS, Entry, entries
from questions.pages.filters import Filters, Matches
from questions.pages.sections import page_length, reaching
from questions.search import Found, Marks


@dataclass(frozen=True)
class Hits:
    """A page of hits, and what the search says about all of them."""

    matches: Matches
    start: int  # place of the first of these among all hits, from 1
    close: list[Entry]
    less_close: list[Entry]  # only where the hits are few, which fit on one page

    @property
    def found(self) -> Found:
        return self.matches.found

    @property
    def count(self) -> int:
        """How many hits there are, without the less close ones."""
        return len(self.found.hits)

    @property
    def entries(self) -> list[Entry]:
        return self.close + self.less_close

    @property
    def next_start(self) -> int | None:
        """The place where the next page begins, if there is one."""
        end = self.start + len(self.close)
        return end if end <= self.count else None


def hits(filters: Filters, categories: list[Category], bank: Bank) -> Hits:
    """Return what `filters.q` finds; `categories` are those of `bank`, counted()."""
    matches = filters.matches(bank, categories)
    found = matches.found
    start = filters.start if filters.start <= len(found.hits) else 1
    start, end = reaching(start, page_length(start), last_place(found, filters))
    close = found.hits[start - 1 : end]
    keys = close + found.less_close
    # Not a slice of filters.questions(), for which the database sorts all that was found.
    rows = Question.objects.columns_of(keys, HIT_COLUMNS)
    in_order = sorted(rows, key=lambda row: keys.index(row[0]))
    shown = entries(in_order, filters, categories, Marks(found.query))
    return Hits(matches, start, shown[: len(close)], shown[len(close) :])


def last_place(found: Found, filters: Filters) -> int:
    """Return the place, from 1, of the last hit that the address names; 0 if it names none."""
    if not (found.hits and filters.reached):
        return 0
    named = Question.objects.filter(slug__in=filters.reached).values_list("pk", flat=True)
    return max(
        (found.hits.index(key) + 1 for key in set(named).intersection(found.hits)), default=0
    )
