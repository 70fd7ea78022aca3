"""Categories redirect from former slugs and have a history, whichever road a change takes."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection

from questions import history
from questions.models import Category, Change, FormerCategorySlug, FormerSlug, Question
from questions.triggers.history import CHANGES_KEPT
from tests import build
from tests.roads import ROADS

pytestmark = pytest.mark.django_db


def newest(category: Category) -> Change:
    change = history.changes_of(Category, category.pk).first()
    assert change
    return change


# Former slugs


@pytest.mark.parametrize("road", ROADS)
def test_a_slug_goes_on_leading_to_its_category(road: Any) -> None:
    category = build.category(slug="a")
    for slug in ("b", "c"):
        road(Category.objects.get(), slug, "slug")
    assert set(FormerCategorySlug.objects.values_list("slug", "category")) == {
        ("a", category.pk),
        ("b", category.pk),
    }
    for slug in ("a", "b", "c"):
        assert Category.objects.get_by_natural_key(slug) == category


def test_a_slug_that_two_categories_had_leads_to_the_later_one() -> None:
    first, second = build.category(slug="a"), build.category(slug="b")
    Category.objects.filter(pk=first.pk).update(slug="c")
    Category.objects.filter(pk=second.pk).update(slug="a")
    assert Category.objects.get_by_natural_key("a") == second
    Category.objects.filter(pk=second.pk).update(slug="d")
    assert Category.objects.get_by_natural_key("a") == second


def test_former_slugs_of_questions_and_categories_are_two_things() -> None:
    category = build.category(slug="a")
    question = build.question(slug="a", category=category)
    Category.objects.update(slug="b")
    Question.objects.update(slug="b")
    assert FormerCategorySlug.objects.get().category == category
    assert FormerSlug.objects.get().question == question


def test_former_slugs_go_with_their_category() -> None:
    build.category(slug="a")
    Category.objects.update(slug="b")
    Category.objects.all().delete()
    assert not FormerCategorySlug.objects.exists()


# History


@pytest.mark.parametrize("road", ROADS)
def test_every_road_leaves_what_it_replaced(road: Any) -> None:
    category = build.category(name="Before", position=3)
    road(category, "After", "name")
    assert newest(category).before == {"name": "Before"}
    road(category, 4, "position")
    assert newest(category).before == {"position": 3}
    versions = list(history.versions(Category.objects.get()))
    assert [(v.values["name"], v.values["position"]) for v in versions] == [
        ("After", 4),
        ("After", 3),
        ("Before", 3),
    ]
    history.restore(category, versions[-1])
    assert Category.objects.get().name == "Before"
    assert newest(category).before == {"name": "After", "position": 4}


@pytest.mark.parametrize("road", ROADS)
def test_writing_the_same_again_is_no_change(road: Any) -> None:
    category = build.category(name="Same")
    road(category, "Same", "name")
    assert [change.kind for change in history.changes_of(Category, category.pk)] == ["added"]


def test_it_says_who_and_by_which_road() -> None:
    category = build.category()
    with history.recorded("admin", "anna"):
        Category.objects.update(name="After")
    assert (newest(category).actor, newest(category).road) == ("anna", "admin")


def test_questions_and_categories_with_one_key_keep_apart() -> None:
    category = build.category(id=7)
    question = build.question(id=7, category=category)
    Category.objects.update(name="After")
    assert len(list(history.versions(Category.objects.get()))) == 2
    assert len(list(history.versions(question))) == 1
    assert history.latest(Category, 7) > history.latest(Question, 7)


def by_delete() -> None:
    Category.objects.get().delete()


def by_delete_of_all() -> None:
    Category.objects.all().delete()


def by_plain_sql() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM questions_formercategoryslug")
        cursor.execute("DELETE FROM questions_category")


@pytest.mark.parametrize("road", [by_delete, by_delete_of_all, by_plain_sql])
def test_a_deleted_category_is_brought_back_with_its_addresses_and_its_history(road: Any) -> None:
    category = build.category(slug="a", name="Before", emoji="🐍", description="One.", position=9)
    Category.objects.update(slug="b")
    Category.objects.update(slug="c", name="After")
    road()
    assert not Category.objects.exists()
    [deletion] = history.deleted(Category)
    assert not history.deleted(Question)
    back = history.undelete(deletion)
    assert back == category
    stored = Category.objects.get()
    assert (stored.slug, stored.name, stored.emoji, stored.position) == ("c", "After", "🐍", 9)
    assert Category.objects.get_by_natural_key("a") == category
    assert Category.objects.get_by_natural_key("b") == category
    assert not history.deleted(Category)
    kinds = [change.kind for change in history.changes_of(Category, category.pk)]
    assert kinds == ["added", "deleted", "edited", "edited", "added"]
    history.restore(stored, list(history.versions(stored))[-1])
    assert (stored.slug, stored.name) == ("a", "Before")


def test_a_category_whose_slug_is_taken_by_now_stays_deleted() -> None:
    build.category(slug="a").delete()
    build.category(slug="a")
    with pytest.raises(ValidationError, match="already exists"):
        history.undelete(history.deleted(Category).get())


@pytest.mark.parametrize(
    ("model", "make"), [(Question, build.question), (Category, build.category)]
)
def test_an_address_that_leads_elsewhere_by_now_is_left_there(model: Any, make: Any) -> None:
    first = make(slug="a")
    model.objects.filter(pk=first.pk).update(slug="b")
    model.objects.filter(pk=first.pk).delete()
    second = make(slug="a")
    model.objects.filter(pk=second.pk).update(slug="c")
    back = history.undelete(history.deleted(model).get())
    assert back == first
    assert model.objects.get_by_natural_key("a") == second
    assert model.objects.get_by_natural_key("b") == first


def test_a_question_goes_back_into_a_category_that_was_brought_back() -> None:
    category = build.category()
    build.question(category=category).delete()
    Category.objects.all().delete()
    history.undelete(history.deleted(Category).get())
    back = history.undelete(history.deleted(Question).get())
    assert isinstance(back, Question)
    assert (back.category, back.published) == (category, True)


def test_growth_is_bounded() -> None:
    category, other = build.category(), build.category()
    for number in range(CHANGES_KEPT + 5):
        Category.objects.filter(pk=category.pk).update(name=f"Number {number}")
    assert history.changes_of(Category, category.pk).count() == CHANGES_KEPT
    assert history.changes_of(Category, other.pk).count() == 1


def test_made_up_categories_leave_no_history() -> None:
    for _ in range(2):
        call_command("make_bank", "6", verbosity=0)
    assert not history.deleted(Category)
    real = build.category(slug="real")
    call_command("make_bank", "6", "--replace", verbosity=0)
    assert [deletion.category_id for deletion in history.deleted(Category)] == [real.pk]


@pytest.mark.django_db(transaction=True)
def test_after_a_flush_new_categories_have_a_history_of_their_own() -> None:
    for _ in range(3):
        build.category()
    call_command("flush", interactive=False, verbosity=0)
    assert not Change.objects.exists()
    category = build.category()
    assert [version.is_deletion for version in history.versions(category)] == [False]
