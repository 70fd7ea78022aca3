"""Wrong arguments of commands: one line says what is wrong and what to do, and nothing changes."""

from pathlib import Path

import pytest

from questions.models import Question
from tests import build
from tests.commands import manage, run

pytestmark = [pytest.mark.once, pytest.mark.django_db]

READERS = ["check_bank", "check_links", "refresh_bank", "check_samples --fixture"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "empty.yaml").touch()
    (tmp_path / "blank.json").write_text("\n")
    (tmp_path / "nothing.json").write_text("[]")
    (tmp_path / "bank.txt").write_text("- 1\n")
    (tmp_path / "bytes.yaml").write_bytes(b"\xff")
    return tmp_path


@pytest.mark.parametrize("command", READERS)
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("bank", "bank: no such file: give the path of a fixture file, such as fixtures/bank.yaml"),
        ("nowhere.yaml", "nowhere.yaml: no such file: give the path of a fixture file"),
        ("folder", "folder: a folder: name the files in it"),
        ("folder.yaml", "folder.yaml: a folder: name the files in it"),
        ("empty.yaml", "empty.yaml: empty: expected a list of entries"),
        ("blank.json", "blank.json: empty: expected a list of entries"),
        ("nothing.json", "nothing.json: expected a list of entries"),
        ("bank.txt", "bank.txt: .txt format: the bank is kept as .yaml, .json or .jsonl"),
        ("bytes.yaml", "bytes.yaml: not UTF-8 at byte 0"),
    ],
)
def test_a_file_that_is_no_bank_is_named(
    folder: Path, command: str, name: str, reason: str
) -> None:
    build.question()
    result = run(*command.split(), folder / name)
    assert result.code == 1
    assert result.text.startswith(reason)
    assert result.text.count("\n") == 1
    assert Question.objects.count() == 1


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ("import_bank folder", "No Markdown file is in folder: name files of other kinds"),
        ("import_bank bank.yaml", "bank.yaml: YAML is what import_bank writes, and what refresh"),
        ("export_bank bank.json", "“bank.json” does not end with .yaml, and YAML is what is"),
        ("audit_bank --days -1", "--days has to be from 0 to 36500."),
        ("audit_bank --days 99999999999", "--days has to be from 0 to 36500."),
        ("check_links --timeout 0", "--timeout has to be above zero, and 86400 at most."),
        ("check_links --timeout nan", "--timeout has to be above zero, and 86400 at most."),
        ("check_links --timeout inf", "--timeout has to be above zero, and 86400 at most."),
        ("check_samples --timeout nan", "--jobs and --timeout have to be above zero, and"),
        ("backup bank.yaml", " exists already: name another file."),
        ("backup bank.yaml/a", " No backup was made."),
    ],
)
def test_what_makes_no_sense_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: str, reason: str
) -> None:
    build.question()
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("bank.yaml").write_text("- 1\n")
    result = run(*arguments.split())
    assert result.code == 1
    assert reason in result.text
    assert result.text.count("\n") == 1
    assert Path("bank.yaml").read_text() == "- 1\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bank.yaml", "folder"]


def test_the_bank_is_exported_to_standard_output_by_a_dash(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    build.question()
    monkeypatch.chdir(tmp_path)
    assert run("export_bank", "-") == run("export_bank")
    assert list(tmp_path.iterdir()) == []


def test_the_server_is_not_started_by_a_word_that_is_no_option() -> None:
    result = manage("serve", "--", "workers", DEBUG="true")
    assert result.returncode == 1
    assert result.stderr == (
        "CommandError: “workers” is no option of gunicorn, such as: serve -- --workers 2.\n"
    )
