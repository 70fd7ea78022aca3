from argparse import ArgumentParser
from itertools import batched
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from questions import history
from questions.amounts import amount
from questions.management import generator
from questions.models import Category, Question

BATCH = 1000


class Command(BaseCommand):
    help = (
        "Fill the database with made-up questions, for benchmarks, tests and demonstrations. "
        "Made-up questions that are there already are replaced."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("count", type=int, metavar="N", help="How many questions.")
        parser.add_argument("--seed", type=int, default=1, help="Another seed, other questions.")
        parser.add_argument(
            "--categories", type=int, default=5, help="How many categories they are spread over."
        )
        parser.add_argument(
            "--replace",
            action="store_true",
            help="Delete all other questions and categories too, instead of refusing.",
        )

    def handle(
        self,
        *args: Any,
        count: int,
        seed: int,
        categories: int,
        replace: bool,
        verbosity: int,
        **options: Any,
    ) -> None:
        if count < 0 or not 1 <= categories <= 1000:
            raise CommandError("N must be 0 or more, and --categories from 1 to 1000.")
        with history.by_command("make_bank"):
            allow_long_statements()
            if not replace and (others := count_of_others()):
                raise CommandError(
                    f"The database holds {others} that make_bank did not make. "
                    "--replace deletes them."
                )
            made_up_categories = keys_of_made_up_categories()
            replacing_none = Question.objects.filter(replaces=None)  # the others are protected
            while pks := list(replacing_none.values_list("pk", flat=True)[:BATCH]):
                questions = Question.objects.filter(pk__in=pks)
                made_up = list(
                    questions.filter(verified_with=generator.MARK).values_list("pk", flat=True)
                )
                questions.delete()
                history.forget(Question, made_up)
            Category.objects.all().delete()
            history.forget(Category, made_up_categories)
            made = Category.objects.bulk_create(generator.categories(categories))
            done = 0
            for batch in batched(generator.questions(count, seed, made), BATCH):
                Question.objects.bulk_create(batch)
                done += len(batch)
                if verbosity and done % 10_000 == 0:
                    self.stdout.write(f"{done:,} of {count:,} questions")
        if verbosity:
            self.stdout.write(f"Made {said(count, ' in ', categories)}.")


def allow_long_statements() -> None:
    """Lift the limit for the statements of a page: a thousand questions at once take longer."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")


def keys_of_made_up_categories() -> list[int]:
    """Return the keys of the categories whose questions are all made up."""
    others = Question.objects.exclude(verified_with=generator.MARK).values("category")
    made_up = Category.objects.exclude(questions=None).exclude(pk__in=others)
    return list(made_up.values_list("pk", flat=True))


def count_of_others() -> str:
    """Say how much is there that this command did not make; empty if nothing."""
    questions = Question.objects.exclude(verified_with=generator.MARK).count()
    categories = Category.objects.exclude(questions__verified_with=generator.MARK).count()
    if not questions and not categories:
        return ""
    return said(questions, " and ", categories)


def said(questions: int, between: str, categories: int) -> str:
    return between.join(
        (amount(questions, "question"), amount(categories, "category", "categories"))
    )
