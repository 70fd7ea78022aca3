"""Addresses that lead on: former slugs, retired questions; and those that are not public."""

import pytest
from django.test import Client

from questions.models import Category, Question
from tests import build
from tests.html import page, select, text
from tests.pagecache.site import Site

pytestmark = pytest.mark.usefixtures("db")


def leads_to(client: Client, address: str) -> str | int:
    """Return where an address redirects for good, or else its status."""
    response = client.get(address)
    return response.headers["Location"] if response.status_code == 301 else response.status_code


# Categories


def test_an_old_slug_of_a_category_redirects_for_good(client: Client) -> None:
    build.question(category=build.category(slug="old"))
    Category.objects.update(slug="newer")
    Category.objects.update(slug="newest")
    for old in ("old", "newer"):
        assert leads_to(client, f"/categories/{old}/") == "/categories/newest/"
        assert leads_to(client, f"/categories/{old}/?level=core") == "/categories/newest/"
    assert leads_to(client, "/categories/newest/") == 200


def test_a_filter_by_an_old_slug_shows_all(client: Client) -> None:
    build.question(category=build.category(slug="old"))
    build.question(category=build.category(slug="other"))
    Category.objects.filter(slug="old").update(slug="new")
    assert len(select(page(client, "/?category=old"), ".entry")) == 2


@pytest.mark.parametrize("published", [None, False], ids=["without a question", "with a draft"])
def test_an_empty_category_is_not_public(client: Client, published: bool | None) -> None:  # noqa: FBT001
    empty = build.category(slug="before", name="Nothing in it")
    Category.objects.update(slug="empty")
    if published is not None:
        build.question(category=empty, published=published)
    question = build.question(category=build.category())
    for address in ("/categories/empty/", "/categories/before/", "/categories/empty/picture.png"):
        assert leads_to(client, address) == 404
    addresses = ("/", "/?q=zzzz", question.get_absolute_url(), question.category.get_absolute_url())
    for address in addresses:
        html = page(client, address)
        assert "Nothing in it" not in text(html)
        assert not [link for link in select(html, "[href]") if "empty" in link.get("href", "")]
    assert "in 1 category." in text(page(client, "/"))
    for address in ("/offline.json", "/sitemap-categories.xml", "/?category=empty&level=core"):
        assert "/categories/empty/" not in client.get(address).content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_category_becomes_public_with_its_first_question(site: Site) -> None:
    build.question()
    category = build.category(slug="new")
    assert site.get("/categories/new/").status == 404
    draft = build.question(category=category, published=False)
    assert site.get("/categories/new/").status == 404
    assert "/categories/new/" not in site.get().body
    Question.objects.filter(pk=draft.pk).update(published=True)
    site.watcher.read()  # PostgreSQL tells it a moment later
    assert site.get("/categories/new/").status == 200
    assert "#category:new" in site.get().body
    Question.objects.filter(pk=draft.pk).update(published=False)
    site.watcher.read()
    assert site.get("/categories/new/").status == 404


# Retired questions


def retire(slug: str, by: Question) -> Question:
    return build.question(slug=slug, published=False, replaced_by=by)


def test_a_retired_question_leads_to_what_replaces_it(client: Client) -> None:
    last = build.question(slug="last")
    middle = retire("middle", last)
    first = retire("first", middle)
    Question.objects.filter(pk=first.pk).update(slug="first-renamed")
    Question.objects.filter(pk=last.pk).update(slug="last-renamed")
    for slug in ("first", "first-renamed", "middle", "last"):
        assert leads_to(client, f"/questions/{slug}/") == "/questions/last-renamed/"
    for address in ("/", "/?open=all", "/feed/", "/offline.json", "/sitemap-questions.xml"):
        content = client.get(address).content.decode()
        assert "first-renamed" not in content
        assert "middle" not in content


def test_a_question_that_is_retired_for_a_draft_is_not_there(client: Client) -> None:
    draft = build.question(published=False)
    retire("old", draft)
    Question.objects.filter(slug="old").update(slug="new")
    for slug in ("old", "new"):
        assert leads_to(client, f"/questions/{slug}/") == 404


def test_questions_that_replace_each_other_are_not_there(client: Client) -> None:
    one = build.question(slug="one", published=False)
    retire("two", one)
    one.replaced_by = Question.objects.get(slug="two")
    one.save()
    assert leads_to(client, "/questions/one/") == 404
    assert leads_to(client, "/questions/two/") == 404


def test_a_draft_with_the_old_slug_of_another_does_not_hide_it(client: Client) -> None:
    shown = build.question(slug="old")
    Question.objects.update(slug="new")
    build.question(slug="old", published=False)
    assert leads_to(client, "/questions/old/") == shown.get_absolute_url().replace("old", "new")


@pytest.mark.django_db(transaction=True)
def test_a_redirect_that_was_kept_follows_the_replacement(site: Site) -> None:
    one, other = build.question(slug="one"), build.question(slug="other")
    old = retire("old", one)
    assert site.get("/questions/old/").headers["Location"] == "/questions/one/"
    Question.objects.filter(pk=old.pk).update(replaced_by=other)
    site.watcher.read()  # PostgreSQL tells it a moment later
    assert site.get("/questions/old/").headers["Location"] == "/questions/other/"
    Question.objects.filter(pk=old.pk).update(replaced_by=None)
    site.watcher.read()
    assert site.get("/questions/old/").status == 404
