"""What somebody does who leaves the mouse alone."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests import build
from tests.browser.waiting import Held

pytestmark = pytest.mark.usefixtures("bank")


def title(page: Page, slug: str) -> Locator:
    return page.locator(f".entry[data-slug='{slug}'] > summary")


def test_j_and_k_walk_the_questions_and_o_opens_one(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("j")
    expect(title(page, "gil")).to_be_focused()
    page.keyboard.press("j")
    expect(title(page, "memory-management")).to_be_focused()
    page.keyboard.press("k")
    expect(title(page, "gil")).to_be_focused()
    page.keyboard.press("o")
    expect(page.locator("[data-slug=gil] .answer")).to_be_visible()
    page.keyboard.press("o")
    expect(page.locator("[data-slug=gil] .answer")).to_be_hidden()


def test_arrows_walk_from_a_question_and_scroll_elsewhere(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("j")  # goes to the first, as the arrow went to none
    expect(title(page, "gil")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(title(page, "memory-management")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(title(page, "gil")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[data-slug=gil]")).to_have_attribute("open", "")


def test_e_expands_and_collapses_all_and_the_focus_stays(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Everything").focus()
    page.keyboard.press("e")
    expect(page.locator(".entry[open] .answer")).to_have_count(30)
    expect(page.get_by_role("link", name="Everything")).to_be_focused()
    page.keyboard.press("e")
    expect(page.locator(".entry[open]")).to_have_count(0)


def test_a_key_whose_shortcuts_come_late_leaves_a_reader_alone_who_went_on(page: Page) -> None:
    page.goto("/")
    late = Held(page, "js/keyboard")
    page.keyboard.press("j")
    page.get_by_role("link", name="Everything").focus()
    page.keyboard.press("?")
    late.wait()
    late.let_go()
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Everything")).to_be_focused()


def test_keys_that_were_pressed_until_the_shortcuts_came_all_count(page: Page) -> None:
    page.goto("/")
    late = Held(page, "js/keyboard")
    for key in "jjk":
        page.keyboard.press(key)
    late.wait()
    page.keyboard.press("j")
    late.let_go()
    expect(title(page, "memory-management")).to_be_focused()


def test_j_goes_on_to_the_next_question_from_a_questions_page(page: Page) -> None:
    page.goto("/questions/gil/")
    page.keyboard.press("j")
    page.wait_for_url("/questions/memory-management/")
    page.keyboard.press("k")
    page.wait_for_url("/questions/gil/")


def test_the_help_lists_the_keys_and_switches_them_off_for_good(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("?")
    help_dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(help_dialog).to_be_visible()
    for key in ("/", "j", "k", "o", "e", "?"):
        expect(help_dialog.locator("kbd", has_text=key).first).to_be_visible()
    help_dialog.get_by_label("Shortcuts are on").uncheck()
    page.keyboard.press("Escape")
    expect(help_dialog).to_be_hidden()
    page.reload()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    expect(help_dialog).to_be_visible()  # the shortcuts are loaded: no key would come late
    help_dialog.get_by_role("button", name="Close").click()
    page.keyboard.press("j")
    page.keyboard.press("?")
    expect(help_dialog).to_be_hidden()
    expect(page.locator(".entry:focus-within")).to_have_count(0)
    page.get_by_role("button", name="Keyboard shortcuts").click()
    help_dialog.get_by_label("Shortcuts are on").check()
    help_dialog.get_by_role("button", name="Close").click()
    page.keyboard.press("j")
    expect(page.locator(".entry > summary:focus")).to_have_count(1)


def test_where_nothing_can_be_stored_they_are_off_for_the_page(
    page: Page, browser_errors: list[str]
) -> None:
    page.add_init_script(
        """Object.defineProperty(window, "localStorage", {
            get() { throw new DOMException("blocked", "SecurityError"); },
        });"""
    )
    page.goto("/")
    page.get_by_role("button", name="Keyboard shortcuts").click()
    help_dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    help_dialog.get_by_label("Shortcuts are on").uncheck()
    help_dialog.get_by_role("button", name="Close").click()
    page.keyboard.press("?")
    expect(help_dialog).to_be_hidden()
    assert browser_errors == []


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
    expect(page).to_have_url("/#page:main")
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
    held = Held(page, question.get_absolute_url())
    entry.locator("summary").press("Enter")
    expect(entry.get_by_role("link", name="Open the full page")).to_be_visible()
    page.keyboard.press("Tab")
    expect(entry.get_by_role("link", name="Open the full page")).to_be_focused()
    held.wait()
    held.let_go()
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
