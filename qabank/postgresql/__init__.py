"""Django's PostgreSQL, whose pool says why there is no connection."""

from typing import Any, ClassVar, Self

import psycopg


class Connection(psycopg.Connection[Any]):
    """A connection of the pool, which connects in a thread and tells nobody why that failed."""

    failure: ClassVar[str] = ""  # of the last attempt; "" if it succeeded

    @classmethod
    def connect(cls, *args: Any, **options: Any) -> Self:
        try:
            connection = super().connect(*args, **options)
        except psycopg.Error as error:
            cls.failure = str(error)
            raise
        cls.failure = ""
        return connection
