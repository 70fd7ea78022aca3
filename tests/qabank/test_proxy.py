"""Behind a proxy: who a client is, in the set-ups that are shipped and documented."""

import http.client
import logging
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml
from django.conf import settings
from django.test import Client, RequestFactory
from pytest_django import Settings

from qabank.clients import client_address
from tests.commands import manage
from tests.conftest import require
from tests.qabank.login import LOGIN, PASSWORD, networks
from tests.servers import Server

SHIPPED = (settings.BASE_DIR / "deploy" / "nginx.conf").read_text()
DOCUMENTED = (settings.BASE_DIR / "docs" / "operating.md").read_text()
COMPOSE = yaml.safe_load((settings.BASE_DIR / "compose.yaml").read_text())

# Debian keeps it where only root looks.
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


# nginx


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    require("nginx", NGINX)
    server = Server(tmp_path_factory.mktemp("site"), TRUSTED_PROXIES="127.0.0.1")
    code = (
        "from django.contrib.auth.models import User;"
        f"User.objects.create_superuser('owner', password={PASSWORD!r})"
    )
    assert manage("shell", "-v0", "-c", code, **server.environment).returncode == 0
    yield server
    server.stop()


def shipped(site: Server, port: int) -> str:
    """deploy/nginx.conf without Docker's name server and names."""
    return substituted(
        SHIPPED,
        (r"^resolver .*\n", ""),
        (r"server site:8000 resolve;", f"server 127.0.0.1:{site.port};"),
        (r"listen 8080;", f"listen 127.0.0.1:{port};"),
    )


def documented(site: Server, port: int) -> str:
    """What docs/operating.md tells to write into a server of one's own."""
    [location] = re.findall(r"```nginx\n(.*?)```", DOCUMENTED, re.DOTALL)
    location = substituted(
        location, (r"http://127\.0\.0\.1:8000;", f"http://127.0.0.1:{site.port};")
    )
    return f"server {{ listen 127.0.0.1:{port};\n{location} }}"


def substituted(text: str, *changes: tuple[str, str]) -> str:
    for pattern, new in changes:
        text, count = re.subn(pattern, new, text, flags=re.MULTILINE)
        assert count == 1, pattern
    return text


@pytest.fixture(scope="module", params=[shipped, documented], ids=["shipped", "documented"])
def front(
    request: pytest.FixtureRequest, site: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[int]:
    """The port of a running nginx."""
    folder = tmp_path_factory.mktemp("nginx")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/log; events {{}}"
        f"{'user root;' * (os.geteuid() == 0)}"
        f"http {{ access_log off; {temporary}\n{request.param(site, port)}\n}}"
    )
    with running(
        [str(NGINX), "-e", f"{folder}/log", "-c", str(configuration)], port, folder / "log"
    ):
        yield port


@contextmanager
def running(command: list[str], port: int, log: Path) -> Iterator[None]:
    process = subprocess.Popen(command)  # noqa: S603
    deadline = time.monotonic() + 20
    try:
        while True:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(20)


def log_in(port: int, address: str, password: str, forwarded: str = "") -> int:
    """Return the status for a login by a client of this address, which may forge a header."""
    forged = {"X-Forwarded-For": forwarded} if forwarded else {}
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=20, source_address=(address, 0))
    try:
        client.request("GET", LOGIN, headers=forged)
        page = client.getresponse()
        page.read()
        token = SimpleCookie(page.headers["Set-Cookie"])["csrftoken"].value
        form = {"username": "owner", "password": password, "csrfmiddlewaretoken": token}
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": f"csrftoken={token}",
            **forged,
        }
        client.request("POST", LOGIN, urlencode(form), headers)
        answer = client.getresponse()
        answer.read()
        return answer.status
    finally:
        client.close()


def test_a_forged_address_passes_no_proxy_of_ours(front: int, site: Server) -> None:
    # Addresses of this proxy's own: both have one site behind them.
    mine, victim = (f"127.{n}.{front >> 8}.{front & 255}" for n in (1, 2))
    codes = [log_in(front, mine, f"wrong {n}", f"203.0.113.{n}") for n in range(4)]
    codes += [log_in(front, mine, f"wrong {n}", f"{victim}, 127.0.0.1") for n in range(5)]
    assert codes == [200] * 7 + [429] * 2
    assert log_in(front, mine, PASSWORD) == 429
    # Neither the one whose address was forged nor anybody else is locked out.
    assert log_in(front, victim, PASSWORD) == 302
    assert "TRUSTED_PROXIES" not in site.err.read_text()


def test_compose_names_its_proxy() -> None:
    network = COMPOSE["networks"]["default"]["ipam"]["config"][0]["subnet"]
    trusted = COMPOSE["services"]["site"]["environment"]["TRUSTED_PROXIES"]
    assert network in trusted.split(",")
    default = re.fullmatch(r"\$\{NETWORK:-(.*)\}", network)
    assert default
    [compose] = networks(default[1])
    assert compose.is_private


# An address with a port, as some proxies send it


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("1.2.3.4:5678", "1.2.3.4"),
        ("[2001:db8:1:2::5]:123", "2001:db8:1:2::"),
        ("[2001:db8:1:2::5]", "2001:db8:1:2::"),
        ("[::ffff:1.2.3.4]:80", "1.2.3.4"),
        ("9.9.9.9, 1.2.3.4:5678, 10.0.0.7:4711", "1.2.3.4"),
        ("1.2.3.4:", "10.0.0.1"),
        ("1.2.3.4:80:80", "10.0.0.1"),
        ("[1.2.3.4", "10.0.0.1"),
    ],
)
def test_an_address_with_a_port_is_the_client_s(
    forwarded: str, client: str, settings: Settings
) -> None:
    settings.TRUSTED_PROXIES = networks("10.0.0.0/8")
    request = RequestFactory().get(
        "/", REMOTE_ADDR="10.0.0.1", headers={"X-Forwarded-For": forwarded}
    )
    assert client_address(request) == client


# A proxy that nobody named


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Forwarded-Proto"])
def test_an_unknown_proxy_is_told_of_once(
    header: str, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.TRUSTED_PROXIES = networks("192.0.2.0/24")
    client = Client()
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            client.get("/healthz", headers={header: "203.0.113.9"}, REMOTE_ADDR="10.0.0.1")
    messages = [record.getMessage() for record in caplog.records]
    assert len(messages) == 1
    assert "10.0.0.1" in messages[0]
    assert "TRUSTED_PROXIES" in messages[0]


@pytest.mark.django_db
def test_a_known_one_and_none_are_not(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.TRUSTED_PROXIES = networks("10.0.0.0/8")
    forwarded: dict[str, Any] = {"headers": {"X-Forwarded-For": "203.0.113.9"}}
    with caplog.at_level(logging.WARNING):
        Client().get("/healthz", REMOTE_ADDR="10.0.0.1", **forwarded)
        Client().get("/healthz", REMOTE_ADDR="::ffff:10.0.0.1", **forwarded)
        Client().get("/healthz", REMOTE_ADDR="203.0.113.9")
    assert not caplog.records


def test_a_deployment_without_a_named_proxy_is_warned() -> None:
    command = ["check", "--deploy", "--fail-level", "WARNING"]
    result = manage(*command, HTTPS="true")
    assert result.returncode == 1
    assert "TRUSTED_PROXIES" in result.stderr
    assert manage(*command, HTTPS="true", TRUSTED_PROXIES="10.0.0.1").returncode == 0
    assert manage("check", "--fail-level", "WARNING", HTTPS="true").returncode == 0
