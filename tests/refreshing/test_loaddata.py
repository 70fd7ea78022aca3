"""`manage.py loaddata`: the bank as in the file from any state, and nothing from a bad file."""

import io
import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import transaction

from questions import history
from questions.models import (
    Bank,
    Category,
    Change,
    ContentVersion,
    FormerCategorySlug,
    FormerSlug,
    Question,
)
from questions.refreshing import files, writing
from tests import build
from tests.bank import SHIPPED, load_shipped, read_entries, state
from tests.commands import run
from tests.refreshing.bad_files import BAD, BANK, GOOD, replaced_by

pytestmark = pytest.mark.django_db


def load(path: Path | str) -> None:
    call_command("loaddata", str(path), verbosity=0)


@pytest.fixture
def fixture(tmp_path: Path) -> Callable[..., Path]:
    def write(content: str | bytes, name: str = "some.yaml") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


# The shipped bank


def test_the_bank_loads_into_an_empty_database() -> None:
    load("bank")
    assert Category.objects.count() == 5
    assert Question.objects.published().count() == 30
    question = Question.objects.get(slug="gil")
    assert question.created == question.updated


def test_the_bank_of_the_other_tests_is_the_one_that_loaddata_makes() -> None:
    def rows() -> dict[str, list[dict[str, Any]]]:
        """Return all rows of our tables without keys and times, which no two banks share."""
        own = {"id", "question_id", "category_id", "at", "created", "updated"}
        return {
            model.__name__: [
                {name: value for name, value in row.items() if name not in own}
                for row in model._default_manager.order_by("pk").values()
            ]
            for model in apps.get_app_config("questions").get_models()
            if model is not ContentVersion
        }

    with transaction.atomic():
        load_shipped()
        quick = rows()
        transaction.set_rollback(True)
    assert (len(quick["Question"]), len(quick["Change"])) == (30, 35)
    load("bank")
    assert rows() == quick


@pytest.mark.usefixtures("bank")
def test_the_second_time_changes_nothing() -> None:
    before = state()
    time.sleep(0.002)
    load("bank")
    assert state() == before


@pytest.mark.usefixtures("bank")
def test_edits_give_way_to_the_file_and_only_they_count_as_changed() -> None:
    before = {q.slug: q for q in Question.objects.all()}
    Question.objects.filter(slug="gil").update(title="What did the editor write?", level="core")
    time.sleep(0.002)
    load("bank")
    after = {q.slug: q for q in Question.objects.all()}
    assert after["gil"].title == before["gil"].title
    assert after["gil"].level == before["gil"].level
    assert {slug: q.pk for slug, q in after.items()} == {slug: q.pk for slug, q in before.items()}
    assert all(after[slug].created == before[slug].created for slug in before)
    assert [slug for slug in before if after[slug].updated != before[slug].updated] == ["gil"]


@pytest.mark.usefixtures("bank")
def test_what_the_file_does_not_name_stays() -> None:
    mine = build.question(slug="mine")
    load("bank")
    assert Question.objects.get(slug="mine") == mine


@pytest.mark.usefixtures("bank")
def test_a_question_renamed_in_the_admin_gets_its_name_from_the_file_again() -> None:
    key = Question.objects.get(slug="gil").pk
    Question.objects.filter(slug="gil").update(slug="renamed")
    load("bank")
    assert Question.objects.get(slug="gil").pk == key
    assert not Question.objects.filter(slug="renamed").exists()
    assert FormerSlug.objects.filter(slug="renamed", question=key).exists()


@pytest.mark.usefixtures("bank")
def test_a_category_renamed_in_the_admin_gets_its_name_from_the_file_again() -> None:
    key = Category.objects.get(slug="core-python").pk
    Category.objects.filter(slug="core-python").update(slug="renamed")
    load("bank")
    assert Category.objects.get(slug="core-python").pk == key
    assert Category.objects.count() == 5
    assert FormerCategorySlug.objects.filter(slug="renamed", category=key).exists()


# Order


def test_an_entry_may_refer_to_one_that_comes_later(
    fixture: Callable[..., Path],
) -> None:
    path = fixture(replaced_by("[second]"))
    entries = read_entries(path)
    path.write_text(writing.dump(list(reversed(entries))))
    for entries_in_order in (path, fixture(replaced_by("[second]"), "other.yaml")):
        load(entries_in_order)
        first = Question.objects.get(slug="first")
        assert first.replaced_by == Question.objects.get(slug="second")
        # It is saved once: the second save would be an edit in the history.
        assert first.created == first.updated
        assert Change.objects.filter(question_id=first.pk).count() == 1


