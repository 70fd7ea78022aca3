from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from questions.amounts import amount
from questions.checking import end_of_life, reviews, rules
from questions.management.base import BankCommand
from questions.models import Bank, Question

TABLE_VALID = timedelta(days=365)
MOST_DAYS = 36_500


class Command(BankCommand):
    help = """\
List which published questions are due for an editor: verified too long ago or never, verified or
checked with a version that is out of support (end_of_life.py), or with samples that were not
checked as they are now or not on the newest CPython of that table; where the bank requires the
house style, also answers without a runnable sample, and questions without further reading.

The exit code is 1 if something is due.
"""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--days",
            type=int,
            default=reviews.VALID_DAYS,
            help="How many days an answer counts as verified (%(default)s).",
        )

    def handle(self, *, days: int, verbosity: int, **options: Any) -> None:
        if not 0 <= days <= MOST_DAYS:
            raise CommandError(f"--days has to be from 0 to {MOST_DAYS}.")
        today = timezone.localdate()
        if today - end_of_life.AS_OF > TABLE_VALID:
            self.stderr.write(f"Note: end_of_life.py is of {end_of_life.AS_OF}: renew it.", str)
        bank, questions = self.read_bank([])
        questions = [question for question in questions if question.published]
        count = 0
        for question in questions:
            lines = list(what_is_due(question, bank, today, days))
            count += bool(lines)
            for line in lines:
                self.stdout.write(f"{question.slug} {line}")
        if count:
            all_of_them = amount(len(questions), "question")
            raise CommandError(f"{count:,} of {all_of_them} {'is' if count == 1 else 'are'} due.")
        if verbosity:
            self.stdout.write(f"{amount(len(questions), 'question')}, none due.")


def what_is_due(question: Question, bank: Bank, today: date, days: int) -> Iterator[str]:
    """Yield a line for everything that an editor should do about a question."""
    yield from reviews.reasons_to_verify(question, today, days)
    has_samples = question.has_samples
    if has_samples and not question.is_checked:
        yield "has samples that were not checked as they are now: run check_samples"
    elif has_samples:
        yield from reviews.reasons_to_check(question)
    if not bank.requires_style:
        return
    if question.answer.strip() and not has_samples:
        yield "has no runnable sample"
    if not rules.reading_links(question):
        yield "has no further reading"
