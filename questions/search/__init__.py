"""
Search: the same questions in the same order on SQLite and on PostgreSQL.

`letters.py` splits texts into words, and `words.py` says which ones a search asks for. The database
proposes a limited number of candidates from its own index (`candidates.py`, `index.py`,
`sqlite.py`, `postgresql.py`). `ranking.py` ranks the first of them, by one rule for both databases.
`spelling.py` corrects words that occur nowhere. `marks.py` marks words in titles and passages.

The search receives a queryset. Of the models it knows only the columns that `index.py` names.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import Cast, Concat, StrIndex

from questions.search import postgresql, sqlite
from questions.search.candidates import ENOUGH, FEW, RANKED, Index, any_of, every_word, most_words
from questions.search.index import ANYTHING, Narrowing
from questions.search.marks import Marks
from questions.search.ranking import DETAILS, IN_ANSWER, IN_CATEGORY, TEXTS, Ranking
from questions.search.words import NO_NAMES, Names, Query, parse

__all__ = ["Found", "Marks", "Names", "Narrowing", "find", "install", "mentioning"]

ALL_TEXTS = (*TEXTS, *DETAILS)
IS_SPECIAL = re.compile(r"__\w+__").fullmatch  # a name that stands for itself: `__get__`
SHORT = 5  # hits below which runners-up are shown as well
MOST = 10  # hits then, runners-up included
LESS_CLOSE = 0.25  # share of the best hit's relevance that a runner-up has at least
READ = 10  # of the best questions, passages are read where a word may be missing
PROMINENT = 1.0  # relevance of a question that has all words in its title


@dataclass(frozen=True)
class Found:
    """What a search found."""

    keys: list[int]  # primary keys, the most relevant first
    query: Query  # what was searched for
    close: int = 0  # how many of the keys; the rest are runners-up, which lack words and rank low
    complete: frozenset[int] = frozenset()  # those of the keys that lack no word
    corrected: str = ""  # the text that was searched for instead, if the typed one found nothing
    similar: tuple[str, ...] = ()  # words to try, if nothing was found

    @property
    def is_partial(self) -> bool:
        """Whether the best of them lacks a word."""
        return bool(self.keys) and self.keys[0] not in self.complete

    @property
    def is_cut(self) -> bool:
        """Whether more questions may match than were collected."""
        return len(self.keys) >= ENOUGH

    def sort[Rows: QuerySet[Any]](self, questions: Rows) -> Rows:
        """Return those of `questions` that were found, the most relevant first."""
        places = "," + "".join(f"{key}," for key in self.keys)
        place = StrIndex(Value(places), Concat(Value(","), Cast("pk", CharField()), Value(",")))
        return questions.filter(pk__in=self.keys).order_by(place)


def install(connection: BaseDatabaseWrapper, table: str) -> None:
    """Create and fill the index in the database, if it is missing or outdated."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        engine(connection).install(cursor, table)


def find(
    questions: QuerySet[Any],
    text: str,
    narrowing: Narrowing = ANYTHING,
    names: Names = NO_NAMES,
) -> Found:
    """
    Return what is found for `text`, which may be anything, among `questions`.

    The index applies `narrowing`, which costs nothing. The queryset's own filters are applied to
    the limited number of candidates that the index proposes: they cost a query, and matches beyond
    that number are missed. So a filter that `narrowing` can express belongs there only.
    """
    connection = connections[questions.db]
    with connection.cursor() as cursor:
        index = Index(engine(connection), cursor, questions.model._meta.db_table, narrowing)
        query, corrected = parse(text, names), ""
        keys = every_word(index, query)
        if not keys and (corrected := index.corrected(text, query)):
            query = parse(corrected, names)
            keys = every_word(index, query)
        best, close = ranked(index, questions, query, keys)
        if best:
            return Found(best, query, close, frozenset(keys), corrected)
        return Found([], query, similar=tuple(index.similar(parse(text))))


