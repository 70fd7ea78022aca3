"""
The candidates: a bounded number of questions among which the best ones are.

The widest scope of a common word has most of the bank in it. So the narrow ones are asked first,
and the wider ones only while there are not enough.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from types import ModuleType

from django.db.backends.utils import CursorWrapper

from questions.search import spelling
from questions.search.index import AllOf, AnyOf, Condition, Narrowing, Scope, at_least
from questions.search.words import Concept, Query, Term, replaced_word

LIMIT = 1000  # candidates at most
ENOUGH = 200  # with as many in narrow scopes, the wider ones are not asked
FEW = 10  # with fewer, all forms of the words are looked for, and questions that lack one
LACKING = 64  # candidates at most that lack a word
RELAXED = 6  # words of a search of which some may be missing
FORMS = 20  # forms of one word at most
LAST_LETTER = "{"  # sorts behind z


@dataclass(frozen=True)
class Index:
    """The database's index of one table, narrowed down."""

    engine: ModuleType  # sqlite.py or postgresql.py
    cursor: CursorWrapper
    table: str
    narrowing: Narrowing

    def candidates(self, scope: Scope, condition: Condition, limit: int = LIMIT) -> list[int]:
        keys: list[int] = self.engine.candidates(
            self.cursor, self.table, scope, condition, self.narrowing, limit
        )
        return keys

    def forms(self, term: Term) -> Condition:
        """
        Return a condition that names each form of a word in the vocabulary.

        To ask for these takes a fraction of the time that it takes to ask for all that begins
        like them. Where they are too many, it is asked for that all the same.
        """
        if term.is_exact:
            return term
        words = self.known_forms(term)
        return term if len(words) > FORMS else exactly({term.word, *words})

    def known_forms(self, term: Term) -> list[str]:
        """Return words of the vocabulary that begin like a term, one more than FORMS at most."""
        self.cursor.execute(
            f"SELECT word FROM {self.table}_word WHERE word >= %s AND word < %s LIMIT %s",
            [term.beginning, term.beginning + LAST_LETTER, FORMS + 1],
        )
        return [word for (word,) in self.cursor.fetchall()]

    def has(self, scope: Scope, condition: Condition) -> bool:
        """Whether anything matches, in whatever category and level."""
        anywhere = replace(self, narrowing=Narrowing(published=self.narrowing.published))
        return bool(anywhere.candidates(scope, condition, limit=1))

    def offers(self, word: str) -> bool:
        """Whether a word of the vocabulary occurs in a prominent place, and not only once did."""
        return self.has(Scope.LEAD, Term(word, is_exact=True))

    def corrected(self, text: str, query: Query) -> str:
        """Return `text` with words that occur instead of those that don't; empty if unknown."""
        corrected = text
        for concept in query.concepts:
            typed = Term(concept.word)
            if self.known_forms(typed) or self.has(Scope.ALL, typed):
                continue
            meant = spelling.correction(self.cursor, self.table, concept.word, self.offers)
            if meant:
                corrected = replaced_word(corrected, concept.word, meant)
            elif len(concept.word) >= spelling.SHORTEST:
                return ""  # it is about something else
        return "" if corrected == text else corrected

    def similar(self, query: Query) -> list[str]:
        """Return words that occur and look like the longest one that was asked for."""
        words = [concept.word for concept in query.concepts if concept.word.isalpha()]
        if not words:
            return []
        similar = spelling.similar(self.cursor, self.table, max(words, key=len))
        return [word for word in similar if self.offers(word)]


def every_word(index: Index, query: Query) -> list[int]:
    """Return up to LIMIT questions in which all that was asked for occurs, promising ones first."""
    if not query.concepts:
        return []
    forms = cache(index.forms)
    named = AnyOf(tuple(Term(name) for name in query.names))
    keys: dict[int, None] = {}
    for scope, condition, enough in (
        (Scope.TOPIC, AnyOf((exactly(query.names), every(query, plural))), ENOUGH),
        (Scope.TOPIC, AnyOf((named, every(query, forms))), ENOUGH),
        (Scope.NAMES, named, ENOUGH),
        (Scope.HEAD, every(query, forms), ENOUGH),
        (Scope.LEAD, every(query, forms), ENOUGH),
        (Scope.ALL, every(query, forms), ENOUGH),
        # Forms that occur deep in answers only are slow to look for.
        (Scope.ALL, every(query, literally), FEW),
    ):
        if len(keys) < enough:
            keys |= dict.fromkeys(index.candidates(scope, condition))
    return list(keys)[:LIMIT]


def most_words(index: Index, query: Query) -> list[int]:
    """Return up to LACKING questions in which most of what was asked for occurs."""
    concepts = sorted(query.concepts, key=lambda concept: -len(concept.word))[:RELAXED]
    conditions = [any_way(concept, cache(index.forms)) for concept in concepts]
    keys: dict[int, None] = {}
    for count in range(len(concepts) - 1, (len(concepts) - 1) // 2, -1):
        # One word of two has to be in a prominent place.
        for scope in (Scope.HEAD, Scope.LEAD, Scope.ALL)[: 3 if count > 1 else 1]:
            if len(keys) < LACKING:
                some = index.candidates(scope, at_least(count, conditions), LACKING)
                keys |= dict.fromkeys(some)
    return list(keys)[:LACKING]


def any_of(index: Index, queries: list[Query], limit: int) -> list[int]:
    """Return up to `limit` questions in which all that one of `queries` asks for occurs."""
    if not queries:
        return []
    keys: dict[int, None] = {}
    for scope, condition in (
        (Scope.NAMES, exactly(name for query in queries for name in query.names)),
        (Scope.LEAD, AnyOf(tuple(every(query, plural) for query in queries))),
    ):
        if len(keys) < limit:
            keys |= dict.fromkeys(index.candidates(scope, condition, limit))
    return list(keys)[:limit]


# Conditions

type Expand = Callable[[Term], Condition]


def every(query: Query, expand: Expand) -> Condition:
    return AllOf(tuple(any_way(concept, expand) for concept in query.concepts))


def any_way(concept: Concept, expand: Expand) -> Condition:
    return AnyOf(tuple(AllOf(tuple(expand(term) for term in way)) for way in concept.ways))


def literally(term: Term) -> Condition:
    return term


def plural(term: Term) -> Condition:
    """Return the condition for a word's singular and plural, as they are most often made."""
    return exactly({term.word, f"{term.word}s", f"{term.word}es", term.word.removesuffix("s")})


def exactly(words: Iterable[str]) -> Condition:
    return AnyOf(tuple(Term(word, is_exact=True) for word in sorted(words) if word))
