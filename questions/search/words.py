"""
Words: how a text becomes words, and a search the words that it asks for.

The database cuts what it indexes into words by the same rules (`sqlite.py`, `postgresql.py`).
Word forms, other names and joined words are a matter of the search alone, so that a change of
these rules needs no new index.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

TEXT_LENGTH = 500  # characters of a search that are used
WORD_LIMIT = 12  # words of a search that are used
WORD_LENGTH = 40  # characters of a word that are used

# Signs that people search for, and the words that stand for them in the index. Other signs only
# separate words. The order counts: `**=` would never be seen after `**`.
LANGUAGES = {"c++": "cplusplus ", "c#": "csharp "}
SYMBOLS = {
    **LANGUAGES,
    "except*": "except exceptstar ",
    ":=": " signwalrus ",
    "==": " signequal ",
    "!=": " signunequal ",
    "<=": " signatmost ",
    ">=": " signatleast ",
    "->": " signarrow ",
    "+=": " signplusis ",
    "|=": " signoris ",
    "//": " signfloor ",
    "**": " signpower ",
    "...": " signellipsis ",
}

# Words that say nothing about what is looked for. They count only in a search that has no others,
# and in code: the `is` of `is_valid` stays.
STOP_WORDS = frozenset(
    """
    a about actually after all also always am an and another any anyone are as at be because been
    before being best better between both but by can cannot could did difference different
    differences do does doesn doing don done each either else etc even ever every exactly example
    examples explain for from get gets getting give go goes going good got had happen happens
    happening has have having he help her here his how i if in instead into is isn it its just
    keep keeps know less let like look m make makes making many me mean means more most much must
    my need needed needs never no not of off often on one only or other our out over own please
    re really right s same say shall she should show so some somebody someone something still such
    t tell than that the their them then there these they thing things this those to too us use
    used useful user uses using usually ve versus very vs want was way ways we well were what when
    where whether which while who whose why will with without won work working works would wrong
    yes you your
    """.split()  # noqa: SIM905
)

ENDINGS = (
    *("izations", "ization", "izers", "izer", "izing", "ized", "izes", "ize", "ings", "ing"),
    *("ions", "ion", "ies", "ied", "tors", "tor", "ers", "er", "ed", "es", "e", "s", "y"),
)
STEM_LENGTH = 4  # letters of a word that an ending leaves at least; 3 where they end in a consonant


class Separators(dict[int, int | str]):
    """
    The table for `str.translate` that puts a space for all but letters, digits and pictures.

    Of letters it knows those of Unicode 3.2 that are letters still: SQLite's tokenizer disagrees
    with Python about a few that came later or moved, and a word that it cuts in two would be an
    error in a search.
    """

    def __missing__(self, code: int) -> int | str:
        character = chr(code)
        then, now = unicodedata.ucd_3_2_0.category(character), unicodedata.category(character)
        if then == "Cn":
            keep = now == "So" and code > 0x1F000
        else:
            keep = all(category[0] in "LN" or category == "So" for category in (then, now))
        self[code] = code if keep else " "
        return self[code]


SEPARATORS = Separators()


def normalized(text: str) -> str:
    """Return the words of `text` as the index holds them, separated by single spaces."""
    text = text.lower()
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text)
        text = "".join(c for c in decomposed if not unicodedata.combining(c)).lower()
    for symbol, word in SYMBOLS.items():
        if symbol in text:
            text = text.replace(symbol, word)
    return " ".join(text.translate(SEPARATORS).split())


@lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """
    Return what all forms of a word begin with: `migrat` for migrate, migrated and migrations.

    It only cuts, so that the stem of what is being typed is still a prefix of what is meant.
    """
    for ending in ENDINGS:
        if not word.endswith(ending):
            continue
        # generator, generate
        rest = word.removesuffix(ending) + ("t" if ending.startswith("tor") else "")
        if len(rest) < STEM_LENGTH - (rest[-1:] not in "aeiou"):
            continue
        if ending == "s" and rest.endswith(("s", "u", "i")):  # class, status, analysis
            return word
        doubled = rest[-1] == rest[-2] and rest[-1] not in "lsz"  # running
        return rest[:-1] if doubled and ending in {"ing", "ed", "er", "ers"} else rest
    return word


@dataclass(frozen=True)
class Term:
    """A word to look for, in all its forms or, where `is_exact`, as it is."""

    word: str
    is_exact: bool = False

    @property
    def beginning(self) -> str:
        """What a word that matches begins with, or is."""
        return self.word if self.is_exact else stem(self.word)


@dataclass(frozen=True)
class Concept:
    """
    One thing that a search asks for, and all the ways to find it.

    Each way is a tuple of terms that must all be there: `k8s` is found by ("k8s",) or by
    ("kubernetes",), and `jwt` by ("jwt",) or by ("json", "web", "token").
    """

    word: str  # as it was typed, normalized
    ways: tuple[tuple[Term, ...], ...]


@dataclass(frozen=True)
class Query:
    """A search: what it asks for, and its words run together as the names of things are."""

    words: tuple[str, ...]  # all, also those that say nothing
    concepts: tuple[Concept, ...]
    literals: tuple[str, ...]  # `__get__`, `.pyi`: code, as it was typed

    @property
    def joined(self) -> str:
        return "".join(self.words)

    @property
    def telling(self) -> str:
        """The words that say something, run together."""
        return "".join(concept.word for concept in self.concepts)


def parse(text: str) -> Query:
    """Return what `text`, which may be anything at all, asks for."""
    words: list[str] = []
    telling: list[str] = []
    literals = []
    for chunk in text[:TEXT_LENGTH].split():
        parts = [word[:WORD_LENGTH] for word in normalized(chunk).split()]
        words += parts
        is_code = bool(re.search(r"[_.@(/\\]\w|\w[_(]", chunk))
        if is_code:
            literals.append(chunk.lower().strip("`'\"(),;:?!"))
        telling += [word for word in parts if is_code or word not in STOP_WORDS]
    words = words[:WORD_LIMIT]
    telling = list(dict.fromkeys(telling))[:WORD_LIMIT] or list(dict.fromkeys(words))
    return Query(tuple(words), concepts(telling), tuple(literals))


def concepts(words: list[str]) -> tuple[Concept, ...]:
    ways: list[list[tuple[Term, ...]]] = []
    joined: list[tuple[Term, ...]]
    for index, word in enumerate(words):
        ways.append([(term(word, is_last=index == len(words) - 1),)])
    for size in range(1, 5):
        for start in range(len(words) - size + 1):
            run = words[start : start + size]
            others = [
                tuple(term(word) for word in other) for other in aliases().get(" ".join(run), ())
            ]
            # Micro services are microservices.
            is_pair = size == 2 and all(word.isalpha() for word in run)
            joined = [(term("".join(run)),)] if is_pair else []
            for index in range(start, start + size):
                ways[index] += others + joined
    return tuple(
        Concept(word, tuple(dict.fromkeys(each))) for word, each in zip(words, ways, strict=True)
    )


def term(word: str, *, is_last: bool = False) -> Term:
    # Two letters begin too many words, unless more of them may be on their way.
    return Term(word, is_exact=len(word) <= 2 and not is_last)


@lru_cache(maxsize=1)
def aliases() -> dict[str, list[tuple[str, ...]]]:
    """Return for each name in `aliases.txt` the words of its other names."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for line in (Path(__file__).parent / "aliases.txt").read_text(encoding="utf-8").splitlines():
        names = [telling(name) for name in line.partition("#")[0].split("=")]
        for name in names:
            found.setdefault(name, []).extend(
                tuple(other.split()) for other in without(names, name)
            )
    return found


def telling(name: str) -> str:
    return " ".join(word for word in normalized(name).split() if word not in STOP_WORDS)


def without(names: Iterable[str], name: str) -> list[str]:
    return [other for other in names if other and other != name]
