"""
The code samples of answers: find them, run them, and compare what they print with the answer.

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
from questions.refreshing.files import with_fields

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
    shown_lines: tuple[int, int] = (0, 0)  # its lines in the answer: first, one past the last

    def problem(self, outcome: "Outcome") -> str:
        """Return what is wrong, for a terminal; "" where the answer shows what was printed."""
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
    failure: str = ""  # the reason why the run failed: a limit, or an exit code

    @property
    def tail(self) -> str:
        """The last lines of the output, for a message."""
        return "\n".join(line[:200] for line in self.output.splitlines()[-12:])


@dataclass(frozen=True)
class Check:
    """A sample of a question, and the outcome of its run."""

    question: Question
    sample: Sample
    outcome: Outcome

    @property
    def problem(self) -> str:
        return self.sample.problem(self.outcome)

    def __str__(self) -> str:
        return f"{self.question.slug}, sample {self.sample.number}: {self.problem or 'passed'}"


def find_samples(answer: str) -> list[Sample]:
    """Return the samples of an answer in order, each with the output block that follows it."""
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
    """Remove what is invisible in an answer: spaces at ends of lines, empty lines at the end."""
    return "\n".join(line.rstrip() for line in output.splitlines()).rstrip()


def check_samples(
    questions: Sequence[Question],
    *,
    jobs: int = os.cpu_count() or 1,
    timeout: float = TIMEOUT,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Check]:
    """
    Run all samples of `questions`, `jobs` at a time; return the checks in the order of questions.

    `timeout` is in seconds, for each sample. `on_progress` is called with the numbers of samples
    that have run and of all.
    """
    todo = [
        (question, sample) for question in questions for sample in find_samples(question.answer)
    ]
    on_progress(0, len(todo))
    with ThreadPoolExecutor(jobs) as pool:
        futures = [pool.submit(run_sample, sample.code, timeout) for _, sample in todo]
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


def store_results(checks: Sequence[Check]) -> None:
    """Write the results to the database, from which the page takes its mark."""
    with transaction.atomic():
        for question, of_question in by_question(checks):
            result = result_of(question.answer, passed=not any(c.problem for c in of_question))
            # Not to an answer that was edited while its samples ran.
            Question.objects.filter(pk=question.pk, answer=question.answer).update(**result)


def write_results(path: Path, checks: Sequence[Check], *, update: bool) -> list[Check]:
    """
    Write the results to the fixture file `path`; return the checks of the answers in it.

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
    # As bytes: write_text and read_text convert line ends on some systems.
    path.write_bytes(with_fields(path.read_bytes().decode(), changes).encode())
    return list(checks)


def by_question(checks: Sequence[Check]) -> Iterator[tuple[Question, list[Check]]]:
    for _, group in groupby(checks, key=lambda check: check.question.slug):
        of_question = list(group)
        yield of_question[0].question, of_question


def result_of(answer: str, *, passed: bool) -> dict[str, Any]:
    """Return the values of a question's `checked_` fields after a check of `answer`."""
    if not passed:
        return {"checked_with": "", "checked_on": None, "checked_hash": ""}
    return {
        "checked_with": INTERPRETER,
        "checked_on": timezone.localdate(),
        "checked_hash": fingerprint(answer),
    }


def corrected(checks: list[Check]) -> list[Check]:
    """
    Put the printed output of one question's samples into its answer; return the new checks.

    The output of a sample that failed stays as it is.
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
                continue  # the output would end the block: the author needs a longer fence
            lines[first:last] = [f"{indent}{line}".rstrip() + "\n" for line in printed]
    question.answer = "".join(lines)
    outcomes = [check.outcome for check in checks]
    return [
        Check(question, sample, outcome)
        for sample, outcome in zip(find_samples(question.answer), outcomes, strict=True)
    ]


def missing_isolation() -> list[str]:
    """Return a line for each kind of isolation that this machine can't give to samples."""
    command = [sys.executable, "-I", "-S", str(SANDBOX), "--missing"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    return result.stdout.splitlines()


def run_sample(code: str, timeout: float = TIMEOUT) -> Outcome:
    """Run `code` in a process of its own, in the sandbox (sandbox.py), within the limits above."""
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
            # Where the sample has no process namespace, its own processes may still run.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        with output.open("rb") as printed:
            text = printed.read(OUTPUT_LIMIT).decode(errors="replace")
    return Outcome(text.replace("\r\n", "\n"), failure)


def supervise(process: subprocess.Popen[bytes], output: Path, timeout: float) -> str:
    """Wait until `process` ends or exceeds a limit; return what failed, "" if nothing did."""
    deadline = time.monotonic() + timeout
    while True:
        code = process.poll()
        if output.stat().st_size > OUTPUT_LIMIT:
            return f"prints more than {OUTPUT_LIMIT >> 20} MB"
        if code is not None:
            # As in a shell: 128 plus the signal's number where a signal ended it.
            return f"ends with exit code {code if code > 0 else 128 - code}:" if code else ""
        if time.monotonic() > deadline:
            return f"is still running after {timeout:g} s"
        if count_processes(process.pid) > PROCESS_LIMIT:
            return f"starts more than {PROCESS_LIMIT} processes"
        time.sleep(POLL_INTERVAL)


def count_processes(pid: int) -> int:
    """Return the number of processes of `pid` and its descendants; 1 where there is no /proc."""
    children: list[str] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            children += task.read_text().split()
    return 1 + sum(count_processes(int(child)) for child in children)
