"""What somebody does who leaves the mouse alone."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests import build

pytestmark = pytest.mark.usefixtures("bank")


def focused_question(page: Page) -> str:
    return str(page.evaluate("document.activeElement.closest('.entry')?.dataset.slug ?? ''"))


def press(page: Page, key: str) -> None:
    """Press a key and let the shortcuts load, which happens at the first one."""
    page.keyboard.press(key)
    page.wait_for_timeout(150)


def test_j_and_k_walk_the_questions_and_o_opens_one(page: Page) -> None:
    page.goto("/")
    press(page, "j")
    assert focused_question(page) == "gil"
    press(page, "j")
    assert focused_question(page) == "memory-management"
    press(page, "k")
    assert focused_question(page) == "gil"
    press(page, "o")
    expect(page.locator("[data-slug=gil] .answer")).to_be_visible()
    press(page, "o")
    expect(page.locator("[data-slug=gil] .answer")).to_be_hidden()


def test_arrows_walk_from_a_question_and_scroll_elsewhere(page: Page) -> None:
    page.goto("/")
    press(page, "ArrowDown")
    assert focused_question(page) == ""
    press(page, "j")
    press(page, "ArrowDown")
    assert focused_question(page) == "memory-management"
    press(page, "ArrowUp")
    press(page, "Enter")
    expect(page.locator("[data-slug=gil]")).to_have_attribute("open", "")


def test_e_expands_and_collapses_all_and_the_focus_stays(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Everything").focus()
    press(page, "e")
    expect(page.locator(".entry[open] .answer")).to_have_count(30)
    expect(page.get_by_role("link", name="Everything")).to_be_focused()
    press(page, "e")
    expect(page.locator(".entry[open]")).to_have_count(0)


def test_j_goes_on_to_the_next_question_from_a_questions_page(page: Page) -> None:
    page.goto("/questions/gil/")
    press(page, "j")
    expect(page).to_have_url("/questions/memory-management/")
    press(page, "k")
    expect(page).to_have_url("/questions/gil/")


def test_the_help_lists_the_keys_and_switches_them_off_for_good(page: Page) -> None:
    page.goto("/")
    press(page, "?")
    help_dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(help_dialog).to_be_visible()
    for key in ("/", "j", "k", "o", "e", "?"):
        expect(help_dialog.locator("kbd", has_text=key).first).to_be_visible()
    help_dialog.get_by_label("Shortcuts are on").uncheck()
    page.keyboard.press("Escape")
    expect(help_dialog).to_be_hidden()
    page.reload()
    press(page, "j")
    press(page, "?")
    assert focused_question(page) == ""
    expect(help_dialog).to_be_hidden()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    help_dialog.get_by_label("Shortcuts are on").check()
    help_dialog.get_by_role("button", name="Close").click()
    press(page, "j")
    assert focused_question(page)


def test_letters_typed_into_the_search_box_are_letters(page: Page) -> None:
    page.goto("/")
    page.locator("#q").press_sequentially("joke")
    expect(page.locator("#q")).to_have_value("joke")
    expect(page.locator("#q")).to_be_focused()


def test_the_skip_link_leads_past_header_and_navigation(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Titles")).to_be_focused()


def test_clearing_the_filters_keeps_the_focus_in_the_page(page: Page) -> None:
    page.goto("/?q=lock&level=core")
    page.get_by_role("link", name="Clear all").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".entry")).to_have_count(30)
    expect(page.locator("#page\\:main")).to_be_focused()


@pytest.mark.parametrize("prompt", ["", "A scenario.\n"])
def test_an_answer_that_arrives_takes_the_focus_from_the_link_in_its_place(
    page: Page, prompt: str
) -> None:
    question = build.question(prompt=prompt)
    page.goto("/")
    entry = page.locator(f"[data-slug={question.slug}]")
    waiting: list[Route] = []
    page.route(f"**{question.get_absolute_url()}", lambda route: waiting.append(route))  # noqa: PLW0108
    entry.locator("summary").press("Enter")
    expect(entry.get_by_role("link", name="Open the full page")).to_be_visible()
    page.keyboard.press("Tab")
    expect(entry.get_by_role("link", name="Open the full page")).to_be_focused()
    waiting[0].continue_()
    expect(entry.locator(".answer")).to_be_focused()


def test_every_stop_of_the_tab_key_can_be_seen(page: Page) -> None:
    page.goto("/?open=gil")
    unseen = []
    for _ in range(60):
        page.keyboard.press("Tab")
        stop = page.evaluate(
            """() => {
                const element = document.activeElement;
                const frames = [element, element.closest("label") ?? element];
                const marked = frames.some((f) => getComputedStyle(f).outlineStyle !== "none");
                const { top, bottom } = element.getBoundingClientRect();
                const header = document.querySelector(".site-header").getBoundingClientRect();
                const covered = element.closest("main") && bottom <= header.bottom;
                const seen = marked && !covered && bottom > 0 && top < innerHeight;
                return seen ? "" : element.outerHTML;
            }"""
        )
        if stop:
            unseen.append(stop[:120])
    assert unseen == []
