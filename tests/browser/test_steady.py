"""The page stays where it is read, and the last action wins."""

import re
from typing import Literal

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from tests import build
from tests.browser.waiting import Held

DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}


def entry(page: Page, slug: str) -> Locator:
    return page.locator(f".entry[data-slug='{slug}']")


def top(locator: Locator) -> float:
    return float(locator.evaluate("element => element.getBoundingClientRect().top"))


def place_at(locator: Locator, height: int) -> None:
    """Scroll so that an element stands `height` pixels below the window's top."""
    locator.evaluate(
        "(element, height) => scrollBy(0, element.getBoundingClientRect().top - height)", height
    )


def query(page: Page) -> str:
    return str(page.evaluate("location.search"))


# Nothing jumps


@pytest.mark.usefixtures("bank")
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_what_expands_and_collapses_stays_under_the_pointer(page: Page, size: ViewportSize) -> None:
    page.set_viewport_size(size)
    page.goto("/")
    control = page.locator("[data-toggle=web-frameworks]")
    place_at(control, 500)
    before = top(control)
    control.click()
    expect(page.locator(".entry[open] .answer")).not_to_have_count(0)
    assert abs(top(control) - before) < 2
    control.click()
    expect(page.locator(".entry[open]")).to_have_count(0)
    assert abs(top(control) - before) < 2


@pytest.mark.usefixtures("bank")
def test_e_keeps_the_question_that_has_the_focus_where_it_is(page: Page) -> None:
    page.set_viewport_size(DESKTOP)
    page.goto("/")
    question = entry(page, "descriptors").locator("> summary")
    place_at(question, 500)
    question.focus()
    before = top(question)
    for count in (30, 0):
        page.keyboard.press("e")
        expect(page.locator(".entry[open]")).to_have_count(count)
        expect(question).to_be_focused()
        assert abs(top(question) - before) < 2


@pytest.mark.usefixtures("bank")
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_search_begins_at_the_top_of_its_list_and_typing_moves_nothing(
    page: Page, size: ViewportSize
) -> None:
    page.set_viewport_size(size)
    page.goto("/")
    page.evaluate("scrollTo(0, 800)")
    page.locator("#q").focus()
    page.wait_for_timeout(100)
    assert page.evaluate("scrollY") == 800
    page.keyboard.type("e")
    expect(page.locator(".found")).to_contain_text("for “e”")
    first = page.locator(".entry > summary").first
    expect(first).to_be_in_viewport(ratio=1)
    header = page.locator(".site-header")
    bottom = header.evaluate("element => element.getBoundingClientRect().bottom")
    assert top(page.locator(".results")) >= bottom
    there = page.evaluate("scrollY")
    page.keyboard.type("x", delay=50)
    expect(page.locator(".found")).to_contain_text("for “ex”")
    assert page.evaluate("scrollY") == there


@pytest.mark.usefixtures("bank")
def test_a_level_begins_at_the_top_of_its_list(page: Page) -> None:
    page.set_viewport_size(DESKTOP)
    page.goto("/")
    page.evaluate("scrollTo(0, 800)")
    page.locator("[id='level:core']").click()
    expect(page.locator(".found")).to_contain_text("13 of 30")
    expect(page.locator(".entry > summary").first).to_be_in_viewport(ratio=1)


# The last action wins


@pytest.mark.usefixtures("bank")
def test_clearing_wins_over_a_filter_that_is_still_on_its_way(page: Page) -> None:
    page.goto("/?level=expert")
    held = Held(page, "level=core")
    page.locator("[id='level:core']").click()
    held.wait()
    page.get_by_role("link", name="Remove Expert").click()
    expect(page.locator(".entry")).to_have_count(30)
    held.let_go()
    page.wait_for_timeout(200)
    assert query(page) == ""
    expect(page.locator(".entry")).to_have_count(30)
    expect(page.locator("[id='level:']")).to_have_attribute("aria-current", "true")
    expect(page.locator("#status")).to_have_text("30 of 30 questions")


@pytest.mark.usefixtures("bank")
def test_a_filter_keeps_a_search_that_is_still_on_its_way(page: Page) -> None:
    page.goto("/")
    held = Held(page, "q=lock")
    page.locator("#q").fill("lock")
    held.wait()
    page.locator("[id='level:expert']").click()
    expect(page.locator("#q")).to_have_value("lock")
    held.wait(2)
    held.let_go()
    expect(page).to_have_title(re.compile("^“lock”, Expert · "))
    page.locator("#q").fill("")
    page.locator("[id='level:core']").click()
    expect(page.locator("#q")).to_have_value("")
    expect(page).to_have_title(re.compile("^Core · "))