def mentioning(
    questions: QuerySet[Any], texts: list[str], limit: int, narrowing: Narrowing = ANYTHING
) -> list[int]:
    """
    Return the keys of up to `limit` questions that contain one of `texts`, unranked.

    Those that have it as a name come before those that have its words in title or short answer.
    It takes two look-ups in the index, however many texts there are.
    """
    connection = connections[questions.db]
    queries = [parse(text) for text in texts]
    with connection.cursor() as cursor:
        index = Index(engine(connection), cursor, questions.model._meta.db_table, narrowing)
        return any_of(index, [query for query in queries if query.concepts], limit)


def engine(connection: BaseDatabaseWrapper) -> ModuleType:
    return postgresql if connection.vendor == "postgresql" else sqlite


def ranked(
    index: Index, questions: QuerySet[Any], query: Query, keys: list[int]
) -> tuple[list[int], int]:
    """
    Return `keys` in order of relevance, and how many of the keys returned are no runners-up.

    If there are few, or none has all words in prominent places, questions that have most of the
    words are ranked as well. One of these is a hit if it is more relevant than all that lack none.
    Keys that are not ranked follow, in their order. Where there are fewer than SHORT hits, the best
    of the others come last, as runners-up.
    """
    if query.is_code and (special := [name for name in query.literals if IS_SPECIAL(name)]):
        keys = having(special, texts_of(index, questions, keys[:RANKED], ALL_TEXTS)) or keys
    texts = texts_of(index, questions, keys[:RANKED], TEXTS)
    ranking = Ranking(query)
    scores = {key: ranking.score(texts[key], missing=IN_ANSWER) for key in texts}
    if named := query.categories:
        for key, (category,) in index.texts(list(texts), ["category_id"]).items():
            scores[key] += IN_CATEGORY * (int(category) in named)
    best = max(scores.values(), default=0.0)
    is_poor = len(keys) < FEW or best < PROMINENT
    others: dict[int, float] = {}
    # No hit lacks the only word. Nor does one lack a part of code, or of a category's name, that
    # others have whole.
    is_whole = len(query.concepts) < 2 or (keys and (query.is_code or named))
    if is_poor and not is_whole:
        scores, others = with_fewer_words(index, questions, query, keys)
        bar = max(scores.values()) if scores else max(others.values(), default=0.0) / 2
        scores |= {key: score for key, score in others.items() if score > bar}
    close = [*in_order(scores), *(key for key in keys[RANKED:] if key not in scores)]
    if not close or len(close) >= SHORT:
        return close, len(close)
    bar = max(scores.values()) * LESS_CLOSE
    runners_up = {key: score for key, score in others.items() if key not in scores and score >= bar}
    return [*close, *in_order(runners_up)][: max(len(close), MOST)], len(close)


def with_fewer_words(
    index: Index, questions: QuerySet[Any], query: Query, keys: list[int]
) -> tuple[dict[int, float], dict[int, float]]:
    """Return the relevance of those of `keys` that are ranked, and of questions that lack words."""
    lacking, weights = most_words(index, query)
    ranking = Ranking(query, weights if any(weights) else ())
    complete = set(keys)
    first = keys[:RANKED]
    texts = texts_of(
        index, questions, first + [key for key in lacking if key not in first], ALL_TEXTS
    )
    scores = {
        key: ranking.score(texts[key], missing=IN_ANSWER if key in complete else 0.0)
        for key in texts
    }
    for key in in_order(scores)[:READ]:
        scores[key] += ranking.closeness(texts[key])
    others = {key: scores.pop(key) for key in texts if key not in complete}
    return scores, others


def having(names: list[str], texts: dict[int, tuple[str, ...]]) -> list[int]:
    """Return the keys of `texts` in which all of `names` stand as they were typed."""
    lowered = {key: " ".join(parts).lower() for key, parts in texts.items()}
    return [key for key, text in lowered.items() if all(name in text for name in names)]


def in_order(scores: dict[int, float]) -> list[int]:
    return sorted(scores, key=lambda key: (-scores[key], key))


def texts_of(
    index: Index, questions: QuerySet[Any], keys: list[int], columns: Sequence[str]
) -> dict[int, tuple[str, ...]]:
    """Return the texts of those of `keys` that are among `questions`, by key."""
    if keys and questions.query.has_filters():
        keys = list(questions.filter(pk__in=keys).order_by().values_list("pk", flat=True))
    return index.texts(keys, columns)
