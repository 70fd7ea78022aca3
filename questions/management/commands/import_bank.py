from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from questions.amounts import amount
from questions.importing.discovery import find_drafts
from questions.importing.drafts import Found
from questions.importing.entries import category_name, entries
from questions.importing.links import is_base
from questions.importing.patterns import PATTERNS
from questions.importing.tables import UnreadableError
from questions.management.base import BankCommand
from questions.management.reasons import reason
from questions.refreshing import files, reading, writing
from questions.refreshing.reading import STANDARD_INPUT, FixtureError
from questions.refreshing.validation import shape_fault
from questions.refreshing.writing import not_yaml

Fields = dict[str, Any]

ROWS_SHOWN = 12  # files, and categories
FILES_NAMED = 5  # without questions


class Command(BankCommand):
    help = """\
Write questions from files of other formats as drafts into a fixture file.

  .venv/bin/python manage.py import_bank questions.md --output imported.yaml
  .venv/bin/python manage.py refresh_bank imported.yaml --dry-run
  .venv/bin/python manage.py refresh_bank imported.yaml

FILES are Markdown, CSV, JSON, the text that Anki exports (“Notes in Plain Text”), folders with
Markdown files, or - for Markdown on standard input. The database is neither read nor written.

In Markdown, a question is what most looks like one: a heading of one level, with or without a
number; the summary of a fold (<details>); a bold line; a line that begins with “Q:”; an item of a
list; or a file, where each of a folder is one. --pattern names another one. Its category is the
heading above it or, from three files on, the file. The first paragraph is the short answer. A mark
such as “(hard)” or 🔴 gives the level. HTML becomes Markdown where there is something for it, and
its text where there is not. --links makes links to files beside the text absolute.

In a table the first row names the columns: question, answer, short answer, category, level,
keywords, prompt. Without such a row the first column is the question and the second the answer.

What was understood, and what will be lost, is listed with examples. Where the output is there
already, questions that it has keep their slugs.
"""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, help="Files, folders, or -.")
        parser.add_argument(
            "-o",
            "--output",
            type=Path,
            default=Path("imported.yaml"),
            help="The fixture file to write, or - for standard output (%(default)s).",
        )
        parser.add_argument("--dry-run", action="store_true", help="Only tell what was found.")
        parser.add_argument(
            "--pattern",
            choices=PATTERNS,
            default="",
            help="How questions stand in Markdown: headings of a level (h3), details, bold, ...",
        )
        parser.add_argument(
            "--categories",
            choices=["headings", "file", "folder"],
            default="",
            help="Where the category of a question in Markdown comes from.",
        )
        parser.add_argument(
            "--links",
            metavar="URL",
            default="",
            help="Where the files of Markdown are on the web: links and images that lead to files "
            "beside them lead there, such as https://github.com/me/bank/blob/main/",
        )

    def handle(
        self,
        *,
        files: list[Path],
        output: Path,
        dry_run: bool,
        pattern: str,
        categories: str,
        links: str,
        verbosity: int,
        **options: Any,
    ) -> None:
        if output != STANDARD_INPUT and (fault := not_yaml(output)):
            raise CommandError(f"--output: {fault}. Nothing was written.")
        if links and not is_base(links):
            raise CommandError(
                f"--links: “{links}” is no address such as https://github.com/me/bank/blob/main/. "
                "Nothing was written."
            )
        try:
            found = find_drafts(
                files,
                pattern=pattern,
                categories=categories,
                base=links,
                on_progress=self.show_progress,
            )
            before = earlier(output)
            made = entries(found, before)
        except (UnreadableError, FixtureError) as error:
            raise CommandError(f"{error} Nothing was written.") from error
        if not found.files:
            raise CommandError(
                f"No Markdown file is in {', '.join(map(str, files))}: name files of other kinds "
                "one by one. Nothing was written."
            )
        if not found.drafts:
            raise CommandError(
                "No question was found. In Markdown, --pattern says how they stand; in a table, "
                "the first row names the columns: see --help."
            )
        for what, title in lost(questions_of(before), questions_of(made)):
            found.losses.add(f"questions of an earlier output, {what}", output.name, title)
        if verbosity and output != STANDARD_INPUT:
            self.report(found)
        try:
            self.write(made, output, dry_run=dry_run, verbosity=verbosity)
        except (FixtureError, OSError) as error:
            raise CommandError(f"{reason(error)}. Nothing was written.") from error

    def write(
        self, made: list[files.FixtureEntry], output: Path, *, dry_run: bool, verbosity: int
    ) -> None:
        questions = sum(entry["model"] == files.QUESTION for entry in made)
        if dry_run:
            self.stdout.write(f"{amount(questions, 'question')}. Dry run: nothing was written.")
        elif output == STANDARD_INPUT:
            self.stdout.write(writing.dump(made), ending="")
        else:
            writing.write_file(output, writing.dump(made))
            if verbosity:
                self.stdout.write(
                    f"Wrote {amount(questions, 'draft')} to {output}. Look through them, then: "
                    f".venv/bin/python manage.py refresh_bank {output} --dry-run"
                )

    def report(self, found: Found) -> None:
        """Tell what was understood, and what will be lost."""
        with_questions = [file for file in found.files if file[2]]
        rows = [(f"{count:,}", name, kind) for name, kind, count in with_questions]
        self.table(
            f"Questions in {len(with_questions):,} of {amount(len(found.files), 'file')}", rows
        )
        if without := [name for name, _, count in found.files if not count]:
            more = f" and {len(without) - FILES_NAMED} more" if len(without) > FILES_NAMED else ""
            self.stdout.write(f"           none in {', '.join(without[:FILES_NAMED])}{more}")
        counts: dict[str, int] = {}
        for draft in found.drafts:
            counts[category_name(draft)] = counts.get(category_name(draft), 0) + 1
        rows = [(f"{count:,}", name, "") for name, count in counts.items()]
        self.table(amount(len(counts), "category", "categories"), rows)
        if found.guessed_by_headings and sum(n == 1 for n in counts.values()) > len(counts) / 2 > 1:
            self.stdout.write(
                "           Headings inside answers may be among them: --categories file makes one "
                "of each file, folder one of each folder."
            )
        texts = [draft.fields for draft in found.drafts]
        missing = sum(not fields.get("short_answer") for fields in texts)
        empty = sum(not (f.get("answer") or f.get("short_answer")) for f in texts)
        self.table(
            amount(len(found.drafts), "question"),
            [
                (f"{missing:,}", "without a short answer", ""),
                (f"{empty:,}", "without an answer", ""),
            ],
        )
        if found.losses.counts:
            self.stdout.write("Not as it was:")
        for kind, count in found.losses.counts.most_common():
            self.stdout.write(f"  {count:>7,}  {kind}")
            for example in found.losses.examples[kind]:
                self.stdout.write(f"           {example}")

    def table(self, title: str, rows: list[tuple[str, str, str]]) -> None:
        self.stdout.write(f"{title}:")
        for count, name, kind in rows[:ROWS_SHOWN]:
            self.stdout.write(f"  {count:>7}  {name}{f', {kind}' if kind else ''}")
        if len(rows) > ROWS_SHOWN:
            self.stdout.write(f"           and {len(rows) - ROWS_SHOWN} more")


