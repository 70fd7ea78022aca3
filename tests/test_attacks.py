"""What an editor writes can't attack a reader: in a real browser, with the policy switched off."""

import re
import time
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import BrowserContext, Route, expect
from pytest_django.live_server_helper import LiveServer

from questions.checking import rules
from questions.markdown import render, sanitize
from questions.models import ANSWER_LENGTH, Bank, Question
from questions.models.fields import without_refused
from questions.pages.sections import page_length
from questions.search import Marks, words
from tests import build
from tests.browser.waiting import wait_until
from tests.html import parse, select
from tests.vectors import ADDRESSES, HTML, LINKS, PLACES, vectors

VECTORS = list(dict.fromkeys(vectors()))

# Whatever a reader could set off, at once: every event that an attribute could wait for.
POKE = """() => {
  const events = ["mouseover", "mouseenter", "focus", "load", "error", "toggle", "begin"];
  for (const element of document.querySelectorAll("main *"))
    for (const name of events) element.dispatchEvent(new Event(name, { bubbles: true }));
}"""

# Our own template stands beside the results, where no text of an editor comes.
SUSPICIOUS = """() => [...document.querySelectorAll("main *")].flatMap((element) => {
  if (element.matches("template") && !element.closest(".results")) return [];
  const found = [];
  const forbidden = "script iframe object embed form base meta link style math img image video"
    + " audio template input";
  if (forbidden.split(" ").includes(element.localName)) found.push(element.outerHTML);
  for (const { name, value } of element.attributes) {
    if (/^on/i.test(name) || name === "style" || name === "srcdoc") found.push(element.outerHTML);
    if (/^(href|src|action|formaction|xlink:href)$/i.test(name)
        && !/^(https?|mailto):/.test(new URL(value, "https://here.example").href))
      found.push(element.outerHTML);
  }
  return found;
})"""


def test_there_are_several_hundred_vectors() -> None:
    assert len(VECTORS) > 600


@pytest.fixture
def open_context(new_context: Any) -> BrowserContext:
    """Return a browser that obeys no content security policy: our HTML is the only barrier."""
    context: BrowserContext = new_context(bypass_csp=True)
    return context


