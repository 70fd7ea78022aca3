import contextlib
import os
import shutil
import sqlite3
import subprocess
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from questions.management.base import in_one_line
from questions.management.reasons import reason


class Command(BaseCommand):
    help = (
        "Copy the whole database, accounts included, to one file, while the site goes on running. "
        "docs/operating.md says how to restore it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", nargs="?", type=Path, help="Must not exist; var/backups/<time> without it."
        )

    def handle(self, *, file: Path | None, verbosity: int, **options: Any) -> None:
        make, ending = (
            (dump_postgresql, "dump")
            if connection.vendor == "postgresql"
            else (copy_sqlite, "sqlite3")
        )
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.{ending}"
        target = (file or settings.VAR_DIR / "backups" / name).resolve()
        if os.path.lexists(target):  # a circle of links, too
            raise CommandError(f"{target} exists already: name another file.")
        with in_one_line():
            if not has_tables():
                raise CommandError(
                    "There is no database yet, and no backup was made: run .venv/bin/python "
                    "manage.py prepare."
                )
        partial = target.with_name(f".{target.name}.partial")
        try:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            partial.unlink(missing_ok=True)
            os.close(os.open(partial, os.O_CREAT | os.O_WRONLY, 0o600))  # accounts are in it
            make(partial)
            partial.replace(target)
        except (OSError, sqlite3.Error, subprocess.CalledProcessError) as error:
            if isinstance(error, OSError):
                error.filename = str(target.parent)  # rather than a name nobody has heard of
            if isinstance(error, subprocess.CalledProcessError):
                why = " ".join(error.stderr.split())
            else:
                why = reason(error)
            raise CommandError(f"{why}. No backup was made.") from error
        finally:
            with contextlib.suppress(OSError):  # where its folder could not be made
                partial.unlink(missing_ok=True)
        if verbosity:
            self.stdout.write(f"Backed up to {target} ({target.stat().st_size:,} bytes).")


def has_tables() -> bool:
    """Whether there is a database with something in it, which asking does not make."""
    is_missing = connection.vendor == "sqlite" and not Path(database_name()).exists()
    return not is_missing and bool(connection.introspection.table_names())


def database_name() -> str:
    return str(connection.settings_dict["NAME"])


def copy_sqlite(target: Path) -> None:
    """Copy by SQLite's online backup: consistent, whoever writes meanwhile."""
    source = f"{Path(database_name()).absolute().as_uri()}?mode=ro"
    with (
        contextlib.closing(sqlite3.connect(source, uri=True)) as database,
        contextlib.closing(sqlite3.connect(target)) as copy,
    ):
        database.backup(copy)
        # One file, without a log beside it.
        copy.execute("PRAGMA journal_mode=DELETE")
        found = copy.execute("PRAGMA integrity_check").fetchone()[0]
        if found != "ok":
            raise sqlite3.DatabaseError(found)


def dump_postgresql(target: Path) -> None:
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415 (SQLite does without)

    program = shutil.which("pg_dump")
    if program is None:
        raise CommandError(
            "pg_dump is not installed here: install PostgreSQL's client, or run it where the "
            "server is (docs/operating.md)."
        )
    database = connection.settings_dict
    address = make_conninfo(
        dbname=database["NAME"],
        host=database["HOST"] or None,
        port=database["PORT"] or None,
        user=database["USER"] or None,
        **{name: value for name, value in database["OPTIONS"].items() if name != "pool"},
    )
    # Every user of the machine can read the arguments, so the password is not among them.
    secret = {"PGPASSWORD": database["PASSWORD"]} if database["PASSWORD"] else {}
    subprocess.run(  # noqa: S603
        [
            *(program, "--format=custom", "--no-owner", "--no-privileges"),
            *(f"--file={target}", f"--dbname={address}"),
        ],
        env={**os.environ, **secret},
        check=True,
        capture_output=True,
        text=True,
    )
