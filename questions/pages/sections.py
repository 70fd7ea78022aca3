"""The list of a page that searches nothing: each category with the first of its questions."""

from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

from django.db.models import QuerySet

from questions.models import Category, Question, QuestionQuerySet
from questions.models.prepared import prepared
from questions.pages.entries import ClosedEntry, Entry, opened
from questions.pages.filters import Filters

SECTION_LENGTH = 20  # questions of a category that a list shows
LIST_LENGTH = 100  # questions that a list shows in all; each category has at least one


class Section(NamedTuple):
    """All that the HTML of a category in a list is made from."""

    slug: str
    name: str
    emoji: str
    address: str
    match_count: int  # of its questions that match the filters, whether shown or not
    entries: tuple[Entry, ...]
    is_open: bool
    toggle_address: str  # opens all its entries, or closes them where all are open
    more_address: str  # of what comes after these entries, where there is more
    start: int  # place of the first entry in the category, from 1
    first_address: str  # of the entries from the first place on
    is_page: bool  # whether the page is the category's own


def sections(
    filters: Filters, categories: list[Category], linked: Filters, path: str
) -> list[Section]:
    """
    Return a section for each category in which something matches.

    `categories` are all of them, counted() at the level of `filters`. `linked` is what the links
    of the page at `path` keep of the filters.
    """
    matching = [c for c in categories if c.match_count and filters.category in ("", c.slug)]
    length = section_length([category.match_count for category in matching])
    entries = opened(closed_entries(filters, matching, length), filters, matching)
    by_slug = {category.slug: category for category in matching}
    found = []
    for slug, grouped in groupby(entries, attrgetter("category")):
        category, own = by_slug[slug], tuple(grouped)
        is_open = all(entry.is_open for entry in own)
        toggled = (linked.closing if is_open else linked.opening)(category, categories)
        address = category.get_absolute_url()
        end = filters.start + len(own)
        more = address + filters.query(category="", start=end)
        section = Section(
            category.slug,
            category.name,
            category.emoji,
            address,
            category.match_count,
            own,
            is_open,
            toggle_address=path + linked.query(open=toggled),
            more_address=more if end <= category.match_count else "",
            start=filters.start,
            first_address=path + linked.query(),
            is_page=path == address,
        )
        found.append(section)
    return found


def section_length(counts: list[int]) -> int:
    """Return how many questions of each category fit into a list, twenty at most."""
    for length in range(SECTION_LENGTH, 1, -1):
        if sum(min(count, length) for count in counts) <= LIST_LENGTH:
            return length
    return 1


def closed_entries(filters: Filters, categories: list[Category], length: int) -> list[ClosedEntry]:
    """Return the first entries of each category, one category after the other."""
    first = filters.start - 1
    keys = tuple(category.pk for category in categories)
    rows = closed_rows(filters.level, keys, first, first + length)
    by_key = {key: list(own) for key, own in groupby(rows, itemgetter(0))}
    entries: list[ClosedEntry] = []
    for category in categories:
        own, slug, before = by_key.get(category.pk, ()), category.slug, category.questions_before
        if filters.level:
            entries += [ClosedEntry(slug, before + row[1], *row[2:]) for row in own]
        else:
            numbered = enumerate(own, before + filters.start)
            entries += [ClosedEntry(slug, number, *row[1:]) for number, row in numbered]
    return entries


@prepared
def closed_rows(
    level: str, categories: tuple[int, ...], start: int, stop: int
) -> QuerySet[Question, Any]:
    questions = listed(level, categories, start, stop)
    texts = ("slug", "title", "level", "short_answer")
    if level:
        return questions.placed().values_list("category", "place", *texts)
    return questions.values_list("category", *texts)  # their places are those from `start` on


def listed(level: str, categories: tuple[int, ...], start: int, stop: int) -> QuestionQuerySet:
    """Return of each category the published questions from place `start` (from 0) to `stop`."""
    questions = Question.objects.published()
    if level:
        questions = questions.at_level(level)
    return questions.slice_of_each(categories, start, stop).order_by(
        "category_id", "position", "slug"
    )
