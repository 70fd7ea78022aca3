from argparse import ArgumentParser
from collections import defaultdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from questions.amounts import amount
from questions.checking import links, rules
from questions.management.base import LONGEST, BankCommand


class Command(BankCommand):
    help = """\
Ask for each address in the further reading of published questions, in the database or in the
fixture files given, and list those that are broken or have moved for good. Each address is asked
for once, a few hosts at a time, with HEAD and where that is refused with GET; failures are tried
again twice. Hosts that are not on the public Internet count as broken, without being asked.

Needs the network, and goes through no proxy, so nothing runs it by itself. The exit code is 1 if
a link is broken.
"""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, help="Check these, not the database.")
        parser.add_argument(
            "--timeout",
            type=float,
            default=links.REPLY_TIMEOUT,
            metavar="SECONDS",
            help="How long an answer with its redirects may take (%(default)g).",
        )
        parser.add_argument(
            "--internal",
            action="store_true",
            help="Ask this machine's and its network's hosts too.",
        )

    def handle(
        self, *, files: list[Path], timeout: float, internal: bool, verbosity: int, **options: Any
    ) -> None:
        if not 0 < timeout <= LONGEST:
            raise CommandError(f"--timeout has to be above zero, and {LONGEST} at most.")
        readers = defaultdict(list)
        published = (question for question in self.read_questions(files) if question.published)
        for question in published:
            for address in rules.reading_links(question):
                readers[address].append(question.slug)
        answers = links.check_addresses(
            readers, internal=internal, timeout=timeout, on_progress=self.show_progress
        )
        for answer in answers:
            where = ", ".join(dict.fromkeys(readers[answer.address]))
            if answer.broken:
                self.stdout.write(f"broken: {answer.address} ({where}): {answer.broken}")
            elif answer.moved_to:
                self.stdout.write(f"moved: {answer.address} ({where}) to {answer.moved_to}")
        broken = sum(bool(answer.broken) for answer in answers)
        moved = sum(bool(answer.moved_to) for answer in answers)
        addresses = amount(len(answers), "address", "addresses")
        summary = f"{addresses}, {broken:,} broken, {moved:,} moved."
        if broken:
            raise CommandError(summary)
        if verbosity:
            self.stdout.write(summary)
