"""Faults that the running site survives, in small; `make faults` measures them under load."""

import hashlib
import http.client
import inspect
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from gunicorn.workers import gthread

from tests.commands import manage
from tests.servers import Server
from tests.threads import quickest, soon

IS_SQLITE = "sqlite" in settings.DATABASES["default"]["ENGINE"]

REQUEST = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
KEPT, LAST = REQUEST + b"\r\n", REQUEST + b"Connection: close\r\n\r\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("faults")


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    server = Server(folder)
    yield server
    server.process.kill()
    server.process.wait()


def status(client: socket.socket) -> str:
    """Read the answer's first line; raises ConnectionResetError where the client was cut off."""
    with client:
        return client.recv(65536).decode().partition("\r\n")[0]


# The worker


def test_gunicorn_is_the_one_that_our_worker_was_written_for() -> None:
    """If this fails after an upgrade: read docs/decisions/012, compare, and renew the digest."""
    digest = hashlib.sha256(inspect.getsource(gthread).encode()).hexdigest()
    assert digest[:16] == "2aa395873b3e9084"


def test_who_waits_in_the_queue_is_answered_although_the_site_stops(server: Server) -> None:
    for pid in server.workers():
        os.kill(pid, signal.SIGSTOP)
    waiting = [server.connect(LAST) for _ in range(20)]
    stopped = server.workers()
    server.process.terminate()
    time.sleep(0.2)
    for pid in stopped:
        os.kill(pid, signal.SIGCONT)
    assert {status(client) for client in waiting} == {"HTTP/1.1 200 OK"}
    assert server.process.wait(10) == 0


def configured(folder: Path, **values: int) -> str:
    """Return gunicorn's options for a configuration with other values than the shipped one."""
    text = (settings.BASE_DIR / "gunicorn.conf.py").read_text()
    for name, value in values.items():
        text, count = re.subn(rf"^{name} = \d+$", f"{name} = {value}", text, flags=re.MULTILINE)
        assert count == 1, name
    path = folder / "other.conf.py"
    path.write_text(text)
    return f"--config {path}"


@pytest.fixture
def patient(folder: Path) -> Iterator[Server]:
    """A server that gives a connection three seconds when it stops, and a minute before."""
    options = configured(folder, STOP_SECONDS=3, HEAD_SECONDS=60, keepalive=60)
    server = Server(folder, GUNICORN_CMD_ARGS=options)
    yield server
    server.process.kill()
    server.process.wait()


def test_idle_and_half_sent_connections_do_not_hold_up_a_stop(patient: Server) -> None:
    server = patient
    silent = [server.connect() for _ in range(3)]
    half = [server.connect(REQUEST) for _ in range(3)]
    idle = [server.connect(KEPT) for _ in range(3)]
    for client in idle:
        answer = b""
        while not answer.endswith(b"alive\n\r\n0\r\n\r\n"):
            answer += client.recv(65536)
    began = time.monotonic()
    server.process.terminate()
    time.sleep(0.3)
    idle[0].sendall(KEPT)  # it was on its way
    assert status(idle[0]) == "HTTP/1.1 200 OK"
    assert server.process.wait(10) == 0
    assert time.monotonic() - began < 7  # at eight the rest would be cut off
    for client in silent + half + idle:
        client.close()


def test_a_client_that_keeps_its_end_open_holds_up_nobody(server: Server) -> None:
    held = [server.connect(LAST) for _ in range(10)]
    time.sleep(0.2)

    def ask() -> None:
        """Ask both workers, and leave the ends open again."""
        asked = [server.connect(LAST) for _ in range(4)]
        held.extend(asked)
        assert {client.recv(65536)[:15] for client in asked} == {b"HTTP/1.1 200 OK"}

    assert quickest(ask) < 1
    for client in held:
        client.close()


def test_a_head_that_does_not_end_is_given_up(folder: Path) -> None:
    server = Server(folder, GUNICORN_CMD_ARGS=configured(folder, HEAD_SECONDS=1))
    try:
        client = server.connect(REQUEST)
        began = time.monotonic()
        while time.monotonic() - began < 8:
            time.sleep(0.2)
            try:
                client.sendall(b"X-Slow: 1\r\n")
            except OSError:
                break
        assert time.monotonic() - began < 4
        client.close()
        assert server.get("/")[0] == 200
    finally:
        server.stop()


def test_a_reload_loses_nobody(server: Server) -> None:
    wrong: list[object] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            try:
                answer: object = status(server.connect(LAST))
            except OSError as error:
                answer = error
            if answer != "HTTP/1.1 200 OK":
                wrong.append(answer)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    before = server.workers()
    server.process.send_signal(signal.SIGHUP)
    are_replaced = soon(lambda: not set(before) & set(server.workers()), 60)
    done.set()
    for thread in threads:
        thread.join()
    assert are_replaced
    assert not wrong


