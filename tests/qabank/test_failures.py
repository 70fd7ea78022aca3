"""What fails before a command's own work, or around it, is told in one line without a trace."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from tests.commands import manage, sqlite_url
from tests.servers import checkout, prepared_url

# As root, the permissions of files count only without these.
WITHOUT_CAPABILITIES = (
    ["setpriv", "--inh-caps=-all", "--bounding-set=-all"] if os.geteuid() == 0 else []
)


def manage_in(
    site: Path, *arguments: str, **environment: str
) -> "subprocess.CompletedProcess[str]":
    """Run a command in a checkout as a user whom permissions bind."""
    return subprocess.run(  # noqa: S603
        [*WITHOUT_CAPABILITIES, sys.executable, "manage.py", *arguments],
        cwd=site,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def told(result: "subprocess.CompletedProcess[str]") -> str:
    """Return the one line with which a command failed."""
    assert result.returncode == 1, result.stderr
    assert result.stderr.count("\n") == 1, result.stderr
    return result.stderr


# SQLite that somebody writes to


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Hold the lock for writing."""
    with closing(sqlite3.connect(database, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        yield


def test_who_only_reads_does_not_wait_for_who_writes(tmp_path: Path) -> None:
    url = prepared_url(tmp_path)
    # A command that waited would do so for longer than `manage` gives it.
    (tmp_path / "sitecustomize.py").write_text(
        "from sqlite3 import dbapi2; connect = dbapi2.connect\n"
        "dbapi2.connect = lambda *args, **kw: connect(*args, **{**kw, 'timeout': 1000})\n"
    )
    with locked(tmp_path / "db.sqlite3"), ThreadPoolExecutor() as pool:
        writer = pool.submit(manage, "refresh_bank", DATABASE_URL=url)
        for command in (
            ["check_bank"],
            ["audit_bank"],
            ["refresh_bank", "--dry-run"],
            ["export_bank", str(tmp_path / "bank.yaml")],
            ["backup", str(tmp_path / "backup.sqlite3")],
        ):
            result = manage(*command, DATABASE_URL=url, PYTHONPATH=str(tmp_path))
            assert result.returncode == 0, result.stderr
        assert told(writer.result()) == (
            "CommandError: The database is locked: another program has been writing to it for more "
            "than 10 seconds. Try again when it is done. Nothing was written.\n"
        )


# Disks and permissions


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Path]:
    site = checkout(tmp_path)
    yield site
    (site / "var").chmod(0o700)


@pytest.mark.parametrize("command", ["prepare", "check_bank", "backup"])
def test_a_folder_that_cannot_be_written_is_named(site: Path, command: str) -> None:
    (site / "var").mkdir(mode=0o500)
    line = told(manage_in(site, command))
    assert line.startswith(f"The key in {site}/var/secret-key can't be kept or read (Permission")
    assert "SECRET_KEY" in line
    line = told(manage_in(site, command, SECRET_KEY="k3y-of-a-test-" * 3))
    assert f"{site}/var/db.sqlite3 can't be opened" in line or "no database yet" in line


def test_a_site_that_was_not_prepared_is_not_served(site: Path) -> None:
    line = told(manage_in(site, "serve"))
    assert line.startswith("CommandError: The static files are not collected: run .venv/bin/python")


def test_files_that_are_somebody_elses_are_named(site: Path) -> None:
    (site / "var").mkdir(mode=0o700)
    prepared_url(site / "var")
    database = site / "var" / "db.sqlite3"
    database.chmod(0)
    for command in ("prepare", "backup"):
        assert f"The database {database} can't be opened" in told(manage_in(site, command))
    database.chmod(0o600)
    with closing(sqlite3.connect(database)) as reader:
        reader.execute("SELECT COUNT(*) FROM questions_bank").fetchone()
        Path(f"{database}-shm").chmod(0)
        for command in ("prepare", "check_bank", "backup"):
            assert f"The database {database} can't be" in told(manage_in(site, command))
        Path(f"{database}-shm").chmod(0o600)
    (site / "var" / "secret-key").chmod(0)
    assert "secret-key can't be kept or read" in told(manage_in(site, "check_bank"))


def test_a_folder_into_which_nothing_can_be_exported_is_named(site: Path, tmp_path: Path) -> None:
    (site / "var").mkdir(mode=0o700)
    prepared_url(site / "var")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    for command in ("export_bank", "backup"):
        line = told(manage_in(site, command, str(closed / "file.yaml")))
        assert "Permission denied" in line
        assert str(closed) in line
    assert list(closed.iterdir()) == []


@pytest.mark.parametrize("size", [4096, 700_000])
@pytest.mark.samples  # which need bubblewrap as well
def test_a_full_disk_is_told(site: Path, size: int) -> None:
    (site / "var").mkdir(mode=0o700)
    small_disk = ["bwrap", "--bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
    small_disk += ["--size", str(size), "--perms", "0700", "--tmpfs", str(site / "var")]
    result = subprocess.run(  # noqa: S603
        [*small_disk, sys.executable, "manage.py", "prepare"],
        cwd=site,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "is full: make room there.\n" in told(result)


def test_a_database_that_is_none_and_one_without_tables_are_told(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "db.sqlite3")
    assert (
        "The database is not prepared for this release: run .venv/bin/python manage.py prepare"
        in (told(manage("check_bank", DATABASE_URL=url)))
    )
    (tmp_path / "db.sqlite3").write_text("This is a letter to a friend, and no database. " * 99)
    for command in ("check_bank", "backup"):
        assert f"{tmp_path}/db.sqlite3 is no SQLite database" in (
            told(manage(command, DATABASE_URL=url))
        )


def test_the_trace_is_there_for_who_asks(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "nowhere/db.sqlite3")
    assert "can't be opened" in told(manage("migrate", DATABASE_URL=url))
    assert "Traceback" in manage("migrate", "--traceback", DATABASE_URL=url).stderr


def test_an_interpreter_without_django_is_told_which_one_to_use() -> None:
    result = subprocess.run(
        [sys.executable, "-I", "-S", "manage.py", "backup"],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "use .venv/bin/python manage.py" in told(result)


def test_the_settings_of_another_site_do_not_matter() -> None:
    result = manage("check", DJANGO_SETTINGS_MODULE="another.settings")
    assert result.returncode == 0, result.stderr


def test_a_command_that_has_to_ask_says_where_nobody_can_be_asked(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "db.sqlite3")
    assert told(manage("flush", DATABASE_URL=url)).startswith("Nobody can be asked here")


# PostgreSQL


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("postgres://me:secret@127.0.0.1:1/bank", "Connection refused"),
        ("postgres://me:secret@nowhere.invalid/bank", "failed to resolve host 'nowhere.invalid'"),
    ],
)
def test_why_there_is_no_connection_is_told(url: str, reason: str) -> None:
    for command in ("check_bank", "prepare"):
        line = told(manage(command, DATABASE_URL=url))
        assert reason in line
        assert "secret" not in line
        assert "2.00 sec" not in line


@pytest.mark.django_db
def test_a_database_and_a_role_that_are_not_there_are_named() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL's part")
    server = os.environ["DATABASE_URL"].rpartition("/")[0]
    assert 'database "nothing" does not exist' in (
        told(manage("check_bank", DATABASE_URL=f"{server}/nothing"))
    )
    nobody = server.replace("qabank@", "somebody:secret@") + "/postgres"
    assert 'role "somebody" does not exist' in told(manage("prepare", DATABASE_URL=nobody))
    assert "not prepared for this release" in told(
        manage("check_bank", DATABASE_URL=f"{server}/template1")
    )


# Folders with signs that mean something in a URL


def test_a_checkout_may_have_any_name(tmp_path: Path) -> None:
    name = "c++ 100%41 日本 a;b&c C# what?"
    (tmp_path / name).mkdir()
    site = checkout(tmp_path / name)
    for arguments in (["prepare", "--no-static"], ["backup"]):
        result = manage_in(site, *arguments)
        assert result.returncode == 0, result.stderr
    assert (site / "var" / "db.sqlite3").stat().st_size > 100_000
    assert [path.name for path in tmp_path.iterdir()] == [name]
    watched = (
        "from questions.pagecache.watcher import watcher;"
        "w = watcher(); print(w.current(), w.memory)"
    )
    found = manage_in(site, "shell", "-v0", "-c", watched).stdout
    assert found.startswith("Version(")
    assert "mmap" in found
