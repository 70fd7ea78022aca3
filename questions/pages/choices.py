"""What a list page offers beside its list: categories, levels, filters to remove, what to show."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from django.urls import reverse

from questions.models import Category
from questions.pages.entries import LEVELS
from questions.pages.filters import ALL, SHORT, Filters, Matches

NOTES = {
    "core": "any mid-level developer",
    "advanced": "asked of seniors",
    "expert": "few get this far",
}
MANY = 12  # categories after which the levels come first, or they would be out of sight


# Templates unpack the tuples below: looking up a variable takes less time than an attribute.


class CategoryChoice(NamedTuple):
    """A category, or all of them, with the number of questions in its list."""

    value: str  # slug; "" for all
    name: str
    number: int  # of questions
    is_chosen: bool
    address: str  # of the list; "" where no question is
    jump: str  # where its row of the rail leads; "" where no question is


class LevelChoice(NamedTuple):
    """A level, or all of them, with the number of questions in its list."""

    value: str  # "" for all
    name: str
    number: int  # of questions
    is_chosen: bool
    address: str  # of the list; "" where no question is
    note: str  # what the level means


class Token(NamedTuple):
    """A filter that is on, with the address of the list without it."""

    kind: str  # the parameter
    name: str
    address: str


class ShowChoice(NamedTuple):
    """One of the ways to show a list."""

    value: str
    name: str
    address: str
    is_chosen: bool


@dataclass(frozen=True)
class Choices:
    """
    All that is offered around the list that `filters` ask for on the page at `path`.

    `linked` are the filters of its links: from the first place on, and without the category of a
    category's own page, `page_category`, which has it in its path. `categories` are those of the
    bank, counted() at the level of `filters`; `matches` are those of a search.
    """

    path: str
    filters: Filters
    linked: Filters
    categories: list[Category]
    page_category: Category | None
    matches: Matches | None

    @property
    def is_cut(self) -> bool:
        """Whether there may be more than the counts say."""
        return bool(self.matches and self.matches.everywhere.is_cut)

    @property
    def has_many(self) -> bool:
        return len(self.categories) > MANY

    @property
    def is_rail(self) -> bool:
        """Whether there is something to jump to; otherwise categories are one more filter."""
        return not self.filters.q and bool(self.page_category or not self.filters.category)

    def category_choices(self) -> Iterator[CategoryChoice]:
        """Return the categories, after "All" unless the whole list is on the page."""
        home, counts = reverse("home"), self.category_counts()
        if self.page_category or not self.is_rail:
            address = home + self.linked.query(category="")
            is_chosen = not self.filters.category
            yield CategoryChoice("", "All", counts.total(), is_chosen, address, address)
        for category in self.categories:
            slug = category.slug
            count = counts[slug]
            is_chosen = slug == self.filters.category
            is_there = count or is_chosen or self.is_cut
            jump = f"#category:{slug}"
            if self.page_category:
                jump = category.get_absolute_url() + self.linked.query(open=())
            yield CategoryChoice(
                slug,
                category.name,
                count,
                is_chosen,
                home + self.linked.query(category=slug) if is_there else "",
                jump if is_there else "",
            )

    def level_choices(self) -> Iterator[LevelChoice]:
        """Return "All" and the levels."""
        counts = self.level_counts()
        everywhere = self.at(level="")
        yield LevelChoice(
            "", "All levels", counts.total(), not self.filters.level, everywhere, note=""
        )
        for level, name in LEVELS.items():
            is_chosen = level == self.filters.level
            is_there = counts[level] or is_chosen or self.is_cut
            address = self.at(level=level) if is_there else ""
            yield LevelChoice(level, name, counts[level], is_chosen, address, NOTES[level])

    def elsewhere(self) -> list[tuple[int, str, Filters]]:
        """
        Return what matches when a filter is taken away from a list that shows nothing.

        That is the number of questions, where they are, and the filters that show them. Without
        both filters there has to be more than without either, and fewer than all questions, to
        which the page leads anyway.
        """
        in_category, at_level = self.level_counts().total(), self.category_counts().total()
        everywhere = len(self.matches.everywhere.hits) if self.matches else self.total
        wider = replace(self.filters, start=1, until=())
        found = []
        if self.filters.level:
            found.append((in_category, "at other levels", replace(wider, level="")))
        if self.filters.category:
            found.append((at_level, "in other categories", replace(wider, category="")))
        if len(found) > 1 and self.total > everywhere > in_category + at_level:
            where = "in other categories and at other levels"
            found.append((everywhere, where, replace(wider, level="", category="")))
        return [option for option in found if option[0]]

    @property
    def total(self) -> int:
        return sum(category.question_count for category in self.categories)

    def category_counts(self) -> Counter[str]:
        if self.matches:
            return self.matches.in_categories
        return Counter({category.slug: category.match_count for category in self.categories})

    def level_counts(self) -> Counter[str]:
        if self.matches:
            return self.matches.at_levels
        counts: Counter[str] = Counter()
        for category in self.categories:
            if self.filters.category in ("", category.slug):
                counts.update(category.level_counts)
        return counts

    def tokens(self) -> Iterator[Token]:
        """Return what narrows the list down, and can be taken away."""
        if self.filters.q:
            yield Token("q", self.filters.q, self.at(q=""))
        if self.filters.level:
            yield Token("level", LEVELS[self.filters.level], self.at(level=""))
        for category in self.categories:
            if category.slug == self.linked.category:
                yield Token("category", category.name, self.at(category=""))

    def show_choices(self, start: int, *, is_open: bool) -> list[ShowChoice]:
        """Return the ways to show the list that begins at `start`; `is_open` if all entries are."""
        is_short = self.filters.show == SHORT and not is_open

        def address(show: str, *opened: str) -> str:
            return self.at(start=start, until=self.filters.until, show=show, open=opened)

        return [
            ShowChoice("titles", "Titles", address(""), not (is_short or is_open)),
            ShowChoice(SHORT, "Short answers", address(SHORT), is_short),
            ShowChoice(ALL, "Everything", address("", ALL), is_open),
        ]

    def at(self, **changes: object) -> str:
        """Return the address of the list after changing the fields given by name."""
        return self.path + self.linked.query(**changes)
