"""
Words: which ones a search asks for, and in which forms and other names they are found.

These exist in searches only, so a change of their rules needs no new index.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, pairwise
from keyword import kwlist
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from questions.search.letters import (
    LETTER,
    WORD_LENGTH,
    in_original,
    indexed_words,
    is_rest,
    joined,
    with_signs,
)

QUERY_LENGTH = 500  # characters of a search that are used
WORD_LIMIT = 12  # different words of a search that are used

IS_SPECIAL = re.compile(r"__\w+__").fullmatch
SPOKEN_UNDERSCORES = re.compile(r"\bdunder[ _-]+(\w+)", re.IGNORECASE)  # dunder init

IS_CODE = re.compile(r"[_.@(/\\]\w|\w[_(]").search
# A call of a name with a dot, an underscore or an @, and its arguments.
ARGUMENTS = re.compile(r"(?<!\w)(@\w+|\w*[a-z0-9][._]\w+)\((?:[^()]|\([^()]*\))*\)")

KINDS_OF_ERRORS = {"error", "exception", "warning"}
# Python's own words that are stop words too, and what stands beside them where they are meant.
KEYWORDS = frozenset(word for word in kwlist if word.islower())
BESIDE_KEYWORDS = {"statement", "keyword", "operator", "block", "clause", "loop", "async"}

ENDINGS = (
    *("izations", "ization", "izers", "izer", "izing", "ized", "izes", "ize", "ings", "ing"),
    *("ions", "ion", "ies", "ied", "tors", "tor", "ers", "er", "ed", "es", "e", "s", "y"),
)
# Families of endings that belong to one word: scalable and scalability, latent and latency.
FAMILIES = (
    *("abilities", "ability", "ables", "able", "ably", "ibilities", "ibility", "ible", "ibly"),
    *("isations", "isation", "isers", "iser", "ising", "ised", "ises", "ise"),
    *("encies", "ences", "ency", "ence", "ents", "ent", "ancies", "ances", "ancy", "ance"),
    *("ants", "ant", "ives", "ive"),
)
FAMILY_STEM_LENGTH = 5  # letters at least: `current` and `currency` are two words; 4 before `able`
DOUBLING = ("ing", "ed", "er", "ers")
STEM_LENGTH = 4  # letters of a stem at least; 3 if the last is a consonant


@lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """
    Return the beginning that all forms of a word share: `migrat` for migrate and migrations.

    A stem is a prefix of its word, so the stem of a word that is half typed is one of the whole.
    """
    if word.endswith(("ater", "aters")):  # decorater is a misspelling, which is corrected
        return word
    for ending in FAMILIES:
        if word.endswith(ending):
            rest = word.removesuffix(ending)
            if len(rest) >= FAMILY_STEM_LENGTH - ("bl" in ending or "bil" in ending):
                return rest
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
    return {
        word,
        beginning,
        *doubled,
        *(f"{beginning}{ending}" for ending in (*ENDINGS, *FAMILIES)),
    }


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
        if self.is_exact:
            return word == self.word
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
    categories: tuple[int, ...] = ()  # the keys of those whose names have it: in these it is found


@dataclass(frozen=True)
class Query:
    """What a search asks for."""

    concepts: tuple[Concept, ...]
    literals: tuple[str, ...]  # `__get__`, `.pyi`: code, as it was typed
    is_code: bool  # whether it consists of code only
    names: tuple[str, ...]  # what the thing searched for may be called, each name as one word

    @property
    def categories(self) -> set[int]:
        """The keys of the categories whose names have all concepts, where these are several."""
        named = [set(concept.categories) for concept in self.concepts]
        return set.intersection(*named) if len(named) > 1 else set()

    @property
    def special_names(self) -> list[str]:
        """The names such as `__get__`, of which each stands for itself, of a search for code."""
        return list(filter(IS_SPECIAL, self.literals)) if self.is_code else []


type Aliases = dict[str, list[tuple[str, ...]]]


class Names(NamedTuple):
    """What a search goes by beside the questions."""

    other: str = ""  # lines as in `aliases.txt`, which they add to
    categories: Mapping[int, str] = MappingProxyType({})  # the name by the key


NO_NAMES = Names()


def parse(text: str, names: Names = NO_NAMES) -> Query:
    """Return what `text`, which may be anything at all, asks for."""
    text = SPOKEN_UNDERSCORES.sub(r"__\1__", text[:QUERY_LENGTH])
    typed = ARGUMENTS.sub(r"\1()", text).split()
    chunks = [chunk(typed, place) for place in range(len(typed))]
    words = [word for each in chunks for word in each.words][:WORD_LIMIT]
    telling = used([word for each in chunks for word in each.telling]) or words
    coded = {word for each in chunks if each.literals for word in each.telling}
    whole = {word for each in chunks for word in each.whole}
    other_names = aliases(names.other)
    called = [words, telling, *other_names.get(" ".join(telling), ())]
    return Query(
        concepts(telling, whole, [camel_case(typed), other_names], names.categories),
        tuple(dict.fromkeys(literal for each in chunks for literal in each.literals)),
        is_code=coded.issuperset(telling),
        names=tuple(dict.fromkeys(joined(name) for name in called if name)),
    )


def used(words: list[str]) -> list[str]:
    """Return the first WORD_LIMIT different words, and as many repetitions at most."""
    first = list(dict.fromkeys(words))[:WORD_LIMIT]
    return [word for word in words if word in first][: 2 * WORD_LIMIT]


class Chunk(NamedTuple):
    """What stands between two spaces of a search."""

    words: list[str]  # as the index holds them
    telling: list[str]  # those that say what is looked for
    whole: list[str]  # those of these that match as they are only
    literals: list[str] = []  # code, as it was typed


def chunk(typed: list[str], place: int) -> Chunk:
    """Return what the text at a place says."""
    text = typed[place]
    found = indexed_words(text).split()
    pairs = pairwise(("", *found))
    words = [word[:WORD_LENGTH] for before, word in pairs if not is_rest(word, before)]
    short = [word for word in words if len(words) > 1 and len(word) <= 2]  # ci/cd
    if not IS_CODE(text):
        is_keyword = asks_for_keyword(typed, place)
        telling = [word for word in words if is_keyword or word not in stop_words()]
        return Chunk(words, telling, short)
    telling = [word for word in words if len(word) > 1] or words  # f(x) says nothing of x
    code = text.lower().strip("`'\"(),;:?!")
    parts = [part for part in re.split(r"\W+", code) if "_" in part]
    # The `del` of `__del__` is not half of `delete`.
    ended = [word for word in words if f"{word}__" in code or f"{word}()" in text.lower()]
    return Chunk(words, telling, short + ended, [code, *parts])


def camel_case(typed: list[str]) -> Aliases:
    """Return the words in names such as `PicklingError`, but a last one that says nothing."""
    found: Aliases = {}
    for name in re.findall(r"[A-Za-z]+", " ".join(typed)):
        parts = [part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z]+|^[a-z]+", name)]
        telling = tuple(p for p in parts if p not in stop_words() and p not in KINDS_OF_ERRORS)
        if len(parts) > 1 and telling:
            found[name.lower()] = [telling]
    return found


def asks_for_keyword(typed: list[str], place: int) -> bool:
    """Whether there is a word of Python's at a place, as in `with` or “with statement”."""
    word = typed[place].strip("`'\".,?")
    beside = {*typed[max(0, place - 1) : place], *typed[place + 1 : place + 2]}
    return word in KEYWORDS and ("`" in typed[place] or bool(BESIDE_KEYWORDS & beside))


