"""Management commands as a terminal sees them."""

from io import StringIO
from typing import Any, NamedTuple

from django.core.management import CommandError, call_command


class Result(NamedTuple):
    code: int
    text: str  # standard output, and the error that ends a command


def run(*args: object, **options: Any) -> Result:
    output = StringIO()
    try:
        call_command(*map(str, args), stdout=output, stderr=StringIO(), **options)
    except CommandError as error:
        return Result(error.returncode, f"{output.getvalue()}{error}\n")
    return Result(0, output.getvalue())
