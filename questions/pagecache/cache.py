"""
The page cache: a WSGI layer in front of Django.

A public page (`public.py`) is rendered and compressed once per content version, and then
served from memory without Django. Three things keep it from ever serving a wrong one:

- Django is asked with a request that is made from the page's key alone. Whatever else a browser
  sends, a cookie or an unknown parameter, reaches no public view and can't get into its page.
- The database itself moves the content version with every change (questions/triggers/), and
  every request compares it.
- A page is kept only if the version was the same before and after it was rendered. It is one that
  can be shown in any case: what a page reads comes from one state of the database
  (questions/pagecache/public.py).

Where the database is out of reach, what is kept goes on being served, at once.

The memory belongs to the process: another release is another process, which starts empty.
"""

import gzip
import hashlib
import queue
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache
from io import BytesIO
from time import monotonic, time
from typing import Any, NamedTuple

import brotli
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.handlers.wsgi import get_bytes_from_wsgi, get_path_info
from django.http import QueryDict
from django.http.request import HttpHeaders
from django.urls import Resolver404, resolve

from questions.pagecache import CACHE_STATE
from questions.pagecache.public import UNKEPT, wants_fragment
from questions.pagecache.watcher import Version, Watcher

type Environ = dict[str, Any]
type StartResponse = Callable[..., Any]
type Application = Callable[[Environ, StartResponse], Iterable[bytes]]
type Headers = list[tuple[str, str]]

LIMIT = 24 * 1024 * 1024  # bytes that the pages kept by one process may take
OVERHEAD = 6 * 1024  # bytes that a page takes beside its bodies: key, headers, objects
ATTEMPTS = 3  # at a page, if the content changes while it is rendered
OURS = {"Content-Length", "ETag", "Last-Modified"}  # headers that are said here
OF_A_BODY = {"Content-Type", "Content-Language", "Content-Disposition"}  # not for a 304
PATIENCE = 0.05  # seconds to wait for a page that another thread renders; most take a tenth
STALE = 1.0  # seconds after a change for which the version before may be served meanwhile
LARGE = 64 * 1024  # bytes; a larger page is compressed in half the time and a tenth less at first
SETTLED = 2.0  # seconds; an older page that is still asked for is worth the best compression


class Key(NamedTuple):
    """All that a public page depends on beside the content."""

    scheme: str
    host: str
    root: str
    path: str
    query: str
    is_fragment: bool


