"""The settings and the commands of an operator, run as an operator runs them."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.commands import manage

BASE_DIR = settings.BASE_DIR


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("DEBUG", "maybe", "DEBUG must be true or false, not 'maybe'."),
        ("HTTPS", "2", "HTTPS must be true or false, not '2'."),
        ("DATABASE_URL", "mysql://user@host/name", "DATABASE_URL must be postgres://"),
        ("DATABASE_URL", "nonsense", "DATABASE_URL must be postgres://"),
        ("DATABASE_URL", "postgres://user@host:port/name", "DATABASE_URL must be postgres://"),
        ("DATABASE_URL", "postgres://user:secret@host", "DATABASE_URL must be postgres://"),
    ],
)
def test_an_odd_value_is_refused_in_plain_words(name: str, value: str, reason: str) -> None:
    result = manage("check", **{name: value})
    assert result.returncode != 0
    last = result.stderr.strip().splitlines()[-1]
    assert reason in last
    assert "secret" not in last


def test_https_makes_cookies_that_only_this_host_gets_over_tls() -> None:
    code = (
        "from django.conf import settings as s;"
        "print(s.SESSION_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_NAME)"
    )
    result = manage("shell", "-v0", "-c", code, HTTPS="true")
    assert result.stdout.split() == ["__Host-session", "True", "__Host-csrf"]


def test_prepare_makes_a_fresh_database_ready_and_changes_nothing_the_second_time(
    tmp_path: Path,
) -> None:
    database = f"sqlite:///{tmp_path}/db.sqlite3"
    first = manage("prepare", "--no-static", DATABASE_URL=database)
    assert first.stdout == "Ready: migrations are applied, loaded the shipped bank.\n"
    second = manage("prepare", "--no-static", DATABASE_URL=database)
    assert second.stdout == "Ready: migrations are applied, the bank is there.\n"
    code = (
        "from questions.models import *;"
        "print(Category.objects.count(), Question.objects.published().count())"
    )
    assert manage("shell", "-v0", "-c", code, DATABASE_URL=database).stdout == "5 30\n"


def test_a_bad_fixture_is_one_line_and_a_failure_on_the_command_line(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/db.sqlite3"
    manage("migrate", DATABASE_URL=database)
    fixture = tmp_path / "bad.yaml"
    fixture.write_text("- model: questions.category\n  fields: {slug: a, name: A}\n")
    result = manage("loaddata", str(fixture), DATABASE_URL=database)
    assert result.returncode == 1
    assert result.stderr == (
        "CommandError: bad.yaml: questions.category “a”: position: missing. Nothing was loaded.\n"
    )


def test_processes_that_start_at_once_agree_on_the_secret_key(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from qabank.settings import kept_secret_key;"
        f"print(kept_secret_key(Path({str(tmp_path / 'var' / 'key')!r})))"
    )
    started = [
        subprocess.Popen(  # noqa: S603
            [sys.executable, "-c", code], cwd=BASE_DIR, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    keys = {process.communicate()[0].strip() for process in started}
    assert len(keys) == 1
    assert len(keys.pop()) > 50
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["key"]
    assert (tmp_path / "var" / "key").stat().st_mode & 0o077 == 0
