"""
The triggers that keep a question's timestamps.

`created` never changes, and `updated` moves only when another column did, the result of
`check_samples` aside.
"""

from questions.models import CHECK_RESULT
from questions.triggers.tables import QUESTION, SQLITE_NOW, Columns, edited


def sqlite(columns: Columns) -> dict[str, str]:
    old = ", ".join(f"OLD.{column}" for column in edited(columns[QUESTION]))
    new = ", ".join(f"NEW.{column}" for column in edited(columns[QUESTION]))
    return {
        f"{QUESTION}_timestamps": f"""
            CREATE TRIGGER {QUESTION}_timestamps AFTER UPDATE ON {QUESTION} BEGIN
              UPDATE {QUESTION}
              SET created = OLD.created,
                  updated = CASE WHEN ({new}) IS NOT ({old})
                                 THEN {SQLITE_NOW}
                                 ELSE OLD.updated END
              WHERE id = NEW.id;
            END""",
    }


def postgresql(columns: Columns) -> list[str]:
    unchecked = [column for column in columns[QUESTION] if column in CHECK_RESULT]
    without_check = " ".join(f"content.{column} := OLD.{column};" for column in unchecked)
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
        CREATE OR REPLACE TRIGGER {QUESTION}_timestamps BEFORE UPDATE ON {QUESTION}
        FOR EACH ROW EXECUTE FUNCTION {QUESTION}_timestamps()""",
    ]
