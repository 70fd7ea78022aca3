"""What the bank says of itself, in the admin: one row and its form."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from questions.models import Bank
from tests import build

pytestmark = pytest.mark.django_db

LIST = "/admin/questions/bank/"
FORM = f"{LIST}1/change/"


def text(response: Any) -> str:
    return response.content.decode()  # type: ignore[no-any-return]


def form(**changes: Any) -> dict[str, Any]:
    """Return what the form of the bank sends, with `changes`."""
    names = ("name", "title", "promise", "language", "example", "pitfalls", "follow_ups")
    return {**{name: getattr(Bank(), name) for name in names}, "requires_style": "on", **changes}


def test_an_editor_says_what_the_bank_is(editor: Client) -> None:
    Bank.objects.create()
    page = text(editor.post(FORM, form(name="Ours", language="pt-br"), follow=True))
    assert "was changed successfully" in page
    bank = Bank.objects.get()
    assert (bank.name, bank.language, bank.requires_style) == ("Ours", "pt-br", True)
    data = form(name="Ours")
    del data["requires_style"]
    editor.post(FORM, data)
    assert not Bank.objects.get().requires_style


def test_the_list_leads_to_the_form_where_there_is_a_row(owner: Client) -> None:
    assert "Add bank" in text(owner.get(LIST))
    assert owner.post(f"{LIST}add/", form(name="Ours")).status_code == 302
    response = owner.get(LIST)
    assert (response.status_code, response.headers["Location"]) == (302, FORM)


def test_there_is_one_bank_which_nobody_deletes(owner: Client) -> None:
    Bank.objects.create(name="Ours")
    assert owner.get(f"{LIST}add/").status_code == 403
    assert owner.post(f"{LIST}add/", form()).status_code == 403
    assert owner.post(f"{LIST}1/delete/", {"post": "yes"}).status_code == 403
    assert "deletelink" not in text(owner.get(FORM))
    assert Bank.objects.get().name == "Ours"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": ""}, "This field is required."),
        ({"title": "\u2003"}, "This field is required."),
        ({"language": "xx"}, "“xx” is no language tag that is known here"),
        ({"promise": "a\x07"}, "Take out the character U+0007 (BEL) in line 1, column 2"),
        ({"title": "a" * 81}, "Ensure this value has at most 80 characters"),
    ],
)
def test_mistakes_are_explained_in_plain_words(
    owner: Client, changes: dict[str, Any], message: str
) -> None:
    Bank.objects.create(name="Ours")
    response = owner.post(FORM, form(**changes))
    assert response.status_code == 200
    assert message in text(response)
    assert Bank.objects.get().name == "Ours"


def test_the_bank_comes_first_among_what_is_in_it(owner: Client) -> None:
    models = re.findall(r'<tr class="model-(\w+)', text(owner.get("/admin/questions/")))
    assert models == ["bank", "category", "question", "missedsearch"]


def test_a_reader_sees_neither_list_nor_form(client: Client) -> None:
    Bank.objects.create()
    client.force_login(User.objects.create_user("reader", is_staff=True))
    assert client.get(LIST, follow=True).status_code == 403
    assert client.post(FORM, form(name="Mine")).status_code == 403


def test_the_preview_goes_by_what_the_bank_says(editor: Client) -> None:
    Bank.objects.create(example="Exemplo")
    build.category()
    response = editor.post(
        "/admin/questions/question/preview/",
        {"title": "What is it?", "answer": build.ANSWER, "short_answer": build.SHORT_ANSWER},
        headers={"Accept": "application/json"},
    )
    assert "“## Exemplo”" in str(response.json()["problems"])


def test_the_admin_has_the_name_of_the_bank(owner: Client) -> None:
    Bank.objects.update_or_create(defaults={"name": "Rätsel & Co"})
    for page in (text(owner.get("/admin/")), text(Client().get("/admin/login/"))):
        assert re.search(r'id="site-name"><a href="/admin/">Rätsel &amp; Co</a>', page)
        assert re.search(r"<title>[^<]*\| Rätsel &amp; Co</title>", page)
        assert "QA Bank" not in page
