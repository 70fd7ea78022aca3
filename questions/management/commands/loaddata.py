from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import loaddata
from django.core.serializers.base import DeserializationError, DeserializedObject
from django.db import DatabaseError, transaction

from questions import history
from questions.refreshing import files, plan

LARGE = 1_000_000  # bytes; checking less takes no time that anybody would notice


class Command(loaddata.Command):
    """
    Django's command, made safe for the bank.

    Every file is checked before the first row is written, and any failure is one line and rolls
    back everything. Only categories and questions can be loaded: a fixture must not be a way to
    make a superuser. What was loaded is noted, so that a refresh can tell later edits from it.
    """

    def handle(self, *fixture_labels: str, **options: Any) -> None:
        self.entries: list[files.Entry] = []
        try:
            with transaction.atomic(using=options["database"]):
                super().handle(*fixture_labels, **options)
                plan.remember(self.entries)
        except (DatabaseError, DeserializationError, ValueError) as error:
            raise CommandError(f"{' '.join(str(error).split())}. Nothing was loaded.") from error

    def loaddata(self, fixture_labels: Sequence[str]) -> None:
        with history.by_command("loaddata", self.using):
            super().loaddata(fixture_labels)

    def load_label(self, fixture_label: str) -> None:
        for file, _, _ in self.find_fixtures(fixture_label):
            if self.verbosity and Path(file).stat().st_size > LARGE:
                self.stdout.write(f"Checking {Path(file).name} ...")
            try:
                self.entries += files.checked_entries(Path(file))
            except files.FixtureError as error:
                raise CommandError(f"{error}. Nothing was loaded.") from error
        self.saved_count = 0
        super().load_label(fixture_label)

    def save_obj(self, obj: DeserializedObject) -> bool:
        self.saved_count += 1
        if self.verbosity and self.saved_count % 1000 == 0:
            self.stdout.write(f"{self.saved_count:,} entries loaded")
        return super().save_obj(obj)
