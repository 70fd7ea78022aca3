"""
Relevance: one order for both databases, computed from the texts of a limited set of questions.

Two things count alike: how well each word of the search matches, and in which field; and how much
of one of the question's names (its slug, its keywords) was searched for. Where words may be
missing, rare ones count more, and how many of them stand together in one passage counts as well.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import NamedTuple

from questions.markdown import passages
from questions.search.letters import joined, separated
from questions.search.words import Query, Term, stem

# What a match is worth by its field. Words that only the index has found are in the answer.
IN_TITLE, IN_KEYWORDS, IN_ASKED_AS, IN_SHORT_ANSWER, IN_ANSWER = 1.0, 0.8, 0.6, 0.45, 0.2
BEGINNING = 0.6  # the share of that for a word that is no form of the one asked for
LATER_KEYWORD = 0.03  # a name that was asked for adds 1, less this for each keyword before it
PASSAGE = 0.7  # added if one passage has all words, where some may be missing
SIDE_BY_SIDE = 0.3  # added if words stand side by side as in the search
LITERAL = 0.5  # added if code occurs exactly as it was typed

# The columns that a question is ranked by.
TEXTS = ("slug", "keywords", "title", "short_answer", "asked_as")
DETAILS = ("prompt", "answer")  # where a hit is worth as much as one in the answer


class Ranking:
    """Computes how relevant questions are to one query."""

    def __init__(self, query: Query, weights: Sequence[float] = ()) -> None:
        """`weights` are those of the concepts, where some may be missing; else all count alike."""
        self.query = query
        self.weights = weights or [1.0] * len(query.concepts)
        self.total_weight = sum(self.weights) or 1.0  # an empty query has none
        # The patterns of each way to find each concept.
        self.ways = [
            [[Pattern(term) for term in way] for way in concept.ways] for concept in query.concepts
        ]
        self.names = {stem(name) for name in query.names}
        self.stems = {
            pattern.stem for ways in self.ways for patterns in ways for pattern in patterns
        }
        self.pairs = [
            re.compile(rf" {re.escape(a.beginning)}\S* +{re.escape(b.beginning)}")
            for a, b in pairwise(concept.ways[0][0] for concept in query.concepts)
        ]

    def score(self, texts: tuple[str, ...], missing: float) -> float:
        """
        Return the relevance of a question by its TEXTS, and by its DETAILS if they follow them.

        `missing` is what a word is worth that is in none of them. The result is 0 or more; a
        question with all words in the title and the search as its topic has 2 or more.
        """
        slug, keywords, title, short_answer, asked_as, *details = texts
        words = question_words(slug, keywords, title, short_answer, asked_as)
        fields = [*words.fields, *((detail_words(detail), IN_ANSWER) for detail in details)]
        score = self.mean(strength(ways, fields, missing) for ways in self.ways)
        score += self.aboutness(words.names)
        if self.pairs:
            score += SIDE_BY_SIDE * self.neighbors(*(text for text, _ in words.fields[:2]))
        if self.query.literals:
            score += LITERAL * self.literals(" ".join(texts).lower())
        return score

    def closeness(self, texts: tuple[str, ...]) -> float:
        """
        Return how much of the query stands in one passage of a question, from 0 to PASSAGE.

        `texts` are its TEXTS and DETAILS.
        """
        _, keywords, title, short_answer, asked_as, prompt, answer = texts
        lines = map(spaced, (f"{title} {keywords}", *asked_as.splitlines()))
        shares = self.shares(
            "\n".join([*lines, *map(passage_words, (short_answer, prompt, answer))])
        )
        return PASSAGE * max(shares.values(), default=0.0)

    def shares(self, lines: str) -> Counter[int]:
        """Return how much of the query stands on each line of a text, up to 1, by its number."""
        shares: Counter[int] = Counter()
        for weight, ways in zip(self.weights, self.ways, strict=True):
            found = [set.intersection(*(p.lines(lines) for p in way)) for way in ways]
            shares.update(dict.fromkeys(set().union(*found), weight / self.total_weight))
        return shares

    def mean(self, worths: Iterable[float]) -> float:
        """Return the weighted mean of what each concept is worth."""
        pairs = zip(self.weights, worths, strict=True)
        return sum([weight * worth for weight, worth in pairs]) / self.total_weight

    def aboutness(self, names: Iterable["Name"]) -> float:
        """Return how much of a question's names the query has, from 0 to 1."""
        best = 0.0
        for index, name in enumerate(names):
            worth = 1.0 - LATER_KEYWORD * max(0, index - 1)  # the slug is before all keywords
            if worth <= best:
                break
            if name.stem in self.names:
                return worth
            # A list, as this is asked of each keyword: a generator takes twice as long.
            if not any([stem in name.joined for stem in self.stems]):  # noqa: C419
                continue
            common = [
                max(likeness(patterns, name.field) for patterns in ways) for ways in self.ways
            ]
            share = self.mean(common) * min(1.0, sum(common) / name.length)
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
    """A slug or a keyword, in the forms that are compared with a query."""

    joined: str  # its words as one
    stem: str  # of that
    field: str  # its words, and these as one
    length: int  # in words


