from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import loaddata
from django.core.serializers.base import DeserializationError
from django.db import DatabaseError, transaction

from questions import fixtures, refreshing


class Command(loaddata.Command):
    """
    Django's command, made safe for the bank.

    Every file is checked before the first row is written, and any failure is one line and rolls
    back everything. Only categories and questions can be loaded: a fixture must not be a way to
    make a superuser. What was loaded is noted, so that a refresh can tell later edits from it.
    """

    def handle(self, *fixture_labels: str, **options: Any) -> None:
        self.entries: list[refreshing.Entry] = []
        try:
            with transaction.atomic(using=options["database"]):
                super().handle(*fixture_labels, **options)
                refreshing.remember(self.entries)
        except (DatabaseError, DeserializationError, ValueError) as error:
            raise CommandError(f"{' '.join(str(error).split())}. Nothing was loaded.") from error

    def load_label(self, fixture_label: str) -> None:
        for file, _, _ in self.find_fixtures(fixture_label):
            try:
                self.entries += fixtures.check(Path(file))
            except fixtures.FixtureError as error:
                raise CommandError(f"{error}. Nothing was loaded.") from error
        super().load_label(fixture_label)
