"""`manage.py check_links`, against a server of our own."""

import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from django.conf import settings

from questions.checking import links
from questions.checking.links import Answer
from tests import build
from tests.commands import run


class Server(ThreadingHTTPServer):
    """Remembers what it was asked, and answers by path."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, str]] = []
        self.agents: set[str] = set()
        self.at_once = self.most_at_once = 0
        self.released = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


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
        match self.path.strip("/").split("/"):
            case ["status", code]:
                self.send_response(int(code))
            case ["moved", code]:
                self.send_response(int(code))
                self.send_header("Location", "/fine")
            case ["temporarily", "then", "for-good"]:
                self.send_response(302)
                self.send_header("Location", "/moved/301")
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
            case ["hangs-up"]:
                self.connection.close()
                return
            case _:
                self.send_response(200)
        server.at_once -= 1
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield server
        server.released.set()
        server.shutdown()


def check(*addresses: str) -> list[Answer]:
    return links.check_addresses(addresses, timeout=0.2, pauses=(0.01, 0.01))


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
    [answer] = check(f"{server.url}{path}")
    assert answer.broken
    assert [method for method, _ in server.asked] == ["HEAD", "GET"] * 3


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


# The command


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
    result = run("check_links")
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
    result = run("check_links", path)
    assert result.code == 0
    assert "0 broken, 0 moved" in result.text
    assert len(server.asked) > 30
