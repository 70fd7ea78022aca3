"""Several who write at once: one waits, or is told in a line, and nothing is lost."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client

from questions import history
from questions.models import Question
from questions.refreshing import plan
from tests.admin.forms import LIST, form
from tests.bank import SHIPPED
from tests.commands import run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def bank(transactional_db: None) -> None:
    call_command("loaddata", "bank", verbosity=0)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """The shipped bank with another title of one question, and with yet another."""
    paths = [tmp_path / "first.yaml", tmp_path / "second.yaml"]
    title = Question.objects.get(slug="gil").title
    for path in paths:
        path.write_text(SHIPPED.read_text().replace(title, f"What does the {path.stem} say?"))
    return paths


@contextmanager
def in_the_middle(monkeypatch: pytest.MonkeyPatch, file: Path) -> Iterator[Callable[[], Any]]:
    """Refresh in a thread that has written, and commits when the function given is called."""
    written, commit = threading.Event(), threading.Event()
    results: list[Any] = []
    remember = plan.remember

    def wait(entries: Any) -> None:
        remember(entries)
        if threading.current_thread() is thread:
            written.set()
            assert commit.wait(20)

    def refresh() -> None:
        results.append(run("refresh_bank", file))
        connection.close()

    def end() -> Any:
        commit.set()
        thread.join()
        return results[0]

    monkeypatch.setattr(plan, "remember", wait)
    thread = threading.Thread(target=refresh)
    thread.start()
    assert written.wait(20)
    try:
        yield end
    finally:
        end()


def meanwhile(act: Callable[[], Any], end: Callable[[], Any]) -> Any:
    """Act, and let the refresh end while that waits for it; return what came of the act."""
    timer = threading.Timer(1, end)
    timer.start()
    try:
        return act()
    finally:
        timer.join()


def test_an_editor_who_saves_during_a_refresh_waits_and_is_told(
    files: list[Path], monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    client.force_login(User.objects.create_superuser("anna"))
    question = Question.objects.get(slug="gil")
    address = f"{LIST}{question.pk}/change/"
    version = history.latest(Question, question.pk)
    mine = form(question, title="What does an editor say?", version=version)
    with in_the_middle(monkeypatch, files[0]) as end:
        response = meanwhile(lambda: client.post(address, mine), end)
        assert end().code == 0
    page = response.content.decode()
    assert response.status_code == 200, "it replaced what the refresh had written, unseen"
    assert "changed this question meanwhile" in page
    assert "What does an editor say?" in page
    assert Question.objects.get(slug="gil").title == "What does the first say?"


def test_of_two_who_refresh_the_second_waits_and_is_told(
    files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    find_differences = plan.find_differences
    timers: list[threading.Timer] = []

    def find_and_let_end(entries: Any) -> Any:
        found = find_differences(entries)
        if not timers:
            timers.append(threading.Timer(1, end))
            timers[0].start()
        return found

    with in_the_middle(monkeypatch, files[0]) as end:
        monkeypatch.setattr(plan, "find_differences", find_and_let_end)
        second = run("refresh_bank", files[1])
        assert end().code == 0
    timers[0].join()
    assert second.code == 1
    assert second.text.endswith(
        "The database changed meanwhile. Run the refresh again. Nothing was written.\n"
    )
    assert Question.objects.get(slug="gil").title == "What does the first say?"


def test_who_waits_for_longer_than_a_statement_may_is_told_so(
    files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As SQLite tells it: tests/qabank/test_failures.py."""
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL's part")
    with in_the_middle(monkeypatch, files[0]) as end:
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = '1s'")
        try:
            second = run("refresh_bank", files[1])
        finally:
            with connection.cursor() as cursor:
                cursor.execute("RESET statement_timeout")
        assert end().code == 0
    assert second.code == 1
    assert second.text.endswith(
        "The database is busy: another program writes what was to be written, or this takes longer "
        "than STATEMENT_TIMEOUT allows. Try again when it is done. Nothing was written.\n"
    )
