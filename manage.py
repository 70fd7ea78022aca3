#!/usr/bin/env python
"""Run a command of the site: `python manage.py help` lists them."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qabank.settings")
    from django.core.management import execute_from_command_line  # noqa: PLC0415

    from qabank.environment import Misconfigured  # noqa: PLC0415

    try:
        execute_from_command_line(sys.argv)
    except Misconfigured as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
