"""`manage.py check_links`, against a server of our own."""

import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from questions.checking import links
from questions.checking.links import Answer
from tests import build
from tests.commands import run
from tests.threads import soon


class Server(ThreadingHTTPServer):
    """Remembers what it was asked, and answers by path."""

    daemon_threads = True

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__((host, port), Handler)
        self.asked: list[tuple[str, str]] = []
        self.agents: set[str] = set()
        self.at_once = self.most_at_once = 0
        self.released = threading.Event()
        self.port = self.server_address[1]
        self.url = f"http://{host}:{self.port}"
        self.elsewhere = ""  # where /elsewhere redirects to


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_HEAD(self) -> None:
        self.respond()

    def do_GET(self) -> None:
        self.respond()

    def respond(self) -> None:
        server = self.server
        server.asked.append((self.command, self.path))
        server.agents.add(self.headers["User-Agent"])
        server.at_once += 1
        server.most_at_once = max(server.most_at_once, server.at_once)
        tries = Counter(server.asked)[self.command, self.path]
        match self.path.partition("?")[0].strip("/").split("/"):
            case ["status", code]:
                self.send_response(int(code))
            case ["moved", code]:
                self.send_response(int(code))
                self.send_header("Location", "/fine")
            case ["temporarily", "then", "for-good"]:
                self.send_response(302)
                self.send_header("Location", "/moved/301")
            case ["elsewhere"]:
                self.send_response(302)
                self.send_header("Location", server.elsewhere)
            case ["loop"]:
                self.send_response(301)
                self.send_header("Location", "/loop")
            case ["no-head"]:
                self.send_response(405 if self.command == "HEAD" else 200)
            case ["second-try"]:
                self.send_response(503 if tries < 2 else 200)
            case ["silent"]:
                server.released.wait(10)
                return
            case ["byte-by-byte"]:
                for byte in b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 1000:
                    self.wfile.write(bytes([byte]))
                    if server.released.wait(0.02):
                        return
            case ["round-and-round"]:
                server.released.wait(0.1)
                self.send_response(302)
                self.send_header("Location", f"/round-and-round/?{len(server.asked)}")
            case ["flood"]:
                self.send_response(405 if self.command == "HEAD" else 302)
                self.send_header("Location", "/fine")
                self.end_headers()
                while self.command == "GET" and not server.released.is_set():
                    self.wfile.write(b"-" * 65_536)
                return
            case ["hangs-up"]:
                self.connection.close()
                return
            case _:
                self.send_response(200)
        server.at_once -= 1
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def running(server: Server) -> Iterator[Server]:
    with server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield server
        server.released.set()
        server.shutdown()


@pytest.fixture
def server() -> Iterator[Server]:
    with running(Server()) as server:
        yield server


def check(*addresses: str, internal: bool = True, timeout: float = 10) -> list[Answer]:
    return links.check_addresses(addresses, internal=internal, timeout=timeout, pauses=(0.01, 0.01))


def test_a_good_address_is_asked_for_once_however_often_it_is_linked(server: Server) -> None:
    address = f"{server.url}/fine"
    assert check(address, address) == [Answer(address)]
    assert server.asked == [("HEAD", "/fine")]
    assert server.agents == {links.USER_AGENT}


def test_a_server_that_refuses_head_is_asked_with_get(server: Server) -> None:
    assert not check(f"{server.url}/no-head")[0].broken
    assert server.asked == [("HEAD", "/no-head"), ("GET", "/no-head")]


@pytest.mark.parametrize("code", [401, 403, 404, 410])
def test_a_refusal_is_broken_and_not_asked_for_again(server: Server, code: int) -> None:
    [answer] = check(f"{server.url}/status/{code}")
    assert answer.broken.startswith(str(code))
    assert [method for method, _ in server.asked] == ["HEAD", "GET"]


@pytest.mark.parametrize("path", ["/status/500", "/status/429", "/hangs-up", "/silent"])
def test_what_may_pass_is_tried_three_times(server: Server, path: str) -> None:
    [answer] = check(f"{server.url}{path}", timeout=0.2 if path == "/silent" else 10)
    assert answer.broken
    assert soon(lambda: len(server.asked) == 6, 10)  # its threads may be late
    assert Counter(method for method, _ in server.asked) == {"HEAD": 3, "GET": 3}


@pytest.mark.parametrize("path", ["/byte-by-byte", "/round-and-round"])
def test_an_answer_has_to_come_in_time_as_a_whole(server: Server, path: str) -> None:
    begun = time.monotonic()
    [answer] = check(f"{server.url}{path}", timeout=0.25)
    assert answer.broken == "timed out"
    assert time.monotonic() - begun < 10  # six requests, on a machine that may be busy


def test_the_text_of_a_redirect_is_not_read(server: Server) -> None:
    [answer] = check(f"{server.url}/flood", timeout=5)
    assert not answer.broken


def test_a_server_that_recovers_is_fine(server: Server) -> None:
    assert not check(f"{server.url}/second-try")[0].broken


@pytest.mark.parametrize("code", [301, 308])
def test_an_address_that_moved_for_good_is_named_with_its_fragment(
    server: Server, code: int
) -> None:
    address = f"{server.url}/moved/{code}#part"
    assert check(address) == [Answer(address, moved_to=f"{server.url}/fine#part")]


@pytest.mark.parametrize("path", ["/moved/302", "/moved/307", "/temporarily/then/for-good"])
def test_a_temporary_redirect_is_no_move(server: Server, path: str) -> None:
    address = f"{server.url}{path}"
    assert check(address) == [Answer(address)]


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1/", "http://", "http://[", "file:///etc/passwd", "http://x y/"]
)
def test_an_address_that_leads_nowhere_is_broken(address: str) -> None:
    assert check(address)[0].broken


