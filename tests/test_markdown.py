"""Markdown as authors write it, and as attackers would."""

import re
import tracemalloc

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from questions import markdown
from questions.markdown import (
    ALLOWED_ATTRIBUTES,
    ALLOWED_TAGS,
    render,
    sanitize,
)
from questions.models import Question
from tests.build import ANSWER
from tests.html import parse, select, text


def test_what_authors_write() -> None:
    html = render("A *word*, **another** and `code`.\n\n- one\n- two\n")
    assert html == (
        "<p>A <em>word</em>, <strong>another</strong> and <code>code</code>.</p>\n"
        "<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n"
    )


@pytest.mark.parametrize(("level", "expected"), [(2, ["h2", "h3"]), (4, ["h4", "h5"])])
def test_headings_fit_below_the_heading_of_the_page(level: int, expected: list[str]) -> None:
    assert headings(render("## Example\n\n### Detail\n", level)) == expected


def test_no_heading_is_above_the_level_of_the_page() -> None:
    assert headings(render("# Top\n\n###### Deep\n", 4)) == ["h4", "h6"]


def headings(html: str) -> list[str]:
    return [element.tag for element in parse(html).iter() if re.fullmatch(r"h\d", element.tag)]


def test_external_links_say_so_and_others_do_not() -> None:
    assert render("[Docs](https://docs.python.org/)") == (
        '<p><a href="https://docs.python.org/" rel="external noopener">Docs</a></p>\n'
    )
    assert "rel=" not in render("[Another](/questions/gil/)")


def test_code_is_highlighted_and_named() -> None:
    html = render("```python run\nreturn None\n```\n")
    assert '<span class="language">Python</span>' in html
    assert '<span class="k">return</span>' in html


def test_output_is_shown_as_output() -> None:
    html = render("```text output\n1 < 2\n```\n")
    assert '<figure class="code output">' in html
    assert '<span class="language">Output</span>' in html
    assert "1 &lt; 2" in html


@pytest.mark.parametrize("info", ["", "no-such-language", '"><b>', "python " * 50])
def test_odd_languages_are_plain_code(info: str) -> None:
    html = render(f"```{info}\n<b>x</b>\n```\n")
    assert "<b>" not in html
    assert "<pre" in html


def test_indented_code_is_code_too() -> None:
    assert "<pre" in render("Text:\n\n    indented\n")


def test_hints_are_folded_under_follow_ups_only() -> None:
    text = "- A question?\n\n  Its hint.\n"
    assert "<details" not in render(text)
    html = render("## Follow-ups\n\n" + text + "\n- One without a hint?\n")
    assert html.count('<details class="hint"><summary>Show a hint</summary>') == 1
    assert html.count("</details>") == 1
    assert "<p>A question?</p>\n<details" in html


def test_a_list_inside_a_hint_stays_inside() -> None:
    html = render("## Follow-ups\n\n- A question?\n\n  Hint:\n\n  - one\n\n    two\n")
    assert html.count("<details") == html.count("</details>") == 1


def test_tables_scroll_and_align_without_style_attributes() -> None:
    html = render("| a | b |\n|:-:|--:|\n| 1 | 2 |\n")
    assert '<div class="table" role="group" aria-label="Table" tabindex="0">' in html
    assert '<td class="right">2</td>' in html
    assert "style=" not in html


def test_images_are_left_out_and_their_text_stays() -> None:
    assert render("![A *diagram*](https://example.org/x.png)") == "<p>A *diagram*</p>\n"


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<math><mi xlink:href=javascript:alert(1)>",
    "<style>*{display:none}</style>",
    "<details open ontoggle=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:x)",
    "<javascript:alert(1)>",
    "[x]: javascript:alert(1)\n\n[x]",
    '[x](https://a.b "\\" onmouseover=alert(1)")',
    "![x](javascript:alert(1))",
    '```"><script>alert(1)</script>\nx\n```',
    "```python\n</code></pre><script>alert(1)</script>\n```",
    "| <script>alert(1)</script> |\n|-|\n| x |",
    "<!-- --><script>alert(1)</script>",
    "<a href='javascript:alert(1)'>x</a>",
    "`<script>`<script>alert(1)</script>",
]


