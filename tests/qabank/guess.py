"""
Many logins at the same moment, as one of the site's processes meets them.

    python -m tests.qabank.guess PASSWORD...

It prints "ready" and waits for a line, so that several of these meet. Then it tries each password
in a thread of its own, and prints how many were checked and the statuses of the answers.
"""

import json
import os
import sys
import threading
import time
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qabank.settings")
django.setup()

# What follows needs Django's settings.
from django.contrib.auth.backends import ModelBackend  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client, override_settings  # noqa: E402

from qabank import lockout  # noqa: E402
from tests.conftest import cheap_settings  # noqa: E402
from tests.qabank.login import log_in  # noqa: E402


def main(passwords: list[str]) -> None:
    checked: list[str] = []
    statuses: list[int] = []
    check = ModelBackend.authenticate

    def check_slowly(self: Any, request: Any, username: Any, password: Any, **kwargs: Any) -> Any:
        checked.append(password)
        time.sleep(0.05)  # as a slow hash would
        return check(self, request, username, password, **kwargs)

    ModelBackend.authenticate = check_slowly  # type: ignore[assignment, method-assign]
    # All of them get a turn: this is about the count.
    lockout.places = threading.BoundedSemaphore(len(passwords))
    lockout.PATIENCE = 60

    told = threading.Event()

    def guess(password: str) -> None:
        client = Client()
        told.wait()
        statuses.append(log_in(client, password).status_code)
        connection.close()

    threads = [threading.Thread(target=guess, args=(password,)) for password in passwords]
    for thread in threads:
        thread.start()
    print("ready", flush=True)
    sys.stdin.readline()
    told.set()
    for thread in threads:
        thread.join()
    print(json.dumps({"checked": len(checked), "statuses": statuses}))


if __name__ == "__main__":
    with cheap_settings(), override_settings(ALLOWED_HOSTS=["testserver"]):
        main(sys.argv[1:])
