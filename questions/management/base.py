"""The base of commands that read the bank, from the database or from fixture files."""

from argparse import RawDescriptionHelpFormatter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, OutputWrapper
from django.db import DatabaseError

from questions.management.reasons import reason
from questions.models import Bank, Question
from questions.models.fields import REFUSED
from questions.refreshing.files import as_bank, as_questions
from questions.refreshing.reading import FixtureError
from questions.refreshing.validation import checked_entries

LONGEST = 24 * 60 * 60  # seconds that anything may be given
# Text of a file, of a sample or of a server may hold what a terminal obeys.
WITHOUT_CONTROLS = str.maketrans(dict.fromkeys(REFUSED, "\N{REPLACEMENT CHARACTER}"))


class Output(OutputWrapper):
    """Django's, which shows control characters instead of sending them."""

    def write(self, msg: str = "", *args: Any, **options: Any) -> None:  # type: ignore[override]
        super().write(msg.translate(WITHOUT_CONTROLS), *args, **options)


class BankCommand(BaseCommand):
    def execute(self, *args: Any, **options: Any) -> str | None:
        style = self.stderr.style_func
        for name in ("stdout", "stderr"):
            given = options.pop(name, None) or vars(getattr(self, name))["_out"]
            setattr(self, name, Output(given))
        self.stderr.style_func = style
        return super().execute(*args, **options)

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        kwargs["formatter_class"] = RawDescriptionHelpFormatter  # keeps the paragraphs of the help
        return super().create_parser(prog_name, subcommand, **kwargs)

    def read_questions(self, files: list[Path]) -> list[Question]:
        """Return the questions of fixture files, or those of the database where none is given."""
        with in_one_line():
            return (
                as_questions(checked_entries(*files))
                if files
                else list(Question.objects.in_order())
            )

    def read_bank(self, files: list[Path]) -> tuple[Bank, list[Question]]:
        """
        Return what fixture files say of the bank, and their questions.

        Where no file is given both are the database's, and where no file says anything of the bank.
        """
        with in_one_line():
            if not files:
                return Bank.objects.current(), list(Question.objects.in_order())
            entries = checked_entries(*files)
            return as_bank(entries), as_questions(entries)

    def show_progress(self, done: int, total: int) -> None:
        """Update one line on a terminal; write nothing to a log."""
        if self.stderr.isatty():
            self.stderr.write(f"\r{done} of {total}", str, ending="\n" if done == total else "")


@contextmanager
def in_one_line() -> Iterator[None]:
    """Report in one line what keeps a bank from being read."""
    try:
        yield
    except (FixtureError, DatabaseError, OSError) as error:
        line = str(error) if isinstance(error, FixtureError) else f"{reason(error)}."
        raise CommandError(line) from error
