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
from questions.checking import rules
from questions.management.base import BankCommand
from questions.refreshing import files as fixtures
from questions.refreshing import plan as refreshing
from questions.refreshing.plan import Change, Entry, Fields, Key, Kind

SIGNS = {Kind.ADDED: "+", Kind.CHANGED: "~", Kind.CONFLICT: "!", Kind.REMOVED: "-"}
DIFF_LINES = 12  # shown for each field
STOPPED = 3


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
            entries = checked(files or [settings.BASE_DIR / "fixtures" / "bank.yaml"])
            changes = refreshing.plan(entries)
            if verbosity:
                for change in changes:
                    self.show(change)
            kept = self.resolve(changes, on_conflict, prune=prune, dry_run=dry_run)
            if not dry_run:
                with history.by_command("refresh_bank"):
                    refreshing.apply(
                        entries, changes, kept, prune=prune, progress=self.show_progress
                    )
        except (fixtures.FixtureError, refreshing.RefreshError) as error:
            raise CommandError(f"{error} Nothing was written.") from error
        except (DatabaseError, DeserializationError) as error:
            raise CommandError(f"{' '.join(str(error).split())}. Nothing was written.") from error
        if verbosity:
            self.stdout.write(summary(entries, changes, kept, prune=prune, dry_run=dry_run))

    def resolve(
        self, changes: list[Change], on_conflict: str, *, prune: bool, dry_run: bool
    ) -> set[Key]:
        """Return the keys of the conflicts in which the database wins."""
        conflicts = [c for c in changes if c.kind == Kind.CONFLICT and (prune or c.files)]
        if not conflicts or on_conflict == "theirs":
            return set()
        if on_conflict == "ours":
            return {change.key for change in conflicts}
        if on_conflict == "stop" or dry_run or not sys.stdin.isatty():
            raise CommandError(
                f"Stopped at {plural(len(conflicts), 'conflict')}, the first in {conflicts[0]}: "
                "choose with --on-conflict theirs or ours. Nothing was written.",
                returncode=STOPPED,
            )
        return {change.key for change in conflicts if self.ask(change) == "ours"}

    def ask(self, change: Change) -> str:
        answers = {"t": "theirs", "o": "ours", "s": "stop"}
        question = f"{change}: take [t]he files' version, keep [o]urs, or [s]top? "
        while (letter := input(question).strip().lower()[:1]) not in answers:
            pass
        if letter == "s":
            raise CommandError("Stopped. Nothing was written.", returncode=STOPPED)
        return answers[letter]

    def show(self, change: Change) -> None:
        reason = f" ({change.reason})" if change.reason else ""
        self.stdout.write(f"{SIGNS[change.kind]} {change}{reason}")
        if change.database and change.files:
            for line in differences(change.database, change.files):
                self.stdout.write(f"    {line}")


def checked(paths: list[Path]) -> list[Entry]:
    """Return the entries of all files; raise FixtureError for what must not be loaded."""
    slugs: set[tuple[str, str]] = set()
    entries = [entry for path in paths for entry in fixtures.check(path, slugs)]
    for question, problems in rules.check_all(fixtures.as_questions(entries)):
        for problem in problems:
            if problem.is_error and question.published:
                raise fixtures.FixtureError(f"question “{question.slug}”: {problem}")
    return entries


def differences(database: Fields, files: Fields) -> Iterator[str]:
    for name, old in database.items():
        new = files[name]
        if old == new:
            continue
        if "\n" not in f"{old}{new}":
            yield f"{name}: {old!r} -> {new!r}"
            continue
        yield f"{name}:"
        diff = list(difflib.unified_diff(old.splitlines(), new.splitlines(), n=1, lineterm=""))[2:]
        yield from (f"  {line}" for line in diff[:DIFF_LINES])
        if len(diff) > DIFF_LINES:
            yield f"  ... {plural(len(diff) - DIFF_LINES, 'more line')}"


def summary(
    entries: list[Entry], changes: list[Change], kept: set[Key], *, prune: bool, dry_run: bool
) -> str:
    count = Counter(change.kind for change in changes)
    missing = sum(change.files is None for change in changes)
    unchanged = len(entries) - (len(changes) - missing)
    parts = [f"{count[kind]} {kind}" for kind in (Kind.ADDED, Kind.CHANGED)]
    parts.append(f"{unchanged} unchanged")
    parts.append(f"{count[Kind.CONFLICT]} in conflict" + f" ({len(kept)} kept)" * bool(kept))
    parts.append(
        f"{count[Kind.REMOVED]} removed"
        + " from the files (--prune deletes)" * (not prune and bool(count[Kind.REMOVED]))
    )
    return f"{', '.join(parts)}.{' Dry run: nothing was written.' if dry_run else ''}"


def plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
