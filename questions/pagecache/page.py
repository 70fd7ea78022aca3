"""A cached page: what it depends on, its encodings, and how a browser is told that it has it."""

import gzip
import hashlib
from collections.abc import Callable
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache
from time import time
from typing import Any, NamedTuple

import brotli
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.handlers.wsgi import get_bytes_from_wsgi, get_path_info
from django.http import QueryDict
from django.http.request import HttpHeaders
from django.urls import Resolver404, resolve

from questions.pagecache.public import UNCACHED, wants_fragment
from questions.pagecache.watcher import Version

type Environ = dict[str, Any]
type Headers = list[tuple[str, str]]

OVERHEAD = 6 * 1024  # bytes that a page takes besides its bodies: key, headers, objects
SETTLED = 2.0  # seconds after a change for which its page has no Last-Modified
NOT_FROM_DJANGO = {"Content-Length", "ETag", "Last-Modified"}  # headers that are set here
COMPRESSED = ("image/", "application/zip")  # media types that no encoding makes smaller
OF_A_BODY = {"Content-Type", "Content-Language", "Content-Disposition"}  # not for a 304


# What a page depends on


class Key(NamedTuple):
    """All that a public page depends on, apart from the content."""

    scheme: str
    host: str
    root: str
    path: str
    query: str
    is_fragment: bool


def requested_key(environ: Environ) -> Key:
    """Return the key of what is asked for, with the query as it is."""
    scheme = environ["wsgi.url_scheme"]
    if (by_proxy := https_header()) and by_proxy[0] in environ:
        name, value = by_proxy
        scheme = "https" if environ[name].partition(",")[0].strip().lower() == value else "http"
    return Key(
        scheme,
        environ["HTTP_HOST"].lower(),
        environ.get("SCRIPT_NAME", ""),
        environ["PATH_INFO"],
        environ.get("QUERY_STRING", ""),
        "HTTP_HX_REQUEST" in environ and wants_fragment(HttpHeaders(environ)),
    )


def normalized(key: Key, environ: Environ) -> Key | None:
    """Return the key with the query that its view reads; None if it is no public view."""
    try:
        view = resolve(get_path_info(environ)).func
        normalize = getattr(view, "normalize", None)
        if normalize is None:
            return None
        query = normalize(QueryDict(get_bytes_from_wsgi(environ, "QUERY_STRING", "")))
    except (Resolver404, SuspiciousOperation):
        return None  # Django says what is wrong
    return key._replace(query=query)


def https_header() -> tuple[str, str] | None:
    """Return the header, and its value, by which a proxy says that it was asked over TLS."""
    return settings.SECURE_PROXY_SSL_HEADER


# The page


class Variant(NamedTuple):
    """A page in one encoding."""

    body: bytes
    headers: Headers
    tag: str  # its ETag; "" if it has none


