"""
Which languages take too long to highlight: each is tried with thousands of hostile texts.

    python bench/languages.py                all languages: an hour
    python bench/languages.py python go      some, by Pygments' names for their lexers

To be run when a language is added, or when Pygments is upgraded. Where a language is slow, twice a
text took more than three times as long: it has to be shown plain, or its lexer mended
(`questions/markdown/languages.py`).
"""

import random
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from questions.markdown.languages import LINE_LENGTH, LISTED, SPACE_LENGTH, lexer

LENGTH = 5000  # characters of a text; twice as many are highlighted at most
LINEAR = 5e-6  # seconds that a lexer takes for a token, at most
NOISE = 0.005  # seconds
SAMPLE = 300  # pairs of a beginning and a piece for each lexer

SIGNS = [*"'\"`([{<)]}>\\/*#-=_@$%&|!?:;,.^~+"]
WORDS = [
    *"aAé日🐍01",
    "a ",
    "a.",
    "a:",
    "a: ",
    "a=",
    "a(",
    "a[",
    "a<",
    "a,",
    "a'",
    'a"',
    "a::",
    "x\t",
]
ENDS = ["a\n", "'a\n", '"a\n', "a\\\n", "#a\n", "- a\n", "a: b\n", "{a\n", "(a\n", "@a\n", "\\\n"]
BLANKS = [" " * 97 + "a", "\t" * 97 + "a", "\n" * 97 + "a", "\t\n" * 48 + "a", "\n " * 48 + "a"]
OPENINGS = [
    *(
        "/*",
        "/*a",
        "//",
        "<!--",
        "<!--a",
        "<![CDATA[",
        "<?",
        "<?php ",
        "<%",
        "<a b=",
        "<a b='",
        "</",
    ),
    *("<script>", "<style>", "<script>\\'</script>", "${", "#{", "{{", "{%", '"""', "'''", '"""a'),
    *("\\'", '\\"', '"\\', "'\\", "r'", 'f"{', "b'", '@"', "%w(", "%q<", "q{", "s/", "y/", "--[["),
    *(
        "[=[",
        "(*",
        "{-",
        "{|",
        "<#",
        "#|",
        'R"(',
        'r#"',
        "$$",
        "$a$",
        "$(",
        "$((",
        "<<A\n",
        "<<-A\n",
    ),
    *("<<<A\n", "<<'A'\n", "<<~A\n", "=begin\n", "=pod\n", "```\n", ">>> ", "... ", "$ ", "GET / "),
    *(
        "HTTP/1.1 200 OK\nA: b\n\n{",
        "def ",
        "class ",
        "import ",
        "from a",
        "if ",
        "begin ",
        "end\n",
    ),
]
PIECES = [*SIGNS, *WORDS, *ENDS, *BLANKS, *OPENINGS, *(sign * 2 for sign in SIGNS)]


def main() -> None:
    names = sys.argv[1:] or list(dict.fromkeys(name for _, name, _ in LISTED if name))
    for name in names:
        slow = [text for text in texts(name) if is_slow(name, *text)]
        print(f"{name}: {'good' if not slow else 'slow'}", flush=True)
        for once, _ in slow[:5]:
            print(f"    {once[:60]!r}", flush=True)


def texts(name: str) -> Iterator[tuple[str, str]]:
    """Yield hostile texts, each with one of twice the length."""
    pairs = [("", piece) for piece in PIECES]
    others = [(beginning, piece) for beginning in OPENINGS for piece in PIECES]
    for beginning, piece in pairs + random.Random(name).sample(others, SAMPLE):  # noqa: S311
        for lines in (piece, f"{piece}\n", f"a{piece} "):
            text = beginning + lines * (2 * LENGTH // len(lines))
            text = re.sub(rf"(\s{{{SPACE_LENGTH}}})(?=\s)", r"\1a", text)
            text = re.sub(rf"(.{{{LINE_LENGTH}}})(?=.)", r"\1\n", text)
            yield text[:LENGTH], text[: 2 * LENGTH]


def is_slow(name: str, once: str, twice: str) -> bool:
    """Whether twice the text takes more than three times as long, each of five times."""
    seconds, tokens = spent(name, once)
    if seconds < NOISE + LINEAR * tokens:
        return False
    return all(spent(name, twice)[0] > 3 * spent(name, once)[0] for _ in range(5))


def spent(name: str, text: str) -> tuple[float, int]:
    """Return the processor time that it takes to cut a text into tokens, and their number."""
    start = time.thread_time()
    tokens = sum(1 for _ in lexer(name).get_tokens(text))
    return time.thread_time() - start, tokens


if __name__ == "__main__":
    main()
