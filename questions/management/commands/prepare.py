from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import transaction

from questions.management.collecting import collect_static_files
from questions.models import Category
from questions.refreshing.plan import lock_tables


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
