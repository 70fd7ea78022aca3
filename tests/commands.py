"""Management commands as a terminal sees them."""

import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from django.conf import settings
from django.core.management import CommandError, call_command

SECRET_KEY = "for-processes-that-keep-none-in-var"


def sqlite_url(path: Path | str) -> str:
    """Return the DATABASE_URL of a file, whose name may hold any sign."""
    return f"sqlite:///{quote(str(path))}"


class Result(NamedTuple):
    code: int
    text: str  # standard output, and the error that ends a command


def run(*args: object, **options: Any) -> Result:
    """Run a command in this process, with this test's database."""
    output = StringIO()
    try:
        call_command(*map(str, args), stdout=output, stderr=StringIO(), **options)
    except CommandError as error:
        return Result(error.returncode, f"{output.getvalue()}{error}\n")
    return Result(0, output.getvalue())


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run manage.py in a process of its own, with nothing but `environment` set."""
    kept = {name: os.environ[name] for name in ("PATH", "DATABASE_URL") if name in os.environ}
    return subprocess.run(  # noqa: S603
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
