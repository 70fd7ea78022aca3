"""The list's parameters: `q`, `category`, `level` and `open`."""

from collections.abc import Callable
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client

from questions.pages.filters import Filters
from tests import build
from tests.html import one, page, parse, select, text
from tests.pages.lists import links, numbers, open_slugs, slugs

pytestmark = pytest.mark.django_db


def shown(client: Client, address: str) -> list[str]:
    """Return the slugs of the entries that a page shows, in its order."""
    return slugs(page(client, address))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "What does a Descriptor do?"),
        ("short_answer", "A descriptor is an object."),
        ("answer", "See the DESCRIPTOR protocol."),
        ("keywords", "attribute, descriptor"),
    ],
)
def test_text_is_found_in_each_field_in_any_case(client: Client, field: str, value: str) -> None:
    build.question(slug="hit", **{field: value})
    build.question(slug="miss")
    assert shown(client, "/?q=descriptor") == ["hit"]


def test_every_word_must_occur_in_whatever_field(client: Client) -> None:
    build.question(slug="both", title="What is a descriptor?", keywords="attribute")
    build.question(slug="one", title="What is an attribute?")
    found = page(client, "/?q=attribute+descriptor")
    assert text(one(found, ".found")) == "1 of 2 questions for “attribute descriptor”"
    assert [slugs(part) for part in select(found, ".hits .card")] == [["both"], ["one"]]
    assert text(select(found, ".hits h2")[-1]) == "Less close"


def test_category_level_and_text_combine(client: Client) -> None:
    here, there = build.category(slug="here"), build.category(slug="there")
    build.question(slug="hit", category=here, level="expert", keywords="needle")
    build.question(slug="other-level", category=here, level="core", keywords="needle")
    build.question(slug="other-category", category=there, level="expert", keywords="needle")
    build.question(slug="other-text", category=here, level="expert")
    assert shown(client, "/?q=needle&category=here&level=expert") == ["hit"]


def test_a_filtered_question_keeps_its_number(client: Client) -> None:
    build.question(position=1)
    build.question(position=2, keywords="needle")
    found = page(client, "/?q=needle")
    assert numbers(found) == [2]
    assert text(one(found, ".found")) == "1 of 2 questions for “needle”"
    assert text(one(found, ".practise")) == "Practise this question"
    assert text(one(page(client, "/"), ".practise")) == "Practise these 2"
    for unseen in select(found, ".found .spoken"):
        unseen.text = ""
    assert text(one(found, ".found")) == "1 question"


def test_the_form_shows_what_was_asked(client: Client) -> None:
    build.question(category=build.category(slug="here"))
    found = page(client, "/?q=a+%22b&category=here&level=expert")
    assert one(found, "[name=q]").get("value") == 'a "b'
    kept = select(found, ".search [type=hidden]")
    assert {field.get("name"): field.get("value") for field in kept} == {
        "category": "here",
        "level": "expert",
    }


def test_no_hit_leads_on(client: Client) -> None:
    build.question(keywords="needle")
    nothing = one(page(client, "/?q=nothing&level=core"), ".nothing")
    assert "No question matches “nothing”" in text(nothing)
    assert links(nothing)[0] == "/"  # nothing has the word: without the level it would be empty too


def test_no_hit_under_a_filter_says_how_many_there_are_without_it(client: Client) -> None:
    here, there = build.category(slug="here"), build.category(slug="there")
    build.question(category=here, title="What is a descriptor?")
    for _ in range(3):
        build.question(category=there, keywords="needle", level="expert")
    for address, expected in {
        "/categories/here/?q=needle": ["3 questions match in other categories: show them"],
        "/?q=needle&level=core": ["3 questions match at other levels: show them"],
        "/?q=needle&level=core&category=there": ["3 questions match at other levels: show them"],
        "/?q=needle&level=core&category=here": [
            "3 questions match in other categories and at other levels: show them"
        ],
        "/categories/here/?level=expert": [
            "1 question matches at other levels: show it",
            "3 questions match in other categories: show them",
        ],
    }.items():
        nothing = one(page(client, address), ".nothing")
        assert "No question has these words" not in text(nothing)
        assert "Look for" not in text(nothing)
        said = [text(item) for item in select(nothing, "li")]
        assert said[: len(expected) + 1] == [*expected, "Show all 4 questions"]
        for wider in links(nothing)[: len(expected)]:
            assert shown(client, wider)
    build.question(
        category=build.category(), level="core"
    )  # without words both filters away are all questions
    nothing = one(page(client, "/categories/here/?level=expert"), ".nothing")
    assert text(nothing).count("all 5 questions") == 1
    assert "5 questions match" not in text(nothing)


