"""
The languages whose code is highlighted, and what a fence may call them.

A fence could name any of Pygments' five hundred lexers, and some of their patterns take minutes for
two hundred lines of tabs. So only the languages listed here are highlighted, and only code of
limited length. `tests/markdown/test_languages.py` tries each of them with hostile text, and
`docs/writing.md` lists them for authors.
"""

import re
from functools import cache
from typing import Any, NamedTuple

from django.utils.html import escape
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer, RegexLexer, using
from pygments.lexers import find_lexer_class_by_name
from pygments.token import Name, Text

# Code beyond these limits is shown plain. Many patterns search from each place to the end of the
# line, or of the white space there, so that a line of twice the length takes four times as long.
CODE_LENGTH = 10_000  # characters
LINE_LENGTH = 300  # characters
SPACE_LENGTH = 100  # characters of white space in a row

# What is shown above the code; what Pygments calls the lexer, empty for plain text; and the names
# that a fence may give, in lower case.
LISTED = (
    ("C", "c", "c h"),
    ("C#", "csharp", "c# cs csharp"),
    ("C++", "cpp", "c++ cpp hpp cc"),
    ("Clojure", "clojure", "clojure clj"),
    ("CSS", "css", "css"),
    ("Dart", "dart", "dart"),
    ("Diff", "diff", "diff patch udiff"),
    ("Dockerfile", "docker", "dockerfile docker containerfile"),
    ("Elixir", "elixir", "elixir ex exs"),
    ("Erlang", "erlang", "erlang erl"),
    ("F#", "fsharp", "f# fs fsharp"),
    ("Go", "go", "go golang"),
    ("GraphQL", "graphql", "graphql gql"),
    ("Groovy", "groovy", "groovy gradle"),
    ("Haskell", "haskell", "haskell hs"),
    ("HTML", "html", "html htm xhtml"),
    ("HTTP", "http", "http"),
    ("INI", "ini", "ini cfg conf systemd"),
    ("Java", "java", "java"),
    ("JavaScript", "javascript", "javascript js mjs cjs node"),
    ("JSON", "json", "json jsonl ndjson"),
    ("JSON", "json5", "json5 jsonc"),
    ("JSX", "jsx", "jsx react"),
    ("Julia", "julia", "julia jl"),
    ("Kotlin", "kotlin", "kotlin kt kts"),
    ("Lua", "", "lua"),
    ("Makefile", "basemake", "makefile make mk"),
    ("Markdown", "", "markdown md"),
    ("MySQL", "mysql", "mysql mariadb"),
    ("nginx", "nginx", "nginx nginxconf"),
    ("Objective-C", "objective-c", "objective-c objc objectivec"),
    ("OCaml", "ocaml", "ocaml ml"),
    ("Output", "", "output"),
    ("Perl", "perl", "perl pl"),
    ("PHP", "", "php"),
    ("PostgreSQL", "sql", "postgresql postgres psql plpgsql"),
    ("PowerShell", "", "powershell ps1 pwsh"),
    ("Protocol Buffers", "protobuf", "proto protobuf"),
    ("Python", "python", "python py py3 python3"),
    ("Python", "pycon", "pycon python-console"),
    ("Python", "pytb", "pytb traceback"),
    ("R", "", "r"),
    ("Ruby", "ruby", "ruby rb"),
    ("Rust", "rust", "rust rs"),
    ("Scala", "scala", "scala"),
    ("SCSS", "scss", "scss"),
    ("Shell", "bash", "shell bash sh zsh ksh"),
    ("Shell", "console", "console shell-session"),
    ("SQL", "sql", "sql sqlite"),
    ("Swift", "swift", "swift"),
    ("Terraform", "", "terraform hcl tf"),
    ("Text", "", "text plain plaintext txt"),
    ("TOML", "toml", "toml"),
    ("TSX", "tsx", "tsx"),
    ("TypeScript", "typescript", "typescript ts"),
    ("Vue", "html", "vue"),
    ("XML", "xml", "xml svg"),
    ("YAML", "yaml", "yaml yml"),
    ("Zig", "zig", "zig"),
)


class Language(NamedTuple):
    """The language that a fence names."""

    label: str  # shown above the code
    lexer: str = ""  # what Pygments calls its lexer; empty if the code is shown plain


BY_NAME = {name: Language(label, lexer) for label, lexer, names in LISTED for name in names.split()}

