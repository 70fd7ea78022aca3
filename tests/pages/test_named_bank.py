"""What the bank says of itself is what every page says, and what editors write has its language."""

import json
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client
from django.test.utils import CaptureQueriesContext

from questions.models import Bank, Category, Question
from tests import build
from tests.html import one, page, select, text
from tests.pagecache.site import Site

pytestmark = pytest.mark.usefixtures("db")

# A bank about something else, in another language.
SAYS = {
    "name": "Fragen & Antworten",
    "title": "Fragen zu Kotlin",
    "promise": "Erst der Satz, dann die Einzelheiten.",
    "language": "de",
    "follow_ups": "Nachfragen",
}
ANSWER = "Ein Satz.\n\n## Nachfragen\n\n- Warum?\n\n  Ein Hinweis.\n"


def german() -> Question:
    Bank.objects.create(**SAYS)
    # Not verified with anything that is called Python.
    return build.question(
        title="Was ist ein Delegat?",
        prompt="Ein Auftrag.",
        short_answer="Ein Objekt.",
        answer=ANSWER,
        further_reading="",
        category=build.category(name="Sprache", slug="sprache", description="Die Sprache selbst."),
    )


PAGES = ["/", "/?q=delegat", "/?q=zzzz", "/categories/sprache/", "/questions/{slug}/", "/nowhere/"]


@pytest.mark.parametrize("address", PAGES)
def test_every_page_is_of_this_bank(client: Client, address: str) -> None:
    address = address.format(slug=german().slug)
    source = client.get(address).content.decode()
    assert "python" not in source.lower()
    assert "QA Bank" not in source
    assert source.count("Fragen &amp; Antworten") >= 4  # title, search, header, footer


def test_home_says_what_the_bank_says(client: Client) -> None:
    german()
    html = page(client, "/")
    assert text(one(html, "title")) == "Fragen zu Kotlin · Fragen & Antworten"
    assert text(one(html, "h1")) == "Fragen zu Kotlin"
    assert text(one(html, ".lead")).endswith("Erst der Satz, dann die Einzelheiten.")
    assert (
        text(one(html, "footer p")) == "Fragen & Antworten · Erst der Satz, dann die Einzelheiten."
    )
    said = {m.get("property", m.get("name", "")): m.get("content") for m in select(html, "meta")}
    assert said["description"] == "1 question. Erst der Satz, dann die Einzelheiten."
    assert said["og:site_name"] == "Fragen & Antworten"
    assert said["og:title"] == "Fragen zu Kotlin"
    assert said["og:description"] == "Erst der Satz, dann die Einzelheiten."


def test_what_other_programs_read_says_so_too(client: Client) -> None:
    question = german()
    manifest = client.get("/manifest.webmanifest").json()
    assert (manifest["name"], manifest["description"]) == ("Fragen & Antworten", "Fragen zu Kotlin")
    assert manifest["lang"] == "de"
    feed = ET.fromstring(client.get("/feed/").content)  # noqa: S314 (our own)
    assert str(feed.findtext("{*}title")).startswith("Fragen & Antworten: ")
    assert str(feed.findtext("{*}subtitle")).startswith("Fragen zu Kotlin. Erst der Satz")
    assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == "de"
    search = ET.fromstring(client.get("/opensearch.xml").content)  # noqa: S314 (our own)
    assert search.findtext("{*}LongName") == "Fragen & Antworten"
    assert len(str(search.findtext("{*}ShortName"))) <= 16
    assert search.findtext("{*}Description") == "Fragen zu Kotlin"
    data = text(one(page(client, question.get_absolute_url()), "[type=application/ld+json]"))
    article = json.loads(data)["@graph"][0]
    assert article["inLanguage"] == "de"
    assert article["isPartOf"]["name"] == "Fragen & Antworten"


def test_a_bank_without_the_row_has_defaults(client: Client) -> None:
    build.question()
    html = page(client, "/")
    assert text(one(html, "title")) == "Interview questions · QA Bank"
    assert "python" not in text(one(html, "header")).lower()
    assert not select(html, "main [lang=en]")


