#!/usr/bin/env python
"""Run a command of the site: `.venv/bin/python manage.py help` lists them."""

import os
import sys


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "qabank.settings"  # whatever a shell has of another site
    try:
        from django.core.management import execute_from_command_line  # noqa: PLC0415
    except ModuleNotFoundError:
        sys.exit(f"Django is not installed for {sys.executable}: use .venv/bin/python manage.py.")

    from qabank.failures import explanation  # noqa: PLC0415

    try:
        execute_from_command_line(sys.argv)
    except BaseException as error:
        line = explanation(error)
        if line is None or "--traceback" in sys.argv:
            raise
        sys.exit(line)


if __name__ == "__main__":
    main()
