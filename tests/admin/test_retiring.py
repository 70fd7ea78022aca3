"""Retiring a question in the admin: in favour of another one, and back."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from questions import history
from questions.models import Change, Question
from tests import build
from tests.admin.forms import ADD, LIST, form

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("anna"))
    return client


@pytest.fixture
def old() -> Question:
    return build.question(title="What was asked before?", slug="old")


@pytest.fixture
def new() -> Question:
    return build.question(title="What is asked instead?", slug="new")


def text(response: Any) -> str:
    return response.content.decode()  # type: ignore[no-any-return]


def save(client: Client, question: Question, **changes: Any) -> str:
    address = f"{LIST}{question.pk}/change/"
    return text(client.post(address, form(question, **changes), follow=True))


def test_choosing_a_replacement_unpublishes_and_says_so(
    editor: Client, old: Question, new: Question
) -> None:
    page = save(editor, old, replaced_by=new.pk, published="on")
    assert "“What was asked before?” is retired: it is not published, and its address leads to" in (
        page
    )
    assert "“What is asked instead?”." in page
    assert "until it is, the address leads nowhere" not in page
    old.refresh_from_db()
    assert (old.replaced_by, old.published) == (new, False)
    change = Change.objects.filter(question_id=old.pk).first()
    assert change
    assert (change.actor, bool(change.before["published"])) == ("anna", True)


def test_a_new_question_can_be_retired_at_once(editor: Client, new: Question) -> None:
    assert "is retired" in text(editor.post(ADD, form(replaced_by=new.pk), follow=True))
    assert not Question.objects.get(slug="editor").published


def test_the_form_tells_what_happens_and_shows_the_title_of_the_replacement(
    editor: Client, old: Question, new: Question
) -> None:
    save(editor, old, replaced_by=new.pk)
    page = text(editor.get(f"{LIST}{old.pk}/change/"))
    assert "Choosing a question retires this one: saving unpublishes it" in page
    assert f'<option value="{new.pk}" selected>What is asked instead?</option>' in page


def test_a_replacement_that_is_a_draft_is_told(
    editor: Client, old: Question, new: Question
) -> None:
    Question.objects.filter(pk=new.pk).update(published=False)
    assert "until it is, the address leads nowhere" in save(editor, old, replaced_by=new.pk)


def test_publishing_a_retired_question_takes_its_replacement_out_first(
    editor: Client, old: Question, new: Question
) -> None:
    save(editor, old, replaced_by=new.pk)
    assert "is retired" in save(editor, old, replaced_by=new.pk, published="on")
    assert not Question.objects.get(pk=old.pk).published
    assert "is retired" not in save(editor, old, replaced_by="", published="on")
    assert Question.objects.get(pk=old.pk).published


def test_what_leads_back_is_refused(editor: Client, old: Question, new: Question) -> None:
    save(editor, old, replaced_by=new.pk)
    for replacement in (old, new):
        page = save(editor, new, replaced_by=replacement.pk)
        assert "That question leads back to this one. Choose another." in page
    assert Question.objects.get(pk=new.pk).published


def test_a_retired_question_needs_to_keep_no_rule(
    editor: Client, old: Question, new: Question
) -> None:
    page = save(editor, old, title=new.title, replaced_by=new.pk, short_answer="")
    assert "Before publishing" not in page
    assert Question.objects.get(pk=old.pk).replaced_by == new
    # Nor does it stand in the way of others.
    assert "asks" not in save(editor, new, title=new.title, published="on")


def test_a_replacement_is_protected_in_plain_words(
    editor: Client, old: Question, new: Question
) -> None:
    save(editor, old, replaced_by=new.pk)
    page = text(editor.get(f"{LIST}{new.pk}/delete/"))
    assert "would require deleting the following protected" in page
    editor.post(f"{LIST}{new.pk}/delete/", {"post": "yes"})
    assert Question.objects.filter(pk=new.pk).exists()


def test_retired_questions_and_drafts_are_told_apart_in_the_list(
    editor: Client, old: Question, new: Question
) -> None:
    build.question(title="What is a draft?", published=False)
    save(editor, old, replaced_by=new.pk)
    titles = {"published": new.title, "draft": "What is a draft?", "retired": old.title}
    for state, title in titles.items():
        page = text(editor.get(f"{LIST}?state={state}"))
        assert [t for t in titles.values() if f">{t}</a>" in page] == [title]


def test_the_history_shows_the_replacement_and_goes_back(
    editor: Client, old: Question, new: Question
) -> None:
    before = history.latest(Question, old.pk)
    save(editor, old, replaced_by=new.pk)
    assert "<ins>What is asked instead?</ins>" in text(editor.get(f"{LIST}{old.pk}/history/"))
    editor.post(f"{LIST}{old.pk}/history/{before}/restore/")
    old.refresh_from_db()
    assert (old.replaced_by, old.published) == (None, True)


def test_a_deleted_question_whose_replacement_is_gone_comes_back_as_a_draft(
    editor: Client, old: Question, new: Question
) -> None:
    save(editor, old, replaced_by=new.pk)
    retired = history.latest(Question, old.pk)
    Question.objects.filter(pk=old.pk).delete()
    Question.objects.filter(pk=new.pk).delete()
    deletion = history.deleted(Question).get(question_id=old.pk)
    page = text(editor.post(f"{LIST}deleted/{deletion.pk}/undelete/", follow=True))
    assert "What replaced it is gone: it is a draft now." in page
    assert Question.objects.get().replaced_by is None
    assert "a question that is gone" in text(editor.get(f"{LIST}{old.pk}/history/"))
    page = text(editor.post(f"{LIST}{old.pk}/history/{retired}/restore/", follow=True))
    assert "What replaced it is gone: it is a draft now." in page


# In a browser


def test_a_replacement_is_found_by_its_words(
    page: Page, live_server: LiveServer, editor: Client, old: Question, new: Question
) -> None:
    page.context.add_cookies(
        [{"name": "sessionid", "value": editor.cookies["sessionid"].value, "url": live_server.url}]
    )
    page.goto(f"{LIST}{old.pk}/change/")
    page.locator(".field-replaced_by .select2-selection").click()
    page.locator(".select2-search__field").fill("instead")
    page.get_by_role("option", name=new.title).click()
    page.get_by_role("button", name="Save", exact=True).first.click()
    expect(page.get_by_text("is retired: it is not published")).to_be_visible()
    assert Question.objects.get(pk=old.pk).replaced_by == new
