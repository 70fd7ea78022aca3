"""The triggers that keep the tally (`models.Tally`), and the statement that counts it anew."""

from django.db.backends.utils import CursorWrapper

from questions.models import BLOCK
from questions.triggers.tables import QUESTION, TALLY, Columns


def count_anew(cursor: CursorWrapper) -> None:
    """Count all questions: the triggers may have been absent for a while."""
    cursor.execute(f"DELETE FROM {TALLY}")
    cursor.execute(f"""
        INSERT INTO {TALLY} (category_id, block, level, questions)
        SELECT category_id, position / {BLOCK}, level, COUNT(*) FROM {QUESTION}
        WHERE published GROUP BY 1, 2, 3""")


def sqlite(columns: Columns) -> dict[str, str]:
    place = f"{{0}}.published, {{0}}.category_id, {{0}}.level, {{0}}.position / {BLOCK}"
    changed = f"({place.format('NEW')}) IS NOT ({place.format('OLD')})"
    return {
        f"{QUESTION}_tally_insert": f"""
            CREATE TRIGGER {QUESTION}_tally_insert AFTER INSERT ON {QUESTION} BEGIN
              {sqlite_count("NEW", 1)}
            END""",
        f"{QUESTION}_tally_update": f"""
            CREATE TRIGGER {QUESTION}_tally_update AFTER UPDATE ON {QUESTION} WHEN {changed} BEGIN
              {sqlite_count("OLD", -1)}
              {sqlite_count("NEW", 1)}
            END""",
        f"{QUESTION}_tally_delete": f"""
            CREATE TRIGGER {QUESTION}_tally_delete AFTER DELETE ON {QUESTION} BEGIN
              {sqlite_count("OLD", -1)}
            END""",
    }


def sqlite_count(row: str, change: int) -> str:
    """Return statements that add `change` where `row`, NEW or OLD, is counted."""
    place = f"category_id = {row}.category_id AND level = {row}.level"
    place += f" AND block = {row}.position / {BLOCK}"
    return f"""
              INSERT INTO {TALLY} (category_id, block, level, questions)
              SELECT {row}.category_id, {row}.position / {BLOCK}, {row}.level, 0
              WHERE {row}.published AND NOT EXISTS (SELECT 1 FROM {TALLY} WHERE {place});
              UPDATE {TALLY} SET questions = questions + ({change})
              WHERE {row}.published AND {place};"""


def postgresql(columns: Columns) -> list[str]:
    return [
        f"""
        CREATE OR REPLACE FUNCTION {TALLY}_count() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF TG_OP = 'TRUNCATE' THEN
            DELETE FROM {TALLY};
            RETURN NULL;
          END IF;
          IF TG_OP = 'UPDATE' THEN
            IF (NEW.published, NEW.category_id, NEW.level, NEW.position / {BLOCK})
               IS NOT DISTINCT FROM
               (OLD.published, OLD.category_id, OLD.level, OLD.position / {BLOCK}) THEN
              RETURN NULL;
            END IF;
          END IF;
          IF TG_OP <> 'INSERT' AND OLD.published THEN
            UPDATE {TALLY} SET questions = questions - 1
            WHERE category_id = OLD.category_id AND level = OLD.level
              AND block = OLD.position / {BLOCK};
          END IF;
          IF TG_OP <> 'DELETE' AND NEW.published THEN
            INSERT INTO {TALLY} AS tally (category_id, block, level, questions)
            VALUES (NEW.category_id, NEW.position / {BLOCK}, NEW.level, 1)
            ON CONFLICT (category_id, block, level) DO UPDATE SET questions = tally.questions + 1;
          END IF;
          RETURN NULL;
        END $$""",
        f"""
        CREATE OR REPLACE TRIGGER {QUESTION}_tally AFTER INSERT OR UPDATE OR DELETE ON {QUESTION}
        FOR EACH ROW EXECUTE FUNCTION {TALLY}_count()""",
        f"""
        CREATE OR REPLACE TRIGGER {QUESTION}_tally_truncate AFTER TRUNCATE ON {QUESTION}
        FOR EACH STATEMENT EXECUTE FUNCTION {TALLY}_count()""",
    ]
