"""What all tests share: cheap settings, a database, the bank, and a browser that notices errors."""

import functools
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import hypothesis
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import connections
from django.test import Client, override_settings
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, WebError, expect
from pytest_django.live_server_helper import LiveServer

from questions.checking import runs
from questions.pages import missed
from tests import servers
from tests.bank import load_shipped
from tests.browser.firefox import firefox_path
from tests.browser.waiting import PATIENCE
from tests.pagecache.site import Site

# A missing browser fails its tests instead of skipping them.
IS_CI = os.environ.get("CI") == "true"


# Settings


def pytest_configure() -> None:
    cheap_settings().enable()
    # Time on a busy machine says nothing about the code; a test that is about it sets its own.
    too_slow = [hypothesis.HealthCheck.too_slow]
    hypothesis.settings.register_profile("busy", deadline=None, suppress_health_check=too_slow)
    hypothesis.settings.load_profile("busy")
    expect.set_options(timeout=1000 * PATIENCE)
    # pytest keeps its temporary folders in the checkout, where `make clean` finds them.
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(settings.VAR_DIR))
    # Playwright runs an event loop in the thread of the tests, from the first browser test to the
    # end. Django would refuse every query there.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def pytest_unconfigure() -> None:
    cheap_settings().disable()


@functools.cache
def cheap_settings() -> override_settings:
    """What costs time and proves nothing: a slow hash, and a manifest that collectstatic makes."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    return override_settings(
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        STORAGES={**settings.STORAGES, "staticfiles": plain},
        WHITENOISE_AUTOREFRESH=True,
        WHITENOISE_USE_FINDERS=True,
    )


# Database


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Keep SQLite's test database in a file.

    One in memory has a single connection, which the live server's threads would share with the
    test: their transactions would run into each other, and there is no WAL.
    """
    folder = tmp_path_factory.mktemp("database")
    for connection in connections.all():
        if connection.vendor == "sqlite":
            connection.settings_dict["TEST"]["NAME"] = str(folder / "test.sqlite3")


@pytest.fixture
def database_address(tmp_path: Path) -> Iterator[str]:
    """The address of an empty database for processes, of the kind that the suite runs on."""
    (tmp_path / "data").mkdir()
    with servers.database(tmp_path / "data") as address:
        yield address


@pytest.fixture
def bank(db: None) -> None:
    """Load fixtures/bank.yaml, for this test only."""
    load_shipped()


@pytest.fixture
def owner(client: Client) -> Client:
    """Log in somebody who may do everything."""
    client.force_login(User.objects.create_superuser("anna"))
    return client


@pytest.fixture
def editor(client: Client) -> Client:
    """Log in somebody of the group Editors."""
    user = User.objects.create_user("ben", is_staff=True)
    user.groups.add(Group.objects.get(name="Editors"))
    client.force_login(user)
    return client


@pytest.fixture(autouse=True, scope="session")
def no_thread() -> Iterator[None]:
    """
    Keep searches that found little in memory: a thread would write them into some later test.

    That holds between tests as well, where a request may still be under way.
    """
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(missed.Recorder, "start", lambda recorder: None)
        yield


@pytest.fixture(autouse=True)
def no_search_counted(monkeypatch: pytest.MonkeyPatch, no_thread: None) -> None:
    monkeypatch.setattr(missed, "recorder", missed.Recorder())


@pytest.fixture
def site() -> Iterator[Site]:
    """Ask the site through its page cache. The test needs `django_db(transaction=True)`."""
    site = Site()
    yield site
    site.watcher.close()


# Browser: `page.goto("/")` opens the live server.


@functools.cache
def chromium() -> str | None:
    """Return the path of a Chromium that starts. (Ubuntu's may be a mere hint at a snap.)"""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        path = shutil.which(name)
        if path:
            version = subprocess.run([path, "--version"], capture_output=True, check=False)  # noqa: S603
            if version.returncode == 0:
                return path
    return None


@pytest.hookimpl(tryfirst=True)  # before -m looks at the markers
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if {"browser", "firefox"} & fixtures:
            item.add_marker("browser")
        # pytest-django refuses the database to a test that doesn't ask for it.
        asked = {"db", "transactional_db", "database_address"} & fixtures
        if not asked and not item.get_closest_marker("django_db"):
            item.add_marker("once")


@pytest.hookimpl(tryfirst=True)  # before any fixture of the browser
def pytest_runtest_setup(item: pytest.Item) -> None:
    fixtures = getattr(item, "fixturenames", ())
    if "firefox" in fixtures:
        require("Firefox", firefox_path())
    elif item.get_closest_marker("browser"):
        require("Chromium", chromium())
    elif item.get_closest_marker("samples") and (reason := missing_isolation()):
        if IS_CI:
            pytest.fail(f"{reason}, and CI=true asks for it", pytrace=False)
        pytest.skip(reason)


def require(name: str, path: str | None) -> None:
    if path is None:
        if IS_CI:
            pytest.fail(f"{name} is not installed, and CI=true asks for it", pytrace=False)
        pytest.skip(f"{name} is not installed")


