"""
Numbers and counts: how they are added up without reading the bank.

`Tally` is the one table behind them, which triggers keep (`triggers/`).

All SQL of the models that is written by hand stands here. Each function is given the names of the
tables, or a queryset. The ORM can't say "the first of each" without ranking the whole bank, and
takes a millisecond to compile counts that a database evaluates in a tenth of one.
"""

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable
from functools import lru_cache, wraps
from itertools import accumulate, batched
from typing import Any, NamedTuple

from django.db import connection, models
from django.db.models import Count, OuterRef, Q, Subquery, Sum
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from questions.models.fields import PlainCharField

BLOCK = 256  # positions that one row of the tally stands for
UNITED = 200  # queries that are united in one; SQLite allows 500


class Spot(NamedTuple):
    """A block of a category, and a place (from 0) among its published questions."""

    category: int
    block: int
    place: int


class TallyQuerySet(models.QuerySet["Tally"]):
    def spots(self, places: Iterable[int]) -> list[Spot]:
        """Return where the questions are that have these places (from 0) among all counted."""
        blocks = self.values_list("category", "block").annotate(counted=Sum("questions"))
        rows = list(blocks.filter(counted__gt=0).order_by("category", "block"))
        ends = list(accumulate(counted for _, _, counted in rows))
        found = []
        for place in places:
            index = bisect_right(ends, place)
            category, block, counted = rows[index]
            found.append(Spot(category, block, place - (ends[index] - counted)))
        return found


class Tally(models.Model):
    """
    How many published questions of a level stand in one stretch of a category.

    The database keeps the tally itself (`questions/triggers/tally.py`). It is what a list's counts
    and numbers are added up from, so that they cost the same whether the bank holds thirty
    questions or a hundred thousand.
    """

    # No constraint: it would lock the category, and rows that count nothing do no harm.
    category = models.ForeignKey(
        "questions.Category",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,  # the constraint below has one
        related_name="+",
    )
    level = PlainCharField(max_length=10)
    block = models.PositiveIntegerField()  # the position divided by BLOCK
    questions = models.IntegerField()

    objects = TallyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["category", "block", "level"], name="tally_unique")
        ]

    def __str__(self) -> str:
        return f"{self.questions} {self.level} in {self.category_id}/{self.block}"


TALLY = Tally._meta.db_table


def tallied() -> Coalesce:
    """Return an expression for how many published questions a category has."""
    own = Tally.objects.filter(category=OuterRef("pk")).values("category")
    return Coalesce(Subquery(own.annotate(total=Sum("questions")).values("total")), 0)


def counted(category: str, question: str, columns: Iterable[str], levels: Iterable[str]) -> str:
    """
    Return a query for the `columns` of the table `category`, with a count for each level.

    After the columns it says whether a row of the table `question` has the slug too. Then it counts
    the published questions of each of `levels` (which are no visitor's text).
    """
    own = ", ".join(f"{category}.{column}" for column in columns)
    level_counts = ",\n               ".join(
        f"COALESCE(SUM(tally.questions) FILTER (WHERE tally.level = '{level}'), 0)"
        for level in levels
    )
    return f"""
        SELECT {own},
               EXISTS(SELECT 1 FROM {question} WHERE {question}.slug = {category}.slug),
               {level_counts}
        FROM {category} LEFT JOIN {TALLY} AS tally ON tally.category_id = {category}.id
        GROUP BY {category}.id
        ORDER BY {category}.position, {category}.slug"""  # noqa: S608 (all ours)


def place(question: str) -> str:
    """
    Return SQL for the place of a row of the table `question` among the published of its category.

    What stands before it is counted in two parts: the tally of the blocks before, and the questions
    before it in the same block.
    """
    return f"""
        1 + COALESCE((SELECT SUM(tally.questions) FROM {TALLY} AS tally
                      WHERE tally.category_id = {question}.category_id
                        AND tally.block < {question}.position / {BLOCK}), 0)
          + (SELECT COUNT(*) FROM {question} AS other
             WHERE other.published AND other.category_id = {question}.category_id
               AND other.position BETWEEN {question}.position - {question}.position %% {BLOCK}
                                      AND {question}.position
               AND (other.position < {question}.position
                    OR other.slug < {question}.slug))"""  # noqa: S608


def in_earlier_categories(question: str, category: str) -> str:
    """Return SQL for the number of published questions in the categories before a row's own."""
    return f"""
        COALESCE((SELECT SUM(tally.questions) FROM {category} AS own
                  JOIN {category} AS earlier
                    ON (earlier.position, earlier.slug) < (own.position, own.slug)
                  JOIN {TALLY} AS tally ON tally.category_id = earlier.id
                  WHERE own.id = {question}.category_id), 0)"""  # noqa: S608


