"""`manage.py make_bank`: made-up questions in any number, and never over real ones by accident."""

from itertools import islice
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from questions import history
from questions.management import generator
from questions.models import Category, Question
from tests import build

pytestmark = pytest.mark.django_db


def make(*arguments: object) -> list[tuple[str, str, str]]:
    call_command("make_bank", *map(str, arguments), verbosity=0)
    return list(Question.objects.in_order().values_list("slug", "title", "answer"))


def test_it_makes_what_was_asked_for(client: Client) -> None:
    made = make(45, "--categories", 3)
    assert len(made) == len({slug for slug, _, _ in made}) == 45
    assert [c.question_count for c in Category.objects.with_counts()] == [15, 15, 15]
    slug, *_ = made[-1]
    page = client.get(f"/questions/{slug}/").content.decode()
    assert "45 of 45" in page
    assert generator.MARK in page


def test_retired_questions_are_replaced_too() -> None:
    last = build.question(slug="last")
    middle = build.question(published=False, replaced_by=last)
    build.question(published=False, replaced_by=middle)
    make(3, "--replace")
    assert Question.objects.count() == 3
    assert history.deleted(Question).count() == 3


@pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL has the limit")
def test_it_may_take_longer_than_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[str] = []
    questions = generator.questions

    def look(*arguments: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            limits.append(cursor.fetchone()[0])
        return questions(*arguments)

    monkeypatch.setattr(generator, "questions", look)
    make(3)
    assert set(limits) == {"0"}


def test_the_same_seed_makes_the_same_bank_and_another_seed_another() -> None:
    first = make(20)
    assert make(20) == first
    assert make(20, "--seed", 2) != first


def test_a_larger_bank_begins_like_a_smaller_one() -> None:
    few, many = (generator.questions(n, 1, generator.categories(2)) for n in (5, 50))
    assert [q.answer for q in few] == [q.answer for q in islice(many, 5)]


@pytest.mark.parametrize("build_other", [build.question, build.category])
def test_it_refuses_a_database_with_other_content(build_other: object) -> None:
    make(3)
    other = build_other(slug="precious")  # type: ignore[operator]
    with pytest.raises(CommandError, match="--replace"):
        make(5)
    assert type(other).objects.filter(slug="precious").exists()
    assert len(make(5, "--replace")) == 5


@pytest.mark.parametrize("arguments", [(-1,), (5, "--categories", 0)])
def test_numbers_that_make_no_sense_are_refused(arguments: tuple[object, ...]) -> None:
    with pytest.raises(CommandError, match="--categories"):
        make(*arguments)
