"""
Search: the same questions in the same order on SQLite and on PostgreSQL.

A search becomes words once (`words.py`). The database proposes a bounded number of candidates
from an index of its own (`candidates.py`, `index.py`, `sqlite.py`, `postgresql.py`), of which the
first are ranked by one rule (`ranking.py`). Words that occur nowhere may be misspelled
(`spelling.py`). `marks.py` shows what was found.

It is given a queryset and knows nothing of the models but the columns that `index.py` names.
"""

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
from questions.search.ranking import ANSWER, DETAILS, TEXTS, Ranking
from questions.search.words import Query, parse

__all__ = ["Found", "Marks", "Narrowing", "find", "install", "mentioning"]

PROMINENT = 0.5  # what is less relevant has its words in short answer and details only


@dataclass(frozen=True)
class Found:
    """What a search found."""

    keys: list[int]  # primary keys, the most relevant first
    query: Query  # what was looked for
    corrected: str = ""  # what was looked for instead, where nothing has what was asked for
    similar: tuple[str, ...] = ()  # words to try where nothing was found

    @property
    def is_cut(self) -> bool:
        """Whether there may be more."""
        return len(self.keys) >= ENOUGH

    def sort[Rows: QuerySet[Any]](self, questions: Rows) -> Rows:
        """Return those of `questions` that were found, the most relevant first."""
        places = "," + "".join(f"{key}," for key in self.keys)
        place = StrIndex(Value(places), Concat(Value(","), Cast("pk", CharField()), Value(",")))
        return questions.filter(pk__in=self.keys).order_by(place)


def install(connection: BaseDatabaseWrapper, table: str) -> None:
    """Create and fill what the search needs in the database, where it is missing or outdated."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        engine(connection).install(cursor, table)


def find(questions: QuerySet[Any], text: str, narrowing: Narrowing = ANYTHING) -> Found:
    """
    Return what is found for `text`, which may be anything, among `questions`.

    The queryset's own filters hold among what the index proposes; `narrowing` is for those that
    should hold in the index already, where they cost nothing and hide no hit further down. What
    `narrowing` says need not be said by the queryset too, which costs a query of its own.
    """
    connection = connections[questions.db]
    with connection.cursor() as cursor:
        index = Index(engine(connection), cursor, questions.model._meta.db_table, narrowing)
        query, corrected = parse(text), ""
        keys = every_word(index, query)
        if not keys and (corrected := index.corrected(text, query)):
            query = parse(corrected)
            keys = every_word(index, query)
        if best := ranked(index, questions, query, keys):
            return Found(best, query, corrected)
        return Found([], query, similar=tuple(index.similar(parse(text))))


def mentioning(
    questions: QuerySet[Any], texts: list[str], limit: int, narrowing: Narrowing = ANYTHING
) -> list[int]:
    """
    Return the keys of up to `limit` questions that have one of `texts`, unranked.

    Those that have it as a name come before those that have its words in title or short answer.
    Two look-ups, however many texts: a fraction of what it costs to find each of them.
    """
    connection = connections[questions.db]
    queries = [parse(text) for text in texts]
    with connection.cursor() as cursor:
        index = Index(engine(connection), cursor, questions.model._meta.db_table, narrowing)
        return any_of(index, [query for query in queries if query.concepts], limit)


def engine(connection: BaseDatabaseWrapper) -> ModuleType:
    return postgresql if connection.vendor == "postgresql" else sqlite


def ranked(index: Index, questions: QuerySet[Any], query: Query, keys: list[int]) -> list[int]:
    """
    Return `keys` in order of relevance; only the first RANKED are looked at closely.

    Where they are few, or have the words in no prominent place, questions that lack a word come as
    well, if they are more relevant than all that have each.
    """
    texts = texts_of(index, questions, keys[:RANKED], TEXTS)
    ranking = Ranking(query)
    scores = {key: ranking.score(texts[key], missing=ANSWER) for key in texts}
    best = max(scores.values(), default=0.0)
    # One word can't be lacking: where few have it, these are all.
    is_poor = len(query.concepts) > 1 if len(keys) < FEW else best < PROMINENT
    if is_poor and not (keys and query.is_code):  # half of a name is no hit
        lacking, weights = most_words(index, query, is_last_resort=not keys)
        ranking = Ranking(query, weights if any(weights) else ())
        scores = {key: ranking.score(texts[key], missing=ANSWER) for key in texts}
        rest = [key for key in lacking if key not in keys]
        others = {
            key: ranking.score(more, missing=0.0)
            for key, more in texts_of(index, questions, rest, (*TEXTS, *DETAILS)).items()
        }
        bar = max(scores.values()) if scores else max(others.values(), default=0.0) / 2
        scores |= {key: score for key, score in others.items() if score > bar}
    return [*sorted(scores, key=lambda key: (-scores[key], key)), *keys[RANKED:]]


def texts_of(
    index: Index, questions: QuerySet[Any], keys: list[int], columns: Sequence[str]
) -> dict[int, tuple[str, ...]]:
    """Return the texts of `keys`, but for those that are not among `questions`."""
    if keys and questions.query.has_filters():
        keys = list(questions.filter(pk__in=keys).order_by().values_list("pk", flat=True))
    return index.texts(keys, columns)
