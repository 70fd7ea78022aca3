"""Every page in every state, as axe and people with other eyes and hands meet it."""

from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from questions.models import Bank
from tests import build
from tests.browser.windows import windows
from tests.conftest import AssertAccessible

pytestmark = pytest.mark.usefixtures("bank")

ADDRESSES = [
    "/",
    "/?open=core-python",
    "/?q=lock&level=advanced",
    "/?q=context+manager",
    "/?q=sellery",
    "/?q=zzzzzz",
    "/categories/architecture/",
    "/questions/gil/",
    "/offline/",
    "/nowhere/",
]


def test_axe_finds_nothing(
    page: Page, assert_accessible: AssertAccessible, browser_errors: list[str]
) -> None:
    for address in ADDRESSES:
        page.goto(address)
        for theme in windows(page):
            assert_accessible(page, only_colors=theme == "dark")
    browser_errors.clear()  # the lost page is a 404


# One window of each width and of each theme.
TWO_WINDOWS = [(390, "dark"), (1280, "light")]


@pytest.mark.parametrize("address", ["/?open=all", "/?q=generator&open=all"])
def test_axe_finds_nothing_in_a_long_page(
    page: Page, address: str, assert_accessible: AssertAccessible
) -> None:
    """Here each look of axe takes seconds."""
    page.goto(address)
    for width, theme in TWO_WINDOWS:
        page.set_viewport_size({"width": width, "height": 844})
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        assert_accessible(page)


@pytest.mark.parametrize(("width", "theme"), TWO_WINDOWS)
def test_axe_finds_nothing_in_prompt_and_phrasings(
    page: Page, width: int, theme: str, assert_accessible: AssertAccessible
) -> None:
    Bank.objects.update_or_create(defaults={"language": "he"})
    question = build.question(
        prompt="A *scenario* with `code`:\n\n```python\nprint(1)\n```\n\n| a |\n|---|\n| 1 |\n",
        asked_as="What does `print` do?\nAnd then?\n",
        answer="",
    )
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    for address in (question.get_absolute_url(), f"/?open={question.slug}"):
        page.goto(address)
        expect(page.get_by_text("A scenario with code")).to_be_visible()
        assert_accessible(page)


def test_axe_finds_nothing_in_dialog_menu_and_failure(
    page: Page, assert_accessible: AssertAccessible, browser_errors: list[str]
) -> None:
    page.route("**/questions/gil/", lambda route: route.abort())
    for _ in windows(page):
        page.goto("/")
        page.locator("[data-slug=gil] summary").click()
        expect(page.get_by_role("alert")).to_be_visible()
        page.get_by_role("button", name="Theme").click()
        expect(page.get_by_role("radio", name="Dark")).to_be_visible()
        assert_accessible(page)
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Keyboard shortcuts").click()
        expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
        assert_accessible(page)
    browser_errors.clear()


