"""
Relevance: one order for both databases, computed from the texts of a bounded set of questions.

Two things count alike: how well each word that was asked for is found, and in which field; and
how much of what the question goes by (its slug, its keywords) was asked for.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from questions.search.words import Query, Term, separated, stem

# How much a hit in a field is worth. The last is for words that only the index has seen.
TITLE, KEYWORD, SHORT_ANSWER, ANSWER = 1.0, 0.8, 0.45, 0.2
OTHER_FORM, BEGINNING, AKIN, OTHER_NAME = 0.95, 0.6, 0.3, 0.9  # of what the word itself is worth
TOPIC = 1.3  # what the slug or the first keyword adds, where just that was asked for
LATER_KEYWORD = 0.03  # other keywords add 1 at most, and each place in their list takes that off
LONG_NAME = 1.05  # what a keyword of several words adds, where just that was asked for
NEIGHBORS = 0.3  # what words add that stand together as they were typed
LITERAL = 0.5  # what code adds that occurs just as it was typed

TEXTS = ("slug", "keywords", "title", "short_answer")  # what a question is ranked by
DETAILS = ("asked_as", "prompt", "answer")  # where a hit is worth as much as one in the answer


class Ranking:
    """Says how relevant questions are to one query."""

    def __init__(self, query: Query, weights: Sequence[float] = ()) -> None:
        """`weights` say how much each concept counts: all the same, unless given."""
        self.query = query
        self.weights = weights or [1.0] * len(query.concepts)
        self.total_weight = sum(self.weights) or 1.0  # who asks for nothing finds nothing
        # For each way to find a concept: what it is worth, and what to look for.
        self.ways = [
            [
                (OTHER_NAME if index else 1.0, [Pattern(term) for term in way])
                for index, way in enumerate(concept.ways)
            ]
            for concept in query.concepts
        ]
        self.names = {stem(name) for name in query.names}
        self.stems = {
            pattern.stem for ways in self.ways for _, patterns in ways for pattern in patterns
        }
        self.pairs = [
            re.compile(rf" {re.escape(a.beginning)}\S* +{re.escape(b.beginning)}")
            for a, b in pairwise(concept.ways[0][0] for concept in query.concepts)
        ]

    def score(self, texts: tuple[str, ...], missing: float) -> float:
        """
        Return the relevance of TEXTS, and of DETAILS where they are given.

        `missing` is the worth of a word that is not in them.
        """
        slug, keywords, title, short_answer, *details = texts
        prepared = prepare(slug, keywords, title, short_answer)
        fields = [*prepared.fields, *((detail_words(detail), ANSWER) for detail in details)]
        score = self.mean(strength(ways, fields, missing) for ways in self.ways)
        score += self.aboutness(prepared.names)
        if self.pairs:
            score += NEIGHBORS * self.neighbors(prepared.title, prepared.keywords)
        if self.query.literals:
            score += LITERAL * self.literals(" ".join(texts).lower())
        return score

    def coverage(self, words: str) -> float:
        """Return how much of the query is in `words`: 1 is all of it, in these very words."""
        fields = ((words, 1.0),)
        return self.mean(strength(ways, fields, 0.0) for ways in self.ways)

    def mean(self, worths: Iterable[float]) -> float:
        """Return what the concepts are worth together, given what each of them is."""
        pairs = zip(self.weights, worths, strict=True)
        return sum([weight * worth for weight, worth in pairs]) / self.total_weight

    def aboutness(self, names: Iterable["Name"]) -> float:
        """Return how much a question's names and the query have in common; 0 is nothing."""
        best = 0.0
        for index, name in enumerate(names):
            worth = TOPIC if index <= 1 else 1.0 - LATER_KEYWORD * (index - 1)
            if worth <= best:
                break
            if name.stem in self.names:
                is_long = index > 1 and name.length > 1
                return LONG_NAME - LATER_KEYWORD / 3 * index if is_long else worth
            if not any(stem in name.joined for stem in self.stems):
                continue
            common = [
                max(likeness(patterns, name.field) for _, patterns in ways) for ways in self.ways
            ]
            share = sum(common) / len(common) * min(1.0, sum(common) / name.length)
            best = max(best, worth * share)
        return best

    def neighbors(self, *fields: str) -> float:
        """Return the share of pairs of words that stand together as in the query."""
        together = sum(any(pair.search(field) for field in fields) for pair in self.pairs)
        return together / len(self.pairs)

    def literals(self, text: str) -> float:
        """Return the share of the query's code that occurs as it was typed."""
        return sum(code in text for code in self.query.literals) / len(self.query.literals)


