"""Static files: collected once for each release, beside those of the releases before."""

import fcntl
import hashlib
import json
import os
import re
import shutil
import time
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.management.commands import collectstatic
from django.core.files.storage import storages
from django.core.management import call_command

# Files of django-htmx that no page asks for.
UNUSED = ["htmax-*", "htmx-4*", "ext", "django-htmx.js"]

MANIFEST = "staticfiles.json"
HASHED = re.compile(r"\.[0-9a-f]{12}\.")  # in a name: other contents, another name
ENCODINGS = ("", ".gz", ".br")
DAYS_KEPT = 30


def collect_static_files() -> bool:
    """
    Collect the static files unless none has changed since; return whether it was done.

    `collectstatic` hashes and compresses every file each time, which takes seconds. One process
    does it; another that comes meanwhile waits, and finds it done.
    """
    folder = Path(settings.STATIC_ROOT)
    stamp = folder / "collected-from.sha256"
    fingerprint = static_files_fingerprint()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp.exists() and stamp.read_text() == fingerprint:
            return False
        collected = folder.with_suffix(".new")
        collect_into(collected)
        add_files(collected, folder)
        shutil.rmtree(collected)
        stamp.write_text(fingerprint)
    return True


def collect_into(folder: Path) -> None:
    """Collect the static files into a new folder, as collectstatic does into STATIC_ROOT."""
    shutil.rmtree(folder, ignore_errors=True)
    command = collectstatic.Command()
    backend = {**settings.STORAGES["staticfiles"], "OPTIONS": {"location": folder}}
    command.storage = storages.create_storage(backend)
    # A copy, since the command adds patterns of its own to the list.
    call_command(command, interactive=False, ignore_patterns=[*UNUSED], verbosity=0)


def add_files(collected: Path, folder: Path) -> None:
    """
    Move what was collected to the files that a running site serves.

    It goes on sending those of the release before, whose pages are open in browsers, so a file
    under a hashed name is never touched again. Those that went out of use are deleted after
    DAYS_KEPT. The manifest comes last: it names what has to be there.
    """
    for name in in_use(folder):
        os.utime(folder / name)  # they go out of use now, unless they are found again
    new = sorted(names_in(collected), key=lambda name: (name == MANIFEST, name))
    for name in new:
        target = folder / name
        if not (HASHED.search(name) and target.exists()):
            target.parent.mkdir(parents=True, exist_ok=True)
            (collected / name).replace(target)
    too_old = time.time() - DAYS_KEPT * 24 * 60 * 60
    for name in names_in(folder) - set(new):
        if HASHED.search(name) and (folder / name).stat().st_mtime < too_old:
            (folder / name).unlink()


def names_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def in_use(folder: Path) -> set[str]:
    """Return the names of the files that the manifest lists, in each of their encodings."""
    manifest = folder / MANIFEST
    paths = json.loads(manifest.read_text())["paths"] if manifest.exists() else {}
    return names_in(folder) & {f"{name}{end}" for name in paths.values() for end in ENCODINGS}


def static_files_fingerprint() -> str:
    """Return a hash over the settings that matter and each file's name, size and time."""
    digest = hashlib.sha256(repr((settings.STORAGES, UNUSED)).encode())
    for finder in get_finders():
        for name, storage in finder.list(UNUSED):
            stat = Path(storage.path(name)).stat()
            digest.update(f"{name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()