@pytest.mark.usefixtures("bank")
def test_what_is_expanded_during_a_filter_is_what_it_filters(page: Page) -> None:
    page.goto("/")
    held = Held(page, "level=expert")
    page.locator("[id='level:expert']").click()
    held.wait()
    page.get_by_role("link", name="Everything").click()
    assert query(page) == "?level=expert&open=all"
    held.wait(2)
    held.let_go()
    expect(page.locator(".found")).to_contain_text("Expert")
    levels = page.locator(".entry .level")
    expect(levels.filter(has_not_text="Expert")).to_have_count(0)
    expect(page.locator(".entry[open] .answer")).to_have_count(levels.count())


@pytest.mark.usefixtures("bank")
def test_two_categories_expanded_at_once_are_both_open(page: Page) -> None:
    page.goto("/")
    held = Held(page, "open=core-python")
    page.locator("[data-toggle=core-python]").click()
    held.wait()
    page.locator("[data-toggle=architecture]").click()
    held.wait(2)
    held.let_go()
    expect(page.locator("[data-category=core-python]:not([open])")).to_have_count(0)
    expect(page.locator("[data-category=architecture]:not([open])")).to_have_count(0)
    assert query(page) == "?open=core-python&open=architecture"


@pytest.mark.usefixtures("bank")
def test_an_entry_opened_while_a_filter_is_on_its_way_is_open_in_its_list(page: Page) -> None:
    page.goto("/")
    held = Held(page, "level=advanced")
    page.locator("[id='level:advanced']").click()
    held.wait()
    entry(page, "gil").locator("> summary").click()
    held.let_go()
    expect(page.locator(".found")).to_contain_text("Advanced")
    assert query(page) == "?level=advanced&open=gil"
    expect(page.locator(".entry[open]")).to_have_count(1)
    expect(entry(page, "gil").locator(".answer")).to_be_visible()


# Before the script of the list has come


@pytest.mark.usefixtures("bank")
def test_what_is_typed_until_then_is_searched(page: Page) -> None:
    late = Held(page, "js/bank")
    page.goto("/", wait_until="commit")
    page.locator("#q").press_sequentially("lock")
    late.wait()
    late.let_go()
    expect(page.locator(".found")).to_contain_text("for “lock”")


@pytest.mark.usefixtures("bank")
def test_an_entry_that_is_opened_until_then_stays_open_and_gets_its_answer(page: Page) -> None:
    late = Held(page, "js/bank")
    page.goto("/", wait_until="commit")
    entry(page, "gil").locator("> summary").click()
    late.wait()
    late.let_go()
    expect(entry(page, "gil").locator(".answer")).to_be_visible()
    expect(page).to_have_url("/?open=gil")


@pytest.mark.usefixtures("bank")
def test_two_steps_of_the_history_until_then_end_at_the_list_of_their_address(page: Page) -> None:
    page.goto("/")
    page.locator("[id='level:core']").click()
    expect(page.locator(".found")).to_contain_text("13 of 30")
    late = Held(page, "js/bank")
    page.evaluate("history.back()")
    late.wait()
    expect(page.locator(".entry")).to_have_count(30)
    page.evaluate("history.forward()")
    expect(page).to_have_url("/?level=core")
    late.let_go()
    expect(page.locator(".found")).to_contain_text("13 of 30")


# History


@pytest.mark.usefixtures("bank")
def test_a_search_is_one_step_with_a_title_of_its_own(page: Page) -> None:
    page.goto("/")
    title = page.title()
    steps = page.evaluate("history.length")
    page.locator("#q").press_sequentially("lock", delay=20)
    expect(page).to_have_title(re.compile("^“lock” · "))
    page.locator("#q").press("Enter")
    page.wait_for_timeout(200)
    assert page.evaluate("history.length") == steps + 1
    page.locator("[id='level:expert']").click()
    expect(page).to_have_title(re.compile("^“lock”, Expert · "))
    page.get_by_role("link", name="Clear all").click()
    expect(page).to_have_title(title)


@pytest.mark.usefixtures("bank")
def test_a_shared_address_opens_where_its_question_is(page: Page) -> None:
    page.goto("/?open=virtual-environments-vs-containers")
    expect(
        entry(page, "virtual-environments-vs-containers").locator("> summary")
    ).to_be_in_viewport()
    assert page.evaluate("scrollY") > 500


@pytest.mark.usefixtures("bank")
def test_a_fragment_that_is_no_text_stops_nothing(page: Page) -> None:
    page.goto("/?open=gil#100%")
    page.locator("#q").fill("lock")
    expect(page.locator(".found")).to_contain_text("for “lock”")
    expect(page.locator(".jump [aria-current]")).to_have_count(0)


