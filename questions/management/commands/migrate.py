import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.commands import migrate
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from questions import triggers

LOCK = 7_365_102  # the number of PostgreSQL's advisory lock, chosen at random


class Command(migrate.Command):
    """
    Django's command, made safe for a site that runs.

    One process migrates at a time, a failure puts the triggers back, and a migration may take as
    long as it needs, but waits only briefly for a lock.
    """

    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        with alone(connection), triggers.put_back_on_failure(connection):
            super().handle(*args, **options)


@contextmanager
def alone(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Wait for another process that migrates, after which there may be nothing left to do."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
            # Behind a migration that waits for a lock, every reader would wait as well.
            cursor.execute("SET lock_timeout = '5s'")
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
                cursor.execute("RESET lock_timeout")
                cursor.execute("RESET statement_timeout")
    elif connection.is_in_memory_db():  # type: ignore[attr-defined]  # SQLite's
        yield
    else:
        connection.ensure_connection()  # which says what is wrong where there can be no database
        name = f"{connection.settings_dict['NAME']}-migrate"
        with os.fdopen(os.open(name, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
