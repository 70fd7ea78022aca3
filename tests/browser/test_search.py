"""Searching, in a real browser."""

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests import build
from tests.browser.waiting import Held

pytestmark = pytest.mark.usefixtures("bank")


def summary(page: Page, place: int) -> Locator:
    return page.locator(".hits .entry > summary").nth(place)


def test_slash_goes_to_the_box_unless_the_shortcuts_are_off(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("a/b")
    expect(page.locator("#q")).to_have_value("a/b")
    page.evaluate("localStorage.setItem('shortcuts', 'off')")
    page.goto("/")
    page.keyboard.press("/")
    expect(page.locator("#q")).not_to_be_focused()


def test_the_keyboard_walks_the_hits_and_opens_one(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type("generator")
    expect(page.locator("#status")).to_contain_text("for “generator”")
    page.keyboard.press("ArrowDown")
    expect(summary(page, 0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(summary(page, 1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(summary(page, 0)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".entry[open]")).to_have_count(1)
    expect(page.locator(".entry[open] .answer")).to_be_visible()
    expect(page).to_have_url(re.compile(r"q=generator&open=comprehensions-vs-generators"))
    page.keyboard.press("ArrowUp")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#q")).to_have_value("")
    expect(page.locator(".entry")).to_have_count(30)
    expect(page).not_to_have_url(re.compile("q="))


def test_a_newer_search_takes_the_place_of_an_older_one(page: Page) -> None:
    page.goto("/")
    older = Held(page, "q=gil")
    page.locator("#q").fill("gil")
    older.wait()
    with page.expect_event("requestfailed", lambda request: request.url.endswith("q=gil")):
        page.locator("#q").fill("celery")
    expect(page.locator(".found")).to_contain_text("for “celery”")
    older.let_go()
    page.wait_for_timeout(200)
    expect(page.locator(".found")).to_contain_text("for “celery”")


def test_hits_are_marked_and_say_where_they_belong(page: Page) -> None:
    page.goto("/?q=celery+worker")
    hit = page.locator(".hits .entry").first
    expect(hit.locator("h3 mark").first).to_have_text("Celery")
    expect(hit.locator(".passage mark").first).to_be_visible()
    expect(hit.locator(".where")).to_contain_text("Architecture")
    page.set_viewport_size({"width": 768, "height": 800})
    row, passage = (hit.locator(part).bounding_box() for part in ("summary", ".passage"))
    assert row
    assert passage
    assert passage["width"] > 0.75 * row["width"]  # and not a narrow column
    page.set_viewport_size({"width": 1280, "height": 800})
    hit.locator("summary").first.click()
    expect(hit).to_have_attribute("open", "")
    head = hit.locator("summary").first.bounding_box()
    assert head
    assert head["height"] < 45  # one line, level and all


def test_what_is_less_close_begins_anew(page: Page) -> None:
    build.question(title="Does a sewingthread need a needle?")
    build.question(title="What is a needle?")
    page.goto("/?q=needle+sewingthread+thimble")
    gap = page.evaluate(
        """() => {
            const head = document.querySelector(".hits .category-head");
            const { bottom } = head.previousElementSibling.getBoundingClientRect();
            return head.getBoundingClientRect().top - bottom;
        }"""
    )
    assert gap >= 24


def test_a_correction_is_announced_and_survives_back_and_reload(page: Page) -> None:
    page.goto("/")
    page.locator("#q").fill("sellery")
    expect(page.locator(".corrected")).to_contain_text("Showing results for celery")
    expect(page.locator("#status")).to_contain_text("for “celery”")
    page.reload()
    expect(page.locator(".corrected")).to_be_visible()
    expect(page.locator("#q")).to_have_value("sellery")
    page.go_back()
    expect(page.locator(".entry")).to_have_count(30)
    expect(page.locator("#q")).to_have_value("")
    page.go_forward()
    expect(page.locator(".corrected")).to_be_visible()
    expect(page.locator("#q")).to_have_value("sellery")


def test_without_scripts_a_form_finds_the_same(page: Page, browser: Browser, base_url: str) -> None:
    page.goto("/")
    page.locator("#q").fill("context manager exception")
    expect(page.locator(".found")).to_contain_text("context manager exception")
    slugs = "entries => entries.map(entry => entry.dataset.slug)"
    with_scripts = page.eval_on_selector_all(".entry", slugs)
    plain = browser.new_context(java_script_enabled=False, base_url=base_url).new_page()
    plain.goto("/")
    plain.locator("#q").fill("context manager exception")
    plain.locator("#q").press("Enter")
    plain.wait_for_url(re.compile(r"\?q=context\+manager\+exception"))
    assert [
        entry.get_attribute("data-slug") for entry in plain.locator(".entry").all()
    ] == with_scripts
    assert with_scripts[0] == "context-managers"
    expect(plain.locator("mark").first).to_be_visible()
