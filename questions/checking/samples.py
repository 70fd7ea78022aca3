"""
The code samples of questions: find them, run them, and compare what they print with what is shown.

A fence marked ```` ```python run ```` is a sample; the fence ```` ```text output ```` right after
it shows what the sample prints. Only commands and tests run samples, never a web request.
"""

import difflib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone
from markdown_it.token import Token

from questions.checking import interpreters
from questions.checking.interpreters import Interpreter, InterpreterError
from questions.checking.runs import TIMEOUT, Outcome, run_sample
from questions.markdown import parser
from questions.markdown.syntax import is_sample, shown_output
from questions.models import SAMPLE_FIELDS, Question, SampleFailure
from questions.models.fields import WITHOUT_REFUSED
from questions.products import Release, listed
from questions.refreshing.writing import with_fields, write_file

REPORT_LENGTH = 10_000  # characters of a report on what failed, which the admin shows


@dataclass(frozen=True)
class Sample:
    number: int  # among the samples of its question, from 1
    code: str
    shown: str | None  # the output that the text shows; None where there is none
    shown_lines: tuple[int, int] = (0, 0)  # its lines in the text: first, one past the last
    needs: str = ""  # what its fence says after `python run`, such as “>=3.14”
    field: str = "answer"

    @property
    def oldest(self) -> tuple[int, int] | None:
        """The oldest version of Python that it runs on; None where its fence makes no sense."""
        match = re.fullmatch(r"(?:>=(\d)\.(\d+))?", self.needs)
        return match and (int(match[1] or 0), int(match[2] or 0))

    def runs_on(self, interpreter: Interpreter) -> bool:
        return self.oldest is None or self.oldest <= interpreter.version

    def problem(self, outcome: Outcome, printed_by: str) -> str:
        """Return what is wrong, for a terminal; "" where the text shows what was printed."""
        if outcome.failure:
            return f"{outcome.failure}\n{outcome.tail}".rstrip()
        if self.shown is None:
            return "shows no output: a ```text output block has to follow the sample"
        if tidy(outcome.output) == tidy(self.shown):
            return ""
        difference = difflib.unified_diff(
            tidy(self.shown).splitlines(),
            tidy(outcome.output).splitlines(),
            f"shown in the {self.field}",
            f"printed by {printed_by}",
            lineterm="",
        )
        return "\n".join(["prints something else than shown:", *difference])


@dataclass(frozen=True)
class Check:
    """A sample of a question, and the outcome of its run by an interpreter."""

    question: Question
    sample: Sample
    interpreter: Interpreter
    outcome: Outcome

    @property
    def problem(self) -> str:
        return self.sample.problem(self.outcome, str(self.interpreter))

    def __str__(self) -> str:
        return f"{name_of(self.question, self.sample)}, {self.interpreter}: {self.problem}"


def name_of(question: Question, sample: Sample) -> str:
    return f"{question.slug}, sample {sample.number}"


def samples_of(question: Question) -> list[Sample]:
    """Return the samples of a question in order, those of its prompt first."""
    found = [
        replace(sample, field=field)
        for field in SAMPLE_FIELDS
        for sample in find_samples(getattr(question, field))
    ]
    return [replace(sample, number=number) for number, sample in enumerate(found, 1)]


def find_samples(text: str) -> list[Sample]:
    """Return the samples of a text in order, each with the output block that follows it."""
    tokens = parser().parse(text)
    found: list[Sample] = []
    for index, token in enumerate(tokens):
        if is_sample(token):
            shown = shown_output(tokens, index)
            sample = Sample(
                len(found) + 1,
                token.content,
                shown.content if shown else None,
                content_lines(shown) if shown else (0, 0),
                needs=" ".join(token.info.split()[2:]),
            )
            found.append(sample)
    return found


def content_lines(fence: Token) -> tuple[int, int]:
    first, last = fence.map or (0, 0)
    return first + 1, last - 1  # without the lines of backquotes


def tidy(output: str) -> str:
    """Remove what is invisible in an answer: spaces at ends of lines, empty lines at the end."""
    return "\n".join(line.rstrip() for line in output.splitlines()).rstrip()


def check_samples(
    questions: Sequence[Question],
    on: Sequence[Interpreter] = (),
    *,
    jobs: int = os.cpu_count() or 1,
    timeout: float = TIMEOUT,
    is_confined: bool = True,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Check]:
    """
    Run all samples of `questions`, `jobs` at a time; return the checks in the order of questions.

    Each sample runs on each interpreter of `on` that is new enough for it or, where `on` is empty,
    on the one that runs this. `timeout` is in seconds, for each run. `on_progress` is called with
    the number of runs that have ended and the number of all. Raises InterpreterError where an
    interpreter can't be given its packages.
    """
    todo = [
        (question, sample, interpreter)
        for question in questions
        for sample in samples_of(question)
        for interpreter in on or [interpreters.running()]
        if sample.runs_on(interpreter)
    ]
    for interpreter in dict.fromkeys(interpreter for _, _, interpreter in todo):
        interpreters.environment(interpreter)
        if interpreter.system != interpreters.HOST and not is_confined:
            raise InterpreterError(f"{interpreter.system}: only the sandbox runs its interpreters.")
    on_progress(0, len(todo))
    with ThreadPoolExecutor(jobs) as pool:
        futures = [
            pool.submit(outcome_of, sample, interpreter, timeout, is_confined=is_confined)
            for _, sample, interpreter in todo
        ]
        try:
            for done, _ in enumerate(as_completed(futures), 1):
                on_progress(done, len(todo))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [Check(*run, outcome=future.result()) for run, future in zip(todo, futures, strict=True)]


