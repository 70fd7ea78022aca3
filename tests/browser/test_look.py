"""What the pages look like, as far as a machine can tell."""

import re
import statistics
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, PdfMargins, Route, expect

from questions.models import Bank, Question
from tests import build
from tests.browser.waiting import Held, stop_clock, wait_until

WIDTHS = [320, 360, 390, 768, 1280, 1920]
NewContext = Callable[..., BrowserContext]


@pytest.mark.usefixtures("bank")
def test_no_page_scrolls_sideways(page: Page, browser_errors: list[str]) -> None:
    for address in (
        "/",
        "/?open=core-python",
        "/?open=all",
        "/?q=lock&level=advanced",
        "/?q=context+manager",
        "/?q=generator",
        "/?q=generator&open=all",
        "/?q=sellery",
        "/?q=zzzz",
        "/categories/architecture/",
        "/questions/gil/",
        "/questions/zero-downtime-migrations/",
        "/questions/none/",
    ):
        page.goto(address)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("innerWidth") == width
            assert page.evaluate("document.documentElement.scrollWidth") <= width, address
    browser_errors.clear()  # one is a 404


LONG_NAME = "All one should know of consensus and donaudampfschifffahrtsgesellschaft"


@pytest.mark.parametrize("width", [390, 1280])
def test_a_long_name_of_a_category_stays_in_its_place(page: Page, width: int) -> None:
    category = build.category(name=LONG_NAME)
    question = build.question(category=category)
    build.question(category=category)
    page.set_viewport_size({"width": width, "height": 800})
    for address in ("/progress/", f"/?q=question&category={category.slug}"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    def top(selector: str) -> float:
        return float(page.locator(selector).evaluate("e => e.getBoundingClientRect().top"))

    page.goto("/")
    name, emoji = top(".category-head h2"), top(".category-head .emoji")
    assert name <= emoji < name + 12  # beside the first of its lines
    page.goto(question.get_absolute_url())
    trail = page.locator(".crumbs li").last
    assert trail.evaluate(
        "e => e.querySelector('a').getBoundingClientRect().top - e.getBoundingClientRect().top"
    ) == pytest.approx(0, abs=2)
    page.goto(f"/practice/?n=2&category={category.slug}")
    place = page.locator("[data-room=session] [data-part=place]")
    expect(place).to_have_text("1 of 2")
    assert place.evaluate("e => e.getBoundingClientRect().height") < 30  # one line


@pytest.mark.parametrize("width", [320, 1280])
def test_what_has_no_spaces_and_long_titles_stay_in_their_place(page: Page, width: int) -> None:
    category = build.category(name="Supercalifragilistic " * 3, description="d" * 300)
    question = build.question(
        category=category,
        title="W" * 250,
        short_answer="x" * 400,
        answer=f"{'y' * 400}\n\n`{'z' * 400}`\n\n```python\n{'long = ' * 80}1\n```\n\n"
        f"| a | b |\n|---|---|\n| {'c' * 200} | {'d' * 200} |\n",
    )
    page.set_viewport_size({"width": width, "height": 800})
    for address in ("/", "/?open=all", question.get_absolute_url(), category.get_absolute_url()):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [320, 1280])
def test_text_from_right_to_left_does_not_turn_code_or_the_interface_round(
    page: Page, width: int
) -> None:
    Bank.objects.create(title="שאלות ותשובות", language="he")
    question = build.question(
        title="מה זה `__get__`, ולמה?",
        prompt="קוד:\n\n```python\nprint(1)  # one\n```\n",
        short_answer="תשובה קצרה עם `code` בתוכה.",
        answer="תשובה:\n\n- אחת\n- שתיים\n\n> ציטוט\n",
        asked_as="שאלה אחרת?\n",
    )
    page.set_viewport_size({"width": width, "height": 800})
    for address in ("/?open=all", question.get_absolute_url()):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        directions = {
            selector: page.locator(selector).first.evaluate("e => getComputedStyle(e).direction")
            for selector in (
                ".prompt",
                ".short-answer",
                ".answer",
                ".prompt .code",
                ".meta",
                "main",
            )
        }
        assert list(directions.values()) == ["rtl", "rtl", "rtl", "ltr", "ltr", "ltr"]


