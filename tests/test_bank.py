"""The shipped bank proves itself: each sample is run, and each other block of code is parsed."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from http.client import parse_headers
from io import BytesIO
from pathlib import Path

import pytest
import yaml
from django.db import DatabaseError, connection

from questions.checking import samples
from questions.markdown import parser
from questions.models import Question
from tests.bank import SHIPPED, read_entries

QUESTIONS = [
    Question(**{name: value for name, value in entry["fields"].items() if name != "category"})
    for entry in read_entries(SHIPPED)
    if entry["model"] == "questions.question"
]


def test_every_answer_has_a_sample() -> None:
    assert len(QUESTIONS) == 30
    assert [
        question.slug for question in QUESTIONS if not samples.find_samples(question.answer)
    ] == []


@pytest.mark.samples
@pytest.mark.skipif(sys.version_info < (3, 13), reason="the samples are written for CPython 3.13")
def test_every_sample_prints_what_its_answer_shows() -> None:
    checks = samples.check_samples(QUESTIONS)
    assert len(checks) >= 30
    assert [str(check) for check in checks if check.problem] == []


def test_every_mark_is_of_the_answer_as_it_is() -> None:
    # After an edit: make samples ARGS="--fixture fixtures/bank.yaml --record"
    assert [question.slug for question in QUESTIONS if not question.is_checked] == []
    assert all(
        re.fullmatch(r"CPython 3\.\d+\.\d+(, 3\.\d+\.\d+)*", q.checked_with) for q in QUESTIONS
    )
    assert all(q.checked_on and q.verified_on and q.verified_with for q in QUESTIONS)


# Blocks in other languages


def parse_sql(code: str) -> None:
    """Let PostgreSQL parse statements: a block that is never entered needs no tables."""
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL parses SQL")
    with connection.cursor() as cursor:
        cursor.execute(f"DO $do$ BEGIN IF false THEN {code.rstrip().rstrip(';')}; END IF; END $do$")


def parse_http(code: str) -> None:
    """Parse messages of a start line, headers and perhaps a body, empty lines between them."""
    start, _, rest = code.partition("\n")
    if not re.fullmatch(r"[A-Z]+ \S+ HTTP/[\d.]+|HTTP/[\d.]+ \d{3}( .+)?", start):
        raise ValueError(f"no start line: {start}")
    if not re.match(r"([\w-]+: .+\n)*(\n|\Z)", rest):
        raise ValueError(f"no headers: {rest}")
    parse_headers(BytesIO(rest.encode()))


def lint_dockerfile(code: str) -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    command = [str(hadolint), "--failure-threshold", "warning", "-"]
    result = subprocess.run(command, input=code, text=True, capture_output=True, check=False)  # noqa: S603
    if result.returncode:
        raise ValueError(result.stdout)


CHECKS: dict[str, Callable[[str], object]] = {
    "dockerfile": lint_dockerfile,
    "http": parse_http,
    "json": json.loads,
    "python": ast.parse,
    "sql": parse_sql,
    "toml": tomllib.loads,
    "yaml": yaml.safe_load,
}
NOTHING_TO_PARSE = {"text", "console"}

BLOCKS = [
    pytest.param(
        words[0],
        token.content,
        id=f"{question.slug}-{place}-{words[0]}",
        marks=[] if words[0] == "sql" else pytest.mark.once,
    )
    for question in QUESTIONS
    for place, token in enumerate(parser().parse(question.answer))
    if token.type == "fence"
    and (words := token.info.split() or ["none"])[0] not in NOTHING_TO_PARSE
]


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "code"), BLOCKS)
def test_every_block_of_code_is_valid_in_its_language(language: str, code: str) -> None:
    assert language in CHECKS, f"add a check for {language}, or name the block's language"
    CHECKS[language](code)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "good", "bad"),
    [
        ("dockerfile", "FROM python:3.13-slim\nUSER 1000\n", "FROM python\nRUN cd /x && ls\n"),
        ("http", "GET / HTTP/1.1\nHost: x.org\n\n", "GET /\nHost x.org\n"),
        ("http", 'HTTP/1.1 200 OK\nETag: "a"\n\n{}\n', "HTTP/1.1 200 OK\nETag\n"),
        ("json", '{"a": 1}', "{'a': 1}"),
        ("python", "async with a: ...", "async with a"),
        ("sql", "SELECT a FROM missing;\nDROP TABLE missing;\n", "SELECT FROM WHERE"),
        ("toml", "a = 1", "a: 1"),
        ("yaml", "a: [1]", "a: [1"),
    ],
)
def test_the_checks_tell_good_from_bad(language: str, good: str, bad: str) -> None:
    CHECKS[language](good)
    with pytest.raises((ValueError, SyntaxError, yaml.YAMLError, DatabaseError)):
        CHECKS[language](bad)