def test_a_chain_of_replacements_loads_in_any_order(
    fixture: Callable[..., Path],
) -> None:
    build.question(slug="third", category=build.category(slug="one"))
    for first, second in (("[second]", "[third]"), ("[third]", "[first]")):
        load(fixture(replaced_by(first, second)))
        chain = dict(Question.objects.values_list("slug", "replaced_by__slug"))
        assert [[chain["first"]], [chain["second"]]] == [[first[1:-1]], [second[1:-1]]]


def test_a_circle_that_closes_in_the_database_is_refused(
    fixture: Callable[..., Path],
) -> None:
    load(fixture(replaced_by("null", "null")))
    third = build.question(
        slug="third", replaced_by=Question.objects.get(slug="second"), published=False
    )
    before = state()
    with pytest.raises(CommandError) as error:
        load(fixture(replaced_by("null", f"[{third.slug}]")))
    assert "Questions replace each other in a circle: “" in str(error.value)
    assert str(error.value).endswith("Nothing was loaded.")
    assert state() == before


# The bank's own row


def test_what_a_bank_says_of_itself_is_loaded_once(fixture: Callable[..., Path]) -> None:
    load(fixture(BANK + GOOD))
    load(fixture(BANK.replace("Ours", "Yours") + GOOD))
    bank = Bank.objects.get()
    assert (bank.name, bank.language, bank.example) == ("Yours", "pt-br", "Exemplo")
    assert bank.requires_style is False
    load(fixture(GOOD))
    assert Bank.objects.get() == bank


