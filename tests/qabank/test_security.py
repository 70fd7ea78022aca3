"""What every answer carries, and what a stranger can't do."""

import base64
import hashlib
import re
from collections.abc import Iterator
from encodings.aliases import aliases
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.http import HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.test.client import encode_multipart
from hypothesis import HealthCheck, example, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from qabank.wsgi import application
from tests.commands import manage
from tests.servers import prepared_url

STRICT = {
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
POLICY = {
    "default-src 'none'",
    "base-uri 'none'",
    "connect-src 'self'",
    "font-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "img-src 'self'",
    "manifest-src 'self'",
    "script-src 'self'",
    "style-src 'self'",
}


# Headers


@pytest.mark.once
@pytest.mark.usefixtures("bank")
@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/", 200),
        ("/questions/gil/", 200),
        ("/static/css/site.css", 200),
        ("/static/css/nothing.css", 404),
        ("/feed/", 200),
        ("/sitemap.xml", 200),
        ("/manifest.webmanifest", 200),
        ("/service-worker.js", 200),
        ("/offline.json", 200),
        ("/opensearch.xml", 200),
        ("/admin/", 302),
        ("/admin/login/", 200),
        ("/questions/gil", 301),
        ("/nothing/", 404),
        ("/healthz", 200),
        ("/readyz", 200),
    ],
)
def test_every_answer_carries_the_strict_headers(client: Client, address: str, status: int) -> None:
    response = client.get(address)
    assert response.status_code == status
    assert_strict(response)
    response.getvalue()  # closes the file


@pytest.mark.once
@pytest.mark.usefixtures("bank")
def test_other_sites_may_show_the_pictures_that_are_made_for_them(client: Client) -> None:
    for address in ("/picture.png", "/questions/gil/picture.png"):
        headers = client.get(address).headers
        assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.once
@pytest.mark.usefixtures("db")
def test_refused_and_failed_requests_carry_them_too(client: Client, monkeypatch: Any) -> None:
    refused = client.get("/", headers={"host": "evil.example"})
    assert refused.status_code == 400
    assert_strict(refused)
    with override_settings(SECURE_SSL_REDIRECT=True):
        # The middleware that redirects is the one that would have set half of them.
        refused = Client().get("/", headers={"host": "evil.example"})
        assert refused.status_code == 400
        assert_strict(refused)
        redirected = Client().get("/")
        assert redirected.status_code == 301
        assert_strict(redirected)
    assert client.post("/").status_code == 405
    assert_strict(client.post("/"))
    monkeypatch.setattr("questions.pages.views.list_page", lambda *args: 1 / 0)
    client.raise_request_exception = False
    failed = client.get("/")
    assert failed.status_code == 500
    assert_strict(failed)


def assert_strict(response: Any) -> None:
    headers = response.headers
    assert STRICT.items() <= dict(headers).items()
    assert set(headers["Content-Security-Policy"].split("; ")) == POLICY
    assert "camera=()" in headers["Permissions-Policy"]
    assert "Server" not in headers


@pytest.mark.once
@pytest.mark.usefixtures("bank")
def test_over_tls_the_site_asks_for_tls_ever_after(client: Client) -> None:
    with override_settings(SECURE_HSTS_SECONDS=31536000):
        for address in ("/", "/static/css/site.css", "/nothing/"):
            response = Client().get(address, secure=True)
            assert response.headers["Strict-Transport-Security"] == "max-age=31536000"
            assert_strict(response)
            response.getvalue()  # closes the file


def test_preloading_is_a_decision_of_its_own() -> None:
    code = (
        "from django.conf import settings as s; print(s.SECURE_HSTS_PRELOAD, s.SECURE_HSTS_SECONDS)"
    )
    assert manage("shell", "-v0", "-c", code, HTTPS="true").stdout == "False 31536000\n"
    result = manage("shell", "-v0", "-c", code, HTTPS="true", HSTS_PRELOAD="true")
    assert result.stdout == "True 31536000\n"


@pytest.mark.django_db  # whose settings it checks too
def test_django_finds_nothing_to_object_to_in_a_deployment() -> None:
    environment = {"HTTPS": "true", "TRUSTED_PROXIES": "127.0.0.1"}
    result = manage("check", "--deploy", "--fail-level", "WARNING", **environment)
    assert result.returncode == 0, result.stderr
    assert "WARNING" not in result.stderr


@pytest.mark.once
@pytest.mark.usefixtures("bank")
@pytest.mark.parametrize("address", ["/", "/questions/gil/", "/nothing/", "/static/css/site.css"])
def test_public_answers_set_no_cookie(client: Client, address: str) -> None:
    response = client.get(address)
    assert not response.cookies
    response.getvalue()  # closes the file


