"""What holds whichever road a change takes, and the vocabulary of the querysets."""

import time
from collections.abc import Callable
from datetime import datetime

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction
from django.test.utils import CaptureQueriesContext

from questions import triggers
from questions.models import Category, FormerSlug, Question
from tests import build
from tests.roads import ROADS, by_update

pytestmark = pytest.mark.django_db


# Constraints


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "   "),
        ("slug", ""),
        ("slug", "all"),
        ("slug", "taken"),
        ("level", "hard"),
        ("level", ""),
        ("position", 0),
        ("position", -1),
        ("short_answer", " "),
        ("short_answer", "\xa0\n"),
        ("title", "\u2003"),
        ("category_id", None),
    ],
)
def test_the_database_refuses_a_question_that_cannot_be(field: str, value: object) -> None:
    build.question(slug="taken")
    question = build.question()
    with pytest.raises(IntegrityError), transaction.atomic():
        Question.objects.filter(pk=question.pk).update(**{field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("slug", ""), ("slug", "all"), ("slug", "taken"), ("position", 0)],
)
def test_the_database_refuses_a_category_that_cannot_be(field: str, value: object) -> None:
    build.category(slug="taken")
    category = build.category()
    with pytest.raises(IntegrityError), transaction.atomic():
        Category.objects.filter(pk=category.pk).update(**{field: value})


def test_a_draft_may_be_unfinished() -> None:
    build.question(published=False, short_answer="", answer="")


def test_publishing_an_unfinished_draft_is_refused() -> None:
    build.question(published=False, short_answer="")
    with pytest.raises(IntegrityError), transaction.atomic():
        Question.objects.update(published=True)


def test_a_category_with_questions_cannot_be_deleted() -> None:
    question = build.question()
    with pytest.raises(models.ProtectedError):
        question.category.delete()


def test_two_questions_may_share_a_position() -> None:
    first = build.question(slug="b", position=1)
    second = build.question(slug="a", position=1)
    assert list(Question.objects.in_order()) == [second, first]


# Timestamps, which the database keeps


def times(question: Question) -> tuple[datetime, datetime]:
    stored = Question.objects.get(pk=question.pk)
    return stored.created, stored.updated


@pytest.mark.parametrize("change", ROADS)
def test_updated_moves_with_a_change_and_created_stays(
    change: Callable[[Question, str], None],
) -> None:
    question = build.question()
    created, updated = times(question)
    time.sleep(0.002)  # SQLite keeps milliseconds
    change(question, "What has changed?")
    assert times(question)[0] == created
    assert times(question)[1] > updated


@pytest.mark.parametrize("change", ROADS)
def test_writing_the_same_again_is_no_change(change: Callable[[Question, str], None]) -> None:
    question = build.question(title="What stays?")
    before = times(question)
    time.sleep(0.002)
    change(question, "What stays?")
    assert times(question) == before


def test_nobody_rewrites_created() -> None:
    question = build.question()
    before = times(question)
    Question.objects.update(created="2001-01-01T00:00:00Z", updated="2001-01-01T00:00:00Z")
    assert times(question) == before


# Former slugs


def test_a_chain_of_slugs_and_the_way_back() -> None:
    question = build.question(slug="a")
    for slug in ("b", "c", "a"):
        Question.objects.update(slug=slug)
    assert set(FormerSlug.objects.values_list("slug", "question")) == {
        ("a", question.pk),
        ("b", question.pk),
        ("c", question.pk),
    }
    assert Question.objects.get_by_natural_key("a") == question
    assert Question.objects.get_by_natural_key("b") == question


def test_a_former_slug_is_not_given_to_another_question() -> None:
    question = build.question(slug="old")
    Question.objects.update(slug="new")
    other = build.question()
    other.slug = "old"
    with pytest.raises(ValidationError, match="redirects there"):
        other.full_clean()
    question.slug = "old"  # its own
    question.full_clean()


# The triggers themselves


@pytest.mark.django_db(transaction=True)
def test_migrate_brings_back_what_a_rebuilt_table_lost() -> None:
    title = Question._meta.get_field("title")
    longer = models.CharField(max_length=300)
    longer.set_attributes_from_name("title")
    for old, new in ((title, longer), (longer, title)):
        with connection.schema_editor() as editor:
            editor.alter_field(Question, old, new)
    call_command("migrate", verbosity=0)
    question = build.question(slug="old")
    before = times(question)
    Question.objects.update(slug="new", created="2001-01-01T00:00:00Z")
    assert times(question)[0] == before[0]
    assert times(question)[1] >= before[1]
    assert FormerSlug.objects.get().slug == "old"


def test_installing_the_triggers_again_changes_nothing() -> None:
    triggers.install(connection)
    with CaptureQueriesContext(connection) as captured:
        triggers.install(connection)
    if connection.vendor == "sqlite":
        assert not [q for q in captured if q["sql"].startswith(("CREATE", "DROP"))]
    question = build.question()
    by_update(question, "Does it still work?")


# The order of the page


def test_numbers_run_through_the_bank_and_count_published_questions_only() -> None:
    second, first = build.category(position=2), build.category(position=1)
    c = build.question(category=second, position=1)
    b = build.question(category=first, position=7)
    draft = build.question(category=first, position=3, published=False)
    a = build.question(category=first, position=2)
    numbers = {q.pk: q.number for q in Question.objects.numbered()}
    assert numbers == {a.pk: 1, draft.pk: 2, b.pk: 2, c.pk: 3}


def test_counts_of_categories_leave_drafts_out() -> None:
    question = build.question()
    build.question(published=False)
    empty = build.category(position=2)
    assert {c.pk: c.question_count for c in Category.objects.with_counts()} == {
        question.category.pk: 1,
        empty.pk: 0,
    }


@pytest.mark.parametrize("fence", ["```python run", "``` python  run >=3.13", "~~~~python run"])
def test_a_sample_that_was_not_checked_is_found_however_its_fence_is_written(fence: str) -> None:
    closing = fence.partition("p")[0].strip()
    sample = build.question(answer=f"Try it.\n\n{fence}\nprint(1)\n{closing}\n")
    build.question(answer="In a shell: `python run.py`.\n\n```python\nprint(1)\n```\n")
    assert list(Question.objects.with_unchecked_samples()) == [sample]
