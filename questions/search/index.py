"""
What both databases index, and the conditions of a search in the index.

A question has five scopes: its topic (the slug and the first keyword), its names (all keywords),
its head (these, and the words of title and slug), its lead (the head and the short answer), and all
of it. Each from the head on contains the ones before. `sqlite.py` and `postgresql.py` store them.
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


@dataclass(frozen=True)
class Facet:
    """A word that stands in the index for what is no text, such as `category3`."""

    name: str


type Condition = Term | Facet | AllOf | AnyOf


@dataclass(frozen=True)
class Narrowing:
    """The filters that the index applies."""

    published: bool = False
    category: int | None = None
    level: str = ""

    @property
    def facets(self) -> list[str]:
        """The words in the index that stand for category and level."""
        category = [f"category{self.category}"] if self.category is not None else []
        return category + ([f"level{self.level}"] if self.level else [])


ANYTHING = Narrowing()


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
