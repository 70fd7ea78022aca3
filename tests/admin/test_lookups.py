"""What an address or a form may ask the admin for, and that no number in it is our failure."""

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from axes.models import AccessAttempt
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from questions.models import MissedSearch, Question
from tests import build
from tests.admin.forms import form

pytestmark = pytest.mark.django_db

LIST = "/admin/questions/question/"

NUMBERS = {
    "more than Python takes": "9" * 5000,
    "less than a database holds": "-" + "9" * 4000,
    "other digits": "٩" * 4400,
    "no number": "\0",
}
number = pytest.mark.parametrize("number", NUMBERS.values(), ids=NUMBERS)


@pytest.fixture
def owner(client: Client) -> Client:
    user = User.objects.create_superuser("owner")
    AccessAttempt.objects.create(
        username="a", ip_address="192.0.2.1", user_agent="a", failures_since_start=1
    )
    client.force_login(user)
    return client


def lists() -> Iterator[tuple[Any, str]]:
    for model in admin.site._registry:
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        yield model, reverse(f"admin:{name}_changelist")


# Lookups


def test_a_pattern_in_a_link_does_not_run(owner: Client) -> None:
    build.question(answer="word" * 6)
    began = time.process_time()
    response = owner.get(f"{LIST}?{urlencode({'answer__regex': r'^(\w+\s?)*$\Z!'})}")
    assert time.process_time() - began < 2
    assert response.status_code == 400


def test_no_list_of_any_package_takes_a_lookup_that_it_does_not_offer(owner: Client) -> None:
    tried = 0
    for model, address in lists():
        for field in model._meta.get_fields():
            response = owner.get(f"{address}?{field.name}__regex=a")
            assert response.status_code == 400, (address, field.name)
            tried += 1
    assert tried > 50


def test_what_the_filters_offer_still_works(owner: Client) -> None:
    first = build.question(
        level="core", verified_on="2026-01-02", title="What is the first?", keywords="needle"
    )
    build.question(level="expert", category=build.category(), title="What is the second?")
    for query in (
        f"category__id__exact={first.category.pk}",
        "level__exact=core",
        "level=core",
        "verified_on__gte=2026-01-01&verified_on__lt=2026-02-01",
        "verified_on__isnull=False",
        "q=needle",
        f"q=needle&level__exact=core&o=-2&category__id__exact={first.category.pk}",
    ):
        page = owner.get(f"{LIST}?{query}").content.decode()
        assert "What is the first?" in page, query
        assert "What is the second?" not in page, query
    for address in (
        "/admin/auth/user/?is_staff__exact=1&groups__isnull=True&_popup=1&_to_field=id",
        "/admin/axes/accessattempt/?locked_out=no&attempt_time__year=2026&attempt_time__month=1",
        "/admin/otp_totp/totpdevice/?confirmed__exact=0&created_at__isnull=False",
        f"{LIST}?todo=publish&all=&p=1&e=1",
    ):
        assert owner.get(address).status_code == 200, address


def test_every_link_of_every_list_works(owner: Client) -> None:
    build.question()
    Group.objects.create(name="a")
    followed = 0
    for address in (LIST, "/admin/auth/user/", "/admin/axes/accessattempt/"):
        changelist = owner.get(address).context["cl"]
        for spec in changelist.filter_specs:
            for choice in spec.choices(changelist):
                response = owner.get(f"{address}{choice['query_string']}")
                assert response.status_code == 200, (address, choice)
                followed += 1
    assert followed > 20


def test_a_search_for_thousands_of_words_is_a_message(owner: Client) -> None:
    build.question()
    for _, address in lists():
        response = owner.get(address, {"q": "a " * 3500})
        assert response.status_code == 200
        if response.context["cl"].search_fields:
            assert "at most 200 characters" in response.content.decode()


# Numbers


@number
def test_an_object_that_cannot_be_is_told_or_not_found(owner: Client, number: str) -> None:
    build.question()
    for _, address in lists():
        for page in ("change/", "history/"):
            response = owner.get(f"{address}{quote(number)}/{page}")
            assert response.status_code in {302, 400, 404}, (address, page)
        response = owner.post(f"{address}{quote(number)}/delete/", {"post": "yes"})
        assert response.status_code in {302, 400, 403, 404}, address
    assert Question.objects.exists()


