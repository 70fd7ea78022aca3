"""How gunicorn serves the site.

What has no variable here can still be set: GUNICORN_CMD_ARGS="--keep-alive 75".
"""

import ctypes
import os
import runpy
import socket
import tempfile
from contextlib import suppress
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

from gunicorn import util
from gunicorn.http.message import Request
from gunicorn.http.wsgi import Response
from gunicorn.workers import gthread
from gunicorn.workers.base import Worker

# Run and not imported, like this file: workers fork from the master, and after SIGHUP they would
# find the module as the master once loaded it, beside settings of the next release.
environment = runpy.run_path("qabank/environment.py")
try:
    server = environment["env_server"]()
except environment["Misconfigured"] as error:
    raise SystemExit(str(error)) from None

wsgi_app = "qabank.wsgi:application"

# Only this machine, until someone says otherwise. (gunicorn's own default
# opens every interface as soon as PORT is set.)
bind = f"{f'[{server.host}]' if ':' in server.host else server.host}:{server.port}"

# A process can crash or be replaced while the other one answers. More than
# one per core gains nothing, and each may open as many database connections
# as it has threads.
workers = server.workers

# A thread is held for as long as a client takes to send its request or to
# read the answer, and the workers share clients unevenly: with two hundred
# slow ones 2 x 128 threads lost 18 of 30 other requests, 2 x 256 none of 90.
# A thread starts when it is first needed and costs about 0.1 MB.
threads = server.threads

# Each worker imports Django for itself. Loaded before the fork, it would
# leave a connection pool or an open database handle shared by all of them,
# which breaks requests at random; and SIGHUP would go on serving the old code.
preload_app = False

# glibc gives threads heaps of their own, in each of which some megabytes of
# rendered pages stay: 115 instead of 89 MB a worker after 2,000 edits.
M_ARENA_MAX = -8  # malloc.h
with suppress(AttributeError, OSError):  # another C library
    ctypes.CDLL(None).mallopt(M_ARENA_MAX, 2)

# A worker whose main thread is stuck for this long is replaced. A slow
# request does not trigger it: requests run in threads of their own.
timeout = 30

# Docker kills a container ten seconds after it asked it to stop.
graceful_timeout = 8

# A client gets so many seconds to send the head of a request, and so many for
# all of it, reading the answer included. gunicorn itself would wait for good,
# with a thread, for a phone that left the network half-way.
HEAD_SECONDS = 10
REQUEST_SECONDS = 600

# A stopping worker waits so many seconds for the next request on a connection
# that is open, and for the rest of a head.
STOP_SECONDS = 1
gthread.STOP_KEEPALIVE_LINGER = STOP_SECONDS

# Idle connections hold no thread. A proxy that reuses connections wants this
# longer than its own idle time, or it will now and then write to a closed one.
keepalive = 5

# The address carries every open entry, so it may get as long as gunicorn
# allows. Referer and HX-Current-URL repeat it whole, hence the larger fields.
limit_request_line = 8190
limit_request_field_size = 10_240
limit_request_fields = 64

# Nobody outside says under which address the site lies. By default a proxy on
# this machine may, and passes on what a visitor sent as SCRIPT_NAME.
forwarder_headers = ""

# Django reads X-Forwarded-Proto, where HTTPS says so. gunicorn would refuse a request whose proxies
# don't agree, such as X-Forwarded-Proto: https beside X-Forwarded-Ssl: off.
secure_scheme_headers: dict[str, str] = {}

# Workers are not recycled by max_requests: nothing leaks, and each recycling
# costs an import of Django and every cache that lives in the process.

# The heartbeat file is touched with every request: in memory, where the system
# has a folder for that. On a disk it took a twentieth of a request's time.
memory = Path("/dev/shm")  # noqa: S108
worker_tmp_dir = str(memory if os.access(memory, os.W_OK) else Path(__file__).parent / "var")

# It would be made in $HOME, and nothing uses it.
control_socket_disable = True

# The site writes a line for each request itself (qabank/request_log.py).
accesslog = None

# Prometheus' counts of all workers meet in files. Without the token none are kept.
if environment["env_text"]("METRICS_TOKEN"):
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="qabank-metrics-"))


class PoliteWorker(gthread.ThreadWorker):  # type: ignore[misc]
    """
    gunicorn's gthread, which cuts nobody off when it stops and waits for nobody in vain.

    It relies on insides of gunicorn 27, which the lock pins: docs/decisions/012 says on which, and
    tests/qabank/test_faults.py fails if they move.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # When to give up a connection that has a thread: until its head is there, and after.
        self.heads: dict[gthread.TConn, float] = {}  # the main thread's
        self.requests: dict[gthread.TConn, float] = {}
        self.looked = 0.0

    def enqueue_req(self, conn: gthread.TConn) -> None:
        """Give a connection a thread when its client has sent something, not before."""
        if conn.initialized or conn.data_ready:
            self.heads[conn] = monotonic() + (HEAD_SECONDS if self.alive else STOP_SECONDS)
            super().enqueue_req(conn)
            return
        conn.sock.setblocking(False)  # noqa: FBT003
        conn.timeout = monotonic() + (self.cfg.keepalive if self.alive else STOP_SECONDS)
        self.pending_conns.append(conn)
        on_readable = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, gthread.selectors.EVENT_READ, on_readable)

    def handle(self, conn: gthread.TConn) -> object:
        stays_open = super().handle(conn)
        if not stays_open and not self.cfg.is_ssl:
            # gunicorn waits up to two seconds for the client to close its end, in the main thread,
            # where everybody else waits too. Done here, it finds the end closed.
            with suppress(OSError):
                util.close_graceful(conn.sock.dup())
                conn.sock.shutdown(socket.SHUT_RD)
        return stays_open

    def handle_request(self, req: Request, conn: gthread.TConn) -> object:
        self.requests[conn] = monotonic() + REQUEST_SECONDS
        return super().handle_request(req, conn)

    def finish_request(self, conn: gthread.TConn, fs: gthread.futures.Future) -> None:
        self.heads.pop(conn, None)
        self.requests.pop(conn, None)
        super().finish_request(conn, fs)

    def murder_pending(self) -> None:
        """Give up who takes too long. The main loop calls this again and again."""
        super().murder_pending()
        now = monotonic()
        if now - self.looked < STOP_SECONDS / 2:
            return
        self.looked = now
        for conn, deadline in self.heads.items():
            if self.requests.get(conn, deadline) < now:
                with suppress(OSError):
                    conn.sock.shutdown(socket.SHUT_RDWR)  # the thread wakes up to an end

    def set_accept_enabled(self, enabled: bool) -> None:  # noqa: FBT001
        super().set_accept_enabled(enabled)
        if self.alive or enabled:
            return
        # Stopping: clients that wait in the listeners' queues are still answered, then these close.
        for listener in self.sockets:
            for _ in range(self.cfg.backlog):
                known = self.nr_conns
                self.accept(listener)
                if self.nr_conns == known:
                    break
            listener.close()
        soon = monotonic() + STOP_SECONDS
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, soon)
        for conn, deadline in self.heads.items():
            self.heads[conn] = min(deadline, soon)


worker_class = PoliteWorker


def post_worker_init(worker: Worker) -> None:
    """Name no software in answers. gunicorn has no option for that."""
    named = Response.default_headers
    Response.default_headers = lambda response: [
        header for header in named(response) if not header.startswith("Server:")
    ]
