"""Markdown as authors write it, and as attackers would."""

# ruff: noqa: E501 (sources beside what they become)

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


@pytest.mark.parametrize(
    ("source", "text_shown"),
    [
        ("![A *diagram*](https://example.org/x.png)", "A diagram"),
        ("![](https://example.org/x.png)", "x.png"),
        ('<img src="https://example.org/x.png" alt="A diagram" width="3">', "A diagram"),
    ],
)
def test_images_of_other_sites_are_links(source: str, text_shown: str) -> None:
    assert render(source) == (
        f'<p><a href="https://example.org/x.png" rel="external noopener">{text_shown}</a></p>\n'
    )


def test_images_of_our_own_are_shown() -> None:
    assert render("![The icon](/static/img/icon.svg)") == (
        '<p><img src="/static/img/icon.svg" alt="The icon"></p>\n'
    )
    assert render("![](/media/a%20b.png)") == '<p><img src="/media/a%20b.png" alt=""></p>\n'
    assert "<img" not in render("![x](/static/../secret)")
    assert render("![x](a.png) ![](b.png)") == "<p>x (a.png) b.png (b.png)</p>\n"
    assert render("[![x](https://x.org/a.png)](https://x.org/)") == (
        '<p><a href="https://x.org/" rel="external noopener">x (https://x.org/a.png)</a></p>\n'
    )


BEYOND = {
    "line\nbreak<br>and<br/>more": "<p>line break<br>\nand<br>\nmore</p>\n",
    "<kbd>K</kbd> H<sub>2</sub>O m<SUP>2</SUP>": "<p><kbd>K</kbd> H<sub>2</sub>O m<sup>2</sup></p>\n",
    "<b>a *b*</b> <i>c</i> <mark>d</mark>":
        "<p><strong>a <em>b</em></strong> <em>c</em> <mark>d</mark></p>\n",
    "<code>a*b*</code> <del>x</del>": "<p><code>a*b*</code> <s>x</s></p>\n",
    "<b>open <b class=x>": "<p>&lt;b&gt;open &lt;b class=x&gt;</p>\n",
    "~~old~~ ~5 min and ~6": "<p><s>old</s> ~5 min and ~6</p>\n",
    "see https://x.org/a?b=1.": '<p>see <a href="https://x.org/a?b=1" rel="external noopener">'
        "https://x.org/a?b=1</a>.</p>\n",
    "- [ ] a\n- [x] b": '<ul>\n<li><span class="task">☐</span> a</li>\n'
        '<li><span class="task">☑</span> b</li>\n</ul>\n',
    "> [!WARNING]\n> Hot.":
        "<blockquote>\n<p><strong>Warning</strong></p>\n<p>Hot.</p>\n</blockquote>\n",
    "$\\{a_1*b_2*c\\}$ costs $5 or $6.":
        '<p><span class="math">$\\{a_1*b_2*c\\}$</span> costs $5 or $6.</p>\n',
    "$$\na \\\\ b\n$$": '<div class="math">$$\na \\\\ b\n$$</div>\n',
    "a.[^1]\n\n[^1]: Note.": '<p>a.<sup>1</sup></p>\n<ol class="notes">\n<li><p>Note.</p>\n</li>\n'
        "</ol>\n",
    "[v](v.md) [f](ftp://x.org)": "<p>v (v.md) f (ftp://x.org)</p>\n",
    "\u9600\u95e8\uff1a\n\u5f39\u7c27\u3002": "<p>\u9600\u95e8\uff1a\u5f39\u7c27\u3002</p>\n",
    "\ud55c\uae00\n\ud55c\uae00": "<p>\ud55c\uae00 \ud55c\uae00</p>\n",
    "**\u6ce8\uff1a**\u5148\u5173": "<p><strong>\u6ce8\uff1a</strong>\u5148\u5173</p>\n",
    "\u5728**\u201c\u9600\u201d**\u5728": "<p>\u5728<strong>\u201c\u9600\u201d</strong>\u5728</p>\n",
    "2 * 3 * 4 **": "<p>2 * 3 * 4 **</p>\n",
    "\u0633\u0624\u0627\u0644": '<p dir="auto">\u0633\u0624\u0627\u0644</p>\n',
}  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), BEYOND.items(), ids=BEYOND)
def test_what_people_write_beyond_commonmark(source: str, expected: str) -> None:
    html = render(source)
    assert html == expected
    assert sanitize(html) == html


def test_headings_and_notes_have_ids_that_begin_with_the_slug() -> None:
    source = "[a](#the-parts) [b](#top)[^x]\n\n## The parts!\n\n## The parts\n\n[^x]: Note.\n"
    html = render(source, page="gil")
    assert sanitize(html) == html
    page = parse(html)
    assert [e.get("id") for e in select(page, "h2")] == ["gil:the-parts", "gil:the-parts-1"]
    assert [e.get("href") for e in select(page, "a")] == [
        "#gil:the-parts", "#top", "#gil:note-1", "#gil:note-1-place",
    ]  # fmt: skip
    ids = {e.get("id") for e in page.iter() if e.get("id")}
    assert {"gil:note-1", "gil:note-1-place"} <= ids
    assert "id=" not in render(source)


def test_each_block_finds_its_own_direction() -> None:
    html = render("## \u0633\n\n- \u0633\n\n> a\n\n| \u0633 |\n| --- |\n| a |\n")
    directed = [element.tag for element in parse(html).iter() if element.get("dir") == "auto"]
    assert directed == ["h2", "ul", "blockquote", "th", "td"]
    assert sanitize(html) == html
    assert "dir=" not in render("## a\n\n- b\n")


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
    assert ALLOWED_TAGS.isdisjoint({"script", "style", "iframe", "svg", "form", "input"})
    for address in (
        "https://x.org/a.png",
        "//x.org/a",
        "a.png",
        "/admin/",
        "/static/../a",
        "data:,",
    ):
        assert "src" not in sanitize(f'<img src="{address}" alt="">')
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
    [corner, header] = select(parse(render("| | a |\n| --- | ---: |\n| b | c |\n")), "thead tr")[0]
    assert (corner.tag, text(corner)) == ("td", "")
    assert (header.tag, header.get("class"), text(header)) == ("th", "right", "a")


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
    source = (
        "## What `__get__` does\n\n## Pitfalls\n\n### Smaller\n\n## Pitfalls\n\n## ?\n\n## 例\n"
    )
    assert "id=" not in render(source)
    assert markdown.headings(render(source, page="slots")) == [
        ("slots:what-__get__-does", "What __get__ does"),
        ("slots:pitfalls", "Pitfalls"),
        ("slots:pitfalls-1", "Pitfalls"),
        ("slots:例", "例"),
    ]