class Page:
    """
    A response of Django's, in the encodings that were asked for so far.

    `version` is the content version for which it holds, and None until it is cached.
    """

    def __init__(self, key: Key, status: str, headers: Headers, body: bytes) -> None:
        self.key = key
        self.status = status
        self.headers = [(name, value) for name, value in headers if name not in NOT_FROM_DJANGO]
        self.headers_of_304 = [header for header in self.headers if header[0] not in OF_A_BODY]
        self.is_ok = status.startswith("200")
        media_type = dict(headers).get("Content-Type", "")
        self.is_text = not media_type.startswith(COMPRESSED)
        digest = hashlib.blake2b(repr((status, self.headers)).encode(), digest_size=12)
        digest.update(body)
        self.digest = digest.hexdigest()
        self.version: Version | None = None
        self.changed = float("inf")  # when it became what it is, in seconds since 1970
        self.body: bytes | None = body  # until a variant holds it
        self.variants: dict[str, Variant] = {}

    @property
    def may_be_cached(self) -> bool:
        """
        Whether Django's answer is one to serve again.

        A 404 is not: a stranger could ask for any number of addresses that don't exist.
        """
        headers = dict(self.headers)
        return (
            self.status.startswith(("200", "301"))
            and headers.get("Cache-Control", UNCACHED) != UNCACHED
            and "Set-Cookie" not in headers
        )

    @property
    def is_unavailable(self) -> bool:
        """Whether Django says that the database is out of reach."""
        return self.status.startswith("503")

    @property
    def size(self) -> int:
        """The bytes of memory that it takes, about."""
        return OVERHEAD + sum(len(variant.body) for variant in self.variants.values())

    def add_variant(self, encoding: str) -> Variant:
        body = self.body
        if body is None:
            known, variant = next(iter(self.variants.items()))
            body = DECOMPRESS[known](variant.body) if self.is_ok else variant.body
        headers = []
        if encoding != "identity" and self.is_ok:
            body = COMPRESS[encoding](body)
            headers.append(("Content-Encoding", encoding))
        headers.append(("Content-Length", str(len(body))))
        # Other bytes, another tag.
        variant = Variant(body, headers, f'"{self.digest}-{encoding}"' if self.is_ok else "")
        self.variants = {**self.variants, encoding: variant}
        self.body = None
        return variant

    @property
    def modified(self) -> int | None:
        """
        The second in which it became what it is; None if that was just now.

        A second change within the same second would go unnoticed.
        """
        return int(self.changed) if time() - self.changed > SETTLED else None

    def validators(self, variant: Variant) -> Headers:
        """Return ETag and Last-Modified, as far as there are any."""
        if not variant.tag:
            return []
        modified = self.modified
        if modified is None:
            return [("ETag", variant.tag)]
        return [("ETag", variant.tag), ("Last-Modified", http_date(modified))]

    def is_known(self, variant: Variant, environ: Environ) -> bool:
        """Whether the browser says that it has this variant."""
        if not variant.tag:
            return False
        modified = self.modified
        return is_current(variant.tag, http_date(modified) if modified else "", environ)


def is_current(tag: str, modified: str, environ: Environ) -> bool:
    """
    Whether the browser says that it has the version with this ETag and this Last-Modified.

    The latter is "" where there is none. If-None-Match counts alone where it is sent, and
    If-Modified-Since otherwise (RFC 9110, 13.2.2).
    """
    listed = environ.get("HTTP_IF_NONE_MATCH")
    if listed is not None:
        tags = {item.strip().removeprefix("W/") for item in listed.split(",")}
        return "*" in tags or tag in tags
    since = environ.get("HTTP_IF_MODIFIED_SINCE", "")
    return modified != "" and seconds(modified) <= seconds(since)


@lru_cache(maxsize=256)
def http_date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)


def seconds(date: str) -> float:
    """Return an HTTP date as seconds since 1970; nonsense is before any change."""
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return float("-inf")


# Encodings


def compress_brotli(body: bytes) -> bytes:
    compressed: bytes = brotli.compress(body, mode=brotli.MODE_TEXT, quality=5)
    return compressed


def compress_gzip(body: bytes) -> bytes:
    return gzip.compress(body, compresslevel=6, mtime=0)


# Smallest first.
COMPRESS = {"br": compress_brotli, "gzip": compress_gzip}
DECOMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "br": brotli.decompress,
    "gzip": gzip.decompress,
    "identity": bytes,
}


@lru_cache(maxsize=256)
def accepted_encodings(accepted: str) -> tuple[str, ...]:
    """Return those of our encodings that an Accept-Encoding allows, the best first."""
    allowed: dict[str, bool] = {}
    for item in accepted.lower().split(","):
        name, _, parameters = item.partition(";")
        quality = parameters.replace(" ", "").removeprefix("q=") or "1"
        allowed[name.strip()] = quality.strip("0.") != ""
    return tuple(name for name in COMPRESS if allowed.get(name, allowed.get("*", False)))


def preferred_encoding(accepted: str) -> str:
    """Return the best of our encodings that an Accept-Encoding allows."""
    return next(iter(accepted_encodings(accepted)), "identity")