def test_words_are_advised_on_only_where_words_were_typed(client: Client) -> None:
    build.question(level="core")
    nothing = text(one(page(client, "/?level=expert"), ".nothing"))
    assert "words" not in nothing
    assert "Show the only question" in nothing
    assert "words" in text(one(page(client, "/?q=zzzz"), ".nothing"))


def test_what_was_typed_is_not_suggested(client: Client) -> None:
    build.question(title="What is a descriptor?")
    build.question(title="What is a transaction?")
    nothing = one(page(client, "/?q=descriptor+transaction+zzzz"), ".results")
    assert "Look for descriptor" not in text(nothing)
    assert "Look for transaction" not in text(nothing)


def test_a_slug_opens_the_question_where_a_category_has_it_too(client: Client) -> None:
    both = build.category(slug="both")
    build.question(slug="both", category=both, position=1)
    build.question(slug="other", category=both, position=2)
    assert open_slugs(page(client, "/?open=both")) == ["both"]
    (expand,) = links(page(client, "/"), ".expand")
    assert open_slugs(page(client, expand)) == ["both", "other"]


# How far a list goes


def far(count: int) -> None:
    category = build.category(slug="far")
    for number in range(1, count + 1):
        build.question(category=category, position=number, slug=f"far-{number:03}")


@pytest.mark.parametrize("path", ["/", "/categories/far/", "/?q=question", "/?level=core"])
@pytest.mark.parametrize("name", ["open", "until"])
def test_a_list_goes_on_as_far_as_the_address_names_a_question(
    client: Client, path: str, name: str
) -> None:
    far(50)
    everything = shown(client, f"{path}{'&' if '?' in path else '?'}until=far-050&until=far-001")
    named = everything[31]
    found = page(client, f"{path}{'&' if '?' in path else '?'}{name}={named}")
    assert slugs(found) == everything[:40]
    assert open_slugs(found) == ([named] if name == "open" else [])
    (more,) = links(found, ".show-more")
    assert "start=41" in more


def test_a_list_that_would_be_too_long_starts_later(client: Client) -> None:
    far(230)
    found = page(client, "/?open=far-225")
    assert 180 < len(slugs(found)) <= 200
    assert open_slugs(found) == ["far-225"]
    assert text(one(found, ".earlier")).startswith("From place 41 on.")
    assert shown(client, links(found, ".earlier a")[0])[0] == "far-001"


