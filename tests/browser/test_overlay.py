"""One search on every page: over the page, live."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.waiting import Held
from tests.browser.windows import windows

pytestmark = pytest.mark.usefixtures("bank")


def overlay(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Search")


def box(page: Page) -> Locator:
    return overlay(page).get_by_role("searchbox")


def open_overlay(page: Page, key: str = "/") -> None:
    page.keyboard.press(key)
    expect(box(page)).to_be_focused()


def rows(page: Page) -> Locator:
    return overlay(page).get_by_role("listitem").get_by_role("link")


@pytest.mark.parametrize("key", ["/", "Control+k", "Meta+k"])
def test_a_key_opens_it_and_enter_the_best_hit(page: Page, key: str) -> None:
    page.goto("/questions/gil/")
    open_overlay(page, key)
    page.keyboard.type("celery worker")
    expect(overlay(page).get_by_role("status")).to_contain_text("for “celery worker”")
    expect(rows(page).first.locator("mark").first).to_have_text("Celery")
    page.keyboard.press("Enter")
    expect(page).to_have_url("/questions/celery-background-jobs/")


def test_arrows_walk_the_hits_and_a_letter_goes_back_to_the_box(page: Page) -> None:
    page.goto("/questions/gil/")
    open_overlay(page)
    page.keyboard.type("generator")
    expect(overlay(page).get_by_role("status")).to_contain_text("for “generator”")
    expect(rows(page).last).to_have_text(re.compile(r"See all \d+ in the list"))
    page.keyboard.press("ArrowDown")
    expect(rows(page).nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(box(page)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.type("s")
    expect(box(page)).to_have_value("generators")
    expect(overlay(page).get_by_role("status")).to_contain_text("for “generators”")
    page.keyboard.press("ArrowDown")
    address = rows(page).nth(1).get_attribute("href")
    with page.context.expect_page() as opened:
        page.keyboard.press("Control+Enter")
    expect(opened.value).to_have_url(str(address))
    page.keyboard.press("Escape")
    expect(overlay(page)).to_be_hidden()
    expect(page).to_have_url("/questions/gil/")


def test_what_is_corrected_or_less_close_is_told_as_such(page: Page) -> None:
    page.goto("/questions/gil/")
    open_overlay(page)
    page.keyboard.type("sellery descriptor")
    expect(overlay(page).locator(".note")).to_contain_text(
        ["Showing results for", "lack some of the words"]
    )
    box(page).fill("websocket reconnect")
    expect(overlay(page).get_by_role("status")).to_contain_text("for “websocket connect”")
    expect(overlay(page).get_by_role("heading")).to_have_text("Less close")
    expect(overlay(page).locator("ul")).to_have_count(3)  # hits, less close ones, the list
    expect(rows(page).last).to_have_text(f"See all {rows(page).count() - 1} in the list")


def test_a_passage_that_is_cut_ends_in_an_ellipsis(page: Page) -> None:
    page.goto("/questions/gil/")
    open_overlay(page)
    page.keyboard.type("docker image")
    passage = overlay(page).locator(".passage").first
    expect(passage).to_have_css("text-overflow", "ellipsis")  # in one line
    page.set_viewport_size({"width": 390, "height": 844})
    expect(passage).to_have_css("-webkit-line-clamp", "2")


def test_hits_of_which_not_all_are_counted_have_no_number(page: Page) -> None:
    def count_some(route: Route) -> None:
        answer = route.fetch()
        status = '<p class="status">'
        assert status in answer.text()
        route.fulfill(response=answer, body=answer.text().replace(status, f"{status}At least "))

    page.goto("/questions/gil/")
    open_overlay(page)
    page.route("**/?q=*", count_some)
    page.keyboard.type("generator")
    counted = re.compile("At least .* for “generator”")
    expect(overlay(page).get_by_role("status")).to_have_text(counted)
    expect(rows(page).last).to_have_text("See all in the list")


def test_all_hits_are_in_the_list(page: Page) -> None:
    page.goto("/questions/gil/")
    open_overlay(page)
    page.keyboard.type("lock")
    expect(overlay(page).get_by_role("status")).to_contain_text("for “lock”")
    expect(rows(page).last).to_contain_text("in the list")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        hidden = page.evaluate(
            """() => [...document.querySelectorAll(".overlay .passage")].filter((passage) => {
                const { right, bottom } = passage.getBoundingClientRect();
                const found = passage.querySelector("mark")?.getBoundingClientRect();
                return found && (found.right > right || found.bottom > bottom + 1);
            }).map((passage) => passage.textContent)"""
        )
        assert hidden == []
    page.keyboard.press("Shift+Enter")
    expect(page).to_have_url("/?q=lock")
    expect(page.locator("#q")).to_have_value("lock")


def test_the_box_of_a_page_without_a_list_opens_it(page: Page) -> None:
    page.goto("/questions/gil/")
    page.locator("#q").click()
    expect(box(page)).to_be_focused()
    page.keyboard.press("Escape")
    page.locator("#q").focus()
    page.keyboard.type("l")
    expect(box(page)).to_be_focused()
    page.keyboard.type("ock")
    expect(box(page)).to_have_value("lock")
    page.keyboard.press("Escape")
    expect(page.locator("#q")).to_have_value("")


@pytest.mark.parametrize("file", ["js/overlay", "css/overlay"])
@pytest.mark.parametrize("road", ["key", "box"])
def test_what_is_typed_until_it_is_there_is_in_its_box(page: Page, road: str, file: str) -> None:
    page.goto("/questions/gil/")
    late = Held(page, file)
    if road == "key":
        page.keyboard.press("/")
    else:
        page.locator("#q").focus()
    page.keyboard.type("jo")
    late.wait()
    page.keyboard.type("ke")  # each of these letters is a shortcut elsewhere
    late.let_go()
    expect(box(page)).to_have_value("joke")
    expect(overlay(page).get_by_role("status")).to_contain_text("“joke”")
    page.keyboard.type("s")
    expect(box(page)).to_have_value("jokes")
    expect(page).to_have_url("/questions/gil/")


def type_before(page: Page, file: str) -> Held:
    """Type a word, and mend it, while a file of the overlay is still under way."""
    late = Held(page, file)
    page.keyboard.press("/")
    page.keyboard.type("jokers")
    late.wait()
    page.keyboard.press("Backspace")
    page.keyboard.press("Backspace")
    return late


@pytest.mark.parametrize("file", ["js/overlay", "css/overlay"])
def test_keys_pressed_until_it_is_there_do_what_they_do_in_it(page: Page, file: str) -> None:
    page.goto("/questions/gil/")
    page.get_by_role("link", name="Next").first.focus()  # which Enter would follow
    late = type_before(page, file)
    page.keyboard.press("Escape")
    late.let_go()
    expect(page.locator("dialog.overlay")).to_be_attached()
    expect(overlay(page)).to_be_hidden()
    page.reload()
    type_before(page, file).let_go()
    expect(box(page)).to_have_value("joke")


def test_closed_it_leads_back_to_where_the_reader_was(page: Page) -> None:
    page.goto("/questions/gil/")
    link = page.get_by_role("link", name="Next").first
    link.focus()
    open_overlay(page)
    page.keyboard.press("Escape")
    expect(link).to_be_focused()


def test_escape_closes_it_whatever_is_in_its_box(page: Page) -> None:
    page.goto("/questions/gil/")
    open_overlay(page)
    page.keyboard.type("lock")
    expect(overlay(page).get_by_role("status")).to_contain_text("for “lock”")
    page.keyboard.press("Escape")
    expect(overlay(page)).to_be_hidden()
    open_overlay(page)
    expect(box(page)).to_have_value("")


def test_enter_before_it_is_there_shows_the_list(page: Page) -> None:
    page.goto("/questions/gil/")
    page.get_by_role("link", name="Next").first.focus()  # which Enter would follow
    late = Held(page, "js/overlay")
    page.keyboard.type("/celery worker")
    late.wait()
    page.keyboard.press("Enter")
    expect(page).to_have_url("/?q=celery+worker")


def test_enter_before_anything_is_typed_stays_on_the_page(page: Page) -> None:
    page.goto("/questions/gil/")
    late = Held(page, "js/overlay")
    opened: list[str] = []
    page.on("request", lambda request: opened.append(request.resource_type))
    page.keyboard.press("/")
    page.keyboard.press("Enter")
    late.wait()
    page.keyboard.type("celery worker")
    page.keyboard.press("Enter")
    expect(page).to_have_url("/?q=celery+worker")
    assert opened.count("document") == 1


def test_what_is_typed_until_it_is_there_may_have_a_slash(page: Page) -> None:
    page.goto("/questions/gil/")
    late = Held(page, "js/overlay")
    page.keyboard.type("/ci/cd")
    late.wait()
    late.let_go()
    expect(box(page)).to_have_value("ci/cd")


@pytest.mark.accepts_error("net::ERR_FAILED")
def test_what_was_typed_is_in_the_box_of_the_page_if_it_never_comes(page: Page) -> None:
    page.goto("/questions/gil/")
    late = Held(page, "js/overlay")
    page.keyboard.type("/joke")
    late.wait()
    with page.expect_event("requestfailed"):
        late.drop()
    expect(page.locator("#q")).to_be_focused()
    expect(page.locator("#q")).to_have_value("joke")
    page.keyboard.press("Enter")
    expect(page).to_have_url("/?q=joke")


def test_an_input_method_opens_it_too(page: Page) -> None:
    page.goto("/questions/gil/")
    page.locator("#q").focus()
    session = page.context.new_cdp_session(page)
    session.send(
        "Input.imeSetComposition", {"text": "すし", "selectionStart": 2, "selectionEnd": 2}
    )
    expect(page.locator("#q")).to_have_value("すし")
    expect(overlay(page)).to_have_count(0)
    session.send("Input.insertText", {"text": "寿司"})
    expect(box(page)).to_have_value("寿司")


def test_a_word_that_is_being_composed_is_not_taken_before_its_end(page: Page) -> None:
    page.goto("/questions/gil/")
    late = Held(page, "js/overlay")
    page.keyboard.press("/")
    late.wait()
    session = page.context.new_cdp_session(page)
    session.send(
        "Input.imeSetComposition", {"text": "すし", "selectionStart": 2, "selectionEnd": 2}
    )
    late.let_go()
    expect(page.locator("dialog.overlay")).to_be_attached()
    expect(overlay(page)).to_be_hidden()
    expect(page.locator("#q")).to_have_value("すし")
    session.send("Input.insertText", {"text": "寿司"})
    expect(box(page)).to_have_value("寿司")


def test_what_was_searched_and_read_is_offered_again_until_it_is_forgotten(page: Page) -> None:
    page.goto("/questions/descriptors/")
    page.goto("/questions/gil/")
    open_overlay(page)
    expect(rows(page)).to_have_count(2)  # the questions
    page.keyboard.type("celery")
    expect(overlay(page).get_by_role("status")).to_contain_text("for “celery”")
    page.keyboard.press("Enter")
    page.wait_for_url("/questions/celery-background-jobs/")
    open_overlay(page)
    expect(rows(page).first).to_have_text("celery")
    page.keyboard.press("Enter")
    expect(box(page)).to_have_value("celery")
    expect(rows(page).first).to_contain_text("Celery for")
    box(page).fill("")
    overlay(page).get_by_role("button", name="Forget celery").click()
    expect(overlay(page).get_by_role("heading", name="Recent searches")).to_be_hidden()
    overlay(page).get_by_role("button", name="Forget all").click()
    expect(rows(page)).to_have_count(0)
    assert page.evaluate("[localStorage.searches, localStorage.read]") == ["[]", "[]"]


def test_a_newer_search_takes_the_place_of_an_older_one(page: Page) -> None:
    page.goto("/questions/gil/")
    open_overlay(page)
    older = Held(page, "q=gil")
    box(page).fill("gil")
    older.wait()
    box(page).fill("celery")
    expect(rows(page).first).to_contain_text("Celery")
    older.let_go()
    page.wait_for_timeout(200)
    expect(rows(page).first).to_contain_text("Celery")


def test_axe_finds_nothing(page: Page, assert_accessible: Callable[[Page], None]) -> None:
    page.goto("/questions/gil/")
    page.evaluate("localStorage.searches = JSON.stringify(['lock', 'celery'])")
    open_overlay(page)
    shown = {
        "": "Recent searches",
        "lock": "in the list",
        "zzzz": "No question matches",
        "sellery": "celery",
    }
    for text, part in shown.items():
        box(page).fill(text)
        expect(overlay(page).locator(".panel")).to_contain_text(part)
        for _ in windows(page):
            assert_accessible(page)
            assert overlay(page).evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth")
