"""What other sites and programs read: heads, structured data, pictures, sitemap, feed."""

import json
import re
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from xml.etree import ElementTree as ET

import html5lib
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image

from questions.models import Category, Question
from questions.sharing.sitemaps import Questions
from tests import build

NAMESPACES = {
    "a": "http://www.w3.org/2005/Atom",
    "s": "http://www.sitemaps.org/schemas/sitemap/0.9",
}

pytestmark = pytest.mark.usefixtures("db")


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def metadata(client: Client, address: str) -> dict[str, str]:
    page: Any = html5lib.parse(text(client, address), namespaceHTMLElements=False)
    found = {
        meta.get("property", meta.get("name")): meta.get("content") for meta in page.iter("meta")
    }
    found["canonical"] = page.find(".//link[@rel='canonical']").get("href")
    found["title"] = page.findtext(".//title")
    return found


def structured_data(client: Client, address: str) -> dict[str, dict[str, object]]:
    page: Any = html5lib.parse(text(client, address), namespaceHTMLElements=False)
    data = json.loads(page.findtext(".//script[@type='application/ld+json']"))
    return {thing["@type"]: thing for thing in data["@graph"]}


# Heads


def test_each_page_says_what_it_is_when_it_is_shared(client: Client) -> None:
    question = build.question(title="What does `del` do?", short_answer="It unbinds `name` & more.")
    category = question.category
    Category.objects.update(description="About names.")
    for address, title in (
        ("/", "Advanced Python backend interview questions"),
        (category.get_absolute_url(), category.name),
        (question.get_absolute_url(), "What does del do?"),
    ):
        head = metadata(client, f"{address}?open=all&q=")
        assert head["og:title"] == title
        assert head["og:url"] == head["canonical"] == f"http://testserver{address}"
        assert head["og:image"] == f"http://testserver{address}picture.png"
        assert head["og:description"]
    assert head["description"] == head["og:description"] == "It unbinds name & more."


def test_structured_data_is_what_the_page_says(client: Client) -> None:
    question = build.question(
        title="Is </script><script>alert(1)</script> & “this” escaped?",
        keywords="escaping, json",
        verified_with="CPython 3.13.0",
    )
    page = text(client, question.get_absolute_url())
    assert "<script>alert" not in page
    article = structured_data(client, question.get_absolute_url())["TechArticle"]
    assert article["headline"] == question.title
    assert article["url"] == f"http://testserver{question.get_absolute_url()}"
    assert article["keywords"] == "escaping, json"
    assert article["dependencies"] == "CPython 3.13.0"
    question.refresh_from_db()
    changed = datetime.fromisoformat(str(article["dateModified"]))
    assert changed == question.updated.replace(microsecond=0)


def test_structured_data_leaves_out_what_is_not_known(client: Client) -> None:
    article = structured_data(client, build.question().get_absolute_url())["TechArticle"]
    assert not {"keywords", "dependencies", "author"} & article.keys()


# Pictures


@pytest.mark.parametrize("title", ["Why?", "W" * 250, "A long word " * 20, "“Ünïcödé” → naïve?"])
def test_each_page_has_a_picture(client: Client, title: str) -> None:
    question = build.question(title=title)
    for address in ("/", question.category.get_absolute_url(), question.get_absolute_url()):
        response = client.get(f"{address}picture.png")
        assert response.headers["Content-Type"] == "image/png"
        assert "max-age=86400" in response.headers["Cache-Control"]
        assert Image.open(BytesIO(response.content)).size == (1200, 630)
        assert len(response.content) < 60_000


def test_the_picture_follows_the_title(client: Client) -> None:
    question = build.question(title="Before?")
    address = f"{question.get_absolute_url()}picture.png"
    before = client.get(address).content
    Question.objects.update(title="After?")
    assert client.get(address).content != before


def test_a_draft_has_no_picture(client: Client) -> None:
    draft = build.question(published=False)
    assert client.get(f"{draft.get_absolute_url()}picture.png").status_code == 404


# Sitemap and robots.txt


def locations(client: Client, address: str) -> dict[str, str]:
    tree = ET.fromstring(text(client, address))  # noqa: S314 (our own)
    return {
        str(entry.findtext("s:loc", namespaces=NAMESPACES)): str(
            entry.findtext("s:lastmod", namespaces=NAMESPACES)
        )
        for entry in tree
    }


def test_the_sitemap_leads_to_every_page_with_its_last_change(client: Client) -> None:
    question = build.question()
    build.question(published=False)
    build.category(slug="empty")
    pages: dict[str, str] = {}
    for section in locations(client, "/sitemap.xml"):
        pages |= locations(client, section)
    question.refresh_from_db()
    addresses = ("/", question.category.get_absolute_url(), question.get_absolute_url())
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
        text(client, "/sitemap-questions.xml")
        text(client, "/sitemap.xml")
    assert len(captured) <= 8
    assert all('"answer"' not in query["sql"] for query in captured)


def test_robots_are_led_to_the_sitemap_and_kept_from_endless_variants(client: Client) -> None:
    robots = text(client, "/robots.txt")
    assert "Sitemap: http://testserver/sitemap.xml" in robots
    assert "Disallow: /*?*open=" in robots


