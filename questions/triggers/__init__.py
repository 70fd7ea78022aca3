"""
What the database maintains by itself, however a change is made.

`loaddata`, `QuerySet.update` and plain SQL call no `save()`, so these rules are triggers. Each has
a module, with the same two functions, which are given the columns of the tables that they are on:

- `sqlite(columns)` returns the statement that creates each trigger, by the trigger's name;
- `postgresql(columns)` returns statements that create functions and triggers, and that may be run
  again and again. Columns are named in functions only: one that stands in the definition of a
  trigger could not be altered.

The triggers that keep the index of the search come from `questions/search/`.

No migration creates them, because SQLite refuses to drop or rename a column that a trigger names,
and drops a table's triggers without a word where it rebuilds the table. They are taken away before
migrations of this app and installed after every `migrate`. Until then `questions/history.py` lets
nobody edit: such a change would be in no history.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.apps import AppConfig
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.migrations import Migration

from questions import search
from questions.triggers import content_version, former_slugs, history, tally, timestamps
from questions.triggers.tables import CONTENT, NEEDED, QUESTION, SUBJECTS, column_names

RULES = (timestamps, former_slugs, tally, content_version, history)


class Trigger(NamedTuple):
    """A trigger that is in the database."""

    table: str
    name: str
    definition: str  # the statement that creates it


def before_migrate(
    app_config: AppConfig, using: str, plan: list[tuple[Migration, bool]], **kwargs: Any
) -> None:
    """Receive Django's `pre_migrate`."""
    if any(migration.app_label == app_config.label for migration, _ in plan):
        uninstall(connections[using])


def after_migrate(
    using: str, plan: list[tuple[Migration, bool]] | None = None, **kwargs: Any
) -> None:
    """Receive Django's `post_migrate`, which `flush` sends too, without a plan."""
    if plan is None:
        with connections[using].cursor() as cursor:
            history.forget_flushed(cursor)
    install(connections[using])


def install(connection: BaseDatabaseWrapper) -> None:
    """
    Create the triggers that are missing or differ, and bring up to date what they keep.

    Where the tables are those of another release, because migrations were taken back, there are
    none afterwards: they would fail each change. That release installs its own.
    """
    with connection.cursor() as cursor:
        history.keep_ids_used(cursor)
    if not fits(connection):
        uninstall(connection)
        return
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        columns = {subject.table: column_names(cursor, subject.table) for subject in SUBJECTS}
        if connection.vendor == "postgresql":
            for rule in RULES:
                for statement in rule.postgresql(columns):
                    cursor.execute(statement)
            # A question that another transaction adds meanwhile would not be counted.
            cursor.execute(f"LOCK TABLE {QUESTION} IN SHARE ROW EXCLUSIVE MODE")
        else:
            existing = {trigger.name: trigger.definition for trigger in installed(cursor)}
            for rule in RULES:
                for name, statement in rule.sqlite(columns).items():
                    if existing.get(name) != statement.strip():
                        cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
                        cursor.execute(statement)
        tally.count_anew(cursor)
        content_version.move(cursor)
    search.install(connection, QUESTION)


def uninstall(connection: BaseDatabaseWrapper) -> None:
    """Drop all triggers, those of the search too."""
    for table in CONTENT:
        # One table at a time: who holds several keeps readers waiting that hold one of them.
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            for trigger in installed(cursor):
                if trigger.table == table:
                    on = f" ON {table}" if connection.vendor == "postgresql" else ""
                    cursor.execute(f"DROP TRIGGER {trigger.name}{on}")


@contextmanager
def put_back_on_failure(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """
    Run a block, and if it fails put back the triggers that it took away.

    Where the tables don't fit this release, because a migration to it failed, these are the
    triggers from before: the release that is running goes on with them.
    """
    with connection.cursor() as cursor:
        before = installed(cursor)
    try:
        yield
    except BaseException:  # a Ctrl-C too
        with connection.cursor() as cursor:
            gone = set(before) - set(installed(cursor))
        if gone and fits(connection):
            install(connection)
        elif gone:
            put_back(connection, gone)
        raise


def put_back(connection: BaseDatabaseWrapper, triggers: set[Trigger]) -> None:
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        history.keep_ids_used(cursor)
        tables = connection.introspection.table_names(cursor)
        for trigger in triggers:
            if trigger.table in tables:
                cursor.execute(trigger.definition)


def are_installed(connection: BaseDatabaseWrapper) -> bool:
    """Whether changes of questions are kept up now and, in a transaction, until its end."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"LOCK TABLE {QUESTION} IN ACCESS SHARE MODE")  # as any SELECT does
        return any(trigger.table == QUESTION for trigger in installed(cursor))


def installed(cursor: CursorWrapper) -> list[Trigger]:
    if cursor.db.vendor == "postgresql":
        cursor.execute(
            "SELECT relname, tgname, pg_get_triggerdef(pg_trigger.oid)"
            " FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
            " WHERE NOT tgisinternal AND pg_table_is_visible(tgrelid) AND relname = ANY(%s)",
            [list(CONTENT)],
        )
    else:
        places = ", ".join(["%s"] * len(CONTENT))
        cursor.execute(
            "SELECT tbl_name, name, sql FROM sqlite_master"
            f" WHERE type = 'trigger' AND tbl_name IN ({places})",
            CONTENT,
        )
    return [Trigger(*row) for row in cursor.fetchall()]


def fits(connection: BaseDatabaseWrapper) -> bool:
    """Whether the database has the tables and columns that the triggers name."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        return all(
            table in tables and columns <= set(column_names(cursor, table))
            for table, columns in NEEDED.items()
        )
