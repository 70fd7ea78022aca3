"""`manage.py import_bank`: questions as people keep them become drafts of a fixture file."""

# ruff: noqa: E501, RUF001 (texts as they stand in files)

import csv
import io
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from questions import slugs
from questions.models import Question
from questions.refreshing import files
from questions.spreadsheets import FORMULA, quoted
from tests import build
from tests.bank import read_entries
from tests.commands import manage, run

Import = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def bring(tmp_path: Path) -> Import:
    """Import a text, or texts by the names of their files, and return the fields of questions."""

    def import_(content: str | dict[str, str], name: str = "some.md", **options: Any) -> Any:
        folder = tmp_path / "in"
        for file, text in (content if isinstance(content, dict) else {name: content}).items():
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        source = folder if isinstance(content, dict) else folder / name
        output = tmp_path / "out.yaml"
        result = run("import_bank", source, output=output, **options)
        assert result.code == 0, result.text
        return [
            e["fields"] for e in files.parse(output.read_text()) if e["model"] == files.QUESTION
        ]

    return import_


def report(tmp_path: Path, text: str, name: str = "some.md") -> str:
    tmp_path.joinpath(name).write_text(text)
    result = run("import_bank", tmp_path / name, output=tmp_path / "out.yaml", dry_run=True)
    assert result.code == 0
    assert not (tmp_path / "out.yaml").exists()
    return result.text


BANK = """\
# Plumbing

## Pipes

### What closes a pipe?

A valve.

### What seals a joint?

A washer, or tape.

```text
turn clockwise
```
"""


def test_headings_become_drafts_with_the_first_paragraph_as_short_answer(
    tmp_path: Path, bring: Import
) -> None:
    first, second = bring(BANK)
    assert first == {
        "category": ["pipes"],
        "slug": "what-closes-a-pipe",
        "position": 1,
        "title": "What closes a pipe?",
        "level": "core",
        "published": False,
        "short_answer": "A valve.\n",
        "answer": "",
    }
    assert second["short_answer"] == "A washer, or tape.\n"
    assert second["answer"] == "```text\nturn clockwise\n```\n"


@pytest.mark.django_db
def test_what_was_imported_can_be_loaded(tmp_path: Path, bring: Import) -> None:
    bring(BANK)
    result = run("refresh_bank", tmp_path / "out.yaml")
    assert result.code == 0
    assert "3 added" in result.text
    assert not Question.objects.filter(published=True).exists()


PATTERNS = {
    "numbered headings": "## Pipes\n\n#### 1. What closes it?\n\nA valve.\n\n#### Q2: Why?\n\nSo.\n",
    "folds": "## Pipes\n\n<details>\n<summary>What closes it?</summary><br><b>\n\nA valve.\n"
    "</b></details>\n\n<details>\n<summary>Why?</summary>\n\nSo.\n\n</details>\n",
    "bold lines": "## Pipes\n\n**1. What closes it?**\n\nA valve.\n\n**Why?**\nSo.\n",
    "labels": "## Pipes\n\nQ: What closes it?\n\nA: A valve.\n\nQ: Why?\nA: So.\n",
    "items": "## Pipes\n\n1. What closes it?\n\n   A valve.\n\n2. Why?\n\n   So.\n",
    "headings in items": "## Pipes\n\n1. ### What closes it?\n\n   A valve.\n\n2. ### Why?\n\n   So.\n",
    "items that are not indented": "## Pipes\n\n1. What closes it?\n\nA valve.\n\n---\n\n2. Why?\n\nSo.\n",
    "front matter": "---\ntitle: Pipes\ntags: [a]\n---\n\n### What closes it?\n\nA valve.\n\n### Why?\n\nSo.\n",
    "underlined headings": "Pipes\n=====\n\nWhat closes it?\n---\n\nA valve.\n\nWhy?\n---\n\nSo.\n",
    "other parts": "# Pipes\n\n## Table of contents\n\n- [What closes it?](#a)\n\n## What closes it?\n\n"
    "A valve.\n\n**[Back to top](#pipes)**\n\n---\n\n## Why?\n\nSo.\n\n## License\n\nMIT\n",
}  # fmt: skip


@pytest.mark.parametrize("text", PATTERNS.values(), ids=PATTERNS)
def test_questions_are_found_however_they_stand(bring: Import, text: str) -> None:
    found = bring(text)
    assert [(q["title"], q["short_answer"], q["answer"]) for q in found] == [
        ("What closes it?", "A valve.\n", ""),
        ("Why?", "So.\n", ""),
    ]
    assert found[0]["category"] == ["pipes"]


def test_another_pattern_can_be_named(bring: Import) -> None:
    assert [q["title"] for q in bring(BANK, pattern="h2")] == ["Pipes"]


