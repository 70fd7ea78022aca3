"""The database out of reach, busy or changing while a page is read: what visitors get."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client

from questions.models import Category, CategoryQuerySet, ContentVersion, Question
from questions.pagecache import cache as pagecache
from questions.pages import views
from tests import build
from tests.pagecache.site import Answer, Site
from tests.threads import soon

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def patient_client() -> Client:
    return Client(raise_request_exception=False)


def fail(*args: object, **options: object) -> None:
    raise OperationalError("the server at db.example closed the\nconnection unexpectedly")


def ask(site: Site, address: str, **headers: str) -> tuple[threading.Thread, list[Answer]]:
    """Ask in a thread of its own; the list will hold the answer."""
    answers: list[Answer] = []

    def run() -> None:
        answers.append(site.get(address, **headers))
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, answers


class Gate:
    """Keeps whoever renders a page until it is opened."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()
        original = views.list_page

        def wait(*args: Any) -> Any:
            self.reached.set()
            assert self.opened.wait(60)
            return original(*args)

        monkeypatch.setattr(views, "list_page", wait)


# 503


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_without_the_database_a_page_is_a_plain_503_and_kept_by_nobody(
    site: Site, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]
) -> None:
    build.question()
    with monkeypatch.context() as broken:
        broken.setattr(views, "list_page", fail)
        answer = site.get(**headers)
        assert answer.status == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "out of reach" in answer.body
        assert "db.example" not in answer.body
        assert "Traceback" not in answer.body
    assert not site.cache.store
    assert site.get(**headers).status == 200


def test_whichever_layer_asked_the_database(
    patient_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SessionStore, "load", fail)
    patient_client.cookies[settings.SESSION_COOKIE_NAME] = "some-session"
    response = patient_client.get("/admin/")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")