@pytest.mark.parametrize("width", [390, 1280])
def test_every_target_is_24_pixels_or_in_a_line_of_text(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    for address in ("/?open=gil", "/?q=zzzzzz", "/questions/gil/"):
        page.goto(address)
        small = page.evaluate(
            """() => [...document.querySelectorAll("a, button, summary, input")]
                .filter((e) => e.checkVisibility() && !e.closest(".skip"))
                .filter((e) => !e.closest("p:not(.meta), li li, .answer li, .reading, .related"))
                .map((e) => [e.closest("label") ?? e, e.outerHTML.slice(0, 90)])
                .map(([e, html]) => [e.getBoundingClientRect(), html])
                .filter(([box]) => box.width > 1 && (box.height < 23.5 || box.width < 23.5))
                .map(([{ width, height }, html]) => `${width} x ${height}: ${html}`)"""
        )
        assert small == []
    neighbors = page.locator(".neighbors").bounding_box()
    practise = page.locator(".practise").bounding_box()
    assert neighbors
    assert practise
    if width == 390:  # what a thumb presses stands apart
        assert practise["y"] - neighbors["y"] - neighbors["height"] >= 24


def test_the_headings_make_an_outline(page: Page) -> None:
    for address in ("/", "/?open=all", "/?q=lock", "/categories/architecture/", "/questions/gil/"):
        page.goto(address)
        levels = page.evaluate(
            """() => [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
                .filter((heading) => !heading.closest("aside, dialog"))
                .map((heading) => Number(heading.tagName[1]))"""
        )
        assert levels[0] == 1
        assert levels.count(1) == 1
        steps = [after - before for before, after in pairwise(levels)]
        assert max(steps) <= 1


def test_a_question_is_a_heading_and_its_row_says_whether_it_is_open(page: Page) -> None:
    """docs/decisions/ has what screen readers make of it."""
    page.goto("/")
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    names = {
        node["name"]["value"]: node
        for node in tree
        if node["role"]["value"].startswith("DisclosureTriangle")
    }
    row = next(name for name in names if name.startswith("1 What is the GIL"))
    properties = {entry["name"]: entry["value"].get("value") for entry in names[row]["properties"]}
    assert properties["expanded"] is False
    questions = [
        node
        for node in tree
        if node["role"]["value"] == "heading"
        and {"name": "level", "value": {"type": "integer", "value": 3}} in node["properties"]
    ]
    assert len(questions) == 30


def test_the_number_of_hits_is_announced(page: Page) -> None:
    page.goto("/")
    page.locator("#q").fill("descriptor")
    expect(page.locator("#status")).to_contain_text("of 30 questions for “descriptor”")
    page.locator("#q").fill("zzzzzz")
    expect(page.locator("#status")).to_contain_text("0 of 30 questions")


def test_text_at_twice_the_size_and_a_page_at_400_percent_lose_nothing(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 1024})
    page.goto("/?open=gil")
    page.add_style_tag(url="/static/css/site.css")
    session = page.context.new_cdp_session(page)
    session.send("Page.enable")
    session.send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})
    expect(page.locator("html")).to_have_css("font-size", "32px")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    clipped = """() => [...document.querySelectorAll("h1, h2, h3, .option, .lead, .jump a, button")]
        .filter((e) => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1 && e.clientWidth)
        .map((e) => e.outerHTML.slice(0, 80))"""
    assert page.evaluate(clipped) == []
    session.send("Page.setFontSizes", {"fontSizes": {"standard": 16, "fixed": 13}})
    page.set_viewport_size({"width": 320, "height": 256})  # 1280 by 1024 at 400 %
    expect(page.locator("html")).to_have_css("font-size", "16px")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.evaluate("scrollTo(0, 2000)")
    covered = page.evaluate("document.querySelector('.site-header').getBoundingClientRect().bottom")
    assert covered <= 0


@pytest.mark.parametrize("address", ["/", "/?q=lock", "/?q=zzzz", "/questions/gil/", "/offline/"])
def test_text_at_twice_the_size_fits_a_phone(page: Page, address: str) -> None:
    session = page.context.new_cdp_session(page)
    session.send("Page.enable")
    session.send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})
    for width in (320, 390):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.get_by_role("button", name="Theme").click()
        page.get_by_role("radio", name="Dark").check(force=True)
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Keyboard shortcuts").click()
        dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
        assert dialog.evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth")


@pytest.mark.parametrize("size", [(320, 256), (844, 390)])
def test_in_a_low_window_nothing_stays_in_the_way(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto("/?open=gil")
    page.evaluate("scrollTo(0, 2000)")
    for selector in (".site-header", ".entry[open] > summary"):
        box = page.locator(selector).bounding_box()
        assert box
        covers = box["y"] + box["height"] > 0 and box["width"] > size[0] / 2
        assert not covers, selector


def test_forced_colors_still_show_what_is_chosen(page: Page) -> None:
    page.emulate_media(forced_colors="active")
    page.goto("/?level=core")
    chosen = "getComputedStyle(document.querySelector('.option[aria-current]')).outlineStyle"
    assert page.evaluate(chosen) == "solid"
