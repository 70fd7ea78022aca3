from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core import serializers
from django.core.management.base import CommandError
from django.core.management.commands import loaddata
from django.core.serializers.base import DeserializationError, DeserializedObject
from django.db import DatabaseError, transaction

from questions import history
from questions.amounts import amount
from questions.management.reasons import reason
from questions.models import Bank, Change
from questions.refreshing import files, plan, reading, validation

LARGE = 1_000_000  # bytes; checking less takes no time that anybody would notice


class Command(loaddata.Command):
    """
    Django's command, made safe for the bank.

    Every file is checked before the first row is written; any failure is told in words and rolls
    back everything. Only the bank, its categories and questions can be loaded: a fixture must not
    be a way to make a superuser. What was loaded is noted, so that a refresh can tell later edits
    from it.
    """

    help = (
        "Load fixture files, all of them or nothing: “bank” is fixtures/bank.yaml, a path is any "
        "file, and - is standard input. Questions of the database that the files name say then "
        "what the files say: an edit made in the admin is overwritten, and stays in the history. "
        "refresh_bank stops at such an edit."
    )

    def handle(self, *fixture_labels: str, **options: Any) -> None:
        self.saved_count = 0
        try:
            with transaction.atomic(using=options["database"]):
                super().handle(*fixture_labels, **options)
                plan.refuse_circles(options["database"])
                plan.remember(self.entries)
        except (plan.RefreshError, reading.FixtureError) as error:
            raise CommandError(f"{error} Nothing was loaded.") from error
        except (DatabaseError, DeserializationError, ValueError) as error:
            raise CommandError(f"{reason(error)}. Nothing was loaded.") from error

    def loaddata(self, fixture_labels: Sequence[str]) -> None:
        """Check the files of all labels together, then load what was checked."""
        self.serialization_formats = serializers.get_public_serializer_formats()
        self.paths = [Path(f[0]) for label in fixture_labels for f in self.find_fixtures(label)]
        for path in self.paths:
            if self.verbosity and path.is_file() and path.stat().st_size > LARGE:
                self.stdout.write(f"Checking {path.name} ...")
        self.entries = validation.checked_entries(*self.paths)
        before = Bank.objects.using(self.using).first()
        edits = Change.objects.using(self.using).filter(kind=Change.Kind.EDITED)
        newest = edits.order_by("-pk").values_list("pk", flat=True).first() or 0
        with history.by_command("loaddata", self.using):
            super().loaddata(fixture_labels[:1])
        if before and self.verbosity:
            self.tell_overwritten(before)
        if self.verbosity and (edited := edits.filter(pk__gt=newest).count()):
            entries = amount(edited, "entry", "entries")
            self.stdout.write(f"What {entries} of the database said before is in the history.")

    def tell_overwritten(self, before: Bank) -> None:
        """Tell what the bank said of itself before: it has no history that would keep it."""
        after = Bank.objects.using(self.using).get()
        for field in Bank._meta.concrete_fields:
            old, new = getattr(before, field.name), getattr(after, field.name)
            if old != new:
                self.stdout.write(f"bank: {field.name}: {old!r} -> {new!r}")

    def load_label(self, fixture_label: str) -> None:
        """
        Load the files of all labels, since entries may refer to those of another file.

        Django's own method would read each file again, and by then it could be another one.
        """
        try:
            rows = serializers.deserialize(
                "python", files.in_loading_order(self.entries), using=self.using
            )
            saved = [self.save_obj(row) for row in rows]
        except (DatabaseError, DeserializationError, ValueError) as error:
            names = ", ".join(map(reading.name_of, self.paths))
            raise CommandError(f"{names}: {reason(error)}. Nothing was loaded.") from error
        self.fixture_count += len(self.paths)
        self.fixture_object_count += len(saved)
        self.loaded_object_count += sum(saved)

    def save_obj(self, obj: DeserializedObject) -> bool:
        self.saved_count += 1
        if self.verbosity and self.saved_count % 1000 == 0:
            self.stdout.write(f"{self.saved_count:,} entries loaded")
        return super().save_obj(obj)
