import hashlib
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection

from questions.models import Category

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
        allow_long_statements()
        call_command("migrate", interactive=False, verbosity=0)
        done = ["migrations are applied"]
        if Category.objects.exists():
            done.append("the bank is there")
        else:
            call_command("loaddata", "bank", verbosity=0)
            done.append("loaded the shipped bank")
        if not no_static:
            collected = collect_static_files()
            done.append(f"static files {'collected' if collected else 'are collected'}")
        if verbosity:
            self.stdout.write(f"Ready: {', '.join(done)}.")


def allow_long_statements() -> None:
    """
    Let a migration run for as long as it needs, but not wait long for a lock.

    Behind a migration that waits, every reader would wait as well.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            cursor.execute("SET lock_timeout = '5s'")


def collect_static_files() -> bool:
    """
    Collect the static files unless none has changed since; return whether it was done.

    `collectstatic` hashes and compresses every file each time, which takes seconds.
    """
    stamp = Path(settings.STATIC_ROOT) / "collected-from.sha256"
    fingerprint = static_files_fingerprint()
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
