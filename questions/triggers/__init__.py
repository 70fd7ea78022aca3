"""
What the database keeps up by itself, whichever road a change takes.

`loaddata`, `QuerySet.update` and plain SQL call no `save()`, so these rules are triggers:

- `created` never changes, and `updated` moves only when another column did (the result of
  `check_samples` aside);
- a slug that changes goes on leading to its question (`FormerSlug`);
- the search's index holds what the questions say (`search/`);
- the tally and the content version follow the questions (`bookkeeping.py`);
- every change of a question is in its history (`history_triggers.py`).

They are installed after every `migrate` and not in a migration, because SQLite drops a table's
triggers without a word whenever a later migration rebuilds the table.
"""

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from questions import search
from questions.models import Change, ContentVersion, FormerSlug, Origin, Question, Tally
from questions.triggers import bookkeeping
from questions.triggers import history as history_triggers

QUESTION = Question._meta.db_table
FORMER_SLUG = FormerSlug._meta.db_table
KEPT_BY_DATABASE = {"id", "created", "updated"}
# That the samples of an answer were run again is no edit of it.
CHECK = {"checked_with", "checked_on", "checked_hash"}


def install(connection: BaseDatabaseWrapper) -> None:
    """
    Create the triggers that are missing or differ.

    Where the tables don't all exist, because a migration was taken back, the triggers go as well:
    they would fail each change. The release whose tables these are installs its own.
    """
    tables = connection.introspection.table_names()
    needed = {
        *bookkeeping.CONTENT,
        *(model._meta.db_table for model in (Change, ContentVersion, Origin, Tally)),
    }
    if not needed.issubset(tables):
        uninstall(connection)
        return
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        description = connection.introspection.get_table_description(cursor, QUESTION)
        columns = [column.name for column in description]
        content = [column for column in columns if column not in KEPT_BY_DATABASE | CHECK]
        if connection.vendor == "postgresql":
            for statement in (
                *postgresql(),
                *bookkeeping.postgresql(),
                *history_triggers.postgresql(content),
            ):
                cursor.execute(statement)
            # A question that another transaction adds meanwhile would not be counted.
            cursor.execute(f"LOCK TABLE {QUESTION} IN SHARE ROW EXCLUSIVE MODE")
        else:
            statements = (
                sqlite(columns) | bookkeeping.sqlite() | history_triggers.sqlite(columns, content)
            )
            for name, statement in statements.items():
                replace_sqlite_trigger(cursor, name, statement)
            cursor.execute(history_triggers.forget_unknown())
        bookkeeping.bring_up_to_date(connection.vendor, cursor)
    search.install(connection, QUESTION)


def uninstall(connection: BaseDatabaseWrapper) -> None:
    """Drop the triggers, but for those of the search, which needs no table of a migration."""
    tables = bookkeeping.CONTENT
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT tgname, relname FROM pg_trigger JOIN pg_class ON tgrelid = pg_class.oid"
                " WHERE NOT tgisinternal AND relname = ANY(%s)",
                [tables],
            )
        else:
            places = ", ".join(["%s"] * len(tables))
            cursor.execute(
                "SELECT name, tbl_name FROM sqlite_master"
                f" WHERE type = 'trigger' AND tbl_name IN ({places})",
                tables,
            )
        for name, table in cursor.fetchall():
            if not name.startswith(f"{QUESTION}_search"):
                on = f" ON {table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER {name}{on}")


def sqlite(columns: list[str]) -> dict[str, str]:
    """Return the statement that creates each trigger, by the trigger's name."""
    content = [column for column in columns if column not in KEPT_BY_DATABASE | CHECK]
    old = ", ".join(f"OLD.{column}" for column in content)
    new = ", ".join(f"NEW.{column}" for column in content)
    return {
        f"{QUESTION}_timestamps": f"""
            CREATE TRIGGER {QUESTION}_timestamps AFTER UPDATE ON {QUESTION} BEGIN
              UPDATE {QUESTION}
              SET created = OLD.created,
                  updated = CASE WHEN ({new}) IS NOT ({old})
                                 THEN strftime('%Y-%m-%d %H:%M:%f', 'now')
                                 ELSE OLD.updated END
              WHERE id = NEW.id;
            END""",
        f"{QUESTION}_former_slug": f"""
            CREATE TRIGGER {QUESTION}_former_slug AFTER UPDATE ON {QUESTION}
            WHEN NEW.slug <> OLD.slug BEGIN
              INSERT OR REPLACE INTO {FORMER_SLUG} (slug, question_id) VALUES (OLD.slug, NEW.id);
            END""",
    }


def replace_sqlite_trigger(cursor: CursorWrapper, name: str, statement: str) -> None:
    statement = statement.strip()
    cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = %s", [name])
    if cursor.fetchone() != (statement,):
        cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
        cursor.execute(statement)


def postgresql() -> list[str]:
    """
    Return statements that may be run again and again.

    The rules stand in the functions: a column named in a trigger's own definition could not be
    altered by a later migration.
    """
    without_check = " ".join(f"content.{column} := OLD.{column};" for column in sorted(CHECK))
    return [
        f"""
        CREATE OR REPLACE FUNCTION {QUESTION}_timestamps() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE content {QUESTION};
        BEGIN
          NEW.created := OLD.created;
          NEW.updated := OLD.updated;
          content := NEW; {without_check}
          IF content IS DISTINCT FROM OLD THEN
            NEW.updated := clock_timestamp();
          END IF;
          RETURN NEW;
        END $$""",
        f"""
        CREATE OR REPLACE FUNCTION {QUESTION}_former_slug() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NEW.slug <> OLD.slug THEN
            INSERT INTO {FORMER_SLUG} (slug, question_id) VALUES (OLD.slug, NEW.id)
            ON CONFLICT (slug) DO UPDATE SET question_id = EXCLUDED.question_id;
          END IF;
          RETURN NULL;
        END $$""",
        f"""
        CREATE OR REPLACE TRIGGER {QUESTION}_timestamps BEFORE UPDATE ON {QUESTION}
        FOR EACH ROW EXECUTE FUNCTION {QUESTION}_timestamps()""",
        f"""
        CREATE OR REPLACE TRIGGER {QUESTION}_former_slug AFTER UPDATE ON {QUESTION}
        FOR EACH ROW EXECUTE FUNCTION {QUESTION}_former_slug()""",
    ]