@pytest.mark.usefixtures("db")
def test_what_show_more_brought_stays_open_and_shown(page: Page) -> None:
    category = build.category()
    for number in range(1, 66):
        build.question(category=category, position=number, slug=f"far-{number:02}")
    page.goto("/")
    page.get_by_role("link", name="Show more").click()
    expect(page.locator(".entry")).to_have_count(40)
    page.locator(".expand").click()
    expect(page.locator(".entry[open] .answer")).to_have_count(40)
    page.reload()
    expect(page.locator(".entry[open] .answer")).to_have_count(40)
    page.locator(".expand").click()
    expect(page.locator(".entry[open]")).to_have_count(0)
    expect(page.locator(".entry")).to_have_count(40)
    page.goto("/?open=far-47")
    expect(page.locator(".entry")).to_have_count(60)
    expect(entry(page, "far-47").locator("> summary")).to_be_in_viewport()
    expect(entry(page, "far-47").locator(".answer")).to_be_visible()


# Clicks and keys that are not for the page


@pytest.mark.usefixtures("bank")
@pytest.mark.parametrize("key", ["Control", "Shift"])
def test_a_modified_click_opens_another_page(page: Page, key: Literal["Control", "Shift"]) -> None:
    page.goto("/?level=core")
    for control, address in (
        ("[data-show=all]", "/?level=core&open=all"),
        (".token", "/"),
        ("[id='level:expert']", "/?level=expert"),
        (".entry[data-slug=context-managers] > summary h3", "/questions/context-managers/"),
    ):
        with page.context.expect_page() as opened:
            page.locator(control).click(modifiers=[key])
        expect(opened.value).to_have_url(address)
        opened.value.close()
        expect(page).to_have_url("/?level=core")
        expect(page.locator(".entry[open]")).to_have_count(0)


@pytest.mark.usefixtures("bank")
def test_text_of_a_title_can_be_selected(page: Page) -> None:
    page.goto("/")
    box = entry(page, "gil").locator("h3").bounding_box()
    assert box
    page.mouse.move(box["x"] + 5, box["y"] + 12)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 12, steps=5)
    page.mouse.up()
    assert page.evaluate("String(getSelection()).length") > 5
    expect(page.locator(".entry[open]")).to_have_count(0)
    page.mouse.click(box["x"] + 5, box["y"] + 12)
    expect(page.locator(".entry[open]")).to_have_count(1)


@pytest.mark.usefixtures("bank")
def test_what_an_input_method_composes_is_searched_when_it_is_done(page: Page) -> None:
    page.goto("/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.locator("#q").focus()
    session = page.context.new_cdp_session(page)
    for text in ("g", "gi", "gil"):
        range_ = {"selectionStart": len(text), "selectionEnd": len(text)}
        session.send("Input.imeSetComposition", {"text": text, **range_})
        page.wait_for_timeout(200)
    assert [url for url in asked if "?" in url] == []  # the browser may fetch the icon late
    press = """key => document.querySelector("#q").dispatchEvent(new KeyboardEvent("keydown",
        { key, isComposing: true, bubbles: true, cancelable: true }))"""
    for key in ("ArrowDown", "Escape"):
        page.evaluate(press, key)
    page.wait_for_timeout(200)
    expect(page.locator("#q")).to_have_value("gil")
    session.send("Input.insertText", {"text": "gil"})
    expect(page.locator(".found")).to_contain_text("for “gil”")


# Slugs are of the bank's own choice


TAKEN = ["shortcuts", "failure", "main", "results", "q", "status", "clear", "expand-all", "themes"]


@pytest.mark.usefixtures("db")
def test_a_slug_takes_nothing_of_the_page(page: Page, browser_errors: list[str]) -> None:
    category = build.category(slug="here")
    for position, slug in enumerate([*TAKEN, "category-here", "expand-here", "here"], start=1):
        build.question(slug=slug, category=category, position=position)
    page.goto("/")
    ids = page.eval_on_selector_all("[id]", "elements => elements.map(({ id }) => id)")
    assert len(ids) == len(set(ids))
    page.keyboard.press("/")
    expect(page.locator(".search input")).to_be_focused()
    page.locator(".search input").blur()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    entry(page, "here").locator("> summary").click()
    expect(page.locator(".entry[open]")).to_have_count(1)
    expect(page).to_have_url(re.compile("open=here"))
    page.reload()
    expect(page.locator(".entry[open]")).to_have_count(1)
    page.goto("/#q")
    expect(entry(page, "q").locator(".answer")).to_be_visible()
    page.route("**/?*", lambda route: route.abort())
    page.locator("[id='level:core']").click()
    expect(page.get_by_role("alert")).to_contain_text("The list could not be loaded")
    browser_errors.clear()
