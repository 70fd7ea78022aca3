"""The settings and the commands of an operator, run as an operator runs them."""

import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.conf import settings
from django.test import override_settings
from django.urls import get_resolver

from qabank.environment import Misconfigured, env_database
from qabank.failures import explanation
from questions.management.collecting import collect_static_files
from tests.commands import manage, sqlite_url
from tests.servers import checkout, prepared_url

BASE_DIR = settings.BASE_DIR


ODD_VALUES = [
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
    ("DATABASE_URL", "postgres://u:secret/2@host/name", "DATABASE_URL must be postgres://"),
    ("DATABASE_URL", "postgres://u:12/secret@host/name", "DATABASE_URL must be postgres://"),
    ("DATABASE_URL", "postgres://u:p@secret@host/name", "DATABASE_URL must be postgres://"),
    ("DATABASE_URL", "sqlite:///a%00b", "DATABASE_URL must be postgres://"),
    ("ALLOWED_HOSTS", "http://qa.example.org", "ALLOWED_HOSTS must list host names such as"),
    ("ALLOWED_HOSTS", "a.example,qa.example.org:8000", "ALLOWED_HOSTS must list host names"),
    ("ALLOWED_HOSTS", "a.example b.example", "ALLOWED_HOSTS must list host names"),
    ("ALLOWED_HOSTS", "::1", "ALLOWED_HOSTS must list host names"),
    ("ALLOWED_HOSTS", "*.example.org", "ALLOWED_HOSTS must list host names"),
    ("CSRF_TRUSTED_ORIGINS", "qa.example.org", "CSRF_TRUSTED_ORIGINS must list origins"),
    ("CSRF_TRUSTED_ORIGINS", "https://qa.example.org/", "CSRF_TRUSTED_ORIGINS must list"),
    ("SECRET_KEY", "short", "SECRET_KEY must be 32 characters or more"),
    ("SECRET_KEY", "x" * 50, "SECRET_KEY must be 32 characters or more"),
    ("STATEMENT_TIMEOUT", "abc", "STATEMENT_TIMEOUT must be a whole number from 0 to 100000"),
    ("STATEMENT_TIMEOUT", "-1", "STATEMENT_TIMEOUT must be a whole number from 0 to 100000"),
    ("DATABASE_POOL", "0", "DATABASE_POOL must be a whole number from 1 to 1000, not '0'."),
    ("HSTS_PRELOAD", "maybe", "HSTS_PRELOAD must be true or false, not 'maybe'."),
    ("METRICS_TOKEN", "two words", "METRICS_TOKEN must be letters, digits and signs"),
    ("METRICS_TOKEN", "schlüssel", "METRICS_TOKEN must be letters, digits and signs"),
    ("SENTRY_DSN", "here", "SENTRY_DSN must be an address such as https://key@"),
    ("TRUSTED_PROXIES", "proxy", "TRUSTED_PROXIES must list IP addresses or networks"),
    ("REPORT_URL", "https://", "REPORT_URL must begin with https://"),
    ("REPORT_URL", "https://a.example/{page}", "REPORT_URL may hold {slug} and {version}"),
    ("SECURITY_CONTACT", "me@example.org", "SECURITY_CONTACT must begin with mailto:"),
    ("HOST", "http://127.0.0.1", "HOST must be an address such as 127.0.0.1"),
    ("PORT", "65536", "PORT must be a whole number from 1 to 65535, not '65536'."),
    ("WEB_CONCURRENCY", "zero", "WEB_CONCURRENCY must be a whole number from 1 to 1000"),
    ("WEB_THREADS", "1.5", "WEB_THREADS must be a whole number from 1 to 10000"),
    ("ACCESS_LOG", "tru\udcff", "ACCESS_LOG must be text in one line."),
]


@pytest.mark.parametrize(("name", "value", "reason"), ODD_VALUES)
def test_an_odd_value_is_refused_in_one_plain_line(name: str, value: str, reason: str) -> None:
    """Of every setting, also of those that only the server or only PostgreSQL uses."""
    kept = {"PATH": os.environ["PATH"]}
    with (
        patch.dict(os.environ, {**kept, name: value}, clear=True),
        pytest.raises(Misconfigured) as refused,
    ):
        runpy.run_path(str(BASE_DIR / "qabank" / "settings.py"))
    line = explanation(refused.value)
    assert line
    assert line.startswith(reason)
    assert "\n" not in line
    assert "secret" not in line.lower().replace("secret_key", "")


@pytest.mark.parametrize(
    ("name", "value", "reason"), [ODD_VALUES[0], ODD_VALUES[6], ODD_VALUES[-1]]
)
def test_the_line_is_all_that_a_command_says(name: str, value: str, reason: str) -> None:
    result = manage("check", **{name: value})
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith(reason)
    assert result.stderr.count("\n") == 1


def test_values_that_make_sense_are_taken() -> None:
    result = manage(
        "check",
        ALLOWED_HOSTS="*,.example.org,qa.example.org,[::1],10.0.0.1,localhost,under_score",
        CSRF_TRUSTED_ORIGINS="https://qa.example.org,http://10.0.0.1:8000,https://*.example.org",
        SECRET_KEY="0123456789abcdef" * 2,
        ADMIN_PATH="/back/office/",
        METRICS_TOKEN="a-token_of.signs!",
        SENTRY_DSN="https://0a1b2c@o1.ingest.sentry.example/4501",
        REPORT_URL="mailto:qa@example.org?subject={slug}",
        SECURITY_CONTACT="mailto:qa@example.org,tel:+1-201-555-0123",
        TRUSTED_PROXIES="127.0.0.1,10.0.0.0/8,::1",
        HOST="::",
        STATEMENT_TIMEOUT="0",
    )
    assert result.returncode == 0, result.stderr