@pytest.mark.usefixtures("bank")
def test_the_text_is_sixty_to_seventy_five_characters_wide(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto("/questions/gil/")
    lengths = page.evaluate(
        """() => {
            // The lines of the paragraphs, as they are broken here; the last ones don't count.
            const lengths = [];
            for (const paragraph of document.querySelectorAll(".answer > p:not(.meta)")) {
                const range = document.createRange();
                const walker = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT);
                const lines = new Map();
                for (let node = walker.nextNode(); node; node = walker.nextNode()) {
                    for (let i = 0; i < node.length; i += 1) {
                        range.setStart(node, i);
                        range.setEnd(node, i + 1);
                        const { bottom } = range.getBoundingClientRect();
                        const line = Math.round(bottom / 12);
                        lines.set(line, (lines.get(line) ?? 0) + 1);
                    }
                }
                lengths.push(...[...lines.values()].slice(0, -1));
            }
            return lengths;
        }"""
    )
    assert 60 <= statistics.median(lengths) <= 78


@pytest.mark.usefixtures("bank")
def test_the_theme_follows_the_choice_and_a_new_page_never_flashes(page: Page) -> None:
    def background() -> str:
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    page.emulate_media(color_scheme="light")
    page.goto("/")
    light = background()
    page.get_by_role("button", name="Theme").click()
    expect(page.get_by_role("radio", name="System")).to_be_checked()
    page.get_by_role("radio", name="Dark").check(force=True)
    dark = background()
    assert light != dark
    page.add_init_script(
        "addEventListener('DOMContentLoaded', () => "
        "document.title = getComputedStyle(document.body).backgroundColor)"
    )
    page.goto("/questions/gil/")
    assert page.title() == dark
    expect(page.get_by_role("button", name="Theme: dark")).to_be_visible()
    page.get_by_role("button", name="Theme").click()
    expect(page.get_by_role("radio", name="Dark")).to_be_checked()
    page.keyboard.press("ArrowUp")
    assert background() == light
    page.emulate_media(color_scheme="dark")
    assert background() == light
    page.keyboard.press("ArrowUp")
    assert background() == dark


@pytest.mark.usefixtures("bank")
def test_a_theme_can_be_chosen_before_all_scripts_are_there(page: Page) -> None:
    late = Held(page, "js/bank")
    page.goto("/", wait_until="commit")
    page.get_by_role("button", name="Theme").click()
    page.get_by_role("radio", name="Dark").check(force=True)
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    late.wait()
    late.let_go()
    expect(page.get_by_role("button", name="Theme: dark")).to_be_attached()


@pytest.mark.usefixtures("bank")
def test_the_navigation_marks_the_category_that_is_read(page: Page) -> None:
    page.goto("/")
    current = page.locator(".jump [aria-current=location] .name")
    expect(current).to_have_text("Core Python & Internals")
    page.locator("#category\\:architecture").scroll_into_view_if_needed()
    page.locator(".jump a[href='#category:architecture']").click()
    expect(current).to_have_text("Architecture & System Design")
    page.evaluate("scrollTo(0, 0)")
    expect(current).to_have_text("Core Python & Internals")


@pytest.mark.usefixtures("bank")
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_that_stays_covers_what_a_link_leads_to(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto("/")
    for address in ("/#category:architecture", "/#descriptors"):
        page.goto("about:blank")
        page.goto(address)
        wait_until(
            page,
            """() => {
                const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
                const entry = target.closest(".entry");
                const shown = (entry ?? target).querySelector("h2, h3");
                const { left, top } = shown.getBoundingClientRect();
                return shown.contains(document.elementFromPoint(left + 2, top + 4)) || shown ===
                    document.elementFromPoint(left + 2, top + 4);
            }""",
        )


@pytest.mark.usefixtures("bank")
def test_an_entry_opens_smoothly_and_at_once_for_who_wants_less_motion(page: Page) -> None:
    duration = (
        "getComputedStyle(document.querySelector('.entry'), '::details-content').transitionDuration"
    )
    page.goto("/")
    page.locator(".entry summary").first.click()
    assert "0.2s" in page.evaluate(duration)
    page.emulate_media(reduced_motion="reduce")
    assert set(re.findall(r"[\d.]+", page.evaluate(duration))) == {"0"}


@pytest.mark.usefixtures("bank")
def test_a_print_of_the_page_has_all_short_answers_and_no_furniture(page: Page) -> None:
    page.goto("/")
    page.emulate_media(media="print")
    for selector in (
        ".site-header",
        ".sidebar",
        ".site-footer",
        ".expand",
        ".close",
        ".segments",
    ):
        for furniture in page.locator(selector).all():
            expect(furniture).to_be_hidden()
    assert page.evaluate(
        "[...document.querySelectorAll('.short-answer')].every((e) => e.offsetHeight > 20)"
    )
    page.goto("/?open=all")
    link = "getComputedStyle(document.querySelector('.reading a'), '::after').content"
    assert "https://" in page.evaluate(link)


@pytest.mark.usefixtures("bank")
def test_a_print_of_a_search_says_what_was_searched(page: Page) -> None:
    page.goto("/?q=lock&level=advanced")
    page.emulate_media(media="print")
    expect(page.locator(".found")).to_have_text(re.compile(r"questions for “lock”, Advanced$"))
    expect(page.locator(".found")).to_be_visible()
    for name in ("Clear all", "Remove lock", "Everything", "Show more"):
        assert page.get_by_role("link", name=name).count() == 0
    assert page.get_by_role("heading", level=1).count() == 0
    expect(page.locator(".short-answer").first).to_be_visible()


@pytest.mark.usefixtures("bank")
def test_everything_prints_on_less_than_two_pages_a_question(page: Page) -> None:
    page.goto("/?open=all")
    margin: PdfMargins = {"top": "15mm", "right": "15mm", "bottom": "15mm", "left": "15mm"}
    pdf = page.pdf(format="A4", margin=margin)
    assert 20 < len(re.findall(rb"/Type\s*/Page\b", pdf)) < 60


@pytest.mark.usefixtures("bank")
def test_the_permanent_link_can_be_copied(page: Page, base_url: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/?open=gil")
    stop_clock(page)
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == f"{base_url}/questions/gil/"


@pytest.mark.usefixtures("bank")
def test_without_scripts_nothing_is_shown_that_needs_them(new_context: NewContext) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto("/")
    for name in ("Theme", "Keyboard shortcuts", "Keep for offline", "Copy link", "Copy"):
        assert page.get_by_role("button", name=name, exact=True).count() == 0
    page.locator("#q").fill("descriptor")
    page.keyboard.press("Enter")
    expect(page.locator(".found")).to_contain_text("descriptor")
    page.locator(".entry summary").first.click()
    page.get_by_role("link", name="Open the full page").first.click()
    expect(page.get_by_role("heading", name="Follow-ups")).to_be_visible()


@pytest.mark.usefixtures("bank")
def test_a_first_visit_asks_for_seven_things_and_the_manifest_waits(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/", wait_until="networkidle")
    assert len(asked) <= 7
    expect(page.locator("link[rel=manifest]")).to_have_count(0)
    page.locator("h1").click()
    expect(page.locator("link[rel=manifest]")).to_have_attribute("href", "/manifest.webmanifest")


# When something goes wrong


def fails(route: Route) -> None:
    route.fulfill(status=500, body="Error")


@pytest.mark.usefixtures("bank")
def test_an_answer_that_fails_says_so_and_can_be_asked_for_again(
    page: Page, browser_errors: list[str]
) -> None:
    page.route("**/questions/gil/", fails)
    page.goto("/")
    page.locator("[data-slug=gil] summary").click()
    failure = page.locator("[data-slug=gil]").get_by_role("alert")
    expect(failure).to_contain_text("The full answer could not be loaded.")
    expect(page.locator("[data-slug=gil] .more > a")).to_be_visible()
    page.unroute("**/questions/gil/")
    failure.get_by_role("button", name="Try again").click()
    expect(page.locator("[data-slug=gil] .answer")).to_be_visible()
    expect(failure).to_be_hidden()
    browser_errors.clear()


@pytest.mark.usefixtures("bank")
def test_a_search_that_fails_says_so_and_can_be_tried_again(
    page: Page, browser_errors: list[str]
) -> None:
    page.goto("/")
    page.route("**/?q=*", fails)
    page.locator("#q").fill("descriptor")
    failure = page.locator("main").get_by_role("alert")
    expect(failure).to_contain_text("The list could not be loaded.")
    expect(page.locator(".entry")).to_have_count(30)
    page.unroute("**/?q=*")
    failure.get_by_role("button", name="Try again").click()
    expect(page.locator(".found")).to_contain_text("descriptor")
    expect(failure).to_be_hidden()
    browser_errors.clear()


@pytest.mark.usefixtures("bank")
def test_what_failed_is_asked_for_again_by_its_button_only(
    page: Page, browser_errors: list[str]
) -> None:
    asked: list[Route] = []

    def fail(route: Route) -> None:
        asked.append(route)
        fails(route)

    page.route("**/questions/gil/", fail)
    page.goto("/")
    gil = page.locator("[data-slug=gil]")
    gil.locator("summary").first.click()
    expect(gil.get_by_role("alert")).to_be_visible()
    asked.clear()
    page.mouse.move(0, 0)
    gil.locator(".short-answer").hover()
    gil.locator("summary").first.focus()
    page.wait_for_timeout(200)
    assert asked == []
    again = gil.get_by_role("button", name="Try again")
    again.evaluate("button => button.closest('.failure').dataset.earlier = ''")
    again.press("Enter")
    expect(gil.locator(".failure:not([data-earlier])")).to_be_visible()
    assert len(asked) == 1
    expect(again).to_be_focused()
    page.unroute("**/questions/gil/")
    again.press("Enter")
    expect(gil.locator(".answer")).to_be_focused()
    browser_errors.clear()


def test_what_should_go_on_a_list_fails_where_it_was_asked_for(
    page: Page, browser_errors: list[str]
) -> None:
    category = build.category()
    for number in range(25):
        build.question(category=category, position=number + 1)
    page.goto("/")
    page.route("**/*start=21*", fails)
    page.get_by_role("link", name="Show more").press("Enter")
    failure = page.locator(".card").get_by_role("alert")
    expect(failure).to_be_in_viewport()
    page.unroute("**/*start=21*")
    failure.get_by_role("button", name="Try again").press("Enter")
    expect(page.locator(".entry")).to_have_count(25)
    expect(page.locator(".entry > summary").nth(20)).to_be_focused()
    expect(failure).to_be_hidden()
    browser_errors.clear()


def test_an_empty_bank_a_lone_question_and_a_lost_address_have_their_pages(
    page: Page, browser_errors: list[str]
) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", name="The bank is empty")).to_be_visible()
    build.question(title="Is it alone?")
    page.goto("/?q=alone")
    expect(page.locator(".found")).to_have_text("1 of 1 question for “alone”")
    page.goto("/nowhere/")
    expect(page.get_by_role("heading", name="There is no page here")).to_be_visible()
    browser_errors.clear()


# Reading aids


@pytest.mark.usefixtures("db")
def test_a_problem_report_knows_question_and_version(page: Page, settings: Any) -> None:
    question = build.question(slug="here")
    page.goto(question.get_absolute_url())
    assert page.get_by_text("Report a problem").count() == 0
    settings.REPORT_URL = "mailto:qa@example.org?subject={slug}&body=Version%20{version}"
    page.reload()
    version = f"{Question.objects.get().updated:%Y-%m-%dT%H%%3A%M%%3A%SZ}"
    expect(page.get_by_role("link", name="Report a problem")).to_have_attribute(
        "href", f"mailto:qa@example.org?subject=here&body=Version%20{version}"
    )