def test_a_semicolon_makes_no_question_of_an_item(bring: Import) -> None:
    text = "## Что такое клапан?\n\nЭто:\n\n+ заслонка — закрывает трубу;\n+ пружина;\n+ седло;\n+ шток.\n"
    [question] = bring(text)
    assert "пружина;" in question["short_answer"]
    assert len(bring("- Τι είναι η βαλβίδα;\n- Πώς ανοίγει;\n")) == 2


def test_what_decorates_a_title_goes(bring: Import) -> None:
    text = "## :star: Pipes\n\n- [ ] What closes it?\n- [x] Why? :fire:\n- What is b? \u200d⭐️\n- What is c? 🚀\n"
    found = bring(text)
    assert [q["title"] for q in found] == ["What closes it?", "Why?", "What is b?", "What is c?"]
    assert found[0]["category"] == ["pipes"]


@pytest.mark.parametrize(
    "line", ["[к оглавлению](#pipes)", "[뒤로](https://x.org/bank)/[위로](#part-1)", "[↑](#top)"]
)
def test_links_to_the_top_go(bring: Import, line: str) -> None:
    [question] = bring(f"### What closes it?\n\nA valve.\n\n{line}\n")
    assert (question["short_answer"], question["answer"]) == ("A valve.\n", "")


ONE_EACH = {
    "pipes/valve.md": "---\ntitle: What is a valve?\ndifficulty: hard\ntags: [Valve, ball]\n---\n\n# Valve\n\n"
    "It closes.\n\n## Kinds\n\n- Does a ball turn?\n- Why do gates slide?\n",
    "pipes/What seals a joint.md": "# Joint\nA washer.\n",
    "pipes/why-copper.md": "# Why is copper used?\n\nA plumber asks.\n\n## Answer guide\n\nIt bends.\n",
}


def test_a_file_can_be_one_question(bring: Import) -> None:
    """As many banks have it, some with front matter."""
    found = {
        q["title"]: q
        for q in bring({**ONE_EACH, "CONTRIBUTING.md": "# How?\n\n## How to help?\n\nSo.\n"})
    }
    assert set(found) == {"What is a valve?", "What seals a joint", "Why is copper used?"}
    valve = found["What is a valve?"]
    assert (valve["level"], valve["keywords"]) == ("expert", "valve, ball")
    assert (valve["category"], valve["short_answer"]) == (["pipes"], "It closes.\n")
    assert "- Does a ball turn?" in valve["answer"]
    assert found["What seals a joint"]["short_answer"] == "A washer.\n"
    copper = found["Why is copper used?"]
    assert (copper["prompt"], copper["short_answer"]) == ("A plumber asks.\n", "It bends.\n")


def test_a_file_is_one_question_where_that_is_said(bring: Import) -> None:
    texts = {
        "a/one.md": "# Valves\n\n## What is it?\n\nIt.\n",
        "a/two.md": "# Joints\n\nThey seal.\n",
    }
    assert [q["title"] for q in bring(texts, pattern="file")] == ["Valves", "Joints"]


def test_links_to_files_lead_to_where_the_bank_was_kept(bring: Import) -> None:
    text = """\
### What is a?

See [b](b.md#x) and [code][c], <a href="../d.md">d</a>, [here](#what-is-a), [e](https://e.org) `[b](x.md)`.

- ![tap](/img/tap (1).png) [![s](/static/s.png)](<f g.md>)

```md
[b](b.md)
```

[c]: ./c.py "C"
"""
    [question] = bring({"pipes/a.md": text}, links="https://x.org/bank/main")
    assert question["short_answer"] == (
        "See [b](https://x.org/bank/main/pipes/b.md#x) and [code][c], "
        "[d](https://x.org/bank/main/d.md), [here](#what-is-a), [e](https://e.org) `[b](x.md)`.\n\n"
        "[c]: <https://x.org/bank/main/pipes/c.py>\n"
    )
    assert "(</static/s.png>)" not in question["answer"]
    assert "[![s](/static/s.png)](<https://x.org/bank/main/pipes/f%20g.md>)" in question["answer"]
    assert "```md\n[b](b.md)\n```" in question["answer"]


@pytest.mark.parametrize("address", ["main/", "ftp://x.org/", "https://[", "https:///a"])
def test_where_links_lead_has_to_be_an_address(tmp_path: Path, address: str) -> None:
    tmp_path.joinpath("a.md").write_text(BANK)
    result = run("import_bank", tmp_path / "a.md", output=tmp_path / "out.yaml", links=address)
    assert result.code == 1
    assert result.text.startswith(f"--links: “{address}” is no address such as https://")
    assert result.text.count("\n") == 1


