"""
The candidates: a bounded number of questions among which the best ones are.

The widest scope of a common word has most of the bank in it. So the narrow ones are asked first,
and the wider ones only while there are not enough. Where there are so few that all are ranked, the
widest scope is enough.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from math import log
from operator import itemgetter
from types import ModuleType

from django.db.backends.utils import CursorWrapper

from questions.search import spelling
from questions.search.index import AllOf, AnyOf, Condition, Narrowing, Scope, at_least
from questions.search.words import Concept, Query, Term, inflected, replaced_word

LIMIT = 1000  # candidates at most
RANKED = 48  # the first candidates, which are ranked by their texts
ENOUGH = 200  # with as many in narrow scopes, the wider ones are not asked
FEW = 10  # with fewer, all forms of the words are looked for, and questions that lack one
LACKING = 64  # candidates at most that lack a word
RELAXED = 5  # words of a search of which some may be missing, the rarest
COMMON = 500  # questions from which it makes no difference how many have a word
FORMS = 20  # forms of one word at most
LONG_STEM = 4  # letters in common that make of two words forms of one, most often
LAST_LETTER = "{"  # sorts behind z

type Expand = Callable[[Term], Condition]


@dataclass(frozen=True)
class Index:
    """The database's index of one table, narrowed down."""

    engine: ModuleType  # sqlite.py or postgresql.py
    cursor: CursorWrapper
    table: str
    narrowing: Narrowing
    known_forms: dict[Term, Condition] = field(default_factory=dict)  # looked up before

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
        if term not in self.known_forms:
            words = self.beginning_like(term)
            forms = {term.word, *(word for word in words if term.matches(word))}
            self.known_forms[term] = term if len(words) > FORMS else exactly(forms)
        return self.known_forms[term]

    def beginning_like(self, term: Term) -> list[str]:
        """Return words of the vocabulary that begin like a term, one more than FORMS at most."""
        self.cursor.execute(
            f"SELECT word FROM {self.table}_word WHERE word >= %s AND word < %s LIMIT %s",
            [term.beginning, term.beginning + LAST_LETTER, FORMS + 1],
        )
        return [word for (word,) in self.cursor.fetchall()]

    def size(self, limit: int) -> int:
        """Return how many questions there are, up to `limit`."""
        self.cursor.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM {self.table} LIMIT %s) few", [limit]
        )
        return int(self.cursor.fetchone()[0])

    def texts(self, keys: Sequence[int], columns: Iterable[str]) -> dict[int, tuple[str, ...]]:
        """Return what the table holds in `columns`. (The ORM takes ten times as long.)"""
        if not keys:
            return {}
        places = ", ".join(["%s"] * len(keys))
        self.cursor.execute(
            f"SELECT id, {', '.join(columns)} FROM {self.table} WHERE id IN ({places})", keys
        )
        return {key: tuple(texts) for key, *texts in self.cursor.fetchall()}

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
            if any(typed.matches(word) for word in self.beginning_like(typed)):
                continue
            if self.has(Scope.ALL, literally(typed)):
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
    is_complete = query.concepts[-1].ways[0][0].is_exact
    named = AnyOf(tuple(literally(Term(name, is_exact=is_complete)) for name in query.names))
    in_any_form = every(query, index.forms)
    keys = dict.fromkeys(index.candidates(Scope.TOPIC, AnyOf((named, in_any_form))))
    if len(keys) > RANKED:
        exact = AnyOf((exactly(query.names), every(query, plural)))
        keys = dict.fromkeys(index.candidates(Scope.TOPIC, exact)) | keys
    if len(keys) < ENOUGH:
        keys |= dict.fromkeys(index.candidates(Scope.NAMES, named))
    keys = widened(index, keys, in_any_form)
    if len(keys) < FEW:
        # Forms that occur deep in answers only are slow to look for.
        keys |= dict.fromkeys(index.candidates(Scope.ALL, every(query, literally)))
    return list(keys)[:LIMIT]


