import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from questions.checking import samples
from questions.management.base import BankCommand
from questions.refreshing.files import FixtureError


class Command(BankCommand):
    help = """\
Run the code samples of all questions, or of those given, and compare what each prints with the
output that its answer shows. A sample is a ```python run block; its output is the ```text output
block right after it.

From the database, the results are stored: the page marks an answer's outputs as checked until
the answer changes. From a file, nothing is written without --record or --update.

The exit code is 0 if in the end every sample prints what its answer shows, and 1 otherwise.
"""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slugs", nargs="*", metavar="slug", help="Only these questions.")
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
            *("-j", "--jobs"),
            type=int,
            default=os.cpu_count() or 1,
            help="How many samples run at once (%(default)s).",
        )
        parser.add_argument(
            "--timeout",
            type=float,
            default=samples.TIMEOUT,
            metavar="SECONDS",
            help="How long a sample may run (%(default)g).",
        )

    def handle(
        self,
        *,
        slugs: list[str],
        fixture: Path | None,
        record: bool,
        update: bool,
        jobs: int,
        timeout: float,
        verbosity: int,
        **options: Any,
    ) -> None:
        if (record or update) and not fixture:
            raise CommandError("--record and --update write into a file: name it with --fixture.")
        if jobs < 1 or timeout <= 0:
            raise CommandError("--jobs and --timeout have to be above zero.")
        questions = self.read_questions([fixture] if fixture else [])
        if unknown := set(slugs) - {question.slug for question in questions}:
            raise CommandError(f"There is no question “{min(unknown)}”.")
        if slugs:
            questions = [question for question in questions if question.slug in slugs]
        for line in samples.missing_isolation() if verbosity else []:
            self.stderr.write(f"Note: {line}.", str)
        checks = samples.check_samples(
            questions, jobs=jobs, timeout=timeout, on_progress=self.show_progress
        )
        if not checks:
            raise CommandError("There is no sample to check: mark one with ```python run.")
        for check in checks:
            if check.problem:
                self.stdout.write(f"{check}\n")
        try:
            if fixture and (record or update):
                checks = samples.write_results(fixture, checks, update=update)
            elif not fixture:
                samples.store_results(checks)
        except FixtureError as error:
            raise CommandError(f"{fixture}: {error}") from error
        failed = sum(bool(check.problem) for check in checks)
        count = f"{len(checks)} sample{'s' if len(checks) > 1 else ''}"
        if failed:
            raise CommandError(f"{failed} of {count} failed on {samples.INTERPRETER}.")
        if verbosity:
            shown = "prints" if len(checks) == 1 else "print"
            self.stdout.write(f"{count} {shown} on {samples.INTERPRETER} what the answers show.")
