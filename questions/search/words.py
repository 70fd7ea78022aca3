"""
Words: how a text becomes words, and a search the words that it asks for.

The database cuts what it indexes into words by the same rules (`sqlite.py`, `postgresql.py`).
Word forms, other names and joined words are a matter of the search alone, so that a change of
these rules needs no new index.
"""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from pathlib import Path

TEXT_LENGTH = 500  # characters of a search that are used
WORD_LIMIT = 12  # words of a search that are used
WORD_LENGTH = 40  # characters of a word that are used

# Signs that people search for, and the words that stand for them in the index. Other signs only
# separate words. Nobody types a word that begins with `qq`.
LANGUAGES = {"c++": "cplusplus ", "c#": "csharp "}
SYMBOLS = {
    **LANGUAGES,
    "except*": "except qqstar ",
    ":=": " qqwalrus ",
    "==": " qqequal ",
    "!=": " qqunequal ",
    "<=": " qqatmost ",
    ">=": " qqatleast ",
    "->": " qqarrow ",
    "+=": " qqplusis ",
    "|=": " qqoris ",
    "//": " qqfloor ",
    "**": " qqpower ",
    "...": " qqellipsis ",
}

SPOKEN_UNDERSCORES = re.compile(r"\bdunder[ _-]+(\w+)", re.IGNORECASE)  # dunder init

ENDINGS = (
    *("izations", "ization", "izers", "izer", "izing", "ized", "izes", "ize", "ings", "ing"),
    *("ions", "ion", "ies", "ied", "tors", "tor", "ers", "er", "ed", "es", "e", "s", "y"),
)
DOUBLING = ("ing", "ed", "er", "ers")
STEM_LENGTH = 4  # letters of a word that an ending leaves at least; 3 where they end in a consonant


class Separators(dict[int, int | str]):
    """
    The table for `str.translate` that puts a space for all but letters, digits and pictures.

    Of letters it knows those of Unicode 3.2: SQLite's tokenizer disagrees with Python about a
    few that came later, and a word that it cuts in two would be an error in a search.
    """

    def __missing__(self, code: int) -> int | str:
        character = chr(code)
        category = unicodedata.ucd_3_2_0.category(character)
        is_picture = unicodedata.category(character) == "So" and category in {"So", "Cn"}
        self[code] = code if category[0] in "LN" or is_picture else " "
        return self[code]


SEPARATORS = Separators({ord(","): ","})


def normalized(text: str) -> str:
    """Return the words of `text` as the index holds them, with single spaces between."""
    return " ".join(separated(text).replace(",", " ").split())


def separated(text: str) -> str:
    """Return the words of `text` as in the index; commas stay, the rest is space."""
    text = text.lower()
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text)
        text = "".join(c for c in decomposed if not unicodedata.combining(c)).lower()
    for symbol, word in SYMBOLS.items():
        if symbol in text:
            text = text.replace(symbol, word)
    return text.translate(SEPARATORS)


@lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """
    Return what all forms of a word begin with: `migrat` for migrate, migrated and migrations.

    It only cuts, so that the stem of what is being typed is still a prefix of what is meant.
    """
    if word.endswith(("ater", "aters")):  # decorater is a misspelling, and to be told
        return word
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
        return rest[:-1] if doubled and ending in DOUBLING else rest
    return word


def inflected(word: str) -> set[str]:
    """Return the forms that a word may have."""
    beginning = stem(word)
    doubled = [f"{beginning}{beginning[-1]}{ending}" for ending in DOUBLING]
    return {word, beginning, *doubled, *(f"{beginning}{ending}" for ending in ENDINGS)}


@dataclass(frozen=True)
class Term:
    """A word to look for, in all its forms or, where `is_exact`, as it is."""

    word: str
    is_exact: bool = False
    is_stemmed: bool = True  # whether forms of it are looked for, not only what begins with it

    @property
    def beginning(self) -> str:
        """What a word that matches begins with, or is."""
        return stem(self.word) if self.is_stemmed and not self.is_exact else self.word

    def matches(self, word: str) -> bool:
        """Whether a word with the same beginning is a form of this one, or goes on from it."""
        return stem(word) == self.beginning or word.startswith(self.word)


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
    """What a search asks for."""

    concepts: tuple[Concept, ...]
    literals: tuple[str, ...]  # `__get__`, `.pyi`: code, as it was typed
    is_code: bool  # whether it asks for nothing but code
    names: tuple[str, ...]  # that a thing asked for might have, each run together


