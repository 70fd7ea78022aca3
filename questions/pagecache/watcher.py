"""
Which content version is current, asked once per request.

Each process watches its database on a connection of its own, which costs a few microseconds a
request instead of a query: SQLite shows whether anybody committed, PostgreSQL sends a NOTIFY.
"""

import mmap
import os
import select
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cache
from time import monotonic
from typing import Any, NamedTuple, Protocol

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from questions.triggers.content_version import CHANNEL
from questions.triggers.tables import CONTENT_VERSION

PATIENCE = 0.2  # seconds that a request waits for another one's question to the database
RETRY = 0.5  # seconds between attempts to connect
HEARTBEAT = 1.0  # seconds after which PostgreSQL is asked although it has sent nothing
LISTENER_PAUSE = 0.05  # seconds for which the thread sleeps while there is no connection
LEASE = 2.5  # seconds for which the last answer counts without a new one


class Version(NamedTuple):
    name: str
    changed: float  # seconds since 1970


class Watcher(Protocol):
    def current(self) -> Version | None:
        """Return the version as far as is known here; None where the database cannot tell soon."""

    def read(self) -> Version | None:
        """Return the version that is in the database now; None where it cannot tell soon."""

    def close(self) -> None:
        """Let go of the database."""


def watcher(alias: str = "default") -> Watcher:
    connection = connections[alias]
    if connection.vendor == "postgresql":
        return PostgreSQLWatcher(connection)
    return SQLiteWatcher(connection)


@contextmanager
def patiently(lock: threading.Lock) -> Iterator[bool]:
    """Hold the lock, if it can be had soon; give whether it could."""
    is_ours = lock.acquire(timeout=PATIENCE)
    try:
        yield is_ours
    finally:
        if is_ours:
            lock.release()


QUERY = f"SELECT version, changed FROM {CONTENT_VERSION}"  # noqa: S608 (our own table)


class SQLiteWatcher:
    """
    Watches the memory that SQLite's connections share, and reads the row only when it changed.

    `PRAGMA data_version` would tell the same. But it takes and gives back a lock on a file, and
    whenever a thread of Python waits for the system another one takes over, which under load costs
    as much as all the rest of a request.
    """

    def __init__(self, database: BaseDatabaseWrapper) -> None:
        self.settings = database.settings_dict
        self.lock = threading.Lock()
        self.connection: sqlite3.Connection | None = None
        self.memory: mmap.mmap | None = None
        self.seen = b""
        self.version: Version | None = None

    def current(self) -> Version | None:
        memory = self.memory
        if memory is not None and memory[:WAL_INDEX_HEADER] == self.seen:
            return self.version
        return self.read()

    def read(self) -> Version | None:
        with patiently(self.lock) as is_ours:
            if not is_ours:
                return None
            try:
                if self.connection is None:
                    self.connection = self.connect()
                # Before the row: what is committed in between is seen twice, but never not at all.
                seen = self.memory[:WAL_INDEX_HEADER] if self.memory is not None else b""
                name, changed = self.connection.execute(QUERY).fetchone()
                self.version = Version(name, datetime.fromisoformat(f"{changed}Z").timestamp())
                self.seen = seen
            except (sqlite3.Error, OSError, TypeError):  # TypeError: there is no row
                self.disconnect()
            return self.version

    def close(self) -> None:
        with self.lock:
            self.disconnect()

    def connect(self) -> sqlite3.Connection:
        name = self.settings["NAME"]
        # mode=rw: a database that isn't there shall not be made by asking for it.
        connection = sqlite3.connect(
            f"file:{name}?mode=rw",
            uri=True,
            timeout=PATIENCE,
            isolation_level=None,
            check_same_thread=False,
        )
        # As long as a connection is open that has read, SQLite keeps the memory's file.
        connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
        if connection.execute("PRAGMA journal_mode").fetchone() == ("wal",):
            path = f"{name}-shm"
            self.memory = shared_memory(path, os.stat(path).st_ino)  # noqa: PTH116
        return connection

    def disconnect(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.connection = None
        self.memory = None
        self.version = None


# "WAL-Index Format" in SQLite's documentation: the file begins with a header of 48 bytes that every
# commit writes anew, with a counter of the commits in it. Read in the middle of a commit it is
# neither the old nor the new one, and the row is asked for twice.
WAL_INDEX_HEADER = 48


@cache
def shared_memory(path: str, inode: int) -> mmap.mmap:
    """
    Return the start of a file as memory that follows it.

    The file stays open for good: closing it would drop all locks that SQLite holds on it in this
    process (the rule of POSIX for fcntl locks).
    """
    descriptor = os.open(path, os.O_RDONLY)
    return mmap.mmap(descriptor, WAL_INDEX_HEADER, access=mmap.ACCESS_READ)


class PostgreSQLWatcher:
    """
    A thread waits for NOTIFY; whenever it isn't connected, each request asks the database itself.

    What has been heard counts for a few seconds only: a connection can be dead without a word.
    """

    def __init__(self, database: BaseDatabaseWrapper) -> None:
        self.database: Any = database
        self.lock = threading.Lock()
        self.connection: Any = None
        self.version: Version | None = None
        self.notified = False
        self.lease_ends = 0.0
        self.retry_at = 0.0
        self.thread: threading.Thread | None = None
        self.is_closed = False

    def current(self) -> Version | None:
        return self.version if monotonic() < self.lease_ends else self.read()

    def read(self) -> Version | None:
        with patiently(self.lock) as is_ours:
            if not is_ours:
                return None  # the database has gone without a word, and somebody waits for it
            if self.connection is not None:
                self.ask()
            # Right after a connection broke, a new one may well succeed.
            if self.connection is None and monotonic() > self.retry_at:
                self.ask()
            return self.version

    def ask(self) -> None:
        is_new = self.connection is None
        try:
            if is_new:
                self.connection = self.connect()
            self.version = self.query()
            self.lease_ends = monotonic() + LEASE
        except (self.database.Database.Error, TypeError):  # TypeError: there is no row
            self.disconnect()
            if is_new:
                self.retry_at = monotonic() + RETRY
        if self.connection is not None and self.thread is None:
            # Not earlier: gunicorn forks, and a thread would stay behind.
            self.thread = threading.Thread(target=self.listen, daemon=True)
            self.thread.start()

    def close(self) -> None:
        with self.lock:
            self.is_closed = True
            self.retry_at = float("inf")
            self.disconnect()

    def disconnect(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.connection = None
        self.version = None
        self.lease_ends = 0.0

    def query(self) -> Version:
        while True:
            self.notified = False
            name, changed = self.connection.execute(QUERY).fetchone()
            # A NOTIFY that came along with the answer may be younger than the answer.
            if not self.notified:
                return Version(name, changed.timestamp())

    def connect(self) -> Any:
        # Not from Django's pool, from which it would take one connection for good.
        parameters = {
            **self.database.get_connection_params(),
            "connect_timeout": 2,
            "tcp_user_timeout": 2000,
        }
        connection = self.database.Database.connect(**parameters, autocommit=True)
        connection.add_notify_handler(self.on_notify)
        connection.execute(f"LISTEN {CHANNEL}")
        return connection

    def on_notify(self, notification: object) -> None:
        self.notified = True

    def listen(self) -> None:
        while not self.is_closed:
            connection = self.connection
            if connection is None:
                time.sleep(LISTENER_PAUSE)
            else:
                # Suppressed: it may be closed meanwhile.
                with suppress(OSError, ValueError, self.database.Database.Error):
                    select.select([connection], [], [], HEARTBEAT)
            self.read()  # whether something came or nothing did for a while
