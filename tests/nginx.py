"""nginx in front of the site, with the configurations that are shipped and documented."""

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from tests.servers import free_port

SHIPPED = (settings.BASE_DIR / "deploy" / "nginx.conf").read_text()
DOCUMENTED = (settings.BASE_DIR / "docs" / "operating.md").read_text()

# Debian keeps it where only root looks.
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def shipped(site: int, port: int) -> str:
    """Return deploy/nginx.conf without Docker's name server and names, for these ports."""
    return substituted(
        SHIPPED,
        (r"^resolver .*\n", ""),
        (r"server site:8000 resolve;", f"server 127.0.0.1:{site};"),
        (r"listen 8080;", f"listen 127.0.0.1:{port};"),
    )


def documented(site: int, port: int) -> str:
    """Return what docs/operating.md tells to write into a server of one's own."""
    [location] = re.findall(r"```nginx\n(.*?)```", DOCUMENTED, re.DOTALL)
    location = substituted(location, (r"http://127\.0\.0\.1:8000;", f"http://127.0.0.1:{site};"))
    return f"server {{ listen 127.0.0.1:{port};\n{location} }}"


def substituted(text: str, *changes: tuple[str, str]) -> str:
    for pattern, new in changes:
        text, count = re.subn(pattern, new, text, flags=re.MULTILINE)
        assert count == 1, pattern
    return text


@contextmanager
def running(configured: Callable[[int, int], str], site: int, folder: Path) -> Iterator[int]:
    """Run nginx in front of the site at that port; give its own."""
    port = free_port()
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    configuration, log = folder / "nginx.conf", folder / "nginx.log"
    configuration.write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log {log};"
        f"{'user root;' * (os.geteuid() == 0)} events {{ worker_connections 2048; }}"
        f"http {{ access_log off; {temporary}\n{configured(site, port)}\n}}"
    )
    command = [str(NGINX), "-e", str(log), "-c", str(configuration)]
    process = subprocess.Popen(command)  # noqa: S603
    deadline = time.monotonic() + 20
    try:
        while True:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(20)
