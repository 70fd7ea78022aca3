import fcntl
import hashlib
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import transaction

from questions.models import Category
from questions.refreshing.plan import lock_tables

# Files of django-htmx that no page asks for.
UNUSED = ["htmax-*", "htmx-4*", "ext", "django-htmx.js"]


class Command(BaseCommand):
    help = (
        "Prepare a fresh or an updated checkout for serving: apply migrations, load the shipped "
        "bank where the database has none, and collect the static files where they changed. "
        "Running it again changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--no-static", action="store_true", help="Leave the static files as they are."
        )

    def handle(self, *args: Any, no_static: bool, verbosity: int, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        done = ["migrations are applied"]
        is_loaded = load_bank()
        done.append("loaded the shipped bank" if is_loaded else "the bank is there")
        if not no_static:
            collected = collect_static_files()
            done.append(f"static files {'collected' if collected else 'are collected'}")
        if verbosity:
            self.stdout.write(f"Ready: {', '.join(done)}.")


def load_bank() -> bool:
    """Load the shipped bank if the database has none; return whether it was done."""
    if Category.objects.exists():
        return False
    with transaction.atomic():
        lock_tables()  # another process may be doing the same
        if Category.objects.exists():
            return False
        call_command("loaddata", "bank", verbosity=0)
        return True


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
        call_command(
            "collectstatic", interactive=False, clear=True, ignore_patterns=UNUSED, verbosity=0
        )
        stamp.write_text(fingerprint)
    return True


def static_files_fingerprint() -> str:
    """Return a hash over the settings that matter and each file's name, size and time."""
    digest = hashlib.sha256(repr((settings.STORAGES, UNUSED)).encode())
    for finder in get_finders():
        for name, storage in finder.list(UNUSED):
            stat = Path(storage.path(name)).stat()
            digest.update(f"{name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()