@functools.cache
def missing_isolation() -> str:
    return runs.missing_isolation()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not IS_CI and not chromium():
        terminalreporter.write_line("Skipped, as Chromium is not installed here: the browser tests")
    if not IS_CI and not firefox_path():
        terminalreporter.write_line("Skipped, as Firefox is not installed here: its browser tests")


@pytest.fixture(scope="session")
def browser_type_launch_args(
    browser_type_launch_args: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """Use the system's Chromium, quiet, and with a home of its own to write to."""
    return {
        **browser_type_launch_args,
        "executable_path": chromium(),
        "env": {**os.environ, "HOME": str(tmp_path_factory.mktemp("chromium"))},
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ],
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Leave the service worker out: it asks the server past `page.route`."""
    return {**browser_context_args, "service_workers": "block"}


@pytest.fixture(scope="session")
def base_url(live_server: LiveServer) -> str:
    return live_server.url


@pytest.fixture
def browser_errors() -> list[str]:
    """Hold what went wrong in the browser. A test that wants an error clears the list."""
    return []


@pytest.fixture
def new_context(
    new_context: Callable[..., BrowserContext],
    browser_errors: list[str],
    request: pytest.FixtureRequest,
) -> Iterator[Callable[..., BrowserContext]]:
    """Fail the test on an error in the console or an uncaught exception, in any of its pages."""
    contexts: list[BrowserContext] = []
    marker = request.node.get_closest_marker("accepts_error")
    accepted: tuple[str, ...] = marker.args if marker else ()

    def on_console(message: ConsoleMessage) -> None:
        is_accepted = any(part in message.text for part in accepted)
        if message.type == "error" and not is_accepted:
            browser_errors.append(f"{message.text} ({message.location.get('url')})")

    def on_exception(error: WebError) -> None:
        browser_errors.append(str(error.error))

    def watched_context(**options: Any) -> BrowserContext:
        context = new_context(**options)
        context.on("console", on_console)
        context.on("weberror", on_exception)
        contexts.append(context)
        return context

    yield watched_context
    for context in contexts:
        context.close()  # delivers the events that still wait
    if browser_errors:
        pytest.fail("\n".join(["The browser reported:", *browser_errors]), pytrace=False)


# Marks the first element of each look. Contrast depends on the look alone, and to measure it anew
# for each of the thousands of words in code samples takes axe most of its time.
MARK_LOOKS = r"""() => {
    const looks = new WeakMap();
    const number = new Map();
    const look = (element) => {
        if (!element) return 0;
        if (!looks.has(element)) {
            const style = getComputedStyle(element);
            const { left, right } = element.getBoundingClientRect();
            const text = [...element.childNodes]
                .filter((node) => node.nodeType === Node.TEXT_NODE)
                .map((node) => node.data.trim())
                .join("");
            const own = [
                look(element.parentElement), element.tagName, element.className, style.color,
                style.backgroundColor, style.backgroundImage, style.opacity, style.fontSize,
                style.fontWeight, style.textShadow, style.visibility, style.position,
                left < 0, right > innerWidth, element.checkVisibility(),
                Math.min(text.length, 2), /[!-\u2fff]/.test(text), // axe leaves signs alone
            ].join();
            if (!number.has(own)) {
                number.set(own, number.size + 1);
                element.dataset.look = number.size;
            }
            looks.set(element, number.get(own));
        }
        return looks.get(element);
    };
    document.querySelectorAll("[data-look]").forEach((e) => delete e.dataset.look);
    document.querySelectorAll("*").forEach(look);
}"""


# What depends on the theme.
COLORS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}


class AssertAccessible(Protocol):
    def __call__(self, page: Page, *, only_colors: bool = False) -> None: ...


@pytest.fixture(scope="session")
def assert_accessible() -> AssertAccessible:
    """
    Return a function that fails with one line for each element that axe objects to.

    `only_colors` is enough where the same page has just been looked at in another theme.
    """
    load = (
        f"() => {{ {AXE_SCRIPT};"
        "axe.configure({ rules: [{ id: 'color-contrast', selector: '[data-look]' }] }); }"
    )

    def check(page: Page, *, only_colors: bool = False) -> None:
        if page.evaluate("typeof axe === 'undefined'"):
            page.evaluate(load)
        page.evaluate(MARK_LOOKS)
        options: dict[str, Any] = {"resultTypes": ["violations"]}
        if only_colors:
            options["runOnly"] = COLORS
        violations = page.evaluate(
            "async (options) => (await axe.run(options)).violations", options
        )
        lines = [
            f"{violation['help']} ({violation['id']}): {node['html']}"
            for violation in violations
            for node in violation["nodes"]
        ]
        if lines:
            is_dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
            where = f"{page.url}, {page.viewport_size}, {'dark' if is_dark else 'light'}"
            pytest.fail("\n".join([f"axe objects in {where} to:", *lines]), pytrace=False)

    return check