@pytest.mark.parametrize("source", ATTACKS)
def test_attacks_become_text(source: str) -> None:
    for element in parse(render(source)).iter():
        assert element.tag not in {"script", "img", "svg", "math", "style", "iframe"}
        for name, value in element.items():
            assert not re.match(r"on|style$", name)
            assert not re.search(r"(java|vb)script:|data:", value, re.IGNORECASE)


@given(st.text() | st.from_regex(r"([#>*\-\[\]()`~|!<a:/\"\n ]){0,40}"))
def test_our_own_html_passes_the_sanitizer_unchanged(source: str) -> None:
    html = render.__wrapped__(source)
    assert sanitize(html) == html


@pytest.mark.usefixtures("bank")
def test_the_sanitizer_takes_nothing_from_the_bank() -> None:
    for question in Question.objects.all():
        for level in (2, 4):
            html = render(question.answer, level)
            assert sanitize(html) == html
            assert "Show a hint" in html
            assert "**" not in re.sub(r"(?s)<(pre|code).*?</\1>", "", html)


def test_the_allow_list_has_nothing_that_runs_or_loads() -> None:
    assert ALLOWED_TAGS.isdisjoint({"script", "style", "iframe", "img", "svg", "form", "input"})
    assert all(
        not attribute.startswith("on") and attribute != "style"
        for attributes in ALLOWED_ATTRIBUTES.values()
        for attribute in attributes
    )
    assert nh3.clean("<b>x</b>", tags=ALLOWED_TAGS) == "x"


@pytest.mark.parametrize("source", [">" * 10_000, "[" * 10_000, "*" * 10_000, "- " * 5_000])
def test_deep_nesting_ends(source: str) -> None:
    assert len(render(source)) < 2_000_000


def test_a_normal_answer_has_all_its_parts() -> None:
    found = select(parse(render(ANSWER)), "h2")
    assert [text(heading) for heading in found] == ["Example", "Pitfalls", "Follow-ups"]


# Cost


def test_what_is_cached_of_long_texts_is_limited_in_bytes() -> None:
    tracemalloc.start()
    try:
        for number in range(100):
            render(f"{number} {'x' * 200_000}")
        assert tracemalloc.get_traced_memory()[0] < 20_000_000
    finally:
        tracemalloc.stop()


def test_a_text_is_rendered_once_for_each_way_of_showing_it() -> None:
    assert render("*Once*, that is.") is render("*Once*, that is.")
    assert "<h3>" in render("## Once", heading_level=3)
    assert "<h2>" in render("## Once")


def test_the_empty_corner_of_a_table_is_no_header() -> None:
    html = render("| | a |\n| --- | ---: |\n| b | c |\n")
    assert "<td></td>" in html.split("</thead>")[0]
    assert '<th class="right">a</th>' in html


# A list whose numbers are wide, and headings that a page links to


@pytest.mark.parametrize(
    ("source", "classes"),
    [
        ("9. nine\n10. ten\n", None),
        ("98. a\n99. b\n100. c\n", "digits-3"),
        ("999. a\n\n     - b\n     - c\n1000. d\n", "digits-4"),
        ("99999999. a\n1. b\n", "digits-5"),
    ],
)
def test_a_list_says_how_wide_its_numbers_are(source: str, classes: str | None) -> None:
    (numbers,) = select(parse(render(source)), "ol")
    assert numbers.get("class") == classes


def test_headings_have_ids_where_a_page_is_all_about_one_answer() -> None:
    titles = ("What `__get__` does", "Pitfalls", "# Smaller", "Pitfalls", "?", "例")
    source = "\n\n".join(f"## {title}".replace("## #", "###") for title in titles)
    assert "id=" not in render(source)
    assert markdown.headings(render(source, has_anchors=True)) == [
        ("part:what-__get__-does", "What __get__ does"),
        ("part:pitfalls", "Pitfalls"),
        ("part:pitfalls+", "Pitfalls"),
        ("part:4", "?"),
        ("part:例", "例"),
    ]
