"""Where a question's page leads on to: further reading, and related questions."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from questions.models import Question
from tests import build
from tests.html import page, select, text

pytestmark = pytest.mark.usefixtures("db")


def test_a_link_to_read_on_is_followed_by_the_name_of_its_site(client: Client) -> None:
    question = build.question(
        further_reading="- [Docs](https://www.python.org/doc/)\n- [Odd](http://[::1)\n- [Here](/)\n"
    )
    items = select(page(client, question.get_absolute_url()), ".reading li")
    assert [text(item) for item in items] == ["Docs python.org", "Odd", "Here"]


def related(client: Client, question: Question) -> list[str]:
    links = select(page(client, question.get_absolute_url()), "nav.related a")
    return [link.get("href", "") for link in links]


def test_related_questions_share_keywords_before_they_share_a_category(client: Client) -> None:
    here = build.category(position=1)
    elsewhere = build.category(position=2)
    question = build.question(category=here, keywords="gil, threads")
    neighbor = build.question(category=here, slug="neighbor")
    alike = build.question(category=elsewhere, slug="alike", keywords="threads, gil")
    build.question(category=elsewhere, slug="foreign", answer="Nothing in common.")
    build.question(category=elsewhere, slug="draft", keywords="gil", published=False)
    assert related(client, question) == [alike.get_absolute_url(), neighbor.get_absolute_url()]
    assert related(client, question) == related(client, question)


def test_related_questions_cost_the_same_in_a_larger_bank(client: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            page(client, question.get_absolute_url())
        return len(captured)

    question = build.question(keywords="one, two, three, four, five, six")
    few = queries()
    for _ in range(40):
        build.question(keywords="one, two", category=question.category)
    assert queries() <= few
    assert len(related(client, question)) == 5
