"""The site as an operator starts it: gunicorn in a process of its own. (`make faults` uses it.)"""

import functools
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode

import psycopg
import pytest
from django.conf import settings

from qabank.request_log import RequestLog
from tests.commands import manage, sqlite_url
from tests.threads import soon


def checkout(folder: Path) -> Path:
    """Return a checkout of its own in `folder`, in which nothing has run yet."""
    shutil.copytree(settings.BASE_DIR / "qabank", folder / "qabank")
    for name in ("manage.py", "gunicorn.conf.py"):
        shutil.copy(settings.BASE_DIR / name, folder)
    for name in ("questions", "templates", "static", "fixtures"):
        (folder / name).symlink_to(settings.BASE_DIR / name)
    return folder


def clone(folder: Path) -> Path:
    """
    Return a whole clone in `folder`, with Git, in which nothing has run yet.

    Its .venv is that of these tests, which has to be what `bin/venv` makes.
    """
    if not shutil.which("git"):
        pytest.skip("Git is not installed here")
    venv = Path(sys.prefix)
    if not (venv / "requirements-dev.txt.stamp").exists():
        pytest.skip("these tests run with an interpreter that bin/venv did not make")
    kept = {".venv", ".git", "var", "__pycache__"} | {
        path.name for path in settings.BASE_DIR.glob(".*_cache")
    }
    shutil.copytree(
        settings.BASE_DIR,
        folder,
        dirs_exist_ok=True,
        ignore=lambda _, names: kept.intersection(names),
    )
    (folder / ".venv").symlink_to(venv)
    git(folder, "init", "--quiet")
    (folder / ".git" / "info" / "exclude").write_text(".venv\n")
    return folder


def git(folder: Path, *arguments: str) -> None:
    author = ["-c", "user.name=Tests", "-c", "user.email=tests@example.org"]
    subprocess.run(["git", *author, *arguments], cwd=folder, check=True)  # noqa: S603, S607


def commit(folder: Path, tag: str) -> None:
    """Commit everything in a clone, as a release."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--no-verify", "--message", tag)
    git(folder, "tag", tag)


@functools.cache
def prepared() -> bytes:
    """Return a SQLite database with the shipped bank, as `manage.py prepare` makes it."""
    with TemporaryDirectory(prefix="qabank-prepared-") as folder:
        path = Path(folder) / "db.sqlite3"
        result = manage("prepare", DATABASE_URL=sqlite_url(path))
        assert result.returncode == 0, result.stderr
        return path.read_bytes()


def prepared_url(folder: Path) -> str:
    """Return the DATABASE_URL of a database in `folder`, with the shipped bank if it is new."""
    path = folder / "db.sqlite3"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(prepared())
    return sqlite_url(path)


class Server:
    """A running site with the shipped bank; its database and its output are in `folder`."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.port = free_port()
        self.environment = {
            "PATH": os.environ["PATH"],
            "PORT": str(self.port),
            "WEB_CONCURRENCY": "2",
            **environment,
        }
        if "DATABASE_URL" in environment:
            result = manage("prepare", **self.environment)
            assert result.returncode == 0, result.stderr
        else:
            self.environment["DATABASE_URL"] = prepared_url(folder)
        self.out, self.err = folder / "out", folder / "err"
        with self.out.open("w") as out, self.err.open("w") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn"],
                cwd=settings.BASE_DIR,
                env=self.environment,
                stdout=out,
                stderr=err,
            )
        self.wait()

    def wait(self) -> None:
        """Wait until it answers, for 60 s at most."""
        deadline = time.monotonic() + 60
        while True:
            try:
                self.get("/healthz")
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def get(self, address: str, **headers: str) -> tuple[int, Any, bytes]:
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{address}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                return answer.status, answer.headers, answer.read()
        except HTTPError as error:
            with error:
                return error.code, error.headers, error.read()

    def connect(self, sent: bytes = b"") -> socket.socket:
        client = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        client.sendall(sent)
        return client

    def workers(self) -> list[int]:
        pid = self.process.pid
        return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def create_owner(self, password: str) -> None:
        code = (
            "from django.contrib.auth.models import User;"
            f"User.objects.create_superuser('owner', password={password!r})"
        )
        result = manage("shell", "-v0", "-c", code, **self.environment)
        assert result.returncode == 0, result.stderr

    def lines(self, *names: str) -> list[dict[str, Any]]:
        """Return the lines of the log: where ids of requests are given, once these are in it."""
        lines: list[dict[str, Any]] = []

        def has_all() -> bool:
            whole, _, _ = self.out.read_text().rpartition("\n")
            lines[:] = map(json.loads, whole.splitlines())
            return {line["id"] for line in lines} >= set(names)

        if self.process.poll() is None and not names:
            time.sleep(2 * RequestLog.PAUSE)
        assert soon(has_all, 20)
        return lines

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


def log_in(port: int, source: str, password: str, forwarded: str = "") -> int:
    """Return the status of a login as owner by a client at `source`, which may forge a header."""
    token = "a" * 32
    form = {"username": "owner", "password": password, "csrfmiddlewaretoken": token}
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": f"csrftoken={token}",
        **({"X-Forwarded-For": forwarded} if forwarded else {}),
    }
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=30, source_address=(source, 0))
    with closing(client):
        client.request("POST", "/admin/login/", urlencode(form), headers)
        with client.getresponse() as answer:
            answer.read()
            return answer.status


@contextmanager
def database(folder: Path) -> Iterator[str]:
    """Give the address of a database of its own, of the kind that DATABASE_URL names."""
    if "sqlite" in settings.DATABASES["default"]["ENGINE"]:
        yield sqlite_url(folder / "db.sqlite3")
        return
    with postgres() as cursor:
        cursor.execute("DROP DATABASE IF EXISTS faults WITH (FORCE)")
        cursor.execute("CREATE DATABASE faults")
    try:
        yield f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/faults"
    finally:
        with postgres() as cursor:
            cursor.execute("DROP DATABASE faults WITH (FORCE)")


def postgres() -> "closing[psycopg.Connection[Any]]":
    """Connect to the server beside Django, whose test database may be in use."""
    address = f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/postgres"
    return closing(psycopg.connect(address, autocommit=True))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
