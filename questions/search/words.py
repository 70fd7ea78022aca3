"""
Words: how a text is split into words, and which words a search asks for.

The database splits what it indexes by the same rules (`sqlite.py`, `postgresql.py`). Word forms,
other names and joined words exist in searches only, so a change of their rules needs no new index.
"""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from pathlib import Path

QUERY_LENGTH = 500  # characters of a search that are used
WORD_LIMIT = 12  # words of a search that are used
WORD_LENGTH = 40  # characters of a word that are used

# Signs that people search for, and the words that stand for them in the index. Other signs separate
# words. No word that people type begins with `qq`.
LANGUAGE_NAMES = {"c++": "cplusplus ", "c#": "csharp "}
SYMBOLS = {
    **LANGUAGE_NAMES,
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
STEM_LENGTH = 4  # letters of a stem at least; 3 if the last is a consonant


class Separators(dict[int, int | str]):
    """
    The table for `str.translate` that replaces all but letters, digits and pictures by spaces.

    Its letters are those of Unicode 3.2. SQLite's tokenizer and Python disagree about some later
    ones, and FTS5 refuses a search for a word that its tokenizer splits in two.
    """

    def __missing__(self, code: int) -> int | str:
        character = chr(code)
        category = unicodedata.ucd_3_2_0.category(character)
        is_picture = unicodedata.category(character) == "So" and category in {"So", "Cn"}
        self[code] = code if category[0] in "LN" or is_picture else " "
        return self[code]


SEPARATORS = Separators({ord(","): ","})


def indexed_words(text: str) -> str:
    """Return the words of `text` as the index holds them, with single spaces between."""
    return " ".join(separated(text).replace(",", " ").split())


def separated(text: str) -> str:
    """Return the words of `text` as the index holds them, with commas and spaces between."""
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
    Return the beginning that all forms of a word share: `migrat` for migrate and migrations.

    A stem is a prefix of its word, so the stem of a word that is half typed is one of the whole.
    """
    if word.endswith(("ater", "aters")):  # decorater is a misspelling, which is corrected
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
    """A word to search for, in all its forms or, if `is_exact`, as it is."""

    word: str
    is_exact: bool = False
    is_stemmed: bool = True  # whether its forms match, or only what begins with it

    @property
    def beginning(self) -> str:
        """What each word that matches begins with; the word itself if it is exact."""
        return stem(self.word) if self.is_stemmed and not self.is_exact else self.word

    def matches(self, word: str) -> bool:
        """Whether a word with the same beginning is a form of this one, or continues it."""
        return stem(word) == self.beginning or word.startswith(self.word)


@dataclass(frozen=True)
class Concept:
    """
    One thing that a search asks for, and all ways to find it.

    Each way is a tuple of terms that must all occur: `k8s` is found by ("k8s",) or by
    ("kubernetes",), and `jwt` by ("jwt",) or by ("json", "web", "token").
    """

    word: str  # as it was typed, as the index holds it
    ways: tuple[tuple[Term, ...], ...]


@dataclass(frozen=True)
class Query:
    """What a search asks for."""

    concepts: tuple[Concept, ...]
    literals: tuple[str, ...]  # `__get__`, `.pyi`: code, as it was typed
    is_code: bool  # whether it consists of code only
    names: tuple[str, ...]  # what the thing searched for may be called, each name as one word


def parse(text: str) -> Query:
    """Return what `text`, which may be anything at all, asks for."""
    words: list[str] = []
    telling: list[str] = []
    literals = []
    coded: set[str] = set()
    whole: set[str] = set()
    for chunk in SPOKEN_UNDERSCORES.sub(r"__\1__", text[:QUERY_LENGTH]).split():
        parts = [word[:WORD_LENGTH] for word in indexed_words(chunk).split()]
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
    """Whether a word in code is complete: the `del` of `__del__` is not half of `delete`."""
    return any(f"{word}{end}" in code.lower() for end in ("__", "()"))


def replaced_word(text: str, word: str, other: str) -> str:
    """Return `text` with `other` in place of `word`, in upper or lower case."""
    return re.sub(rf"(?<![^\W_]){re.escape(word)}(?![^\W_])", other, text, flags=re.IGNORECASE)


def concepts(words: list[str], whole: Collection[str] = ()) -> tuple[Concept, ...]:
    """Return the concepts of a search for `words`; those in `whole` match as they are only."""
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
    # Too many words begin with the same two letters. The last word may not be typed to its end.
    return Term(word, is_exact=len(word) <= 2 and not is_last)


@lru_cache(maxsize=1)
def stop_words() -> frozenset[str]:
    """Return the words that searches leave out, from `stop_words.txt`."""
    return frozenset(word for line in lines_of("stop_words.txt") for word in line.split())


@lru_cache(maxsize=1)
def aliases() -> dict[str, list[tuple[str, ...]]]:
    """Return the other names of each name in `aliases.txt`, as tuples of words."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for line in lines_of("aliases.txt"):
        names = [
            tuple(word for word in indexed_words(name).split() if word not in stop_words())
            for name in line.split("=")
        ]
        for name in names:
            others = found.setdefault(" ".join(name), [])
            others += [other for other in names if other not in (name, ())]
    return found


def lines_of(file: str) -> list[str]:
    lines = (Path(__file__).parent / file).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]
