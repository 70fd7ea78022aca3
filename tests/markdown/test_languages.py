"""Which languages are highlighted, and that no text in them takes long."""

import re
import time
from pathlib import Path

import pytest
from django.conf import settings

from questions.markdown import render
from questions.markdown.languages import (
    CODE_LENGTH,
    LINE_LENGTH,
    LISTED,
    UNUSUAL,
    Language,
    highlighted,
    language,
    lexer,
)

LEXERS = list(dict.fromkeys(name for _, name, _ in LISTED if name))


@pytest.mark.parametrize(
    ("info", "label"),
    [
        ("python", "Python"),
        ("Python3 run", "Python"),
        ("python:main.py", "Python"),
        ("python{1,3}", "Python"),
        ("{.python}", "Python"),
        ("{ .python .numbered }", "Python"),
        ("{#example .python}", "Python"),
        ("console", "Shell"),
        ("C++", "C++"),
        ("c#", "C#"),
        ("jsonc", "JSON"),
        ("", "Text"),
        ("txt", "Text"),
        ("output", "Output"),
        ("Brainfuck +", "Brainfuck"),
        ("{.easytrieve}", "easytrieve"),
    ],
)
def test_a_fence_is_labelled_with_its_language(info: str, label: str) -> None:
    assert f'<span class="language">{label}</span>' in render(f"```{info}\nx\n```\n")


@pytest.mark.parametrize("name", LEXERS)
def test_each_language_has_a_lexer_that_loses_nothing(name: str) -> None:
    code = "a = \"b\" 'c' /* d */ // e\n# f\n\tg(1)\n<h>i</h>\n"
    assert "".join(value for _, value in lexer(name).get_tokens(code)) == code


@pytest.mark.parametrize(
    ("name", "code", "token"),
    [
        ("python", 'def f():\n    """A\n\n    docstring."""\n', 'class="sd">"""A'),
        ("js", "const a = 'b';\n/* c\n d */", "class=\"s1\">'b'</span>"),
        ("go", 'func f() { a("b") }', 'class="s">"b"</span>'),
        ("css", "a { color: red }", 'class="k">color</span>'),
        ("html", "<script>let a = 1</script><b>", 'class="kd">let</span>'),
        ("vue", "<style>a { color: red }</style>", 'class="k">color</span>'),
        ("http", 'POST / HTTP/1.1\nA: b\n\n{"c": 1}', 'class="nt">"c"</span>'),
        ("yaml", "a: b", 'class="nt">a</span>'),
    ],
)
def test_listed_languages_are_highlighted(name: str, code: str, token: str) -> None:
    assert token in highlighted(code, language(name))


@pytest.mark.parametrize(
    "code",
    [
        "x = 1\n" * (CODE_LENGTH // 6 + 1),
        f"x = '{'a' * LINE_LENGTH}'",
    ],
)
def test_long_code_is_plain(code: str) -> None:
    assert "<span" not in highlighted(code, language("python"))
    assert "<span" in highlighted(code[: LINE_LENGTH - 1], language("python"))


def test_other_languages_are_plain() -> None:
    assert highlighted("if a < b:", language("easytrieve")) == "if a &lt; b:"
    assert language("easytrieve") == Language("easytrieve", "")


# Some lexers hand a part of their code to whichever lexer it names.
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("markdown", "```{name}\nreturn\n```"),
        ("http", "HTTP/1.1 200 OK\nContent-Type: text/x-{name}\n\nreturn"),
        ("postgresql", "DO $$return$$ LANGUAGE {name}"),
    ],
)
def test_code_cannot_name_another_lexer(name: str, code: str) -> None:
    html = highlighted(code.replace("{name}", "python"), language(name))
    assert html == highlighted(code.replace("{name}", "pithon"), language(name)).replace(
        "pithon", "python"
    )
    assert "return" in html


def test_docs_list_the_languages() -> None:
    docs = (Path(settings.BASE_DIR) / "docs" / "writing.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| ([^|]+) \| (`[^|]+`) \| (yes|no) \|$", docs, re.MULTILINE)
    wanted: dict[str, list[str]] = {}
    for label, lexer_name, names in LISTED:
        wanted.setdefault(label, []).extend(names.split())
        assert (label, "yes" if lexer_name else "no") in {(row[0], row[2]) for row in listed}
    assert {row[0]: re.findall(r"`([^`]+)`", row[1]) for row in listed} == wanted


# Time

# `bench/languages.py` tries many more pieces, in longer texts.
PIECES = [
    *(
        "\t\n" * 48 + "a\n",
        "\n" * 97 + "a\n",
        "a\n",
        "é日🐍",
        "([{",
        "[\\n",
        "#\\n",
        "/*a",
        "<!--a",
        "<<<A\n",
    ),
    *("\\'", '\\"'),
]
# How the code begins of which a lexer looks at the rest.
BEGINNINGS = {
    "console": ["$ "],
    "html": ["", "<script>", "<style>"],
    "http": ["GET / HTTP/1.1\nA: ", "GET / HTTP/1.1\nA: b\n\n{"],
    "pycon": [">>> "],
}


@pytest.mark.parametrize("name", LEXERS)
def test_twice_the_text_takes_at_most_three_times_as_long(name: str) -> None:
    for beginning in BEGINNINGS.get(name, [""]):
        times = {piece: times_as_long(name, beginning, piece) for piece in PIECES}
        assert {piece: many for piece, many in times.items() if many > 3} == {}


def times_as_long(name: str, beginning: str, piece: str) -> float:
    """Return how many times as long twice the text takes: the least of up to six tries."""
    once, twice = hostile(beginning, piece, 1200), hostile(beginning, piece, 2400)
    shorter, longer = spent(name, once), spent(name, twice)
    for _ in range(5):
        if longer <= max(3 * shorter, 0.002):  # less is too short to tell
            return min(3, longer / shorter)
        shorter, longer = min(shorter, spent(name, once)), min(longer, spent(name, twice))
    return longer / shorter


def hostile(beginning: str, piece: str, length: int) -> str:
    """Return `length` characters that repeat a piece in the longest lines that are highlighted."""
    if "\n" not in piece:
        piece = (piece * LINE_LENGTH)[:LINE_LENGTH] + "\n"
    text = (beginning + piece * length)[:length]
    assert not UNUSUAL.search(text.removeprefix(beginning))
    return text


def spent(name: str, text: str) -> float:
    """Return the processor time of highlighting a text, in seconds."""
    start = time.thread_time()
    highlighted(text, Language("", name))
    return time.thread_time() - start


TABS = "\t" * 80


def test_a_fence_of_tabs_does_not_stop_the_site() -> None:
    start = time.thread_time()
    for name in ("easytrieve", "autohotkey", "xpp"):
        render.__wrapped__(f"```{name}\n" + f"{TABS}\n" * 100 + "```\n")
    assert time.thread_time() - start < 0.5


@pytest.mark.parametrize("name", ["python", "js", "html", "text", "easytrieve"])
def test_the_longest_fence_ends_in_time(name: str) -> None:
    start = time.thread_time()
    render.__wrapped__(f"```{name}\n" + "(a = '\\\"\n" * 10_000 + "```\n")
    assert time.thread_time() - start < 1
