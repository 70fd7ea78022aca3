"""
Search: the same questions in the same order on SQLite and on PostgreSQL.

A search becomes words once (`words.py`). The database proposes a bounded number of questions from
an index of its own, the promising ones first (`index.py`, `sqlite.py`, `postgresql.py`); the first
of them are ranked here, by one rule (`ranking.py`). What finds nothing may be misspelled
(`spelling.py`).
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import Cast, Concat, StrIndex

from questions.search import postgresql, spelling, sqlite
from questions.search.index import AllOf, AnyOf, Condition, Narrowing, Scope, at_least
from questions.search.ranking import ANSWER, TEXTS, Ranking
from questions.search.words import Concept, Query, Term, parse

LIMIT = 1000  # questions that a search finds at most
ENOUGH = 200  # with as many hits in prominent places, others are not looked for
RANKED = 64  # of the hits, the first that are ranked by their texts
FORMS = 20  # forms of one word, at most
LAST_LETTER = "{"  # sorts behind z
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
        return len(self.keys) >= ENOUGH

    def sort(self, questions: QuerySet[Any]) -> QuerySet[Any]:
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


def find(questions: QuerySet[Any], text: str, narrowing: Narrowing = Narrowing()) -> Found:
    """
    Return what is found for `text` among `questions`, at most LIMIT of them.

    The queryset's own filters hold among what the index proposes; `narrowing` is for those that
    should hold in the index already, where they cost nothing and hide no hit further down.
    """
    connection = connections[questions.db]
    with connection.cursor() as cursor:
        index = Index(engine(connection), cursor, questions.model._meta.db_table, narrowing)
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
    narrowing: Narrowing

    def candidates(self, scope: Scope, condition: Condition, limit: int = LIMIT) -> list[int]:
        keys: list[int] = self.engine.candidates(
            self.cursor, self.table, scope, condition, self.narrowing, limit
        )
        return keys

    def has(self, word: str) -> bool:
        """Whether a word occurs at all, in whatever form."""
        return bool(replace(self, narrowing=Narrowing()).candidates(Scope.ALL, Term(word), limit=1))

    def forms(self, term: Term) -> Condition:
        """
        Return a condition that names each form of a word that questions use in a prominent place.

        That is several times as fast as to ask for whatever begins with the same letters. Where
        there are too many it is asked for all the same.
        """
        if term.is_exact:
            return term
        beginning = term.beginning
        self.cursor.execute(
            f"SELECT word FROM {self.table}_word WHERE word >= %s AND word < %s LIMIT %s",
            [beginning, f"{beginning}{LAST_LETTER}", FORMS + 1],
        )
        words = {word for (word,) in self.cursor.fetchall()}
        return term if len(words) > FORMS else exactly({term.word, *words})

    def corrected(self, text: str, query: Query) -> str:
        """Return `text` with words that occur instead of those that don't; empty if unknown."""
        corrected = text
        for concept in query.concepts:
            if self.has(concept.word):
                continue
            meant = spelling.correction(self.cursor, self.table, concept.word, self.has)
            if meant:
                corrected = re.sub(re.escape(concept.word), meant, corrected, flags=re.IGNORECASE)
            elif len(concept.word) >= spelling.SHORTEST:
                return ""  # it is about something else
        return "" if corrected == text else corrected


def every_word(index: Index, query: Query) -> list[int]:
    """Return up to LIMIT questions in which all that was asked for occurs, promising ones first."""
    if not query.concepts:
        return []
    forms = cache(index.forms)
    named = AnyOf(tuple(Term(name) for name in query.names))
    keys: dict[int, None] = {}
    for scope, condition in (
        (Scope.TOPIC, AnyOf((exactly(query.names), every(query, plural)))),
        (Scope.TOPIC, AnyOf((named, every(query, forms)))),
        (Scope.NAMES, named),
        (Scope.HEAD, every(query, forms)),
        (Scope.LEAD, every(query, forms)),
        (Scope.ALL, every(query, forms)),
        (Scope.ALL, every(query)),
    ):
        if len(keys) < ENOUGH:
            keys |= dict.fromkeys(index.candidates(scope, condition))
    return list(keys)[:LIMIT]


def most_words(index: Index, query: Query) -> list[int]:
    """Return up to RANKED questions in which most of what was asked for occurs."""
    concepts = sorted(query.concepts, key=lambda concept: -len(concept.word))[:RELAXED]
    forms = cache(index.forms)
    fewest = (len(concepts) + 1) // 2
    keys: dict[int, None] = {}
    for count in range(len(concepts) - 1, fewest - 1, -1):
        # One word of two has to be what the question is about.
        for scope in (Scope.HEAD, Scope.LEAD, Scope.ALL)[: 3 if count > 1 else 1]:
            expand = literally if scope == Scope.ALL else forms
            conditions = [any_way(concept, expand) for concept in concepts]
            if len(keys) < RANKED:
                keys |= dict.fromkeys(index.candidates(scope, at_least(count, conditions), RANKED))
    return list(keys)[:RANKED]


type Expand = Callable[[Term], Condition]


def literally(term: Term) -> Condition:
    return term


def plural(term: Term) -> Condition:
    """Return the condition for a word's singular and plural, as they are most often made."""
    return exactly({term.word, f"{term.word}s", f"{term.word}es", term.word.removesuffix("s")})


def exactly(words: Iterable[str]) -> Condition:
    return AnyOf(tuple(Term(word, is_exact=True) for word in sorted(words)))


def every(query: Query, expand: Expand = literally) -> Condition:
    return AllOf(tuple(any_way(concept, expand) for concept in query.concepts))


def any_way(concept: Concept, expand: Expand) -> Condition:
    return AnyOf(tuple(AllOf(tuple(expand(term) for term in way)) for way in concept.ways))


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
    ranking = Ranking(query)
    rows = questions.filter(pk__in=keys).order_by().values_list("pk", *TEXTS)
    return {key: ranking.score(tuple(texts), missing) for key, *texts in rows}
