"""Migrations are applied while the site runs: they must not keep readers waiting."""

import threading
import time
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from questions import triggers
from questions.models import Question
from tests import build

ROWS = 20_000
INDEXED_ROWS = 500  # it takes more than a second to index them
LONGEST_WAIT = 0.5  # seconds, for a lock

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite's readers never wait"),
]


def migrate(name: str) -> None:
    MigrationExecutor(connection).migrate([("questions", name)])


@pytest.mark.slow
def test_no_reader_waits_while_a_big_bank_is_migrated() -> None:
    names = sorted(
        n for a, n in MigrationExecutor(connection).loader.graph.nodes if a == "questions"
    )
    migrate(names[0])
    triggers.install(connection)  # as `manage.py migrate` does
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            cursor.execute(
                "INSERT INTO questions_category (name, slug, emoji, description, position)"
                " VALUES ('a', 'a', '', '', 1) RETURNING id"
            )
            category = cursor.fetchone()[0]
            # The index of the search would take a minute, and no part in this.
            cursor.execute("ALTER TABLE questions_question DISABLE TRIGGER USER")
            cursor.execute(
                "INSERT INTO questions_question (category_id, slug, position, title, level,"
                " published, short_answer, answer, further_reading, keywords, verified_with)"
                " SELECT %s, 'q' || n, 1, 'Title', 'core', true, 'Short',"
                " (SELECT string_agg(md5((n * 1000 + m)::text), ' ')"
                " FROM generate_series(1, 150) m),"
                " '', '', '' FROM generate_series(1, %s) n",
                [category, ROWS],
            )
            cursor.execute("ALTER TABLE questions_question ENABLE TRIGGER USER")
        waits = {name: waits_during(partial(migrate, name), READ) for name in names[1:]}
        assert waits == dict.fromkeys(waits, 0)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE questions_question, questions_category CASCADE")
        migrate(names[-1])
        triggers.install(connection)


def test_no_search_waits_while_the_index_is_brought_up_to_date() -> None:
    category = build.category()
    Question.objects.bulk_create(
        Question(
            category=category,
            slug=f"q{number}",
            title="Which?",
            level="core",
            answer=" ".join(sha256(f"{number} {word}".encode()).hexdigest() for word in range(99)),
        )
        for number in range(INDEXED_ROWS)
    )

    def waits_while_indexing() -> int:
        triggers.uninstall(connection)
        return waits_during(partial(triggers.install, connection), SEARCH)

    # A machine that stops under a short lock makes some wait once, but not each time.
    assert any(waits_while_indexing() == 0 for _ in range(3))
    assert Question.objects.search("q77").count() == 1


READ = "SELECT answer FROM questions_question WHERE slug = 'q77'"
SEARCH = "SELECT COUNT(*) FROM questions_question_search"


def waits_during(work: Callable[[], None], query: str) -> int:
    """
    Return how many of many short queries waited too long for a lock during `work`.

    PostgreSQL measures that, and cancels the query: how long one takes in all says more about how
    busy the machine is.
    """
    reading, done = threading.Event(), threading.Event()
    waits = 0

    def read() -> None:
        nonlocal waits
        other: Any = connection.copy()
        other.settings_dict = {
            **connection.settings_dict,
            "OPTIONS": {
                k: v for k, v in connection.settings_dict["OPTIONS"].items() if k != "pool"
            },
        }
        with other.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = '{LONGEST_WAIT}s'")
            while not done.is_set():
                try:
                    cursor.execute(query)
                    cursor.fetchone()
                except OperationalError:
                    waits += 1
                reading.set()
                time.sleep(0.001)
        other.close()

    reader = threading.Thread(target=read)
    reader.start()
    assert reading.wait(10)
    try:
        work()
    finally:
        done.set()
        reader.join()
    return waits
