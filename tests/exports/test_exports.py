"""What candidates take along, read with the programs for which it is made."""

import csv
import json
from io import StringIO
from typing import Any

import jsonschema
import pytest
import tablib
from django.http import HttpResponse
from django.test import Client
from markdown_it import MarkdownIt

from questions.exports import views
from questions.exports.selection import Selection
from questions.models import Question
from tests import build
from tests.html import one, page, parse, select, text

FORMATS = tuple(views.FORMATS)

pytestmark = pytest.mark.usefixtures("db")


def export(client: Client, extension: str, **parameters: str) -> HttpResponse:
    response: Any = client.get(f"/export/questions.{extension}", parameters)
    assert response.status_code == 200, response.content
    return response  # type: ignore[no-any-return]


def titles(client: Client, **parameters: str) -> list[str]:
    return [q["title"] for q in export(client, "json", **parameters).json()["questions"]]  # type: ignore[attr-defined]


# What a file has


def test_a_file_has_what_the_page_shows_in_its_order(client: Client) -> None:
    threads = build.category(name="Threads", slug="threads", position=2)
    build.question(title="What is a lock?", category=threads, level="expert")
    build.question(title="Why is a lock slow?", category=threads, level="core")
    build.question(title="What is a view?", category=build.category(slug="views", position=1))
    build.question(title="What is secret about a lock?", category=threads, published=False)
    assert titles(client) == ["What is a view?", "What is a lock?", "Why is a lock slow?"]
    assert titles(client, category="threads") == ["What is a lock?", "Why is a lock slow?"]
    assert titles(client, category="threads", level="core") == ["Why is a lock slow?"]
    assert titles(client, level="core", open="all", start="7") == [
        "What is a view?",
        "Why is a lock slow?",
    ]
    assert set(titles(client, q="lock")) == {"What is a lock?", "Why is a lock slow?"}


def test_a_category_that_nobody_sees_changes_neither_file_nor_page(client: Client) -> None:
    build.question(title="Why does a thread need a lock?")
    build.question(title="What waits?", answer="A thread.\n\nContention.\n\nFor a lock.")
    build.category(name="Lock and thread contention")
    listed = select(page(client, "/?q=thread+contention+lock"), ".hits h3")
    found = titles(client, q="thread contention lock")
    assert found == [text(title) for title in listed]
    assert len(found) == 2


def test_a_file_says_what_was_searched_for_and_that_words_are_missing(client: Client) -> None:
    build.question(title="What is a Docker image?", keywords="docker", slug="image")
    build.question(title="What is Celery?", slug="celery")
    named = export(client, "csv", q="docker swarm").headers["Content-Disposition"]
    assert "questions-some-words-of-docker-swarm-" in named
    text = export(client, "md", q="docker `swarm` *").content.decode()
    assert text.splitlines()[2] == r"1 question with some words of “docker `swarm` \*”."
    text = export(client, "md", q="docker").content.decode()
    assert text.splitlines()[2] == "1 question for “docker”."
    text = export(client, "md", q="sellery").content.decode()
    assert text.splitlines()[2] == "1 question for “celery”. Nothing has “sellery”."
    searches = {
        "docker swarm": {"q": "docker swarm", "corrected": "", "is_partial": True},
        "sellery": {"q": "sellery", "corrected": "celery", "is_partial": False},
        "": None,
    }
    schema = client.get("/export/schema.json").json()
    for q, said in searches.items():
        content = export(client, "json", q=q).json()  # type: ignore[attr-defined]
        assert content["search"] == said
        jsonschema.validate(content, schema)


def test_one_question_can_be_taken_along(client: Client) -> None:
    build.question(title="What is a lock?", slug="lock")
    build.question()
    assert titles(client, question="lock") == ["What is a lock?"]


@pytest.mark.parametrize("extension", FORMATS)
@pytest.mark.parametrize("parameters", [{"q": "x\0" * 500}, {"level": "no"}, {"question": "no"}])
def test_odd_parameters_give_a_file(
    client: Client, extension: str, parameters: dict[str, str]
) -> None:
    assert export(client, extension, **parameters).content


def test_there_is_no_other_format(client: Client) -> None:
    assert client.get("/export/questions.exe").status_code == 404


@pytest.mark.once
@pytest.mark.parametrize("extension", FORMATS)
def test_a_file_is_named_after_what_it_has(client: Client, extension: str) -> None:
    threads = build.category(slug="threads")
    question = build.question(level="core", category=threads, keywords="x")
    response = export(client, extension, category="threads", level="core", q="question ../x")
    name = f"questions-question-x-threads-core-{question.updated:%Y-%m-%d}.{extension}"
    assert response.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert "public" in response.headers["Cache-Control"]