def widened(index: Index, keys: dict[int, None], condition: Condition) -> dict[int, None]:
    """Return `keys` and those for which a condition holds, prominent ones first."""
    if len(keys) <= RANKED and index.engine.STOPS_AT_LIMIT:
        # Of what will be ranked anyway the order says nothing, and ALL holds the other scopes.
        all_keys = keys | dict.fromkeys(index.candidates(Scope.ALL, condition, RANKED + 1))
        if len(all_keys) <= RANKED:
            return all_keys
    for scope in (Scope.HEAD, Scope.LEAD, Scope.ALL):
        if len(keys) < ENOUGH:
            keys = keys | dict.fromkeys(index.candidates(scope, condition))
    return keys


def most_words(
    index: Index, query: Query, *, is_last_resort: bool
) -> tuple[list[int], list[float]]:
    """
    Return up to LACKING questions in which most of what was asked for occurs, and its rarity.

    Where these are the `is_last_resort`, a single word is enough in a prominent place, provided
    that half of the words occur at all: else the search is about something else.
    """
    looked = [(*looked_up(index, concept), concept) for concept in query.concepts]
    size = index.size(COMMON)
    rarities = [rarity(count, size) for count, *_ in looked]
    known = sorted((found for found in looked if found[0]), key=itemgetter(0))[:RELAXED]
    if not known or sum(map(bool, rarities)) * 2 < len(looked):
        return [], rarities
    conditions = [condition for _, condition, _ in known]
    asked: list[tuple[Scope, Condition]] = [
        (Scope.ALL, AllOf((condition, AnyOf((*conditions[:place], *conditions[place + 1 :])))))
        for place, (count, condition, _) in enumerate(known[: len(known) - 1])
        if count <= LACKING
    ]
    least = (len(looked) + 2) // 3 if is_last_resort else (len(looked) + 1) // 2
    for count in range(min(len(known), len(looked) - 1), max(1, least - 1), -1):
        some = at_least(count, conditions)
        asked += [(scope, some) for scope in (Scope.HEAD, Scope.LEAD, Scope.ALL)]
    if least == 1:
        # A single word has to be in a prominent place. A number says too little.
        words = [condition for _, condition, concept in known if not concept.word.isdigit()]
        asked += [(scope, AnyOf(tuple(words))) for scope in (Scope.TOPIC, Scope.HEAD) if words]
    keys: dict[int, None] = {}
    for scope, condition in asked:
        if len(keys) < (FEW if scope is Scope.ALL else LACKING):
            keys |= dict.fromkeys(index.candidates(scope, condition, LACKING))
    return list(keys)[:LACKING], rarities


def rarity(count: int, size: int) -> float:
    """Return how much a word says: from 1 if all have it to 2 if one has, and 0 if none has."""
    return 1 + log(size / count) / log(max(2, size)) if count else 0.0


def looked_up(index: Index, concept: Concept) -> tuple[int, Condition]:
    """Return in how many questions a concept occurs, up to COMMON, and how it is found there."""
    for expand in (index.forms, literally):
        condition = any_way(concept, expand)
        if count := len(index.candidates(Scope.ALL, condition, COMMON)):
            return count, condition
    return 0, condition


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


def every(query: Query, expand: Expand) -> Condition:
    return AllOf(tuple(any_way(concept, expand) for concept in query.concepts))


def any_way(concept: Concept, expand: Expand) -> Condition:
    return AnyOf(tuple(AllOf(tuple(expand(term) for term in way)) for way in concept.ways))


def literally(term: Term) -> Condition:
    """Return the condition for all that begins like a term, unless that says too little."""
    if term.is_exact or term.beginning == term.word or len(term.beginning) >= LONG_STEM:
        return term
    return AnyOf((exactly(inflected(term.word)), Term(term.word, is_stemmed=False)))


def plural(term: Term) -> Condition:
    """Return the condition for a word's singular and plural, as they are most often made."""
    return exactly({term.word, f"{term.word}s", f"{term.word}es", term.word.removesuffix("s")})


def exactly(words: Iterable[str]) -> Condition:
    return AnyOf(tuple(Term(word, is_exact=True) for word in sorted(words) if word))
