"""Numbers in what commands say: one of a thing is not spoken of as several."""

import re
from pathlib import Path

import pytest

from questions.amounts import amount
from tests import build
from tests.commands import run

pytestmark = [pytest.mark.once, pytest.mark.django_db]


def test_a_number_has_its_noun() -> None:
    assert amount(0, "entry", "entries") == "0 entries"
    assert amount(1, "entry", "entries") == "1 entry"
    assert amount(1024, "question") == "1,024 questions"


def test_no_command_speaks_of_one_as_of_several(tmp_path: Path) -> None:
    build.question(further_reading="- [Nowhere](ftp://example.com/)\n", keywords="A")
    tmp_path.joinpath("kept.csv").write_text("question,answer\nWhy?,So.\n")
    commands: dict[str, list[object]] = {
        "check_bank": [],
        "audit_bank": [],
        "check_links": [],
        "export_bank": [tmp_path / "bank.yaml"],
        "import_bank": [tmp_path / "kept.csv", "--output", tmp_path / "new.yaml"],
        "make_bank": [1, "--categories", 1, "--replace"],
    }
    said = {
        name: run(name, *arguments).text.splitlines()[-1] for name, arguments in commands.items()
    }
    assert said.pop("check_links") == "1 address, 1 broken, 0 moved."
    assert said["make_bank"] == "Made 1 question in 1 category."
    assert [line for line in said.values() if re.search(r"\b1 [a-z]+s\b", line)] == []
