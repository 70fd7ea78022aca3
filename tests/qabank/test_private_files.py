"""What the site writes is its own user's, whichever program writes it under whichever umask."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.error import HTTPError

import pytest

from tests.servers import checkout


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return checkout(tmp_path)


def start(site: Path, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
    """Start Python with a umask that takes nothing away."""
    return subprocess.Popen(  # noqa: S603
        [sys.executable, *arguments],
        cwd=site,
        env={"PATH": os.environ["PATH"], **environment},
        umask=0,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def manage(site: Path, *arguments: str) -> str:
    """Run a command; return what it writes to standard error."""
    process = start(site, "manage.py", *arguments)
    _, error = process.communicate(timeout=120)
    assert process.returncode == 0, error
    return error


def open_to_others(site: Path) -> set[str]:
    found = [site / "var", *(site / "var").rglob("*")]
    return {path.name for path in found if path.stat().st_mode & 0o077}


def test_nothing_that_commands_and_the_server_write_is_open_to_others(site: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # Started first: it makes a database, without tables.
    server = start(site, "-m", "gunicorn", PORT=str(port), WEB_CONCURRENCY="1")
    try:
        assert readiness(port) == 503
        assert open_to_others(site) == set()
        assert manage(site, "prepare", "--no-static") == ""
        assert readiness(port) == 200
        assert manage(site, "backup") == ""
        names = {path.name for path in (site / "var").iterdir()}
        assert names >= {"secret-key", "db.sqlite3-migrate", "backups"}
        assert names >= {"db.sqlite3", "db.sqlite3-wal", "db.sqlite3-shm"}
        assert open_to_others(site) == set()
    finally:
        server.terminate()
        server.communicate(timeout=30)


def readiness(port: int) -> int:
    deadline = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=30) as answer:
                return int(answer.status)
        except HTTPError as error:
            error.close()
            return error.code
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def test_what_was_open_is_closed_and_told_in_a_line_each(site: Path) -> None:
    folder = site / "var"
    folder.mkdir()
    folder.chmod(0o755)
    for name in ("secret-key", "db.sqlite3", "db.sqlite3-migrate"):
        (folder / name).write_text("")
        (folder / name).chmod(0o644)
    (folder / "secret-key").write_text("k" * 50)
    told = manage(site, "showmigrations").splitlines()
    assert open_to_others(site) == set()
    assert told[0] == f"{folder} was open to others (755); now it is not."
    assert told[1] == f"{folder}/secret-key was open to others (644); now it is not."
    assert f"{folder}/db.sqlite3 was open to others (644); now it is not." in told[2]
    assert f"{folder}/db.sqlite3-migrate was open to others" in told[3]
    assert len(told) == 4
    assert manage(site, "showmigrations") == ""
