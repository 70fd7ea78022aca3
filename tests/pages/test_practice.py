"""Practice as the server sees it: who asks the same gets the same, however large the bank is."""

from collections import Counter
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from questions.models import BLOCK, Question
from questions.pages.practice import DRAWN, SEEDS, Parameters, normalize, normalize_draw
from tests import build
from tests.html import one, page, select, text

pytestmark = pytest.mark.django_db


def drawn(client: Client, query: str = "") -> list[dict[str, Any]]:
    questions: list[dict[str, Any]] = client.get(f"/practice/draw.json{query}").json()["questions"]
    return questions


def drawn_slugs(client: Client, query: str = "") -> list[str]:
    return [question["slug"] for question in drawn(client, query)]


def fill(count: int, **fields: Any) -> None:
    """Make questions in several blocks of the tally, several of them at the same position."""
    category = build.category()
    questions = [
        Question(
            category=category,
            slug=f"{category.slug}-{number}",
            title=f"What is {number}?",
            level=Question.Level.values[number % 3],
            position=1 + number * 7 % (3 * BLOCK),
            short_answer="It is short.",
            **{"published": True, **fields},
        )
        for number in range(count)
    ]
    Question.objects.bulk_create(questions)


@pytest.mark.usefixtures("bank")
def test_a_draw_names_every_question_of_a_small_bank_in_an_order_that_the_seed_gives(
    client: Client,
) -> None:
    first = drawn_slugs(client, "?seed=1")
    assert sorted(first) == sorted(Question.objects.values_list("slug", flat=True))
    assert first == drawn_slugs(client, "?seed=1")
    assert first != drawn_slugs(client, "?seed=2")
    gil = next(question for question in drawn(client) if question["slug"] == "gil")
    assert gil == {"slug": "gil", "category": "core-python", "level": "advanced"}


@pytest.mark.usefixtures("bank")
def test_category_level_and_search_narrow_a_draw(client: Client) -> None:
    in_category = drawn(client, "?category=architecture")
    assert {question["category"] for question in in_category} == {"architecture"}
    assert {question["level"] for question in drawn(client, "?level=core")} == {"core"}
    assert "celery" in " ".join(drawn_slugs(client, "?q=celery"))
    assert len(drawn_slugs(client, "?q=celery")) < 30
    assert drawn_slugs(client, "?category=nowhere&level=odd") == drawn_slugs(client)
    assert drawn_slugs(client, "?q=zzzzzz") == []


def test_of_a_large_bank_each_question_has_the_same_chance(client: Client) -> None:
    for count in (300, 50, 3):
        fill(count)
    fill(40, published=False)
    found: Counter[str] = Counter()
    for seed in range(40):
        slugs = drawn_slugs(client, f"?seed={seed}")
        assert len(set(slugs)) == len(slugs) == DRAWN
        found.update(slugs)
    published = set(Question.objects.published().values_list("slug", flat=True))
    assert found.keys() <= published
    # Each is drawn 11 times of 40 on the average.
    assert len(found) > 0.99 * len(published)
    assert max(found.values()) < 27
    assert {q["level"] for q in drawn(client, "?level=expert&seed=3")} == {"expert"}


def test_a_draw_names_the_slugs_that_lead_to_a_question(client: Client) -> None:
    question = build.question(slug="first")
    Question.objects.filter(pk=question.pk).update(slug="second")
    Question.objects.filter(pk=question.pk).update(slug="third")
    build.question(slug="retired", published=False, replaced_by=question)
    assert drawn(client) == [
        {
            "slug": "third",
            "category": question.category.slug,
            "level": "core",
            "was": ["first", "second", "retired"],
        }
    ]


@pytest.mark.usefixtures("bank")
def test_an_interview_is_of_all_categories_and_levels_and_begins_easily(client: Client) -> None:
    for seed in range(10):
        asked = drawn(client, f"?mode=interview&n=8&seed={seed}")
        assert len({question["slug"] for question in asked}) == 8
        assert len({question["category"] for question in asked}) == 5
        assert max(Counter(question["category"] for question in asked).values()) == 2
        levels = [Question.Level.values.index(question["level"]) for question in asked]
        assert levels == sorted(levels)
        assert set(levels) == {0, 1, 2}


@pytest.mark.usefixtures("bank")
def test_the_interviewer_has_the_candidates_questions_with_what_to_expect(client: Client) -> None:
    asked = drawn_slugs(client, "?mode=interview&n=5&seed=77")
    shown = page(client, "/practice/?mode=interviewer&n=5&seed=77")
    links = [link.get("href") for link in select(shown, "article h2 a")]
    assert links == [f"/questions/{slug}/" for slug in asked]
    first = select(shown, "article")[0]
    question = Question.objects.get(slug=asked[0])
    assert question.short_answer.split("`")[0][:40] in text(one(first, ".short-answer"))
    assert [text(heading) for heading in select(first, "h3")] == ["Pitfalls", "Follow-ups"]
    assert len(select(first, ".answer li")) >= 3
    assert select(first, "details") == []  # hints are not folded
    assert "seed=77" in str(one(shown, ".lead a").get("href"))