class PageCache:
    def __init__(self, application: Application, watcher: Watcher, limit: int = LIMIT) -> None:
        self.application = application
        self.watcher = watcher
        self.pages = Pages(limit)
        self.turns = Turns()
        self.finisher = Finisher(self.pages)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] in ("GET", "HEAD") and "HTTP_HOST" in environ:
            page = self.page(environ)
            if page is not None:
                return self.answer(page, environ, start_response)
        return self.application(environ, start_response)

    def page(self, environ: Environ) -> "Page | Stream | None":
        """Return the page that is asked for; None where it isn't public."""
        asked = key_of(environ)
        version = self.watcher.current()
        # Only normalized keys are kept, and most requests come with one.
        page = self.pages.get(asked)
        if page is not None and page.version == version:
            environ[CACHE_STATE] = "hit"
            return page
        key = normalized(asked, environ)
        if key is None:
            return None
        page = self.pages.get(key)
        if page is not None and version in (page.version, None):
            # None: the database is out of reach, and an old page is better than none.
            environ[CACHE_STATE] = "hit" if version else "stale"
            return page
        # abs: the database's clock may be another one.
        is_just_changed = version is not None and abs(time() - version.changed) < STALE
        return self.changed_page(key, page if is_just_changed else None, environ)

    def changed_page(self, key: Key, before: "Page | None", environ: Environ) -> "Page | Stream":
        """
        Return a page that has to be rendered, which one thread at a time does.

        If that takes long, the others get the one `before`, which may be shown.
        """
        arrived = monotonic()
        with self.turns.at(key) as turn:
            if not turn.lock.acquire(timeout=PATIENCE):
                if before is not None:
                    environ[CACHE_STATE] = "stale"
                    return before
                turn.lock.acquire()
            try:
                before = self.pages.get(key)
                if before is not None and before.version == self.watcher.current():
                    environ[CACHE_STATE] = "hit"
                    return before
                if turn.failure is not None and turn.failed > arrived:
                    return turn.failure  # or each who waits would wait for the database in turn
                environ[CACHE_STATE] = "miss"
                page = self.fresh_page(key, environ)
                if isinstance(page, Stream) or not page.is_unavailable:
                    return page
                if before is not None:
                    environ[CACHE_STATE] = "stale"
                    return before
                turn.failure, turn.failed = page, monotonic()
                return page
            finally:
                turn.lock.release()

    def fresh_page(self, key: Key, environ: Environ) -> "Page | Stream":
        for _ in range(ATTEMPTS):
            version = self.watcher.read()
            page = render(self.application, key, environ)
            if isinstance(page, Stream) or not page.may_be_kept or version is None:
                break
            if version == self.watcher.read():
                return self.keep(page, version)
        return page

    def keep(self, page: "Page", version: Version) -> "Page":
        before = self.pages.get(page.key)
        if before is not None and before.digest == page.digest:
            page = before  # the change was elsewhere
        else:
            page.set_modified(version.changed)
        page.version = version
        self.pages.put(page)
        return page

    def answer(
        self, page: "Page | Stream", environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        if isinstance(page, Stream):
            start_response(page.status, page.headers)
            return page.body if environ["REQUEST_METHOD"] == "GET" else closed(page.body)
        accepted = environ.get("HTTP_ACCEPT_ENCODING", "") if page.is_text else ""
        encoding = preferred_encoding(accepted)
        variant = page.variants.get(encoding)
        if variant is None:
            variant = page.add_variant(encoding)
            self.pages.measure(page)
        elif page.is_rough and monotonic() > page.settled_at:
            self.finisher.add(page)
        if variant.tags and page.is_known(variant, environ):
            start_response("304 Not Modified", variant.headers_of_304.copy())
            return []
        start_response(page.status, variant.headers.copy())
        return [variant.body] if environ["REQUEST_METHOD"] == "GET" else []


def key_of(environ: Environ) -> Key:
    """Return the key of what is asked for, as it is asked for."""
    scheme = environ["wsgi.url_scheme"]
    if (says_https := https_header()) and says_https[0] in environ:
        name, value = says_https
        scheme = "https" if environ[name].partition(",")[0].strip() == value else "http"
    return Key(
        scheme,
        environ["HTTP_HOST"].lower(),
        environ.get("SCRIPT_NAME", ""),
        environ["PATH_INFO"],
        environ.get("QUERY_STRING", ""),
        "HTTP_HX_REQUEST" in environ and wants_fragment(HttpHeaders(environ)),
    )


def https_header() -> tuple[str, str] | None:
    """Return the header, and its value, by which a proxy says that it was asked over TLS."""
    return settings.SECURE_PROXY_SSL_HEADER


def normalized(key: Key, environ: Environ) -> Key | None:
    """Return the key of the page itself; None where the address leads to no public view."""
    try:
        view = resolve(get_path_info(environ)).func
        normalize = getattr(view, "normalize", None)
        if normalize is None:
            return None
        query = normalize(QueryDict(get_bytes_from_wsgi(environ, "QUERY_STRING", "")))
    except (Resolver404, SuspiciousOperation):
        return None  # Django says what is wrong
    return key._replace(query=query)


def render(application: Application, key: Key, environ: Environ) -> "Page | Stream":
    """Ask Django for a page, with nothing but its key."""
    request: Environ = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": key.root,
        "PATH_INFO": key.path,
        "QUERY_STRING": key.query,
        "HTTP_HOST": key.host,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": key.scheme,
        "wsgi.input": BytesIO(),
        **{name: environ[name] for name in ("SERVER_NAME", "SERVER_PORT", "wsgi.errors")},
    }
    if key.is_fragment:
        request["HTTP_HX_REQUEST"] = "true"
    if (says_https := https_header()) and key.scheme == "https":
        request[says_https[0]] = says_https[1]
    started: list[Any] = []
    response = application(request, lambda *arguments: started.extend(arguments))
    status, headers = started
    if getattr(response, "streaming", False):
        return Stream(status, headers, response)
    with closing(response) as body:  # type: ignore[type-var]  # it is Django's response
        return Page(key, status, headers, b"".join(body))