def test_the_log_gets_one_line_without_a_trace(
    patient_client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(views, "list_page", fail)
    with caplog.at_level(logging.WARNING):
        patient_client.get("/")
    assert [record.getMessage() for record in caplog.records] == [
        "Service Unavailable: /: the server at db.example closed the connection unexpectedly"
    ]
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("address", ["/robots.txt", "/service-worker.js", "/offline/"])
def test_what_is_not_from_the_bank_needs_no_database(
    patient_client: Client, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr(BaseDatabaseWrapper, "ensure_connection", fail)
    assert patient_client.get(address).status_code == 200
    assert patient_client.get("/feed/").status_code == 503


def test_a_mistake_in_the_sql_is_still_an_error_of_ours(patient_client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE questions_tally RENAME TO elsewhere")
    try:
        assert patient_client.get("/").status_code == 500
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE elsewhere RENAME TO questions_tally")


# What is kept goes on being served


def test_a_page_that_cannot_be_rendered_again_is_served_as_it_was(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    build.question(title="What is old?")
    tag = site.get().headers["ETag"]
    site.get()
    Question.objects.update(title="What is new?")
    assert site.watcher.read() != next(iter(site.cache.store.values())).version
    with monkeypatch.context() as broken:
        broken.setattr(views, "list_page", fail)
        assert "What is old?" in site.get().body
        assert site.get(**{"If-None-Match": tag}).status == 304
        assert site.get(method="HEAD").status == 200
        assert site.get("/?level=core").status == 503
    assert "What is new?" in site.get().body


def test_what_is_kept_does_not_wait_for_what_is_being_rendered_without_a_database(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    build.question(title="What is old?")
    site.get()
    Question.objects.update(title="What is new?")
    site.watcher.read()
    gate = Gate(monkeypatch)
    thread, _ = ask(site, "/")
    assert gate.reached.wait(30)
    for name in ("current", "read"):
        monkeypatch.setattr(site.watcher, name, lambda: None)
    second, answers = ask(site, "/")
    second.join(30)
    gate.opened.set()
    assert answers
    assert "What is old?" in answers[0].body
    thread.join()
    second.join()


def test_a_watcher_that_waits_for_the_database_keeps_nobody(site: Site) -> None:
    build.question()
    site.get()
    with site.watcher.lock:  # type: ignore[attr-defined]
        if connection.vendor == "postgresql":
            site.watcher.lease_ends = 0.0  # type: ignore[attr-defined]
        else:
            site.watcher.seen = b""  # type: ignore[attr-defined]
        thread, answers = ask(site, "/")
        thread.join(30)
        assert [answer.status for answer in answers] == [200]
    thread.join()


def test_who_waits_for_a_page_that_fails_shares_the_failure(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each would wait for the database in turn, for minutes where many do."""
    build.question()
    gate = Gate(monkeypatch)
    asked = [ask(site, "/")]
    assert gate.reached.wait(30)
    asked += [ask(site, "/") for _ in range(5)]
    [flight] = site.cache.renderings.flights.values()
    assert soon(lambda: flight.threads == 6, 30)
    monkeypatch.setattr(views, "sections", fail)
    gate.opened.set()
    for thread, _ in asked:
        thread.join()
    assert [answers[0].status for _, answers in asked] == [503] * 6
    assert len(site.rendered) == 1
    assert site.get().status == 503
    assert len(site.rendered) == 2


# While a page is rendered


def test_while_one_thread_renders_for_long_the_others_get_the_page_before_for_a_second(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    build.question(title="What is old?")
    site.get()
    Question.objects.update(title="What is new?")
    site.watcher.read()
    gate = Gate(monkeypatch)
    first, new = ask(site, "/")
    assert gate.reached.wait(30)
    monkeypatch.setattr(pagecache, "STALE", 60.0)  # however busy the machine is
    assert "What is old?" in site.get().body
    monkeypatch.setattr(pagecache, "STALE", 0.0)  # as when it is over
    late, newer = ask(site, "/")
    late.join(0.3)
    assert not newer
    gate.opened.set()
    for thread in (first, late):
        thread.join()
    assert "What is new?" in new[0].body
    assert "What is new?" in newer[0].body
    assert len(site.rendered) == 2


def test_long_after_a_change_nobody_gets_the_page_before(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Although this page was not asked for since, and its rendering has begun just now."""
    build.question(title="What is old?")
    site.get()
    Question.objects.update(title="What is new?")
    ContentVersion.objects.update(changed=datetime.now(UTC) - timedelta(seconds=2))
    site.watcher.read()
    gate = Gate(monkeypatch)
    first, _ = ask(site, "/")
    assert gate.reached.wait(30)
    second, answers = ask(site, "/")
    second.join(0.3)
    assert not answers
    gate.opened.set()
    first.join()
    second.join()
    assert "What is new?" in answers[0].body


def test_a_page_never_mixes_two_contents(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked without the cache, as after its last attempt."""
    build.question(title="What is before?", category=build.category(name="Before"))
    counted = CategoryQuerySet.counted

    def change_meanwhile(categories: CategoryQuerySet, level: str) -> list[Category]:
        found = counted(categories, level)
        in_thread(refresh)
        return found

    def refresh() -> None:
        with transaction.atomic():
            Question.objects.update(title="What is after?")
            Category.objects.update(name="After")

    monkeypatch.setattr(CategoryQuerySet, "counted", change_meanwhile)
    page = client.get("/").content.decode()
    assert "What is before?" in page
    assert "After" not in page
    assert "What is after?" not in page
    page = client.get("/").content.decode()
    assert "What is after?" in page
    assert "Before" not in page


def in_thread(act: Callable[[], object]) -> None:
    def run() -> None:
        act()
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def test_no_public_page_waits_for_who_writes(client: Client) -> None:
    question = build.question(slug="asked")
    done, locked = threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            Question.objects.update(title="What is not committed?")
            locked.set()
            done.wait(20)
            transaction.set_rollback(True)
        connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    assert locked.wait(30)
    began = time.monotonic()
    try:
        for address in (
            "/",
            "/?q=word",
            "/?q=qwertyu",
            "/?level=core&open=all",
            question.get_absolute_url(),
            question.category.get_absolute_url(),
            "/feed/",
            "/sitemap.xml",
            "/offline.json",
            "/nothing/",
            "/readyz",
            "/admin/login/",
        ):
            response = client.get(address)
            assert response.status_code in {200, 404}, address
            assert "not committed" not in response.content.decode()
        assert time.monotonic() - began < 5
    finally:
        done.set()
        thread.join()
