"""Faults that the running site survives, in small; `make faults` measures them under load."""

import hashlib
import inspect
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from gunicorn.workers import gthread

from tests.test_watching import Server

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


def connect(server: Server, sent: bytes = b"") -> socket.socket:
    client = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    client.sendall(sent)
    return client


def status(client: socket.socket) -> str:
    """Read the answer's first line; raises ConnectionResetError where the client was cut off."""
    with client:
        return client.recv(65536).decode().partition("\r\n")[0]


def workers(server: Server) -> list[int]:
    pid = server.process.pid
    return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


# The worker


def test_gunicorn_is_the_one_that_our_worker_was_written_for() -> None:
    """If this fails after an upgrade: read docs/decisions/012, compare, and renew the digest."""
    digest = hashlib.sha256(inspect.getsource(gthread).encode()).hexdigest()
    assert digest[:16] == "2aa395873b3e9084"


def test_who_waits_in_the_queue_is_answered_although_the_site_stops(server: Server) -> None:
    for pid in workers(server):
        os.kill(pid, signal.SIGSTOP)
    waiting = [connect(server, LAST) for _ in range(20)]
    stopped = workers(server)
    server.process.terminate()
    time.sleep(0.2)
    for pid in stopped:
        os.kill(pid, signal.SIGCONT)
    assert {status(client) for client in waiting} == {"HTTP/1.1 200 OK"}
    assert server.process.wait(10) == 0


def test_idle_and_half_sent_connections_do_not_hold_up_a_stop(server: Server) -> None:
    silent = [connect(server) for _ in range(3)]
    half = [connect(server, REQUEST) for _ in range(3)]
    idle = [connect(server, KEPT) for _ in range(3)]
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
    assert time.monotonic() - began < 4
    for client in silent + half + idle:
        client.close()


def test_a_client_that_keeps_its_end_open_holds_up_nobody(server: Server) -> None:
    held = [connect(server, LAST) for _ in range(10)]
    time.sleep(0.2)
    began = time.monotonic()
    for _ in range(4):
        assert status(connect(server, LAST)) == "HTTP/1.1 200 OK"
    assert time.monotonic() - began < 1
    for client in held:
        client.close()


def test_a_head_that_does_not_end_is_given_up(folder: Path) -> None:
    source = (settings.BASE_DIR / "gunicorn.conf.py").read_text()
    assert "HEAD_SECONDS = 10\n" in source
    hasty = folder / "hasty.conf.py"
    hasty.write_text(source.replace("HEAD_SECONDS = 10\n", "HEAD_SECONDS = 1\n"))
    server = Server(folder, GUNICORN_CMD_ARGS=f"--config {hasty}")
    try:
        client = connect(server, REQUEST)
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
                answer: object = status(connect(server, LAST))
            except OSError as error:
                answer = error
            if answer != "HTTP/1.1 200 OK":
                wrong.append(answer)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    before = workers(server)
    server.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 15
    while set(before) & set(workers(server)) and time.monotonic() < deadline:
        time.sleep(0.05)
    done.set()
    for thread in threads:
        thread.join()
    assert not set(before) & set(workers(server))
    assert not wrong
