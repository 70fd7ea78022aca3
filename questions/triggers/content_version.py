"""
The triggers that move the content version (`models.ContentVersion`) with every change.

It moves within the transaction of the change, so that it becomes visible together with the change
and goes back with it.
"""

from django.db.backends.utils import CursorWrapper

from questions.triggers.tables import CONTENT, CONTENT_VERSION, SQLITE_NOW, Columns

CHANNEL = CONTENT_VERSION  # PostgreSQL: each new version is sent there with NOTIFY

# The time never goes back, although a clock may: Last-Modified is made of it, and a browser with a
# page from before would be told that it has not changed since.

# Two statements instead of INSERT OR REPLACE: inside a trigger SQLite uses the OR clause of the
# statement that fired it. After an INSERT OR IGNORE ours would do nothing.
SQLITE_MOVE = [
    f"""UPDATE {CONTENT_VERSION}
        SET version = lower(hex(randomblob(16))), changed = CASE
            WHEN changed <= {SQLITE_NOW} THEN {SQLITE_NOW}
            ELSE strftime('%Y-%m-%d %H:%M:%f', changed, '+1 second') END""",
    f"""INSERT INTO {CONTENT_VERSION} (id, version, changed)
        SELECT 1, lower(hex(randomblob(16))), {SQLITE_NOW}
        WHERE NOT EXISTS (SELECT 1 FROM {CONTENT_VERSION})""",
]
POSTGRESQL_MOVE = f"""
        INSERT INTO {CONTENT_VERSION} (id, version, changed)
        VALUES (1, gen_random_uuid()::text, clock_timestamp())
        ON CONFLICT (id) DO UPDATE SET version = EXCLUDED.version, changed = CASE
            WHEN {CONTENT_VERSION}.changed <= EXCLUDED.changed THEN EXCLUDED.changed
            ELSE {CONTENT_VERSION}.changed + interval '1 second' END"""


def move(cursor: CursorWrapper) -> None:
    """Move the version: the triggers may have been absent for a while."""
    for statement in [POSTGRESQL_MOVE] if cursor.db.vendor == "postgresql" else SQLITE_MOVE:
        cursor.execute(statement)


def sqlite(columns: Columns) -> dict[str, str]:
    return {
        f"{table}_version_{event.lower()}": f"""
            CREATE TRIGGER {table}_version_{event.lower()} AFTER {event} ON {table} BEGIN
              {"; ".join(SQLITE_MOVE)};
            END"""
        for table in CONTENT
        for event in ("INSERT", "UPDATE", "DELETE")
    }


def postgresql(columns: Columns) -> list[str]:
    return [
        # Deferred to the commit and done once a transaction: whoever changes the one row keeps all
        # other writers waiting for it, and a refresh of some seconds and an editor's save, waiting
        # for each other's rows, would end in a deadlock.
        f"""
        CREATE OR REPLACE FUNCTION {CONTENT_VERSION}_move() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
          moved text;
        BEGIN
          IF current_setting('{CONTENT_VERSION}.moved', true) IS DISTINCT FROM 'yes' THEN
            PERFORM set_config('{CONTENT_VERSION}.moved', 'yes', true);
            {POSTGRESQL_MOVE} RETURNING version INTO moved;
            PERFORM pg_notify('{CHANNEL}', moved);
          END IF;
          RETURN NULL;
        END $$""",
        *(
            f"""
        CREATE OR REPLACE TRIGGER {table}_version_truncate AFTER TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION {CONTENT_VERSION}_move()"""
            for table in CONTENT
        ),
        # There is no OR REPLACE for these.
        *(
            f"""
        DO $$ BEGIN
          IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = '{table}_version'
                         AND tgrelid = '{table}'::regclass) THEN
            CREATE CONSTRAINT TRIGGER {table}_version AFTER INSERT OR UPDATE OR DELETE ON {table}
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {CONTENT_VERSION}_move();
          END IF;
        END $$"""
            for table in CONTENT
        ),
    ]
