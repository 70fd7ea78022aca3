"""
Files that only the site's own user may read: accounts, sessions, the key that signs them.

Their modes do not depend on the umask, nor on which command is the first to need them.
"""

import contextlib
import logging
import os
import secrets
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

from qabank.environment import Misconfigured

BESIDE_A_DATABASE = ("", "-wal", "-shm", "-journal", "-migrate")  # the last is `migrate`'s lock

logger = logging.getLogger(__name__)


def private_folder(path: Path) -> Path:
    """Return a folder that only its owner can enter; make or mend it where that is needed."""
    with contextlib.suppress(OSError):  # a file system that is read-only, as in a container
        path.mkdir(mode=0o700, exist_ok=True)
    close_to_others(path)
    return path


def stored_secret_key(path: Path) -> str:
    """Return the key in `path`; the first call makes it."""
    try:
        if not path.exists():
            path.parent.mkdir(mode=0o700, exist_ok=True)
            create(path, secrets.token_urlsafe(50))
        close_to_others(path)
        key = path.read_text().strip()
    except OSError as error:
        raise Misconfigured(
            f"The key in {path} can't be kept or read ({error.strerror}): let this user read and "
            "write in that folder, or set SECRET_KEY."
        ) from error
    if not key:
        raise Misconfigured(f"{path} holds no key: remove it, and the next start makes one.")
    return key


class PrivateConnection(sqlite3.Connection):
    """SQLite's connection, to a file that only its owner can read; so are its log and its lock."""

    def __init__(self, database: str, *args: Any, **options: Any) -> None:
        is_file = not database.startswith(("file:", ":memory:"))
        if is_file and not Path(database).exists():
            with contextlib.suppress(OSError):  # SQLite says what is wrong
                create(Path(database))
        super().__init__(database, *args, **options)
        if is_file:
            for ending in BESIDE_A_DATABASE:
                close_to_others(Path(f"{database}{ending}"))


def create(path: Path, text: str = "") -> None:
    """
    Make a file that only its owner can read, unless it is there.

    It appears whole or not at all, so that two processes that start at once agree on the first
    one's. It is closed before it appears: closing a database's file drops the locks that SQLite
    holds on it in this process.
    """
    descriptor, temporary = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        Path(temporary).unlink()


def close_to_others(path: Path) -> None:
    """Take away what others than the owner may do with a file or a folder, and say so."""
    with contextlib.suppress(OSError):  # it is not there, or it is somebody else's
        before = path.stat().st_mode & 0o777
        if before & 0o077:
            path.chmod(before & 0o700)
            logger.warning("%s was open to others (%03o); now it is not.", path, before)
