"""Pictures of the pages, and the icon of the site."""

from io import BytesIO

import pytest
from django.test import Client
from PIL import Image

from questions.models import Question
from tests import build

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("db")]


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


def test_what_has_no_link_to_an_icon_finds_one_where_browsers_look(client: Client) -> None:
    response = client.get("/favicon.ico", follow=True)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "image/png"
    response.getvalue()  # closes the file


def test_what_is_no_page_has_no_picture(client: Client) -> None:
    for address in ("/nothing/", "/offline/", "/questions/"):
        assert client.get(f"{address}picture.png").status_code == 404