def lost(before: dict[str, Fields], made: dict[str, Fields]) -> Iterator[tuple[str, str]]:
    """Yield what happens to questions of an earlier output that do not stay, and their titles."""
    for slug, fields in before.items():
        title = str(fields.get("title", ""))
        if slug not in made:
            yield "left out", title
        elif texts_of(fields) != texts_of(made[slug]):
            yield "which say something else now", title


def questions_of(entries: list[files.FixtureEntry]) -> dict[str, Fields]:
    """Return the fields of the questions by slug."""
    questions = [entry["fields"] for entry in entries if entry["model"] == files.QUESTION]
    return {str(fields.get("slug")): fields for fields in questions}


def texts_of(fields: Fields) -> list[str]:
    names = ("title", "prompt", "short_answer", "answer")
    return [str(fields.get(name) or "").strip() for name in names]


def earlier(output: Path) -> list[files.FixtureEntry]:
    """Return the entries of an earlier import, if there was one."""
    if output == STANDARD_INPUT or not output.exists():
        return []
    try:
        found = [entry.value for entry in reading.read(output) if not shape_fault(entry)]
    except FixtureError as error:
        raise UnreadableError(f"{output}: {str(error).rstrip('.')}.") from error
    if not found:
        raise UnreadableError(f"{output} is there and no fixture file: name another output.")
    return found
