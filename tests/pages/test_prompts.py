"""What a question adds to its title: a prompt, other phrasings; and one without an answer."""

from datetime import date
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from django.test import Client

from questions.models import Question, fingerprint
from tests import build
from tests.html import one, page, parse, select, text
from tests.pages.lists import links

pytestmark = pytest.mark.usefixtures("db")

PROMPT = """\
A *scenario*:

```python run
print("one")
```

```text output
one
```
"""


def parts(element: Element) -> list[str]:
    """Return the classes of what an article or an entry shows, in its order."""
    names = {"part", "prompt", "short-answer", "asked", "answer"}
    # A page has a frame around the short answer and its name.
    shown = [part for child in element for part in (child if is_frame(child) else [child])]
    return [part.get("class", "") for part in shown if part.get("class", "") in names]


def is_frame(element: Element) -> bool:
    return element.get("class") == "said"


def test_the_page_asks_before_it_answers(client: Client) -> None:
    question = build.question(prompt=PROMPT)
    article = one(page(client, question.get_absolute_url()), "article")
    assert parts(article) == ["part", "prompt", "part", "short-answer", "answer"]
    assert text(select(article, ".part")[0]) == "Scenario"
    assert text(one(article, ".prompt em")) == "scenario"
    assert "one" in text(one(article, ".prompt .output"))


def test_a_question_without_a_prompt_has_no_trace_of_one(client: Client) -> None:
    question = build.question()
    article = one(page(client, question.get_absolute_url()), "article")
    assert parts(article) == ["part", "short-answer", "answer"]


def test_an_entry_begins_with_the_prompt_open_or_closed(client: Client) -> None:
    question = build.question(prompt=PROMPT, title="What does it print?")
    for address in ("/", "/?q=print", question.category.get_absolute_url()):
        closed = one(page(client, address), ".entry-body")
        assert parts(closed) == ["part", "prompt", "part", "short-answer"]
        opened = one(
            page(client, f"{address}{'&' if '?' in address else '?'}open=all"), ".entry-body"
        )
        assert parts(opened) == ["part", "prompt", "part", "short-answer", "answer"]


def test_htmx_gets_the_answer_alone(client: Client) -> None:
    address = build.question(prompt=PROMPT).get_absolute_url()
    [answer] = one(parse(client.get(address, headers={"HX-Request": "true"}).content), "body")
    assert answer.get("class") == "answer"


def test_samples_of_the_prompt_carry_the_mark_while_it_is_the_text_that_was_checked(
    client: Client,
) -> None:
    question = build.question(prompt=PROMPT)
    Question.objects.update(
        checked_hash=fingerprint(question.prompt + question.answer),
        checked_with="CPython 3.13.0",
        checked_on=date(2026, 1, 2),
    )
    marks = select(page(client, question.get_absolute_url()), ".prompt .checked")
    assert [text(mark) for mark in marks] == ["Output checked on CPython 3.13.0, 2 January 2026"]
    Question.objects.update(prompt=f"{PROMPT}\nAnd then?\n")
    assert not select(page(client, question.get_absolute_url()), ".checked")


def test_equal_titles_are_told_apart_by_their_prompts(client: Client) -> None:
    for prompt in ("Say `1`.", "Say `2`."):
        build.question(title="What does this print?", prompt=prompt)
    prompts = [text(prompt) for prompt in select(page(client, "/?open=all"), ".prompt")]
    assert prompts == ["Say 1.", "Say 2."]


# Other phrasings


def test_the_page_says_how_else_it_is_asked(client: Client) -> None:
    question = build.question(asked_as="What is `del` for?\nUnbind a name & why <b>\n")
    article = one(page(client, question.get_absolute_url()), "article")
    assert parts(article) == ["part", "short-answer", "answer"]
    classes = [element.get("class") for element in one(article, ".answer")]
    assert classes[-2:] == ["asked", "meta"]  # where they don't stand in the way of the answer
    phrasings = [text(item) for item in select(article, ".asked li")]
    assert phrasings == ["What is del for?", "Unbind a name & why <b>"]
    assert [text(code) for code in select(article, ".asked code")] == ["del"]


@pytest.mark.parametrize("field", ["asked_as", "prompt"])
def test_a_hit_in_another_phrasing_or_in_the_prompt_shows_it(client: Client, field: str) -> None:
    texts: dict[str, Any] = {field: "Where is the hay?\n\nIs a needle in the stack?\n"}
    build.question(slug="hit", **texts)
    build.question(slug="miss")
    entry = one(page(client, "/?q=needle+stack"), ".entry")
    assert entry.get("data-slug") == "hit"
    assert text(one(entry, ".passage")) == "Is a needle in the stack?"
    assert [text(mark) for mark in select(entry, ".passage mark")] == ["needle", "stack"]


# Without an answer


def test_a_question_may_have_no_answer(client: Client) -> None:
    question = build.question(answer="", further_reading="")
    article = one(page(client, question.get_absolute_url()), "article")
    assert parts(article) == ["part", "short-answer", "answer"]
    (meta,) = one(article, ".answer")
    assert meta.get("class") == "meta"
    entry = one(page(client, "/?open=all"), ".entry-body")
    assert parts(entry) == ["short-answer", "answer"]
    assert client.get("/feed/").status_code == 200


def test_without_an_answer_there_is_still_further_reading(client: Client) -> None:
    address = build.question(answer="").get_absolute_url()
    fragment = parse(client.get(address, headers={"HX-Request": "true"}).content)
    own, reading, meta = one(fragment, ".answer")
    assert links(own) == [address]
    assert text(reading).startswith("Read on The documentation")
    assert meta.get("class") == "meta"


def test_no_link_of_a_closed_entry_promises_an_answer(client: Client) -> None:
    build.question(answer="")
    assert "answer" not in text(one(page(client, "/"), ".more a"))
