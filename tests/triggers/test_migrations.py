"""Migrations are applied while the site runs: they must not keep readers waiting."""

import threading
import time
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from questions import triggers
from questions.models import Category, Change, Tally
from tests import build

ROWS = 20_000
LONGEST_WAIT = 0.5  # seconds


def migrate(name: str) -> None:
    MigrationExecutor(connection).migrate([("questions", name)])


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer anyway")
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
            # About 5 kB each that do not compress.
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
        waits = [longest_wait_during(name) for name in names[1:]]
        assert max(waits) < LONGEST_WAIT, dict(zip(names[1:], waits, strict=True))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE questions_question, questions_category CASCADE")
        migrate(names[-1])
        triggers.install(connection)


def longest_wait_during(name: str) -> float:
    """Return how long the slowest of many short reads took while a migration was applied."""
    done = threading.Event()
    longest = 0.0
    reads = 0

    def read() -> None:
        nonlocal longest, reads
        other: Any = connection.copy()
        other.settings_dict = {
            **connection.settings_dict,
            "OPTIONS": {
                k: v for k, v in connection.settings_dict["OPTIONS"].items() if k != "pool"
            },
        }
        with other.cursor() as cursor:
            while not done.is_set():
                started = time.monotonic()
                cursor.execute("SELECT answer FROM questions_question WHERE slug = 'q77'")
                cursor.fetchone()
                longest = max(longest, time.monotonic() - started)
                reads += 1
                time.sleep(0.001)
        other.close()

    reader = threading.Thread(target=read)
    reader.start()
    time.sleep(0.05)
    migrate(name)
    done.set()
    reader.join()
    assert reads > 10
    return longest


@pytest.mark.django_db(transaction=True)
def test_a_release_can_be_taken_back_and_its_database_goes_on_being_written() -> None:
    """The table of an earlier release takes a row; forth again, everything is kept up again."""
    call_command("migrate", "questions", "0004", verbosity=0)
    try:
        category = Category.objects.create(name="Made meanwhile", slug="meanwhile")
        Category.objects.filter(pk=category.pk).update(name="Edited meanwhile")
    finally:
        call_command("migrate", "questions", verbosity=0)
    build.question(category=category)
    assert Tally.objects.total() == 1
    assert Change.objects.count() == 1