@pytest.mark.usefixtures("bank")
def test_without_javascript_there_is_a_question_with_its_answer_and_another_one(
    client: Client,
) -> None:
    start = page(client, "/practice/?category=architecture")
    assert one(start, "form noscript input").attrib["name"] == "seed"
    practised = page(client, "/practice/?category=architecture&n=20")
    address = str(select(practised, "noscript a")[0].get("href"))
    assert address.endswith("?category=architecture&n=20&seed=0")
    seen = set()
    address = "/practice/?category=architecture&seed=9999"
    for _ in range(4):
        noscript = page(client, address)
        title = text(one(noscript, "noscript h2"))
        assert title in [
            text_of.replace("`", "")
            for text_of in Question.objects.filter(category__slug="architecture").values_list(
                "title", flat=True
            )
        ]
        assert text(select(noscript, "noscript .revealed summary")[0]) == "Show the answer"
        assert len(text(one(noscript, "noscript .answer"))) > 200
        seen.add(title)
        address = str(select(noscript, "noscript .actions a")[0].get("href"))
    assert len(seen) > 1
    assert "category=architecture" in address


@pytest.mark.usefixtures("bank")
def test_a_list_and_a_question_lead_to_practice_with_what_they_show(client: Client) -> None:
    for address, query in (
        ("/", "?n=20"),
        ("/?level=core&q=a+lock", "?n=20&q=a%20lock&level=core"),
        ("/categories/architecture/?level=core", "?n=20&category=architecture&level=core"),
        ("/questions/gil/", "?n=1#only=gil"),
    ):
        link = one(page(client, address), "a.practise")
        assert link.get("href") == f"/practice/{query}"
    assert select(page(client, "/?q=zzzzzz"), "a.practise") == []


def test_an_empty_bank_and_an_empty_choice_say_so(client: Client) -> None:
    assert "No question matches" in text(page(client, "/practice/?n=20&seed=1"))
    assert "No question matches" in text(page(client, "/practice/?mode=interviewer"))
    assert drawn(client) == []
    assert text(one(page(client, "/progress/"), "tfoot tr")) == "All0000"


@pytest.mark.usefixtures("bank")
@pytest.mark.parametrize(
    ("query", "n", "seed"),
    [
        ("n=abc&seed=x", 20, None),
        ("n=0", 20, None),
        ("n=-5&seed=-1", 20, None),
        ("n=1000000&seed=123456", 100, 3456),
        (f"n=7&seed={'9' * 400}", 7, None),
        ("n=%00&seed=%00&q=%00&mode=%00", 20, None),
        ("n=50&mode=interview", 20, None),
        ("mode=interview", 0, None),
        ("mode=interviewer&n=no", 8, None),
        ("n=٣&seed=٣", 20, None),
    ],
)
def test_an_odd_address_gives_a_sensible_session(
    client: Client, rf: Any, query: str, n: int, seed: int | None
) -> None:
    choice = Parameters.from_query(rf.get(f"/practice/?{query}").GET)
    assert (choice.n, choice.seed) == (n, seed)
    assert client.get(f"/practice/?{query}").status_code == 200
    assert len(drawn_slugs(client, f"?{query}")) >= 8


def test_pages_that_are_the_same_are_kept_once(rf: Any) -> None:
    def normalized(query: str) -> str:
        return normalize(rf.get(f"/?{query}").GET)

    def draw_normalized(query: str) -> str:
        return normalize_draw(rf.get(f"/?{query}").GET)

    assert normalized("utm_source=x&mode=cards&open=all&start=3") == ""
    assert normalized(f"seed={SEEDS + 5}") == "seed=5"
    assert draw_normalized("n=20") == draw_normalized("n=50&seed=0") == "seed=0"
    assert draw_normalized("mode=interview") == draw_normalized("mode=interview&n=8&seed=0&x=1")


def test_what_a_draw_costs_does_not_grow_with_the_bank(client: Client) -> None:
    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        assert all('"answer"' not in q["sql"] for q in captured if "noscript" in address)
        return len(captured)

    addresses = (
        "/practice/draw.json",
        "/practice/?n=20",
        "/practice/?mode=interviewer",
        "/progress/",
    )
    build.question()
    before = [queries(address) for address in addresses]
    for _ in range(4):
        fill(150)
    after = [queries(address) for address in addresses]
    assert all(late <= early + 1 for early, late in zip(before, after, strict=True))  # the tally
    assert max(after) <= 9
