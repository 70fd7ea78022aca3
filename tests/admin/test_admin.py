"""What an editor can do in the admin."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from questions.models import Category, FormerSlug, Question
from tests import build
from tests.admin.forms import ADD, LIST, form

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("editor"))
    return client


def messages(response: object) -> str:
    return response.content.decode()  # type: ignore[attr-defined,no-any-return]


def test_an_editor_adds_a_question_and_sees_it_on_the_site(editor: Client) -> None:
    response = editor.post(ADD, form())
    assert response.status_code == 302
    question = Question.objects.get()
    assert question.title in editor.get("/").content.decode()
    assert editor.get(question.get_absolute_url()).status_code == 200


def test_an_edit_is_on_the_next_page(editor: Client) -> None:
    question = build.question()
    editor.get("/")
    editor.post(f"{LIST}{question.pk}/change/", form(question, title="What did change?"))
    assert "What did change?" in editor.get("/").content.decode()


def test_the_list_shows_number_title_category_level_published_and_updated(editor: Client) -> None:
    build.question(position=1, level="expert", title="What is shown?")
    draft = build.question(position=2, published=False)
    build.question(position=3, published=False, replaced_by=draft)
    page = editor.get(LIST).content.decode()
    assert "What is shown?" in page
    assert "Expert" in page
    assert '<td class="field-number">1</td>' in page
    assert '<td class="field-number">draft</td>' in page
    assert '<td class="field-number">retired</td>' in page
    assert "column-updated" in page
    assert "column-category" in page


def test_search_and_filters_of_the_list(editor: Client) -> None:
    build.question(title="What is a needle?")
    build.question(keywords="needle", level="expert")
    build.question()
    assert "2 results" in editor.get(f"{LIST}?q=needle").content.decode()
    assert "1 result" in editor.get(f"{LIST}?q=needle&level=expert").content.decode()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"title": ""}, "This field is required"),
        ({"title": "   "}, "This field is required"),
        ({"slug": "all"}, "Choose another slug: not empty, and not “all”."),
        ({"slug": "taken"}, "Question with this Slug already exists."),
        ({"position": 0}, "Positions go from 1 to 2,147,483,647."),
        ({"title": "a\x1bb?"}, "Take out the character U+001B (ESC) in line 1, column 2"),
        ({"answer": "a\nb\uffff"}, "the character U+FFFF (a noncharacter) in line 2, column 2"),
        ({"prompt": "a\x08"}, "Take out the character U+0008 (BS) in line 1, column 2"),
        ({"asked_as": "a\x07"}, "Take out the character U+0007 (BEL) in line 1, column 2"),
        ({"asked_as": "One?\n\nTwo?"}, "Take out line 2: it has no text."),
        ({"prompt": "# Look"}, "Take out the heading: the prompt stands under the title."),
        ({"short_answer": ""}, "A published question needs a short answer."),
        ({"level": "hard"}, "Select a valid choice"),
    ],
)
def test_mistakes_are_explained_in_plain_words(
    editor: Client, changes: dict[str, Any], message: str
) -> None:
    build.question(slug="taken")
    response = editor.post(ADD, form(**changes))
    assert response.status_code == 200
    assert message in messages(response)
    assert not Question.objects.filter(slug="editor").exists()


def test_a_draft_can_be_saved_unfinished(editor: Client) -> None:
    data = form(short_answer="", answer="")
    del data["published"]
    assert editor.post(ADD, data).status_code == 302


def test_a_new_slug_leaves_a_redirect_that_the_form_shows(editor: Client) -> None:
    question = build.question(slug="before")
    editor.post(f"{LIST}{question.pk}/change/", form(question, slug="after"))
    assert editor.get("/questions/before/").headers["Location"] == "/questions/after/"
    assert FormerSlug.objects.get().slug == "before"
    assert "before" in editor.get(f"{LIST}{question.pk}/change/").content.decode()


def test_the_slug_is_prepopulated_and_the_site_is_one_click_away(editor: Client) -> None:
    question = build.question()
    assert "prepopulate" in editor.get(ADD).content.decode()
    page = editor.get(f"{LIST}{question.pk}/change/").content.decode()
    assert "View on site" in page


def test_a_category_with_questions_is_protected_in_plain_words(editor: Client) -> None:
    question = build.question()
    page = editor.get(f"/admin/questions/category/{question.category.pk}/delete/")
    assert "would require deleting the following protected" in messages(page)
    assert Category.objects.exists()


def test_categories_can_be_ordered_in_the_list(editor: Client) -> None:
    category = build.category(position=1)
    editor.post(
        "/admin/questions/category/",
        {
            "form-TOTAL_FORMS": 1,
            "form-INITIAL_FORMS": 1,
            "form-0-id": category.pk,
            "form-0-position": 7,
            "_save": "Save",
        },
    )
    assert Category.objects.get().position == 7


def test_a_stranger_is_asked_to_log_in(client: Client) -> None:
    response = client.get(LIST)
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/admin/login/")


def test_staff_see_the_same_public_page_as_everybody(editor: Client) -> None:
    build.question()
    as_staff = editor.get("/").content
    assert as_staff == Client().get("/").content
