from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import loaddata
from django.core.serializers.base import DeserializationError
from django.db import DatabaseError

from questions import fixtures, history


class Command(loaddata.Command):
    """
    Django's command, made safe for the bank.

    Every file is checked before the first row is written, and any failure is one line and rolls
    back everything. Only categories and questions can be loaded: a fixture must not be a way to
    make a superuser.
    """

    def handle(self, *fixture_labels: str, **options: Any) -> None:
        try:
            super().handle(*fixture_labels, **options)
        except (DatabaseError, DeserializationError, ValueError) as error:
            raise CommandError(" ".join(str(error).split())) from error

    def loaddata(self, fixture_labels: Sequence[str]) -> None:
        with history.recorded("loaddata", history.operator(), self.using):
            super().loaddata(fixture_labels)

    def load_label(self, fixture_label: str) -> None:
        for file, _, _ in self.find_fixtures(fixture_label):
            try:
                fixtures.check(Path(file))
            except fixtures.FixtureError as error:
                raise CommandError(f"{error}. Nothing was loaded.") from error
        super().load_label(fixture_label)
