"""`manage.py loaddata`: the bank as in the file from any state, and nothing from a bad file."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from questions.models import Bank, Category, Change, FormerCategorySlug, FormerSlug, Question
from questions.refreshing import files
from tests import build
from tests.bank import SHIPPED, state
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
    entries = files.read_entries(path)
    path.write_text(files.dump(list(reversed(entries))))
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


def test_a_second_bank_in_another_file_is_refused_too(
    fixture: Callable[..., Path],
) -> None:
    first, second = fixture(BANK + GOOD), fixture(BANK.replace("Ours", "Yours"), "other.yaml")
    with pytest.raises(
        CommandError, match=r"^other.yaml: questions.bank: occurs twice. Nothing was"
    ):
        call_command("loaddata", str(first), str(second), verbosity=0)
    assert not Bank.objects.exists()


# Bad files


def test_the_pattern_of_the_bad_files_is_a_good_one(
    fixture: Callable[..., Path],
) -> None:
    load(fixture(GOOD))
    assert list(Question.objects.values_list("slug", flat=True)) == ["first", "second"]


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
