"""The triggers that let a slug go on leading to its question when it changes (`FormerSlug`)."""

from questions.triggers.tables import FORMER_SLUG, QUESTION


def sqlite(columns: list[str]) -> dict[str, str]:
    return {
        f"{QUESTION}_former_slug": f"""
            CREATE TRIGGER {QUESTION}_former_slug AFTER UPDATE ON {QUESTION}
            WHEN NEW.slug <> OLD.slug BEGIN
              INSERT OR REPLACE INTO {FORMER_SLUG} (slug, question_id) VALUES (OLD.slug, NEW.id);
            END""",
    }


def postgresql(columns: list[str]) -> list[str]:
    return [
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
        CREATE OR REPLACE TRIGGER {QUESTION}_former_slug AFTER UPDATE ON {QUESTION}
        FOR EACH ROW EXECUTE FUNCTION {QUESTION}_former_slug()""",
    ]
