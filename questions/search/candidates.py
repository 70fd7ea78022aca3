"""
The candidates: a limited number of questions that include the most relevant ones.

A common word occurs in most of the bank. So the narrow scopes of the index are searched first, and
the wider ones only while there are too few candidates.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from types import ModuleType

from django.db.backends.utils import CursorWrapper

from questions.search import spelling
from questions.search.index import AllOf, AnyOf, Condition, Narrowing, Scope, in_category
from questions.search.letters import told
from questions.search.words import Concept, Query, Term, inflected, replaced_word

CANDIDATES = 1000  # collected at most
RANKED = 48  # candidates that are ranked by their texts, the first ones
ENOUGH = 200  # candidates from narrow scopes with which the wider ones are not searched
FEW = 10  # candidates below which all forms of the words are searched for, and some words may lack
LACKING = 64  # candidates that lack a word, at most
COUNTED = 200  # questions with a word, from which on only prominent places are looked at
RARITY = 0.25  # how much more a word counts that fewer questions have
FORMS = 20  # forms of one word that are searched for, at most
LONG_STEM = 4  # letters from which words with the same beginning are mostly forms of one word
LAST_LETTER = "\U0010ffff"  # sorts after all others

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
        keys: list[int] = self.engine.candidates(
            self.cursor, self.table, scope, condition, self.narrowing, limit
        )
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
            words = self.beginning_like(term)
            forms = {term.word, *(word for word in words if term.matches(word))}
            self.known_forms[term] = term if len(words) > FORMS else exactly(forms)
        return self.known_forms[term]

    def beginning_like(self, term: Term) -> list[str]:
        """Return the words of the vocabulary that begin like a term, up to FORMS + 1."""
        self.cursor.execute(
            f"SELECT word FROM {self.table}_word WHERE word >= %s AND word < %s LIMIT %s",
            [term.beginning, term.beginning + LAST_LETTER, FORMS + 1],
        )
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

    def has(self, scope: Scope, condition: Condition) -> bool:
        """Whether anything matches, in any category and level."""
        anywhere = replace(self, narrowing=Narrowing(published=self.narrowing.published))
        return bool(anywhere.candidates(scope, condition, limit=1))

    def offers(self, word: str) -> bool:
        """Whether a question has a word of the vocabulary now, in a prominent place."""
        return self.has(Scope.LEAD, Term(word, is_exact=True))

    def corrected(self, text: str, query: Query) -> str:
        """Return `text` with its misspelled words corrected; empty if nothing was corrected."""
        corrected = text
        for concept in query.concepts:
            typed = Term(concept.word)
            is_known = AnyOf((self.forms(typed), literally(typed)))
            if concept.categories or self.has(Scope.ALL, is_known):
                continue
            meant = spelling.correction(self.cursor, self.table, concept.word, self.offers)
            if meant:
                corrected = replaced_word(corrected, concept.word, meant)
            elif len(concept.word) >= spelling.SHORTEST:
                return ""  # the text is about something that the bank does not have
        return "" if corrected == text else corrected

    def similar(self, query: Query) -> list[str]:
        """Return words that occur and look like the longest word of a search."""
        words = [c.word for c in query.concepts if not any(map(str.isdigit, c.word))]
        words = [word for word in words if told(word) == word]  # no sign
        if not words:
            return []
        similar = spelling.similar(self.cursor, self.table, max(words, key=len))
        return list(islice(filter(self.offers, similar), spelling.NEAREST))


def every_word(index: Index, query: Query) -> list[int]:
    """Return up to CANDIDATES questions that have all words of a search, narrow scopes first."""
    if not query.concepts:
        return []
    is_complete = query.concepts[-1].ways[0][0].is_exact
    named = AnyOf(tuple(literally(Term(name, is_exact=is_complete)) for name in query.names))
    in_texts = every(query, index.forms)
    keys = dict.fromkeys(index.candidates(Scope.TOPIC, AnyOf((named, in_texts))))
    if len(keys) > RANKED:
        exact = AnyOf((exactly(query.names), every(query, plural)))
        keys = dict.fromkeys(index.candidates(Scope.TOPIC, exact)) | keys
    if len(keys) < ENOUGH:  # The beginning of a word takes ten times as long in a wider scope.
        keys |= dict.fromkeys(index.candidates(Scope.NAMES, named))
    keys = widened(index, keys, in_texts, every(query, index.forms, or_category=True))
    if len(keys) < FEW:
        # The vocabulary lacks words that only answers have.
        in_answers = every(query, literally, or_category=True)
        keys |= dict.fromkeys(index.candidates(Scope.ALL, in_answers))
    return list(keys)[:CANDIDATES]


def widened(
    index: Index, keys: dict[int, None], in_texts: Condition, anywhere: Condition
) -> dict[int, None]:
    """Return `keys` and the questions that meet a condition, narrow scopes first."""
    if len(keys) <= RANKED and index.engine.STOPS_AT_LIMIT:
        # All that is ranked may come in any order.
        everything = keys | dict.fromkeys(index.candidates(Scope.ALL, anywhere, RANKED + 1))
        if len(everything) <= RANKED:
            return everything
    steps = [(scope, in_texts) for scope in (Scope.HEAD, Scope.LEAD, Scope.ALL)]
    for scope, condition in dict.fromkeys([*steps, (Scope.ALL, anywhere)]):
        if len(keys) < ENOUGH:
            keys = keys | dict.fromkeys(index.candidates(scope, condition))
    return keys


def most_words(index: Index, query: Query) -> tuple[list[int], list[float]]:
    """
    Return up to LACKING questions that have most of the words, and the weight of each word.

    A question that has a single word has it in a prominent place. There is none at all if fewer
    than half of the words occur: the search is about something else.
    """
    looked = [looked_up(index, concept) for concept in query.concepts]
    weights = [weight for _, weight in looked]
    if sum(map(bool, weights)) * 2 < len(looked):
        return [], weights
    found = [keys for keys, _ in looked]
    if max(Counter(chain.from_iterable(found)).values(), default=0) < 2:
        # A number alone says too little.
        found = [
            []
            if concept.word.isdigit()
            else index.candidates(Scope.HEAD, any_way(concept, index.forms), COUNTED)
            for concept in query.concepts
        ]
    promise: Counter[int] = Counter()  # by question, the weights of its words
    for keys, weight in zip(found, weights, strict=True):
        promise.update(dict.fromkeys(keys, weight))
    return [key for key, _ in promise.most_common(LACKING)], weights


def looked_up(index: Index, concept: Concept) -> tuple[list[int], float]:
    """
    Return the questions that have a concept, and how much it counts.

    Where COUNTED or more have it, they are those that have it in a prominent place. The fewer there
    are, the more it counts. The size of the bank is of no account: one that grows changes no order
    by that.
    """
    for expand in (index.forms, literally):
        for scope in (Scope.ALL, Scope.LEAD, Scope.HEAD):
            condition = any_way(concept, expand, or_category=scope is Scope.ALL)
            keys = index.candidates(scope, condition, COUNTED)
            if len(keys) < COUNTED:
                break
        if keys or scope is not Scope.ALL:
            return keys, (len(keys) or COUNTED) ** -RARITY
    return [], 0.0


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