class QuestionWords(NamedTuple):
    """The words of a question's TEXTS, as spaced() returns them."""

    fields: tuple[tuple[str, float], ...]  # title and keywords first, with a match's worth
    names: tuple[Name, ...]  # the slug, and each keyword


@lru_cache(maxsize=1024)  # 5 MB
def question_words(
    slug: str, keywords: str, title: str, short_answer: str, asked_as: str
) -> QuestionWords:
    slug, keywords, title = spaced(slug), spaced(keywords), spaced(title)
    names = tuple(map(name_of, [slug, *keywords.split(",")]))
    fields = (
        (title, IN_TITLE),
        (f"{slug}{keywords}", IN_KEYWORDS),
        (spaced(short_answer), IN_SHORT_ANSWER),
        (spaced(asked_as), IN_ASKED_AS),
    )
    return QuestionWords(fields, names)


def name_of(text: str) -> Name:
    words = text.split()
    whole = joined(words)
    return Name(whole, stem(whole), f" {' '.join(words)} {whole} ", len(words))


@lru_cache(maxsize=256)  # 5 MB with answers of 9,000 characters
def detail_words(detail: str) -> str:
    return spaced(detail)


@lru_cache(maxsize=1024)  # 5 MB with texts of 4,000 characters
def passage_words(text: str) -> str:
    """Return the words of each passage of a text on a line."""
    return "\n".join(spaced(passage.source) for passage in passages(text))


def spaced(text: str) -> str:
    """Return the words of a text, with a space or a comma around each."""
    return separated(f" {text} ")


def strength(
    ways: list[list["Pattern"]], fields: Iterable[tuple[str, float]], missing: float
) -> float:
    """Return what the best match of a concept is worth."""
    best = missing
    for field, worth in fields:
        if worth > best:
            for patterns in ways:
                best = max(best, worth * likeness(patterns, field))
    return best


def likeness(patterns: list["Pattern"], field: str) -> float:
    """Return how close the worst match of several patterns is in a field."""
    return min([pattern.likeness(field) for pattern in patterns])


class Pattern:
    """A term, in the forms that are searched for in a field."""

    def __init__(self, term: Term) -> None:
        self.stem = term.beginning
        self.word = f" {term.word} "
        self.beginning = f" {term.beginning}{' ' if term.is_exact else ''}"

    def lines(self, text: str) -> set[int]:
        """Return the numbers of the lines of a text in which the word or a form of it occurs."""
        return set(accumulate(part.count("\n") for part in text.split(self.beginning)[:-1]))

    def likeness(self, field: str) -> float:
        """Return how close the best match in a field is: from 0, none, to 1, a form of it."""
        start = field.find(self.beginning)
        if start < 0:
            return 0.0
        if self.word in field:
            return 1.0
        best = 0.0
        while start >= 0 and best < 1.0:
            word = field[start + 1 : field.index(" ", start + 1)]
            best = max(best, 1.0 if stem(word) == self.stem else BEGINNING)
            start = field.find(self.beginning, start + 1)
        return best
