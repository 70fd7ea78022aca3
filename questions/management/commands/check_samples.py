import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from questions.amounts import amount
from questions.checking import interpreters, runs, samples
from questions.checking.interpreters import Interpreter
from questions.checking.samples import Check
from questions.management.base import LONGEST, BankCommand, in_one_line
from questions.models import Question
from questions.products import listed
from questions.refreshing.reading import FixtureError


class Command(BankCommand):
    help = """\
Run the code samples of all questions, or of those given, and compare what each prints with the
output that is shown. A sample is a ```python run block of a prompt or an answer; its output is the
```text output block right after it. A block ```python run >=3.14 is for those versions only.

Each sample runs shut in by bubblewrap, on every interpreter that is given.

From the database, the results are stored: the page marks the outputs as checked until the prompt
or the answer changes, and the admin shows what failed. --waiting runs only the samples that were
not run as they are now. From a file, nothing is written without --record or --update.

The exit code is 0 if in the end every sample that ran prints what is shown, and 1 otherwise.
"""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slugs", nargs="*", metavar="slug", help="Only these questions.")
        parser.add_argument(
            "--waiting",
            action="store_true",
            help="Check only the questions of the database that wait for it.",
        )
        parser.add_argument(
            "--fixture", type=Path, metavar="FILE", help="Check FILE instead of the database."
        )
        parser.add_argument(
            "--record", action="store_true", help="Write the results into FILE, for loaddata."
        )
        parser.add_argument(
            "--update",
            action="store_true",
            help="Write the real outputs into FILE, after showing how they differ, and the "
            "results.",
        )
        parser.add_argument(
            "--python",
            action="append",
            default=[],
            metavar="PATH",
            help="Run on this interpreter, which may lie in a folder that bin/sample-pythons or "
            "debootstrap made; repeat it for several. Without it: on the one that runs this.",
        )
        parser.add_argument(
            "--unconfined",
            action="store_true",
            help="Run samples with all that you may do yourself, where bubblewrap is missing.",
        )
        parser.add_argument(
            *("-j", "--jobs"),
            type=int,
            default=os.cpu_count() or 1,
            help="How many samples run at once (%(default)s).",
        )
        parser.add_argument(
            "--timeout",
            type=float,
            default=runs.TIMEOUT,
            metavar="SECONDS",
            help="How long a sample may run (%(default)g).",
        )

    def handle(
        self,
        *,
        slugs: list[str],
        waiting: bool,
        fixture: Path | None,
        record: bool,
        update: bool,
        verbosity: int,
        **options: Any,
    ) -> None:
        if (record or update) and not fixture:
            raise CommandError("--record and --update write into a file: name it with --fixture.")
        if waiting and (slugs or fixture):
            raise CommandError("--waiting is of the whole database: give no slug and no file.")
        questions = self.waiting() if waiting else self.named(slugs, fixture)
        if waiting and not questions:
            self.stdout.write("No sample waits for a check.")
            return
        try:
            checks, on = self.run(questions, **options)
        except interpreters.InterpreterError as error:
            raise CommandError(str(error)) from error
        not_run = samples.not_run(questions, checks)
        if not checks and not not_run:
            raise CommandError("There is no sample to check: mark one with ```python run.")
        for line in (*(check for check in checks if check.problem), *not_run):
            self.stdout.write(f"{line}\n")
        try:
            if fixture and (record or update):
                checks = samples.write_results(fixture, checks, update=update)
            elif not fixture:
                samples.store_results(checks)
        except FixtureError as error:
            raise CommandError(f"{fixture}: {error}") from error
        self.sum_up(checks, on, verbosity)

    def waiting(self) -> list[Question]:
        """Return the questions whose samples wait for a check."""
        with in_one_line():
            found = Question.objects.with_waiting_samples().in_order()
            # The database looks for samples by a pattern, which also finds code that is no sample.
            return [question for question in found if question.has_samples]

    def named(self, slugs: list[str], fixture: Path | None) -> list[Question]:
        """Return the questions with these slugs, or all, of the database or of a file."""
        questions = self.read_questions([fixture] if fixture else [])
        if unknown := set(slugs) - {question.slug for question in questions}:
            raise CommandError(f"There is no question “{min(unknown)}”.")
        return [question for question in questions if not slugs or question.slug in slugs]

    def run(
        self,
        questions: list[Question],
        *,
        python: list[str],
        unconfined: bool,
        jobs: int,
        timeout: float,
        **options: Any,
    ) -> tuple[list[Check], list[Interpreter]]:
        """Run the samples; return the checks, and the interpreters. Raises InterpreterError."""
        if jobs < 1 or not 0 < timeout <= LONGEST:
            raise CommandError(
                f"--jobs and --timeout have to be above zero, and --timeout {LONGEST} at most."
            )
        on = list(dict.fromkeys(map(interpreters.find, python))) or [interpreters.running()]
        if not unconfined and (missing := runs.missing_isolation()):
            raise CommandError(f"{missing}. --unconfined runs samples without it.")
        checks = samples.check_samples(
            questions,
            on,
            jobs=jobs,
            timeout=timeout,
            is_confined=not unconfined,
            on_progress=self.show_progress,
        )
        return checks, on

    def sum_up(self, checks: list[Check], on: list[Interpreter], verbosity: int) -> None:
        """Say in a sentence how many samples printed what is shown; an error if not all did."""
        failed = [check for check in checks if check.problem]
        number = len({(check.question.slug, check.sample.number) for check in checks})
        count = amount(number, "sample")
        if failed:
            names = listed(check.interpreter.release for check in failed)
            failures = len({(check.question.slug, check.sample.number) for check in failed})
            raise CommandError(f"{failures:,} of {count} failed on {names}.")
        if verbosity:
            names = listed(interpreter.release for interpreter in on)
            shown = "prints" if number == 1 else "print"
            self.stdout.write(f"{count} {shown} on {names} what the answers show.")
