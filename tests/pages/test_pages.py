"""The public pages, as a browser without scripts gets them."""

import html5lib
import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from questions.models import Category, Question
from tests import build
from tests.html import one, page, parse, select, text
from tests.pages.lists import links, numbers, slugs

HTMX = {"HX-Request": "true"}


def markup(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return response.content.decode()


@pytest.mark.usefixtures("bank")
def test_the_home_page_shows_all_thirty_questions(client: Client) -> None:
    shown = page(client, "/")
    assert numbers(shown) == list(range(1, 31))
    assert text(one(shown, ".lead")).startswith("30 questions in 5 categories.")
    emoji = [text(emoji)[0] for emoji in select(shown, ".category-head .emoji")]
    assert emoji == list("🐍⚡🕸🏗🧪")


@pytest.mark.usefixtures("bank")
def test_short_answers_are_in_the_page_and_full_answers_are_not(client: Client) -> None:
    shown = page(client, "/")
    assert len(select(shown, ".entry .short-answer p")) == 30
    assert select(shown, ".answer") == []


@pytest.mark.usefixtures("db")
def test_a_category_page_shows_its_questions_under_their_numbers_in_the_bank(
    client: Client,
) -> None:
    first, second = build.category(position=1), build.category(position=2)
    build.question(category=first)
    shown = build.question(category=second)
    own_page = page(client, second.get_absolute_url())
    assert slugs(own_page) == [shown.slug]
    assert numbers(own_page) == [2]


@pytest.mark.usefixtures("db")
def test_a_question_page_has_the_whole_answer_and_its_neighbors(client: Client) -> None:
    before, shown, after = (build.question(position=n) for n in (1, 2, 3))
    whole = page(client, shown.get_absolute_url())
    assert text(one(whole, "h1")) == shown.title
    assert "Follow-ups" in [text(heading) for heading in select(whole, ".answer h2")]
    assert links(whole, ".previous") == [before.get_absolute_url()]
    assert links(whole, ".next") == [after.get_absolute_url()]
    assert links(whole, ".steps a") == [before.get_absolute_url(), after.get_absolute_url()]
    assert text(one(whole, ".steps .number")) == "Question 2 of 3"


@pytest.mark.usefixtures("db")
def test_the_outline_of_a_question_page_leads_to_its_parts(client: Client) -> None:
    question = build.question(prompt="A scenario.\n")
    whole = page(client, question.get_absolute_url())
    outline = [(link.get("href"), text(link)) for link in select(whole, ".outline a")]
    assert outline == [
        ("#part:scenario", "Scenario"),
        ("#part:short-answer", "Short answer"),
        (f"#{question.slug}:example", "Example"),
        (f"#{question.slug}:pitfalls", "Pitfalls"),
        (f"#{question.slug}:follow-ups", "Follow-ups"),
        ("#part:reading", "Read on"),
    ]
    ids = [element.get("id") for element in whole.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert {str(address).removeprefix("#") for address, _ in outline} <= set(ids)


@pytest.mark.usefixtures("db")
def test_a_question_page_shows_how_far_through_the_bank_it_is(client: Client) -> None:
    first, second = build.category(position=1), build.category(position=2)
    for _ in range(3):
        build.question(category=first)
    shown = build.question(category=second)
    line = one(page(client, shown.get_absolute_url()), ".through")
    widths = [float(str(stroke.get("width"))) for stroke in line]
    assert widths == [747, 747, 249, 249]  # three questions, all done; one, the last
    assert [stroke.get("class") for stroke in line] == [None, "done", None, "done"]


@pytest.mark.usefixtures("db")
def test_previous_and_next_go_on_in_the_next_category(client: Client) -> None:
    last = build.question(category=build.category(position=1), position=9)
    build.category(position=2)  # without questions
    first = build.question(category=build.category(position=3))
    assert links(page(client, last.get_absolute_url()), ".next") == [first.get_absolute_url()]
    assert links(page(client, first.get_absolute_url()), ".previous") == [last.get_absolute_url()]


@pytest.mark.usefixtures("db")
def test_previous_and_next_follow_the_numbers(client: Client) -> None:
    for slug in ("b", "a"):
        category = build.category(position=1, slug=slug)
        for position in (2, 1, 1):
            build.question(category=category, position=position)
    ordered = [q.get_absolute_url() for q in Question.objects.published().in_order()]
    pages = [page(client, address) for address in ordered]
    assert [links(shown, ".next") for shown in pages] == [[after] for after in ordered[1:]] + [[]]
    assert [links(shown, ".previous") for shown in pages] == [[]] + [[a] for a in ordered[:-1]]
    numbered = Question.objects.published().numbered().in_order()
    assert [question.number for question in numbered] == [1, 2, 3, 4, 5, 6]


@pytest.mark.usefixtures("db")
def test_drafts_are_nowhere(client: Client) -> None:
    draft = build.question(published=False, title="Is this a secret?")
    build.question(category=draft.category)
    for address in ("/", "/?open=all", "/?q=secret", draft.category.get_absolute_url()):
        assert "Is this a secret?" not in markup(client, address)
    markup(client, draft.get_absolute_url(), status=404)


@pytest.mark.usefixtures("db")
def test_an_edit_by_plain_update_is_on_the_next_page(client: Client) -> None:
    question = build.question(answer="The old text.")
    markup(client, question.get_absolute_url())
    Question.objects.update(answer="The corrected text.")
    assert "The corrected text." in markup(client, question.get_absolute_url())


@pytest.mark.usefixtures("db")
def test_an_old_slug_redirects_for_good(client: Client) -> None:
    question = build.question(slug="old")
    Question.objects.update(slug="newer")
    Question.objects.update(slug="newest")
    question.refresh_from_db()
    for old in ("old", "newer"):
        response = client.get(f"/questions/{old}/")
        assert (response.status_code, response.headers["Location"]) == (301, "/questions/newest/")


@pytest.mark.usefixtures("db")
def test_an_old_slug_of_a_draft_does_not_betray_the_draft(client: Client) -> None:
    build.question(slug="old", published=False)
    Question.objects.update(slug="new")
    markup(client, "/questions/old/", status=404)


@pytest.mark.usefixtures("db")
def test_an_unknown_address_gets_a_page_that_leads_on(client: Client) -> None:
    for address in ("/questions/none/", "/categories/none/", "/none/"):
        page = markup(client, address, status=404)
        assert "There is no page here" in page
        assert 'href="/"' in page


@pytest.mark.usefixtures("db")
def test_what_is_refused_gets_a_page_too() -> None:
    stranger = Client(enforce_csrf_checks=True)
    response = stranger.post("/", {"q": "gil"})
    assert response.status_code == 403
    assert text(one(parse(response.content), "h1")) == "This form was not accepted"
    assert not response.cookies
    stranger.force_login(User.objects.create_user("anna", is_staff=True))
    response = stranger.get("/admin/auth/user/")
    assert response.status_code == 403
    assert text(one(parse(response.content), "h1")) == "You may not do this"


@pytest.mark.usefixtures("db")
def test_an_error_of_ours_gets_a_page_too(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("questions.pages.views.list_page", fail)
    client.raise_request_exception = False
    assert "Something went wrong on our side" in markup(client, "/", status=500)


@pytest.mark.usefixtures("db")
def test_an_empty_bank_says_how_to_fill_it(client: Client) -> None:
    page = markup(client, "/")
    assert "The bank is empty" in page
    assert "loaddata bank" in page
    assert "Jump to" not in page
    # A search is headed by its hits, which there are none to say of.
    assert one(parse(client.get("/?q=lock").content), ".results").get("class") == "results"


@pytest.mark.usefixtures("db")
def test_the_number_of_queries_does_not_grow_with_the_bank(client: Client) -> None:
    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            markup(client, address)
        return len(captured)

    build.question()
    addresses = (
        "/",
        "/?open=all",
        "/?q=question&level=core",
        Category.objects.get().get_absolute_url(),
    )
    few = [queries(address) for address in addresses]
    for position in range(3):
        for _ in range(10):
            build.question(category=Category.objects.first())
        build.category(position=position + 2)
    many = [queries(address) for address in addresses]
    # A search asks the index scope by scope, until there is enough.
    search = {"sqlite": 10, "postgresql": 12}[connection.vendor]
    assert [now <= before for now, before in zip(many, few, strict=True)] == [True] * 4
    assert [count <= most for count, most in zip(few, (5, 5, search, 5), strict=True)] == [True] * 4


# htmx


@pytest.mark.usefixtures("db")
def test_htmx_gets_only_the_answer(client: Client) -> None:
    question = build.question()
    response = client.get(question.get_absolute_url(), headers=HTMX)
    fragment = response.content.decode()
    assert fragment.startswith('<div class="answer" ')
    assert ">Follow-ups</h4>" in fragment
    assert "<html" not in fragment


@pytest.mark.usefixtures("db")
def test_htmx_gets_only_the_results(client: Client) -> None:
    build.question()
    fragment = client.get("/?q=question", headers=HTMX).content.decode()
    assert fragment.count('class="results') == 1
    assert 'class="status"' in fragment
    assert "<html" not in fragment


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("extra", ["HX-History-Restore-Request", "HX-Boosted"])
def test_htmx_gets_the_page_where_it_replaces_the_page(client: Client, extra: str) -> None:
    build.question()
    response = client.get("/", headers={**HTMX, extra: "true"})
    assert "<html" in response.content.decode()


@pytest.mark.usefixtures("db")
def test_caches_are_told_that_fragment_and_page_share_an_address(client: Client) -> None:
    question = build.question()
    for address in ("/", question.get_absolute_url(), question.category.get_absolute_url()):
        for headers in ({}, HTMX):
            assert "HX-Request" in client.get(address, headers=headers).headers["Vary"]


# Standards


PAGES = [
    "/",
    "/?open=all",
    "/?q=python&level=core",
    "/?q=zzzzz",
    "/categories/core-python/",
    "/questions/gil/",
    "/questions/django-orm-query-optimization/",
]


@pytest.mark.once
@pytest.mark.usefixtures("bank")
@pytest.mark.parametrize("address", [*PAGES, "/nothing/"])
def test_each_page_is_valid_html(client: Client, address: str) -> None:
    page = client.get(address).content.decode()
    parser = html5lib.HTMLParser(strict=True)
    parser.parse(page)  # raises on the first fault


@pytest.mark.once
@pytest.mark.usefixtures("bank")
@pytest.mark.parametrize("address", [*PAGES, "/nothing/", "/static/css/site.css"])
def test_no_public_answer_sets_a_cookie_or_depends_on_one(client: Client, address: str) -> None:
    response = client.get(address)
    response.close()  # a static file is open
    assert not response.cookies
    assert "Cookie" not in response.headers.get("Vary", "")


@pytest.mark.once
@pytest.mark.usefixtures("bank")
@pytest.mark.parametrize("address", [*PAGES, "/nothing/", "/admin/login/"])
def test_the_content_security_policy_is_strict(client: Client, address: str) -> None:
    response = client.get(address)
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "nonce" not in policy
    if "admin" not in address:
        page = response.content.decode()
        assert " style=" not in page
        assert "<style" not in page
        assert "<script>" not in page


@pytest.mark.usefixtures("bank")
def test_filters_are_canonical_to_their_page(client: Client) -> None:
    assert '<link rel="canonical" href="http://testserver/">' in markup(client, "/?q=gil&open=all")


@pytest.mark.once
@pytest.mark.usefixtures("bank")
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options", "trace"])
def test_pages_can_only_be_read(client: Client, method: str) -> None:
    for address in ("/", "/categories/core-python/", "/questions/gil/"):
        assert getattr(client, method)(address).status_code == 405


def test_every_page_has_a_title_and_description_of_its_own(client: Client, bank: None) -> None:
    pages = [page(client, address) for address in PAGES[::4]]
    for selector in ("head title", "head [name=description]"):
        found = [one(shown, selector) for shown in pages]
        assert len({text(element) or element.get("content") for element in found}) == len(pages)
    assert reverse("home") == "/"


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(
    ("model", "field", "value", "shown"),
    [
        (Category, "name", "Renamed", "Renamed</a></h2>"),
        (Category, "emoji", "🧀", "🧀"),
        (Category, "slug", "moved", 'href="/categories/moved/"'),
        (Question, "title", "What is new?", "What is new?</h3>"),
        (Question, "slug", "new", 'data-slug="new"'),
        (Question, "level", Question.Level.EXPERT, 'data-level="expert"'),
        (Question, "short_answer", "Said otherwise.", "<p>Said otherwise.</p>"),
    ],
)
def test_a_list_that_was_rendered_before_shows_each_change(
    client: Client, model: type[Category | Question], field: str, value: str, shown: str
) -> None:
    build.question()
    assert shown not in markup(client, "/")
    model.objects.update(**{field: value})
    assert shown in markup(client, "/")


@pytest.mark.usefixtures("db")
def test_numbers_and_counts_that_were_rendered_before_move_with_the_bank(client: Client) -> None:
    category = build.category()
    second = build.question(category=category, position=2)
    client.get("/")
    first = build.question(category=category, position=1)
    shown = page(client, "/")
    assert slugs(shown) == [first.slug, second.slug]
    assert numbers(shown) == [1, 2]
    assert text(one(shown, ".jump .count")) == "2 questions"
