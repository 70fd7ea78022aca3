"""
The request log: an id and a line for each request, and how a line of any log looks.

A line names the path without its query and no address: what somebody searched for is nobody's
business. The id is also on the answer, and in the log lines of errors of the same request.
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
import time
from collections.abc import Callable, Iterable
from logging.handlers import QueueHandler, QueueListener
from queue import SimpleQueue
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.conf import settings

from qabank.metrics import metrics
from qabank.unavailable import failed
from questions.pagecache import CACHE_STATE

USABLE_ID = re.compile(r"[\w.:=/+-]{1,128}", re.ASCII)

# What the site reads: forms, as browsers send them.
FORM = re.compile(
    r"application/x-www-form-urlencoded|multipart/form-data; *boundary=[\w'()+,./:=?-]{1,70}",
    re.ASCII | re.IGNORECASE,
)

logger = logging.getLogger("qabank.requests")
request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")


class LoggedApplication:
    """
    The outermost layer of the site: names each request, and logs and counts how it went.

    Whatever a request says, it is answered by the site: gunicorn's own answer to an exception has
    none of the headers.

    It is outside the page cache, so that an answer from memory has an id and a line as well.
    """

    def __init__(self, application: WSGIApplication) -> None:
        self.application = application
        self.observe = metrics().observe if settings.METRICS_TOKEN else None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        started = time.perf_counter()
        given = environ.get("HTTP_X_REQUEST_ID", "")
        name = given if USABLE_ID.fullmatch(given) else f"{random.getrandbits(64):016x}"
        environ["HTTP_X_REQUEST_ID"] = name
        # Django would read a charset before any middleware, and fail at some of them; it would
        # decode even the query by it. Everything here is UTF-8.
        form = FORM.match(environ.get("CONTENT_TYPE", ""))
        environ["CONTENT_TYPE"] = form[0] if form else ""
        method = environ["REQUEST_METHOD"]
        # Bytes as Latin-1 (PEP 3333), until Django replaces them by text.
        path = environ.get("PATH_INFO", "").encode("latin-1").decode(errors="replace")
        token = request_id.set(name)
        status = 0

        def start(
            status_line: str, headers: list[tuple[str, str]], *rest: Any
        ) -> Callable[[bytes], object]:
            nonlocal status
            status = int(status_line[:3])
            return start_response(status_line, [*headers, ("X-Request-ID", name)], *rest)

        try:
            return self.application(environ, start)
        except Exception:  # noqa: BLE001 (whatever it is, the answer is ours)
            return failed(path, start)
        finally:
            seconds = time.perf_counter() - started
            cache = environ.get(CACHE_STATE, "")
            if self.observe:
                self.observe(method, status, cache, seconds)
            answered = {
                "id": name,
                "method": method,
                "path": path,
                "status": status,
                "ms": round(seconds * 1000, 1),
                "cache": cache,
            }
            logger.info("%s %s %s", method, path, status, extra={"answered": answered})
            request_id.reset(token)


# Writing


def write_in_background() -> None:
    """
    Let a thread write the lines of requests from now on, until the process ends.

    To be called once in each process that answers requests, after gunicorn has forked it.
    """
    lines: SimpleQueue[logging.LogRecord] = SimpleQueue()
    request_log = RequestLog(lines, *logger.handlers)
    logger.handlers = [BoundedQueueHandler(lines)]
    request_log.start()
    atexit.register(request_log.stop)


class BoundedQueueHandler(QueueHandler):
    """Queues lines. Where nobody reads standard output, those beyond the limit are lost."""

    LIMIT = 10_000  # lines, of about 1 kB each
    queue: SimpleQueue[logging.LogRecord]

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        return record  # as it is: it stays in this process, and the thread formats it

    def enqueue(self, record: logging.LogRecord) -> None:
        if self.queue.qsize() < self.LIMIT:
            super().enqueue(record)


class RequestLog(QueueListener):
    """Writes the queued lines in a thread, those of a fifth of a second together."""

    PAUSE = 0.2  # seconds
    queue: SimpleQueue[logging.LogRecord]

    def dequeue(self, block: bool) -> logging.LogRecord:  # noqa: FBT001
        if self.queue.empty():
            for handler in self.handlers:
                handler.flush()
            record = self.queue.get()
            # Waking up for each line would cost more than answering with a cached page.
            time.sleep(self.PAUSE)
            return record
        return self.queue.get(block)

    def stop(self) -> None:
        """Write what is queued, or give up after two seconds: nobody may be reading."""
        self.enqueue_sentinel()
        if self._thread:
            self._thread.join(2)  # logging itself flushes the handlers when Python ends


class StandardOutput(logging.Handler):
    """
    Writes lines to standard output when it is flushed, and drops them where that fails.

    A full disk, or a reader that has gone, is no reason to fail a visitor or to fill standard
    error. It does not use sys.stdout: a thread that waits for the reader would hold its lock, and
    Python could not end.
    """

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{self.format(record)}\n")

    def flush(self) -> None:
        lines, self.lines = self.lines, []
        written = "".join(lines).encode(errors="replace")
        with contextlib.suppress(OSError):
            while written:
                written = written[os.write(1, written) :]


# Lines


class JSONFormatter(logging.Formatter):
    """One line of JSON for each record, whatever the message holds."""

    encode = json.JSONEncoder(default=str).encode  # json.dumps would make an encoder for each line

    def format(self, record: logging.LogRecord) -> str:
        milliseconds = int(record.created % 1 * 1000)
        line = {
            "time": f"{second(int(record.created))}.{milliseconds:03}+00:00",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "id": request_id.get(),
            **getattr(record, "answered", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return self.encode(line)


@functools.lru_cache(maxsize=4)
def second(timestamp: int) -> str:
    """Return a moment in ISO 8601; many lines share its second."""
    return datetime.datetime.fromtimestamp(timestamp, datetime.UTC).isoformat()[:19]


class PlainFormatter(logging.Formatter):
    """For a person at a terminal. Control characters in a message can't forge a line."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (logging's name)
        line = f"{self.formatTime(record, '%H:%M:%S')} {record.levelname} {record.message}"
        if answered := getattr(record, "answered", None):
            line += f" {answered['ms']} ms {answered['cache']}".rstrip()
        return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)
