"""What a device needs to install the site and to read the bank without a connection."""

from io import BytesIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from PIL import Image

from questions.models import Bank, Category, Question
from tests import build
from tests.html import page
from tests.pages.lists import links

pytestmark = pytest.mark.usefixtures("db")


def test_the_manifest_names_icons_that_are_there(client: Client) -> None:
    manifest = client.get("/manifest.webmanifest").json()
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
        return str(client.get("/offline.json").json()["version"])

    build.question(category=build.category())
    versions = [version()]
    question = build.question(category=build.category())
    versions.append(version())
    Question.objects.update(answer="Another.")
    versions.append(version())
    Category.objects.update(name="Another name")
    versions.append(version())
    Bank.objects.create(name="Another")
    versions.append(version())
    question.delete()
    versions.append(version())
    assert len(set(versions)) == len(versions)
    assert version() == version()


def test_a_bank_too_large_to_keep_says_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("questions.pages.offline.MOST_QUESTIONS", 1)
    build.question()
    assert "version" in client.get("/offline.json").json()
    build.question()
    assert client.get("/offline.json").json() == {"too_large": True}


def test_all_that_show_more_leads_to_is_kept(client: Client) -> None:
    call_command("make_bank", "130", "--categories", "3", verbosity=0)
    pages = client.get("/offline.json").json()["pages"]
    waiting = links(page(client, "/"), ".show-more")
    assert len(waiting) == 3
    for category in Category.objects.all():
        waiting += links(page(client, category.get_absolute_url()), ".show-more")
    while waiting:
        address = waiting.pop()
        assert address in pages
        waiting += links(page(client, address), ".show-more")
