"""
The candidates: a limited number of questions that include the most relevant ones.

A common word occurs in most of the bank. So the narrow scopes of the index are searched first, and
the wider ones only while there are too few candidates.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from types import ModuleType

from django.db.backends.utils import CursorWrapper

from questions.search.index import AllOf, AnyOf, Condition, Narrowing, Scope, in_category
from questions.search.words import Concept, Query, Term, inflected

CANDIDATES = 1000  # collected at most
RANKED = 48  # candidates with all words that are ranked by their texts, and those that lack some
ENOUGH = 200  # candidates, or questions with a word, with which a wider scope is not searched
FEW = 10  # questions below which beginnings of words are looked up too, and words may be missing
RARITY = 0.25  # how much more a word counts that fewer questions have
FORMS = 20  # forms of one word that are searched for, at most
LONG_STEM = 4  # letters from which words with the same beginning are mostly forms of one word
LAST_LETTER = "\U0010ffff"  # sorts after all others

type Step = tuple[Scope, Condition]  # where something is asked for
type Expand = Callable[[Term], Condition]


@dataclass(frozen=True)
class Index:
    """The database's index of one table, for one search."""

    engine: ModuleType  # sqlite.py or postgresql.py
    cursor: CursorWrapper
    table: str
    narrowing: Narrowing
    known_forms: dict[Term, Condition] = field(default_factory=dict)  # results of forms()

    def candidates(self, scope: Scope, condition: Condition, limit: int = CANDIDATES) -> list[int]:
        """Return up to `limit` questions that match, in the same order on both databases."""
        return sorted(
            self.engine.candidates(self.cursor, self.table, scope, condition, self.narrowing, limit)
        )

    def few(self, steps: list[Step]) -> dict[int, None] | None:
        """
        Return what matches one of several conditions, in whichever order: all of it is ranked.

        None if that is more than RANKED, or if the database would read all matches to tell.
        """
        keys: dict[int, None] = {}
        for step in steps:
            if not self.engine.STOPS_AT_LIMIT or len(keys) > RANKED:
                return None
            keys |= dict.fromkeys(self.candidates(*step, limit=RANKED + 1))
        return keys if len(keys) <= RANKED else None

    def many(self, steps: list[Step]) -> dict[int, None]:
        """Return what matches the first of several conditions, and the next ones up to ENOUGH."""
        keys: dict[int, None] = {}
        for step in dict.fromkeys(steps):
            if len(keys) < ENOUGH:
                keys |= dict.fromkeys(self.candidates(*step))
        return keys

    def forms(self, term: Term) -> Condition:
        """
        Return the condition that one of the forms of a word occurs, as the vocabulary has them.

        To search for these words takes a fraction of the time of a search for their beginning.
        If there are too many, the condition is the beginning all the same.
        """
        if term.is_exact:
            return term
        if term not in self.known_forms:
            beginning = term.beginning
            words = self.vocabulary(
                "word >= %s AND word < %s LIMIT %s", [beginning, beginning + LAST_LETTER, FORMS + 1]
            )
            forms = {term.word, *(word for word in words if term.matches(word))}
            self.known_forms[term] = term if len(words) > FORMS else exactly(forms)
        return self.known_forms[term]

    def vocabulary(self, condition: str, values: Sequence[str | int]) -> list[str]:
        """Return the words of the bank that meet a condition in SQL."""
        self.cursor.execute(f"SELECT word FROM {self.table}_word WHERE {condition}", values)
        return [word for (word,) in self.cursor.fetchall()]

    def texts(self, keys: Sequence[int], columns: Iterable[str]) -> dict[int, tuple[str, ...]]:
        """Return the texts in `columns` by key. The ORM takes ten times as long."""
        if not keys:
            return {}
        places = ", ".join(["%s"] * len(keys))
        self.cursor.execute(
            f"SELECT id, {', '.join(columns)} FROM {self.table} WHERE id IN ({places})", keys
        )
        return {key: tuple(texts) for key, *texts in self.cursor.fetchall()}


def every_word(index: Index, query: Query) -> list[int]:
    """Return up to CANDIDATES questions that have all words of a search, narrow scopes first."""
    if not query.concepts:
        return []
    is_complete = query.concepts[-1].ways[0][0].is_exact
    named = AnyOf(tuple(literally(Term(name, is_exact=is_complete)) for name in query.names))
    words = every(query, index.forms)
    anywhere = every(query, index.forms, or_category=True)
    narrow: list[Step] = [(Scope.TOPIC, AnyOf((named, words))), (Scope.NAMES, named)]
    wide: list[Step] = [(scope, words) for scope in (Scope.HEAD, Scope.LEAD, Scope.ALL)]
    everything: Step = (Scope.ALL, anywhere)
    keys = index.few([everything, *narrow])
    if keys is None:
        keys = index.many([*narrow, *wide, everything])
    if len(keys) > RANKED:  # those whose topic is the whole search are among the ranked
        keys = dict.fromkeys(index.candidates(Scope.TOPIC, exactly(query.names))) | keys
    if len(keys) < FEW:
        # The vocabulary lacks words that only answers have.
        in_answers = every(query, literally, or_category=True)
        keys |= dict.fromkeys(index.candidates(Scope.ALL, in_answers))
    return list(keys)[:CANDIDATES]


