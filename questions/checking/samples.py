"""
The code samples of the answers: found, run, and compared with the output that is shown.

A fence marked ```` ```python run ```` is a sample; the fence ```` ```text output ```` right after
it shows what the sample prints. Only commands and tests run samples, never a web request.
"""

import contextlib
import difflib
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone
from markdown_it.token import Token

from questions.markdown import is_sample, parser, shown_output
from questions.models import Question, fingerprint
from questions.refreshing import files as fixtures

INTERPRETER = f"{platform.python_implementation()} {platform.python_version()}"
TIMEOUT = 10.0  # seconds
OUTPUT_LIMIT = 1 << 20  # bytes
PROCESS_LIMIT = 64
POLL_INTERVAL = 0.02  # seconds

SANDBOX = Path(__file__).with_name("sandbox.py")


@dataclass(frozen=True)
class Sample:
    number: int  # among the samples of its answer, from 1
    code: str
    shown: str | None  # the output in the answer; None where there is none
    shown_lines: tuple[int, int] = (0, 0)  # where that stands in the answer: first, one past last

    def problem(self, outcome: "Outcome") -> str:
        """Return what is wrong, as lines for a terminal; "" if the answer shows the truth."""
        if outcome.failure:
            return f"{outcome.failure}\n{outcome.tail}".rstrip()
        if self.shown is None:
            return "shows no output: a ```text output block has to follow the sample"
        if tidy(outcome.output) == tidy(self.shown):
            return ""
        difference = difflib.unified_diff(
            tidy(self.shown).splitlines(),
            tidy(outcome.output).splitlines(),
            "shown in the answer",
            f"printed by {INTERPRETER}",
            lineterm="",
        )
        return "\n".join(["prints something else than shown:", *difference])


@dataclass(frozen=True)
class Outcome:
    output: str  # standard output and error, in the order of writing
    failure: str = ""  # why the run doesn't count: too long, too much, an exit code

    @property
    def tail(self) -> str:
        """The last lines of the output, for a message."""
        return "\n".join(line[:200] for line in self.output.splitlines()[-12:])


@dataclass(frozen=True)
class Check:
    """What running one sample of a question showed."""

    question: Question
    sample: Sample
    outcome: Outcome

    @property
    def problem(self) -> str:
        return self.sample.problem(self.outcome)

    def __str__(self) -> str:
        return f"{self.question.slug}, sample {self.sample.number}: {self.problem or 'passed'}"


def find(answer: str) -> list[Sample]:
    tokens = parser().parse(answer)
    fences = [
        (token, shown_output(tokens, index))
        for index, token in enumerate(tokens)
        if is_sample(token)
    ]
    return [
        Sample(number, token.content, shown.content, content_lines(shown))
        if shown
        else Sample(number, token.content, None)
        for number, (token, shown) in enumerate(fences, 1)
    ]


def content_lines(fence: Token) -> tuple[int, int]:
    first, last = fence.map or (0, 0)
    return first + 1, last - 1  # without the lines of backquotes


def tidy(output: str) -> str:
    """Drop what nobody sees in an answer: spaces at the end of a line, empty lines at the end."""
    return "\n".join(line.rstrip() for line in output.splitlines()).rstrip()


def check(
    questions: Sequence[Question],
    *,
    jobs: int = os.cpu_count() or 1,
    timeout: float = TIMEOUT,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Check]:
    """Run all samples of `questions`, `jobs` at a time, and report them in the given order."""
    todo = [(question, sample) for question in questions for sample in find(question.answer)]
    on_progress(0, len(todo))
    with ThreadPoolExecutor(jobs) as pool:
        futures = [pool.submit(run, sample.code, timeout) for _, sample in todo]
        try:
            for done, _ in enumerate(as_completed(futures), 1):
                on_progress(done, len(todo))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [
        Check(question, sample, future.result())
        for (question, sample), future in zip(todo, futures, strict=True)
    ]


def store(checks: Sequence[Check]) -> None:
    """Keep the results in the database, for the mark on the page."""
    with transaction.atomic():
        for question, of_question in by_question(checks):
            result = result_of(question.answer, passed=not any(c.problem for c in of_question))
            # Not where the answer was edited while its samples ran.
            Question.objects.filter(pk=question.pk, answer=question.answer).update(**result)