def test_a_loop_is_broken(server: Server) -> None:
    assert check(f"{server.url}/loop")[0].broken


def test_a_host_gets_one_request_at_a_time(server: Server) -> None:
    answers = check(*(f"{server.url}/{n}" for n in range(20)))
    assert len(answers) == 20
    assert server.most_at_once == 1


# Walls


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "0", "[::1]", "[::]"),
        *("10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "169.254.169.254", "224.0.0.1"),
        *("255.255.255.255", "[::ffff:127.0.0.1]", "[::127.0.0.1]", "[fe80::1]", "[fec0::1]"),
        *("[fd00::1]", "[ff02::1]", "[2002:7f00:1::]", "[64:ff9b::7f00:1]", "[2001:db8::1]"),
    ],
)
def test_what_is_not_on_the_public_internet_is_not_asked(server: Server, host: str) -> None:
    [answer] = check(f"http://{host}:{server.port}/fine", internal=False)
    assert "is not on the public Internet" in answer.broken
    [answer] = check(f"https://{host}:{server.port}/fine", internal=False)
    assert "is not on the public Internet" in answer.broken
    assert server.asked == []


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_what_is_on_the_public_internet_may_be_asked(address: str) -> None:
    assert links.is_public(address)


@pytest.fixture
def inside(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server of the own network, where `server` is taken for one on the Internet."""
    monkeypatch.setattr(links, "is_public", lambda address: address == "127.0.0.1")
    with running(Server("127.0.0.2", server.port)) as inside:
        yield inside


def test_a_redirect_does_not_lead_inside(server: Server, inside: Server) -> None:
    for address in (inside.url, f"http://localhost:{server.port}"):
        server.elsewhere = f"{address}/fine"
        [answer] = check(f"{server.url}/elsewhere", internal=False)
        assert bool(answer.broken) == (address == inside.url)
    assert inside.asked == []


@pytest.mark.parametrize("scheme", ["ftp", "file"])
def test_a_redirect_does_not_leave_the_web(server: Server, scheme: str) -> None:
    server.elsewhere = f"{scheme}://127.0.0.1:{server.port}/"
    assert check(f"{server.url}/elsewhere")[0].broken


def test_a_host_is_asked_at_the_address_that_was_checked(
    server: Server, inside: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its name may lead elsewhere a moment later, or to several addresses."""
    answers = [["127.0.0.2", "127.0.0.1"], *[["127.0.0.2"]] * 9]
    look_up = socket.getaddrinfo

    def answer(host: str, *arguments: Any, **options: Any) -> Any:
        names = answers.pop(0) if host == "rebinding.example" else [host]
        return [found for name in names for found in look_up(name, *arguments, **options)]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    address = f"http://rebinding.example:{server.port}/fine"
    assert check(address, internal=False) == [Answer(address)]
    assert check(address, internal=False)[0].broken
    assert (server.asked, inside.asked) == ([("HEAD", "/fine")], [])


def test_no_proxy_is_asked(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    assert check("http://10.0.0.1/", internal=False)[0].broken
    assert server.asked == []


@pytest.mark.skipif(not shutil.which("openssl"), reason="OpenSSL's command makes the certificate")
def test_over_tls_the_name_is_checked(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    certificate = tmp_path / "certificate.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext"
    subprocess.run(  # noqa: S603
        [
            *command.split(),
            "subjectAltName=DNS:localhost",
            *("-keyout", str(tmp_path / "key"), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, tmp_path / "key")
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    address = f"https://localhost:{server.port}/fine"
    assert "CERTIFICATE_VERIFY_FAILED" in check(address)[0].broken
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert check(address) == [Answer(address)]
    assert "CERTIFICATE_VERIFY_FAILED" in check(f"https://127.0.0.1:{server.port}/")[0].broken


# The command


@pytest.mark.django_db
def test_the_command_asks_neither_drafts_nor_hosts_inside(server: Server) -> None:
    build.question(further_reading=f"- [A]({server.url}/fine)\n")
    build.question(further_reading=f"- [B]({server.url}/draft)\n", published=False)
    result = run("check_links")
    assert (result.code, server.asked) == (1, [])
    assert "127.0.0.1 is not on the public Internet" in result.text
    assert run("check_links", "--internal").code == 0
    assert server.asked == [("HEAD", "/fine")]


@pytest.mark.django_db
def test_the_command_lists_the_broken_and_the_moved_with_their_questions(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "PAUSES", ())
    build.question(slug="one", further_reading=f"- [A]({server.url}/status/404)\n")
    build.question(
        slug="two",
        further_reading=f"- [A]({server.url}/status/404)\n- [B]({server.url}/moved/301)\n",
    )
    result = run("check_links", "--internal")
    assert result.code == 1
    assert result.text == (
        f"moved: {server.url}/moved/301 (two) to {server.url}/fine\n"
        f"broken: {server.url}/status/404 (one, two): 404 Not Found\n"
        "2 addresses, 1 broken, 1 moved.\n"
    )


@pytest.mark.django_db
def test_the_command_reads_files_and_succeeds_where_nothing_is_broken(
    server: Server, tmp_path: Path
) -> None:
    text = (settings.BASE_DIR / "fixtures" / "bank.yaml").read_text()
    path = tmp_path / "some.yaml"
    path.write_text(text.replace("](https://", f"]({server.url}/"))
    result = run("check_links", path, "--internal")
    assert result.code == 0
    assert "0 broken, 0 moved" in result.text
    assert len(server.asked) > 30
