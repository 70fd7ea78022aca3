"""One contract of the search, which both databases keep."""

from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml
from django.conf import settings
from django.core.management import call_command
from django.db import connection, models, transaction
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from questions.models import Question
from tests import build

pytestmark = pytest.mark.django_db

RELEVANCE = settings.BASE_DIR / "tests" / "data" / "relevance.yaml"


def slugs(text: str) -> list[str]:
    return [question.slug for question in Question.objects.published().search(text)]


# Relevance, measured on the shipped bank


@pytest.mark.usefixtures("bank")
def test_what_people_type_finds_what_they_mean() -> None:
    first: dict[str, list[bool]] = {}
    third: list[bool] = []
    missed = []
    for kind, queries in yaml.safe_load(RELEVANCE.read_text()).items():
        for text, meant in (
            [(query, None) for query in queries] if kind == "nonsense" else (queries.items())
        ):
            if meant is None:
                assert slugs(str(text)) == [], text
                continue
            right = meant if isinstance(meant, list) else [meant]
            found = slugs(str(text))[:3]
            first.setdefault(kind, []).append(found[:1] != [] and found[0] in right)
            third.append(any(slug in right for slug in found))
            if not first[kind][-1]:
                missed.append(f"{kind}: {text}: {found}")
    everything = [hit for hits in first.values() for hit in hits]
    assert len(everything) >= 150
    report = "\n".join(missed)
    assert sum(everything) / len(everything) >= 0.92, report
    assert sum(third) / len(third) >= 0.98, report
    for kind, hits in first.items():
        assert sum(hits) / len(hits) >= 0.85, f"{kind}\n{report}"


def test_titles_and_keywords_come_before_short_answers_and_these_before_answers() -> None:
    build.question(slug="answer", answer="About the needle.")
    build.question(slug="short", short_answer="The needle.")
    build.question(slug="title", title="What is a needle?")
    build.question(slug="keyword", keywords="needle")
    found = slugs("needle")
    assert set(found[:2]) == {"title", "keyword"}
    assert found[2:] == ["short", "answer"]


def test_the_result_is_a_queryset() -> None:
    for level in ("core", "expert"):
        for _ in range(3):
            build.question(level=level, keywords="needle")
    found = Question.objects.search("needle")
    assert found.count() == 6
    assert len(found[1:3]) == 2
    assert found.filter(level="expert").count() == 3
    assert found.at_level("core").published().exists()


# The database keeps its own index


def by_save(question: Question, title: str) -> None:
    question.title = title
    question.save()


def by_update(question: Question, title: str) -> None:
    Question.objects.filter(pk=question.pk).update(title=title)


def by_bulk_update(question: Question, title: str) -> None:
    question.title = title
    Question.objects.bulk_update([question], ["title"])


def by_plain_sql(question: Question, title: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE questions_question SET title = %s WHERE id = %s", [title, question.pk]
        )


@pytest.mark.parametrize("change", [by_save, by_update, by_bulk_update, by_plain_sql])
def test_an_edit_by_any_road_is_found_at_once(change: Callable[[Question, str], None]) -> None:
    question = build.question(title="What is haystack?")
    change(question, "What is a needle?")
    assert slugs("needle") == [question.slug]
    assert slugs("haystack") == []


def test_bulk_create_delete_and_rollback_are_followed() -> None:
    question = build.question(title="What is a needle?")
    with transaction.atomic():
        build.question(title="What is a haystack?")
        transaction.set_rollback(True)
    assert slugs("haystack") == []
    Question.objects.bulk_create(
        [
            Question(
                category=question.category,
                title="What is a thimble?",
                slug="thimble",
                level="core",
                published=True,
                short_answer="Short.",
                answer="Long.",
            )
        ]
    )
    assert slugs("thimble") == ["thimble"]
    Question.objects.filter(slug=question.slug).delete()
    assert slugs("needle") == []


def test_drafts_are_found_only_where_they_are_asked_for() -> None:
    draft = build.question(title="What is a needle?", published=False)
    assert slugs("needle") == []
    assert list(Question.objects.search("needle")) == [draft]
    Question.objects.update(published=True)
    assert slugs("needle") == [draft.slug]


@pytest.mark.django_db(transaction=True)
def test_a_migration_that_rebuilds_the_table_leaves_the_index_whole() -> None:
    build.question(slug="kept", title="What is a needle?")
    title = Question._meta.get_field("title")
    longer = models.CharField(max_length=300)
    longer.set_attributes_from_name("title")
    for old, new in ((title, longer), (longer, title)):
        with connection.schema_editor() as editor:
            editor.alter_field(Question, old, new)
    call_command("migrate", verbosity=0)
    assert slugs("needle") == ["kept"]
    build.question(slug="added", title="What is a thimble?")
    assert slugs("thimble") == ["added"]


# It never fails

ODD = [
    *("", " ", "\0", "%", "_", "'", '"', '"a', "a*", "*", "NEAR(", "a NEAR b", "AND", "NOT", "-"),
    *("-" * 200, "!" * 200, "(" * 200, "a & | ! b", "a <-> b", ":*", "\\", "{title} : x"),
    *("\ud800", "🐍", "ﬁ", "ß", "İ", "́", "a" * 100_000, "a " * 50_000, "🐍" * 25_000),
]


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_any_string_gives_a_result(text: str) -> None:
    build.question(title="What is a needle?")
    list(Question.objects.search(text))


@hypothesis_settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(max_size=60) | st.text(alphabet="\"'*&|!():<>-+^{}~@#_.ab \\", max_size=40))
def test_no_operator_of_either_engine_gets_through(text: str) -> None:
    list(Question.objects.search(text))


# On the page


def page(client: Client, **parameters: Any) -> str:
    return client.get("/", parameters).content.decode()


def test_hits_are_marked_in_title_and_passage(client: Client) -> None:
    build.question(
        title="What do `needles` do?", answer="Nothing here.\n\nA **needle** pulls a thread & more."
    )
    html = page(client, q="needle thread")
    assert "<h3>What do <code><mark>needles</mark></code> do?</h3>" in html
    assert "A <mark>needle</mark> pulls a <mark>thread</mark> &amp; more." in html


def test_a_correction_is_shown(client: Client) -> None:
    build.question(title="What does a descriptor do?")
    html = page(client, q="discriptor")
    assert "Showing results for “descriptor” instead of “discriptor”" in html
    assert "What does a <mark>descriptor</mark> do?" in html


def test_nonsense_finds_nothing_and_says_so(client: Client) -> None:
    build.question()
    assert "No question matches “xqzzyq”" in page(client, q="xqzzyq")


def test_the_best_match_is_first_across_categories(client: Client) -> None:
    build.question(category=build.category(position=1), slug="weak", answer="A needle.")
    build.question(category=build.category(position=2), slug="strong", keywords="needle")
    html = page(client, q="needle")
    assert html.index('data-slug="strong"') < html.index('data-slug="weak"')


def test_marks_cannot_be_forged(client: Client) -> None:
    build.question(title="What is \x02<b>needle</b>\x03?")
    html = page(client, q="needle")
    assert "&lt;b&gt;<mark>needle</mark>&lt;/b&gt;" in html


def test_a_browser_can_add_the_site_as_a_search_engine(client: Client) -> None:
    assert '<link rel="search" href="/opensearch.xml"' in page(client)
    response = client.get("/opensearch.xml")
    assert response.headers["Content-Type"] == "application/opensearchdescription+xml"
    address = ET.fromstring(response.content).find("{*}Url")  # noqa: S314 (our own)
    assert address is not None
    assert address.get("template") == "http://testserver/?q={searchTerms}"
