"""The page cache as gunicorn calls it, in this process and on this test's database."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import brotli
from django.core.wsgi import get_wsgi_application

from questions.pagecache import cache as pagecache
from questions.pagecache import watcher as versions
from questions.pagecache.cache import PageCache

# What a browser accepts, and the encoding in which it is answered.
ENCODINGS = [
    ("gzip, deflate, br, zstd", "br"),
    ("br", "br"),
    ("gzip", "gzip"),
    ("GZIP;q=0.8", "gzip"),
    ("br;q=0, gzip", "gzip"),
    ("br;q=0.000,gzip; q=0", "identity"),
    ("*", "br"),
    ("*;q=0", "identity"),
    ("br;q=0, *", "gzip"),
    ("", "identity"),
    ("identity", "identity"),
    ("deflate, ;;,=,", "identity"),
]


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> str:
        decode = {"br": brotli.decompress, "gzip": gzip.decompress}
        encoding = self.headers.get("Content-Encoding")
        return (decode[encoding](self.raw) if encoding else self.raw).decode()


@dataclass
class Site:
    """The cache, in front of a Django that counts what it is asked."""

    watcher: versions.Watcher = field(default_factory=versions.watcher)
    limit: int = pagecache.LIMIT

    def __post_init__(self) -> None:
        self.django = get_wsgi_application()
        self.rendered: list[str] = []
        self.cache = PageCache(self.count, self.watcher, self.limit)

    def count(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        self.rendered.append(environ["PATH_INFO"])
        return self.django(environ, start_response)

    def get(
        self, address: str = "/", method: str = "GET", root: str = "", **headers: str
    ) -> Answer:
        return ask(self.cache, address, method, root, **headers)

    def get_uncached(self, address: str, method: str = "GET", **headers: str) -> Answer:
        return ask(self.django, address, method, **headers)


def ask(
    application: Callable[..., Any], address: str, method: str, root: str = "", **headers: str
) -> Answer:
    path, _, query = address.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": root,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "testserver",
        "HTTP_ACCEPT_ENCODING": "gzip, deflate, br, zstd",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(),
        "wsgi.errors": BytesIO(),
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
    }
    started: list[Any] = []
    response = application(environ, lambda *arguments: started.extend(arguments))
    raw = b"".join(response)
    if hasattr(response, "close"):
        response.close()
    return Answer(int(started[0].split()[0]), dict(started[1]), raw)
