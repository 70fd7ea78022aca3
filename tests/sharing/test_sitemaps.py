"""The sitemap, which leads to every page, and robots.txt, which leads to it."""

from xml.etree import ElementTree as ET

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from questions.sharing import site
from questions.sharing.sitemaps import Questions
from tests import build

pytestmark = pytest.mark.usefixtures("db")


def locations(client: Client, address: str) -> dict[str, str]:
    tree = ET.fromstring(client.get(address).content)  # noqa: S314 (our own)
    return {str(entry.findtext("{*}loc")): str(entry.findtext("{*}lastmod")) for entry in tree}


def test_the_sitemap_leads_to_every_page_with_its_last_change(client: Client) -> None:
    question = build.question()
    build.question(published=False)
    build.category(slug="empty")
    pages: dict[str, str] = {}
    for section in locations(client, "/sitemap.xml"):
        pages |= locations(client, section)
    question.refresh_from_db()
    addresses = [question.category.get_absolute_url(), question.get_absolute_url()]
    addresses += [page.address for page in site.PAGES]
    assert set(pages) == {f"http://testserver{address}" for address in addresses}
    assert set(pages.values()) == {f"{question.updated:%Y-%m-%d}"}


def test_a_large_bank_has_a_sitemap_in_parts(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Questions, "limit", 2)
    questions = [build.question() for _ in range(5)]
    parts = [part for part in locations(client, "/sitemap.xml") if "questions" in part]
    assert len(parts) == 3
    found = [address for part in parts for address in locations(client, part)]
    assert sorted(found) == sorted(f"http://testserver{q.get_absolute_url()}" for q in questions)


def test_the_sitemap_reads_no_texts_and_asks_no_question_alone(client: Client) -> None:
    for _ in range(3):
        build.question()
    with CaptureQueriesContext(connection) as captured:
        assert client.get("/sitemap-questions.xml").status_code == 200
        assert client.get("/sitemap.xml").status_code == 200
    assert len(captured) <= 8
    assert all('"answer"' not in query["sql"] for query in captured)


def test_robots_are_led_to_the_sitemap_and_kept_from_endless_variants(client: Client) -> None:
    robots = client.get("/robots.txt").content.decode()
    assert "Sitemap: http://testserver/sitemap.xml" in robots
    assert "Disallow: /*?*open=" in robots
