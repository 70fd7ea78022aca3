"""
The triggers that keep the tally and the content version (`models.Tally`, `models.ContentVersion`).

The version moves within the transaction of the change, so that it becomes visible together with
the change and goes back with it.
"""

from django.db.backends.utils import CursorWrapper

from questions.models import BLOCK, Category, ContentVersion, FormerSlug, Question, Tally

QUESTION = Question._meta.db_table
TALLY = Tally._meta.db_table
VERSION = ContentVersion._meta.db_table
CONTENT = [Category._meta.db_table, QUESTION, FormerSlug._meta.db_table]  # what pages are made of
CHANNEL = VERSION  # PostgreSQL: each new version is sent there with NOTIFY


def bring_up_to_date(vendor: str, cursor: CursorWrapper) -> None:
    """Count the tally anew and move the version: triggers may have been absent for a while."""
    cursor.execute(f"DELETE FROM {TALLY}")
    cursor.execute(f"""
        INSERT INTO {TALLY} (category_id, block, level, questions)
        SELECT category_id, position / {BLOCK}, level, COUNT(*) FROM {QUESTION}
        WHERE published GROUP BY 1, 2, 3""")
    for statement in [POSTGRESQL_NEW_VERSION] if vendor == "postgresql" else SQLITE_NEW_VERSION:
        cursor.execute(statement)


# SQLite


def sqlite() -> dict[str, str]:
    """Return the statement that creates each trigger, by the trigger's name."""
    return sqlite_version_triggers() | sqlite_tally_triggers()


def sqlite_version_triggers() -> dict[str, str]:
    return {
        f"{table}_version_{event.lower()}": f"""
            CREATE TRIGGER {table}_version_{event.lower()} AFTER {event} ON {table} BEGIN
              {"; ".join(SQLITE_NEW_VERSION)};
            END"""
        for table in CONTENT
        for event in ("INSERT", "UPDATE", "DELETE")
    }


# Not one INSERT OR REPLACE: the statement that fires a trigger hands its own OR clause down to it,
# and under INSERT OR IGNORE nothing would be replaced.
SQLITE_NOW = "strftime('%Y-%m-%d %H:%M:%f', 'now')"
SQLITE_NEW_VERSION = [
    f"""UPDATE {VERSION} SET version = lower(hex(randomblob(16))), changed = {SQLITE_NOW}""",
    f"""INSERT INTO {VERSION} (id, version, changed)
        SELECT 1, lower(hex(randomblob(16))), {SQLITE_NOW}
        WHERE NOT EXISTS (SELECT 1 FROM {VERSION})""",
]


def sqlite_tally_triggers() -> dict[str, str]:
    key = f"{{0}}.published, {{0}}.category_id, {{0}}.level, {{0}}.position / {BLOCK}"
    changed = f"({key.format('NEW')}) IS NOT ({key.format('OLD')})"
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


# PostgreSQL


def postgresql() -> list[str]:
    """Return statements that may be run again and again."""
    return [
        POSTGRESQL_VERSION_FUNCTION,
        POSTGRESQL_TALLY_FUNCTION,
        f"""
        CREATE OR REPLACE TRIGGER {QUESTION}_tally AFTER INSERT OR UPDATE OR DELETE ON {QUESTION}
        FOR EACH ROW EXECUTE FUNCTION {TALLY}_count()""",
        f"""
        CREATE OR REPLACE TRIGGER {QUESTION}_tally_truncate AFTER TRUNCATE ON {QUESTION}
        FOR EACH STATEMENT EXECUTE FUNCTION {TALLY}_count()""",
        *(
            f"""
        CREATE OR REPLACE TRIGGER {table}_version_truncate AFTER TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION {VERSION}_move()"""
            for table in CONTENT
        ),
        # There is no OR REPLACE for these.
        *(
            f"""
        DO $$ BEGIN
          IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = '{table}_version'
                         AND tgrelid = '{table}'::regclass) THEN
            CREATE CONSTRAINT TRIGGER {table}_version AFTER INSERT OR UPDATE OR DELETE ON {table}
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {VERSION}_move();
          END IF;
        END $$"""
            for table in CONTENT
        ),
    ]


POSTGRESQL_NEW_VERSION = f"""
    INSERT INTO {VERSION} (id, version, changed)
    VALUES (1, gen_random_uuid()::text, clock_timestamp())
    ON CONFLICT (id) DO UPDATE SET version = EXCLUDED.version, changed = EXCLUDED.changed"""

# Deferred to the commit and done once a transaction: whoever changes the one row keeps all other
# writers waiting for it, and a refresh of some seconds and an editor's save, waiting for each
# other's rows, would end in a deadlock.
POSTGRESQL_VERSION_FUNCTION = f"""
    CREATE OR REPLACE FUNCTION {VERSION}_move() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      moved text;
    BEGIN
      IF current_setting('{VERSION}.moved', true) IS DISTINCT FROM 'yes' THEN
        PERFORM set_config('{VERSION}.moved', 'yes', true);
        {POSTGRESQL_NEW_VERSION} RETURNING version INTO moved;
        PERFORM pg_notify('{CHANNEL}', moved);
      END IF;
      RETURN NULL;
    END $$"""

POSTGRESQL_TALLY_FUNCTION = f"""
    CREATE OR REPLACE FUNCTION {TALLY}_count() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'TRUNCATE' THEN
        DELETE FROM {TALLY};
        RETURN NULL;
      END IF;
      IF TG_OP = 'UPDATE' THEN
        IF (NEW.published, NEW.category_id, NEW.level, NEW.position / {BLOCK}) IS NOT DISTINCT FROM
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
    END $$"""