@number
def test_saving_what_cannot_be_is_told(owner: Client, number: str) -> None:
    question = build.question()
    response = owner.post(f"{LIST}{quote(number)}/change/", form(question), follow=True)
    assert response.status_code == 200
    assert "Perhaps it was deleted?" in response.content.decode()
    for address in (
        f"{LIST}deleted/{quote(number)}/undelete/",
        f"{LIST}{question.pk}/history/{quote(number)}/restore/",
        f"{LIST}{quote(number)}/history/{quote(number)}/restore/",
        f"/admin/r/{quote(number)}/{question.pk}/",
    ):
        response = owner.post(address, follow=True)
        assert response.status_code in {200, 400, 404}, address
    assert [q.updated for q in Question.objects.all()] == [question.updated]


@number
def test_a_preview_takes_no_notice_of_a_key_or_category_that_cannot_be(
    owner: Client, number: str
) -> None:
    build.question()
    for name in ("key", "category", "position"):
        response = owner.post(f"{LIST}preview/", {"title": "What is new?", name: number})
        assert response.status_code == 200
        assert "What is new?" in response.content.decode()


@number
def test_a_form_refuses_a_category_that_cannot_be(owner: Client, number: str) -> None:
    question = build.question()
    for address in (f"{LIST}add/", f"{LIST}{question.pk}/change/"):
        for name in ("category", "position", "version", "replaced_by"):
            response = owner.post(address, form(question, **{name: number}))
            assert response.status_code == 200, (address, name)
            assert response.context["errors"], (address, name)


@pytest.mark.parametrize("value", ["9" * 30, "9" * 5_000, "x", "1x", "\0", "²"])
def test_an_address_proposes_no_question_that_cannot_be(owner: Client, value: str) -> None:
    build.question()
    search = MissedSearch.objects.create(text="x")
    proposed = {"replaced_by": value, "category": value, "position": value, "verified_on": value}
    assert owner.get(f"{LIST}add/", proposed).status_code == 200
    address = f"/admin/questions/missedsearch/{search.pk}/change/"
    refused = owner.post(address, {"question": value})
    assert refused.status_code == 200
    assert refused.context["errors"]


@number
def test_an_action_on_what_cannot_be_does_nothing(owner: Client, number: str) -> None:
    build.question()
    before = [model._default_manager.count() for model, _ in lists()]
    for _, address in lists():
        for action in ("delete_selected", "publish"):
            data = {"action": action, "_selected_action": number, "post": "yes"}
            response = owner.post(address, data)
            assert response.status_code in {200, 302, 400, 404}, address
        edited = {
            "_save": "Save",
            "form-TOTAL_FORMS": 1,
            "form-INITIAL_FORMS": 1,
            "form-0-id": number,
            "form-0-position": number,
        }
        assert owner.post(address, edited).status_code in {200, 400, 404}, address
    after = [model._default_manager.count() for model, _ in lists()]
    # Deleting what is not there is no entry in the log of the admin either.
    assert after == before


@number
def test_a_filter_with_a_value_that_cannot_be_shows_the_list(owner: Client, number: str) -> None:
    build.question()
    for model, address in lists():
        model_admin: Any = admin.site.get_model_admin(model)
        names = [f"{model_admin.date_hierarchy}__year", "o", "p", "q"]
        for spec in owner.get(address).context["cl"].filter_specs:
            names += spec.expected_parameters()
        for name in names:
            if name == "None__year":
                continue
            response = owner.get(address, {name: number})
            is_refused = response.headers.get("Location") == f"{address}?e=1"
            assert response.status_code == 200 or is_refused, (address, name)


@pytest.mark.parametrize("query", ["year=9999", "year=9999&M=12", "year=0", "year=2026&M=99999"])
def test_a_year_at_the_end_of_all_years(owner: Client, query: str) -> None:
    query = query.replace("year", "attempt_time__year").replace("M", "attempt_time__month")
    assert owner.get(f"/admin/axes/accessattempt/?{query}", follow=True).status_code == 200


def test_no_form_takes_more_rows_than_were_sent(owner: Client) -> None:
    question = build.question()
    edited = f"{LIST}{question.pk}/change/"
    began = time.process_time()
    for rows in ("9999", "9" * 5000):
        for address, prefix in ((LIST, "form"), (edited, "former_slugs")):
            sent = {f"{prefix}-TOTAL_FORMS": rows, f"{prefix}-INITIAL_FORMS": "0", "_save": "Save"}
            assert owner.post(address, sent).status_code == 400
    assert time.process_time() - began < 2
    sent = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "_save": "Save"}
    sent |= {"form-0-id": str(question.pk), "form-0-position": "7"}
    assert owner.post(LIST, sent).status_code == 302
    assert Question.objects.get().position == 7
