import difflib
import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.serializers.base import DeserializationError
from django.db import DatabaseError

from questions import history
from questions.amounts import amount
from questions.checking import rules
from questions.management.base import BankCommand
from questions.management.reasons import reason
from questions.models import Bank, Question
from questions.refreshing import plan
from questions.refreshing.files import (
    BANK,
    FixtureEntry,
    Key,
    as_bank,
    as_questions,
)
from questions.refreshing.plan import Difference, Fields, Kind, RefreshError
from questions.refreshing.reading import Faults, FixtureError
from questions.refreshing.validation import checked_entries

SIGNS = {Kind.ADDED: "+", Kind.CHANGED: "~", Kind.CONFLICT: "!", Kind.REMOVED: "-"}
DIFF_LINES = 12  # shown for each field
STOPPED = 3
MANY = 1_000  # questions; to check less takes no time that anybody would notice


class Command(BankCommand):
    help = """\
Bring the database to what fixture files say, all of it or nothing.

The files are checked by the rules for content first. Questions that were edited in the database
since the last refresh, and differ from the files, are in conflict:

  theirs  the files win
  ours    the database wins; the conflict stays until the files say the same (export_bank)
  stop    nothing is written
  ask     ask for each one; where nobody can be asked, stop (the default)

The exit code is 0 if the database is as wanted, 1 if a file is bad or the database failed, 2 if
the command was called wrongly, 3 if it stopped at a conflict. Other than with 0 nothing has
changed. --dry-run gives the same codes.
"""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "files", nargs="*", type=Path, help="Together the whole bank (fixtures/bank.yaml)."
        )
        parser.add_argument("--dry-run", action="store_true", help="Show what would be done.")
        parser.add_argument(
            "--prune",
            action="store_true",
            help="Delete what an earlier refresh brought and the files no longer have.",
        )
        parser.add_argument(
            "--on-conflict", choices=["ask", "theirs", "ours", "stop"], default="ask"
        )

    def handle(
        self,
        *,
        files: list[Path],
        dry_run: bool,
        prune: bool,
        on_conflict: str,
        verbosity: int,
        **options: Any,
    ) -> None:
        try:
            entries = self.publishable(files or [settings.BASE_DIR / "fixtures" / "bank.yaml"])
            found = plan.find_differences(entries)
            if verbosity:
                for difference in found:
                    self.show(difference, prune=prune)
            ours = self.resolve(found, on_conflict, prune=prune, dry_run=dry_run)
            if not dry_run:
                with history.by_command("refresh_bank"):
                    plan.apply(entries, found, ours, prune=prune, on_progress=self.show_progress)
        except (FixtureError, RefreshError) as error:
            raise CommandError(f"{error} Nothing was written.") from error
        except (DatabaseError, DeserializationError) as error:
            raise CommandError(f"{reason(error)}. Nothing was written.") from error
        if verbosity:
            self.stdout.write(summary(entries, found, ours, prune=prune, dry_run=dry_run))

    def publishable(self, paths: list[Path]) -> list[FixtureEntry]:
        """
        Return the entries of all files.

        Raises FixtureError where a file is bad, or a published question breaks a rule for content
        that it keeps on the site.
        """
        entries = checked_entries(*paths)
        questions, bank = as_questions(entries), as_bank(entries)
        if len(questions) > MANY:
            self.stdout.write(f"Checking {len(questions):,} questions ...")
        faults = Faults()
        for done, (question, problems) in enumerate(rules.check_questions(questions, bank), 1):
            self.show_progress(done, len(questions))
            if question.published and any(problem.is_error for problem in problems):
                for problem in rules.new_errors(problems, problems_on_the_site(question, bank)):
                    faults.add(f"question “{question.slug}”: {problem}")
        faults.raise_if_any()
        return entries

    def resolve(
        self, found: list[Difference], on_conflict: str, *, prune: bool, dry_run: bool
    ) -> set[Key]:
        """Return the keys of the conflicts in which the database wins."""
        conflicts = [d for d in found if d.kind == Kind.CONFLICT and (prune or d.files)]
        if not conflicts or on_conflict == "theirs":
            return set()
        if on_conflict == "ours":
            return {conflict.key for conflict in conflicts}
        if on_conflict == "stop" or dry_run or not sys.stdin.isatty():
            raise CommandError(
                f"Stopped at {amount(len(conflicts), 'conflict')}, the first in {conflicts[0]}: "
                "choose with --on-conflict theirs or ours. Nothing was written.",
                returncode=STOPPED,
            )
        return {conflict.key for conflict in conflicts if self.ask(conflict) == "ours"}

    def ask(self, conflict: Difference) -> str:
        answers = {"t": "theirs", "o": "ours", "s": "stop"}
        question = f"{conflict}: take [t]he files' version, keep [o]urs, or [s]top? "
        while (letter := input(question).strip().lower()[:1]) not in answers:
            pass
        if letter == "s":
            raise CommandError("Stopped. Nothing was written.", returncode=STOPPED)
        return answers[letter]

    def show(self, difference: Difference, *, prune: bool) -> None:
        is_kept = difference.kind == Kind.REMOVED and not prune
        reason = "stays; --prune deletes it" if is_kept else difference.reason
        reason = f" ({reason})" if reason else ""
        self.stdout.write(f"{SIGNS[difference.kind]} {difference}{reason}")
        if difference.database:
            for line in self.lines(difference, prune=prune):
                self.stdout.write(f"    {line}")

    def lines(self, difference: Difference, *, prune: bool) -> Iterator[str]:
        """Yield what is overwritten; all of what the bank says of itself, which has no history."""
        database, is_bank = difference.database or {}, difference.key[0] == BANK
        if difference.files:
            most = sys.maxsize if is_bank else DIFF_LINES
            yield from diff_lines(database, difference.files, most)
        elif is_bank and prune:
            yield from (f"{name}: {value!r}" for name, value in database.items())