def test_from_three_files_on_each_is_a_category(bring: Import) -> None:
    texts = {f"{name}/README.md": f"# {name}\n\n## Part\n\n### What is {name}?\n\nIt.\n"
             for name in ("one", "two", "three")}  # fmt: skip
    texts["LICENSE.md"] = "# License\n\nMIT\n"
    assert [q["category"] for q in bring(texts)] == [["one"], ["three"], ["two"]]
    assert {q["category"][0] for q in bring(texts, categories="headings")} == {"part"}


def test_files_with_the_same_heading_are_told_apart_by_their_names(bring: Import) -> None:
    texts = {f"{name}/README.md": f"# Our questions\n\n### What is {name}?\n\nIt.\n"
             for name in ("CSS", "html", "js")}  # fmt: skip
    assert [q["category"] for q in bring(texts)] == [["css"], ["html"], ["js"]]


def test_a_readme_is_called_as_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "java-questions" / "README.md"
    path.parent.mkdir()
    path.write_text("### What is a?\n\nA.\n")
    assert "Java questions" in run("import_bank", path, dry_run=True).text


def test_names_of_categories_that_differ_in_capitals_are_one(bring: Import) -> None:
    text = "## Valves\n\n### What is a?\n\nA.\n\n## valves\n\n### What is b?\n\nB.\n"
    assert [q["category"] for q in bring(text)] == [["valves"], ["valves"]]


def test_a_mark_gives_the_level(bring: Import) -> None:
    text = "## Hard\n\n### What is a?\n\nA.\n\n## B\n\n### What is b? (easy)\n\nB.\n\n### 🔴 What is c?\n\nC."
    found = [(q["title"], q["level"]) for q in bring(text)]
    assert found == [("What is a?", "expert"), ("What is b?", "core"), ("What is c?", "expert")]


def test_a_legend_says_what_signs_mean(bring: Import) -> None:
    text = "* Legend: 👶 easy \u200d⭐️ medium 🚀 expert\n\n**What is a? 🚀**\n\nA.\n\n**What is b? ⭐**\n\nB.\n"
    assert [(q["title"], q["level"]) for q in bring(text)] == [
        ("What is a?", "expert"),
        ("What is b?", "advanced"),
    ]


def test_headings_above_say_the_level_and_the_category(bring: Import) -> None:
    text = (
        "## Junior admin\n\n### 1. Pipes (1)\n\n#### What is a?\n\nA.\n\n## Senior admin\n\n"
        "### Pipes (12)\n\n#### What is b?\n\nB.\n\n## Hard disks\n\n#### What is c?\n\nC.\n"
    )
    found = [(*q["category"], q["level"]) for q in bring(text)]
    assert found == [("pipes", "core"), ("pipes", "expert"), ("hard-disks", "core")]


def test_what_stands_before_a_folded_answer_is_the_prompt(bring: Import) -> None:
    text = """\
###### 1. What's the output?

```js
f()
```

- A: 1

<details><summary><b>Answer</b></summary>
<p>

#### Answer: A

It is <i>one</i>.

</p>
</details>

---

###### 2. What's the output?

```js
g()
```

<details><summary>Answer</summary>

Two.

</details>
"""
    first, second = bring(text)
    assert first["prompt"] == "```js\nf()\n```\n\n- A: 1\n"
    assert (first["short_answer"], first["answer"]) == ("**Answer: A**\\\nIt is *one*.\n", "")
    assert second["short_answer"] == "Two.\n"
    assert [q["slug"] for q in (first, second)] == ["whats-the-output", "whats-the-output-2"]


SHORT = {
    "an answer that is one list": ("- One\n- Two", "- One\n- Two\n", ""),
    "a list that comes first": ("- One\n\nMore.", "- One\n", "More.\n"),
    "code that comes first": ("```js\nf()\n```\n\nMore.", "```js\nf()\n```\n", "More.\n"),
    "a paragraph and what it leads to": ("These:\n\n- One\n\nMore.", "These:\n\n- One\n", "More.\n"),
    "a paragraph that leads to another": ("Well:\n\nOne.", "", "Well:\n\nOne.\n"),
    "a heading of its own": ("#### Why\n\nSo.", "", "## Why\n\nSo.\n"),
    "an image": ("![a](https://x.org/a.png)\n\nMore.", "", "![a](https://x.org/a.png)\n\nMore.\n"),
    "a heading that only says so": ("#### Answer\n\nSo.\n\nMore.", "So.\n", "More.\n"),
    "the right choice": ("#### Answer: D\n\nSo.\n\nMore.", "**Answer: D**\\\nSo.\n", "More.\n"),
    "the right choice alone": ("#### Answer: D", "**Answer: D**\n", ""),
    "the right choice before code": ("#### Answer: D\n\n```js\nf()\n```", "**Answer: D**\n", "```js\nf()\n```\n"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "short", "rest"), SHORT.values(), ids=SHORT)
