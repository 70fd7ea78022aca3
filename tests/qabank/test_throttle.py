"""Passwords that come at the same time: how many are checked, and what that costs others."""

import json
import os
import subprocess
import sys
import threading
import time
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from pytest_django import Settings

from qabank import lockout
from tests import build
from tests.commands import sqlite_url
from tests.qabank.login import PASSWORD, log_in
from tests.threads import at_once, soon

pytestmark = pytest.mark.django_db(transaction=True)

LIMIT = settings.AXES_FAILURE_LIMIT


@pytest.fixture(autouse=True)
def owner(db: None) -> User:
    return User.objects.create_superuser("owner", password=PASSWORD)


class Checks:
    """
    Counts how many checks of a password run. Each takes some time; where `replies` is given, none
    ends before so many logins have their answer.
    """

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, seconds: float = 0.02, replies: int = 0
    ) -> None:
        self.count = self.running = self.most = 0
        self.lock = threading.Lock()
        self.codes: list[int] = []  # of logins, in the order of their answers
        original = ModelBackend.authenticate

        def authenticate(*args: Any, **kwargs: Any) -> Any:
            with self.lock:
                self.count += 1
                self.running += 1
                self.most = max(self.most, self.running)
            time.sleep(seconds)
            soon(lambda: len(self.codes) >= replies, 30)
            with self.lock:
                self.running -= 1
            return original(*args, **kwargs)

        monkeypatch.setattr(ModelBackend, "authenticate", authenticate)

    def log_in(self, *arguments: Any, **environ: Any) -> Any:
        answer = log_in(Client(), *arguments, **environ)
        self.codes.append(answer.status_code)
        return answer


# The count


def test_of_eighty_passwords_at_once_no_more_wrong_ones_than_the_limit_are_checked() -> None:
    """In two processes, the right one among them."""
    name = connection.settings_dict["NAME"]
    server = os.environ.get("DATABASE_URL", "").rpartition("/")[0]
    database = sqlite_url(name) if connection.vendor == "sqlite" else f"{server}/{name}"
    passwords = [f"wrong {number}" for number in range(79)]
    passwords.insert(60, PASSWORD)
    processes = [
        subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "tests.qabank.guess", *half],
            cwd=settings.BASE_DIR,
            env={**os.environ, "DATABASE_URL": database},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for half in (passwords[:40], passwords[40:])
    ]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    outputs = [process.communicate(timeout=120) for process in processes]
    assert all(process.returncode == 0 for process in processes), outputs
    results = [json.loads(output) for output, _ in outputs]
    statuses = [status for result in results for status in result["statuses"]]
    assert len(statuses) == 80
    assert set(statuses) <= {200, 302, 429}
    wrong = sum(result["checked"] for result in results) - statuses.count(302)
    assert 0 < wrong <= LIMIT
    assert log_in(Client(), "wrong").status_code == 429


def test_a_right_password_does_not_count() -> None:
    assert [log_in(Client()).status_code for _ in range(2 * LIMIT)] == [302] * 2 * LIMIT
    codes = [log_in(Client(), "wrong").status_code for _ in range(LIMIT - 1)]
    assert codes == [200] * (LIMIT - 1)
    assert log_in(Client()).status_code == 302  # with the last try
    assert log_in(Client(), "wrong").status_code == 429
    assert log_in(Client()).status_code == 429


def test_a_refused_try_does_not_make_the_wait_longer(settings: Settings) -> None:
    for _ in range(LIMIT):
        log_in(Client(), "wrong")
    before = list(AccessAttempt.objects.values())
    for _ in range(3):
        response = log_in(Client(), "wrong")
        assert response.status_code == 429
        assert response.headers["Retry-After"] == str(settings.AXES_COOLOFF_TIME.seconds)
    assert list(AccessAttempt.objects.values()) == before


def test_other_names_and_browsers_of_the_address_count_together() -> None:
    codes = [
        log_in(Client(), "wrong", f"name {n}", HTTP_USER_AGENT=f"browser {n}").status_code
        for n in range(LIMIT)
    ]
    assert codes == [200] * (LIMIT - 1) + [429]


# What checking costs


def test_passwords_are_checked_one_at_a_time_and_few_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lockout, "places", threading.BoundedSemaphore(9))
    monkeypatch.setattr(lockout, "PATIENCE", 50)  # however busy the machine is
    checks = Checks(monkeypatch, replies=31)
    answers = at_once(
        *(lambda n=n: checks.log_in("wrong", REMOTE_ADDR=f"192.0.2.{n}") for n in range(40))
    )
    assert checks.most == 1
    busy = [answer for answer in answers if answer.status_code == 429]
    assert (len(busy), checks.count) == (31, 9)
    for answer in busy:
        assert "Too many logins at once" in answer.content.decode()
        assert int(answer.headers["Retry-After"]) < 60
    # Who was not checked has tried nothing.
    assert AccessAttempt.objects.count() == checks.count


def test_nobody_waits_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lockout, "PATIENCE", 0.2)
    checks = Checks(monkeypatch, replies=4)
    at_once(*[checks.log_in] * 5)
    # Those that are sent away have their answer while the one is still checked.
    assert checks.codes == [429, 429, 429, 429, 302]


def test_the_owner_gets_in_while_strangers_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    """From other addresses: some anew each time, one that has used up its tries."""
    monkeypatch.setattr(lockout, "PATIENCE", 60)  # however busy the machine is
    Checks(monkeypatch)
    for _ in range(LIMIT):
        log_in(Client(), "wrong", REMOTE_ADDR="203.0.113.9")
    done = threading.Event()
    asked = []

    def guess(number: int) -> None:
        address = 0
        while not done.is_set():
            address += 1
            stranger = "203.0.113.9" if number < 3 else f"198.51.{number}.{address % 250}"
            asked.append(log_in(Client(), "wrong", REMOTE_ADDR=stranger).status_code)
            connection.close()  # as the end of a request does

    strangers = [threading.Thread(target=guess, args=(number,)) for number in range(12)]
    for stranger in strangers:
        stranger.start()
    try:
        assert soon(lambda: {200, 429} <= set(asked), 30)
        codes = [log_in(Client()).status_code for _ in range(3)]
    finally:
        done.set()
        for stranger in strangers:
            stranger.join()
    assert codes == [302] * 3


def test_who_waits_for_a_check_holds_no_connection_to_the_database(client: Client) -> None:
    """PostgreSQL's are few, and readers need them."""
    build.question()
    with lockout.checking:

        def wait() -> None:
            log_in(Client(), "wrong")
            connection.close()

        waiting = [threading.Thread(target=wait) for _ in range(20)]
        for thread in waiting:
            thread.start()
        time.sleep(0.5)
        [answer] = at_once(lambda: client.get("/"))
        assert answer.status_code == 200
    for thread in waiting:
        thread.join()