def most_words(
    index: Index, query: Query, complete: list[int]
) -> tuple[list[int], Sequence[float]]:
    """
    Return up to RANKED questions that have most of the words, and the weight of each word.

    There is none, and no weights, where `complete`, which have all words, are good enough: no hit
    lacks a part of code, or of a category's name, that others have whole. Nor is there any if fewer
    than half of the words occur: the search is about something else.
    """
    if len(query.concepts) < 2 or (complete and (query.is_code or query.categories)):
        return [], ()
    if len(complete) >= FEW and index.candidates(Scope.HEAD, every(query, index.forms), limit=1):
        return [], ()
    looked = [looked_up(index, concept) for concept in query.concepts]
    found, weights = [keys for keys, _ in looked], [weight for _, weight in looked]
    if sum(map(bool, weights)) * 2 < len(weights):
        return [], ()
    if max(Counter(chain.from_iterable(found)).values(), default=0) < 2:
        found = [prominent(index, concept) for concept in query.concepts]
    promise: defaultdict[int, float] = defaultdict(float)  # by question, the weights of its words
    for keys, weight in zip(found, weights, strict=True):
        for key in keys:
            promise[key] += weight
    return in_order(promise)[:RANKED], weights


def looked_up(index: Index, concept: Concept) -> tuple[list[int], float]:
    """
    Return the questions that have a concept, and how much it counts.

    Where ENOUGH or more have it, they are those that have it in a prominent place. The fewer there
    are, the more it counts. The size of the bank is of no account: one that grows changes no order
    by that.
    """
    for scope in (Scope.ALL, Scope.LEAD, Scope.HEAD):
        condition = any_way(concept, index.forms, or_category=scope is Scope.ALL)
        keys = index.candidates(scope, condition, ENOUGH)
        if len(keys) < ENOUGH:
            break
    if scope is Scope.ALL and len(keys) < FEW:
        keys = index.candidates(scope, any_way(concept, literally, or_category=True), ENOUGH)
    occurs = keys or scope is not Scope.ALL
    return keys, (len(keys) or ENOUGH) ** -RARITY if occurs else 0.0


def prominent(index: Index, concept: Concept) -> list[int]:
    """Return the questions that have a concept in their head; a number alone says too little."""
    if concept.word.isdigit():
        return []
    return index.candidates(Scope.HEAD, any_way(concept, literally), ENOUGH)


def in_order(scores: Mapping[int, float]) -> list[int]:
    """Return keys of questions, the highest score first."""
    return sorted(scores, key=lambda key: (-scores[key], key))


def any_of(index: Index, queries: list[Query], limit: int) -> list[int]:
    """Return up to `limit` questions that have all words of one of `queries`."""
    if not queries:
        return []
    named = exactly(name for query in queries for name in query.names)
    keys = index.candidates(Scope.NAMES, named, limit)
    if len(keys) < limit:
        in_lead = AnyOf(tuple(every(query, plural) for query in queries))
        keys += index.candidates(Scope.LEAD, in_lead, limit)
    return list(dict.fromkeys(keys))[:limit]


# Conditions


def every(query: Query, expand: Expand, *, or_category: bool = False) -> Condition:
    """Return the condition that all concepts occur, `or_category` in the name of the category."""
    return AllOf(tuple(any_way(c, expand, or_category=or_category) for c in query.concepts))


def any_way(concept: Concept, expand: Expand, *, or_category: bool = False) -> Condition:
    ways = [AllOf(tuple(expand(term) for term in way)) for way in concept.ways]
    categories = concept.categories if or_category else ()
    return AnyOf((*ways, *(Term(in_category(key), is_exact=True) for key in categories)))


def literally(term: Term) -> Condition:
    """
    Return the condition for words that begin like a term, or for its forms if that says too little.

    `autor` is the stem of autorization, and less than half of it: `autoretry` begins so too. The
    forms of a word take ten times as long to look up as its beginning.
    """
    beginning, word = term.beginning, term.word
    is_telling = len(beginning) >= LONG_STEM and len(beginning) * 2 > len(word)
    if is_telling or term.is_exact or beginning == word:
        return term
    return AnyOf((exactly(inflected(word)), Term(word, is_stemmed=False)))


def plural(term: Term) -> Condition:
    """Return the condition for a word's singular and plural, if they are regular."""
    return exactly({term.word, f"{term.word}s", f"{term.word}es", term.word.removesuffix("s")})


def exactly(words: Iterable[str]) -> Condition:
    return AnyOf(tuple(Term(word, is_exact=True) for word in sorted(words) if word))
