"""What a person does on the site, in a real browser."""

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests import build
from tests.browser.waiting import Held, stop_clock

pytestmark = pytest.mark.usefixtures("bank")


def entry(page: Page, slug: str) -> Locator:
    return page.locator(f".entry[data-slug='{slug}']")


def expect_open(page: Page, *slugs: str) -> None:
    """Wait until exactly these entries are open."""
    entries = page.locator(".entry[open]")
    expect(entries).to_have_count(len(slugs))
    for place, slug in enumerate(slugs):
        expect(entries.nth(place)).to_have_attribute("data-slug", slug)


def option(page: Page, value: str) -> Locator:
    """Return a filter: "level:core", or a category of a search as "only:" and its slug."""
    return page.locator(f"[id='{value}']")


def choose(page: Page, value: str) -> None:
    option(page, value).click()


def expect_search(page: Page, text: str, hits: int) -> None:
    expect(page.locator(".entry")).to_have_count(hits)
    expect(page.locator("#q")).to_have_value(text)


def test_opening_an_entry_shows_the_short_answer_and_then_the_whole(page: Page) -> None:
    page.goto("/")
    gil = entry(page, "gil")
    expect(gil.locator(".short-answer")).to_be_hidden()
    gil.locator("summary").first.click()
    expect(gil.locator(".short-answer")).to_be_visible()
    expect(gil.locator(".answer")).to_be_visible()
    expect(gil.get_by_role("heading", name="Follow-ups")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/\?open=gil$"))


@pytest.mark.parametrize("address", ["/", "/?q=ask", "/#1st"])
def test_an_entry_that_is_opened_begins_with_the_prompt(page: Page, address: str) -> None:
    build.question(slug="1st", title="Why ask?", prompt="A *scenario*.", asked_as="Why?\n")
    page.goto(address)
    first = entry(page, "1st")
    if "#" not in address:  # which opens it
        first.locator("summary").first.click()
    expect(first.locator(".answer")).to_be_visible()
    expect(first.locator(".prompt em")).to_have_text("scenario")
    order = first.locator(".entry-body").evaluate(
        "body => [...body.children].map(e => e.className)"
    )
    assert order == ["part", "prompt", "part", "short-answer", "answer"]
    first.locator("summary").first.click()
    first.locator("summary").first.click()
    expect(first.locator(".prompt")).to_have_count(1)


def test_an_answer_that_arrives_late_moves_nothing_that_is_being_read(page: Page) -> None:
    build.question(slug="1st", title="Why ask?", prompt="A *scenario*.")
    late = Held(page, "/questions/1st/")
    page.goto("/")
    first = entry(page, "1st")
    first.locator("summary").first.click()
    short_answer = first.locator(".short-answer")
    before = short_answer.bounding_box()
    assert before
    late.wait()
    late.let_go()
    expect(first.locator(".answer")).to_be_visible()
    after = short_answer.bounding_box()
    assert after
    assert (after["x"], after["y"]) == (before["x"], before["y"])


@pytest.mark.parametrize("approach", ["hover", "focus"])
def test_the_answer_is_there_before_the_entry_opens(page: Page, approach: str) -> None:
    page.goto("/")
    gil = entry(page, "gil")
    getattr(gil.locator("summary").first, approach)()
    expect(gil.locator(".answer")).to_be_attached()
    expect_open(page)


def test_search_follows_the_typing_and_the_address_follows_the_search(page: Page) -> None:
    page.goto("/")
    page.locator("#q").press_sequentially("generator", delay=30)
    expect(page).to_have_url(re.compile(r"\?q=generator$"))
    expect(page.locator(".found")).to_contain_text("for “generator”")
    expect(page.locator("#status")).to_contain_text("for “generator”")
    hits = page.locator(".entry").count()
    assert 0 < hits < 30
    choose(page, "level:core")
    expect(page).to_have_url(re.compile(r"\?q=generator&level=core$"))
    choose(page, "only:core-python")
    expect(page).to_have_url(re.compile(r"category=core-python"))
    page.get_by_role("link", name="Clear all").click()
    expect_search(page, "", 30)
    expect(option(page, "level:")).to_have_attribute("aria-current", "true")
    expect(page.locator(".token")).to_have_count(0)


def test_back_and_forward_restore_box_results_and_open_entries(page: Page) -> None:
    page.goto("/")
    entry(page, "comprehensions-vs-generators").locator("summary").first.click()
    expect_open(page, "comprehensions-vs-generators")
    page.locator("#q").press_sequentially("generator expression", delay=20)
    expect(page).to_have_url(re.compile("q=generator"))
    expect(page.locator(".found")).to_contain_text("generator expression")
    hits = page.locator(".entry").count()
    expect_open(page, "comprehensions-vs-generators")  # a filter keeps open what is open
    page.go_back()
    expect_search(page, "", 30)
    expect_open(page, "comprehensions-vs-generators")
    page.go_forward()
    expect_search(page, "generator expression", hits)
    expect_open(page, "comprehensions-vs-generators")
    page.reload()
    expect_search(page, "generator expression", hits)
    expect_open(page, "comprehensions-vs-generators")


def test_back_from_a_question_finds_the_list_as_it_was(page: Page) -> None:
    page.goto("/?q=generator")
    hits = page.locator(".entry").count()
    first = page.locator(".entry").first
    first.locator("summary").first.click()
    expect(page).to_have_url(re.compile("&open="))
    first.get_by_role("link", name="Permanent link").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text(re.compile("interview"))
    page.go_back()
    expect_search(page, "generator", hits)
    expect(page.locator(".entry[open]")).to_have_count(1)


def test_a_link_to_a_question_opens_its_entry(page: Page) -> None:
    page.goto("/#descriptors")
    expect_open(page, "descriptors")
    expect(entry(page, "descriptors").locator(".answer")).to_be_visible()
    expect(entry(page, "descriptors").locator("h3")).to_be_in_viewport()


def test_expanding_and_collapsing_all_of_a_category_and_of_the_page(page: Page) -> None:
    page.goto("/")
    entry(page, "gil").locator("summary").first.click()
    category = page.locator("[data-toggle=async-concurrency]")
    category.click()
    expect(page.locator(".entry[open] .answer")).to_have_count(5)
    expect(category).to_be_focused()
    entry(page, "event-loop").locator("summary").first.click()
    expect_open(
        page, "gil", "threads-processes-asyncio", "async-def-vs-def", "callbacks-to-async-await"
    )
    expect(page).to_have_url(re.compile("open=callbacks-to-async-await"))
    page.reload()
    expect(page.locator(".entry[open]")).to_have_count(4)
    page.get_by_role("link", name="Everything").click()
    expect(page.locator(".entry[open] .answer")).to_have_count(30)
    page.get_by_role("link", name="Titles").click()
    expect_open(page)
    expect(page).to_have_url(re.compile(r"/$"))


def test_a_category_is_one_jump_away(page: Page) -> None:
    page.goto("/")
    page.locator(".jump").get_by_role("link", name="Testing & Tooling").first.click()
    expect(page.get_by_role("heading", name="Testing & Tooling")).to_be_in_viewport()


def test_the_keyboard_is_enough(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url("/#page:main")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Titles")).to_be_focused()
    for _ in range(5):
        page.keyboard.press("Tab")
    expect(entry(page, "gil").locator("summary").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(entry(page, "gil").locator(".answer")).to_be_visible()


def test_a_sample_can_be_copied(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/questions/gil/")
    stop_clock(page)
    sample = page.locator("figure.code").first
    sample.get_by_role("button", name="Copy").click()
    expect(sample.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").startswith("import")
    page.clock.run_for(2000)
    expect(sample.get_by_role("button", name="Copy", exact=True)).to_be_visible()


def test_hints_are_hidden_until_asked(page: Page) -> None:
    page.goto("/questions/gil/")
    hint = page.locator(".hint").first
    expect(hint.locator("p")).to_be_hidden()
    hint.get_by_text("Show a hint").click()
    expect(hint.locator("p")).to_be_visible()


@pytest.fixture
def plain_page(browser: Browser, base_url: str) -> Page:
    """Return a page in a browser that runs no scripts."""
    return browser.new_context(java_script_enabled=False, base_url=base_url).new_page()


def test_without_scripts_everything_can_be_found_and_read(plain_page: Page) -> None:
    page = plain_page
    page.goto("/")
    entry(page, "gil").locator("summary").first.click()
    expect(entry(page, "gil").locator(".short-answer")).to_be_visible()
    expect(page.get_by_role("button", name="Theme")).to_have_count(0)
    choose(page, "level:core")
    page.locator("#q").fill("generator")
    page.keyboard.press("Enter")
    choose(page, "only:core-python")
    page.wait_for_url(re.compile(r"q=generator&category=core-python&level=core"))
    assert 0 < page.locator(".entry").count() < 7
    page.get_by_role("link", name="Everything").click()
    expect(page.locator(".entry[open] .answer").first).to_be_visible()
    page.get_by_role("link", name="Short answers").click()
    expect(page.locator(".short-answer").first).to_be_visible()
    page.goto("/#descriptors")
    entry(page, "descriptors").get_by_role("link", name="Open the full page").click()
    expect(page).to_have_url(re.compile("/questions/descriptors/$"))
    expect(page.get_by_role("heading", name="Follow-ups")).to_be_visible()


def test_printing_the_list_prints_the_short_answers(page: Page) -> None:
    page.goto("/")
    page.emulate_media(media="print")
    expect(page.locator(".short-answer").first).to_be_visible()
    expect(page.locator(".site-header")).to_be_hidden()


def test_show_more_goes_on_in_place_and_the_keyboard_with_it(page: Page) -> None:
    category = build.category(position=9)
    for number in range(45):
        build.question(
            category=category, position=number + 1, title=f"What is heap number {number}?"
        )
    page.goto("/")
    section = page.locator(f"#category\\:{category.slug}")
    expect(section.locator(".entry")).to_have_count(20)
    page.keyboard.press("j")  # The first key loads the shortcuts, and moves the focus afterwards.
    expect(page.locator(".entry > summary").first).to_be_focused()
    section.get_by_role("link", name="Show more").press("Enter")
    expect(section.locator(".entry")).to_have_count(40)
    expect(section.locator(".entry > summary").nth(20)).to_be_focused()
    # What is around it is the whole bank's still.
    expect(page.locator(".jump [href='#category:architecture']")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/$"))
    section.get_by_role("link", name="Show more").click()
    expect(section.locator(".entry")).to_have_count(45)
    expect(section.get_by_role("link", name="Show more")).to_have_count(0)
    section.locator(".entry > summary").last.click()
    expect(section.locator(".entry").last.locator(".answer")).to_be_visible()


def test_show_more_hits_go_on_in_place(page: Page) -> None:
    for number in range(30):
        build.question(title=f"What is heap number {number}?")
    page.goto("/?q=heap")
    expect(page.locator(".entry")).to_have_count(20)
    page.get_by_role("link", name="Show more").click()
    expect(page.locator(".entry")).not_to_have_count(20)
    expect(page.locator(".entry > summary").nth(20)).to_be_focused()
    expect(page.locator(".found")).to_contain_text("for “heap”")


def test_two_quick_steps_back_end_at_the_page_of_their_address(page: Page) -> None:
    page.goto("/")
    for level in ("core", "advanced"):
        choose(page, f"level:{level}")
        expect(page).to_have_url(re.compile(f"level={level}"))
        expect(page.locator(".found")).to_contain_text(level.title())
    held = Held(page, "level=core")
    page.evaluate(
        """() => {
            const again = () => setTimeout(() => history.back(), 100);
            addEventListener("popstate", again, { once: true });
            history.back();
        }"""
    )
    expect_search(page, "", 30)
    held.let_go()
    page.wait_for_timeout(200)
    expect(page).to_have_url(re.compile(r"/$"))
    expect_search(page, "", 30)


def test_after_a_step_back_everything_on_the_page_still_works(page: Page) -> None:
    page.goto("/")
    choose(page, "level:core")
    expect(page.locator(".entry")).to_have_count(13)
    page.go_back()
    expect_search(page, "", 30)
    expect(option(page, "level:")).to_have_attribute("aria-current", "true")
    page.get_by_role("button", name="Theme").click()
    page.get_by_role("radio", name="Dark").check(force=True)
    expect(page.get_by_role("button", name="Theme: dark")).to_be_attached()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


def test_a_step_back_comes_to_where_one_was_reading(page: Page) -> None:
    page.goto("/")
    page.locator("#category\\:architecture").scroll_into_view_if_needed()
    page.evaluate("scrollTo(0, 900)")
    choose(page, "level:core")
    expect(page).to_have_url(re.compile("level=core"))
    page.evaluate("scrollTo(0, 0)")
    page.go_back()
    expect_search(page, "", 30)
    expect(page.locator("html")).to_have_js_property("scrollTop", 900)


def test_show_more_keeps_the_focus_while_an_answer_arrives(page: Page) -> None:
    category = build.category(position=9)
    for number in range(25):
        build.question(category=category, position=number + 1)
    page.goto("/")
    # What htmx says when an answer that was asked for before is put in its place meanwhile.
    page.evaluate(
        """() => document.addEventListener("htmx:beforeSwap", () => document.body.dispatchEvent(
             new CustomEvent("htmx:afterSettle", { bubbles: true, detail: { elt: document.body } })
           ), { once: true })"""
    )
    section = page.locator(f"#category\\:{category.slug}")
    section.get_by_role("link", name="Show more").press("Enter")
    expect(section.locator(".entry > summary").nth(20)).to_be_focused()
