"""Why a database or a file failed, in one line that says what to do."""

import sqlite3

from django.db import connection

UNPREPARED = "The database is not prepared for this release: run .venv/bin/python manage.py prepare"

BUSY = (
    "The database is busy: another program writes what was to be written, or this takes longer "
    "than STATEMENT_TIMEOUT allows. Try again when it is done"
)

# By SQLite's primary codes.
OF_SQLITE = {
    sqlite3.SQLITE_BUSY: (
        "The database is locked: another program has been writing to it for more than 10 seconds. "
        "Try again when it is done"
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "The database {name} can't be opened: it and its folder must be there, and this user's to "
        "read and write"
    ),
    sqlite3.SQLITE_READONLY: (
        "The database {name} can't be written: it and its folder must be this user's to write"
    ),
    sqlite3.SQLITE_FULL: "The disk with the database {name} is full: make room there",
    sqlite3.SQLITE_NOTADB: "{name} is no SQLite database, or a damaged one: restore a backup",
    sqlite3.SQLITE_CORRUPT: "{name} is a damaged SQLite database: restore a backup",
}
# By PostgreSQL's SQLSTATE.
OF_POSTGRESQL = {
    "42P01": UNPREPARED,  # no such table
    "42703": UNPREPARED,  # no such column
    "57014": BUSY,  # a statement that took too long
    "55P03": BUSY,  # a lock that could not be had
    "40P01": BUSY,  # a deadlock
}


def reason(error: Exception) -> str:
    """Return the reason of a failure in one line, without a full stop."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    text = " ".join(str(error).split()).partition(" Is the server running")[0].removesuffix(".")
    cause = error if isinstance(error, sqlite3.Error) else error.__cause__
    if isinstance(cause, sqlite3.Error):
        if text.startswith(("no such table", "no such column")):
            return f"{UNPREPARED} ({text})"
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
        return OF_SQLITE.get(code, text).format(name=connection.settings_dict["NAME"])
    return OF_POSTGRESQL.get(getattr(cause, "sqlstate", None) or "", text)
