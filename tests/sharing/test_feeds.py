"""The feed: what is new or corrected, the latest first."""

from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.test import Client
from pytest_django import Settings

from questions.models import Question
from tests import build

pytestmark = pytest.mark.usefixtures("db")


def test_the_feed_brings_what_is_new_or_corrected_first(client: Client) -> None:
    corrected = build.question(title="What was `wrong`?", verified_with="CPython 3.13.0")
    build.question(title="What is new?")
    build.question(title="Is it secret?", published=False)
    Question.objects.filter(pk=corrected.pk).update(short_answer="It is *right* now.")
    feed = ET.fromstring(client.get("/feed/").content)  # noqa: S314 (our own)
    entries = feed.findall("{*}entry")
    titles = [entry.findtext("{*}title") for entry in entries]
    assert titles == ["What was wrong?", "What is new?"]
    summary = str(entries[0].findtext("{*}summary"))
    assert "<em>right</em>" in summary
    assert "Verified with CPython 3.13.0." in summary
    corrected.refresh_from_db()
    for moment in (feed, entries[0]):
        changed = str(moment.findtext("{*}updated"))
        assert datetime.fromisoformat(changed) == corrected.updated


def test_a_new_verification_moves_a_question_up(client: Client) -> None:
    first = build.question()
    build.question()
    Question.objects.filter(pk=first.pk).update(verified_on=datetime.now(UTC).date())
    feed = ET.fromstring(client.get("/feed/").content)  # noqa: S314 (our own)
    [link, *_] = feed.findall("{*}entry/{*}link")
    assert link.get("href") == f"http://testserver{first.get_absolute_url()}"


def test_ids_are_the_same_under_each_scheme_and_host(client: Client, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    build.question(slug="first")
    build.question(slug="second")

    def ids(**environ: Any) -> list[str]:
        feed = ET.fromstring(client.get("/feed/", **environ).content)  # noqa: S314 (our own)
        return [str(found.text) for found in feed.iter("{http://www.w3.org/2005/Atom}id")]

    found = ids()
    assert len(set(found)) == 3
    assert all(identity.startswith("urn:uuid:") for identity in found)
    assert ids(HTTP_HOST="qa.example.org", **{"wsgi.url_scheme": "https"}) == found


def test_a_prompt_comes_with_its_question_before_the_answer(client: Client) -> None:
    build.question(prompt="Read:\n\n```python\nprint(1)\n```\n", short_answer="It prints.")
    feed = ET.fromstring(client.get("/feed/").content)  # noqa: S314 (our own)
    summary = str(feed.findtext("{*}entry/{*}summary"))
    scenario, _, answer = summary.partition("Short answer")
    assert "Scenario" in scenario
    assert "print" in scenario
    assert "Copy" not in scenario  # a button of the page
    assert "It prints." in answer
