"""The settings and the commands of an operator, run as an operator runs them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from qabank.environment import env_database
from tests.commands import manage
from tests.servers import checkout

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
        ("DATABASE_URL", "postgres://u:secret%zz@host/name", "DATABASE_URL must be postgres://"),
        ("DATABASE_URL", "sqlite:///", "DATABASE_URL must be postgres://"),
        ("ADMIN_PATH", "a b", "ADMIN_PATH must be a path such as admin, or off."),
        ("LOG_FORMAT", "xml", "LOG_FORMAT must be json or plain, not 'xml'."),
    ],
)
def test_an_odd_value_is_refused_in_one_plain_line(name: str, value: str, reason: str) -> None:
    result = manage("check", **{name: value})
    assert result.returncode == 1
    assert result.stderr.startswith(reason)
    assert result.stderr.count("\n") == 1
    assert "secret" not in result.stderr


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


def test_processes_that_collect_the_static_files_at_once_all_succeed(tmp_path: Path) -> None:
    site = checkout(tmp_path)
    started = [
        subprocess.Popen(
            [sys.executable, "manage.py", "prepare"],
            cwd=site,
            env={"PATH": os.environ["PATH"]},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=120)[0] for process in started]
    assert sorted(text.rpartition(", ")[2] for text in said) == [
        "static files are collected.\n",
        "static files collected.\n",
    ]


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
        "from pathlib import Path; from qabank.private_files import stored_secret_key;"
        f"print(stored_secret_key(Path({str(tmp_path / 'var' / 'key')!r})))"
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


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:////data/my%20bank.sqlite3", {"NAME": "/data/my bank.sqlite3"}),
        ("sqlite:///bank+1.sqlite3", {"NAME": "bank+1.sqlite3"}),
        (
            "postgres://me:p%40ss@db.example:6432/bank?sslmode=require",
            {
                "NAME": "bank",
                "USER": "me",
                "PASSWORD": "p@ss",
                "HOST": "db.example",
                "PORT": "6432",
                "OPTIONS": {"sslmode": "require"},
            },
        ),
        (
            "postgresql://me@%2Frun%2FPostgreSQL/bank",
            {"NAME": "bank", "USER": "me", "HOST": "/run/PostgreSQL", "PORT": ""},
        ),
        ("postgres://[::1]/bank", {"HOST": "::1", "PASSWORD": ""}),
        ("postgres://one:1,two:2/bank", {"HOST": "one,two", "PORT": "1,2"}),
    ],
)
def test_a_databases_url_says_all_that_django_wants_to_know(
    monkeypatch: pytest.MonkeyPatch, url: str, expected: dict[str, object]
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    assert expected.items() <= env_database("DATABASE_URL", default="").items()


def test_a_value_that_gunicorn_cannot_use_is_one_line_too() -> None:
    command = [sys.executable, "-m", "gunicorn", "--check-config"]
    environment = {**os.environ, "WEB_THREADS": "many"}
    result = subprocess.run(  # noqa: S603
        command, cwd=BASE_DIR, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert result.stderr == "WEB_THREADS must be a whole number and at least 1, not 'many'.\n"


def test_gunicorns_master_loads_nothing_of_the_site() -> None:
    """Or workers would find it there after a reload, as the last release had it."""
    code = "import runpy, sys; runpy.run_path('gunicorn.conf.py'); print(*sys.modules)"
    result = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], cwd=BASE_DIR, capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in result.stdout.split()}
    assert "gunicorn" in loaded
    assert loaded.isdisjoint({"qabank", "questions", "django"})
