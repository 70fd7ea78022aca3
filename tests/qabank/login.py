"""Logging in to the admin."""

from typing import Any

import pytest
from django.test import Client

from qabank.environment import env_networks

LOGIN = "/admin/login/"
PASSWORD = "correct horse battery"


def log_in(client: Client, password: str = PASSWORD, name: str = "owner", **meta: str) -> Any:
    return client.post(LOGIN, {"username": name, "password": password}, **meta)  # type: ignore[arg-type]


def networks(text: str) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOME_NETWORKS", text)
        return env_networks("SOME_NETWORKS")
