"""The list of a page that searches nothing: each category with the first of its questions."""

from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from django.db.models import QuerySet

from questions.models import Category, compiled
from questions.pages.entries import COLUMNS, Entry, entries
from questions.pages.filters import Filters

PAGE_LENGTH = 20  # questions of a category, or hits, that a list shows first
LONGEST_PAGE = 100
LIST_LENGTH = 200  # questions that a list shows in all; each category has at least one
# How far a list is extended to reach the questions that the address names:
REACH = 200  # rows at most in one list
MORE = 600  # rows at most in all extended lists together


class Section(NamedTuple):
    """
    A category in a list.

    The template unpacks it: looking up a variable takes less time than an attribute.
    """

    slug: str
    name: str
    emoji: str
    open_name: str
    address: str  # of its own page
    match_count: int
    entries: tuple[Entry, ...]
    start: int  # place of the first of these entries among those that match, from 1
    is_open: bool  # whether all entries are
    toggle: str  # address of the list after its entries are opened or closed; "" for a single one
    more: str  # address of what comes after these entries; "" where nothing does


def sections(
    path: str, filters: Filters, linked: Filters, categories: list[Category]
) -> list[Section]:
    """
    Return a section for each category in which something matches.

    `categories` are those of the bank, counted() at the level of `filters`; `linked` are the
    filters of the links of the page, which is at `path`.
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
    starts, longer = longer_lists(filters, matching, listed, length)
    if longer:
        listed = [row for row in listed if row[1] not in starts] + longer
        listed.sort(key=lambda row: keys.index(row[1]))
    by_name = {category.open_name: category for category in matching}
    found = []
    shown = entries(listed, filters, matching)
    for name, grouped in groupby(shown, attrgetter("category_open_name")):
        category, own = by_name[name], tuple(grouped)
        start = starts.get(category.pk, filters.start)
        end = start + len(own)
        is_open = all(entry.is_open for entry in own)
        toggled = filters.closing(name, categories) if is_open else filters.opening(name)
        toggle = path + linked.query(open=toggled, until=filters.until) if len(own) > 1 else ""
        address = category.get_absolute_url()
        more = (
            address + filters.query(category="", start=end, until=())
            if end <= category.match_count
            else ""
        )
        section = Section(
            category.slug,
            category.name,
            category.emoji,
            name,
            address,
            category.match_count,
            own,
            start,
            is_open,
            toggle,
            more,
        )
        found.append(section)
    return found


@compiled
def first_rows(
    category: str, level: str, keys: tuple[int, ...], start: int, stop: int
) -> QuerySet[Any, Any]:
    questions = Filters(category=category, level=level).questions()
    return questions.first_of_each(keys, start, stop).placed().values_list(*COLUMNS)


def longer_lists(
    filters: Filters, matching: list[Category], listed: list[tuple[Any, ...]], length: int
) -> tuple[dict[int, int], list[tuple[Any, ...]]]:
    """
    Return where the lists start that have to be longer than in `listed`, and the rows of these.

    A list has to be longer where the address names a question after its first `length`. Costs two
    queries, and one for each such list; REACH and MORE limit what an address can ask for.
    """
    known = {row[3] for row in listed} | {category.open_name for category in matching}
    behind = [slug for slug in filters.reached if slug not in known]
    if not behind:
        return {}, []
    questions = Filters(category=filters.category, level=filters.level).questions()
    places = questions.last_places(behind)
    starts: dict[int, int] = {}
    longer: list[tuple[Any, ...]] = []
    for category in matching:
        start, end = reaching(filters.start, length, places.get(category.pk, 0))
        if end > filters.start + length - 1 and len(longer) + end - start < MORE:
            starts[category.pk] = start
            own = questions.filter(category=category).placed()
            longer += own.values_list(*COLUMNS)[start - 1 : end]
    return starts, longer


def reaching(start: int, length: int, last: int) -> tuple[int, int]:
    """
    Return the first and the last place of a list that starts at `start` and has to show `last`.

    It grows by whole steps. A list that would be longer than REACH starts later.
    """
    end = start + length - 1
    if last > end:
        end += -(-(last - end) // PAGE_LENGTH) * PAGE_LENGTH
        start = max(start, end - REACH + 1)
    return start, end


def page_length(start: int) -> int:
    """
    Return how many questions a list shows from place `start` on.

    Each page that goes on doubles what was shown before, so that the end of a long list is a few
    steps away: 20, 20, 40, 80, and then 100 at a time.
    """
    return min(max(PAGE_LENGTH, start - 1), LONGEST_PAGE)


def section_length(counts: list[int]) -> int:
    """Return how many questions of each category fit into a list, PAGE_LENGTH at most."""
    for length in range(PAGE_LENGTH, 1, -1):
        if sum(min(count, length) for count in counts) <= LIST_LENGTH:
            return length
    return 1