def replaced_word(text: str, word: str, other: str) -> str:
    """Return `text` with `other` in place of `word`, however its letters are written."""
    pattern = rf"(?<!{LETTER}){re.escape(word)}(?!{LETTER})"
    spans = [found.span() for found in re.finditer(pattern, with_signs(text))]
    for start, end in reversed(list(in_original(spans, text))):
        text = text[:start] + other + text[end:]
    return text


def concepts(
    words: list[str],
    whole: Collection[str],
    other_names: list[Aliases],
    categories: Mapping[int, str],
) -> tuple[Concept, ...]:
    """Return the concepts of a search for `words`; those in `whole` match as they are only."""
    ways: dict[str, list[tuple[Term, ...]]]
    ways = {word: [(term(word, is_last=word == words[-1]),)] for word in words}
    ways |= {word: [(Term(word, is_exact=True),)] for word in words if word in whole}
    for start, end in combinations(range(len(words) + 1), 2):
        run = words[start:end]
        names = [name for names in other_names for name in names.get(" ".join(run), ())]
        if len(run) == 2 and all(word.isalpha() for word in run):
            names.append(("".join(run),))  # micro services are microservices
        for word in run:
            ways[word] += [tuple(map(term, name)) for name in names]
    names_of = {key: indexed_words(name).split() for key, name in categories.items()}
    return tuple(
        Concept(word, tuple(dict.fromkeys(found)), in_categories(found, names_of))
        for word, found in ways.items()
    )


def in_categories(
    ways: list[tuple[Term, ...]], names_of: Mapping[int, list[str]]
) -> tuple[int, ...]:
    """Return the keys of the categories that have one of the words in their names."""
    terms = [way[0] for way in ways if len(way) == 1]
    words = {term.word for term in terms if term.is_exact}
    stems = {term.beginning for term in terms if not term.is_exact}
    return tuple(
        key
        for key, name in names_of.items()
        if not (words.isdisjoint(name) and stems.isdisjoint(map(stem, name)))
    )


def term(word: str, *, is_last: bool = False) -> Term:
    # Too many words begin with the same two letters. The last word may not be typed to its end.
    return Term(word, is_exact=len(word) <= 2 and not is_last)


@lru_cache(maxsize=1)
def stop_words() -> frozenset[str]:
    """Return the words that searches leave out, from `stop_words.txt`."""
    return frozenset(word for line in lines_of("stop_words.txt") for word in line.split())


@lru_cache(maxsize=8)
def aliases(more: str) -> Aliases:
    """Return the other names of each name in `aliases.txt` and `more`, as tuples of words."""
    found: Aliases = {}
    for line in (*lines_of("aliases.txt"), *lines_in(more)):
        names = [
            tuple(word for word in indexed_words(name).split() if word not in stop_words())
            for name in line.split("=")
        ]
        for name in names:
            others = found.setdefault(" ".join(name), [])
            others += [other for other in names if name and other not in (name, ())]
    return found


def lines_of(file: str) -> list[str]:
    return lines_in((Path(__file__).parent / file).read_text(encoding="utf-8"))


def lines_in(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