# `python`, `python:main.py`, `python{1,3}`, `{.python}` and `{#id .python}` all name Python.
NAME = re.compile(r"(?:\{\s*(?:#\S+\s+)?\.?)?([^\s{}:,]*)")


def language(info: str) -> Language:
    """Return the language that the info string of a fence names, listed or not."""
    match = NAME.match(info.strip())
    name = match[1] if match else ""
    return BY_NAME.get(name.lower()) or Language(name or "Text")


def highlighted(code: str, language: Language) -> str:
    """
    Return code as HTML, with a <span> around each token if its language is listed.

    Costs up to 0.1 s for CODE_LENGTH characters, whatever they are.
    """
    if not language.lexer or len(code) > CODE_LENGTH or UNUSUAL.search(code):
        return escape(code)
    return highlight(code, lexer(language.lexer), HtmlFormatter(nowrap=True)).rstrip("\n")


UNUSUAL = re.compile(rf".{{{LINE_LENGTH + 1}}}|\s{{{SPACE_LENGTH + 1}}}")


def lexer(name: str) -> Lexer:
    return lexer_class(name)(stripnl=False)


# What keeps Pygments' lexers from searching the rest of the code again and again


@cache
def lexer_class(name: str) -> type[Lexer]:
    """Return Pygments' lexer with patterns whose time grows with the code, not with its square."""
    original = find_lexer_class_by_name(name)
    if not issubclass(original, RegexLexer):
        return original
    # C# has its states once for each level of Unicode.
    has_variants = getattr(original, "token_variants", False)
    states = original.tokens if has_variants else original.get_tokendefs()  # type: ignore[no-untyped-call]
    changed = bounded_states(states) | own_states(name)
    return type(original.__name__, (original,), {"tokens": changed})


def bounded_states(states: dict[str, Any]) -> dict[str, Any]:
    return {
        name: bounded_states(rules) if isinstance(rules, dict) else list(map(bounded_rule, rules))
        for name, rules in states.items()
    }


def bounded_rule(rule: Any) -> Any:
    if isinstance(rule, tuple) and isinstance(rule[0], str):
        return (bounded(rule[0]), *rule[1:])
    return rule


def bounded(pattern: str) -> str:
    """Return a pattern that does not search to the end of the code for what is not there."""
    for part, shorter in WITHIN_LINE.items():
        pattern = pattern.replace(part, shorter)
    return UNTIL.sub(r"\g<1>(?:\g<2>|\\Z)", pattern)


# Parts of patterns that are to match within a line only.
WITHIN_LINE = {
    r'\\[^\\]|[^"\\]': r'\\[^\\\n]|[^"\\\n]',  # a string
    r"\\[^\\]|[^'\\]": r"\\[^\\\n]|[^'\\\n]",
    r"\s+)+?)": r"[^\S\n]+)+?)",  # the words before the name of a method
    r"(\[.*?\])": r"(\[[^\]\n]*\])",  # an attribute
}

# A pattern for all until a closing sign, such as /\*.*?\*/ or /[*](.|\n)*?[*](\\\n)?/. Without a
# closing sign it matches the rest of the code.
UNTIL = re.compile(
    r"^(.*(?:\.|\[\\s\\S\]|\((?:\?:)?\.\|\\n\))\*\?)"  # opens, and goes on
    r"((?:[^()|]|\(\\\\\\n\)\?)+)$"  # closes
)


def own_states(name: str) -> dict[str, list[Any]]:
    """Return new rules for the states in which a lexer would hand code on to unbounded lexers."""
    if name == "html":
        return {
            "script-content": embedded("script", "javascript"),
            "style-content": embedded("style", "css"),
        }
    if name == "http":  # its body, which may be of any content type
        return {"content": [(r"\s*[{\[].*", by_lexer("json")), (r".+", Text)]}
    return {}


def embedded(tag: str, language: str) -> list[Any]:
    """Return the rules for what stands in an element of HTML, and for its end."""
    return [
        (rf"<\s*/\s*{tag}\s*>", Name.Tag, "#pop"),
        (rf".+?(?=<\s*/\s*{tag}\s*>|\Z)", by_lexer(language)),
    ]


def by_lexer(name: str) -> Any:
    """Return the action of a rule that hands what it matches to another lexer."""
    return using(lexer_class(name))  # type: ignore[no-untyped-call]