def last_places(questions: models.QuerySet[Any], slugs: Iterable[str]) -> dict[int, int]:
    """
    Return the place, from 1, of the last of `slugs` among `questions` of its category, by its key.

    Costs two queries; the second counts in an index.
    """
    last: dict[int, tuple[int, str]] = {}
    named = questions.order_by().filter(slug__in=slugs)
    for category, *place in named.values_list("category", "position", "slug"):
        last[category] = max(last.get(category, (0, "")), tuple(place))
    if not last:
        return {}
    reached = Q()
    for category, (position, slug) in last.items():
        earlier = Q(position__lt=position) | Q(position=position, slug__lte=slug)
        reached |= Q(category=category) & earlier
    counts = questions.order_by().filter(reached).values("category").annotate(count=Count("pk"))
    return dict(counts.values_list("category", "count"))


def in_first_of_each(
    questions: models.QuerySet[Any], categories: Iterable[int], start: int, stop: int
) -> Q:
    """
    Return the condition that a row is among the first of `questions` in one of `categories`.

    That is from place `start` (from 0) up to `stop` of those that match. Reads an index only as far
    as `stop`, where a window function would rank the whole bank.
    """
    columns = ("id", "category_id", "position", "slug")
    matching, parameters = questions.order_by().values(*columns).query.sql_with_params()
    part = f"""
        SELECT * FROM (SELECT id FROM ({matching}) AS matching WHERE category_id = %s
                       ORDER BY position, slug LIMIT %s OFFSET %s) AS part"""  # noqa: S608
    condition = Q(pk__in=[])
    for some in batched(categories, UNITED):
        values = [value for key in some for value in (*parameters, key, stop - start, start)]
        union = " UNION ALL ".join([part] * len(some))
        condition |= Q(pk__in=RawSQL(union, values))  # noqa: S611 (no text of a visitor's)
    return condition


def compiled[**Arguments](
    build: Callable[Arguments, models.QuerySet[Any, Any]],
) -> Callable[Arguments, list[tuple[Any, ...]]]:
    """
    Make a function that returns the rows of the `values_list()` that `build` returns.

    The query is compiled once for each set of arguments, which have to be hashable: compiling takes
    several times as long as running it. The rows are as the database gives them, which for texts
    and numbers is what Django would return.
    """

    @lru_cache(maxsize=256)
    def statement(*args: Arguments.args, **kwargs: Arguments.kwargs) -> tuple[str, Any]:
        return build(*args, **kwargs).query.sql_with_params()

    @wraps(build)
    def rows(*args: Arguments.args, **kwargs: Arguments.kwargs) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(*statement(*args, **kwargs))  # type: ignore[arg-type]
            return list(cursor.fetchall())

    return rows


def columns_of(table: str, keys: Collection[int], columns: Iterable[str]) -> str:
    """Return a query for `columns`, names or SQL, of the rows of `table` with so many `keys`."""
    return f"SELECT {', '.join(columns)} FROM {table} WHERE id IN ({', '.join(['%s'] * len(keys))})"  # noqa: S608


def counts_of(table: str, keys: Collection[int]) -> str:
    """Return a query for category, level and number of the rows of `table` with so many `keys`."""
    counted = columns_of(table, keys, ("category_id", "level", "COUNT(*)"))
    return f"{counted} GROUP BY category_id, level"


def at_spots(question: str, spots: Iterable[Spot], level: str = "") -> Q:
    """
    Return the condition that a row of the table `question` is at one of `spots`, 200 at most.

    The places are those among the questions of `level`, if one is given. A spot that nobody is at
    names no row. Each costs up to BLOCK steps in an index, however large the bank is, and with a
    level as many looks into the table.
    """
    at_level = "AND level = %s" if level else ""
    part = f"""
        SELECT * FROM (SELECT id FROM {question}
                       WHERE published AND category_id = %s
                         AND position >= %s AND position < %s {at_level}
                       ORDER BY position, slug LIMIT 1 OFFSET %s) AS part"""  # noqa: S608
    listed = list(spots)[:UNITED]
    values: list[Any] = []
    for category, block, place in listed:
        values += [category, block * BLOCK, (block + 1) * BLOCK]
        values += [level, place] if level else [place]
    if not listed:
        return Q(pk__in=[])
    return Q(pk__in=RawSQL(" UNION ALL ".join([part] * len(listed)), values))  # noqa: S611