def test_how_far_a_list_goes_costs_no_query_per_question(
    client: Client, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    far(60)
    client.get("/")
    opened = "&".join(f"open=far-{number:03}" for number in range(1, 60))
    with django_assert_max_num_queries(10):
        client.get(f"/?{opened}")


def test_open_takes_all_a_category_or_questions(client: Client) -> None:
    first = build.category(slug="first", position=1)
    second = build.category(slug="second", position=2)
    build.question(slug="a", category=first, position=1)
    build.question(slug="b", category=first, position=2)
    build.question(slug="c", category=second)
    for address, expected in {
        "/": [],
        "/?open=all": ["a", "b", "c"],
        "/?open=first": ["a", "b"],
        "/?open=b&open=second": ["b", "c"],
        "/categories/first/?open=a": ["a"],
    }.items():
        assert open_slugs(page(client, address)) == expected


def test_open_entries_hold_the_whole_answer(client: Client) -> None:
    build.question(slug="a")
    build.question(slug="b")
    headings = select(page(client, "/?open=a"), ".entry[open] h4")
    assert "Follow-ups" in [text(heading) for heading in headings]
    assert len(select(page(client, "/?open=a"), ".entry .answer")) == 1


def test_opening_all_of_a_category_is_a_link_that_keeps_the_filter(client: Client) -> None:
    first = build.category(slug="first", position=1)
    second = build.category(slug="second", position=2)
    for _ in range(2):
        build.question(category=first)
        build.question(category=second)
    assert links(page(client, "/?level=core"), ".expand") == [
        "/?level=core&open=first",
        "/?level=core&open=second",
    ]
    assert links(page(client, "/?level=core&open=all"), ".expand") == [
        "/?level=core&open=second",  # closes the first
        "/?level=core&open=first",
    ]


def test_a_filter_without_scripts_keeps_open_what_is_open(client: Client) -> None:
    build.question(slug="a")
    assert one(page(client, "/?open=a"), ".search [name=open]").get("value") == "a"


ODD = [
    "q=%00",
    "q=%ff%fe%ed%a0%80",
    "q=" + "a" * 100_000,
    "q=" + "%F0%9F%90%8D" * 10_000,
    "q=" + "a+" * 50_000,
    "q=%25_%5C%27%22%3B--",
    "q=%3Cscript%3Ealert(1)%3C/script%3E",
    "category=none",
    "category=%00",
    "level=none",
    "level=core&level=expert",
    "open=none",
    "open=%00&open=%ff",
    "open=" + "&open=".join(map(str, range(900))),
    "page=2",
    "page=-1&page=99999999999999999999",
    "q[]=1&q.x=2&=&&&",
    "%00=%00",
]


@pytest.mark.parametrize("query", ODD, ids=[query[:30] for query in ODD])
@pytest.mark.parametrize("path", ["/", "/categories/here/", "/questions/a/"])
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "htmx"])
def test_odd_parameters_give_a_sensible_page(
    client: Client, path: str, query: str, headers: dict[str, str]
) -> None:
    build.question(slug="a", category=build.category(slug="here"))
    response = client.get(path, query_params=None, headers=headers, QUERY_STRING=query)
    assert response.status_code == 200
    assert b"<script>alert" not in response.content
    assert len(response.content) < 100_000


def test_more_parameters_than_anybody_needs_are_a_bad_request(client: Client) -> None:
    response = client.get("/", QUERY_STRING="&open=a" * 2000)
    assert response.status_code == 400
    assert "This address asks for too much" in response.content.decode()


def test_what_is_asked_is_escaped(client: Client) -> None:
    build.question()
    for query in ("q", "open", "category", "level"):
        found = parse(client.get("/", {query: '"><img src=x onerror=alert(1)>'}).content)
        assert select(found, "img") == []


# What matches, for whatever shows it


def matching(address: str) -> list[str]:
    return [question.slug for question in Filters.from_query(QueryDict(address)).questions()]


def test_all_that_matches_comes_in_the_order_of_the_page() -> None:
    last, first = build.category(slug="last", position=2), build.category(slug="first", position=1)
    build.question(slug="d", category=last)
    build.question(slug="c", category=first, position=2, level="expert")
    build.question(slug="b", category=first, position=2)
    build.question(slug="a", category=first, position=3)
    build.question(category=first, published=False)
    assert matching("") == ["b", "c", "a", "d"]
    assert matching("level=core") == ["b", "a", "d"]
    assert matching("category=first&level=core&open=all&start=2") == ["b", "a"]


def test_all_that_is_found_comes_by_relevance() -> None:
    here = build.category(slug="here")
    build.question(slug="lower", category=here, answer="A needle.")
    build.question(slug="upper", category=here, title="Where is the needle?")
    build.question(category=here, title="Where is the needle?", published=False)
    build.question(category=here, title="Where is the needle?", level="expert")
    build.question(category=build.category(), title="Where is the needle?")
    assert matching("q=needle&category=here&level=core") == ["upper", "lower"]
    assert matching("q=nothing") == []


def test_a_list_shows_the_first_of_what_matches(client: Client) -> None:
    for position in range(1, 41):
        build.question(position=position, level="core" if position % 3 else "expert")
    assert shown(client, "/?level=core") == matching("level=core")[:20]
    assert len(matching("level=core")) == 27
    assert shown(client, "/?q=question") == matching("q=question")[:20]
    assert len(matching("q=question")) == 40
