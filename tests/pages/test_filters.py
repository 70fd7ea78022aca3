"""The list's parameters: `q`, `category`, `level` and `open`."""

import pytest
from django.test import Client

from tests import build

pytestmark = pytest.mark.django_db


def slugs(client: Client, address: str) -> list[str]:
    """Return the slugs of the entries that the page shows, in its order."""
    page = client.get(address).content.decode()
    return [part.partition('"')[0] for part in page.split('data-slug="')[1:]]


def open_slugs(client: Client, address: str) -> list[str]:
    page = client.get(address).content.decode()
    entries = page.split('data-slug="')[1:]
    return [e.partition('"')[0] for e in entries if " open>" in e.partition("<summary>")[0]]


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
    assert slugs(client, "/?q=descriptor") == ["hit"]


def test_every_word_must_occur_in_whatever_field(client: Client) -> None:
    build.question(slug="both", title="What is a descriptor?", keywords="attribute")
    build.question(slug="one", title="What is an attribute?")
    assert slugs(client, "/?q=attribute+descriptor") == ["both"]


def test_category_level_and_text_combine(client: Client) -> None:
    here, there = build.category(slug="here"), build.category(slug="there")
    build.question(slug="hit", category=here, level="expert", keywords="needle")
    build.question(slug="other-level", category=here, level="core", keywords="needle")
    build.question(slug="other-category", category=there, level="expert", keywords="needle")
    build.question(slug="other-text", category=here, level="expert")
    assert slugs(client, "/?q=needle&category=here&level=expert") == ["hit"]


def test_a_filtered_question_keeps_its_number(client: Client) -> None:
    build.question(position=1)
    build.question(position=2, keywords="needle")
    page = client.get("/?q=needle").content.decode()
    assert '<span class="number">2</span>' in page
    assert "1 of 2 questions for “needle”" in page


def test_the_form_shows_what_was_asked(client: Client) -> None:
    build.question(category=build.category(slug="here"))
    page = client.get("/?q=a+%22b&category=here&level=expert").content.decode()
    assert 'name="q" value="a &quot;b"' in page
    assert '<option value="here" selected>' in page
    assert 'value="expert" form="filters" checked' in page


def test_no_hit_leads_on(client: Client) -> None:
    build.question(keywords="needle")
    page = client.get("/?q=nothing&level=core").content.decode()
    assert "No question matches “nothing”" in page
    assert 'href="/?q=nothing"' in page  # everywhere
    assert 'href="/"' in page


def test_open_takes_all_a_category_or_questions(client: Client) -> None:
    first = build.category(slug="first", position=1)
    second = build.category(slug="second", position=2)
    build.question(slug="a", category=first, position=1)
    build.question(slug="b", category=first, position=2)
    build.question(slug="c", category=second)
    assert open_slugs(client, "/") == []
    assert open_slugs(client, "/?open=all") == ["a", "b", "c"]
    assert open_slugs(client, "/?open=first") == ["a", "b"]
    assert open_slugs(client, "/?open=b&open=second") == ["b", "c"]
    assert open_slugs(client, "/categories/first/?open=a") == ["a"]


def test_open_entries_hold_the_whole_answer(client: Client) -> None:
    build.question(slug="a")
    build.question(slug="b")
    page = client.get("/?open=a").content.decode()
    assert page.count("<h4>Follow-ups</h4>") == 1


def test_expand_and_collapse_are_links_that_keep_the_filter(client: Client) -> None:
    first = build.category(slug="first", position=1)
    second = build.category(slug="second", position=2)
    for _ in range(2):
        build.question(category=first)
        build.question(category=second)
    page = client.get("/?level=core").content.decode()
    assert 'href="/?level=core&amp;open=all"' in page
    assert 'href="/?level=core&amp;open=first"' in page
    page = client.get("/?level=core&open=all").content.decode()
    assert 'href="/?level=core"' in page
    assert 'href="/?level=core&amp;open=second"' in page  # closes the first


def test_a_filter_without_scripts_keeps_open_what_is_open(client: Client) -> None:
    build.question(slug="a")
    page = client.get("/?open=a").content.decode()
    assert '<input type="hidden" name="open" value="a">' in page


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
        page = client.get("/", {query: '"><img src=x onerror=alert(1)>'}).content.decode()
        assert "<img" not in page