def write(path: Path, checks: Sequence[Check], *, update: bool) -> list[Check]:
    """
    Keep the results in the fixture file `path`; return the checks as they stand after that.

    With `update`, outputs that differ are corrected first. Raises FixtureError where the file
    can't be changed.
    """
    if update:
        checks = [
            check for _, of_question in by_question(checks) for check in corrected(of_question)
        ]
    changes = {}
    for question, of_question in by_question(checks):
        result = result_of(question.answer, passed=not any(c.problem for c in of_question))
        changes[question.slug] = {
            "answer": question.answer,
            **{name: value or None for name, value in result.items()},
        }
    # As bytes: write_text and read_text would change the ends of lines on some systems.
    path.write_bytes(fixtures.with_fields(path.read_bytes().decode(), changes).encode())
    return list(checks)


def by_question(checks: Sequence[Check]) -> Iterator[tuple[Question, list[Check]]]:
    for _, group in groupby(checks, key=lambda check: check.question.slug):
        of_question = list(group)
        yield of_question[0].question, of_question


def result_of(answer: str, *, passed: bool) -> dict[str, Any]:
    """Return the fields of a question that say how the check of `answer` ended."""
    if not passed:
        return {"checked_with": "", "checked_on": None, "checked_hash": ""}
    return {
        "checked_with": INTERPRETER,
        "checked_on": timezone.localdate(),
        "checked_hash": fingerprint(answer),
    }


def corrected(checks: list[Check]) -> list[Check]:
    """
    Put what the samples of one question printed into its answer; return the checks of that.

    What a sample that failed shows stays as it is.
    """
    question = checks[0].question
    lines = question.answer.splitlines(keepends=True)
    for check in reversed(checks):
        if check.problem and not check.outcome.failure and check.sample.shown is not None:
            first, last = check.sample.shown_lines
            fence = lines[first - 1]
            indent = fence[: len(fence) - len(fence.lstrip())]
            printed = tidy(check.outcome.output).splitlines()
            if any(line.startswith(fence.strip()[:3]) for line in printed):
                continue  # it would end the block; the author has to give that a longer fence
            lines[first:last] = [f"{indent}{line}".rstrip() + "\n" for line in printed]
    question.answer = "".join(lines)
    outcomes = [check.outcome for check in checks]
    return [
        Check(question, sample, outcome)
        for sample, outcome in zip(find(question.answer), outcomes, strict=True)
    ]


def missing_walls() -> list[str]:
    """Return a line for each kind of isolation that this machine can't give to samples."""
    command = [sys.executable, "-I", "-S", str(SANDBOX), "--missing"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    return result.stdout.splitlines()


def run(code: str, timeout: float = TIMEOUT) -> Outcome:
    """Run `code` as a program of its own, shut in (sandbox.py), within the limits above."""
    with tempfile.TemporaryDirectory(prefix="qabank-sample-", ignore_cleanup_errors=True) as root:
        script, output, folder = (Path(root, name) for name in ("sample.py", "output", "folder"))
        script.write_text(code, encoding="utf-8")
        folder.mkdir()
        with output.open("wb") as stdout:
            process = subprocess.Popen(  # noqa: S603
                [
                    *(sys.executable, "-I", "-S", SANDBOX, folder),
                    # -u: lines on standard output and error keep their order.
                    *(sys.executable, "-I", "-u", script),
                ],
                cwd=folder,
                env={
                    "HOME": str(folder),
                    "LANG": "C.UTF-8",
                    "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
                    "TMPDIR": str(folder),
                },
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            failure = supervise(process, output, timeout)
        finally:
            # Whatever is left of the sample where it has no process namespace to end with it.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        with output.open("rb") as printed:
            text = printed.read(OUTPUT_LIMIT).decode(errors="replace")
    return Outcome(text.replace("\r\n", "\n"), failure)


def supervise(process: subprocess.Popen[bytes], output: Path, timeout: float) -> str:
    """Wait until `process` ends or breaks a limit; return what was wrong, "" if nothing."""
    deadline = time.monotonic() + timeout
    while True:
        code = process.poll()
        if output.stat().st_size > OUTPUT_LIMIT:
            return f"prints more than {OUTPUT_LIMIT >> 20} MB"
        if code is not None:
            # As a shell counts: 128 and the signal's number where a signal ended it.
            return f"ends with exit code {code if code > 0 else 128 - code}:" if code else ""
        if time.monotonic() > deadline:
            return f"is still running after {timeout:g} s"
        if count_processes(process.pid) > PROCESS_LIMIT:
            return f"starts more than {PROCESS_LIMIT} processes"
        time.sleep(POLL_INTERVAL)


def count_processes(pid: int) -> int:
    """Return how many processes `pid` is, with all its descendants (1 where /proc can't tell)."""
    children: list[str] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            children += task.read_text().split()
    return 1 + sum(count_processes(int(child)) for child in children)
