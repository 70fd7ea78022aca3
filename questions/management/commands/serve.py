import os
import sys
from argparse import REMAINDER, ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = (
        "Serve the site by gunicorn, as gunicorn.conf.py says, after the settings were read: "
        "a value that makes no sense ends this command in one line, and gunicorn in a trace."
    )
    requires_system_checks = [Tags.urls]  # which read qabank/urls.py

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("options", nargs=REMAINDER, help="Options of gunicorn, after --.")

    def handle(self, *, options: list[str], **kwargs: Any) -> None:
        # Of Django's own storage, which DEBUG takes, nothing has to be collected.
        if getattr(staticfiles_storage, "hashed_files", None) == {}:
            raise CommandError(
                "The static files are not collected: run .venv/bin/python manage.py prepare first."
            )
        os.chdir(settings.BASE_DIR)  # where gunicorn.conf.py is
        arguments = options[1:] if options[:1] == ["--"] else options
        if arguments and not arguments[0].startswith("-"):
            raise CommandError(
                f"“{arguments[0]}” is no option of gunicorn, such as: serve -- --workers 2."
            )
        os.execv(sys.executable, [sys.executable, "-m", "gunicorn", *arguments])  # noqa: S606
