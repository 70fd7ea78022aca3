"""What a page says of itself to those who list or share it: its head, and structured data."""

import json
from datetime import datetime
from xml.etree.ElementTree import Element

import pytest
from django.test import Client

from questions.models import Bank, Category
from tests import build
from tests.html import one, page, select, text

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("db")]


def metadata(head: Element) -> dict[str, str]:
    """Return what the head of a page says, by the names of its <meta>s."""
    found = {
        meta.get("property", meta.get("name", "")): meta.get("content", "")
        for meta in select(head, "meta")
    }
    found["canonical"] = one(head, "link[rel=canonical]").get("href", "")
    found["title"] = text(one(head, "title"))
    return found


def structured_data(html: Element) -> dict[str, dict[str, object]]:
    data = json.loads(text(one(html, "script[type=application/ld+json]")))
    return {thing["@type"]: thing for thing in data["@graph"]}


def test_each_page_says_what_it_is_when_it_is_shared(client: Client) -> None:
    Bank.objects.create(title="Questions & answers", promise="One a day.")
    question = build.question(title="What does `del` do?", short_answer="It unbinds `name` & more.")
    category = question.category
    Category.objects.update(description="About names.")
    for address, title in (
        ("/", "Questions & answers"),
        (category.get_absolute_url(), category.name),
        (question.get_absolute_url(), "What does del do?"),
    ):
        head = metadata(page(client, f"{address}?open=all&q="))
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
    html = page(client, question.get_absolute_url())
    assert len([script for script in select(html, "script") if not script.get("src")]) == 1
    article = structured_data(html)["TechArticle"]
    assert article["headline"] == question.title
    assert article["url"] == f"http://testserver{question.get_absolute_url()}"
    assert article["keywords"] == "escaping, json"
    assert article["dependencies"] == "CPython 3.13.0"
    question.refresh_from_db()
    changed = datetime.fromisoformat(str(article["dateModified"]))
    assert changed == question.updated.replace(microsecond=0)


def test_structured_data_leaves_out_what_is_not_known(client: Client) -> None:
    article = structured_data(page(client, build.question().get_absolute_url()))["TechArticle"]
    assert not {"keywords", "dependencies", "author"} & article.keys()
