from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core import serializers
from django.core.management.base import CommandError
from django.core.management.commands import loaddata
from django.core.serializers.base import DeserializationError, DeserializedObject
from django.db import DatabaseError, transaction

from questions import history
from questions.management.reasons import reason
from questions.refreshing import files, plan

LARGE = 1_000_000  # bytes; checking less takes no time that anybody would notice


class Command(loaddata.Command):
    """
    Django's command, made safe for the bank.

    Every file is checked before the first row is written, and any failure is one line and rolls
    back everything. Only the bank, its categories and questions can be loaded: a fixture must not
    be a way to make a superuser. What was loaded is noted, so that a refresh can tell later edits
    from it.
    """

    def handle(self, *fixture_labels: str, **options: Any) -> None:
        self.entries: list[files.Entry] = []
        self.keys: set[files.Key] = set()
        self.saved_count = 0
        try:
            with transaction.atomic(using=options["database"]):
                super().handle(*fixture_labels, **options)
                plan.refuse_circles(options["database"])
                plan.remember(self.entries)
        except plan.RefreshError as error:
            raise CommandError(f"{error} Nothing was loaded.") from error
        except (DatabaseError, DeserializationError, ValueError) as error:
            raise CommandError(f"{reason(error)}. Nothing was loaded.") from error

    def loaddata(self, fixture_labels: Sequence[str]) -> None:
        with history.by_command("loaddata", self.using):
            super().loaddata(fixture_labels)

    def load_label(self, fixture_label: str) -> None:
        """
        Check the files of a label and load what was checked.

        Django's own method would read each file again, and by then it could be another one.
        """
        for name, _, _ in self.find_fixtures(fixture_label):
            file = Path(name)
            if self.verbosity and file.is_file() and file.stat().st_size > LARGE:
                self.stdout.write(f"Checking {file.name} ...")
            try:
                entries = files.checked_entries(file, self.keys)
            except files.FixtureError as error:
                raise CommandError(f"{error} Nothing was loaded.") from error
            try:
                rows = serializers.deserialize(
                    "python",
                    files.in_loading_order(entries),
                    using=self.using,
                )
                saved = [self.save_obj(row) for row in rows]
            except (DatabaseError, DeserializationError, ValueError) as error:
                raise CommandError(f"{file.name}: {reason(error)}. Nothing was loaded.") from error
            self.entries += entries
            self.fixture_count += 1
            self.fixture_object_count += len(saved)
            self.loaded_object_count += sum(saved)

    def save_obj(self, obj: DeserializedObject) -> bool:
        self.saved_count += 1
        if self.verbosity and self.saved_count % 1000 == 0:
            self.stdout.write(f"{self.saved_count:,} entries loaded")
        return super().save_obj(obj)
