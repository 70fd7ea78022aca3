"""What a browser makes of the headers: it runs what the site sent, and complains about nothing."""

from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from playwright.sync_api import ConsoleMessage, Page, Route, expect

from tests.browser.waiting import wait_until

pytestmark = pytest.mark.usefixtures("bank")


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "service_workers": "allow"}


@pytest.fixture
def said(page: Page) -> list[str]:
    """Everything that arrives in the console, warnings and hints included."""
    texts: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        texts.append(f"{message.type}: {message.text} ({page.url})")

    page.context.on("console", on_console)
    return texts


def test_no_page_leaves_a_word_in_the_console(page: Page, said: list[str]) -> None:
    for address in ("/", "/?q=gil&open=gil", "/questions/gil/", "/?q=xyzzyx", "/offline/"):
        page.goto(address, wait_until="networkidle")
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    page.goto("/", wait_until="networkidle")
    page.locator("[data-slug=gil] summary").click()
    expect(page.locator("[data-slug=gil] .answer")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert said == []


def test_the_admin_leaves_no_word_in_the_console_either(page: Page, said: list[str]) -> None:
    User.objects.create_superuser("editor", password="secret")
    page.goto("/admin/")
    page.get_by_label("Username").fill("editor")
    page.get_by_label("Password").fill("secret")
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("/admin/")
    for address in ("/admin/questions/question/", "/admin/questions/question/add/"):
        page.goto(address, wait_until="networkidle")
    assert said == []


def test_a_page_is_isolated_from_other_sites(page: Page) -> None:
    page.goto("/")
    assert page.evaluate("crossOriginIsolated")


def test_pictures_icons_manifest_and_feed_arrive_under_the_policies(page: Page) -> None:
    page.goto("/questions/gil/")
    addresses = page.evaluate(
        """() => [...document.querySelectorAll("link[href], meta[property='og:image']")]
            .map((element) => new URL(element.href || element.content, location))
            .filter((url) => url.origin === location.origin).map(String)"""
    )
    assert len(addresses) >= 6
    fetch_all = "(all) => Promise.all(all.map((one) => fetch(one).then((answer) => answer.ok)))"
    loaded = page.evaluate(fetch_all, addresses)
    assert loaded == [True] * len(addresses)
    is_shown = """async () => {
        const picture = new Image();
        picture.src = "/questions/gil/picture.png";
        await picture.decode();
        return picture.naturalWidth;
    }"""
    assert page.evaluate(is_shown) == 1200


@pytest.mark.parametrize("name", ["js/site.js", "js/keyboard.js", "css/site.css"])
def test_a_file_that_somebody_changed_on_the_way_is_not_used(
    page: Page, browser_errors: list[str], name: str
) -> None:
    content = (settings.BASE_DIR / "static" / name).read_text()

    def forge(route: Route) -> None:
        kind = "text/css" if name.endswith("css") else "text/javascript"
        route.fulfill(body=f"{content}\n/* x */", content_type=kind)

    page.route(f"**/static/{name}", forge)
    page.goto("/questions/gil/")
    page.keyboard.press("?")
    last = "was not loaded" if name == "js/keyboard.js" else "integrity"
    for part in ("integrity", last):
        wait_until(page, lambda: any(part in error for error in browser_errors))  # noqa: B023
    browser_errors.clear()
    if name.endswith("js"):
        expect(page.get_by_role("dialog")).to_be_hidden()