@pytest.mark.parametrize("extension", FORMATS)
def test_the_cost_does_not_depend_on_how_many_there_are(
    client: Client, extension: str, django_assert_max_num_queries: Any
) -> None:
    for _ in range(30):
        build.question()
    with django_assert_max_num_queries(9):
        export(client, extension)


def test_more_than_a_thousand_are_refused_in_words(client: Client) -> None:
    category = build.category()
    build.question(category=category)
    made = Question.objects.get()
    Question.objects.bulk_create(
        Question(
            category=category,
            slug=f"made-{number}",
            title=made.title,
            level="core" if number else "expert",
            published=True,
            short_answer=made.short_answer,
        )
        for number in range(1000)
    )
    refused = client.get("/export/questions.csv")
    assert refused.status_code == 400
    assert "export_bank" in refused.content.decode()
    refusal = parse(refused.content)
    assert one(refusal, "main").get("id") == str(one(refusal, ".skip").get("href"))[1:]
    assert len(titles(client, level="core")) == 1000


@pytest.mark.once
def test_a_process_makes_one_file_at_a_time(
    client: Client, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr(views, "WAIT", 0.01)
    # Who waits holds no connection to the database, of which a process has few.
    with views.making, django_assert_num_queries(0):
        refused = client.get("/export/questions.md")
    assert refused.status_code == 429
    assert refused.headers["Retry-After"]
    assert export(client, "md").content


@pytest.mark.parametrize(
    "address", ["/?level=core&open=all", "/categories/locks/?q=lock", "/questions/a-lock/"]
)
def test_pages_offer_what_they_show(client: Client, address: str) -> None:
    locks = build.category(slug="locks")
    build.question(title="What is a lock?", slug="a-lock", level="core", category=locks)
    build.question(title="What is a latch?", level="expert", category=build.category())
    offered = [str(a.get("href")) for a in select(page(client, address), ".take a[download]")]
    by_format = {link.partition("?")[0].partition(".")[2]: link for link in offered}
    assert by_format.keys() == set(FORMATS)
    for link in offered:
        assert client.get(link).status_code == 200
    content = client.get(by_format["json"]).json()
    assert [question["slug"] for question in content["questions"]] == ["a-lock"]


def test_a_format_is_named_once_to_be_offered_and_written(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = build.question()

    def write(selection: Selection) -> bytes:
        return "".join(f"{question.slug}\n" for question in selection.questions).encode()

    monkeypatch.setitem(views.FORMATS, "txt", views.Format("Slugs", "text/plain", write))
    for address in ("/", question.get_absolute_url()):
        *_, last = select(page(client, address), ".take a[download]")
        assert text(last) == "Slugs"
        answer = client.get(str(last.get("href")))
        assert answer.content.decode() == f"{question.slug}\n"
        assert ".txt" in answer.headers["Content-Disposition"]


def test_a_list_without_questions_offers_nothing(client: Client) -> None:
    assert not select(page(client, "/?q=nothing"), ".take")


# Markdown


@pytest.mark.once
def test_markdown_reads_like_the_page(client: Client) -> None:
    question = build.question(
        title="What does *args do in `f(*args)`?",
        slug="args",
        prompt="Look:\n\n```python\n# no heading\nf(*args)\n```\n",
        asked_as="Why a star?\n",
        answer="It unpacks.\n\n## Example\n\nOne.\n\nUnder\nlined\n-----\n\n### C#\n",
        verified_with="CPython 3.14.2",
        verified_on="2026-11-01",
        category=build.category(name="Calls", emoji="☎️"),
    )
    address = "http://testserver/questions/args/"
    assert export(client, "md").content.decode() == (
        "# Interview questions\n\n"
        "## ☎️ Calls\n\n"
        "### What does \\*args do in `f(*args)`?\n\n"
        f"**Core** · verified with CPython 3.14.2 on 2026-11-01 · [{address}]({address})\n\n"
        "**Scenario**\n\n"
        "Look:\n\n```python\n# no heading\nf(*args)\n```\n\n"
        "**Short answer**\n\n"
        f"{question.short_answer}\n"
        "**Also asked as**\n\n- Why a star?\n\n"
        "It unpacks.\n\n#### Example\n\nOne.\n\n#### Under lined\n\n\n\n##### C#\n\n"
        "#### Read on\n\n- [The documentation](https://docs.python.org/3/)\n"
    )


def test_a_line_separator_in_a_text_moves_no_heading(client: Client) -> None:
    build.question(answer="One\u2028line.\n\n## Example\n\nTwo <i x>.\n")
    exported = export(client, "md").content.decode()
    assert "One\u2028line.\n\n#### Example\n\nTwo \\<i x>.\n" in exported


@pytest.mark.once
@pytest.mark.parametrize(
    ("source", "read"),
    [
        ("A List<String> is one.", "A List<String> is one."),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("One\n<script>alert(1)\n\n## Two\n</script>", "One <script>alert(1) Two </script>"),
        ("> <div\n> onclick=x>quoted", "<div onclick=x>quoted"),
        ("- <style>*{}</style>", "<style>*{}</style>"),
        ("| <b onclick=x>a</b> |\n| --- |\n| <i>c</i> |", "<b onclick=x>a c"),
        ("<!-- a --> <?php b ?> <![CDATA[c]]>", "<!-- a --> <?php b ?> <![CDATA[c]]>"),
        ("## Head <script>", "Head <script>"),
        ("`<script>` and ``<a`b>`` \\<u>", "<script> and <a`b> <u>"),
        ("```html\n<script>x</script>\n```", "<script>x</script>"),
        ("    <script>x</script>", "<script>x</script>"),
        ("$$\n<script>x</script>\n$$", "$$ <script>x</script> $$"),
        ("<https://example.com/> 1<2 a<b", "https://example.com/ 1<2 a<b"),
        ("H<sub>2</sub>O<br>and <kbd>a</kbd>", "H2Oand a"),
        ('<img src="/static/a.png" alt="A" onerror="alert(1)">', ""),
        ('<img src="javascript:alert(1)" onerror=x>', '<img src="javascript:alert(1)" onerror=x>'),
    ],
)
def test_html_is_text_for_every_reader_of_markdown(client: Client, source: str, read: str) -> None:
    build.question(
        title="Why <script>?", short_answer="So.", answer=source, verified_with="<script>1</script>"
    )
    exported = export(client, "md").content.decode()
    shown = parse(MarkdownIt("commonmark", {"html": True}).enable("table").render(exported))
    body = one(shown, "body")
    assert {element.tag for element in body.iter()} & {"script", "style", "div"} == set()
    assert not [e for e in body.iter() if {"onclick", "onerror"} & set(e.attrib)]
    said = text(body)
    assert read in said
    assert "Why <script>?" in said
    assert "verified with <script>1</script> ·" in said
    if source.startswith('<img src="/'):
        assert one(body, "img").attrib == {"src": "/static/a.png", "alt": "A"}


# JSON


@pytest.mark.once
@pytest.mark.usefixtures("bank")
def test_json_is_what_its_schema_says(client: Client) -> None:
    content = export(client, "json").json()  # type: ignore[attr-defined]
    schema = client.get("/export/schema.json").json()
    assert content["$schema"] == schema["$id"] == "http://testserver/export/schema.json"
    jsonschema.Draft202012Validator.check_schema(schema)
    checker = jsonschema.FormatChecker(["date"])
    jsonschema.Draft202012Validator(schema, format_checker=checker).validate(content)
    assert len(content["questions"]) == 30
    for broken in ({"level": "easy"}, {"position": 0}, {"title": "x" * 251}, {"slug": None}):
        wrong = content | {"questions": [content["questions"][0] | broken]}
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)


# CSV


@pytest.mark.once
def test_csv_opens_in_a_spreadsheet(client: Client) -> None:
    question = build.question(title='=HYPERLINK("https://x.test"; "a")?', short_answer="ö, \n“ö”")
    content = export(client, "csv").content
    text = content.decode("utf-8-sig")
    assert content.startswith("\ufeff".encode())
    [row] = csv.DictReader(StringIO(text, newline=""))
    [same] = tablib.Dataset().load(text, format="csv").dict
    assert row == same
    assert row["title"] == f"'{question.title}"  # no formula
    assert row["short_answer"] == question.short_answer
    assert row["answer"] == question.answer
    assert row["category"] == question.category.slug


@pytest.mark.once
@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"])
def test_no_cell_begins_like_a_formula(client: Client, start: str) -> None:
    build.question(answer=f"{start}1+1", keywords="-1")
    text = export(client, "csv").content.decode("utf-8-sig")
    [row] = csv.DictReader(StringIO(text, newline=""))
    assert not [name for name, value in row.items() if value.startswith((start, "-"))]


def test_json_has_a_question_as_it_is_stored(client: Client) -> None:
    question = build.question(keywords="a, b", verified_on="2026-11-01")
    [found] = json.loads(export(client, "json").content)["questions"]
    assert found["url"] == f"http://testserver{question.get_absolute_url()}"
    assert found["verified_on"] == "2026-11-01"
    for name in ("slug", "title", "level", "keywords", "short_answer", "answer"):
        assert found[name] == getattr(question, name)


@pytest.mark.once
def test_the_name_of_a_category_is_text_in_markdown(client: Client) -> None:
    category = build.category(name="<img src=x> *args & [x](y)", emoji="🐍")
    build.question(category=category)
    lines = export(client, "md").content.decode().splitlines()
    assert r"## 🐍 \<img src=x\> \*args \& \[x\](y)" in lines
