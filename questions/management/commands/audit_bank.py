from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from questions.checking import end_of_life as support
from questions.checking import reviews
from questions.management import auditing
from questions.management.base import BankCommand

TABLE_LASTS = timedelta(days=365)


class Command(BankCommand):
    help = """\
List which published questions are due for an editor: verified too long ago or never, verified or
checked with a version that is out of support (end_of_life.py), with samples that were not
checked as they are now, or without further reading.

The exit code is 1 if something is due.
"""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--days",
            type=int,
            default=reviews.DAYS,
            help="How many days an answer counts as verified (%(default)s).",
        )

    def handle(self, *, days: int, verbosity: int, **options: Any) -> None:
        today = timezone.localdate()
        if today - support.AS_OF > TABLE_LASTS:
            self.stderr.write(f"Note: end_of_life.py is of {support.AS_OF}: renew it.", str)
        questions = [question for question in self.read([]) if question.published]
        count = 0
        for question in questions:
            lines = list(auditing.due(question, today, days))
            count += bool(lines)
            for line in lines:
                self.stdout.write(f"{question.slug} {line}")
        if count:
            raise CommandError(f"{count} of {len(questions)} questions are due.")
        if verbosity:
            self.stdout.write(f"{len(questions)} questions, none of them due.")