def problems_on_the_site(question: Question, bank: Bank) -> list[rules.Problem]:
    """Return the problems of a question of the files as it is published now, if it is."""
    try:
        stored = Question.objects.get_by_natural_key(question.slug)
    except Question.DoesNotExist:
        return []
    if not stored.published:
        return []
    return rules.check_question(stored, rules.titles_beside(stored), bank)


def diff_lines(database: Fields, files: Fields, most: int) -> Iterator[str]:
    """Yield how the fields of a row differ; of a long text, `most` lines."""
    for name, old in database.items():
        new = files[name]
        if old == new:
            continue
        if "\n" not in f"{old}{new}":
            yield f"{name}: {old!r} -> {new!r}"
            continue
        yield f"{name}:"
        diff = list(difflib.unified_diff(old.splitlines(), new.splitlines(), n=1, lineterm=""))[2:]
        yield from (f"  {line}" for line in diff[:most])
        if len(diff) > most:
            yield f"  ... {amount(len(diff) - most, 'more line')}"


def summary(
    entries: list[FixtureEntry],
    found: list[Difference],
    ours: set[Key],
    *,
    prune: bool,
    dry_run: bool,
) -> str:
    count = Counter(difference.kind for difference in found)
    missing = sum(difference.files is None for difference in found)
    unchanged = len(entries) - (len(found) - missing)
    parts = [f"{count[kind]:,} {kind}" for kind in (Kind.ADDED, Kind.CHANGED)]
    parts.append(f"{unchanged:,} unchanged")
    parts.append(f"{count[Kind.CONFLICT]:,} in conflict" + f" ({len(ours):,} kept)" * bool(ours))
    parts.append(
        f"{count[Kind.REMOVED]:,} removed"
        + " from the files (--prune deletes)" * (not prune and bool(count[Kind.REMOVED]))
    )
    return f"{', '.join(parts)}.{' Dry run: nothing was written.' if dry_run else ''}"
