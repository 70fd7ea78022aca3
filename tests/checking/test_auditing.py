"""`manage.py audit_bank`: what is due for an editor."""

import itertools
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from questions.checking import end_of_life, reviews
from questions.models import Bank, Question
from questions.products import releases_in
from tests import build
from tests.commands import run

pytestmark = [pytest.mark.once, pytest.mark.django_db, pytest.mark.samples]

TODAY = timezone.localdate()
NEWEST = f"CPython {list(end_of_life.LAST_DAY['CPython'])[-1]}.0"


@pytest.fixture(autouse=True)
def no_midnight(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it be the day of the first test until the last one."""
    monkeypatch.setattr(timezone, "localdate", lambda: TODAY)


def in_order(**changes: Any) -> Question:
    """Build a published question for which nothing is due, with `changes`."""
    values = {"slug": "some", "verified_with": "CPython 3.13.0", "verified_on": TODAY}
    question = build.question(**{**values, **changes})
    if "checked_with" not in changes:
        run("check_samples")
        Question.objects.exclude(checked_with="").update(checked_with=NEWEST)
    return question


def test_nothing_is_due() -> None:
    in_order()
    assert run("audit_bank") == (0, "1 question, none due.\n")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"verified_on": None}, "some was never verified"),
        ({"verified_on": TODAY - timedelta(days=366)}, "some was verified 366 days ago, on "),
        (
            {"verified_with": "CPython 3.9.2"},
            "names CPython 3.9.2, out of support since 2025-10-31",
        ),
        ({"verified_with": "CPython 3.13.0, Django 5.1"}, "names Django 5.1, out of support since"),
        (
            {"verified_with": "CPython 2.7"},
            "CPython 2.7, whose support end_of_life.py does",
        ),
        ({"answer": "No sample."}, "some has no runnable sample"),
        ({"further_reading": "None.\n"}, "some has no further reading"),
    ],
)
def test_what_is_due_is_listed_by_name(changes: dict[str, Any], reason: str) -> None:
    in_order(**changes)
    result = run("audit_bank")
    assert result.code == 1
    assert reason in result.text
    assert result.text.endswith("1 of 1 question is due.\n")
    assert len(result.text.splitlines()) == 2


def test_an_edit_makes_the_samples_due() -> None:
    in_order()
    Question.objects.update(answer=f"More.\n\n{build.ANSWER}")
    assert "some has samples that were not checked as they are now" in run("audit_bank").text


def test_samples_are_due_until_they_were_checked_on_the_newest_stable_cpython(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(end_of_life.LAST_DAY, "CPython", {"3.15": None, "3.9": None, "3.1": None})
    question = in_order(slug="some")
    reason = "some has samples that were not checked on CPython 3.15: run check_samples --python"
    for checked_with, is_due in {
        "CPython 3.13.0": True,
        "CPython 3.13.0, 3.14.8": True,
        "CPython 3.1.5": True,
        "PyPy 3.15.0": True,
        "CPython 3.13.0, 3.14.8, 3.15.2": False,
    }.items():
        Question.objects.filter(pk=question.pk).update(checked_with=checked_with)
        assert (reason in run("audit_bank").text) == is_due


def test_days_say_how_long_an_answer_counts_as_verified() -> None:
    in_order(verified_on=TODAY - timedelta(days=10))
    assert run("audit_bank", "--days=10").code == 0
    assert run("audit_bank", "--days=9").code == 1


def test_an_answer_may_count_as_verified_for_this_day_only() -> None:
    in_order(verified_on=TODAY - timedelta(days=1))
    assert "some was verified 1 day ago" in run("audit_bank", "--days=0").text


def test_an_answer_that_is_not_there_needs_no_sample() -> None:
    in_order(answer="")
    assert run("audit_bank").code == 0


def test_the_style_is_due_only_where_the_bank_requires_it() -> None:
    in_order(answer="No sample.", further_reading="")
    Bank.objects.create(requires_style=False)
    assert run("audit_bank").code == 0
    Question.objects.update(answer=build.ANSWER)
    assert "some has samples that were not checked as they are now" in run("audit_bank").text


def test_drafts_are_not_due() -> None:
    in_order(verified_on=None, published=False)
    assert run("audit_bank").code == 0


def test_versions_that_nobody_keeps_a_table_of_are_left_alone() -> None:
    in_order(verified_with="CPython 3.13.0, Celery 5.7.0, PostgreSQL 15, pytest 9.2.0")
    assert run("audit_bank").code == 0


def test_an_interpreter_that_checked_the_samples_goes_out_of_support_too() -> None:
    question = in_order()
    Question.objects.update(checked_with="CPython 3.10.1")
    question.refresh_from_db()
    assert list(reviews.reasons_to_verify(question, TODAY)) == [
        "names CPython 3.10.1, out of support since 2026-10-31"
    ]


def test_the_database_finds_what_has_a_reason_to_be_verified() -> None:
    year = timedelta(days=reviews.VALID_DAYS)
    supported, gone = "CPython 3.13.0, 3.14.1, Django 6.1", "CPython 3.13.0, 3.9.2"
    for number, (verified_on, verified_with, checked_with) in enumerate(
        itertools.product(
            (None, TODAY, TODAY - year, TODAY - year - timedelta(days=1)),
            ("", supported, gone, "Django 1.0, Celery 5"),
            ("", supported, gone),
        )
    ):
        build.question(
            slug=f"q{number}",
            verified_on=verified_on,
            verified_with=verified_with,
            checked_with=checked_with,
            checked_on=TODAY if checked_with else None,
            checked_hash="0" if checked_with else "",
        )
    found = set(Question.objects.filter(reviews.due(TODAY)))
    assert found == {q for q in Question.objects.all() if any(reviews.reasons_to_verify(q, TODAY))}
    assert len(found) == 48 - 2 * 2 * 2


def test_the_table_knows_the_versions_of_the_shipped_bank(bank: None) -> None:
    for question in Question.objects.all():
        for product, version in releases_in(question.verified_with):
            assert not list(reviews.out_of_support(product, version, end_of_life.AS_OF))
