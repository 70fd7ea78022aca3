"""`backup`, and the way back that docs/operating.md describes."""

import os
import shutil
import sqlite3
import stat
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from questions.models import Question
from tests.commands import manage, run, sqlite_url
from tests.servers import prepared_url

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bank")]


@pytest.fixture
def operated(tmp_path: Path) -> dict[str, str]:
    """The environment of a site of its own, with the shipped bank."""
    if connection.vendor == "postgresql":
        pytest.skip("SQLite's part")
    return {"DATABASE_URL": prepared_url(tmp_path)}


def test_a_backup_of_sqlite_can_be_restored_as_documented(
    operated: dict[str, str], tmp_path: Path
) -> None:
    target = tmp_path / "kept.sqlite3"
    assert manage("backup", str(target), **operated).returncode == 0
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with sqlite3.connect(tmp_path / "db.sqlite3") as database:
        database.execute("DELETE FROM questions_formerslug")
        database.execute("DELETE FROM questions_question")
    database.close()
    assert "30" not in manage("check_bank", **operated).stdout
    commands = documented("SQLite").replace("var/db.sqlite3", str(tmp_path / "db.sqlite3"))
    commands = commands.replace("var/backups/20261123T090000Z.sqlite3", str(target))
    subprocess.run(["/bin/sh", "-ec", commands], check=True, cwd=settings.BASE_DIR)  # noqa: S603
    assert manage("check_bank", **operated).stdout.startswith("30 questions, 0 errors")


def test_a_backup_replaces_nothing(operated: dict[str, str], tmp_path: Path) -> None:
    target, circle = tmp_path / "kept.sqlite3", tmp_path / "circle"
    target.write_text("precious")
    circle.symlink_to(circle)
    for path in (target, circle):
        result = manage("backup", str(path), **operated)
        assert result.returncode == 1
        assert f"{path} exists already" in result.stderr
    assert target.read_text() == "precious"
    assert circle.is_symlink()


def test_without_a_database_there_is_no_backup(tmp_path: Path) -> None:
    database, target = tmp_path / "db.sqlite3", tmp_path / "kept.sqlite3"
    for _ in ("no file", "an empty file"):
        result = manage("backup", str(target), DATABASE_URL=sqlite_url(database))
        assert result.returncode == 1
        assert result.stderr == (
            "CommandError: There is no database yet, and no backup was made: run .venv/bin/python "
            "manage.py prepare.\n"
        )
        assert not target.exists()
        database.touch(mode=0o600)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not shutil.which("pg_dump"), reason="PostgreSQL's client is not on PATH")
def test_a_backup_of_postgresql_can_be_restored_as_documented(tmp_path: Path) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL's part")
    name = connection.settings_dict["NAME"]
    target = tmp_path / "kept.dump"
    assert run("backup", target).code == 0
    Question.objects.all().delete()
    connection.close()
    commands = documented("PostgreSQL").replace("var/backups/20261123T090000Z.dump", str(target))
    subprocess.run(  # noqa: S603
        ["/bin/sh", "-ec", commands],
        check=True,
        env={
            **os.environ,
            "PGHOST": connection.settings_dict["HOST"],
            "PGUSER": connection.settings_dict["USER"],
            "DATABASE_URL": name,
            "PGDATABASE": name,
        },
    )
    assert Question.objects.published().count() == 30


@pytest.mark.django_db(transaction=True)
def test_pg_dump_connects_as_the_site_does(tmp_path: Path) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL's part")
    dump = tmp_path / "pg_dump"
    dump.write_text('#!/bin/sh\nprintf "%s\\n" "$@" "$PGPASSWORD" >"$(dirname "$0")/told"\n')
    dump.chmod(0o700)
    server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    server = server.replace("qabank@", "qabank:s%2Fcret@")
    result = manage(
        *("backup", str(tmp_path / "kept.dump")),
        DATABASE_URL=f"{server}/{connection.settings_dict['NAME']}?sslrootcert=/etc/ca.pem",
        PATH=f"{tmp_path}:{os.environ['PATH']}",
    )
    assert result.returncode == 0, result.stderr
    *arguments, password = (tmp_path / "told").read_text().splitlines()
    assert "sslrootcert=/etc/ca.pem" in " ".join(arguments)
    assert "cret" not in " ".join(arguments)
    assert password == "s/cret"


def documented(database: str) -> str:
    """Return the commands that docs/operating.md gives for restoring."""
    text = (settings.BASE_DIR / "docs" / "operating.md").read_text()
    section = text.partition(f"### Restore {database}\n")[2]
    return section.partition("```console\n")[2].partition("```")[0]