class Name(NamedTuple):
    """A slug or a keyword, prepared for being compared with what was asked for."""

    joined: str  # run together
    stem: str  # of that
    field: str  # its words, and what is run together
    length: int  # in words


class Prepared(NamedTuple):
    """The words of TEXTS, prepared for being searched."""

    title: str
    keywords: str
    fields: tuple[tuple[str, float], ...]  # and what a hit there is worth
    names: tuple[Name, ...]  # the slug, and each keyword


@lru_cache(maxsize=1024)  # 5 MB
def prepare(slug: str, keywords: str, title: str, short_answer: str) -> Prepared:
    slug, keywords, title = spaced(slug), spaced(keywords), spaced(title)
    fields = (title, TITLE), (f"{slug}{keywords}", KEYWORD), (spaced(short_answer), SHORT_ANSWER)
    return Prepared(title, keywords, fields, tuple(map(name_of, [slug, *keywords.split(",")])))


def name_of(text: str) -> Name:
    words = text.split()
    joined = "".join(words)
    return Name(joined, stem(joined), f" {' '.join(words)} {joined} ", len(words))


@lru_cache(maxsize=256)  # 5 MB with answers of 9,000 characters
def detail_words(detail: str) -> str:
    return spaced(detail)


def words_of(text: str) -> str:
    """Return the words of a text, with a space around each."""
    return spaced(text).replace(",", " ")


def spaced(text: str) -> str:
    """Return the words of a text, with a space or a comma around each."""
    return separated(f" {text} ")


def strength(
    ways: list[tuple[float, list["Pattern"]]],
    fields: Iterable[tuple[str, float]],
    missing: float,
) -> float:
    """Return what the best hit for a concept is worth."""
    best = missing
    for name_worth, patterns in ways:
        for field, field_worth in fields:
            worth = name_worth * field_worth
            if worth > best:
                best = max(best, worth * likeness(patterns, field))
    return best


def likeness(patterns: list["Pattern"], field: str) -> float:
    """Return how close the worst match is in a field that has to have all of them."""
    return min([pattern.likeness(field) for pattern in patterns])


class Pattern:
    """A term, prepared for being looked for again and again."""

    def __init__(self, term: Term) -> None:
        self.stem = term.beginning
        self.typed = term.word
        self.word = f" {term.word} "
        self.beginning = f" {term.beginning}{' ' if term.is_exact else ''}"

    def is_begun(self, word: str) -> bool:
        """Whether a word goes on from what was typed, of which one letter says little."""
        return word.startswith(self.typed) and len(self.typed) > 1

    def likeness(self, field: str) -> float:
        """Return how close the best match in a field is: 1 the word itself, 0 none."""
        start = field.find(self.beginning)
        if start < 0:
            return 0.0
        if self.word in field:
            return 1.0
        best = 0.0
        while start >= 0 and best < OTHER_FORM:
            word = field[start + 1 : field.index(" ", start + 1)]
            if stem(word) == self.stem:
                best = OTHER_FORM
            else:  # what has only the stem in common may be pagination, and pages were asked for
                best = max(best, BEGINNING if self.is_begun(word) else AKIN)
            start = field.find(self.beginning, start + 1)
        return best