def test_the_short_answer_is_what_comes_first(
    bring: Import, text: str, short: str, rest: str
) -> None:
    [question] = bring(f"### What is it?\n\n{text}\n")
    assert (question["short_answer"], question["answer"]) == (short, rest)


def test_headings_of_an_answer_begin_with_the_second_level(bring: Import) -> None:
    [question] = bring("### What is a?\n\nA.\n\n#### More\n\nB.\n\n##### Deep\n\nC.\n")
    assert question["answer"] == "## More\n\nB.\n\n### Deep\n\nC.\n"


HTML = {
    "a<br>b<br>": "a<br>b",
    "<b>bold</b> <i>it</i> <code>c*d</code> <kbd class='x'>K</kbd>": "**bold** *it* `c*d` <kbd>K</kbd>",
    "<u>under</u> <a name='x'></a><font color=red>red</font>": "under red",
    "a <!-- hidden -->b": "a b",
    "`<b>` stays, List<T> too": "`<b>` stays, List`<T>` too",
    '<img src="https://x.org/a.png" alt="A" width=3>': "![A](https://x.org/a.png)",
    '<p align="center">\n<img src="https://x.org/a.png">\n</p>': "![a.png](https://x.org/a.png)",
    "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>":
        "| a | b |\n| --- | --- |\n| 1 | 2 |",
    "<pre><code class='language-js'>f()\n  g()</code></pre>": "```js\nf()\n  g()\n```",
    "<details>\n<summary>Parts</summary>\n\n- washer\n\n</details>": "**Parts**\n\n- washer",
    "<div dir=rtl>\n\nword\n\n</div>": "word",
    '<div id="2" />\n- **one**\n  ```html\n  <div/>\n  ```': "- **one**\n  ```html\n  <div/>\n  ```",
    "<div dir=rtl>\nword **bold**\n</div>": "word **bold**",
    "The <b> tag, or </div>, beside a <form>": "The `<b>` tag, or `</div>`, beside a `<form>`",
    "one<b>\n\ntwo</b> three": "one\n\ntwo three",
    "- one\n\n  <b>two</b>": "- one\n\n  **two**",
    "```html\n<b>code</b>\n```": "```html\n<b>code</b>\n```",
    "a <u>b</u>\n\n\n\n```python\nx\n\n\ny\n```": "a b\n\n```python\nx\n\n\ny\n```",
    "<pre>x\n\n\ny</pre>": "```\nx\n\n\ny\n```",
    "| a |\n| --- |\n| <b>x</b> y<br>z |": "| a |\n| --- |\n| **x** y<br>z |",
}  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), HTML.items(), ids=HTML)
def test_html_becomes_markdown(bring: Import, source: str, expected: str) -> None:
    [question] = bring(f"### What is it?\n\nFirst.\n\n{source}\n")
    assert question["answer"] == f"{expected}\n"


def test_a_title_keeps_the_tags_that_it_speaks_of(bring: Import) -> None:
    text = "### <a name='a'></a>What is <b>the</b> <span> beside a <div>?\n\nA.\n"
    assert [q["title"] for q in bring(text)] == ["What is the `<span>` beside a `<div>`?"]
    rows = "question,answer\nWhat does <a> do?,A <b> is bold.\n"
    [question] = bring(rows, "some.csv")
    assert (question["title"], question["short_answer"]) == (
        "What does `<a>` do?",
        "A `<b>` is bold.\n",
    )


def test_entries_of_a_table_of_contents_are_no_questions(bring: Import) -> None:
    text = "- [x] [What is a?](#1)\n- [ ] [What is b?](#2)\n\n#### [What is a?](#1)\n\nA.\n\n#### [What is b?](#2)\n"
    assert [q["short_answer"] for q in bring(text)] == ["A.\n", ""]
    away = "* [Q1: What is a?](https://x.org/bank.md#q1)\n\n## Answers ##\n\n### Q1: Mention an a. ###\n\nA.\n"
    assert [q["title"] for q in bring(away)] == ["Mention an a."]
    found = bring("- [ ] [What is a?](#1)\n- [ ] [What is b?](#2)\n\n## More\n")
    assert [q["title"] for q in found] == ["What is a?", "What is b?"]


def test_definitions_of_links_and_notes_go_along(bring: Import) -> None:
    text = "### What is a?\n\nSee [this][x] and.[^1]\n\n### What is b?\n\nB.\n\n[x]: https://x.org/\n\n[^1]: A note of it.\n"
    first, _ = bring(text)
    assert first["short_answer"].startswith("See [this][x] and.[^1]\n")
    assert "[x]: <https://x.org/>" in first["short_answer"]
    assert "[^1]: A note of it." in first["short_answer"]
    assert first["answer"] == ""


