"""
Queries whose SQL is written once.

Django takes a quarter of a millisecond and more to write the SQL of a query, which is longer than
a database takes to answer most of those that a page needs. So where a page asks for plain rows,
the SQL is written once for each set of arguments, and kept.
"""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

KEPT = 256  # statements of each query, those used last

type Row = tuple[Any, ...]
type Statement = tuple[str, tuple[Any, ...]]


def prepared[**Arguments](
    build: Callable[Arguments, QuerySet[Any, Any]],
) -> Callable[Arguments, list[Row]]:
    """
    Make a function that returns the rows of the `values_list()` that `build` returns.

    The rows are the database's own: for columns of text and numbers that is what Django returns.
    """

    @lru_cache(maxsize=KEPT)
    def statement(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Statement | None:
        try:
            return build(*args, **kwargs).query.sql_with_params()
        except EmptyResultSet:  # Django sees that there can be no row
            return None

    @wraps(build)
    def rows(*args: Arguments.args, **kwargs: Arguments.kwargs) -> list[Row]:
        kept = statement(*args, **kwargs)  # type: ignore[arg-type]  # they have to be hashable
        if kept is None:
            return []
        with connection.cursor() as cursor:
            cursor.execute(*kept)
            return list(cursor.fetchall())

    return rows
