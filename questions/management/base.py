"""What the commands have in common that read the bank from the database or from files."""

from argparse import RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from questions.models import Question
from questions.refreshing import files as fixtures


class BankCommand(BaseCommand):
    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        # The paragraphs of the help stay paragraphs.
        kwargs["formatter_class"] = RawDescriptionHelpFormatter
        return super().create_parser(prog_name, subcommand, **kwargs)

    def read(self, files: list[Path]) -> list[Question]:
        """Return the questions of fixture files, or without any those of the database."""
        try:
            if not files:
                return list(Question.objects.in_order())
            return [question for path in files for question in fixtures.questions(path)]
        except (fixtures.FixtureError, DatabaseError, OSError) as error:
            raise CommandError(str(error)) from error

    def show_progress(self, done: int, total: int) -> None:
        """Keep one line on a terminal up to date; nothing in a log."""
        if self.stderr.isatty():
            self.stderr.write(f"\r{done} of {total}", str, ending="\n" if done == total else "")