# Feed


def test_the_feed_brings_what_is_new_or_corrected_first(client: Client) -> None:
    corrected = build.question(title="What was `wrong`?", verified_with="CPython 3.13.0")
    build.question(title="What is new?")
    build.question(title="Is it secret?", published=False)
    Question.objects.filter(pk=corrected.pk).update(short_answer="It is *right* now.")
    feed = ET.fromstring(text(client, "/feed/"))  # noqa: S314 (our own)
    entries = feed.findall("a:entry", NAMESPACES)
    titles = [entry.findtext("a:title", namespaces=NAMESPACES) for entry in entries]
    assert titles == ["What was wrong?", "What is new?"]
    summary = str(entries[0].findtext("a:summary", namespaces=NAMESPACES))
    assert "<em>right</em>" in summary
    assert "Verified with CPython 3.13.0." in summary
    corrected.refresh_from_db()
    for moment in (feed, entries[0]):
        changed = str(moment.findtext("a:updated", namespaces=NAMESPACES))
        assert datetime.fromisoformat(changed) == corrected.updated


def test_a_new_verification_moves_a_question_up(client: Client) -> None:
    first = build.question()
    build.question()
    Question.objects.filter(pk=first.pk).update(verified_on=datetime.now(UTC).date())
    ids = re.findall(r"<id>http://testserver/questions/(.*?)/</id>", text(client, "/feed/"))
    assert ids[0] == first.slug


# Installing and offline


def test_the_manifest_names_icons_that_are_there(client: Client) -> None:
    manifest = json.loads(text(client, "/manifest.webmanifest"))
    sizes = set()
    for icon in manifest["icons"]:
        response: Any = client.get(icon["src"])
        content = b"".join(response.streaming_content)
        width, height = Image.open(BytesIO(content)).size
        assert icon["sizes"] == f"{width}x{height}"
        sizes.add(icon["sizes"])
        response.close()
    assert sizes == {"192x192", "512x512"}


def test_the_version_of_the_kept_bank_moves_with_every_change(client: Client) -> None:
    def version() -> str:
        return str(json.loads(text(client, "/offline.json"))["version"])

    versions = [version()]
    question = build.question()
    versions.append(version())
    Question.objects.update(answer="Another.")
    versions.append(version())
    Category.objects.update(name="Another name")
    versions.append(version())
    question.delete()
    versions.append(version())
    assert len(set(versions)) == len(versions)
    assert version() == version()


def test_every_script_and_style_that_a_page_names_is_kept_with_the_bank(
    client: Client, settings: Any
) -> None:
    settings.OFFLINE = True
    build.question(slug="one")
    kept = json.loads(text(client, "/offline.json"))["assets"]
    for address in ("/", "/questions/one/", "/offline/"):
        named = re.findall(r'"(/static/[^"]+[.](?:css|js))"', text(client, address))
        assert len(named) >= 4
        assert set(named) <= set(kept)


def test_a_bank_too_large_to_keep_says_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("questions.pages.offline.MOST_QUESTIONS", 1)
    build.question()
    assert "version" in json.loads(text(client, "/offline.json"))
    build.question()
    assert json.loads(text(client, "/offline.json")) == {"too_large": True}


# Reading


def test_a_link_to_read_on_is_followed_by_the_name_of_its_site(client: Client) -> None:
    question = build.question(
        further_reading="- [Docs](https://www.python.org/doc/)\n- [Odd](http://[::1)\n- [Here](/)\n"
    )
    page = text(client, question.get_absolute_url())
    assert 'Docs</a> <span class="site">python.org</span>' in page
    assert "Here</a></li>" in page


# Related questions


def related(client: Client, question: Question) -> list[str]:
    page = text(client, question.get_absolute_url()).partition('id="related-title"')[2]
    return re.findall(r'href="/questions/(.*?)/"', page.partition("</nav>")[0])


def test_related_questions_share_keywords_before_they_share_a_category(client: Client) -> None:
    here = build.category(position=1)
    elsewhere = build.category(position=2)
    question = build.question(category=here, keywords="gil, threads")
    neighbor = build.question(category=here, slug="neighbor")
    alike = build.question(category=elsewhere, slug="alike", keywords="threads, gil")
    build.question(category=elsewhere, slug="foreign", answer="Nothing in common.")
    build.question(category=elsewhere, slug="draft", keywords="gil", published=False)
    assert related(client, question) == [alike.slug, neighbor.slug]
    assert related(client, question) == related(client, question)


def test_related_questions_cost_the_same_in_a_larger_bank(client: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            text(client, question.get_absolute_url())
        return len(captured)

    question = build.question(keywords="one, two, three, four, five, six")
    few = queries()
    for _ in range(40):
        build.question(keywords="one, two", category=question.category)
    assert queries() <= few
    assert len(related(client, question)) == 5


def test_what_has_no_link_to_an_icon_finds_one_where_browsers_look(client: Client) -> None:
    response = client.get("/favicon.ico", follow=True)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "image/png"
    response.getvalue()  # closes the file