def test_the_admin_sets_a_cookie_that_only_this_host_gets_over_tls(tmp_path: Path) -> None:
    database = prepared_url(tmp_path)
    code = (
        "from django.test import Client;"
        "print(Client().get('/admin/login/', secure=True, headers={'host': 'localhost'}).cookies)"
    )
    printed = manage("shell", "-v0", "-c", code, DATABASE_URL=database, HTTPS="true").stdout
    assert "__Host-csrf=" in printed
    for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in printed
    assert "Domain" not in printed


# Integrity


@pytest.fixture(scope="module")
def static_files(tmp_path_factory: pytest.TempPathFactory) -> override_settings:
    """Settings for static files as production serves them, with hashed names; collected once."""
    storages = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    production = override_settings(
        STORAGES=storages,
        STATIC_ROOT=tmp_path_factory.mktemp("static"),
        WHITENOISE_AUTOREFRESH=False,
        WHITENOISE_USE_FINDERS=False,
    )
    with production:
        call_command("collectstatic", interactive=False, verbosity=0)
    return production


@pytest.fixture
def collected(static_files: override_settings) -> Iterator[None]:
    with static_files:
        yield


@pytest.mark.once
@pytest.mark.usefixtures("bank")
@pytest.mark.parametrize("is_collected", [True, False])
def test_scripts_and_styles_carry_the_hash_of_what_is_served(
    request: pytest.FixtureRequest, *, is_collected: bool
) -> None:
    if is_collected:
        request.getfixturevalue("collected")
    client = Client()
    for address in ("/", "/questions/gil/", "/nothing/", "/admin/login/"):
        page = client.get(address).content.decode()
        scripts = re.findall(r"<script src=[^>]*>", page)
        styles = re.findall(r'<link rel="stylesheet"[^>]*>', page)
        assert scripts
        for tag in scripts + ([] if "admin" in address else styles):
            source = re.search(r'(?:src|href)="([^"]+)"', tag)
            hashed = re.search(r'integrity="([^"]+)"', tag)
            assert source, tag
            assert hashed, tag
            assert hashed[1] == sha256(client.get(source[1]).getvalue())


@pytest.mark.once
@pytest.mark.usefixtures("bank")
@pytest.mark.parametrize("is_collected", [True, False])
def test_modules_that_are_loaded_later_have_their_hash_in_the_page(
    request: pytest.FixtureRequest, settings: Any, *, is_collected: bool
) -> None:
    settings.OFFLINE = True
    if is_collected:
        request.getfixturevalue("collected")
    client = Client()
    page = client.get("/").content.decode()
    for name in ("keyboard", "keep"):
        module = re.search(rf'data-{name}="([^"]+)" data-{name}-integrity="([^"]+)"', page)
        assert module, name
        assert module[2] == sha256(client.get(module[1]).getvalue())


def sha256(content: bytes) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}"


# security.txt and the admin's address


@pytest.mark.parametrize("path", ["SECURITY_CONTACT", "ADMIN_PATH"])
def test_an_odd_address_is_refused_in_plain_words(path: str) -> None:
    result = manage("check", **{path: "../x y"})
    assert result.returncode != 0
    assert path in result.stderr.strip().splitlines()[-1]


@pytest.mark.once
@pytest.mark.django_db
def test_security_txt_says_whom_to_tell(client: Client, settings: Any) -> None:
    assert client.get("/.well-known/security.txt").status_code == 404
    settings.SECURITY_CONTACTS = ["mailto:security@example.org", "https://example.org/report"]
    response = client.get("/.well-known/security.txt")
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    lines = response.content.decode().splitlines()
    assert lines[:2] == [
        "Contact: mailto:security@example.org",
        "Contact: https://example.org/report",
    ]
    assert re.fullmatch(r"Expires: \d{4}-\d\d-\d\dT00:00:00Z", lines[2])
    assert lines[-1] == "Canonical: http://testserver/.well-known/security.txt"


@pytest.mark.parametrize(
    ("path", "statuses"),
    [("admin", "302 404"), ("desk/of-editors/", "404 302"), ("off", "404 404")],
)
def test_the_admin_can_be_moved_or_switched_off(path: str, statuses: str, tmp_path: Path) -> None:
    database = prepared_url(tmp_path)
    code = (
        "from django.test import Client; c = Client(headers={'host': 'localhost'});"
        "print(c.get('/').status_code,"
        " *(c.get(a).status_code for a in ('/admin/', '/desk/of-editors/')))"
    )
    result = manage("shell", "-v0", "-c", code, DATABASE_URL=database, ADMIN_PATH=path)
    assert result.stdout.splitlines()[-1] == f"200 {statuses}"


