"""The list page with `?q=`: hits in order, marked, and what it says where there are none."""

import threading
import time
from xml.etree import ElementTree

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from questions.models import Category, MissedSearch
from questions.models.fields import REFUSED
from questions.pages import missed as misses
from tests import build
from tests.html import one, page, parse, select, text
from tests.pages.lists import links, open_slugs, slugs
from tests.threads import quickest

pytestmark = pytest.mark.django_db


def markup(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def hits(client: Client, address: str) -> list[str]:
    return slugs(page(client, address))


# Hits


def test_the_best_hit_comes_first_whatever_its_category(client: Client) -> None:
    first, last = build.category(position=1), build.category(position=2, name="Last & least")
    build.question(slug="answer", category=first, answer="A needle.")
    build.question(slug="title", category=last, title="Where is the needle?")
    found = page(client, "/?q=needle")
    assert slugs(found) == ["title", "answer"]
    assert text(select(found, ".entry .where")[0]) == "Last & least"


def test_hits_are_marked_in_the_title_and_in_the_passage_that_has_them(client: Client) -> None:
    build.question(
        title="Which `Decorator` is it?",
        short_answer="Nothing to see.",
        answer="A paragraph.\n\n- One decorated *function* with [a link](https://example.com/).\n",
    )
    html = markup(client, "/?q=decorators")
    assert '<h3 dir="auto">Which <code><mark>Decorator</mark></code> is it?</h3>' in html
    assert "One <mark>decorated</mark> function with a link." in html


def test_a_sign_is_marked_as_a_whole(client: Client) -> None:
    build.question(title="What is an except* clause?", keywords="except*")
    assert "an <mark>except*</mark> clause" in markup(client, "/?q=except*")


def test_the_passage_is_escaped_and_marks_survive_no_markup(client: Client) -> None:
    build.question(
        title="<b>needle</b> & thread?", answer="<img src=x onerror=alert(1)> needle `<i>`"
    )
    html = markup(client, "/?q=needle")
    assert "&lt;b&gt;<mark>needle</mark>&lt;/b&gt; &amp; thread?" in html
    assert "&lt;img src=x onerror=alert(1)&gt; <mark>needle</mark> <code>&lt;i&gt;</code>" in html
    assert "<img src=x" not in html


def test_a_question_that_was_found_before_shows_what_is_looked_for_now(client: Client) -> None:
    question = build.question(title="Why a needle?", short_answer="Some hay.\n")
    html = markup(client, "/?q=needle")
    assert '<h3 dir="auto">Why a <mark>needle</mark>?</h3>' in html
    html = markup(client, "/?q=hay")
    assert '<h3 dir="auto">Why a needle?</h3>' in html
    assert '<span class="passage" dir="auto">Some <mark>hay</mark>.</span>' in html
    Category.objects.filter(pk=question.category_id).update(name="Straw")
    assert "Straw</span>" in markup(client, "/?q=hay")


def test_a_line_of_code_is_shown_as_code(client: Client) -> None:
    build.question(answer="Text.\n\n```python\nfirst = 1\nneedle = find(2)\n```\n")
    assert "<code><mark>needle</mark> = find(2)</code>" in markup(client, "/?q=needle")


def test_emphasis_goes_and_code_stays_as_it_is(client: Client) -> None:
    build.question(answer="A *needle* takes `*args` and `**kwargs`, **never `__all__`**.")
    assert (
        "A <mark>needle</mark> takes <code>*args</code> and <code>**kwargs</code>, "
        "never <code>__all__</code>." in markup(client, "/?q=needle")
    )


def test_a_long_passage_is_cut_around_the_hit(client: Client) -> None:
    build.question(answer=f"{'before ' * 100}needle {'after ' * 100}")
    passage = one(page(client, "/?q=needle"), ".passage")
    assert text(passage).startswith("… before")
    assert text(passage).endswith("after …")
    assert text(one(passage, "mark")) == "needle"
    assert len(text(passage)) < 250


def test_category_and_level_narrow_the_hits(client: Client) -> None:
    here, there = build.category(slug="here"), build.category(slug="there")
    build.question(slug="hit", category=here, level="expert", title="A needle?")
    build.question(category=here, level="core", title="A needle?")
    build.question(category=there, level="expert", title="A needle?")
    build.question(category=here, level="expert", title="A thread?")
    assert hits(client, "/?q=needle&category=here&level=expert") == ["hit"]
    assert hits(client, "/categories/here/?q=needle&level=expert") == ["hit"]


def test_drafts_are_not_found(client: Client) -> None:
    build.question()
    build.question(title="A needle?", published=False)
    assert hits(client, "/?q=needle") == []


def test_a_hit_can_be_open(client: Client) -> None:
    build.question(slug="a", title="A needle?")
    found = page(client, "/?q=needle&open=a")
    assert open_slugs(found) == ["a"]
    assert "Follow-ups" in [text(heading) for heading in select(found, ".answer h4")]


def test_more_hits_are_a_link_away(client: Client) -> None:
    build.question(title="A needle?", slug="best", keywords="needle")
    for number in range(30):
        build.question(slug=f"q{number}", title="A needle?")
    found = page(client, "/?q=needle&level=core")
    assert text(one(found, ".found")) == "31 of 31 questions for “needle”, Core"
    first = slugs(found)
    assert first[0] == "best"
    assert len(first) == 20
    found = page(client, one(found, ".show-more").attrib["href"])
    rest = slugs(found)
    assert len(rest) == 11
    assert not set(first) & set(rest)
    assert links(found, ".show-more") == []
    assert links(found, ".earlier a") == ["/?q=needle&level=core"]
    assert hits(client, "/?q=needle&start=999999999") == first


def test_a_count_that_may_be_higher_says_so(client: Client) -> None:
    for _ in range(200):
        build.question(title="A needle?")
    build.question(answer="A needle.")
    for asked, said in {
        "needle": "At least 200 of 201 questions for “needle”",
        "question": "201 of 201 questions for “question”",
    }.items():
        assert text(one(page(client, f"/?q={asked}"), ".found")) == said


# Nothing found as typed


def test_a_correction_is_shown(client: Client) -> None:
    build.question(slug="a", title="What does Celery do?")
    found = page(client, "/?q=sellery")
    assert slugs(found) == ["a"]
    assert text(one(found, "h3 mark")) == "Celery"
    assert text(one(found, ".corrected")).endswith("Showing results for celery.")
    assert links(found, ".corrected a") == ["/?q=celery"]
    assert one(found, "#q").get("value") == "sellery"  # what was typed stays in the box
    assert text(one(found, ".found")) == "1 of 1 question for “celery”"


def test_what_lacks_a_word_is_told_as_such(client: Client) -> None:
    build.question(slug="hit", title="Does a thread need a needle?")
    build.question(slug="near", title="What is a needle?")
    build.question(slug="far", title="What is hay?")
    found = page(client, "/?q=needle+thread+hole")
    assert text(one(found, ".found")) == "1 of 3 questions with some words of “needle thread hole”"
    assert text(one(found, ".corrected")) == "It lacks some of the words."
    assert text(one(found, "title")) == "Some words of “needle thread hole” · QA Bank"
    assert slugs(found) == ["hit", "near"]
    assert [text(heading) for heading in select(found, ".hits h2")][-1] == "Less close"
    assert text(one(found, ".hits .amount")) == "1"
    assert slugs(found) == ["hit", "near"]
    assert "Less close" not in markup(client, "/?q=needle")


def test_a_filter_that_keeps_what_lacks_no_word_is_not_told_as_lacking_one(client: Client) -> None:
    build.question(slug="near", title="Does a needle need a thread?", keywords="needle thread")
    build.question(
        slug="whole",
        title="What is it?",
        answer="A needle.\n\nA thread.\n\nA hole.",
        category=build.category(slug="here"),
    )
    everything = page(client, "/?q=needle+thread+hole")
    assert slugs(everything) == ["near", "whole"]
    assert text(one(everything, ".corrected")) == "The best of these lack some of the words."
    found = page(client, "/?q=needle+thread+hole&category=here")
    assert slugs(found) == ["whole"]
    assert select(found, ".corrected") == []
    assert text(one(found, ".found")).startswith("1 of 2 questions for “needle thread hole”")
    assert text(one(found, "title")).startswith("“needle thread hole”")


def test_where_nothing_is_found_the_page_leads_on(client: Client) -> None:
    build.question(title="What is a descriptor?", category=build.category(slug="here"))
    found = page(client, "/?q=descriptozzle&level=core")
    nothing = one(found, ".nothing")
    assert "No question matches “descriptozzle”" in text(nothing)
    assert links(nothing)[:3] == ["/?q=descriptor&level=core", "/", "/categories/here/"]
    assert text(one(found, ".found")) == "0 of 1 question for “descriptozzle”, Core"


def test_only_htmx_gets_the_part_that_changes(client: Client) -> None:
    build.question(title="A needle?")
    html = client.get("/?q=needle", headers={"HX-Request": "true"}).content.decode()
    fragment = parse(html)
    assert select(fragment, ".site-header") == []
    assert text(one(fragment, "title")) == "“needle” · QA Bank"
    assert text(one(fragment, "h3 mark")) == "needle"
    assert text(one(fragment, ".status")) == "1 of 1 question for “needle”"


# Searches without a hit


def counted() -> dict[str, int]:
    return dict(MissedSearch.objects.values_list("text", "count"))


def test_a_search_without_a_hit_is_counted(client: Client) -> None:
    build.question(title="What is a descriptor?")
    for address in ("/?q=Quantum++Computing!", "/?q=quantum computing", "/?q=descriptor"):
        page(client, address)
    assert counted() == {}  # no request writes
    misses.recorder.write()
    assert counted() == {"quantum computing": 2}
    page(client, "/?q=quantum-computing")
    misses.recorder.write()
    assert counted() == {"quantum computing": 3}
    misses.recorder.write()
    assert counted() == {"quantum computing": 3}


def test_signs_are_told_as_they_were_typed(client: Client) -> None:
    for address in ("/?q=C%2B%2B", "/?q=c%2B%2B", "/?q=为什么", "/?q=Объём"):
        page(client, address)
    misses.recorder.write()
    assert counted() == {"c++": 2, "为什么": 1, "объем": 1}


def test_a_filter_that_hides_the_hits_is_no_miss(client: Client) -> None:
    build.question(title="A needle?", level="core")
    other = build.question(category=build.category())
    page(client, "/?q=needle&level=expert")
    page(client, f"/?q=xyzzy&category={other.category.slug}")
    misses.recorder.write()
    assert counted() == {}


def test_what_is_typed_on_the_way_is_not_counted() -> None:
    for typed in ("quan", "quant", "quantum", "qubit"):
        misses.recorder.record(typed)
    misses.recorder.write()
    assert set(counted()) == {"quantum", "qubit"}


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(misses, "WAITING_LIMIT", 3)
    monkeypatch.setattr(misses, "ROW_LIMIT", 4)
    for typed in ("a1", "a1", "a1", "b1", "b1", "c1", "d1", "e1"):
        misses.recorder.record(typed)
    misses.recorder.record("f" * 100_000)
    misses.recorder.write()
    assert counted() == {"a1": 3, "b1": 2, "c1": 1}
    for typed in ("g1", "g1", "h1", "h1"):
        misses.recorder.record(typed)
    misses.recorder.write()
    assert counted() == {"a1": 3, "b1": 2, "g1": 2, "h1": 2}


def test_no_character_that_a_column_refuses_stops_the_counting(client: Client) -> None:
    for character in REFUSED:
        misses.recorder.record(f"xy{character}zzy")
    misses.recorder.record("plugh")
    misses.recorder.write()
    assert counted() == {"xy zzy": len(REFUSED), "plugh": 1}
    html = markup(client, "/?q=fro%07bo%0Bz%EF%BF%BF")
    assert 'value="frobo z"' in html
    misses.recorder.write()
    assert counted()["frobo z"] == 1


def test_what_cannot_be_written_is_kept_for_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise DatabaseError("database is locked")

    misses.recorder.record("xyzzy")
    with monkeypatch.context() as patched:
        patched.setattr(MissedSearch.objects, "bulk_create", fail)
        misses.recorder.write()
    misses.recorder.record("xyzzy")
    misses.recorder.write()
    assert counted() == {"xyzzy": 2}


@pytest.mark.django_db(transaction=True)
def test_a_search_without_a_hit_waits_for_nobody_who_writes(client: Client) -> None:
    build.question()
    is_held, may_go = threading.Event(), threading.Event()

    def hold_the_lock() -> None:
        try:
            with transaction.atomic():
                MissedSearch.objects.create(text="xyzzy")
                is_held.set()
                may_go.wait(10)
        finally:
            connection.close()

    writer = threading.Thread(target=hold_the_lock)
    writer.start()
    try:
        assert is_held.wait(10)
        answers: list[str] = []
        assert quickest(lambda: answers.append(markup(client, "/?q=xyzzy")), 3) < 2
        assert all("No question matches" in answer for answer in answers)
    finally:
        may_go.set()
        writer.join()
    misses.recorder.write()
    assert counted() == {"xyzzy": 3}


START = misses.Recorder.start  # which the suite takes away


@pytest.mark.django_db(transaction=True)
def test_a_thread_writes_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(misses.Recorder, "start", START)
    monkeypatch.setattr(misses, "INTERVAL", 0.05)
    recorder = misses.Recorder()
    recorder.record("xyzzy")
    until = time.monotonic() + 10
    while not counted() and time.monotonic() < until:
        time.sleep(0.05)
    recorder.stopped.set()
    assert recorder.thread
    recorder.thread.join()
    assert counted() == {"xyzzy": 1}


def test_a_search_that_found_little_is_counted_with_what_came_first(client: Client) -> None:
    first = build.question(title="Does a thread need a needle?")
    build.question(title="What does Celery do?", slug="celery")
    build.question(title="What is hay?")
    for address in ("/?q=needle+thread+hole", "/?q=sellery", "/?q=xyzzy", "/?q=needle"):
        page(client, address)
    misses.recorder.write()
    rows = MissedSearch.objects.values_list("text", "outcome", "question__slug")
    assert set(rows) == {
        ("needle thread hole", "weak", first.slug),
        ("sellery", "corrected", "celery"),
        ("xyzzy", "nothing", None),
    }


def test_what_the_last_search_found_counts_and_the_choice_of_an_editor_stays(
    client: Client,
) -> None:
    for address in ("/?q=celery+kafka", "/?q=hay+needle"):
        page(client, address)
    misses.recorder.write()
    chosen = build.question(title="Which one was chosen?")
    MissedSearch.objects.filter(text="hay needle").update(question=chosen)
    build.question(title="What does Celery do?", slug="celery")
    build.question(title="What is hay?", slug="hay")
    for address in ("/?q=celery+kafka", "/?q=hay+needle"):
        page(client, address)
    misses.recorder.write()
    rows = MissedSearch.objects.values_list("text", "outcome", "question__slug", "count")
    assert set(rows) == {
        ("celery kafka", "weak", "celery", 2),
        ("hay needle", "weak", chosen.slug, 2),
    }


# The search as an engine of the browser


def test_browsers_are_told_how_to_search(client: Client) -> None:
    build.question(title="A needle?", slug="a")
    link = one(page(client, "/"), "link[rel=search]")
    response = client.get(link.attrib["href"])
    assert response["Content-Type"].startswith(link.attrib["type"])
    url = ElementTree.fromstring(response.content).find(  # noqa: S314 (our own)
        "{http://a9.com/-/spec/opensearch/1.1/}Url[@type='text/html']"
    )
    assert url is not None
    address = url.attrib["template"].replace("{searchTerms}", "needle")
    assert hits(client, address.removeprefix("http://testserver")) == ["a"]