def test_what_was_understood_and_what_is_lost_is_told(tmp_path: Path) -> None:
    text = report(
        tmp_path,
        f"{BANK}\n### What is lost?\n\n![x](a.png) [y](b.md)\n\n<iframe src=x></iframe>\n",
    )
    assert "Questions in 1 of 1 file:\n        3  some.md, headings ###\n" in text
    assert "1 category:\n        3  Pipes\n" in text
    assert "1  images of other files, which become text here (--links makes" in text
    assert "           some.md: line 17: a.png\n" in text
    assert "1  links to other files, which lead nowhere here (--links makes" in text
    assert "1  <iframe> that is left out\n" in text
    assert text.endswith("3 questions. Dry run: nothing was written.\n")


def test_questions_that_go_from_an_earlier_output_are_told(tmp_path: Path) -> None:
    output = tmp_path / "out.yaml"
    tmp_path.joinpath("some.md").write_text(BANK)
    again = run("import_bank", tmp_path / "some.md", output=output)
    assert again.code == 0
    assert "earlier" not in run("import_bank", tmp_path / "some.md", output=output).text
    tmp_path.joinpath("other.csv").write_text("question,answer\nWhy?,So.\n")
    text = run("import_bank", tmp_path / "other.csv", output=output, dry_run=True).text
    title = next(e["fields"]["title"] for e in read_entries(output) if "title" in e["fields"])
    assert "2  questions of an earlier output, left out\n" in text
    assert f"           out.yaml: {title}\n" in text


def test_questions_of_an_earlier_output_that_say_something_else_are_told(tmp_path: Path) -> None:
    output = tmp_path / "out.yaml"
    source = tmp_path / "some.md"
    source.write_text(BANK)
    run("import_bank", source, output=output)
    first = next(e["fields"] for e in read_entries(output) if "title" in e["fields"])
    output.write_text(output.read_text().replace(first["short_answer"].strip(), "Mended by hand."))
    text = run("import_bank", source, output=output, dry_run=True).text
    assert "1  questions of an earlier output, which say something else now\n" in text
    assert f"           out.yaml: {first['title']}\n" in text
    run("import_bank", source, output=output)
    assert "earlier output" not in run("import_bank", source, output=output).text


def test_a_row_without_a_question_is_shown_by_what_it_says(tmp_path: Path) -> None:
    table = "question,answer,category\nWhy?,So.,Pipes\n,No question here,Pipes\n"
    text = report(tmp_path, table, "some.csv")
    assert "1  rows without a question\n" in text
    assert "           some.csv: line 3: Pipes, No question here\n" in text


def test_a_text_that_belongs_to_no_question_is_told(tmp_path: Path) -> None:
    text = report(tmp_path, f"{BANK}\n## Parts\n\nA washer.\n\n## License\n\nMIT\n")
    assert "1  texts below headings that are no questions, left out (--pattern" in text
    assert "           some.md: line 17: Parts\n" in text
    assert "License" not in text


def test_a_question_with_a_higher_heading_is_one(bring: Import) -> None:
    found = bring(f"{BANK}\n## Q3: Why does it drip?\n\nIt is worn.\n\n## What else?\n")
    assert [q["title"] for q in found][2:] == ["Why does it drip?"]
    assert found[2]["category"] == ["pipes"]
    assert (
        len(bring("### Why?\n\n#### How so?\n\nSo.\n\n### When?\n\nNow.\n\n### Where?\n\nHere.\n"))
        == 3
    )


def test_files_without_questions_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    folder.joinpath("a.md").write_text(BANK)
    folder.joinpath("b.md").write_text("# Prose\n\nOnly text.\n")
    text = run("import_bank", folder, dry_run=True).text
    assert "Questions in 1 of 2 files:\n" in text
    assert "           none in in/b.md\n" in text


def test_categories_that_may_be_headings_of_answers_are_told(tmp_path: Path) -> None:
    text = "".join(f"### Note {n}\n\n#### What is {n}?\n\nIt.\n\n" for n in range(4))
    hint = "Headings inside answers may be among them: --categories file makes one of each file"
    assert hint in report(tmp_path, text)
    assert hint not in report(tmp_path, BANK)


# A second import


def test_slugs_are_unique_and_stay_in_a_second_import(bring: Import) -> None:
    text = "### What is a?\n\nOne.\n\n### What is a?\n\nTwo.\n\n### What is b?\n\nThree.\n"
    before = {q["short_answer"]: q["slug"] for q in bring(text)}
    assert list(before.values()) == ["what-is-a", "what-is-a-2", "what-is-b"]
    again = text.replace("What is b", "What, then, is b")
    again = "### What is new?\n\nZero.\n\n" + again[again.index("### What is a?\n\nTwo") :] + \
        "\n### What is a?\n\nOne.\n"  # fmt: skip
    after = {q["short_answer"]: q["slug"] for q in bring(again)}
    assert after == {**before, "Zero.\n": "what-is-new"}