def test_the_admin_may_lie_in_no_folder_of_the_pages() -> None:
    def first(pattern: Any) -> str:
        return str(pattern.pattern).partition("/")[0]

    folders = {first(pattern) for pattern in get_resolver("questions.urls").url_patterns}
    pages = {folder for folder in folders if folder.isalnum()}
    assert {"categories", "questions", "practice", "export", "feed", "offline"} <= pages
    # What is in no list of URLs: qabank/probes.py and the static files.
    for folder in {"healthz", "readyz", "metrics", "static"} | pages:
        for admin_path in (f"{folder}/", f"{folder}/admin/"):
            with override_settings(ADMIN_PATH=admin_path), pytest.raises(Misconfigured) as refused:
                runpy.run_path(str(BASE_DIR / "qabank" / "urls.py"))
            reason = f"ADMIN_PATH may not begin with {folder}, where the site has pages."
            assert explanation(refused.value) == reason


@pytest.mark.parametrize(
    ("command", "path"), [("check", "questions"), ("prepare", "static/admin"), ("serve", "feed")]
)
def test_an_admin_in_a_folder_of_the_pages_ends_a_command_in_one_line(
    command: str, path: str, tmp_path: Path
) -> None:
    database = tmp_path / "db.sqlite3"
    result = manage(command, ADMIN_PATH=path, DATABASE_URL=sqlite_url(database))
    assert (result.returncode, result.stdout) == (1, "")
    folder = path.partition("/")[0]
    reason = f"ADMIN_PATH may not begin with {folder}, where the site has pages.\n"
    assert result.stderr == reason
    assert not database.exists()


def test_a_server_that_is_started_by_itself_refuses_such_an_admin_as_well() -> None:
    result = manage("shell", "-v0", "-c", "import qabank.wsgi", ADMIN_PATH="questions")
    assert result.returncode == 1
    assert "ADMIN_PATH may not begin with questions, where the site has pages." in result.stderr


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
    database = sqlite_url(tmp_path / "db.sqlite3")
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
    database = prepared_url(tmp_path)
    started = [
        subprocess.Popen(
            [sys.executable, "manage.py", "prepare"],
            cwd=site,
            env={"PATH": os.environ["PATH"], "DATABASE_URL": database},
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


@override_settings(
    STATICFILES_FINDERS=["django.contrib.staticfiles.finders.FileSystemFinder"],
    STORAGES={"staticfiles": {"BACKEND": "qabank.static_files.HashedStaticFilesStorage"}},
)
def test_the_files_of_the_release_before_stay_for_its_pages(tmp_path: Path) -> None:
    source, collected = tmp_path / "source", tmp_path / "static"
    styles = source / "css" / "site.css"
    styles.parent.mkdir(parents=True)
    styles.write_text((BASE_DIR / "static" / "css" / "practice.css").read_text())

    def release(text: str) -> dict[str, float]:
        """Change a file and collect; return the hashed names of its releases, and their times."""
        styles.write_text(f"{styles.read_text()}\n/* {text} */\n")
        with override_settings(STATICFILES_DIRS=[source], STATIC_ROOT=collected):
            assert collect_static_files()
            assert not collect_static_files()
        return {path.name: path.stat().st_mtime for path in (collected / "css").glob("site.*.css*")}

    def age(days: int) -> None:
        for path in collected.rglob("*.css*"):
            os.utime(path, times=(path.stat().st_atime, path.stat().st_mtime - days * 24 * 3600))

    first = release("1")
    assert len(first) == 3  # as it is, gzip and brotli
    age(days=400)  # in use all that time
    second = release("2")
    assert len(second) == 6
    age(days=31)  # the first is out of use for so long
    third = release("3")
    assert third.keys() >= second.keys() - first.keys()
    assert third.keys().isdisjoint(first)
    manifest = (collected / "staticfiles.json").read_text()
    [current] = third.keys() - second.keys() - {name for name in third if not name.endswith("css")}
    assert f"css/{current}" in manifest
    assert not (tmp_path / "static.new").exists()


def test_a_bad_fixture_is_one_line_and_a_failure_on_the_command_line(tmp_path: Path) -> None:
    database = sqlite_url(tmp_path / "db.sqlite3")
    manage("migrate", DATABASE_URL=database)
    fixture = tmp_path / "bad.yaml"
    fixture.write_text("- model: questions.category\n  fields: {slug: a, name: A}\n")
    result = manage("loaddata", str(fixture), DATABASE_URL=database)
    assert result.returncode == 1
    assert result.stderr == (
        "CommandError: bad.yaml: line 1: questions.category “a”: position: missing. "
        "Nothing was loaded.\n"
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
    assert result.stderr == "WEB_THREADS must be a whole number from 1 to 10000, not 'many'.\n"


def test_the_server_starts_after_the_settings_were_read(tmp_path: Path) -> None:
    """gunicorn reads WEB_CONCURRENCY itself, before its configuration, and fails with a trace."""
    result = manage("serve", WEB_CONCURRENCY="zero")
    assert result.returncode == 1
    assert result.stderr == "WEB_CONCURRENCY must be a whole number from 1 to 1000, not 'zero'.\n"
    prepared_url(tmp_path)  # with the static files
    assert manage("serve", "--", "--check-config").returncode == 0
    assert "gunicorn (version" in manage("serve", "--", "--version").stdout


def test_gunicorns_master_loads_nothing_of_the_site() -> None:
    """Or workers would find it there after a reload, as the last release had it."""
    code = "import runpy, sys; runpy.run_path('gunicorn.conf.py'); print(*sys.modules)"
    result = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], cwd=BASE_DIR, capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in result.stdout.split()}
    assert "gunicorn" in loaded
    assert loaded.isdisjoint({"qabank", "questions", "django"})
