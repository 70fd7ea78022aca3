"""
What both databases index, and the conditions of a search in the index.

A question has five scopes: its topic (the slug and the first keyword), its names (all keywords),
its head (these, and the words of title and slug), its lead (the head, the short answer and other
phrasings), and all of it. Each from the head on contains the names and the ones between.
`sqlite.py` and `postgresql.py` store them.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from questions.search.letters import LANGUAGE_NAMES, SYMBOLS, folded_letters
from questions.search.words import Term

# The columns that the index is made from. A change of another column changes nothing in it.
INDEXED = (
    *("slug", "title", "keywords", "short_answer", "asked_as", "prompt", "answer"),
    *("published", "category_id", "level"),
)
INDEXED_LENGTH = 200_000  # characters of an answer that are indexed
NAME_SEPARATORS = " -_./\n"
# Begins the words that stand in the index for what is no text. No word that is typed begins so, not
# even half a word: letters.folded() makes it a space.
FACET = "§"
DRAFT = f"{FACET}draft"


class Scope(StrEnum):
    TOPIC = "topic"
    NAMES = "names"
    HEAD = "head"
    LEAD = "lead"
    ALL = "all"


@dataclass(frozen=True)
class AllOf:
    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class AnyOf:
    parts: tuple["Condition", ...]


type Condition = Term | AllOf | AnyOf


@dataclass(frozen=True)
class Narrowing:
    """The filters that the index applies."""

    published: bool = False
    category: int | None = None
    level: str = ""

    @property
    def facets(self) -> list[str]:
        """The words in the index that stand for category and level."""
        category = [in_category(self.category)] if self.category is not None else []
        return category + ([f"{FACET}level{self.level}"] if self.level else [])


ANYTHING = Narrowing()


def in_category(key: int) -> str:
    """Return the word in the index that stands for a category."""
    return f"{FACET}category{key}"


def facets(row: str) -> list[str]:
    """Return SQL for the words that stand for category and level of a row."""
    return [
        f"'{FACET}category' || {row}category_id",
        f"'{FACET}level' || {row}level",
        f"CASE WHEN {row}published THEN '' ELSE '{DRAFT}' END",
    ]


def scoped(row: str, first_keyword: str) -> dict[Scope, str]:
    """Return SQL for the texts of a row that each scope has beyond the narrower ones."""
    topic = f"{row}slug || ',' || {first_keyword}"
    texts = {
        Scope.TOPIC: [topic, run_together(topic)],
        Scope.NAMES: [run_together(f"{row}keywords")],
        Scope.HEAD: [f"{row}slug", f"{row}title", f"{row}keywords"],
        Scope.LEAD: [f"{row}short_answer", f"{row}asked_as"],
        Scope.ALL: [f"{row}prompt", f"substr({row}answer, 1, {INDEXED_LENGTH})"],
    }
    return {scope: " || ' ' || ".join(parts) for scope, parts in texts.items()}


def vocabulary(row: str) -> str:
    """Return SQL for the texts of a row whose words correct others."""
    return " || ' ' || ".join(f"{row}{c}" for c in ("slug", "title", "keywords", "short_answer"))


def cleaned(text: str) -> str:
    """Return SQL for a text in lower case, with words for the signs that people search for."""
    return nested_replace(f"lower({text})", SYMBOLS.items())


def run_together(names: str) -> str:
    """Return SQL for a list of names, each as one word: jsonwebtoken for `json web token`."""
    separators = [(character, "") for character in NAME_SEPARATORS]
    joined = nested_replace(f"lower({names})", [*LANGUAGE_NAMES.items(), *separators])
    return f"replace({joined}, ',', ' ')"


@cache
def version_of_letters() -> str:
    """Return what differs where letters are folded in another way, as by another Python."""
    return hashlib.sha256(repr(folded_letters()).encode()).hexdigest()[:16]


def nested_replace(expression: str, replacements: Iterable[tuple[str, str]]) -> str:
    """Return SQL that replaces texts in `expression`, one after the other."""
    for old, new in replacements:
        expression = f"replace({expression}, {quoted(old)}, {quoted(new)})"
    return expression


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