def test_a_second_import_of_the_same_writes_the_same(tmp_path: Path, bring: Import) -> None:
    bring(BANK)
    before = tmp_path.joinpath("out.yaml").read_bytes()
    bring(BANK)
    assert tmp_path.joinpath("out.yaml").read_bytes() == before


def test_what_was_published_in_the_file_stays_published(tmp_path: Path, bring: Import) -> None:
    bring(BANK)
    path = tmp_path / "out.yaml"
    path.write_text(path.read_text().replace("published: false", "published: true", 1))
    path.write_text(f"{path.read_text()}\n- model: questions.question\n  fields: {{slug: bare}}\n")
    again = bring(BANK.replace("A valve.", "A valve, or a tap."))
    assert [q["published"] for q in again] == [True, False]


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("out.yaml", "- 1\n", "out.yaml is there and no fixture file: name another output."),
        ("out.yaml", "x: [", "out.yaml: "),
        ("out.yaml", "{model: questions.question}", "out.yaml: "),
        ("out.json", "", "out.json” does not end with .yaml, and YAML is what is written."),
        ("out", "", "out” does not end with .yaml, and YAML is what is written."),
    ],
)
def test_a_file_that_is_something_else_is_not_written_over(
    tmp_path: Path, name: str, text: str, reason: str
) -> None:
    tmp_path.joinpath("a.md").write_text(BANK)
    tmp_path.joinpath(name).write_text(text)
    result = run("import_bank", tmp_path / "a.md", output=tmp_path / name)
    assert result.code == 1
    assert reason in result.text
    assert result.text.endswith("Nothing was written.\n")
    assert result.text.count("\n") == 1
    assert tmp_path.joinpath(name).read_text() == text


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("What is C++, and what is C#?", "what-is-c-plus-plus-and-what-is-c-sharp"),
        ("Что такое GIL?", "chto-takoe-gil"),
        ("线程池有哪些参数？", "xian-cheng-chi-you-na-xie-can-shu"),
        ("클로저란 무엇인가?", "keullojeolan-mueosinga"),
        ("ما هو الإغلاق؟", "m-hw-lghlq"),
        ("Was heißt „Straße“?", "was-heisst-strasse"),
        ("word " * 30, "word-word-word-word-word-word-word-word-word-word-word-word"),
        ("?", ""),
        ("🐍", "snake"),
    ],
)
def test_a_slug_is_proposed_in_every_script(title: str, slug: str) -> None:
    assert slugs.proposed(title) == slug


def test_a_slug_is_always_found() -> None:
    assert slugs.unique("?", set()) == "question"
    assert slugs.unique("All?", set()) == "all-2"


# Tables and data


def test_a_table_names_its_columns(bring: Import) -> None:
    text = 'Topic;Question;Answer;Difficulty;Tags\nPipes;What closes it?;"A valve.\n\nMore.";hard;"A, b"\n'
    [question] = bring(text, "some.csv")
    assert question["title"] == "What closes it?"
    assert (question["category"], question["level"], question["keywords"]) == (
        ["pipes"],
        "expert",
        "a, b",
    )
    assert (question["short_answer"], question["answer"]) == ("A valve.\n", "More.\n")


def test_a_table_without_names_has_the_question_first(bring: Import) -> None:
    assert [q["title"] for q in bring("What is a?,A.\nWhat is b?,B.\n", "some.csv")] == [
        "What is a?",
        "What is b?",
    ]


@pytest.mark.parametrize(
    "names",
    [
        "Topic,Interview question,IdealAnswer",
        "category,title,content",
        "Theme,Question text,Model answer",
    ],
)
def test_columns_are_known_by_their_last_word(bring: Import, names: str) -> None:
    [question] = bring(
        f"Id,{names},Difficulty level\n7,Pipes,What closes it?,A valve.,hard\n", "some.csv"
    )
    assert (question["title"], question["short_answer"]) == ("What closes it?", "A valve.\n")
    assert (question["category"], question["level"]) == (["pipes"], "expert")


def test_the_apostrophe_of_a_spreadsheet_goes(bring: Import) -> None:
    [question] = bring("question,answer\nWhat is a?,'- one\nWhat is b?,'tis so.\n", "some.csv")[:1]
    assert question["short_answer"] == "- one\n"


@pytest.mark.parametrize("start", FORMULA)
def test_every_apostrophe_that_our_export_writes_goes(bring: Import, start: str) -> None:
    table = io.StringIO(newline="")
    rows = csv.writer(table)
    rows.writerows([("question", "answer"), ("What is it?", quoted(f"{start}1"))])
    [question] = bring(table.getvalue(), "some.csv")
    assert "1" in question["short_answer"]
    assert "'" not in question["short_answer"]


