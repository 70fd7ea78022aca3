"""`manage.py loaddata`: the bank as in the file from any state, and nothing from a bad file."""

import shutil
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.forms.models import model_to_dict

from questions.models import Category, FormerSlug, Question
from tests import build

pytestmark = pytest.mark.django_db

SHIPPED = settings.BASE_DIR / "fixtures" / "bank.yaml"

GOOD = """\
- model: questions.category
  fields: {slug: one, name: One, position: 1}
- model: questions.question
  fields:
    category: [one]
    slug: first
    position: 1
    title: What comes first?
    level: core
    published: true
    short_answer: The first.
    answer: The first thing.
- model: questions.question
  fields:
    category: [one]
    slug: second
    position: 2
    title: What comes second?
    level: expert
    published: false
    short_answer: ''
    answer: ''
"""


def state() -> list[dict[str, Any]]:
    """Return everything that is stored, timestamps and primary keys included."""
    return [
        {
            **model_to_dict(row),
            **{name: getattr(row, name, None) for name in ("created", "updated")},
        }
        for model in (Category, Question, FormerSlug, User)
        for row in model._default_manager.order_by("pk")
    ]


def load(path: Path | str) -> None:
    call_command("loaddata", str(path), verbosity=0)


@pytest.fixture
def fixture(tmp_path: Path) -> Callable[[str | bytes], Path]:
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


# Bad files


def test_the_pattern_of_the_bad_files_is_a_good_one(
    fixture: Callable[[str | bytes], Path],
) -> None:
    load(fixture(GOOD))
    assert list(Question.objects.values_list("slug", flat=True)) == ["first", "second"]


def replaced(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


BAD = {
    "empty": ("", "expected a list"),
    "truncated in a mapping": (GOOD[: GOOD.index("level: core") + 5], "line"),
    "truncated before a required field": (GOOD[: GOOD.rindex("short_answer")], "missing"),
    "not YAML": ("- model: [", "node content"),
    "binary": (b"\x89PNG\r\n\x1a\n\x00\x00", "UTF-8"),
    "another encoding": (GOOD.replace("first", "fürst").encode("latin-1"), "not UTF-8"),
    "a mapping at the top": ("model: questions.category", "expected a list"),
    "an entry that is no mapping": ("- 1\n", "entry 1"),
    "an unknown model": (replaced("questions.category", "questions.tag"), "questions.tag"),
    "a superuser": (
        "- model: auth.user\n  fields: {username: eve, is_superuser: true, password: x}\n",
        "auth.user",
    ),
    "a primary key": (replaced("  fields: {slug: one", "  pk: 1\n  fields: {slug: one"), "pk"),
    "an unknown field": (replaced("level: core", "level: core\n    tags: x"), "“first”: tags"),
    "a missing title": (replaced("    title: What comes first?\n", ""), "“first”: title: missing"),
    "a missing level": (replaced("    level: core\n", ""), "“first”: level: missing"),
    "a missing category": (replaced("    category: [one]\n    slug: second", "    slug: second"),
                           "“second”: category: missing"),
    "a missing slug": (replaced("    slug: first\n", ""), "entry 2: slug: missing"),
    "an unknown category": (replaced("[one]\n    slug: second", "[two]\n    slug: second"),
                            "“second”: category: there is no category “two”"),
    "a category that is no list": (replaced("[one]\n    slug: second", "one\n    slug: second"),
                                   "“second”: category"),
    "a slug twice": (replaced("slug: second", "slug: first"), "“first”: slug: occurs twice"),
    "a key twice": (replaced("level: core", "level: core\n    level: core"), "'level' occurs"),
    "an unknown level": (replaced("level: core", "level: hard"), "“first”: level"),
    "a slug with a space": (replaced("slug: first", "slug: the first"), "slug"),
    "the slug all": (replaced("slug: first", "slug: all"), "not “all”"),
    "a blank title": (replaced("What comes first?", "' '"), "“first”: Give the question a title"),
    "a title that is a number": (replaced("What comes first?", "12"), "title: expected text"),
    "a title that is far too long": (replaced("What comes first?", "a" * 300), "title: "),
    "published without an answer": (replaced("answer: The first thing.", "answer: ''"),
                                    "“first”: A published question needs an answer"),
    "a position that is text": (replaced("position: 2", "position: two"), "position: expected a"),
    "position zero": (replaced("position: 2", "position: 0"), "“second”: Positions start at 1"),
    "published that is text": (replaced("published: true", "published: maybe"), "true or false"),
    "a date that is none": (replaced("level: core", "level: core\n    verified_on: soon"),
                            "verified_on"),
    "a NUL": (replaced("The first thing.", '"a\\0b"'), "NUL"),
    "deep nesting": ("- " + "[" * 200_000, "nested too deeply"),
    "an alias": (
        replaced("title: What comes first?", "title: &t What?\n    keywords: *t"), "alias"
    ),
    "aliases that multiply": (
        "- &a [x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"- &{b} [{f'*{a}, ' * 9}]\n" for a, b in pairwise("abcdefghi")),
        "alias",
    ),
    "a Python object": ("- !!python/object/apply:os.system [echo]\n", "line 1"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "reason"), BAD.values(), ids=BAD)
def test_a_bad_file_is_refused_in_one_line_and_nothing_changes(
    fixture: Callable[[str | bytes], Path], content: str | bytes, reason: str
) -> None:
    load(fixture(GOOD))
    Question.objects.filter(slug="first").update(title="What did the editor write?")
    before = state()
    path = fixture(content)
    started = time.monotonic()
    with pytest.raises(CommandError) as error:
        load(path)
    assert time.monotonic() - started < 5
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
    tmp_path: Path, fixture: Callable[[str | bytes], Path]
) -> None:
    good, bad = tmp_path / "good.yaml", fixture("- 1\n")
    good.write_text(GOOD)
    with pytest.raises(CommandError):
        call_command("loaddata", str(good), str(bad), verbosity=0)
    assert not Question.objects.exists()