class Stream(NamedTuple):
    """A response too large to hold, passed on as it comes."""

    status: str
    headers: Headers
    body: Iterable[bytes]


def closed(body: Iterable[bytes]) -> Iterable[bytes]:
    with closing(body):  # type: ignore[type-var]  # it is Django's response
        return []


class Variant(NamedTuple):
    """A page in one encoding."""

    body: bytes
    headers: Headers
    headers_of_304: Headers
    tags: frozenset[str]  # the ETags by which a browser may have it


class Page:
    """A response, in the encodings that were asked for so far."""

    def __init__(self, key: Key, status: str, headers: Headers, body: bytes) -> None:
        self.key = key
        self.status = status
        self.headers = [(name, value) for name, value in headers if name not in OURS]
        self.is_text = not dict(headers).get("Content-Type", "").startswith("image/")
        digest = hashlib.blake2b(repr((status, self.headers)).encode(), digest_size=12)
        digest.update(body)
        self.digest = digest.hexdigest()
        self.version: Version | None = None
        self.modified: int | None = None  # seconds since 1970
        self.is_rough = True  # compressed in haste
        self.settled_at = monotonic() + SETTLED
        self.body: bytes | None = body  # until a variant holds it
        self.variants: dict[str, Variant] = {}

    @property
    def may_be_kept(self) -> bool:
        """
        Whether Django's answer is one to serve again.

        A 404 is not: a stranger could ask for any number of addresses that don't exist.
        """
        headers = dict(self.headers)
        return (
            self.status.startswith(("200", "301"))
            and headers.get("Cache-Control", UNKEPT) != UNKEPT
            and "Set-Cookie" not in headers
        )

    @property
    def is_unavailable(self) -> bool:
        """Whether Django says that the database is out of reach (qabank/unavailable.py)."""
        return self.status.startswith("503")

    @property
    def size(self) -> int:
        return OVERHEAD + sum(len(variant.body) for variant in self.variants.values())

    def set_modified(self, changed: float) -> None:
        """
        Let the page have a Last-Modified, unless the content was changed just now.

        It counts whole seconds: a second change within the same one would go unnoticed.
        """
        if time() - changed > SETTLED:
            self.modified = int(changed)

    def add_variant(self, encoding: str) -> Variant:
        variant = self.variant(encoding, self.decoded())
        self.variants = {**self.variants, encoding: variant}
        self.body = None
        return variant

    def finish(self) -> None:
        """Compress what there is as well as possible, which takes a tenth of a second."""
        if self.version is not None:
            self.set_modified(self.version.changed)
        self.is_rough = False
        body = self.decoded()
        self.variants = {encoding: self.variant(encoding, body) for encoding in self.variants}

    def decoded(self) -> bytes:
        body = self.body
        if body is None:
            encoding, variant = next(iter(self.variants.items()))
            body = DECOMPRESS[encoding](variant.body)
        return body

    def variant(self, encoding: str, body: bytes) -> Variant:
        headers = self.headers.copy()
        if encoding != "identity" and self.status.startswith("200"):
            body = COMPRESS[encoding](body, self.is_rough)
            headers.append(("Content-Encoding", encoding))
        headers.append(("Content-Length", str(len(body))))
        if not self.status.startswith("200"):
            return Variant(body, headers, [], frozenset())
        # Other bytes, another tag; but who has the one needs no copy of the other.
        tags = f'"{self.digest}-{encoding}"', f'"{self.digest}-{encoding}-rough"'
        validators = [("ETag", tags[self.is_rough])]
        if self.modified is not None:
            validators.append(("Last-Modified", formatdate(self.modified, usegmt=True)))
        kept = [header for header in self.headers if header[0] not in OF_A_BODY]
        return Variant(body, headers + validators, kept + validators, frozenset(tags))

    def is_known(self, variant: Variant, environ: Environ) -> bool:
        """Whether the browser says that it has this variant."""
        listed = environ.get("HTTP_IF_NONE_MATCH")
        if listed is not None:
            tags = {tag.strip().removeprefix("W/") for tag in listed.split(",")}
            return "*" in tags or not tags.isdisjoint(variant.tags)
        since = environ.get("HTTP_IF_MODIFIED_SINCE")
        return since is not None and self.modified is not None and self.modified <= seconds(since)


