"""
The triggers that write the history of questions and categories (`models.Change`).

A change stores the earlier values of the columns that it touched and nothing else, so that an
edit of a title doesn't copy the whole answer. Walking back from the row as it is now gives every
earlier version (`questions/history.py`).
"""

from django.db.backends.utils import CursorWrapper

from questions.triggers.tables import (
    CATEGORY,
    CHANGE,
    ORIGIN,
    QUESTION,
    SQLITE_NOW,
    SUBJECTS,
    Columns,
    column_names,
    edited,
)

CHANGES_KEPT = 500  # of one question or category; older ones are dropped


def forget_flushed(cursor: CursorWrapper) -> None:
    """
    Drop what `flush` leaves behind on SQLite.

    It empties the tables one by one, in any order, which fires the triggers, and then lets the ids
    start again: the next question would get another one's history.
    """
    if recorded_tables(cursor):
        cursor.execute(f"""
            DELETE FROM {CHANGE} WHERE NOT EXISTS (SELECT 1 FROM {QUESTION})
                                   AND NOT EXISTS (SELECT 1 FROM {CATEGORY})""")


def keep_ids_used(cursor: CursorWrapper) -> None:
    """
    Let SQLite give no new row the id of a deleted one, whose history it would get.

    Where a migration builds a table anew, SQLite goes on after the highest id that is left in it.
    """
    for table, key in recorded_tables(cursor):
        cursor.execute(f"""
            INSERT INTO sqlite_sequence (name, seq)
            SELECT '{table}', 0
            WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = '{table}')""")
        cursor.execute(f"""
            UPDATE sqlite_sequence
            SET seq = MAX(seq, COALESCE((SELECT MAX({key}) FROM {CHANGE}), 0))
            WHERE name = '{table}'""")


def recorded_tables(cursor: CursorWrapper) -> list[tuple[str, str]]:
    """Return each SQLite table that has a history, and the column that names a row of it there."""
    if cursor.db.vendor != "sqlite" or CHANGE not in cursor.db.introspection.table_names(cursor):
        return []
    columns = column_names(cursor, CHANGE)
    return [(table, key) for table, key, _ in SUBJECTS if key in columns]


def sqlite(columns: Columns) -> dict[str, str]:
    triggers: dict[str, str] = {}
    for table, key, _ in SUBJECTS:
        content = edited(columns[table])
        touched = " UNION ALL ".join(
            f"SELECT '{column}' AS name, OLD.{column} AS value"
            f" WHERE OLD.{column} IS NOT NEW.{column}"
            for column in content
        )
        replaced = f"(SELECT json_group_object(name, value) FROM ({touched}))"
        is_edit = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in content)
        everything = f"json_object({', '.join(f"'{name}', OLD.{name}" for name in columns[table])})"
        triggers |= {
            f"{table}_added": f"""
            CREATE TRIGGER {table}_added AFTER INSERT ON {table} BEGIN
              {record(key, "NEW", "added", "'{}'")}
            END""",
            f"{table}_edited": f"""
            CREATE TRIGGER {table}_edited AFTER UPDATE ON {table} WHEN {is_edit} BEGIN
              {record(key, "NEW", "edited", replaced)}
              DELETE FROM {CHANGE} WHERE {is_beyond_kept(key)};
            END""",
            f"{table}_deleted": f"""
            CREATE TRIGGER {table}_deleted AFTER DELETE ON {table} BEGIN
              {record(key, "OLD", "deleted", everything)}
            END""",
        }
    return triggers


def record(key: str, row: str, kind: str, before: str) -> str:
    """Return the statement for SQLite that writes a change of `row`, NEW or OLD."""
    return f"""
              INSERT INTO {CHANGE} ({key}, kind, at, actor, road, before)
              SELECT {row}.id, '{kind}', {SQLITE_NOW},
                     {origin("actor")}, {origin("road")}, {before};"""


def postgresql(columns: Columns) -> list[str]:
    statements = []
    for table, key, _ in SUBJECTS:
        touched = ", ".join(
            f"('{column}', to_jsonb(OLD.{column}), to_jsonb(NEW.{column}))"
            for column in edited(columns[table])
        )
        statements += [
            f"""
        CREATE OR REPLACE FUNCTION {table}_history() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
          kind text := 'added';
          before jsonb := '{{}}';
        BEGIN
          IF TG_OP = 'DELETE' THEN
            kind := 'deleted';
            before := to_jsonb(OLD);
          ELSIF TG_OP = 'UPDATE' THEN
            kind := 'edited';
            SELECT jsonb_object_agg(name, earlier) INTO before
            FROM (VALUES {touched}) AS touched (name, earlier, later)
            WHERE earlier IS DISTINCT FROM later;
            IF before IS NULL THEN
              RETURN NULL;
            END IF;
          END IF;
          INSERT INTO {CHANGE} ({key}, kind, at, actor, road, before)
          VALUES (COALESCE(NEW.id, OLD.id), kind, clock_timestamp(),
                  {origin("actor")}, {origin("road")}, before);
          IF TG_OP = 'UPDATE' THEN
            DELETE FROM {CHANGE} WHERE {is_beyond_kept(key)};
          END IF;
          RETURN NULL;
        END $$""",
            f"""
        CREATE OR REPLACE TRIGGER {table}_history
        AFTER INSERT OR UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION {table}_history()""",
        ]
    return statements


def origin(column: str) -> str:
    return f"COALESCE((SELECT {column} FROM {ORIGIN} ORDER BY id DESC LIMIT 1), '')"


def is_beyond_kept(key: str) -> str:
    oldest = f"""SELECT id FROM {CHANGE} WHERE {key} = NEW.id
                 ORDER BY id DESC LIMIT 1 OFFSET {CHANGES_KEPT}"""
    return f"{key} = NEW.id AND id <= ({oldest})"
