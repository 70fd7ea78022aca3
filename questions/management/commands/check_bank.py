from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from questions.amounts import amount
from questions.checking import rules
from questions.management.base import BankCommand


class Command(BankCommand):
    help = """\
Check the questions of the database, or of the fixture files given, by the rules for content
(docs/writing.md). Each line names a question, a field and what to do.

The exit code is 1 if a published question has an error. Warnings, and what is wrong in drafts,
leave it at 0.
"""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, help="Check these, not the database.")

    def handle(self, *, files: list[Path], verbosity: int, **options: Any) -> None:
        bank, questions = self.read_bank(files)
        errors = warnings = of_drafts = 0
        for question, problems in rules.check_questions(questions, bank):
            state = "" if question.published else " (draft)"
            for problem in problems:
                self.stdout.write(f"{question.slug}{state}: {problem}")
                errors += problem.is_error and question.published
                of_drafts += problem.is_error and not question.published
                warnings += not problem.is_error
        parts = [
            amount(len(questions), "question"),
            amount(errors, "error"),
            amount(warnings, "warning"),
        ]
        if of_drafts:
            parts.append(f"{amount(of_drafts, 'error')} in drafts")
        summary = f"{', '.join(parts)}."
        if errors:
            raise CommandError(summary)
        if verbosity:
            self.stdout.write(summary)
