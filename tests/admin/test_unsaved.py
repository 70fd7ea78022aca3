"""A form that could not be saved, because the login had ended or changed: nothing is lost."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.test import Client
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from questions import history
from questions.models import Bank, Category, Question
from tests import build
from tests.admin.forms import ADD, LIST, form
from tests.qabank.login import PASSWORD, log_in

pytestmark = pytest.mark.django_db

NOTICE = "This is not saved yet."
WRITTEN = "What must *not* be lost? <b>&amp;</b> 🐍\n\nThe second line."


@pytest.fixture
def anna() -> User:
    return new_editor("anna")


def new_editor(name: str) -> User:
    user = User.objects.create_user(name, password=PASSWORD, is_staff=True)
    user.groups.add(Group.objects.get(name="Editors"))
    return user


@pytest.fixture
def editor(client: Client, anna: User) -> Client:
    client.force_login(anna)
    return client


def text(response: Any) -> str:
    assert response.status_code == 200
    return response.content.decode()  # type: ignore[no-any-return]


def address(question: Question) -> str:
    return f"{LIST}{question.pk}/change/"


def hidden(page: str, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]+)"', page)[1]  # type: ignore[index]


def written(client: Client, where: str, data: dict[str, Any]) -> dict[str, Any]:
    """Open a form and return what it sends with `data` in it."""
    return {**data, "_editor": hidden(text(client.get(where)), "_editor")}


def answer_of(page: str) -> str:
    return re.search(r'<textarea name="answer"[^>]*>\n?(.*?)</textarea>', page, re.DOTALL)[1]  # type: ignore[index]


def test_an_edit_is_in_the_form_after_the_login_and_not_saved_by_it(editor: Client) -> None:
    question = build.question()
    data = written(editor, address(question), form(question, answer=WRITTEN))
    Session.objects.all().delete()
    response = editor.post(address(question), data)
    assert response.headers["Location"].startswith("/admin/login/")
    login = response.headers["Location"]
    assert "What you wrote is kept for after the login." in text(editor.get(login))
    log_in(editor, "wrong", "anna")
    response = editor.post(login, {"username": "anna", "password": PASSWORD})
    assert response.headers["Location"] == address(question)
    page = text(editor.get(address(question)))
    assert NOTICE in page
    assert "What must *not* be lost? &lt;b&gt;&amp;amp;&lt;/b&gt; 🐍" in answer_of(page)
    assert answer_of(page).rstrip().endswith("The second line.")
    question.refresh_from_db()
    assert question.answer == build.ANSWER
    # It is there until it is saved.
    assert NOTICE in text(editor.get(address(question)))
    data = {**data, "published": "", "_unsaved": hidden(page, "_unsaved")}
    del data["published"]
    assert editor.post(address(question), data).status_code == 302
    question.refresh_from_db()
    assert question.answer.startswith("What must *not* be lost?")
    assert NOTICE not in text(editor.get(address(question)))


def test_a_new_question_survives_too_and_can_be_discarded(editor: Client) -> None:
    build.category()
    data = written(editor, ADD, form(answer=WRITTEN))
    editor.logout()
    editor.post(ADD, data)
    log_in(editor, name="anna")
    page = text(editor.get(ADD))
    assert "What must *not* be lost?" in answer_of(page)
    editor.post(ADD, {"_discard": "", "_unsaved": hidden(page, "_unsaved")})
    assert NOTICE not in text(editor.get(ADD))
    assert not Question.objects.exists()


def test_what_somebody_else_saved_meanwhile_is_told_as_ever(editor: Client) -> None:
    question = build.question()
    version = history.latest(Question, question.pk)
    data = written(editor, address(question), form(question, answer=WRITTEN, version=version))
    editor.logout()
    Question.objects.update(answer="Theirs.\n")
    editor.post(address(question), data)
    log_in(editor, name="anna")
    page = text(editor.get(address(question)))
    assert "changed this question meanwhile" in page
    assert "module conflict" in page
    assert "What must *not* be lost?" in answer_of(page)


def test_of_a_question_that_was_deleted_meanwhile_the_text_is_left(editor: Client) -> None:
    question = build.question()
    version = history.latest(Question, question.pk)
    where = address(question)
    data = written(editor, where, form(question, answer=WRITTEN, version=version))
    editor.logout()
    editor.post(where, data)
    question.delete()
    log_in(editor, name="anna")
    page = text(editor.get(where))
    assert "Somebody deleted this question meanwhile." in page
    assert "What must *not* be lost?" in answer_of(page)


def test_the_second_factor_stands_between(editor: Client, anna: User) -> None:
    question = build.question()
    data = written(editor, address(question), form(question, answer=WRITTEN))
    device = TOTPDevice.objects.create(user=anna, confirmed=True)
    editor.logout()
    editor.post(address(question), data)
    log_in(editor, name="anna")
    response = editor.get(address(question), follow=True)
    assert "What must" not in text(response)
    second = response.redirect_chain[-1][0]
    response = editor.post(second, {"code": f"{totp(device.bin_key):06}"})
    assert response.headers["Location"] == address(question)
    assert "What must *not* be lost?" in answer_of(text(editor.get(address(question))))


def test_what_was_asked_for_without_a_login_is_told_and_can_be_done_again(anna: User) -> None:
    question = build.question(published=False)
    other = build.question()
    version = history.latest(Question, question.pk)
    other.delete()
    for where in (
        LIST,
        f"{LIST}{question.pk}/delete/",
        f"{LIST}{question.pk}/history/{version}/restore/",
        f"{LIST}deleted/{history.deleted(Question)[0].pk}/undelete/",
        f"{LIST}preview/",
    ):
        client = Client()
        back = client.post(where, {"action": "publish"}).headers["Location"].partition("next=")[2]
        assert "You were logged out, so nothing was done." in text(client.get("/admin/login/"))
        client.force_login(anna)
        text(client.get(back, follow=True))
    assert [q.published for q in Question.objects.all()] == [False]
    # The script that asks for the preview says so itself.
    client = Client()
    client.post(f"{LIST}preview/", headers={"accept": "application/json"})
    assert "nothing was done" not in text(client.get("/admin/login/"))


def test_a_form_from_before_another_login_is_shown_again(anna: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(anna)
    question = build.question()
    page = text(strict.get(address(question)))
    data = form(question, answer=WRITTEN, _editor=hidden(page, "_editor"))
    data["csrfmiddlewaretoken"] = hidden(page, "csrfmiddlewaretoken")
    # In another tab the session ends, and the editor logs in again: that makes another token.
    del strict.cookies["csrftoken"]
    strict.get("/admin/login/")
    strict.force_login(anna)
    response = strict.post(address(question), data)
    assert response.headers["Location"] == address(question)
    page = text(strict.get(address(question)))
    assert NOTICE in page
    assert "What must *not* be lost?" in answer_of(page)
    question.refresh_from_db()
    assert question.answer == build.ANSWER
    # Without our stamp it is a forgery, and refused as ever.
    del data["_editor"]
    assert strict.post(address(question), data).status_code == 403
    assert strict.post("/admin/login/", {"username": "anna"}).status_code == 403


def test_nobody_else_gets_it_and_strangers_can_keep_nothing(editor: Client) -> None:
    question = build.question()
    data = written(editor, address(question), form(question, answer=WRITTEN))
    stranger = Client()
    for stamp in (data["_editor"] + "x", "", "a:b:c"):
        stranger.post(address(question), {**data, "_editor": stamp})
    stranger.post(ADD, data)  # the stamp is of another address
    assert "sessionid" not in stranger.cookies
    ben = new_editor("ben")
    editor.logout()
    editor.post(address(question), data)
    editor.force_login(ben)
    page = text(editor.get(address(question)))
    assert NOTICE not in page
    assert "What must" not in page
    # Nor can one editor put a text into the form of another.
    other = Client(enforce_csrf_checks=True)
    other.force_login(ben)
    assert other.post(address(question), data).status_code == 403


def test_forms_with_passwords_are_never_kept(editor: Client) -> None:
    owner = User.objects.create_superuser("owner", password=PASSWORD)
    editor.force_login(owner)
    where = "/admin/auth/user/add/"
    assert "_editor" not in text(editor.get(where))
    stamp = hidden(text(editor.get("/admin/questions/category/add/")), "_editor")
    editor.logout()
    secret = {"username": "new", "password1": "s3cret-s3cret", "password2": "s3cret-s3cret"}
    editor.post(where, {**secret, "_editor": stamp})
    assert not any("s3cret" in str(row.get_decoded()) for row in Session.objects.all())


def test_categories_and_the_bank_are_kept_too(editor: Client) -> None:
    category = build.category()
    bank, _ = Bank.objects.get_or_create()
    for where, data in (
        (
            f"/admin/questions/category/{category.pk}/change/",
            {"name": "Kept name", "slug": category.slug, "position": 1},
        ),
        (f"/admin/questions/bank/{bank.pk}/change/", {"name": "Kept name", "title": "Kept"}),
    ):
        sent = written(editor, where, data)
        editor.logout()
        editor.post(where, sent)
        log_in(editor, name="anna")
        page = text(editor.get(where))
        assert NOTICE in page
        assert 'value="Kept name"' in page
    assert not Category.objects.filter(name="Kept name").exists()
    assert not Bank.objects.filter(name="Kept name").exists()