def not_run(questions: Sequence[Question], checks: Sequence[Check]) -> list[str]:
    """Return the name of each sample that no interpreter was new enough for, and what it needs."""
    were_run = {name_of(check.question, check.sample) for check in checks}
    return [
        f"{name}, was not run: it needs Python {sample.needs}"
        for question in questions
        for sample in samples_of(question)
        if (name := name_of(question, sample)) not in were_run
    ]


def store_results(checks: Sequence[Check]) -> None:
    """Write the results to the database, from which the page takes its mark."""
    with transaction.atomic():
        for question, of_question in by_question(checks):
            if result := result_of(question, of_question):
                # Not to a question that was edited while its samples ran.
                unchanged = {field: getattr(question, field) for field in SAMPLE_FIELDS}
                Question.objects.filter(pk=question.pk, **unchanged).update(**result)
                store_failure(question, of_question)


def store_failure(question: Question, checks: Sequence[Check]) -> None:
    """Write down for the editor how the samples of a question failed, or that none did."""
    report = "\n".join(report_of(check) for check in checks if check.problem)
    failures = SampleFailure.objects.filter(question_id=question.pk)
    if not report:
        failures.delete()
        return
    failures.update_or_create(
        question_id=question.pk,
        defaults={
            "text_hash": question.text_hash,
            "at": timezone.now(),
            "report": report[:REPORT_LENGTH],
        },
    )


def report_of(check: Check) -> str:
    """Return what went wrong, without the characters that no column takes."""
    said = f"Sample {check.sample.number} on {check.interpreter}: {check.problem}"
    return said.translate(WITHOUT_REFUSED)


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
    changes: dict[str, dict[str, Any]] = {}
    for question, of_question in by_question(checks):
        texts = {field: getattr(question, field) for field in SAMPLE_FIELDS}
        result = result_of(question, of_question)
        changes[question.slug] = {
            **{field: text for field, text in texts.items() if text},
            **{name: value or None for name, value in result.items()},
        }
    # As bytes: read_text converts line ends on some systems.
    write_file(path, with_fields(path.read_bytes().decode(), changes))
    return list(checks)


def by_question(checks: Sequence[Check]) -> Iterator[tuple[Question, list[Check]]]:
    for _, group in groupby(checks, key=lambda check: check.question.slug):
        of_question = list(group)
        yield of_question[0].question, of_question


def result_of(question: Question, checks: Sequence[Check]) -> dict[str, Any]:
    """
    Return the values of a question's `checked_` fields after these checks of its samples.

    Empty where the record stays as it is: nothing failed, but no interpreter was new enough for
    every sample.
    """
    if passed := passed_on(checks, len(samples_of(question))):
        return {
            "checked_with": listed(passed),
            "checked_on": timezone.localdate(),
            "checked_hash": question.text_hash,
        }
    if any(check.problem for check in checks):
        return {"checked_with": "", "checked_on": None, "checked_hash": ""}
    return {}


def passed_on(checks: Sequence[Check], count: int) -> list[Release]:
    """Return the interpreters that ran all `count` samples and printed what is shown of each."""
    passed: dict[Interpreter, int] = {}
    failed = set()
    for check in checks:
        passed[check.interpreter] = passed.get(check.interpreter, 0) + 1
        if check.problem:
            failed.add(check.interpreter.release)
    return [
        interpreter.release
        for interpreter, number in passed.items()
        if number == count and interpreter.release not in failed
    ]


def corrected(checks: list[Check]) -> list[Check]:
    """
    Put the printed output of one question's samples into its texts; return the new checks.

    Where a sample failed, or did not print the same everywhere, its output stays as it is.
    """
    question = checks[0].question
    by_sample = [list(group) for _, group in groupby(checks, key=lambda check: check.sample.number)]
    for field in SAMPLE_FIELDS:
        lines = getattr(question, field).splitlines(keepends=True)
        for of_sample in reversed(by_sample):
            if of_sample[0].sample.field == field:
                correct(lines, of_sample)
        setattr(question, field, "".join(lines))
    samples = {sample.number: sample for sample in samples_of(question)}
    return [replace(check, sample=samples[check.sample.number]) for check in checks]


def correct(lines: list[str], checks: list[Check]) -> None:
    """Put the printed output of one sample into the lines of its text."""
    sample = checks[0].sample
    outputs = {tidy(check.outcome.output) for check in checks}
    if sample.shown is None or len(outputs) > 1 or any(check.outcome.failure for check in checks):
        return
    printed = outputs.pop()
    if printed == tidy(sample.shown):
        return
    first, last = sample.shown_lines
    fence = lines[first - 1]
    indent = fence[: len(fence) - len(fence.lstrip())]
    if any(line.startswith(fence.strip()[:3]) for line in printed.splitlines()):
        return  # the output would end the block: the author needs a longer fence
    lines[first:last] = [f"{indent}{line}".rstrip() + "\n" for line in printed.splitlines()]


def outcome_of(
    sample: Sample, interpreter: Interpreter, timeout: float, *, is_confined: bool
) -> Outcome:
    if sample.oldest is None:
        return Outcome("", f"its fence says “{sample.needs}”, not such as “>=3.14”")
    return run_sample(sample.code, interpreter, timeout, is_confined=is_confined)
