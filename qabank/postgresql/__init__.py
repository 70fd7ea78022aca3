"""Django's PostgreSQL, whose pool says why there is no connection, and soon tries again."""

import time
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


def connect_again(pool: Any) -> None:
    """Let a pool, to which the database did not answer, try again in a moment."""
    time.sleep(0.25)  # in a thread of the pool
    # Growing by one is how a pool can be asked for it.
    pool.resize(0, pool.max_size)
    pool.resize(1, pool.max_size)
