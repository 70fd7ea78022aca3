"""Imports run one way, as the README's map is ordered."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

ROOT: Path = settings.BASE_DIR


def rooms() -> list[list[str]]:
    """Return the modules and packages of the map's rows, from the top to the bottom."""
    rows = re.findall(r"^\| (`.*?) \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    places = [re.findall(r"`(questions/\w+)(?:/|\.py)`", row) for row in rows]
    return [[place.replace("/", ".") for place in row] for row in places if row]


def row_of(module: str, rows: list[list[str]]) -> int | None:
    """Return the number of the row that a module is in; None where it is in none."""
    return next(
        (
            number
            for number, row in enumerate(rows)
            if any(f"{module}.".startswith(f"{place}.") for place in row)
        ),
        None,
    )


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


FILES = [file for file in (ROOT / "questions").rglob("*.py") if file.parent.name != "migrations"]


TESTS = sorted((ROOT / "tests").rglob("test_*.py"))


def test_no_test_imports_from_the_file_of_another_one() -> None:
    borrowed = {
        str(file.relative_to(ROOT)): name
        for file in TESTS
        for name in imported(file)
        if name.startswith("tests.") and ".test_" in name
    }
    assert borrowed == {}


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_module_imports_from_its_own_room_and_from_those_below(file: Path) -> None:
    rows = rooms()
    module = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    own = row_of(module, rows)
    if own is None:
        assert module in {"questions", "questions.apps", "questions.migrations"}
        return
    above = [
        name
        for name in imported(file)
        if name.startswith("qabank.") or ((row := row_of(name, rows)) is not None and row < own)
    ]
    assert above == []
