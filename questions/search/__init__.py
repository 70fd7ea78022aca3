"""
Search: the same questions in the same order on SQLite and on PostgreSQL.

`letters.py` splits texts into words, and `words.py` says which ones a search asks for. The database
proposes a limited number of candidates from its own index (`candidates.py`, `index.py`,
`sqlite.py`, `postgresql.py`). `ranking.py` says how relevant each is, by one rule for both
databases. `spelling.py` corrects words that occur nowhere. `marks.py` marks words in titles and
passages.

The search receives a queryset. Of the models it knows only the columns that `index.py` names.
"""

from collections.abc import Container
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import Cast, Concat, StrIndex

from questions.search import postgresql, spelling, sqlite
from questions.search.candidates import (
    ENOUGH,
    RANKED,
    Index,
    any_of,
    every_word,
    in_order,
    most_words,
)
from questions.search.index import ANYTHING, Narrowing
from questions.search.marks import Marks
from questions.search.ranking import DETAILS, IN_ANSWER, IN_CATEGORY, TEXTS, Ranking
from questions.search.words import NO_NAMES, Names, Query, parse

__all__ = ["Found", "Marks", "Names", "Narrowing", "find", "install", "mentioning"]

SHORT = 5  # hits below which less close questions are shown as well
MOST = 10  # hits then, with these
LESS_CLOSE = 0.25  # share of the best hit's relevance that they have at least
READ = 10  # of the best questions, passages are read where a word may be missing


@dataclass(frozen=True)
class Found:
    """What a search found: primary keys of questions, the most relevant first."""

    query: Query  # what was searched for
    hits: list[int]
    less_close: list[int]  # the next best, which lack words, if there are few hits
    lacking: frozenset[int]  # those of the hits that lack a word
    corrected: str = ""  # the text that was searched for instead, if the typed one found nothing
    similar: tuple[str, ...] = ()  # words to try, if nothing was found

    @property
    def is_partial(self) -> bool:
        """Whether the best hit lacks a word."""
        return bool(self.hits) and self.hits[0] in self.lacking

    @property
    def is_cut(self) -> bool:
        """Whether more questions may match than were collected."""
        return len(self.hits) >= ENOUGH

    def among(self, keys: Container[int]) -> "Found":
        """Return what was found of the questions with `keys`: none less close without a hit."""
        hits = [key for key in self.hits if key in keys]
        less_close = [key for key in self.less_close if hits and key in keys]
        return replace(self, hits=hits, less_close=less_close)

    def sort[Rows: QuerySet[Any]](self, questions: Rows) -> Rows:
        """Return those of `questions` that are hits, the most relevant first."""
        places = "," + "".join(f"{key}," for key in self.hits)
        place = StrIndex(Value(places), Concat(Value(","), Cast("pk", CharField()), Value(",")))
        return questions.filter(pk__in=self.hits).order_by(place)


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
    Return what is found for `text`, which may be anything, in the table of `questions`.

    The index applies `narrowing`, which costs nothing. Filters of the queryset count only in
    Found.sort(): what they leave out of the thousand questions that are found is not replaced.
    """
    connection = connections[questions.db]
    with connection.cursor() as cursor:
        index = Index(engine(connection), cursor, questions.model._meta.db_table, narrowing)
        typed = query = parse(text, names)
        complete = every_word(index, query)
        corrected = "" if complete else spelling.corrected(index, text, query)
        if corrected:
            query = parse(corrected, names)
            complete = every_word(index, query)
        complete = as_typed(index, query, complete)
        hits, less_close = ranked(index, query, complete)
        similar = () if hits else spelling.similar(index, typed)
    lacking = frozenset(hits).difference(complete)
    return Found(query, hits, less_close, lacking, corrected if hits else "", similar)


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


def as_typed(index: Index, query: Query, complete: list[int]) -> list[int]:
    """Return those of `complete` in which names such as `__get__` stand as typed, or else all."""
    if not query.special_names:
        return complete
    texts = index.texts(complete[:RANKED], (*TEXTS, *DETAILS))
    lowered = {key: " ".join(parts).lower() for key, parts in texts.items()}
    found = [key for key in lowered if all(name in lowered[key] for name in query.special_names)]
    return found or complete


def ranked(index: Index, query: Query, complete: list[int]) -> tuple[list[int], list[int]]:
    """
    Return the hits and the less close questions, the most relevant first.

    `complete` have all words and are hits. The first RANKED of them are ranked, together with those
    that have most of the words. One of these is a hit if it is more relevant than all that lack
    none or, where each lacks a word, than half of the best.
    """
    partial, weights = most_words(index, query, complete)
    keys = list(dict.fromkeys([*complete[:RANKED], *partial]))
    texts = index.texts(keys, (*TEXTS, *DETAILS) if weights else TEXTS)
    has_all = texts.keys() & set(complete)
    ranking = Ranking(query, weights)
    scores = {
        key: ranking.score(texts[key], missing=IN_ANSWER if key in has_all else 0.0)
        for key in texts
    }
    if named := query.categories:
        for key, (category,) in index.texts(list(texts), ["category_id"]).items():
            scores[key] += IN_CATEGORY * (int(category) in named)
    if weights:
        for key in in_order(scores)[:READ]:
            scores[key] += ranking.closeness(texts[key])
    best = max(scores.values(), default=0.0)
    bar = max([scores[key] for key in has_all], default=best / 2)
    order = in_order(scores)
    hits = [key for key in order if key in has_all or scores[key] > bar]
    hits += [key for key in complete[RANKED:] if key not in texts]
    if not 0 < len(hits) < SHORT:
        return hits, []
    lowest = best * LESS_CLOSE
    others = [key for key in order if key not in hits and scores[key] >= lowest]
    return hits, others[: MOST - len(hits)]
