"""
Which content version is current; every request asks.

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
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple, Protocol

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from questions.triggers.content_version import CHANNEL
from questions.triggers.tables import CONTENT_VERSION

QUERY_WAIT = 0.2  # seconds that a request waits while another one asks the database
RECONNECT_PAUSE = 0.5  # seconds between attempts to connect
HEARTBEAT = 1.0  # seconds after which PostgreSQL is asked although it has sent nothing
LISTENER_PAUSE = 0.05  # seconds for which the thread sleeps while there is no connection
LEASE = 2.5  # seconds for which the last answer counts without a new one


class Version(NamedTuple):
    """A state of the content. Names are random, so that none comes back."""

    name: str
    changed: float  # seconds since 1970


class Watcher(Protocol):
    def current(self) -> Version | None:
        """
        Return the version as this process knows it, without a query wherever that is possible.

        None if the database cannot be asked, or does not answer soon.
        """

    def read(self) -> Version | None:
        """Ask the database for the version; None as above."""

    def close(self) -> None:
        """Close the connection to the database."""


def watcher() -> Watcher:
    """Return the watcher for the database, which connects when it is first asked."""
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor == "postgresql":
        return PostgreSQLWatcher(connection)
    return SQLiteWatcher(connection)


@contextmanager
def tried(lock: threading.Lock) -> Iterator[bool]:
    """Try for QUERY_WAIT seconds to take the lock; yield whether it is held."""
    is_held = lock.acquire(timeout=QUERY_WAIT)
    try:
        yield is_held
    finally:
        if is_held:
            lock.release()


QUERY = f"SELECT version, changed FROM {CONTENT_VERSION}"  # noqa: S608 (our own table)


class SQLiteWatcher:
    """
    Watches the memory that SQLite's connections share, and reads the row only when it changed.

    `PRAGMA data_version` tells the same, but it locks a file and unlocks it again. Python lets
    another thread run whenever one waits for the system, which under load costs as much as all the
    rest of a request.
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
        with tried(self.lock) as is_held:
            if not is_held:
                return None
            try:
                if self.connection is None:
                    self.connection = self.connect()
                # Before the row: what is committed in between is seen twice, and never missed.
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
        # mode=rw does not make a database that isn't there.
        connection = sqlite3.connect(
            f"{Path(name).absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=QUERY_WAIT,
            isolation_level=None,
            check_same_thread=False,
        )
        # SQLite keeps the memory's file as long as a connection that has read is open.
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


# "WAL-Index Format" in SQLite's documentation: the file begins with a header of 48 bytes, which
# holds a counter and is written by every commit. Read in the middle of a commit, it is neither the
# old nor the new one, and the row is read twice.
WAL_INDEX_HEADER = 48


@cache
def shared_memory(path: str, inode: int) -> mmap.mmap:
    """
    Map the start of a file into memory.

    The file is never closed: that would drop all locks that SQLite holds on it in this process
    (POSIX's rule for fcntl locks).
    """
    descriptor = os.open(path, os.O_RDONLY)
    return mmap.mmap(descriptor, WAL_INDEX_HEADER, access=mmap.ACCESS_READ)


class PostgreSQLWatcher:
    """
    A thread waits for NOTIFY. While it isn't connected, each request asks the database itself.

    The last answer counts for a few seconds only, since a connection can die unnoticed.
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
        with tried(self.lock) as is_held:
            if not is_held:
                return None  # another thread waits for a database that does not answer
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
                self.retry_at = monotonic() + RECONNECT_PAUSE
        if self.connection is not None and self.thread is None:
            # Not earlier: a thread does not survive gunicorn's fork.
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
        # Not from Django's pool, of whose few connections it would hold one for good.
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
            self.read()  # whether a NOTIFY came, or nothing did for HEARTBEAT seconds
