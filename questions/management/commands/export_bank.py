import os
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import DatabaseError

from questions.management.base import BankCommand
from questions.refreshing.files import bank_entries, dump


class Command(BankCommand):
    help = """\
Write the database back as a fixture file, drafts included, that loaddata and refresh_bank accept.

The same bank always gives the same bytes, so that edits made in the admin can be read as a diff
of fixtures/bank.yaml, reviewed and committed.
"""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", nargs="?", type=Path, help="Replaced whole; standard output without it."
        )

    def handle(self, *, file: Path | None, verbosity: int, **options: Any) -> None:
        try:
            entries = bank_entries()
            text = dump(entries)
            if file is None:
                self.stdout.write(text, ending="")
                return
            replace(file, text)
        except (DatabaseError, OSError) as error:
            raise CommandError(f"{error}. Nothing was written.") from error
        if verbosity:
            self.stdout.write(f"Wrote {len(entries)} entries to {file}.")


def replace(path: Path, text: str) -> None:
    """Write a file atomically: nobody can read it half-written."""
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", newline="\n", dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as file:
        try:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).chmod(mode)
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink()
            raise