# Whatever a visitor sends


SEGMENTS = st.one_of(
    st.sampled_from(
        [
            *("", "questions", "categories", "admin", "static", "healthz", "gil", "all", ".."),
            *("%00", "%ff%fe", "%2e%2e", "%0d%0aX: y", "\N{SNOWMAN}", "*", "a" * 3000, "login"),
            *(".well-known", "security.txt", "css", "site.css", "question", "add", "1", "-1"),
        ]
    ),
    st.text(max_size=20),
)
VALUES = st.one_of(
    st.sampled_from(
        [
            *("", "gil", "all", "\0", "\ud800", "a" * 9000, "%", "99999999999999999999", "-1"),
            *('"', "'", "(", "*", "NOT", "NEAR(", "==", ":=", "a OR", '"a', "- " * 200, "\u202e"),
            *("core", "core-python", "__get__", "C#", "async/await", "1e999", "é" * 500),
        ]
    ),
    st.text(st.characters(), max_size=60),
)
NAMES = st.one_of(
    st.sampled_from(["q", "category", "level", "open", "page", "p", "o", "e", "next", "_popup"]),
    st.text(max_size=8),
)
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            *("accept", "accept-encoding", "accept-language", "authorization", "cookie", "range"),
            *("content-type", "forwarded", "hx-current-url", "hx-request", "hx-boosted"),
            *("if-match", "if-modified-since", "if-none-match", "if-range", "origin", "referer"),
            *("user-agent", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "host"),
            *("x-request-id", "x-http-method-override", "hx-current-url-uri-autoencoded"),
        ]
    ),
    st.one_of(
        st.sampled_from(
            [
                *(
                    "true",
                    "false",
                    "*",
                    "bytes=0-0",
                    "bytes=9-1",
                    "text/html; charset=hex",
                    "a" * 9000,
                ),
                *("multipart/form-data", "application/x-www-form-urlencoded; charset=utf-16"),
                *(
                    "multipart/form-data; boundary=\x80",
                    "text/html; charset=idna",
                    'W/"a", "b',
                    "\x00",
                ),
                *("Thu, 01 Jan 99999 00:00:00 GMT", "br;q=x, gzip;q=2", "http://[::1", "%E0%A4%A"),
                *("sessionid=\x00; csrftoken=" + "é" * 40, "xx-" * 200, "[", "localhost:99999999"),
            ]
        ),
        st.text(st.characters(max_codepoint=255), max_size=60),
    ),
    max_size=4,
)
METHODS = st.sampled_from(
    [
        "GET",
        "GET",
        "GET",
        "HEAD",
        "POST",
        "PUT",
        "DELETE",
        "OPTIONS",
        "TRACE",
        "PATCH",
        "BREW",
        "get",
    ]
)


