"""What somebody can read on a train."""

import re
from typing import Any

import pytest
from django.core.signals import request_started
from playwright.sync_api import Page, expect

from questions.models import Question
from tests import build
from tests.browser.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.usefixtures("bank")


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "service_workers": "allow"}


# Of a bank that is kept the page looks for a newer version, at any time after it was opened.
looks_for_a_newer_version = pytest.mark.accepts_error("net::ERR_INTERNET_DISCONNECTED")
# What is not kept fails; the worker says so itself.
asks_in_vain = pytest.mark.accepts_error(
    "net::ERR_INTERNET_DISCONNECTED", "net::ERR_FAILED", "htmx:sendError", "htmx:afterRequest"
)


def go_offline(page: Page) -> None:
    page.context.set_offline(True)


def go_online(page: Page) -> None:
    page.context.set_offline(False)


def visit(page: Page, address: str) -> None:
    """Open a page, and wait until the service worker has taken over."""
    page.goto(address)
    page.evaluate(
        """async () => {
            const { active } = await navigator.serviceWorker.ready;
            while (active.state !== "activated") await new Promise((done) => setTimeout(done, 20));
        }"""
    )


def read(page: Page, address: str) -> None:
    """Open a page, and wait until the service worker has kept it: that goes on after its load."""
    page.goto(address)
    wait_until(page, f"caches.match('{address}').then(Boolean)")


def keep(page: Page, questions: int = 30) -> None:
    page.get_by_role("button", name="Keep for offline").click()
    status = page.locator(".keep [role=status]")
    patience = 3000 * PATIENCE  # each of them is fetched twice
    expect(status).to_contain_text(f"{questions} questions kept", timeout=patience)


@asks_in_vain
def test_pages_that_were_visited_can_be_read_again(page: Page) -> None:
    visit(page, "/")
    read(page, "/questions/gil/")
    go_offline(page)
    page.goto("/")
    expect(page.locator(".entry")).to_have_count(30)
    page.locator("[data-slug=gil] summary").click()
    expect(page.locator("[data-slug=gil] .short-answer")).to_be_visible()
    expect(page.locator("[data-slug=gil]").get_by_role("alert")).to_contain_text("you are offline")
    page.goto("/questions/gil/")
    expect(page.get_by_role("heading", name="Follow-ups")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('.code')).borderRadius") != "0px"


def test_a_page_that_was_not_kept_says_so_and_lists_what_was(page: Page) -> None:
    visit(page, "/")
    read(page, "/questions/gil/")
    go_offline(page)
    page.goto("/questions/descriptors/")
    expect(page.get_by_role("heading", name="You are offline")).to_be_visible()
    kept = page.get_by_role("navigation", name="Kept on this device").get_by_role("link")
    expect(kept).to_have_count(1)
    kept.click()
    expect(page).to_have_url("/questions/gil/")


@looks_for_a_newer_version
def test_the_whole_bank_can_be_kept_and_read_and_removed(page: Page) -> None:
    visit(page, "/")
    keep(page)
    expect(page.locator(".keep [role=status]")).to_contain_text("B")  # kB or MB
    go_offline(page)
    for address in ("/categories/architecture/", "/questions/descriptors/"):
        page.goto(address)
        expect(page.get_by_role("heading", name="You are offline")).to_be_hidden()
    page.goto("/?open=descriptors")
    expect(page.locator("[data-slug=descriptors] .answer")).to_be_visible()
    go_online(page)
    page.goto("/")
    page.get_by_role("button", name="Remove from this device").click()
    expect(page.get_by_role("button", name="Keep for offline")).to_be_visible()
    go_offline(page)
    page.goto("/questions/mocking/")
    expect(page.get_by_role("heading", name="You are offline")).to_be_visible()


def test_a_second_click_does_not_fetch_the_bank_a_second_time(page: Page) -> None:
    visit(page, "/")
    asked: list[str] = []

    def note(environ: dict[str, Any], **_: object) -> None:
        asked.append(environ["PATH_INFO"])

    request_started.connect(note)  # for as long as the function exists
    button = page.get_by_role("button", name="Keep for offline")
    button.evaluate("button => { button.click(); button.click(); }")
    expect(page.locator(".keep [role=status]")).to_contain_text("30 questions kept")
    expect(button).to_have_count(0)
    assert asked.count("/questions/gil/") == 2  # the page, and its answer for the list