def test_a_stop_cuts_no_answer(server: Server) -> None:
    """Clients that ask for page after page on one connection each."""
    lengths: list[int] = []
    wrong: list[object] = []
    is_stopping = threading.Event()

    def ask() -> None:
        client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        client.connect()
        try:
            while client.sock:  # until an answer says that it was the last one
                client.request("GET", "/?open=all")
                lengths.append(len(client.getresponse().read()))
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError) as error:
            # The idle connection was closed, before a byte of the next answer.
            if not is_stopping.is_set():
                wrong.append(error)
        except (OSError, http.client.HTTPException) as error:
            wrong.append(error)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert soon(lambda: len(lengths) > 20, 20)
    is_stopping.set()
    server.process.terminate()
    for thread in threads:
        thread.join()
    assert server.process.wait(10) == 0
    assert not wrong
    assert len(set(lengths)) == 1


# The database


class Relay:
    """Stands between the site and PostgreSQL's socket, and can be cut or frozen."""

    def __init__(self, folder: Path, host: str) -> None:
        name = ".s.PGSQL.5432"
        self.path, self.target = folder / name, f"{host}/{name}"
        self.flows = threading.Event()
        self.pairs: list[socket.socket] = []
        self.mend()

    def mend(self) -> None:
        self.flows.set()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.listener.listen()
        threading.Thread(target=self.accept, args=[self.listener], daemon=True).start()

    def accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self.target)
                self.pairs += [client, server]
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=self.pump, args=pair, daemon=True).start()

    def pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                self.flows.wait()
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    def cut(self) -> None:
        self.path.unlink()
        # shutdown wakes who waits in it; close alone does not.
        for each in [self.listener, *self.pairs]:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self.pairs.clear()


@pytest.mark.skipif(not IS_SQLITE, reason="SQLite's")
def test_a_disk_that_comes_late_is_503_until_then(database_address: str, tmp_path: Path) -> None:
    server = Server(tmp_path, DATABASE_URL=database_address, WEB_CONCURRENCY="1")
    try:
        data, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
        data.rename(elsewhere)
        code, headers, body = server.get("/")
        assert (code, headers["Retry-After"]) == (503, "5")
        assert b"out of reach" in body
        assert server.get("/readyz")[0] == 503
        assert server.get("/healthz")[0] == 200
        elsewhere.rename(data)
        assert server.get("/")[0] == 200
        assert "Traceback" not in server.err.read_text()
    finally:
        server.stop()


@pytest.mark.skipif(IS_SQLITE, reason="PostgreSQL's")
def test_kept_pages_go_on_without_postgresql_and_the_others_return_with_it(
    database_address: str, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    relay = Relay(folder, settings.DATABASES["default"]["HOST"])
    relayed = f"postgres://qabank@{quote(str(folder), safe='')}/faults"
    server = Server(tmp_path, DATABASE_URL=relayed, WEB_CONCURRENCY="1")
    try:
        tag = server.get("/")[1]["ETag"]
        numbers = iter(range(1000))

        def other() -> int:
            return server.get(f"/?open=word{next(numbers)}")[0]

        def kept() -> list[int]:
            found: list[int] = []

            def ask() -> None:
                found[:] = [server.get("/")[0], server.get("/", If_None_Match=tag)[0]]

            assert quickest(ask, 2) < 1
            return found

        assert other() == 200
        relay.cut()
        for _ in range(3):
            assert kept() == [200, 304]
            began = time.monotonic()
            code, headers, _ = server.get("/?level=core")
            assert (code, headers["Retry-After"]) == (503, "5")
            assert time.monotonic() - began < 4
        # Who waits at this moment is not forgotten.
        statuses: list[int] = []
        waiting = threading.Thread(target=lambda: statuses.append(other()))
        waiting.start()
        time.sleep(0.2)
        relay.mend()
        waiting.join(20)
        assert statuses == [200]
        # Gone without a word: connections stay open and nothing comes.
        relay.flows.clear()
        time.sleep(3)  # what was heard before no longer counts
        for _ in range(3):
            assert kept() == [200, 304]
        relay.flows.set()
        assert soon(lambda: other() == 200, 1)
        assert "Traceback" not in server.err.read_text()
    finally:
        relay.flows.set()
        server.stop()
        relay.cut()


def test_a_refresh_that_is_killed_before_its_end_leaves_the_old_bank(
    database_address: str, tmp_path: Path
) -> None:
    before, file, after = (tmp_path / name for name in ("before.yaml", "new.yaml", "after.yaml"))

    def run(*calls: str) -> int:
        """Run commands in a process of their own, which costs more than they do."""
        code = "; ".join(["from django.core.management import call_command as call", *calls])
        return manage("shell", "-v0", "-c", code, DATABASE_URL=database_address).returncode

    prepare, export = "call('prepare', '--no-static')", "call('export_bank', {!r})"
    assert run(prepare, export.format(str(before))) == 0
    file.write_text(before.read_text().replace("level: core", "level: expert"))
    refresh = f"call('refresh_bank', {str(file)!r})"
    killed = (
        "import os, signal",
        "from questions.refreshing import plan",
        "plan.remember = lambda entries: os.kill(os.getpid(), signal.SIGKILL)",
        refresh,
    )
    assert run(*killed) == -signal.SIGKILL
    assert run(export.format(str(after)), refresh, export.format(str(tmp_path / "last.yaml"))) == 0
    assert after.read_text() == before.read_text()
    assert (tmp_path / "last.yaml").read_text() == file.read_text()