CHANGES: dict[str, Callable[[], object]] = {
    "first row": lambda: Bank.objects.create(**SAYS),
    "update": lambda: Bank.objects.update(**SAYS),
    "deleted row": lambda: Bank.objects.all().delete(),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", CHANGES)
def test_an_edit_of_the_bank_is_on_the_next_page(site: Site, change: str) -> None:
    question = build.question()
    if change != "first row":
        Bank.objects.create(name="Before", title="What was before", promise="Was so.")
    addresses = (
        "/",
        question.get_absolute_url(),
        question.category.get_absolute_url(),
        "/picture.png",
        f"{question.get_absolute_url()}picture.png",
        f"{question.category.get_absolute_url()}picture.png",
        "/manifest.webmanifest",
        "/opensearch.xml",
        "/feed/",
        "/offline.json",
    )
    before = {address: site.get(address).raw for address in addresses}
    assert {address: site.get(address).raw for address in addresses} == before
    CHANGES[change]()
    site.watcher.read()  # PostgreSQL tells it a moment later
    assert [address for address in addresses if site.get(address).raw == before[address]] == []


def test_it_takes_one_query_at_most(client: Client) -> None:
    german()
    for address in ("/", "/questions/nothing/", "/nowhere/", "/feed/", "/picture.png"):
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        asked = [query for query in captured if Bank._meta.db_table in query["sql"]]
        assert len(asked) == 1, address


# Without a database


def test_what_must_not_ask_the_database_has_a_neutral_name(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    german()

    def fail(*args: object) -> None:
        raise RuntimeError

    client.raise_request_exception = False
    with monkeypatch.context() as broken:
        broken.setattr("questions.pages.views.list_page", fail)
        with CaptureQueriesContext(connection) as captured:
            response = client.get("/")
        assert response.status_code == 500
        assert "<title>Something went wrong · QA Bank</title>" in response.content.decode()
        assert not [query for query in captured if Bank._meta.db_table in query["sql"]]
    with monkeypatch.context() as broken:
        broken.setattr(BaseDatabaseWrapper, "ensure_connection", fail)
        offline = client.get("/offline/")
        assert offline.status_code == 200
        assert "<title>You are offline · QA Bank</title>" in offline.content.decode()


# Language


def languages(html: Any, selector: str) -> set[tuple[str | None, str | None]]:
    found = select(html, selector)
    assert found, selector
    return {(element.get("lang"), element.get("dir")) for element in found}


@pytest.mark.parametrize(("language", "lang"), [("de", "de"), ("en", None), ("EN", None)])
def test_what_editors_wrote_has_their_language_and_the_interface_has_its_own(
    client: Client, language: str, lang: str | None
) -> None:
    question = german()
    Bank.objects.update(language=language)
    home = page(client, "/?open=all")
    shown = page(client, question.get_absolute_url())
    hit = page(client, "/?q=delegat")
    written = [
        *((home, part) for part in ("h1", ".entry h3", ".prompt", ".short-answer", ".answer")),
        *((home, part) for part in (".category-head a[dir]", ".jump .name")),
        *((shown, part) for part in ("h1", ".prompt", ".short-answer", ".answer", ".crumbs [dir]")),
        *((hit, part) for part in (".entry h3", ".passage", ".where", ".option [dir]")),
    ]
    for html, selector in written:
        assert languages(html, selector) == {(lang, "auto")}, selector
    for html in (home, shown, hit):
        assert html.get("lang") == "en"
        assert html.get("dir") is None
    assert languages(shown, ".meta") == {("en", "ltr")}


def test_a_closed_entry_that_was_rendered_before_has_the_language_of_now(client: Client) -> None:
    german()
    assert languages(page(client, "/"), ".short-answer") == {("de", "auto")}
    Bank.objects.update(language="fr")
    assert languages(page(client, "/"), ".short-answer") == {("fr", "auto")}


# Sections


def test_hints_are_folded_in_the_section_that_the_bank_names(client: Client) -> None:
    question = german()
    for address in (question.get_absolute_url(), "/?open=all"):
        hint = one(page(client, address), ".answer .hint")
        assert "Ein Hinweis." in text(hint)
    Bank.objects.update(follow_ups="Anderes")
    assert not select(page(client, question.get_absolute_url()), ".hint")


def test_names_are_escaped(client: Client) -> None:
    Bank.objects.create(name="<b>&", title="<i>", promise="<u>", language='x"><s>')
    Category.objects.update(name="<em>")
    question = build.question()
    for address in ("/", question.get_absolute_url(), "/nowhere/"):
        source = client.get(address).content.decode()
        assert not [tag for tag in ("<b>", "<i>", "<u>", "<s>") if tag in source]
    ET.fromstring(client.get("/opensearch.xml").content)  # noqa: S314 (our own)