def test_what_is_removed_is_not_fetched_again_by_a_look_for_a_newer_version(page: Page) -> None:
    visit(page, "/")
    keep(page)
    page.add_init_script(
        """const { fetch } = window;
        window.fetch = (address, ...options) => new Promise((done) => {
            const answer = () => done(fetch(address, ...options));
            if (String(address).endsWith("/offline.json")) window.answer = answer;
            else answer();
        });"""
    )
    page.reload()
    wait_until(page, "'answer' in window")
    page.get_by_role("button", name="Remove from this device").click()
    expect(page.get_by_role("button", name="Keep for offline")).to_be_visible()
    kept = page.evaluate(
        """async () => {
            window.answer();
            for (const address of ["/offline.json?later", "/questions/gil/"]) await fetch(address);
            return (await caches.keys()).filter((name) => name.startsWith("kept-"));
        }"""
    )
    assert kept == []


def test_the_size_of_what_is_kept_is_that_of_all_pages_and_files(page: Page) -> None:
    visit(page, "/")
    keep(page)
    shown = page.locator(".keep [role=status]").inner_text()
    kept = page.evaluate(
        """async () => {
            const [name] = (await caches.keys()).filter((name) => name.startsWith("kept-"));
            const answers = await (await caches.open(name)).matchAll();
            const sizes = await Promise.all(answers.map(async (a) => (await a.blob()).size));
            return sizes.reduce((sum, size) => sum + size, 0);
        }"""
    )
    assert f"{kept / 1e6:.1f} MB" in shown


def test_a_step_back_without_a_connection_shows_what_is_kept(page: Page) -> None:
    visit(page, "/")
    page.goto("/?level=core")
    page.goto("/")
    page.locator("[id='level:core']").click()
    expect(page).to_have_url(re.compile("level=core"))
    expect(page.locator(".found")).to_contain_text("13 of 30")
    go_offline(page)
    page.go_back()
    expect(page.locator(".entry")).to_have_count(30)


@looks_for_a_newer_version
def test_a_correction_reaches_what_is_kept_with_the_next_visit(page: Page) -> None:
    visit(page, "/")
    keep(page)
    Question.objects.filter(slug="gil").update(short_answer="It was corrected.")
    page.goto("/")
    wait_until(
        page,
        """async () => {
            const kept = (await caches.keys()).filter((name) => name.startsWith("kept-"));
            const page = await caches.match("/questions/gil/");
            return kept.length === 1 && (await page.text()).includes("It was corrected.");
        }""",
    )
    go_offline(page)
    page.goto("/questions/gil/")
    expect(page.locator(".short-answer")).to_have_text("It was corrected.")


def test_with_a_connection_the_page_is_todays(page: Page) -> None:
    visit(page, "/questions/gil/")
    Question.objects.filter(slug="gil").update(short_answer="It was corrected.")
    page.reload()
    expect(page.locator(".short-answer")).to_have_text("It was corrected.")


def fill_up(page: Page) -> None:
    """Leave no room on the device."""
    session = page.context.new_cdp_session(page)
    quota = {"origin": page.evaluate("location.origin"), "quotaSize": 1000}
    session.send("Storage.overrideQuotaForOrigin", quota)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})


def test_a_full_device_shows_what_it_cannot_keep(page: Page) -> None:
    visit(page, "/")
    page.evaluate("caches.delete('assets')")  # as after a release
    fill_up(page)
    page.reload()
    header = page.locator(".site-header")
    assert header.evaluate("header => getComputedStyle(header).position") == "sticky"
    page.locator("[data-slug=gil] summary").click()
    expect(page.locator("[data-slug=gil] .answer")).to_be_visible()
    page.get_by_role("button", name="Keep for offline").click()
    status = page.locator(".keep [role=status]")
    expect(status).to_contain_text("There is no room left on this device")


def test_an_edit_shows_at_once_behind_the_worker_too(page: Page) -> None:
    visit(page, "/")
    page.goto("/questions/gil/")
    Question.objects.filter(slug="gil").update(short_answer="It was corrected.")
    page.goto("/")
    page.goto("/questions/gil/")
    expect(page.locator(".short-answer")).to_have_text("It was corrected.")


