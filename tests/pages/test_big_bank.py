"""Banks of any size: counts and numbers from the tally, twenty questions at a time, no scans."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client

from questions import triggers
from questions.models import BLOCK, Category, Question, Tally
from questions.search.index import Scope
from questions.triggers.tables import QUESTION
from tests import build
from tests.html import one, page, parse, select, text
from tests.pages.lists import links, slugs
from tests.pages.lists import numbers as shown_numbers
from tests.triggers.kept import tally_total

pytestmark = pytest.mark.django_db


def expected_numbers() -> dict[str, int]:
    """Number all published questions the slow way."""
    questions = Question.objects.published().in_order()
    return {question.slug: number for number, question in enumerate(questions, start=1)}


def numbers() -> dict[str, int]:
    return {question.slug: question.number for question in Question.objects.published().numbered()}


def check_tally() -> None:
    assert numbers() == expected_numbers()
    counts = {c.pk: c.questions.filter(published=True).count() for c in Category.objects.all()}
    assert {c.pk: c.question_count for c in Category.objects.counted()} == counts
    assert {c.pk: c.question_count for c in Category.objects.with_counts()} == counts
    assert tally_total() == sum(counts.values())


def test_numbers_and_counts_follow_every_change() -> None:
    chance = random.Random(5)  # noqa: S311
    categories = [build.category(position=chance.randint(1, 3)) for _ in range(4)]

    def place() -> dict[str, Any]:
        return {
            "category": chance.choice(categories),
            "position": chance.choice([1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 5 * BLOCK]),
            "published": chance.random() < 0.7,
            "level": chance.choice(Question.Level.values),
        }

    for _ in range(30):
        build.question(**place())
    check_tally()
    for _ in range(25):
        questions = Question.objects.filter(pk__in=chance.sample(all_keys(), 5))
        change = chance.choice(["update", "delete", "move", "insert", "swap"])
        if change == "update":
            questions.update(**place())
        elif change == "delete":
            questions[:1].get().delete()
        elif change == "move":
            Category.objects.filter(pk=chance.choice(categories).pk).update(
                position=chance.randint(1, 9)
            )
        elif change == "insert":
            build.question(**place())
        else:
            Question.objects.bulk_update(
                [Question(pk=q.pk, **place()) for q in questions],
                ["category", "position", "published", "level"],
            )
        check_tally()


def all_keys() -> list[int]:
    return list(Question.objects.values_list("pk", flat=True))


def test_a_wrong_tally_is_mended_by_migrate() -> None:
    build.question()
    Tally.objects.update(questions=7)
    triggers.install(connection)
    check_tally()


# Twenty at a time


def test_a_small_bank_is_shown_whole(client: Client) -> None:
    category = build.category()
    for position in range(1, 21):
        build.question(category=category, position=position)
    shown = page(client, "/")
    assert len(slugs(shown)) == 20
    assert links(shown, ".show-more") == []


def test_show_more_leads_through_the_whole_category(client: Client) -> None:
    build.question(category=build.category(position=1))
    category = build.category(position=2)
    for position in range(1, 46):
        build.question(category=category, position=position)
    shown = page(client, "/")
    found, places = slugs(shown)[1:], shown_numbers(shown)
    assert len(found) == 20
    while more := links(shown, ".show-more"):
        shown = page(client, more[0])
        found += slugs(shown)
        places += shown_numbers(shown)
    assert found == list(category.questions.order_by("position").values_list("slug", flat=True))
    assert places == list(range(1, 47))


def test_show_more_keeps_the_filter_and_counts_all_that_matches(client: Client) -> None:
    category = build.category(slug="here")
    for position in range(1, 60):
        build.question(
            category=category, position=position, level="expert" if position % 2 else "core"
        )
    shown = page(client, "/?level=expert")
    assert text(one(shown, ".found")) == "30 of 59 questions, Expert"
    assert links(shown, ".show-more") == ["/categories/here/?level=expert&start=21"]
    rest = page(client, "/categories/here/?level=expert&start=21")
    assert len(slugs(rest)) == 10
    assert links(rest, ".earlier a") == ["/categories/here/?level=expert"]  # back to the first
    assert text(one(rest, ".found")) == "30 of 59 questions, Expert"


def test_open_all_opens_what_is_shown(client: Client) -> None:
    category = build.category()
    for position in range(1, 31):
        build.question(category=category, position=position)
    assert len(select(page(client, "/?open=all"), ".entry[open] .answer")) == 20


def test_many_categories_share_the_page(client: Client) -> None:
    call_command("make_bank", "900", "--categories", "300", verbosity=0)
    shown = page(client, "/")
    assert len(slugs(shown)) == 300
    assert len(links(shown, ".show-more")) == 300


@pytest.mark.parametrize("start", ["0", "-1", "1", "x", "٣", "", "1" * 40])
def test_a_start_that_makes_no_sense_is_the_first_page(client: Client, start: str) -> None:
    question = build.question()
    response = client.get(question.category.get_absolute_url(), {"start": start})
    assert slugs(parse(response.content)) == [question.slug]


def test_a_start_behind_the_end_says_that_there_is_nothing(client: Client) -> None:
    question = build.question()
    address = question.category.get_absolute_url()
    shown = page(client, f"{address}?start=999999999")
    assert slugs(shown) == []
    assert address in links(shown, ".nothing a")


# What it costs: SQLite counts the steps of its virtual machine.


def steps(act: Callable[[], object]) -> int:
    counted = 0

    def count() -> int:
        nonlocal counted
        counted += 1
        return 0

    connection.ensure_connection()
    connection.connection.set_progress_handler(count, 1)
    try:
        act()
    finally:
        connection.connection.set_progress_handler(None, 0)
    return counted


def merge_search_index() -> None:
    """Leave one segment of each index: how many there are depends on what other tests wrote."""
    with connection.cursor() as cursor:
        for scope in Scope:
            name = f"{QUESTION}_search_{scope}"
            cursor.execute(f"INSERT INTO {name} ({name}) VALUES ('optimize')")  # noqa: S608


@pytest.mark.skipif("sqlite" not in settings.DATABASES["default"]["ENGINE"], reason="SQLite's")
def test_no_page_reads_the_whole_bank(client: Client, admin_client: Client) -> None:
    def costs(count: int) -> dict[str, int]:
        call_command("make_bank", str(count), "--categories", "7", verbosity=0)
        merge_search_index()
        questions = Question.objects.order_by("pk")
        pages = {
            "home": (client, "/"),
            "open": (client, "/?open=all"),
            "level": (client, "/?level=core"),
            "filtered category": (client, "/?category=caching"),
            "category": (client, "/categories/testing/?start=41"),
            "first question": (client, questions[0].get_absolute_url()),
            "question": (client, questions[count // 2].get_absolute_url()),
            "admin's questions": (admin_client, "/admin/questions/question/"),
            "admin's drafts": (admin_client, "/admin/questions/category/"),
        }
        for reader, address in pages.values():
            assert reader.get(address).status_code == 200
        return {
            name: steps(lambda reader=reader, address=address: reader.get(address))  # type: ignore[misc]
            for name, (reader, address) in pages.items()
        }

    few, many = costs(1000), costs(6000)
    # The tally takes a step for every few questions; a scan would take several for each.
    growth = {name: (many[name] - few[name]) / 5000 for name in few}
    assert max(growth.values()) < 0.5, growth