def parse(text: str) -> Query:
    """Return what `text`, which may be anything at all, asks for."""
    words: list[str] = []
    telling: list[str] = []
    literals = []
    coded: set[str] = set()
    whole: set[str] = set()
    for chunk in SPOKEN_UNDERSCORES.sub(r"__\1__", text[:TEXT_LENGTH]).split():
        parts = [word[:WORD_LENGTH] for word in normalized(chunk).split()]
        words += parts
        is_code = bool(re.search(r"[_.@(/\\]\w|\w[_(]", chunk))
        if is_code:
            code = chunk.lower().strip("`'\"(),;:?!")
            literals += [code, *(part for part in re.split(r"[^\w]+", code) if "_" in part)]
            coded.update(parts)
            whole.update(word for word in parts if ends_here(word, chunk))
        telling += [word for word in parts if is_code or word not in stop_words()]
    words = words[:WORD_LIMIT]
    telling = list(dict.fromkeys(telling))[:WORD_LIMIT] or list(dict.fromkeys(words))
    names = [words, telling, *aliases().get(" ".join(telling), ())]
    joined = dict.fromkeys("".join(name) for name in names if name)
    return Query(
        concepts(telling, whole),
        tuple(dict.fromkeys(literals)),
        is_code=coded.issuperset(telling),
        names=tuple(joined),
    )


def ends_here(word: str, code: str) -> bool:
    """Whether a word is complete: the `del` of `__del__` is not how `delete` begins."""
    return any(f"{word}{end}" in code.lower() for end in ("__", "()"))


def replaced_word(text: str, word: str, other: str) -> str:
    """Return `text` with `other` wherever `word` stands, in whatever case."""
    return re.sub(rf"(?<![^\W_]){re.escape(word)}(?![^\W_])", other, text, flags=re.IGNORECASE)


def concepts(words: list[str], whole: Collection[str] = ()) -> tuple[Concept, ...]:
    """Return what `words` ask for; those that are `whole` are found as they are only."""
    ways: list[list[tuple[Term, ...]]] = [
        [(Term(word, is_exact=True) if word in whole else term(word, is_last=word is words[-1]),)]
        for word in words
    ]
    for start, end in combinations(range(len(words) + 1), 2):
        run = words[start:end]
        names = aliases().get(" ".join(run), [])
        if len(run) == 2 and all(word.isalpha() for word in run):
            names = [*names, ("".join(run),)]  # micro services are microservices
        for word_ways in ways[start:end]:
            word_ways += [tuple(term(word) for word in name) for name in names]
    return tuple(
        Concept(word, tuple(dict.fromkeys(word_ways)))
        for word, word_ways in zip(words, ways, strict=True)
    )


def term(word: str, *, is_last: bool = False) -> Term:
    # Two letters begin too many words, unless more of them may be on their way.
    return Term(word, is_exact=len(word) <= 2 and not is_last)


@lru_cache(maxsize=1)
def stop_words() -> frozenset[str]:
    """Return the words that say nothing, from `stop_words.txt`."""
    return frozenset(word for line in lines_of("stop_words.txt") for word in line.split())


@lru_cache(maxsize=1)
def aliases() -> dict[str, list[tuple[str, ...]]]:
    """Return for each name in `aliases.txt` the words of its other names."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for line in lines_of("aliases.txt"):
        names = [
            tuple(word for word in normalized(name).split() if word not in stop_words())
            for name in line.split("=")
        ]
        for name in names:
            others = found.setdefault(" ".join(name), [])
            others += [other for other in names if other not in (name, ())]
    return found


def lines_of(file: str) -> list[str]:
    lines = (Path(__file__).parent / file).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]