@pytest.mark.parametrize("text", ["'--help' prints what?", "''=1?", "'tis so?", "=1?"])
def test_a_cell_of_our_export_is_read_back_as_it_was(bring: Import, text: str) -> None:
    [question] = bring(f'question,answer\n"{quoted(text)}",So.\n', "some.csv")
    assert question["title"] == text


def test_a_keyword_keeps_the_sign_at_its_end(bring: Import) -> None:
    [question] = bring('question,answer,tags\nWhat is a?,A.,"#net, C#, f#"\n', "some.csv")
    assert question["keywords"] == "net, c#, f#"


def test_the_column_that_is_called_answer_comes_first(bring: Import) -> None:
    [question] = bring("question,content,answer,short\nWhy?,A text.,Long.,So.\n", "some.csv")
    assert (question["short_answer"], question["answer"]) == ("So.\n", "Long.\n")


def test_an_object_can_be_one_question(bring: Import) -> None:
    [question] = bring(json.dumps({"id": 3, "title": "Why?", "content": "<p>So.</p>"}), "some.json")
    assert (question["title"], question["short_answer"]) == ("Why?", "So.\n")
    assert len(bring(json.dumps({"Why?": "So.", "What is a title?": "A name."}), "some.json")) == 2


def test_json_of_any_shape(bring: Import) -> None:
    row = {"question": "What is a?", "answer": "A.", "tags": ["x", "Y"], "links": ["https://x.org"]}
    for content in ([row], {"Pipes": [row]}, {"data": [{"name": "Pipes", "items": [row]}]}):
        [question] = bring(json.dumps(content), "some.json")
        assert question["keywords"] == "x, y"
        assert question["further_reading"] == "- <https://x.org>\n"
    assert (
        len(bring("\n".join([json.dumps(row), json.dumps({**row, "question": "B?"})]), "a.jsonl"))
        == 2
    )


def test_an_export_is_read_back_as_it_was(bring: Import) -> None:
    fields = {
        "slug": "gil-2", "title": "What is the GIL?", "category": "core", "level": "expert",
        "keywords": "gil", "verified_with": "CPython 3.13.0", "verified_on": "2026-01-02",
        "asked_as": "Tell me.\n", "prompt": "See <b>.\n", "short_answer": "A lock.\n",
        "answer": "## Example\n\n<x>\n", "further_reading": "- [A](https://x.org)\n",
    }  # fmt: skip
    category = {
        "slug": "core",
        "name": "Core Python",
        "emoji": "🐍",
        "description": "",
        "position": 7,
    }
    content = {
        "version": 1,
        "categories": [category],
        "questions": [{**fields, "url": "https://x.org/"}],
    }
    [question] = bring(json.dumps(content), "some.json")
    assert {**question, "category": "core"} == {**fields, "position": 1, "published": False}


@pytest.mark.parametrize(
    "content",
    [
        {"categories": [{"slug": "c"}], "questions": [{"slug": "a", "title": "Why?", "category": "c"}]},
        {"categories": 7, "questions": [{"slug": "a", "title": "Why?", "category": ["c"]}]},
        {"categories": [{"slug": "c", "name": "C"}], "questions": [{"slug": "a", "category": "c"}, {"question": "Why?"}, 5]},
    ],
)  # fmt: skip
def test_half_an_export_gives_what_it_has(bring: Import, content: dict[str, Any]) -> None:
    assert [q["title"] for q in bring(json.dumps(content), "some.json")] == ["Why?"]


def test_the_text_that_anki_exports(bring: Import) -> None:
    rows = [
        ["Deck::Pipes", "What <b>closes</b> it?", "A valve.<br><br><ul><li>one</li></ul>", "x hard"]
    ]
    file = io.StringIO()
    csv.writer(file, delimiter="\t", lineterminator="\n").writerows(rows)
    head = "#separator:tab\n#html:true\n#deck column:1\n#tags column:4\n"
    [question] = bring(head + file.getvalue(), "some.txt")
    assert question["title"] == "What closes it?"
    assert question["category"] == ["pipes"]
    assert "- one" in question["answer"]


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("a.json", "{", "a.json: line 1, column 2: "),
        ("a.md", "nothing", "No question was found."),
        (
            "a.csv",
            "",
            "No question was found. In Markdown, --pattern says how they stand; in a table,",
        ),
        ("a.csv", 'a,"b', "a.csv: line 1: "),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(
    tmp_path: Path, name: str, text: str, reason: str
) -> None:
    path = tmp_path / name
    path.write_text(text)
    result = run("import_bank", path, output=tmp_path / "out.yaml")
    assert result.code == 1
    assert result.text.startswith(reason)
    assert result.text.count("\n") == 1
    assert not (tmp_path / "out.yaml").exists()
    path.write_bytes(b"\xff")
    assert "not UTF-8" in run("import_bank", path, output=tmp_path / "out.yaml").text
    assert "cannot be read" in run("import_bank", tmp_path / "nowhere.md").text


