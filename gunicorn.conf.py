"""How gunicorn serves the site.

What has no variable here can still be set: GUNICORN_CMD_ARGS="--keep-alive 75".
"""

import os
import tempfile
from pathlib import Path

from gunicorn.http.wsgi import Response
from gunicorn.workers.base import Worker


def number(name: str, default: int) -> int:
    """Read a positive number from the environment, or end with a plain line."""
    value = os.environ.get(name) or str(default)
    if not (value.isascii() and value.isdecimal() and int(value) > 0):
        raise SystemExit(f"{name}={value} is not a positive number.")
    return int(value)


wsgi_app = "qabank.wsgi:application"

# Only this machine, until someone says otherwise. (gunicorn's own default
# opens every interface as soon as PORT is set.)
host = os.environ.get("HOST") or "127.0.0.1"
bind = f"{f'[{host}]' if ':' in host else host}:{number('PORT', 8000)}"

# A process can crash or be replaced while the other one answers. More than
# one per core gains nothing, and each may open as many database connections
# as it has threads.
workers = number("WEB_CONCURRENCY", 2)

# A thread is held for as long as a client takes to send its request or to
# read the answer, and the workers share clients unevenly: with two hundred
# slow ones 2 x 128 threads lost 18 of 30 other requests, 2 x 256 none of 90.
# A thread starts when it is first needed and costs about 0.1 MB.
worker_class = "gthread"
threads = number("WEB_THREADS", 256)

# Each worker imports Django for itself. Loaded before the fork, it would
# leave a connection pool or an open database handle shared by all of them,
# which breaks requests at random; and SIGHUP would go on serving the old code.
preload_app = False

# A worker whose main thread is stuck for this long is replaced. A slow
# request does not trigger it: requests run in threads of their own.
timeout = 30

# Docker kills a container ten seconds after it asked it to stop.
graceful_timeout = 8

# Idle connections hold no thread. A proxy that reuses connections wants this
# longer than its own idle time, or it will now and then write to a closed one.
keepalive = 5

# The address carries every open entry, so it may get as long as gunicorn
# allows. Referer and HX-Current-URL repeat it whole, hence the larger fields.
limit_request_line = 8190
limit_request_field_size = 10_240
limit_request_fields = 64

# Workers are not recycled by max_requests: nothing leaks, and each recycling
# costs an import of Django and every cache that lives in the process.

# The heartbeat file is touched with every request: in memory, where the system
# has a folder for that. On a disk it took a twentieth of a request's time.
memory = Path("/dev/shm")  # noqa: S108
worker_tmp_dir = str(memory if os.access(memory, os.W_OK) else Path(__file__).parent / "var")

# It would be made in $HOME, and nothing uses it.
control_socket_disable = True

# The site writes a line for each request itself (qabank/watching.py).
accesslog = None

# Prometheus' counts of all workers meet in files. Without the token none are kept.
if os.environ.get("METRICS_TOKEN"):
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="qabank-metrics-"))


def post_worker_init(worker: Worker) -> None:
    """Name no software in answers. gunicorn has no option for that."""
    named = Response.default_headers
    Response.default_headers = lambda response: [
        header for header in named(response) if not header.startswith("Server:")
    ]
