from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import DatabaseError

from questions.amounts import amount
from questions.management.base import BankCommand
from questions.management.reasons import reason
from questions.refreshing.files import bank_entries
from questions.refreshing.reading import STANDARD_INPUT, FixtureError
from questions.refreshing.writing import dump, write_file


class Command(BankCommand):
    help = """\
Write the database back as a fixture file, drafts included, that loaddata and refresh_bank accept.

The same bank always gives the same bytes, so that edits made in the admin can be read as a diff
of fixtures/bank.yaml, reviewed and committed.
"""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file",
            nargs="?",
            type=Path,
            default=STANDARD_INPUT,
            help="A YAML file, replaced whole; standard output without it, or for -.",
        )

    def handle(self, *, file: Path, verbosity: int, **options: Any) -> None:
        try:
            entries = bank_entries()
            text = dump(entries)
            if file == STANDARD_INPUT:
                self.stdout.write(text, ending="")
                return
            write_file(file, text)
        except (DatabaseError, FixtureError, OSError) as error:
            raise CommandError(f"{reason(error)}. Nothing was written.") from error
        if verbosity:
            self.stdout.write(f"Wrote {amount(len(entries), 'entry', 'entries')} to {file}.")
