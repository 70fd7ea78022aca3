"""Categories in the admin: their history, their former addresses, and deleted ones."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from questions import history
from questions.models import Category, Change, FormerCategorySlug, Question
from tests import build

pytestmark = pytest.mark.django_db

LIST = "/admin/questions/category/"


def text(response: Any) -> str:
    return response.content.decode()  # type: ignore[no-any-return]


def form(category: Category | None = None, **changes: Any) -> dict[str, Any]:
    """Return what the form of a category sends, with `changes`."""
    category = category or Category(name="New", slug="new")
    names = ("name", "slug", "emoji", "description", "position")
    inline = {f"former_slugs-{name}_FORMS": 0 for name in ("TOTAL", "INITIAL")}
    return {**{name: getattr(category, name) for name in names}, **inline, **changes}


def save(client: Client, category: Category, **changes: Any) -> str:
    address = f"{LIST}{category.pk}/change/"
    return text(client.post(address, form(category, **changes), follow=True))


def newest(category: Category) -> Change:
    change = Change.objects.filter(category_id=category.pk).first()
    assert change
    return change


def test_every_edit_in_the_admin_is_recorded_with_the_editor_s_name(editor: Client) -> None:
    editor.post(f"{LIST}add/", form())
    category = Category.objects.get(slug="new")
    assert (newest(category).kind, newest(category).actor) == ("added", "ben")
    save(editor, category, name="Newer")
    assert (newest(category).before, newest(category).actor) == ({"name": "New"}, "ben")
    in_list = {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "form-0-id": category.pk}
    editor.post(LIST, {**in_list, "form-0-position": 7, "_save": "Save"})
    assert (newest(category).before, newest(category).actor) == ({"position": 1}, "ben")
    assert {change.road for change in Change.objects.filter(category_id=category.pk)} == {"admin"}


def test_a_category_without_a_slug_gets_one_in_every_script(editor: Client) -> None:
    assert not re.search(r'name="slug"[^>]* required', text(editor.get(f"{LIST}add/")))
    for name in ("数据库", "数据库", "C++ und Öl"):
        assert editor.post(f"{LIST}add/", form(name=name, slug="")).status_code == 302
    made = list(Category.objects.order_by("pk").values_list("slug", flat=True))
    assert made == ["shu-ju-ku", "shu-ju-ku-2", "c-plus-plus-und-ol"]
    assert "This field is required." in text(editor.post(f"{LIST}add/", form(name="", slug="")))


def test_the_history_shows_what_changed_and_goes_back(editor: Client) -> None:
    category = build.category(name="First", slug="first", description="One.")
    before = newest(category).pk
    save(editor, category, name="Second", slug="second")
    page = text(editor.get(f"{LIST}{category.pk}/history/"))
    assert "By <b>ben</b>, in the admin" in page
    assert "The category as it is now" in page
    assert "<h3>Slug</h3>" in page
    assert "2 versions" in page
    page = text(editor.post(f"{LIST}{category.pk}/history/{before}/restore/", follow=True))
    assert "This is the version of" in page
    category.refresh_from_db()
    assert (category.name, category.slug) == ("First", "first")
    assert newest(category).actor == "ben"


def test_the_form_shows_former_addresses_which_redirect(editor: Client) -> None:
    category = build.category(slug="first")
    save(editor, category, slug="second")
    page = text(editor.get(f"{LIST}{category.pk}/change/"))
    assert "former addresses, which redirect here" in page.lower()
    assert FormerCategorySlug.objects.get(category=category).slug == "first"
    assert '<td class="field-slug">' in page
    assert "<p>first</p>" in page


def test_a_former_address_of_another_category_is_refused(editor: Client) -> None:
    category = build.category(slug="first")
    save(editor, category, slug="second")
    page = text(editor.post(f"{LIST}add/", form(slug="first")))
    assert "This was another category&#x27;s address and redirects there." in page
    category.refresh_from_db()
    save(editor, category, slug="first")
    assert Category.objects.get().slug == "first"


def test_a_deleted_category_comes_back_with_history_and_old_addresses(owner: Client) -> None:
    category = build.category(name="First", slug="first", emoji="🧪", position=3)
    save(owner, category, slug="second")
    owner.post(f"{LIST}{category.pk}/delete/", {"post": "yes"})
    assert not Category.objects.exists()
    assert newest(category).actor == "anna"
    page = text(owner.get(f"{LIST}deleted/"))
    assert "Deleted categories" in page
    assert "First" in page
    assert "/categories/second/" in page
    assert "1 category" in page
    assert f"{LIST}deleted/" in text(owner.get(LIST))
    page = text(owner.post(f"{LIST}deleted/{newest(category).pk}/undelete/", follow=True))
    assert "“First” is back." in page
    back = Category.objects.get()
    assert (back.pk, back.slug, back.emoji, back.position) == (category.pk, "second", "🧪", 3)
    assert FormerCategorySlug.objects.get(category=back).slug == "first"
    assert "No category has been deleted." in text(owner.get(f"{LIST}deleted/"))


def test_an_editor_may_bring_back_what_the_owner_deleted(editor: Client) -> None:
    category = build.category()
    editor.post(f"{LIST}{category.pk}/delete/", {"post": "yes"})
    assert Category.objects.exists()
    category.delete()
    editor.post(f"{LIST}deleted/{history.deleted(Category).get().pk}/undelete/")
    assert Category.objects.exists()


def test_questions_and_categories_are_not_mixed_up(owner: Client) -> None:
    question = build.question(title="What was deleted?")
    category = build.category(name="Deleted too")
    question.delete()
    category.delete()
    in_questions = text(owner.get("/admin/questions/question/deleted/"))
    in_categories = text(owner.get(f"{LIST}deleted/"))
    assert "What was deleted?" in in_questions
    assert "Deleted too" not in in_questions
    assert "Deleted too" in in_categories
    assert "What was deleted?" not in in_categories
    deletion = history.deleted(Question).get()
    assert owner.post(f"{LIST}deleted/{deletion.pk}/undelete/").status_code == 404


def test_a_version_that_contradicts_the_bank_is_refused(owner: Client) -> None:
    category = build.category(slug="taken")
    before = newest(category).pk
    Category.objects.update(slug="other")
    FormerCategorySlug.objects.all().delete()
    build.category(slug="taken")
    page = text(owner.post(f"{LIST}{category.pk}/history/{before}/restore/", follow=True))
    assert "That can&#x27;t be brought back" in page
    assert Category.objects.get(pk=category.pk).slug == "other"


def test_a_position_has_the_same_bound_on_both_databases(editor: Client) -> None:
    response = editor.post(f"{LIST}add/", form(position=32768))
    assert response.status_code == 200
    assert "32767" in text(response).replace(",", "")  # only PostgreSQL has a validator of its own
    editor.post(f"{LIST}add/", form(position=32767))
    assert Category.objects.exists()


def test_a_reader_brings_nothing_back(client: Client) -> None:
    category = build.category()
    version = newest(category).pk
    client.force_login(User.objects.create_user("reader", is_staff=True))
    assert client.get(f"{LIST}deleted/").status_code == 403
    assert client.get(f"{LIST}{category.pk}/history/").status_code == 403
    assert client.post(f"{LIST}{category.pk}/history/{version}/restore/").status_code == 403
    category.delete()
    deletion = history.deleted(Category).get()
    assert client.post(f"{LIST}deleted/{deletion.pk}/undelete/").status_code == 403


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"emoji": "ab"}, "Give one emoji, such as 🐍, or nothing."),
        ({"name": "a\x1bb"}, "Take out the character U+001B (ESC) in line 1, column 2"),
        ({"position": 0}, "Positions go from 1 to 32,767."),
        ({"slug": "all"}, "Choose another slug: not empty, and not “all”."),
    ],
)
def test_mistakes_are_explained_in_plain_words(
    editor: Client, changes: dict[str, Any], message: str
) -> None:
    response = editor.post(f"{LIST}add/", form(**changes))
    assert response.status_code == 200
    assert message in text(response)
    assert not Category.objects.exists()


def test_a_new_category_comes_last_unless_an_editor_says_where(editor: Client) -> None:
    build.category(position=4)
    assert 'name="position" value="5"' in text(editor.get(f"{LIST}add/"))