@pytest.mark.usefixtures("db")
@limits(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@example("GET", [""], [("q", "a")], {"content-type": "text/html; charset=hex"}, b"")
@example("GET", ["admin", "questions", "question", ""], [("p", "99999999999999999999")], {}, b"")
@given(
    METHODS,
    st.lists(SEGMENTS, max_size=4),
    st.lists(st.tuples(NAMES, VALUES), max_size=6),
    HEADERS,
    st.binary(max_size=100),
)
def test_nothing_that_a_stranger_sends_is_our_failure(
    method: str,
    segments: list[str],
    query: list[tuple[str, str]],
    headers: dict[str, str],
    body: bytes,
) -> None:
    response = send(method, segments, query, headers, body)
    assert response.status_code < 500
    assert_strict(response)


@pytest.mark.usefixtures("db")
@limits(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@example([], {"content-type": "text/html; charset=hex"})
@given(st.lists(st.tuples(NAMES, VALUES), max_size=6), HEADERS)
def test_nothing_makes_the_list_page_fail(
    query: list[tuple[str, str]], headers: dict[str, str]
) -> None:
    headers = {name: value for name, value in headers.items() if name != "host"}
    assert send("GET", [""], query, headers).status_code in {200, 301, 304, 400}


NAMES_OF_CHARSETS = st.one_of(
    st.sampled_from([*aliases, *aliases.values(), "undefined", "idna", "hex", "utf-8", "a" * 9000]),
    st.text(st.characters(max_codepoint=255), max_size=20),
)
CONTENT_TYPES = st.builds(
    "".join,
    st.lists(
        st.one_of(
            NAMES_OF_CHARSETS,
            st.sampled_from(
                [
                    *("text/plain", "multipart/form-data", "application/x-www-form-urlencoded"),
                    *("; charset", "; charset*", "; charset*0", "; charset*1*", "; boundary"),
                    *("=", "=utf-8''", "=hex'en'", "''", '"', ";", "\\", "%ff", "\r\n", "\0"),
                ]
            ),
        ),
        max_size=8,
    ),
)


@pytest.mark.usefixtures("db")
@limits(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@example("text/plain; charset*=utf-8''hex", b"", "POST")
@example("text/plain; charset*=hex''utf-8", b"", "GET")
@example("text/plain; charset*=''\0", b"", "GET")
@example("text/plain; charset*0*=utf-8''he; charset*1=x", b"", "GET")
@example(f"text/plain; charset={'u' * 100_000}", b"", "GET")
@example("multipart/form-data; boundary*=utf-8''a", b"--a--", "POST")
@example("application/x-www-form-urlencoded; charset*=utf-8''undefined", b"a=%ff", "POST")
@given(CONTENT_TYPES, st.binary(max_size=30), st.sampled_from(["GET", "POST"]))
def test_no_content_type_is_our_failure(content_type: str, body: bytes, method: str) -> None:
    headers = {"content-type": content_type}
    for segments in (["nothing"], ["healthz"], ["admin", "login", ""]):
        response = send(method, segments, [("q", "\xe9")], headers, body)
        assert response.status_code < 500
        assert_strict(response)


@pytest.mark.once
@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(
    "content_type",
    [
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded;charset=UTF-8",
        "multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW",
        "multipart/form-data; boundary=---------------------------9051914041544843365972754266",
    ],
)
def test_the_forms_of_browsers_are_read(content_type: str) -> None:
    fields = {"csrfmiddlewaretoken": "a" * 32, "username": "J\xfcrgen", "password": "wrong"}
    _, is_multipart, boundary = content_type.partition("boundary=")
    body = encode_multipart(boundary, fields) if is_multipart else urlencode(fields).encode()
    headers = {"content-type": content_type, "cookie": f"csrftoken={'a' * 32}"}
    page = send("POST", ["admin", "login", ""], [], headers, body).content.decode()
    assert "Please enter the correct username" in page
    assert 'value="J\xfcrgen"' in page


@pytest.mark.once
@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(
    "where",
    [
        "questions.pagecache.cache.PageCache.page",
        "django.core.handlers.base.BaseHandler.get_response",
    ],
)
def test_what_fails_outside_of_the_middleware_is_answered_all_the_same(
    where: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(where, lambda *arguments: 1 / 0)
    response = send("GET", ["nothing"], [], {})
    assert response.status_code == 500
    assert_strict(response)
    assert response.headers["X-Request-ID"]
    assert "Something went wrong on our side" in response.content.decode()
    [error] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert error.getMessage() == "Internal Server Error: /nothing"
    assert error.exc_info


@pytest.fixture(scope="module", autouse=True)
def released_database() -> Iterator[None]:
    """Let the page cache go of the database, which it would listen to until the tests are over."""
    yield
    application.application.watcher.close()  # type: ignore[attr-defined]


class Wire(RequestFactory):
    """A client that asks the whole WSGI application, as gunicorn does."""

    _base_environ: Any

    def request(self, **extra: Any) -> Any:
        answer = HttpResponse()

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            answer.status_code = int(status[:3])
            answer.headers = dict(headers)  # type: ignore[assignment]

        # It would close the connection that holds the test's transaction, as Client knows too.
        signals = (request_started, request_finished)
        for signal in signals:
            signal.disconnect(close_old_connections)
        try:
            answer.content = b"".join(application(self._base_environ(**extra), start))
        finally:
            for signal in signals:
                signal.connect(close_old_connections)
        return answer


def send(
    method: str,
    segments: list[str],
    query: list[tuple[str, str]],
    headers: dict[str, str],
    body: bytes = b"",
) -> Any:
    def raw(text: str) -> bytes:
        return text.encode("utf-8", "surrogatepass")

    pairs = "&".join(f"{quote_plus(raw(name))}={quote_plus(raw(value))}" for name, value in query)
    path = "/" + "/".join(quote(raw(segment), safe="%") for segment in segments)
    meta: dict[str, Any] = {
        "HTTP_" + name.upper().replace("-", "_"): value for name, value in headers.items()
    }
    meta.setdefault("HTTP_HOST", "testserver")  # without it the page cache lets a request pass
    content_type = meta.pop("HTTP_CONTENT_TYPE", "application/octet-stream")
    # Given by name too: the factory leaves it out where the body is empty.
    return Wire().generic(
        method, path, body, content_type, QUERY_STRING=pairs, CONTENT_TYPE=content_type, **meta
    )