@asks_in_vain
def test_the_search_says_what_it_cannot_do_and_offers_kept_titles(page: Page) -> None:
    visit(page, "/")
    read(page, "/questions/descriptors/")
    read(page, "/questions/gil/")
    page.keyboard.press("/")
    overlay = page.get_by_role("dialog", name="Search")
    expect(overlay.get_by_role("searchbox")).to_be_focused()
    go_offline(page)
    overlay.get_by_role("searchbox").fill("what gil")
    expect(overlay.get_by_role("status")).to_contain_text("You are offline")
    title = overlay.get_by_role("listitem").get_by_role("link")
    expect(title).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page).to_have_url("/questions/gil/")
    page.goto("/")  # where the list is searched
    page.locator("#q").fill("descriptors")
    failure = page.locator("main").get_by_role("alert")
    expect(failure).to_contain_text("you are offline")
    failure.get_by_role("button", name="Search kept titles").click()
    expect(overlay.get_by_role("searchbox")).to_have_value("descriptors")
    expect(title).to_have_count(1)


@looks_for_a_newer_version
def test_show_more_goes_on_in_a_bank_that_is_kept(page: Page) -> None:
    category = build.category()
    for number in range(1, 31):
        build.question(category=category, position=number, slug=f"far-{number:02}")
    visit(page, "/")
    keep(page, 60)
    go_offline(page)
    page.goto("/")
    expect(page.locator(".entry")).to_have_count(50)
    page.get_by_role("link", name="Show more").click()
    expect(page.locator(".entry")).to_have_count(60)
    page.locator("[data-slug=far-30] > summary").click()
    expect(page.locator("[data-slug=far-30] .answer")).to_be_visible()


@pytest.mark.accepts_error("404 (Not Found)")  # /favicon.ico: a text file names no icon
def test_a_new_release_replaces_the_worker_and_keeps_no_unused_file(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_file = """async () => {
        const kept = await (await caches.open("assets")).keys();
        return kept.some((request) => request.url.endsWith("/static/js/keep.js"));
    }"""
    visit(page, "/")
    assert page.evaluate(has_file)
    files = ["css/site.css", "js/site.js"]
    monkeypatch.setattr("questions.pages.offline.asset_names", lambda: files)
    # The pages that are kept name the file too: they go first.
    page.evaluate("caches.delete('pages')")
    page.goto("/robots.txt")
    page.evaluate("navigator.serviceWorker.getRegistration().then((r) => r.update())")
    wait_until(page, f"({has_file})().then((there) => !there)")


def test_the_server_can_switch_it_off_everywhere(page: Page, settings: Any) -> None:
    visit(page, "/")
    settings.OFFLINE = False
    page.reload()
    page.evaluate("navigator.serviceWorker.getRegistration().then((r) => r?.update())")
    wait_until(
        page,
        """async () => !(await caches.keys()).length
            && !(await navigator.serviceWorker.getRegistration())""",
    )
    assert page.get_by_role("button", name="Keep for offline").count() == 0


@looks_for_a_newer_version
def test_the_kept_bank_can_be_practised(page: Page) -> None:
    visit(page, "/")
    keep(page)
    go_offline(page)
    page.goto("/practice/?n=3&category=architecture&level=expert")
    place = page.locator("[data-room=session] [data-part=place]")
    expect(place).to_have_text(re.compile("1 of [1-3]"))
    category = page.locator("[data-room=session] [data-part=category]")
    for _ in range(int(place.inner_text()[-1])):
        expect(page.locator("[data-room=session] [data-part=asking]")).to_be_visible()
        page.keyboard.press("Space")
        expect(category).to_contain_text("Architecture")
        expect(page.locator(".card-question .short-answer").first).not_to_be_empty()
        page.keyboard.press("4")
    expect(page.get_by_role("heading", name="practised")).to_be_visible()
    page.goto("/practice/?mode=interview&n=2&seed=1")
    expect(page.get_by_text("Question 1 of 2")).to_be_visible()
    expect(page.get_by_text("gets the same questions")).to_be_hidden()  # drawn on this device
    page.goto("/practice/?mode=interviewer&n=2&seed=1")  # the server's alone
    expect(page.get_by_role("heading", name="offline")).to_be_visible()
    page.goto("/progress/")
    row = page.get_by_role("row", name=re.compile("^Architecture"))
    expect(row.locator("td").last).not_to_have_text("6")
