"""Behind a proxy: who a client is, in the set-ups that are shipped and documented."""

import logging
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.test import Client, RequestFactory
from pytest_django import Settings

from qabank.clients import client_address
from tests.commands import manage
from tests.conftest import require
from tests.nginx import NGINX, documented, running, shipped
from tests.qabank.login import PASSWORD, networks
from tests.servers import Server, log_in
from tests.threads import at_once

COMPOSE = yaml.safe_load((settings.BASE_DIR / "compose.yaml").read_text())


# nginx


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    require("nginx", NGINX)
    server = Server(tmp_path_factory.mktemp("site"), TRUSTED_PROXIES="127.0.0.1")
    server.create_owner(PASSWORD)
    yield server
    server.stop()


@pytest.fixture(scope="module", params=[shipped, documented], ids=["shipped", "documented"])
def front(
    request: pytest.FixtureRequest, site: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[int]:
    """The port of a running nginx."""
    with running(request.param, site.port, tmp_path_factory.mktemp("nginx")) as port:
        yield port


def test_a_forged_address_passes_no_proxy_of_ours(front: int, site: Server) -> None:
    mine, victim = addresses(front, 1, 2)
    codes = [log_in(front, mine, f"wrong {n}", f"203.0.113.{n}") for n in range(4)]
    codes += [log_in(front, mine, f"wrong {n}", f"{victim}, 127.0.0.1") for n in range(5)]
    assert codes == [200] * 7 + [429] * 2
    assert log_in(front, mine, PASSWORD) == 429
    # Neither the one whose address was forged nor anybody else is locked out.
    assert log_in(front, victim, PASSWORD) == 302
    assert "TRUSTED_PROXIES" not in site.err.read_text()


@pytest.mark.parametrize("front", [shipped], ids=["shipped"], indirect=True)
def test_of_many_at_once_few_are_checked_whatever_addresses_they_forge(front: int) -> None:
    mine, victim = addresses(front, 3, 4)
    codes = at_once(
        *(partial(log_in, front, mine, f"wrong {n}", f"203.0.113.{n}") for n in range(40))
    )
    assert set(codes) == {200, 429}
    assert codes.count(200) < settings.AXES_FAILURE_LIMIT
    assert log_in(front, victim, PASSWORD) == 302


def addresses(front: int, *numbers: int) -> list[str]:
    """Return addresses that only this proxy's clients have: both have one site behind them."""
    return [f"127.{number}.{front >> 8}.{front & 255}" for number in numbers]


# A request that hides in another one: proxy and site have to agree where each ends.

HIDDEN = "GET {name} HTTP/1.1\r\nHost: localhost\r\n\r\n"
LENGTH, CHUNKS = "Content-Length: {length}", "Transfer-Encoding: chunked"
HEADS = {
    "length and chunks": f"{LENGTH}\r\n{CHUNKS}",
    "chunks and length": f"{CHUNKS}\r\n{LENGTH}",
    "two lengths": f"Content-Length: 0\r\n{LENGTH}",
    "two lengths in one": "Content-Length: 0, {length}",
    "length with a sign": "Content-Length: +{length}",
    "length below zero": "Content-Length: -1",
    "length in other digits": "Content-Length: \xb2",
    "length before a space": "Content-Length : {length}",
    "length of a folded line": "Content-Length:\r\n {length}",
    "space before the chunks": f"{LENGTH}\r\nTransfer-Encoding : chunked",
    "tab before the chunks": f"{LENGTH}\r\nTransfer-Encoding:\tchunked",
    "vertical tab": f"{LENGTH}\r\nTransfer-Encoding: \x0bchunked",
    "chunks in another case": f"{LENGTH}\r\ntRANSFER-ENCODING: ChUnKeD",
    "unknown encoding": f"{LENGTH}\r\nTransfer-Encoding: xchunked",
    "chunks twice": f"{LENGTH}\r\n{CHUNKS}\r\n{CHUNKS}",
    "chunks before another": f"{LENGTH}\r\nTransfer-Encoding: chunked, identity",
    "chunks with an underscore": f"{LENGTH}\r\nTransfer_Encoding: chunked",
    "a line that ends early": f"X: y\n{LENGTH}\r\n{CHUNKS}",
    "a bare return": f"X: y\r{CHUNKS}\r\n{LENGTH}",
    "a zero byte": f"X: y\x00\r\n{LENGTH}\r\n{CHUNKS}",
}


def test_no_request_hides_in_another(site: Server) -> None:
    assert hidden_requests_seen(site.port, site) == set()


def test_no_request_hides_in_another_behind_a_proxy(front: int, site: Server) -> None:
    assert hidden_requests_seen(front, site) == set()


def hidden_requests_seen(port: int, site: Server) -> set[str]:
    """Hide a request wherever a length may be read in two ways; return those that were answered."""
    names = []
    for number, head in enumerate(HEADS.values()):
        for body in ("{hidden}", "0\r\n\r\n{hidden}"):
            names.append(f"/hidden-{port}-{number}-{len(body)}")
            content = body.format(hidden=HIDDEN.format(name=names[-1]))
            outer = f"POST / HTTP/1.1\r\nHost: localhost\r\n{head.format(length=len(content))}"
            send(port, f"{outer}\r\n\r\n{content}".encode("latin-1"))
            # Who comes next on a connection of the proxy's gets an answer of its own.
            asked = b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n"
            assert b"alive" in send(port, asked, patience=20)
    seen = {str(line.get("path")) for line in site.lines()}
    assert "/healthz" in seen
    return seen & set(names)


def send(port: int, text: bytes, patience: float = 0.5) -> bytes:
    """Return all that is answered until the connection closes, or nothing has come so long."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as client:
        client.sendall(text)
        with suppress(OSError):
            while data := client.recv(65536):
                answer += data
    return answer


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
