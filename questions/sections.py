"""The list of a page that searches nothing: each category with the first of its questions."""

from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from django.db.models import QuerySet

from questions.filters import Filters
from questions.models import Category, Question, QuestionQuerySet
from questions.prepared import prepared
from questions.results import Entry

SECTION_LENGTH = 20  # questions of a category that a list shows
LIST_LENGTH = 100  # questions that a list shows in all; each category has at least one


class ClosedEntry(NamedTuple):
    """All that the HTML of a closed entry is made from: equal ones look the same."""

    category: str  # its slug
    number: int
    slug: str
    title: str
    level: str
    short_answer: str

    is_open: bool = False


class Section(NamedTuple):
    """All that the HTML of a category in a list is made from."""

    slug: str
    name: str
    emoji: str
    address: str
    match_count: int  # of its questions that match the filters, whether shown or not
    entries: tuple[ClosedEntry | Entry, ...]
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
    entries = (opened_entries if filters.open else closed_entries)(filters, matching, length)
    found = []
    for category in matching:
        if not (own := entries.get(category.pk)):
            continue
        is_open = bool(filters.open) and all(entry.is_open for entry in own)
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
            tuple(own),
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


type Entries = dict[int, list[ClosedEntry | Entry]]  # by the category's key


def closed_entries(filters: Filters, categories: list[Category], length: int) -> Entries:
    """Return the entries of a list in which none is open."""
    by_key = {category.pk: category for category in categories}
    first = filters.start - 1
    rows = closed_rows(filters.level, tuple(by_key), first, first + length)
    entries: Entries = {}
    for key, own in groupby(rows, itemgetter(0)):
        slug, before = by_key[key].slug, by_key[key].questions_before
        if filters.level:
            entries[key] = [ClosedEntry(slug, before + row[1], *row[2:]) for row in own]
        else:
            numbered = enumerate(own, before + filters.start)
            entries[key] = [ClosedEntry(slug, number, *row[1:]) for number, row in numbered]
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


def opened_entries(filters: Filters, categories: list[Category], length: int) -> Entries:
    """Return the entries of a list in which some are open, which shows their answers too."""
    by_key = {category.pk: category for category in categories}
    entries: Entries = {key: [] for key in by_key}
    first = filters.start - 1
    for question in listed(filters.level, tuple(by_key), first, first + length).placed():
        category = by_key[question.category_id]
        question.category = category
        question.number = category.questions_before + question.place
        entry = Entry(question, is_open=True) if filters.opens(question) else closed(question)
        entries[category.pk].append(entry)
    return entries


def closed(question: Question) -> ClosedEntry:
    return ClosedEntry(
        question.category.slug,
        question.number,
        question.slug,
        question.title,
        question.level,
        question.short_answer,
    )


def listed(level: str, categories: tuple[int, ...], start: int, stop: int) -> QuestionQuerySet:
    """Return of each category the published questions from place `start` (from 0) to `stop`."""
    questions = Question.objects.published()
    if level:
        questions = questions.at_level(level)
    return questions.slice_of_each(categories, start, stop).order_by(
        "category_id", "position", "slug"
    )
