"""
What an operator sees of the running site: an id and a line for each request, and metrics.

The line names the path without its query and no address: what somebody searched for is nobody's
business. Prometheus counts only where METRICS_TOKEN is set (`probes.py` shows the counts).
"""

import atexit
import contextlib
import contextvars
import datetime
import functools
import json
import logging
import os
import random
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TextIO
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.conf import settings

USABLE_ID = re.compile(r"[\w.:=/+-]{1,128}", re.ASCII)
OTHER_CHARSET = re.compile(r"""charset\s*=\s*(?!["']?utf-8["']?\s*(;|$))""", re.IGNORECASE)
CACHE_STATE = "qabank.cache_state"  # in WSGI's environ: "hit", "stale", "miss", or not there
METHODS = {"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"}

logger = logging.getLogger("qabank.requests")
request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")


class Watched:
    """
    The outermost layer of the site: names each request, and tells how it went.

    It stands around the page cache too: an answer that is kept and given to many still gets an
    id and a line for each of them.
    """

    def __init__(self, application: WSGIApplication) -> None:
        self.application = application
        self.observe = metrics().observe if settings.METRICS_TOKEN else None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        started = time.perf_counter()
        given = environ.get("HTTP_X_REQUEST_ID", "")
        name = given if USABLE_ID.fullmatch(given) else f"{random.getrandbits(64):016x}"
        environ["HTTP_X_REQUEST_ID"] = name
        if OTHER_CHARSET.search(environ.get("CONTENT_TYPE", "")):
            # Django would decode the query by it, before any middleware: charset=hex is a 500.
            environ["CONTENT_TYPE"] = ""
        method = environ["REQUEST_METHOD"]
        # Bytes as Latin-1 (PEP 3333), until Django replaces them by text.
        path = environ.get("PATH_INFO", "").encode("latin-1").decode(errors="replace")
        token = request_id.set(name)
        status = 500  # what gunicorn answers where the application raises

        def start(
            status_line: str, headers: list[tuple[str, str]], *rest: Any
        ) -> Callable[[bytes], object]:
            nonlocal status
            status = int(status_line[:3])
            return start_response(status_line, [*headers, ("X-Request-ID", name)], *rest)

        try:
            return self.application(environ, start)
        finally:
            seconds = time.perf_counter() - started
            cache = environ.get(CACHE_STATE, "")
            if self.observe:
                self.observe(method, status, cache, seconds)
            if logger.isEnabledFor(logging.INFO):
                request_log.add(Answered(time.time(), name, method, path, status, seconds, cache))
            request_id.reset(token)


class Answered(NamedTuple):
    """A request that was answered."""

    at: float  # seconds since 1970
    request: str  # its id
    method: str
    path: str
    status: int
    seconds: float
    cache: str  # its state


class RequestLog:
    """
    Tells of the requests that were answered within a fifth of a second at once.

    While a thread waits for the system, Python lets another one run. Under load that costs more
    than answering with a page out of the cache. What was not written is lost if the process is
    killed, and written if it ends.
    """

    PAUSE = 0.2  # seconds

    def __init__(self) -> None:
        self.answered: deque[Answered] = deque()  # threads may add to it without a lock
        self.is_waiting = False
        self.writing = threading.Lock()
        atexit.register(self.write)

    def add(self, answered: Answered) -> None:
        self.answered.append(answered)
        if not self.is_waiting:
            self.is_waiting = True
            try:
                threading.Thread(target=self.write_soon, daemon=True).start()
            except RuntimeError:  # no thread now, or the process ends, and writes at last
                self.is_waiting = False

    def write_soon(self) -> None:
        time.sleep(self.PAUSE)
        self.is_waiting = False
        self.write()

    def write(self) -> None:
        with self.writing:
            while self.answered:
                logger.handle(RequestRecord(self.answered.popleft()))
            for handler in logger.handlers:
                handler.flush()


request_log = RequestLog()


class RequestRecord(logging.LogRecord):
    """
    The record of a request.

    `logger.info` would look for the line of code that calls it, the process and the thread, which
    together cost several times what a page out of the cache does. Here they are found out once.
    """

    same = logging.LogRecord(logger.name, logging.INFO, __file__, 0, "", None, None).__dict__

    def __init__(self, answered: Answered) -> None:
        self.__dict__.update(self.same)
        self.created, self.id, self.method, self.path, self.status, seconds, self.cache = answered
        self.ms = round(seconds * 1000, 1)

    def getMessage(self) -> str:  # noqa: N802 (logging's name)
        return f"{self.method} {self.path} {self.status}"


def without_visitor(event: Any, hint: Any) -> Any:
    """Take from a report to Sentry what a visitor asked for, and who it was."""
    request = event.get("request", {})
    for name in ("query_string", "cookies", "data", "env"):
        request.pop(name, None)
    headers = request.get("headers", {})
    request["headers"] = {name: headers[name] for name in headers if name == "X-Request-Id"}
    return event


# Log lines


class JSONFormatter(logging.Formatter):
    """One line of JSON for each record, whatever the message holds."""

    extra = ("method", "path", "status", "ms", "cache")
    encode = json.JSONEncoder(default=str).encode  # json.dumps would make an encoder for each line

    def format(self, record: logging.LogRecord) -> str:
        fields = record.__dict__
        line = {
            "time": f"{second(int(record.created))}.{int(record.created % 1 * 1000):03}+00:00",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "id": fields.get("id") or request_id.get(),
            **{name: fields[name] for name in self.extra if name in fields},
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return self.encode(line)


@functools.lru_cache(maxsize=4)
def second(timestamp: int) -> str:
    """Return a moment in ISO 8601; many lines share its second."""
    return datetime.datetime.fromtimestamp(timestamp, datetime.UTC).isoformat()[:19]


class BatchHandler(logging.StreamHandler[TextIO]):
    """Writes its lines at once when it is flushed."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{self.format(record)}{self.terminator}")

    def flush(self) -> None:
        with self.lock:  # type: ignore[union-attr]
            lines, self.lines = self.lines, []
            # A reader that has gone, or a full disk, is no reason to fail a visitor.
            with contextlib.suppress(OSError, ValueError):
                self.stream.write("".join(lines))
                self.stream.flush()


class PlainFormatter(logging.Formatter):
    """For a person at a terminal; control characters in a path can't forge a line."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (logging's name)
        line = f"{self.formatTime(record, '%H:%M:%S')} {record.levelname} {record.message}"
        if hasattr(record, "ms"):
            line += f" {record.ms} ms {getattr(record, 'cache', '')}".rstrip()
        return "".join(
            c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in line
        )


# Metrics


class Metrics:
    """Requests counted by method, status and cache state, and how long they took."""

    def __init__(self) -> None:
        from prometheus_client import Counter, Histogram  # noqa: PLC0415 (an optional package)

        self.requests = Counter(
            "qabank_requests", "Requests answered.", ["method", "status", "cache"]
        )
        self.seconds = Histogram(
            "qabank_request_seconds",
            "Time until an answer was ready to be sent.",
            buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
        )

    def observe(self, method: str, status: int, cache: str, seconds: float) -> None:
        # A visitor must not be able to make labels: each costs memory for good.
        method = method if method in METHODS else "other"
        self.requests.labels(method, str(status), cache).inc()
        self.seconds.observe(seconds)

    def text(self) -> bytes:
        """Return the counts of all worker processes in Prometheus' format."""
        from prometheus_client import (  # noqa: PLC0415
            REGISTRY,
            CollectorRegistry,
            generate_latest,
            multiprocess,
        )

        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(REGISTRY)
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)


@functools.cache
def metrics() -> Metrics:
    return Metrics()
