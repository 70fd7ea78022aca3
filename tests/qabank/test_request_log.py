"""Probes, the line for each request, and the optional reporters."""

import gzip
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import brotli
import pytest
from django.conf import settings
from django.db import DatabaseError
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from tests import build
from tests.commands import manage
from tests.servers import Server, prepared_url

PROBES = ["/healthz", "/readyz"]


# Probes


@pytest.mark.django_db
@pytest.mark.parametrize("address", PROBES)
def test_probes_answer_to_any_host_over_plain_http_and_are_never_cached(
    address: str, settings: Any
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    build.question()
    response = Client().get(address, headers={"host": "10.1.2.3:8000"})
    assert response.status_code == 200
    assert "no-store" in response.headers["Cache-Control"]
    assert Client().post(address).status_code == 405


@pytest.mark.django_db
def test_an_empty_bank_is_not_ready_and_strangers_do_not_learn_why(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    build.question(published=False)
    response = client.get("/readyz")
    assert (response.status_code, response.content) == (503, b"not ready\n")
    assert "the bank is empty" in caplog.text
    assert client.get("/healthz").status_code == 200


@pytest.mark.django_db
def test_a_migration_that_is_not_applied_is_not_ready(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    build.question()
    MigrationRecorder.Migration.objects.filter(app="questions").latest("id").delete()
    assert client.get("/readyz").status_code == 503
    assert "migrations" in caplog.text


@pytest.mark.django_db
def test_without_a_database_the_site_is_alive_but_not_ready(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*args: object) -> None:
        raise DatabaseError("password=secret")

    monkeypatch.setattr("qabank.probes.MigrationExecutor", fail)
    response = client.get("/readyz")
    assert (response.status_code, response.content) == (503, b"not ready\n")
    assert client.get("/healthz").content == b"alive\n"
    assert "can't be used" in caplog.text


def test_without_a_token_there_are_no_metrics(client: Client, db: None) -> None:
    assert client.get("/metrics").status_code == 404


# A running server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("server"), METRICS_TOKEN="sesame")
    yield running
    running.stop()


def test_a_process_that_is_stopped_writes_what_it_has_not_written_yet(tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.get("/?q=at+the+last+moment", X_Request_ID="last")
    server.stop()
    assert "last" in {line["id"] for line in server.lines()}


def test_each_request_is_one_line_without_its_query(server: Server) -> None:
    server.get("/?q=my+secret", X_Request_ID="mine-1")
    server.get("/questions/%0Aforged/%C3%A9", X_Request_ID="mine-2")
    lines = {line["id"]: line for line in server.lines("mine-1", "mine-2")}
    line = lines["mine-1"]
    assert (line["method"], line["path"], line["status"]) == ("GET", "/", 200)
    assert line["ms"] > 0
    assert "secret" not in server.out.read_text()
    line = lines["mine-2"]
    assert (line["path"], line["status"]) == ("/questions/\nforged/é", 404)


# A process that answers requests, whose threads it counts at the end.
ANSWERING = """
import sys, threading
from qabank import request_log
request_log.BoundedQueueHandler.LIMIT = 500
from qabank.wsgi import application
path, times = sys.argv[1], int(sys.argv[2])
for _ in range(times):
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": path, "SERVER_NAME": "localhost",
        "SERVER_PORT": "80", "wsgi.url_scheme": "http", "wsgi.input": sys.stdin.buffer,
    }
    statuses = []
    answer = application(environ, lambda status, headers: statuses.append(status[:3]))
    answer.close()
    assert statuses == ["200"] or path != "/healthz"
queued = request_log.logger.handlers[0].queue.qsize()
print(threading.active_count(), queued <= 500, file=sys.stderr)
"""


def answering(path: str, times: int, stdout: Any, **environment: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", ANSWERING, path, str(times)],
        cwd=settings.BASE_DIR,
        env={**os.environ, **environment},
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_path_cannot_forge_a_line_of_a_plain_log() -> None:
    path = "/nothing\n12:00:00 INFO GET /admin/ 200\r\x1b[2J"
    process = answering(path, 1, subprocess.PIPE, LOG_FORMAT="plain")
    out, _ = process.communicate(timeout=30)
    assert out.count("\n") == 1
    assert "INFO GET /nothing\ufffd12:00:00 INFO GET /admin/ 200\ufffd\ufffd[2J " in out


def test_a_reader_that_hangs_holds_up_nobody_and_costs_a_bounded_amount() -> None:
    reader, writer = os.pipe()
    process = answering("/healthz", 3000, writer)
    os.close(writer)
    _, report = process.communicate(timeout=60)
    assert (process.returncode, report) == (0, "2 True\n")  # the main thread and the log's
    os.close(reader)


@pytest.mark.parametrize("fault", ["gone", "full"])
def test_lines_that_cannot_be_written_fail_nobody(fault: str) -> None:
    if fault == "full":
        writer = os.open("/dev/full", os.O_WRONLY)
    else:
        reader, writer = os.pipe()
        os.close(reader)
    process = answering("/healthz", 20, writer)
    os.close(writer)
    _, report = process.communicate(timeout=60)
    assert (process.returncode, report) == (0, "2 True\n")


def test_an_id_is_taken_or_made_and_sent_back(server: Server) -> None:
    assert server.get("/healthz", X_Request_ID="abc-1")[1]["X-Request-ID"] == "abc-1"
    for odd in ("a" * 129, "a b", 'a"b', ""):
        made = server.get("/healthz", X_Request_ID=odd)[1]["X-Request-ID"]
        assert len(made) == 16
    assert server.get("/static/nothing", X_Request_ID="abc-2")[1]["X-Request-ID"] == "abc-2"


def test_no_answer_names_the_server(server: Server) -> None:
    for address in ("/", "/nothing/", "/healthz"):
        headers = server.get(address)[1]
        assert "Server" not in headers
        assert "gunicorn" not in str(headers)


def test_metrics_of_all_workers_are_for_those_who_know_the_token(server: Server) -> None:
    for authorization in ("", "Bearer wrong", "sesame"):
        assert server.get("/metrics", Authorization=authorization)[0] == 404

    def count() -> float:
        text = server.get("/metrics", Authorization="Bearer sesame")[2].decode()
        return sum(
            float(line.rpartition(" ")[2])
            for line in text.splitlines()
            if line.startswith("qabank_requests_total") and 'status="404"' in line
        )

    before = count()
    for _ in range(20):
        server.get("/nothing/")
    assert count() == before + 20


def test_what_a_reporter_needs_is_asked_for_in_one_line(tmp_path: Path) -> None:
    # As where only requirements.txt is installed.
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as u; f = u.find_spec\n"
        "u.find_spec = lambda n, *a: None if n in ('sentry_sdk', 'prometheus_client')"
        " else f(n, *a)\n"
    )
    for name in ("SENTRY_DSN", "METRICS_TOKEN"):
        result = manage("check", PYTHONPATH=str(tmp_path), **{name: "https://a@b/1"})
        assert result.returncode != 0
        assert f"{name} needs a package" in result.stderr.strip().splitlines()[-1]


def test_errors_reach_sentry_without_who_asked_for_what(tmp_path: Path) -> None:
    database = prepared_url(tmp_path)
    reports: list[bytes] = []

    class Sentry(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            decode = {"br": brotli.decompress, "gzip": gzip.decompress}
            reports.append(decode.get(self.headers["Content-Encoding"], bytes)(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Sentry) as receiver:
        threading.Thread(target=receiver.serve_forever, daemon=True).start()
        code = (
            "import sentry_sdk; from django.test import Client; from questions.pages import views;"
            "views.list_page = lambda *args: 1 / 0;"
            "c = Client(raise_request_exception=False, headers={'host': 'localhost'});"
            "print(c.get('/?q=whisper', headers={'cookie': 'sessionid=hush'}).status_code);"
            "sentry_sdk.flush(5)"
        )
        dsn = f"http://key@127.0.0.1:{receiver.server_port}/1"
        result = manage("shell", "-v0", "-c", code, DATABASE_URL=database, SENTRY_DSN=dsn)
        receiver.shutdown()
    assert result.stdout.splitlines()[-1] == "500"
    sent = b"".join(reports)
    assert b"ZeroDivisionError" in sent
    assert b'"query_string"' not in sent
    assert b'"cookies"' not in sent
    assert b'"vars"' not in sent
