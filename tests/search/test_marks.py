"""The passage that a hit shows: read by the parser that renders the answer."""

import pytest

from questions.search import Marks
from questions.search.words import parse


def passage(text: str, answer: str) -> str:
    """Return the passage of `answer` for a search, with [brackets] around what was found."""
    marked = Marks(parse(text)).passage("It depends.", answer)
    return marked.replace("\x02", "[").replace("\x03", "]")


def test_a_name_that_stands_for_a_sign_is_marked_as_it_was_typed() -> None:
    marks = Marks(parse("csharp"))
    assert marks.mark("C# or Csharp") == "\x02C#\x03 or \x02Csharp\x03"


def test_a_single_letter_or_digit_marks_itself_only() -> None:
    marked = Marks(parse("stop n+1 queries")).mark("None of 12 queries, not 1, is N+1")
    assert marked.replace("\x02", "[").replace("\x03", "]") == (
        "None of 12 [queries], not [1], is [N]+[1]"
    )


def test_a_letter_that_stands_for_several_words_is_shown_once() -> None:
    assert Marks(parse("1 2 cups")).mark("Why ½ of it?") == "Why \x02½\x03 of it?"


def test_only_the_search_marks() -> None:
    assert Marks(parse("needle")).mark("A \x02thread\x03, a needle") == "A thread, a \x02needle\x03"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("A thread\nand a needle.\n\nHay.", "A thread and a [needle]."),
        ("A thread\\\nand a needle.", "A thread and a [needle]."),
        ("## The *needle*\nHay.", "The [needle]"),
        ("The needle\n----------\nHay.", "The [needle]"),
        ("- Hay.\n- A needle,\n  and thread.\n\n  Straw.", "A [needle], and thread."),
        ("1. Hay.\n2. A needle.\n3. Straw.", "A [needle]."),
        ("* Hay.\n* A needle.", "A [needle]."),
        ("> Hay.\n>\n> A needle.", "A [needle]."),
        ("| Where | What |\n|---|---|\n| **Hay** | a needle |", "Hay · a [needle]"),
        ("Where | What\n---|---\nHay | `a` needle", "Hay · `a` [needle]"),
        ("| | What |\n|---|---|\n| | a needle |", "a [needle]"),
        ("```python\nhay()\n    find(needle)  # **kwargs**\n```", "`find([needle])  # **kwargs**`"),
        ("~~~\nhay\nneedle\n~~~", "`[needle]`"),
        ("````text\n```\nneedle\n```\n````", "`[needle]`"),
        ("Code:\n\n    needle = 1\n    hay = 2", "`[needle] = 1`"),
        ("```js\nhay()\nfind(`needle`)\n```", "find(`[needle]`)"),
    ],
)
def test_a_passage_is_a_paragraph_an_item_a_row_or_a_line_of_code(
    answer: str, expected: str
) -> None:
    assert passage("needle", answer) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("**A** *needle*, __really__", "A [needle], really"),
        ("a `needle(*args, **kwargs)`", "a `[needle](*args, **kwargs)`"),
        ("a ``needle`` of hay", "a `[needle]` of hay"),
        ("2 * needle * 3, snake_needle_case", "2 * [needle] * 3, snake_[needle]_case"),
        (r"\*needle\* & &lt;hay&gt;", "*[needle]* & <hay>"),
        ("<u>needle</u>", "<u>[needle]</u>"),
        ("[the needle](https://hay.example/ 'stack')", "the [needle]"),
        ("[the needle][1] in `hay`\n\n[1]: https://hay.example/", "the [needle] in `hay`"),
        ("needle: <https://hay.example/>", "[needle]: https://hay.example/"),
        ("![A needle](https://hay.example/x.png)", "A [needle]"),
    ],
)
def test_a_passage_is_plain_text_but_for_the_backquotes_around_code(
    source: str, expected: str
) -> None:
    assert passage("needle", f"Hay.\n\n{source}") == expected


def test_the_passage_with_most_of_the_words_is_shown_wherever_it_stands() -> None:
    answer = "A needle.\n\n- Hay, a thread and a needle.\n\nA thread."
    assert passage("needle thread", answer) == "Hay, a [thread] and a [needle]."


def test_where_nothing_is_found_the_short_answer_begins() -> None:
    assert passage("needle", "Hay.") == "It depends."
    assert Marks(parse("needle")).passage("", "Hay.\n\nStraw.") == "Hay."
    assert Marks(parse("needle")).passage("", "") == ""
