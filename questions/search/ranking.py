"""
Relevance: one order for both databases, computed from the texts of a bounded set of questions.

Two things count alike: how well each word that was asked for is found, and in which field; and
how much of what the question goes by (its slug, its keywords) was asked for.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from questions.search.words import Concept, Query, Term, normalized, stem

# How much a hit in a field is worth. The last is for words that only the index has seen.
TITLE, KEYWORD, SHORT_ANSWER, ANSWER = 1.0, 0.8, 0.45, 0.2
OTHER_FORM, BEGINNING, OTHER_NAME = 0.9, 0.6, 0.9  # of what the word itself is worth
LITERAL = 0.5  # what code adds that occurs just as it was typed
LATER_KEYWORD = 0.02  # what each place in the list of keywords takes off: the first say most


TEXTS = ("pk", "slug", "title", "keywords", "short_answer")


@dataclass(frozen=True)
class Texts:
    """What a question is ranked by."""

    pk: int
    slug: str
    title: str
    keywords: str
    short_answer: str


def score(query: Query, texts: Texts, missing: float) -> float:
    """Return how relevant a question is; `missing` is the worth of a word not found here."""
    names = list(named(texts))
    title = f" {normalized(f'{texts.title} {texts.slug}')} "
    keywords = f" {' '.join(name for name, _ in names)} "
    short_answer = f" {normalized(texts.short_answer)} "
    fields = ((title, TITLE), (keywords, KEYWORD), (short_answer, SHORT_ANSWER))
    found = sum(strength(concept, fields, missing) for concept in query.concepts)
    return found / len(query.concepts) + aboutness(query, names) + literals(query, texts)


def strength(concept: Concept, fields: Iterable[tuple[str, float]], missing: float) -> float:
    best = missing
    for index, way in enumerate(concept.ways):
        name_worth = OTHER_NAME if index else 1.0
        for field, worth in fields:
            if worth * name_worth > best:
                closeness = min(likeness(term, field) for term in way)
                best = max(best, worth * name_worth * closeness)
    return best


def likeness(term: Term, field: str) -> float:
    """Return how close the best match of `term` in a field is: 1 the word itself, 0 none."""
    if f" {term.word} " in field:
        return 1.0
    if term.is_exact:
        return 0.0
    best, beginning = 0.0, f" {term.beginning}"
    start = field.find(beginning)
    while start >= 0 and best < OTHER_FORM:
        word = field[start + 1 : field.index(" ", start + 1)]
        best = max(best, OTHER_FORM if stem(word) == term.beginning else BEGINNING)
        start = field.find(beginning, start + 1)
    return best


def named(texts: Texts) -> Iterator[tuple[str, float]]:
    """Yield what the question goes by, normalized, and how much it says about it."""
    yield normalized(texts.slug), 1.0
    for index, keyword in enumerate(texts.keywords.split(",")):
        yield normalized(keyword), 1.0 - LATER_KEYWORD * index


def aboutness(query: Query, names: list[tuple[str, float]]) -> float:
    """Return how much the best of the names and the query have in common: 1 all, 0 nothing."""
    best = 0.0
    for name, worth in names:
        words = name.split()
        if not words:
            continue
        joined = "".join(words)
        if joined in (query.joined, query.telling):
            best = max(best, worth)
            continue
        field = f" {name} {joined} "
        common = sum(
            max(min(likeness(term, field) for term in way) for way in concept.ways)
            for concept in query.concepts
        )
        best = max(best, worth * common / len(query.concepts) * min(1.0, common / len(words)))
    return best


def literals(query: Query, texts: Texts) -> float:
    """Return a little for code that occurs as it was typed."""
    if not query.literals:
        return 0.0
    text = f"{texts.title} {texts.keywords} {texts.short_answer}".lower()
    return LITERAL * sum(literal in text for literal in query.literals) / len(query.literals)