def seconds(date: str) -> float:
    """Return an HTTP date as seconds since 1970; nonsense is before any change."""
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return float("-inf")


def compress_brotli(body: bytes, is_rough: bool) -> bytes:  # noqa: FBT001
    hasty = 4 if len(body) < LARGE else 2
    compressed: bytes = brotli.compress(
        body, mode=brotli.MODE_TEXT, quality=hasty if is_rough else 11
    )
    return compressed


def compress_gzip(body: bytes, is_rough: bool) -> bytes:  # noqa: FBT001
    return gzip.compress(body, compresslevel=4 if is_rough else 9, mtime=0)


COMPRESS = {"br": compress_brotli, "gzip": compress_gzip}
DECOMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "br": brotli.decompress,
    "gzip": gzip.decompress,
    "identity": bytes,
}


@lru_cache(maxsize=256)
def preferred_encoding(accepted: str) -> str:
    """Return the best of our encodings that an Accept-Encoding allows."""
    allowed: dict[str, bool] = {}
    for item in accepted.lower().split(","):
        name, _, parameters = item.partition(";")
        quality = parameters.replace(" ", "").removeprefix("q=") or "1"
        allowed[name.strip()] = quality.strip("0.") != ""
    for encoding in COMPRESS:
        if allowed.get(encoding, allowed.get("*", False)):
            return encoding
    return "identity"


class Turn:
    """At rendering a page, for the threads that want it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.users = 0
        self.failure: Page | None = None
        self.failed = 0.0


class Turns:
    """Each page's own: nobody waits for another page, which may never get its data."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.turns: dict[Key, Turn] = {}

    @contextmanager
    def at(self, key: Key) -> Iterator[Turn]:
        with self.lock:
            turn = self.turns.setdefault(key, Turn())
            turn.users += 1
        try:
            yield turn
        finally:
            with self.lock:
                turn.users -= 1
                if not turn.users:
                    del self.turns[key]


class Pages:
    """The kept pages, within a limit of bytes: those that were not used for longest go first."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.size = 0
        self.lock = threading.Lock()
        self.pages: OrderedDict[Key, Page] = OrderedDict()
        self.sizes: dict[Key, int] = {}

    def get(self, key: Key) -> Page | None:
        with self.lock:
            page = self.pages.get(key)
            if page is not None:
                self.pages.move_to_end(key)
            return page

    def put(self, page: Page) -> None:
        with self.lock:
            self.pages[page.key] = page
            self.pages.move_to_end(page.key)
            self.size += page.size - self.sizes.get(page.key, 0)
            self.sizes[page.key] = page.size
            while self.size > self.limit:
                key, _ = self.pages.popitem(last=False)
                self.size -= self.sizes.pop(key)

    def measure(self, page: Page) -> None:
        """Take note that a page has become larger or smaller."""
        if self.pages.get(page.key) is page:
            self.put(page)


class Finisher:
    """A thread that compresses harder what goes on being asked for."""

    def __init__(self, pages: Pages) -> None:
        self.pages = pages
        self.waiting: queue.SimpleQueue[Page] = queue.SimpleQueue()
        self.lock = threading.Lock()
        self.thread: threading.Thread | None = None

    def add(self, page: Page) -> None:
        page.settled_at = float("inf")  # once is enough
        self.waiting.put(page)
        with self.lock:
            if self.thread is None:
                # Not earlier: gunicorn forks, and a thread would stay behind.
                self.thread = threading.Thread(target=self.run, daemon=True)
                self.thread.start()

    def run(self) -> None:
        while True:
            page = self.waiting.get()
            page.finish()
            self.pages.measure(page)