@pytest.mark.django_db
def test_the_database_is_left_alone(tmp_path: Path, bring: Import) -> None:
    build.question()
    bring(BANK)
    assert Question.objects.count() == 1


# Hostile files


DEEP = "<div>" * 2_000 + "</div>" * 2_000


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("deep.json", "[" * 100_000),
        ("deep.jsonl", "{}\n" + "[" * 100_000),
        ("digits.jsonl", f'{{"question": 1}}\n{{"question": {"9" * 5_000}}}'),
        ("deep.md", f"## What is deep?\n\n{DEEP}\n"),
        ("deep.txt", f"#separator:tab\n#html:true\nWhat is deep?\t{DEEP}\n"),
        ("quote.txt", '#separator:"\nWhat is a quote?\tA sign.\n'),
        ("blank.csv", ",,,\n"),
        ("nothing.json", '{"categories": 5, "questions": [{"slug": "x", "category": ["x"]}]}'),
    ],
)
def test_a_hostile_file_is_refused_in_one_line(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    result = run("import_bank", tmp_path / name, output=tmp_path / "out.yaml")
    assert result.code == 1
    assert len(result.text.splitlines()) == 1
    assert "Traceback" not in result.text
    assert not (tmp_path / "out.yaml").exists()


@pytest.mark.parametrize(
    "content",
    [
        {"categories": 5},
        {"categories": [{"slug": "pipes"}]},
        {"categories": [{"slug": "pipes", "name": ["Pipes"]}]},
        {"categories": [{"slug": ["pipes"], "name": "Pipes"}]},
    ],
)
@pytest.mark.parametrize("odd", [{}, {"category": ["pipes"]}, {"slug": 5}, {"answer": {"a": [1]}}])
def test_an_export_that_somebody_changed_is_read_as_other_data(
    bring: Import, content: dict[str, Any], odd: dict[str, Any]
) -> None:
    question = {"title": "What closes a pipe?", "slug": "pipe", "category": "pipes", **odd}
    (found,) = bring(json.dumps({**content, "questions": [question]}), "export.json")
    assert found["title"] == "What closes a pipe?"


@pytest.mark.parametrize(
    "fields", ["slug: x", "slug: x\n    title: 5", "slug: x\n    title: [What closes a pipe?]"]
)
def test_what_is_half_written_in_the_file_of_an_earlier_import_is_made_anew(
    tmp_path: Path, bring: Import, fields: str
) -> None:
    earlier = f"- model: questions.question\n  fields:\n    {fields}\n"
    (tmp_path / "out.yaml").write_text(earlier)
    assert [found["slug"] for found in bring(BANK)] == ["what-closes-a-pipe", "what-seals-a-joint"]


@pytest.mark.parametrize("column", ["²", "9" * 5_000, "0"])
def test_a_column_that_there_is_not_is_left_out(bring: Import, column: str) -> None:
    (found,) = bring(f"#separator:tab\n#deck column:{column}\nWhat?\tThat.\n", "notes.txt")
    assert found["title"] == "What?"


@pytest.mark.parametrize(
    "text", ["<b>" * 20_000 + "</i>" * 20_000, f"<a {'a' * 50_000}>", "<b " * 15_000]
)
def test_tags_are_read_in_time(bring: Import, text: str) -> None:
    start = time.process_time()
    bring(f"question,answer\nWhat is a tag?,It is {text}\n", "some.csv")
    assert time.process_time() - start < 10


def test_no_text_of_a_file_is_a_command_to_the_terminal(tmp_path: Path) -> None:
    escape = "\x1b]52;c;eA==\x07"
    text = f"# Pipes {escape}\n\n## What is a pipe?\n\n![{escape}](http://x.example/{escape})\n"
    told = report(tmp_path, text, f"some{escape}.md".replace("/", ""))
    assert "\N{REPLACEMENT CHARACTER}]52;c;eA==" in told
    assert "\x1b" not in told
    assert "\x07" not in told
    (tmp_path / "bad.yaml").write_text(
        '- model: questions.question\n  fields:\n    slug: "\\e]52;c;eA==\\a"\n'
    )
    refused = manage("check_bank", str(tmp_path / "bad.yaml"))
    assert refused.returncode == 1
    assert "\N{REPLACEMENT CHARACTER}]52;c;eA==" in refused.stderr
    assert "\x1b" not in refused.stderr
