"""HTTP's rules, kept to by static files and the admin as by pages, and behind any proxy."""

import gzip
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import brotli
import pytest
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.test import Client, RequestFactory
from pytest_django import Settings

from qabank import incoming
from qabank.static_files import StaticFilesMiddleware
from tests import build
from tests.pagecache.site import ENCODINGS, Answer, Site
from tests.servers import Server

STYLES = b"body { color: black }\n" * 99


@pytest.fixture
def get(tmp_path: Path, settings: Settings) -> Callable[..., Answer]:
    """Ask for a static file as collectstatic leaves it."""
    for ending, compress in (("", bytes), (".gz", gzip.compress), (".br", brotli.compress)):
        (tmp_path / f"site.css{ending}").write_bytes(compress(STYLES))
    settings.STATIC_ROOT = tmp_path
    settings.WHITENOISE_AUTOREFRESH = settings.WHITENOISE_USE_FINDERS = False

    def not_found(request: HttpRequest) -> HttpResponse:
        return HttpResponseNotFound()

    answer = incoming.middleware(StaticFilesMiddleware(not_found))

    def get(method: str = "get", **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        ask: Any = getattr(RequestFactory(), method)
        response = answer(ask("/static/site.css", headers=named))
        with closing(response):
            return Answer(response.status_code, dict(response.headers), b"".join(response))

    return get


# Static files


@pytest.mark.parametrize(("accepted", "encoding"), ENCODINGS)
def test_a_static_file_comes_in_an_encoding_that_is_accepted(
    get: Callable[..., Answer], accepted: str, encoding: str
) -> None:
    response = get(Accept_Encoding=accepted)
    assert response.headers.get("Content-Encoding", "identity") == encoding
    assert response.body.encode() == STYLES
    assert response.headers["Vary"] == "Accept-Encoding"


def test_each_encoding_of_a_static_file_has_a_tag_of_its_own(
    get: Callable[..., Answer],
) -> None:
    tags = {name: get(Accept_Encoding=name).headers["ETag"] for name in ("br", "gzip", "identity")}
    assert len(set(tags.values())) == 3
    for name, tag in tags.items():
        for listed, status in [
            (tag, 304),
            (f"W/{tag}", 304),
            (f'"other", {tag}', 304),
            ("*", 304),
            ('"other"', 200),
        ]:
            response = get(Accept_Encoding=name, If_None_Match=listed)
            assert (response.status, response.headers["ETag"]) == (status, tag)
    assert get(Accept_Encoding="gzip", If_None_Match=tags["br"]).status == 200


def test_a_part_comes_only_of_what_the_client_has(get: Callable[..., Answer]) -> None:
    whole = get(Accept_Encoding="identity")
    tag, modified = whole.headers["ETag"], whole.headers["Last-Modified"]
    for condition, status in [
        ({}, 206),
        ({"If_Range": tag}, 206),
        ({"If_Range": modified}, 206),
        ({"If_Range": '"other"'}, 200),
        ({"If_Range": f"W/{tag}"}, 200),
        ({"If_Range": "Thu, 01 Jan 2026 00:00:00 GMT"}, 200),
        ({"If_Range": get(Accept_Encoding="br").headers["ETag"]}, 200),
    ]:
        response = get(Range="bytes=5-9", **condition)
        assert response.status == status
        assert response.raw == (STYLES[5:10] if status == 206 else STYLES)
    assert get("head", Range="bytes=5-9").status == 206
    assert get("post").status == 405


# The admin


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip", "gzip"), ("gzip;q=0", None), ("gzip; q=0.0, br", None), ("*", "gzip"), ("", None)],
)
def test_the_admin_is_compressed_where_that_is_accepted(
    client: Client, accepted: str, encoding: str | None
) -> None:
    response = client.get("/admin/login/", headers={"Accept-Encoding": accepted})
    assert response.headers.get("Content-Encoding") == encoding
    assert "Accept-Encoding" in response.headers["Vary"]


# Addresses


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("scheme", "host", "canonical"),
    [
        ("http", "qa.example.org:80", "http://qa.example.org/"),
        ("https", "qa.example.org:443", "https://qa.example.org/"),
        ("https", "qa.example.org.", "https://qa.example.org/"),
        ("https", "QA.Example.org.:443", "https://qa.example.org/"),
        ("http", "qa.example.org.:8000", "http://qa.example.org:8000/"),
        ("http", "qa.example.org:443", "http://qa.example.org:443/"),
        ("http", "[::1]:80", "http://[::1]/"),
    ],
)
def test_an_address_is_canonical_without_default_port_and_trailing_dot(
    site: Site, settings: Settings, scheme: str, host: str, canonical: str
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    question = build.question()
    for address in ("/", question.get_absolute_url(), "/sitemap.xml", "/feed/", "/robots.txt"):
        page = site.get(address, Host=host, **{"X-Forwarded-Proto": scheme}).body
        found = set(re.findall(r"https?://(?:qa\.example|\[::1\])[^/\"<]*/", page, re.IGNORECASE))
        assert found == {canonical}, address


@pytest.mark.parametrize("proto", ["HTTPS", "https", "Https, http"])
def test_the_scheme_may_be_written_in_capitals(
    client: Client, settings: Settings, proto: str
) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.SECURE_SSL_REDIRECT = True
    headers = {"X-Forwarded-Proto": proto, "Host": "localhost:443"}
    response = client.get("/robots.txt", headers=headers)
    assert response.status_code == 200
    assert b"https://localhost/sitemap.xml" in response.content
    redirect = client.get("/robots.txt", headers={"Host": "localhost:80"})
    assert redirect.headers["Location"] == "https://localhost/robots.txt"


def test_who_sends_a_form_to_a_name_with_a_dot_or_a_port_is_not_refused(
    settings: Settings,
) -> None:
    settings.ALLOWED_HOSTS = ["qa.example.org"]
    for host, origin in [
        ("qa.example.org.", "http://qa.example.org."),
        ("qa.example.org:80", "http://qa.example.org"),
    ]:
        request = RequestFactory().post("/admin/login/", headers={"Host": host, "Origin": origin})
        seen: list[str] = []

        def answer(request: HttpRequest, seen: list[str] = seen) -> HttpResponse:
            seen.append(f"http://{request.get_host()}")
            return HttpResponse()

        incoming.middleware(answer)(request)
        assert seen == [origin]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("https"), HTTPS="true", WEB_CONCURRENCY="1")
    yield server
    server.stop()


def test_proxies_that_contradict_each_other_neither_fail_nor_lead_in_a_circle(
    server: Server,
) -> None:
    for headers in (
        {"X-Forwarded-Proto": "https", "X-Forwarded-Ssl": "off"},
        {"X-Forwarded-Proto": "https", "X-Forwarded-Protocol": "http"},
        {"X-Forwarded-Proto": "HTTPS"},
        {"X-Forwarded-Proto": "HTTPS", "X-Forwarded-Ssl": "on"},
    ):
        status, _, body = server.get("/", **headers)
        assert status == 200
        assert b'rel="canonical" href="https://127.0.0.1:' in body