@pytest.mark.parametrize(
    "chosen",
    [
        pytest.param(VECTORS[::13], id="each thirteenth"),
        pytest.param(VECTORS, id="all", marks=pytest.mark.slow),
    ],
)
def test_no_script_runs_on_the_page_with_every_vector_in_every_field(
    open_context: BrowserContext, live_server: LiveServer, chosen: list[str]
) -> None:
    # What the columns refuse never gets as far as a page.
    stored = [without_refused(vector) for vector in chosen]
    category = build.category(name=HTML[0], description=HTML[5], emoji="<b>", slug="attacked")
    Question.objects.bulk_create(
        Question(
            category=category,
            slug=f"vector-{number}",
            position=number + 1,
            title=f"{vector[:200]}?",
            level="core",
            published=True,
            short_answer=vector,
            answer=vector,
            further_reading=vector,
            keywords=vector[:400],
            verified_with=vector[:200],
        )
        for number, vector in enumerate(stored)
    )
    hits: list[str] = []
    requests: list[str] = []
    open_context.expose_function("hit", lambda: hits.append("hit"))
    open_context.on("dialog", lambda dialog: hits.append(dialog.message))

    def elsewhere(route: Route) -> None:
        if route.request.url.startswith(live_server.url):
            route.continue_()
        else:
            requests.append(route.request.url)
            route.abort()

    open_context.route("**/*", elsewhere)
    page = open_context.new_page()
    seen, start = 0, 1
    while start <= len(chosen):
        page.goto(f"/categories/attacked/?open=all&start={start}")
        start += page_length(start)
        seen += page.locator(".entry[open]").count()
        page.evaluate(POKE)
        assert page.evaluate(SUSPICIOUS) == []
        # A click on each link that stays on the page, which a script address would.
        page.evaluate(
            """() => { for (const link of document.querySelectorAll("main a"))
                 if (!/^(https?|mailto):/.test(link.protocol)) link.click(); }"""
        )
    assert seen == len(chosen)
    for query in ("hit", "script", "javascript", "onerror", "svg"):
        page.goto(f"/?q={query}&open=all")
        expect(page.locator("main mark").first).to_be_visible()
        page.evaluate(POKE)
        assert page.evaluate(SUSPICIOUS) == []
    for question in Question.objects.all()[:: len(chosen) // 12]:
        page.goto(question.get_absolute_url())
        page.evaluate(POKE)
        assert page.evaluate(SUSPICIOUS) == []
    page.wait_for_timeout(200)
    assert hits == []
    assert requests == []


BREAKOUT = "\"'><script>hit()</script></title><img src=x onerror=hit()>{{7}}-->`"
DATA = ["application/ld+json"]


@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.parametrize("fragment", ["", "true"])
def test_no_text_of_the_bank_breaks_out_of_a_page(client: Client, fragment: str) -> None:
    bank = Bank.objects.current()
    for name in ("name", "title", "promise", "example", "pitfalls", "follow_ups", "other_names"):
        field: Any = Bank._meta.get_field(name)
        setattr(bank, name, BREAKOUT[: field.max_length])
    bank.save()
    category = build.category(name=BREAKOUT[:60], slug="attacked", description=BREAKOUT)
    build.question(
        category=category,
        slug="attack",
        title=f"{BREAKOUT}?",
        prompt=BREAKOUT,
        asked_as=BREAKOUT,
        answer=f"## {BREAKOUT}\n\n```{BREAKOUT}\n{BREAKOUT}\n```\n",
        keywords=BREAKOUT,
        verified_with=BREAKOUT,
    )
    assert select(parse(client.get("/").content), "h1")[0].text == BREAKOUT
    typed = quote(BREAKOUT)
    for address in (
        *("/", "/?open=all", "/?q=script&open=all", f"/?q={typed}&category={typed}&open={typed}"),
        *("/categories/attacked/", "/questions/attack/", "/progress/", "/offline/", f"/{typed}"),
        *("/practice/", "/practice/?seed=1", "/practice/?mode=interviewer"),
        f"/practice/?mode=interview&q={typed}",
    ):
        root = parse(client.get(address, headers={"HX-Request": fragment}).content)
        assert not select(root, "img")
        assert not select(root, "[onerror]")
        for script in select(root, "script"):
            assert script.get("src") or script.get("type") in DATA
    for address in ("/feed/", "/opensearch.xml", "/sitemap.xml"):
        ElementTree.fromstring(client.get(address).content)  # noqa: S314 (our own)


def test_the_check_itself_notices_a_script(open_context: BrowserContext) -> None:
    hits: list[str] = []
    open_context.expose_function("hit", lambda: hits.append("hit"))
    page = open_context.new_page()
    page.goto("/")
    page.evaluate(
        "document.querySelector('main').innerHTML = '<details ontoggle=hit() open>x</details>'"
    )
    wait_until(page, lambda: hits)
    assert page.evaluate(SUSPICIOUS)


def test_the_sanitizer_finds_nothing_in_what_we_make_of_a_vector() -> None:
    rendered = {vector: render.__wrapped__(vector) for vector in VECTORS}
    assert [vector for vector, html in rendered.items() if sanitize(html) != html] == []


# Properties


markdown = st.lists(
    st.sampled_from(HTML)
    | st.sampled_from(ADDRESSES)
    | st.builds(str.replace, st.sampled_from(LINKS), st.just("{}"), st.sampled_from(ADDRESSES))
    | st.builds(str.replace, st.sampled_from(PLACES), st.just("{}"), st.sampled_from(HTML))
    | st.text(max_size=20)
    | st.sampled_from(
        ["\n", "\n\n", "    ", "> ", "- ", "```", "`", "|", "[", "](", ")", "<", "&"]
    ),
    max_size=12,
).map("".join)


@given(markdown)
def test_cleaning_what_was_rendered_changes_nothing(source: str) -> None:
    html = render.__wrapped__(source)
    assert sanitize(html) == html


@given(markdown)
def test_no_address_runs_anything(source: str) -> None:
    for link in select(parse(render.__wrapped__(source)), "[href]"):
        scheme = re.match(r"\s*([a-z][a-z0-9+.-]*):", link.get("href", ""), re.IGNORECASE)
        assert scheme is None or scheme[1].lower() in {"http", "https", "mailto"}


@given(markdown)
def test_the_rules_have_an_opinion_on_everything(source: str) -> None:
    question = Question(title=source, short_answer=source, answer=source, further_reading=source)
    assert all(problem.message for problem in rules.check_question(question, {}))


@given(markdown)
def test_a_search_shows_a_passage_of_everything(source: str) -> None:
    passage = Marks(words.parse("hit script x")).passage("", source)
    assert passage.count("\x02") == passage.count("\x03")


# Time


DEEP = [">", "[", "![", "*", "- ", "_a ", "[a](", "`", "<", "&", "\\", "#", "| ", "("]


@pytest.mark.parametrize("piece", DEEP)
def test_ten_thousand_levels_end_in_time(piece: str) -> None:
    source = piece * 10_000
    start = time.process_time()
    render.__wrapped__(source)
    rules.check_question(Question(title="?", answer=source), {})
    Marks(words.parse("a")).passage("", source)
    assert time.process_time() - start < 10


LONGEST = {
    "attribute": "<img " + "a" * (ANSWER_LENGTH - 6) + ">",
    "notes": " ".join(f"[^{n}]" for n in range(2_500))
    + "\n\n"
    + "".join(f"[^{n}]: x\n" for n in range(2_500)),
}


@pytest.mark.parametrize("source", LONGEST.values(), ids=LONGEST)
def test_the_longest_answer_is_shown_in_time(source: str) -> None:
    assert len(source) <= ANSWER_LENGTH
    start = time.process_time()
    render.__wrapped__(source)
    Marks(words.parse("hit script x")).passage("", source)
    assert time.process_time() - start < 5


@pytest.mark.django_db
@pytest.mark.parametrize("piece", ["x", "[", "> "])
def test_ten_megabytes_are_refused_by_the_database(piece: str) -> None:
    question = build.question()
    start = time.process_time()
    with pytest.raises(IntegrityError), transaction.atomic():
        Question.objects.update(answer=piece * (10_000_000 // len(piece)))
    assert time.process_time() - start < 5
    Question.objects.update(answer="x" * ANSWER_LENGTH)
    question.refresh_from_db()
    assert len(question.answer) == ANSWER_LENGTH
