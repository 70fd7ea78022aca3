import os
import sys
from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser

PASSWORD = "DJANGO_SUPERUSER_PASSWORD"  # noqa: S105 (a variable's name)


class Command(createsuperuser.Command):
    """
    Django's command, which in a script wants no email, and makes no account that nobody can use.

    Django's own makes one without a password where none is given, takes any password, and where
    nobody can be asked does nothing and reports success.
    """

    help = "Create an account that may do everything."

    def create_parser(self, *args: Any, **options: Any) -> CommandParser:
        # The help of one option is replaced.
        return super().create_parser(*args, **options, conflict_handler="resolve")

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            *("--noinput", "--no-input"),
            action="store_false",
            dest="interactive",
            help=f"Ask nothing: the password is in {PASSWORD}, and --username has to be given.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["interactive"]:
            stdin: Any = options.get("stdin", sys.stdin)
            if not stdin.isatty():
                raise CommandError(
                    f"Nobody can be asked here: set {PASSWORD}, and add --noinput --username=NAME "
                    '(make admin ARGS="--noinput --username=NAME").'
                )
        else:
            options["email"] = options["email"] or os.environ.get("DJANGO_SUPERUSER_EMAIL", "")
            self.check_password()
        super().handle(*args, **options)

    def check_password(self) -> None:
        if PASSWORD not in os.environ:
            raise CommandError(f"Set {PASSWORD}, from which --noinput takes the password.")
        try:
            validate_password(os.environ.get(PASSWORD, ""))
        except ValidationError as error:
            raise CommandError(f"{PASSWORD}: {' '.join(error.messages)}") from error
