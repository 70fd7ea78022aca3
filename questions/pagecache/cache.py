"""
The page cache: a WSGI layer in front of Django.

A public page (`public.py`) is rendered and compressed once per content version, and then served
from memory without Django. Three things keep it from ever serving a wrong one:

- Django is asked with a request that is made from the page's key alone. Whatever else a browser
  sends, a cookie or an unknown parameter, reaches no public view and can't get into its page.
- The database itself moves the content version with every change (questions/triggers/), and
  every request compares it (`watcher.py`).
- A page is cached only if the version was the same before and after it was rendered. In any case
  it shows one state of the database (`public.py`).

Where the database is out of reach, cached pages are still served, at once.

The memory belongs to the process: another release is another process, which starts empty.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from io import BytesIO
from time import monotonic, time
from typing import Any, NamedTuple

from questions.lru import LRUCache
from questions.pagecache import CACHE_STATE
from questions.pagecache.page import (
    Environ,
    Headers,
    Key,
    Page,
    https_header,
    normalized,
    preferred_encoding,
    requested_key,
)
from questions.pagecache.watcher import Version, Watcher

type StartResponse = Callable[..., Any]
type Application = Callable[[Environ, StartResponse], Iterable[bytes]]

LIMIT = 24 * 1024 * 1024  # bytes that the cached pages of one process may take
ATTEMPTS = 3  # at a page, if the content changes while it is rendered
RENDERING_WAIT = 0.05  # seconds to wait while another thread renders: ten times what most take
STALE = 1.0  # seconds after a change for which the page before may be served meanwhile


class PageCache:
    def __init__(self, application: Application, watcher: Watcher, limit: int = LIMIT) -> None:
        """Answer for `application`, with pages that take up to `limit` bytes of memory."""
        self.application = application
        self.watcher = watcher
        self.store: LRUCache[Key, Page] = LRUCache(limit)
        self.renderings = SingleFlight()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] in ("GET", "HEAD") and "HTTP_HOST" in environ:
            page = self.page(environ)
            if page is not None:
                return self.answer(page, environ, start_response)
        return self.application(environ, start_response)

    def page(self, environ: Environ) -> "Page | Stream | None":
        """Return the page that is asked for; None where it isn't public."""
        asked = requested_key(environ)
        version = self.watcher.current()
        # Only normalized keys are stored, and most requests come with one.
        page = self.store.get(asked)
        if page is not None and page.version == version:
            environ[CACHE_STATE] = "hit"
            return page
        key = normalized(asked, environ)
        if key is None:
            return None
        page = self.store.get(key)
        if page is not None and version in (page.version, None):
            # None: the database is out of reach, and an old page is better than none.
            environ[CACHE_STATE] = "hit" if version else "stale"
            return page
        # abs: the database's clock may be another one.
        is_just_changed = version is not None and abs(time() - version.changed) < STALE
        return self.rendered(key, page if is_just_changed else None, environ)

    def rendered(self, key: Key, before: Page | None, environ: Environ) -> "Page | Stream":
        """
        Return a page that has to be rendered, which one thread at a time does.

        If that takes long, the others get the page `before` the change, where one is given.
        """
        arrived = monotonic()
        with self.renderings.of(key) as flight:
            if not flight.lock.acquire(timeout=RENDERING_WAIT):
                if before is not None:
                    environ[CACHE_STATE] = "stale"
                    return before
                flight.lock.acquire()
            try:
                before = self.store.get(key)
                if before is not None and before.version == self.watcher.current():
                    environ[CACHE_STATE] = "hit"
                    return before
                if flight.failure is not None and flight.failed > arrived:
                    return flight.failure  # or all who wait would ask the database in turn
                environ[CACHE_STATE] = "miss"
                page = self.render_and_store(key, environ)
                if isinstance(page, Stream) or not page.is_unavailable:
                    return page
                if before is not None:
                    environ[CACHE_STATE] = "stale"
                    return before
                flight.failure, flight.failed = page, monotonic()
                return page
            finally:
                flight.lock.release()

    def render_and_store(self, key: Key, environ: Environ) -> "Page | Stream":
        for _ in range(ATTEMPTS):
            version = self.watcher.read()
            page = render(self.application, key, environ)
            if isinstance(page, Stream) or not page.may_be_cached or version is None:
                break
            if version == self.watcher.read():
                return self.stored(page, version)
        return page

    def stored(self, page: Page, version: Version) -> Page:
        before = self.store.get(page.key)
        if before is not None and before.digest == page.digest:
            page = before  # the change was elsewhere
        else:
            page.changed = version.changed
        page.version = version
        self.store.put(page.key, page, page.size)
        return page

    def answer(
        self, page: "Page | Stream", environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        is_get = environ["REQUEST_METHOD"] == "GET"
        if isinstance(page, Stream):
            start_response(page.status, page.headers)
            return page.body if is_get else closed(page.body)
        accepted = environ.get("HTTP_ACCEPT_ENCODING", "") if page.is_text else ""
        encoding = preferred_encoding(accepted)
        variant = page.variants.get(encoding)
        if variant is None:
            variant = page.add_variant(encoding)
            if self.store.get(page.key) is page:
                self.store.put(page.key, page, page.size)  # it has grown
        validators = page.validators(variant)
        if page.is_known(variant, environ):
            start_response("304 Not Modified", page.headers_of_304 + validators)
            return []
        start_response(page.status, page.headers + variant.headers + validators)
        return [variant.body] if is_get else []


# Asking Django


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
    if (by_proxy := https_header()) and key.scheme == "https":
        request[by_proxy[0]] = by_proxy[1]
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


# One thread at a time


class Flight:
    """A page that is being rendered. Who holds the lock renders it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.threads = 0  # that render it or wait for it
        self.failure: Page | None = None
        self.failed = 0.0  # the monotonic clock's seconds


class SingleFlight:
    """A lock for each page: nobody waits for the rendering of another page."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.flights: dict[Key, Flight] = {}

    @contextmanager
    def of(self, key: Key) -> Iterator[Flight]:
        """Give the flight of a page, which exists as long as somebody uses it."""
        with self.lock:
            flight = self.flights.setdefault(key, Flight())
            flight.threads += 1
        try:
            yield flight
        finally:
            with self.lock:
                flight.threads -= 1
                if not flight.threads:
                    del self.flights[key]
