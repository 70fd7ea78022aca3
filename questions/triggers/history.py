"""
The triggers that write the history of questions (`models.Change`).

A change stores the earlier values of the columns that it touched and nothing else, so that an
edit of a title doesn't copy the whole answer. Walking back from the question as it is now gives
every earlier version (`questions/history.py`).
"""

from django.db.backends.utils import CursorWrapper

from questions.triggers.tables import CHANGE, ORIGIN, QUESTION, edited

CHANGES_KEPT = 500  # of one question; older ones are dropped


def forget_unknown(cursor: CursorWrapper) -> None:
    """
    Drop changes of questions that never were, which `flush` leaves behind on SQLite.

    It empties the tables one by one, in any order, which fires the triggers, and then lets the ids
    start again: the next question would get another one's history.
    """
    if cursor.db.vendor == "sqlite":
        cursor.execute(f"""
            DELETE FROM {CHANGE} WHERE question_id > COALESCE(
              (SELECT seq FROM sqlite_sequence WHERE name = '{QUESTION}'), 0)""")


def sqlite(columns: list[str]) -> dict[str, str]:
    content = edited(columns)
    touched = " UNION ALL ".join(
        f"SELECT '{column}' AS name, OLD.{column} AS value WHERE OLD.{column} IS NOT NEW.{column}"
        for column in content
    )
    replaced = f"(SELECT json_group_object(name, value) FROM ({touched}))"
    is_edit = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in content)
    everything = f"json_object({', '.join(f"'{name}', OLD.{name}" for name in columns)})"

    def record(row: str, kind: str, before: str) -> str:
        return f"""
              INSERT INTO {CHANGE} (question_id, kind, at, actor, road, before)
              SELECT {row}.id, '{kind}', strftime('%Y-%m-%d %H:%M:%f', 'now'),
                     {origin("actor")}, {origin("road")}, {before};"""

    return {
        f"{QUESTION}_added": f"""
            CREATE TRIGGER {QUESTION}_added AFTER INSERT ON {QUESTION} BEGIN
              {record("NEW", "added", "'{}'")}
            END""",
        f"{QUESTION}_edited": f"""
            CREATE TRIGGER {QUESTION}_edited AFTER UPDATE ON {QUESTION} WHEN {is_edit} BEGIN
              {record("NEW", "edited", replaced)}
              DELETE FROM {CHANGE} WHERE {is_beyond_kept("NEW")};
            END""",
        f"{QUESTION}_deleted": f"""
            CREATE TRIGGER {QUESTION}_deleted AFTER DELETE ON {QUESTION} BEGIN
              {record("OLD", "deleted", everything)}
            END""",
    }


def postgresql(columns: list[str]) -> list[str]:
    touched = ", ".join(
        f"('{column}', to_jsonb(OLD.{column}), to_jsonb(NEW.{column}))"
        for column in edited(columns)
    )
    return [
        f"""
        CREATE OR REPLACE FUNCTION {QUESTION}_history() RETURNS trigger LANGUAGE plpgsql AS $$
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
          INSERT INTO {CHANGE} (question_id, kind, at, actor, road, before)
          VALUES (COALESCE(NEW.id, OLD.id), kind, clock_timestamp(),
                  {origin("actor")}, {origin("road")}, before);
          IF TG_OP = 'UPDATE' THEN
            DELETE FROM {CHANGE} WHERE {is_beyond_kept("NEW")};
          END IF;
          RETURN NULL;
        END $$""",
        f"""
        CREATE OR REPLACE TRIGGER {QUESTION}_history
        AFTER INSERT OR UPDATE OR DELETE ON {QUESTION}
        FOR EACH ROW EXECUTE FUNCTION {QUESTION}_history()""",
    ]


def origin(column: str) -> str:
    return f"COALESCE((SELECT {column} FROM {ORIGIN} ORDER BY id DESC LIMIT 1), '')"


def is_beyond_kept(row: str) -> str:
    oldest = f"""SELECT id FROM {CHANGE} WHERE question_id = {row}.id
                 ORDER BY id DESC LIMIT 1 OFFSET {CHANGES_KEPT}"""
    return f"question_id = {row}.id AND id <= ({oldest})"