def test_what_the_bank_said_of_itself_before_is_told(
    fixture: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """It has no history, and an editor's other names may be the work of weeks."""
    path = str(fixture(BANK))
    call_command("loaddata", path)
    assert "bank:" not in capsys.readouterr().out
    names = "".join(f"k{n}s = kubernetes{n}\n" for n in range(500))
    Bank.objects.update(other_names=names)
    call_command("loaddata", path)
    assert f"bank: other_names: {names!r} -> ''\n" in capsys.readouterr().out
    assert Bank.objects.get().other_names == ""
    call_command("loaddata", path)
    assert "bank:" not in capsys.readouterr().out


def test_a_second_bank_in_another_file_is_refused_too(
    fixture: Callable[..., Path],
) -> None:
    first, second = fixture(BANK + GOOD), fixture(BANK.replace("Ours", "Yours"), "other.yaml")
    with pytest.raises(
        CommandError, match=r"^other.yaml: line 1: questions.bank: occurs twice. Nothing was"
    ):
        call_command("loaddata", str(first), str(second), verbosity=0)
    assert not Bank.objects.exists()


# Bad files


def test_the_pattern_of_the_bad_files_is_a_good_one(
    fixture: Callable[..., Path],
) -> None:
    load(fixture(GOOD))
    assert list(Question.objects.values_list("slug", flat=True)) == ["first", "second"]


@pytest.mark.once
@pytest.mark.parametrize(("content", "reason"), BAD.values(), ids=BAD)
def test_a_bad_file_is_refused_in_one_line_and_nothing_changes(
    fixture: Callable[..., Path], content: str | bytes, reason: str
) -> None:
    load(fixture(GOOD))
    Question.objects.filter(slug="first").update(title="What did the editor write?")
    before = state()
    path = fixture(content)
    started = time.process_time()
    with pytest.raises(CommandError) as error:
        load(path)
    assert time.process_time() - started < 5
    message = str(error.value)
    assert message.startswith("some.yaml: ")
    assert reason in message
    assert "\n" not in message
    assert len(message) < 400
    assert state() == before


@pytest.mark.once
@pytest.mark.parametrize("name", ["some.xml", "some.yaml.gz"])
def test_other_formats_are_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    shutil.copy(SHIPPED, path)
    with pytest.raises(CommandError, match="format"):
        load(path)


def test_a_file_that_is_not_there_is_an_error() -> None:
    with pytest.raises(CommandError, match="nowhere"):
        load("nowhere")


def test_a_good_file_before_a_bad_one_is_not_loaded_either(
    tmp_path: Path, fixture: Callable[..., Path]
) -> None:
    good, bad = tmp_path / "good.yaml", fixture("- 1\n")
    good.write_text(GOOD)
    with pytest.raises(CommandError):
        call_command("loaddata", str(good), str(bad), verbosity=0)
    assert not Question.objects.exists()


# All faults at once


def refused(*paths: Path) -> list[str]:
    """Return the lines that refuse files."""
    with pytest.raises(CommandError) as error:
        call_command("loaddata", *map(str, paths), verbosity=0)
    return str(error.value).removesuffix(" Nothing was loaded.").splitlines()


@pytest.mark.once
def test_all_faults_of_all_files_are_told_at_once(fixture: Callable[..., Path]) -> None:
    first = fixture(
        GOOD.replace("level: core", "level: easy")
        .replace("position: 2", "position: 0")
        .replace("slug: second", "slug: три")
        .replace("What comes second?", "' '")
    )
    second = fixture("- model: [", "second.yaml")
    third = fixture("- 1\n- model: questions.tag\n  fields: {}\n", "third.yaml")
    assert refused(first, second, third) == [
        "second.yaml: line 2, column 1: did not find expected node content.",
        "third.yaml: line 1: entry 1: expected a mapping with `model` and `fields`.",
        (
            "third.yaml: line 2: entry 2: model: 'questions.tag' is not questions.bank or "
            "questions.category or questions.question."
        ),
        (
            "some.yaml: line 9: questions.question “first”: level: 'easy' is not one of core, "
            "advanced, expert."
        ),
        (
            "some.yaml: line 16: questions.question “три”: slug: 'три' has other characters than "
            "a-z, A-Z, 0-9, - and _."
        ),
        "some.yaml: line 18: questions.question “три”: title: Give the question a title.",
        (
            "some.yaml: line 17: questions.question “три”: position: Positions go from 1 to "
            "2,147,483,647."
        ),
    ]
    assert not Category.objects.exists()


@pytest.mark.once
def test_of_many_faults_the_first_are_told_and_the_others_counted(
    fixture: Callable[..., Path],
) -> None:
    lines = refused(fixture("[" + "[]," * 100_000 + "]"))
    assert len(lines) == 21
    assert lines[-1] == "And 99,980 more faults."


def test_a_question_may_stand_before_its_category_and_in_an_earlier_file(
    fixture: Callable[..., Path],
) -> None:
    entries = files.parse(GOOD)
    path = fixture(writing.dump(entries[1:]))
    other = fixture(writing.dump(entries[:1]), "other.yaml")
    call_command("loaddata", str(path), str(other), verbosity=0)
    assert Question.objects.count() == 2


# JSON


ENTRIES = json.dumps(files.parse(GOOD))


def test_json_is_read_as_json(fixture: Callable[..., Path]) -> None:
    load(fixture(ENTRIES.replace("What comes first?", "Why \\ud83d\\udc0d \\/ \\t?"), "a.json"))
    assert Question.objects.get(slug="first").title == "Why 🐍 / \t?"
    load(fixture("\n".join(map(json.dumps, files.parse(GOOD))), "a.jsonl"))
    assert Question.objects.get(slug="first").title == "What comes first?"


@pytest.mark.once
@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('"position": 2', '"position": NaN', "line 1: NaN is no value of JSON"),
        ('"position": 2', '"position": 2, "position": 2', "the key 'position' occurs twice"),
        ('"position": 2', f'"position": {"[" * 100_000}', "nested too deeply"),
        ('"position": 2', '"position": two', "line 1, column "),
        ("What comes first?", "\\ud83d", "U+D83D (half of a surrogate pair)"),
        ("first", "first\\u0000", "first"),
        ("}]", "},]", "A comma without an entry after it"),
        ("}]", "}", "Expecting ',' or ']'"),
        ("}]", "}] 1", "Extra data"),
        ("[{", "{", "expected a list"),
    ],
)
def test_bad_json_is_refused_in_one_line(
    fixture: Callable[..., Path], old: str, new: str, reason: str
) -> None:
    assert old in ENTRIES
    [line] = refused(fixture(ENTRIES.replace(old, new, 1) if old != "}]" else ENTRIES[:-2] + new,
                             "a.json"))  # fmt: skip
    assert reason in line
    assert len(line) < 300


def test_what_a_file_overwrites_is_told_and_in_the_history(tmp_path: Path) -> None:
    path = tmp_path / "bank.yaml"
    path.write_text(GOOD)
    assert run("loaddata", path).text == "Installed 3 object(s) from 1 fixture(s)\n"
    assert run("loaddata", path).text == "Installed 3 object(s) from 1 fixture(s)\n"
    path.write_text(GOOD.replace("The first thing.", "Another thing."))
    told = run("loaddata", path).text
    assert told.endswith("What 1 entry of the database said before is in the history.\n")
    first = Question.objects.get(slug="first")
    assert "The first thing." in [v.values["answer"].strip() for v in history.versions(first)]


@pytest.mark.parametrize("text", [GOOD, ENTRIES, "\n".join(map(json.dumps, files.parse(GOOD)))])
def test_standard_input_is_a_file_too(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    for command in (["loaddata", "-", "--verbosity=0"], ["refresh_bank", "-"], ["check_bank", "-"]):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        result = run(*command)
        assert "No such file" not in result.text
        if command[0] != "loaddata":
            assert "question “first”: error: title" not in result.text
    assert Question.objects.count() == 2
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"- 1\n")))
    with pytest.raises(CommandError, match=r"^standard input: line 1: entry 1: "):
        load("-")
