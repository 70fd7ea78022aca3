"""The triggers that let a slug go on leading to its question or category when it changes."""

from questions.triggers.tables import SUBJECTS, Columns


def sqlite(columns: Columns) -> dict[str, str]:
    return {
        f"{table}_former_slug": f"""
            CREATE TRIGGER {table}_former_slug AFTER UPDATE ON {table}
            WHEN NEW.slug <> OLD.slug BEGIN
              INSERT OR REPLACE INTO {former_slugs} (slug, {key}) VALUES (OLD.slug, NEW.id);
            END"""
        for table, key, former_slugs in SUBJECTS
    }


def postgresql(columns: Columns) -> list[str]:
    return [
        statement
        for table, key, former_slugs in SUBJECTS
        for statement in (
            f"""
        CREATE OR REPLACE FUNCTION {table}_former_slug() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NEW.slug <> OLD.slug THEN
            INSERT INTO {former_slugs} (slug, {key}) VALUES (OLD.slug, NEW.id)
            ON CONFLICT (slug) DO UPDATE SET {key} = EXCLUDED.{key};
          END IF;
          RETURN NULL;
        END $$""",
            f"""
        CREATE OR REPLACE TRIGGER {table}_former_slug AFTER UPDATE ON {table}
        FOR EACH ROW EXECUTE FUNCTION {table}_former_slug()""",
        )
    ]
