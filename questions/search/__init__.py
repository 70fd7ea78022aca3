"""
Search: the same questions in the same order on SQLite and on PostgreSQL.

A search becomes words once (`words.py`). The database proposes a bounded number of questions from
an index of its own, the promising ones first (`index.py`, `sqlite.py`, `postgresql.py`); the first
of them are ranked here, by one rule (`ranking.py`). What finds nothing may be misspelled
(`spelling.py`).
"""

import re
from dataclasses import dataclass, replace
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import Cast, Concat, StrIndex

from questions.search import postgresql, ranking, spelling, sqlite
from questions.search.index import AllOf, AnyOf, Condition, Scope, at_least, facets
from questions.search.marking import mark, passage
from questions.search.ranking import ANSWER, TEXTS, Texts
from questions.search.words import Concept, Query, Term, parse

__all__ = ["LIMIT", "Found", "Query", "find", "install", "mark", "passage"]

LIMIT = 1000  # questions that a search finds at most
RANKED = 100  # of these, the first that are ranked by their texts
FEW = 10  # with fewer hits than this, questions without one of the words are welcome
RELAXED = 6  # words of a search of which some may be missing


@dataclass(frozen=True)
class Found:
    """What a search found."""

    keys: list[int]  # primary keys, the most relevant first
    query: Query  # what it looked for
    corrected: str = ""  # what it looked for instead, where that is not what was asked

    @property
    def is_cut(self) -> bool:
        """Whether there may be more."""
        return len(self.keys) >= LIMIT

    def sort[Q: QuerySet[Any]](self, questions: Q) -> Q:
        """Return those of `questions` that were found, the most relevant first."""
        places = "," + "".join(f"{key}," for key in self.keys)
        key = Concat(Value(","), Cast("pk", CharField()), Value(","))
        return questions.filter(pk__in=self.keys).order_by(StrIndex(Value(places), key))


def install(connection: BaseDatabaseWrapper, table: str) -> None:
    """Create and fill what the search needs in the database, where it is missing or outdated."""
    with connection.cursor() as cursor:
        engine(connection).install(cursor, table)


def engine(connection: BaseDatabaseWrapper) -> Any:
    return postgresql if connection.vendor == "postgresql" else sqlite


def find(questions: QuerySet[Any], text: str, **narrow: Any) -> Found:
    """
    Return what is found for `text` among `questions`, at most LIMIT of them.

    `published`, `category` (a key) and `level` narrow inside the index. Filters of the queryset
    hold too, but only among what the index proposes.
    """
    connection = connections[questions.db]
    with connection.cursor() as cursor:
        index = Index(engine(connection), cursor, questions.model._meta.db_table, facets(**narrow))
        query, corrected = parse(text), ""
        keys = every_word(index, query)
        if not keys and (corrected := index.corrected(text, query)):
            query = parse(corrected)
            keys = every_word(index, query)
        less = most_words(index, query) if len(keys) < FEW else []
    return Found(ranked(questions, query, keys, less), query, corrected)


@dataclass(frozen=True)
class Index:
    """The database's index, narrowed down."""

    engine: Any
    cursor: CursorWrapper
    table: str
    facets: list[str]

    def candidates(self, scope: Scope, condition: Condition, limit: int = LIMIT) -> list[int]:
        keys: list[int] = self.engine.candidates(
            self.cursor, self.table, scope, condition, self.facets, limit
        )
        return keys

    def has(self, word: str) -> bool:
        everywhere = replace(self, facets=[])
        return bool(everywhere.candidates(Scope.ALL, Term(word), limit=1))

    def corrected(self, text: str, query: Query) -> str:
        """Return `text` with words that occur instead of those that don't; empty if unknown."""
        corrected = text
        for concept in query.concepts:
            if self.has(concept.word):
                continue
            meant = spelling.correction(self.cursor, self.table, concept.word, self.has)
            if not meant:
                return ""
            corrected = re.sub(re.escape(concept.word), meant, corrected, flags=re.IGNORECASE)
        return "" if corrected == text else corrected


def every_word(index: Index, query: Query) -> list[int]:
    """Return up to LIMIT questions in which all that was asked for occurs, promising ones first."""
    if not query.concepts:
        return []
    names = AnyOf(tuple(Term(name) for name in dict.fromkeys((query.joined, query.telling))))
    every = AllOf(tuple(alternatives(concept) for concept in query.concepts))
    keys: dict[int, None] = {}
    for scope, condition in (
        (Scope.TOPIC, names),
        (Scope.NAMES, names),
        (Scope.HEAD, every),
        (Scope.LEAD, every),
        (Scope.ALL, every),
    ):
        if len(keys) < LIMIT:
            keys |= dict.fromkeys(index.candidates(scope, condition))
    return list(keys)[:LIMIT]


def most_words(index: Index, query: Query) -> list[int]:
    """Return up to RANKED questions in which most of what was asked for occurs."""
    concepts = sorted(query.concepts, key=lambda concept: -len(concept.word))[:RELAXED]
    conditions = [alternatives(concept) for concept in concepts]
    fewest = (len(conditions) + 1) // 2
    keys: dict[int, None] = {}
    for count in range(len(conditions) - 1, max(fewest, 1) - 1, -1):
        # One word of two has to be what the question is about.
        for scope in (Scope.HEAD, Scope.LEAD, Scope.ALL)[: 3 if count > 1 else 1]:
            if len(keys) < RANKED:
                keys |= dict.fromkeys(index.candidates(scope, at_least(count, conditions), RANKED))
    return list(keys)[:RANKED]


def alternatives(concept: Concept) -> Condition:
    return AnyOf(tuple(AllOf(way) for way in concept.ways))


def ranked(questions: QuerySet[Any], query: Query, keys: list[int], less: list[int]) -> list[int]:
    """
    Return `keys` in order of relevance; only the first RANKED are looked at closely.

    Of those that lack a word, `less`, come the ones that are more relevant than all that have
    each: what stands in a title beats words scattered over an answer.
    """
    scores = scored(questions, query, keys[:RANKED], missing=ANSWER)
    lacking = scored(questions, query, [key for key in less if key not in keys], missing=0.0)
    bar = max(scores.values()) if scores else max(lacking.values(), default=0) / 2
    scores |= {key: score for key, score in lacking.items() if score > bar}
    return [*sorted(scores, key=lambda key: (-scores[key], key)), *keys[RANKED:]]


def scored(
    questions: QuerySet[Any], query: Query, keys: list[int], missing: float
) -> dict[int, float]:
    if not keys:
        return {}
    rows = questions.filter(pk__in=keys).order_by().values_list(*TEXTS)
    return {row[0]: ranking.score(query, Texts(*row), missing) for row in rows}
