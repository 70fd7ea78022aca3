"""The list of a page that searches nothing: each category with the first of its questions."""

from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from django.db.models import QuerySet

from questions.models import Category, compiled
from questions.pages.entries import Entry, entries, rows
from questions.pages.filters import PAGE_LENGTH, Filters, page_length

LIST_LENGTH = 200  # questions that a list shows in all; each category has at least one


class Section(NamedTuple):
    """A category in a list."""

    category: Category
    entries: tuple[Entry, ...]
    next_start: int | None  # place of what comes after these entries, where there is more
    is_open: bool  # whether all entries are
    toggled: tuple[str, ...]  # what is open in the list after its entries are opened or closed


def sections(filters: Filters, categories: list[Category]) -> list[Section]:
    """
    Return a section for each category in which something matches.

    `categories` are those of the bank, counted() at the level of `filters`.
    """
    matching = [c for c in categories if c.match_count and filters.category in ("", c.slug)]
    if not matching:
        return []
    length = (
        page_length(filters.start)
        if filters.start > 1
        else section_length([category.match_count for category in matching])
    )
    keys = tuple(category.pk for category in matching)
    first = filters.start - 1
    listed = first_rows(filters.category, filters.level, keys, first, first + length)
    by_slug = {category.slug: category for category in matching}
    found = []
    for slug, grouped in groupby(entries(listed, filters, matching), attrgetter("category_slug")):
        category, own = by_slug[slug], tuple(grouped)
        end = filters.start + len(own)
        is_open = all(entry.is_open for entry in own)
        toggled = filters.closing(slug, categories) if is_open else filters.opening(slug)
        next_start = end if end <= category.match_count else None
        found.append(Section(category, own, next_start, is_open, toggled))
    return found


@compiled
def first_rows(
    category: str, level: str, keys: tuple[int, ...], start: int, stop: int
) -> QuerySet[Any, Any]:
    questions = Filters(category=category, level=level).questions()
    return rows(questions.first_of_each(keys, start, stop))


def section_length(counts: list[int]) -> int:
    """Return how many questions of each category fit into a list, PAGE_LENGTH at most."""
    for length in range(PAGE_LENGTH, 1, -1):
        if sum(min(count, length) for count in counts) <= LIST_LENGTH:
            return length
    return 1
