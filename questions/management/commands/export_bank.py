import os
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import DatabaseError

from questions.management.base import BankCommand
from questions.management.reasons import reason
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
            raise CommandError(f"{reason(error)}. Nothing was written.") from error
        if verbosity:
            self.stdout.write(f"Wrote {len(entries)} entries to {file}.")


def replace(path: Path, text: str) -> None:
    """
    Write a file atomically: nobody can read it half-written.

    A symbolic link stays, and what it leads to is replaced. Only a regular file is: a device, a
    pipe or a folder has other uses.
    """
    path = path.resolve()
    if path.exists() and not path.is_file():
        raise CommandError(f"{path} is no regular file. Nothing was written.")
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.")
    except OSError as error:
        error.filename = str(path.parent)  # rather than a name that nobody has heard of
        raise
    with open(descriptor, "w", encoding="utf-8", newline="\n") as file:  # noqa: PTH123
        try:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
            os.fchmod(descriptor, mode)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink()
            raise
