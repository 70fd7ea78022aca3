"""
Pictures of the site for people to look at: `make screenshots`.

Each state at each width, light and dark, into var/screenshots/. pytest runs this file only where
it is named, and checks nothing: what is wrong here, a person sees.
"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, PdfMargins

from questions.models import Question
from tests import build

FOLDER = Path(settings.VAR_DIR) / "screenshots"
README_PICTURE = Path(settings.BASE_DIR) / "docs" / "home.png"

WIDTHS = {320: 640, 360: 740, 390: 844, 768: 1024, 1280: 900, 1600: 900, 1920: 1080}
NARROW = 768  # screens below this one show two pixels for one

pytestmark = pytest.mark.usefixtures("live_server")


def see(address: str, action: Callable[[Page], None] = lambda page: None) -> Callable[[Page], None]:
    def show(page: Page) -> None:
        page.goto(address)
        action(page)

    return show


def fail(page: Page) -> None:
    page.route("**/questions/gil/", lambda route: route.abort())
    page.goto("/")
    page.locator("[data-slug=gil] summary").click()


def wait_for_an_answer(page: Page) -> None:
    page.route("**/questions/gil/", lambda route: None)  # neither answered nor refused
    page.goto("/")
    page.locator("[data-slug=gil] summary").click()


def reveal(page: Page) -> None:
    page.get_by_role("button", name="Show the short answer").click()


STATES = {
    "home": see("/"),
    "open": see("/?open=gil"),
    "scrolled": see("/?open=gil", lambda page: page.evaluate("scrollTo(0, 1400)")),
    "short": see("/?show=short"),
    "end": see("/?open=gil", lambda page: page.locator(".meta").first.scroll_into_view_if_needed()),
    "category": see("/categories/architecture/"),
    "question": see("/questions/gil/"),
    "question-end": see("/questions/gil/", lambda page: page.evaluate("scrollTo(0, 1e6)")),
    "filtered": see("/?q=lock&level=advanced"),
    "one-hit": see("/?q=celery+killed"),
    "no-hit": see("/?q=zzzzzz"),
    "help": see("/", lambda page: page.get_by_role("button", name="Keyboard shortcuts").click()),
    "theme": see("/", lambda page: page.get_by_role("button", name="Theme").click()),
    "loading": wait_for_an_answer,
    "failed": fail,
    "practice": see("/practice/"),
    "practice-question": see("/practice/?n=20"),
    "practice-answer": see("/practice/?n=20", reveal),
    "interview": see("/practice/?mode=interview&n=8&seed=1"),
    "interviewer": see("/practice/?mode=interviewer&n=8&seed=1"),
    "progress": see("/progress/"),
    "offline": see("/offline/"),
    "not-found": see("/nowhere/"),
}


@pytest.mark.usefixtures("bank")
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 390, 768, 1280, 1600, 1920])
def test_states(browser: Browser, base_url: str, width: int, theme: str) -> None:
    for name, show in STATES.items():
        take(browser, base_url, width, theme, name, show)


@pytest.mark.parametrize("width", [390, 1280])
def test_empty_bank(browser: Browser, base_url: str, width: int) -> None:
    take(browser, base_url, width, "light", "empty", see("/"))


@pytest.mark.parametrize("width", [390, 1280])
def test_very_long_titles(browser: Browser, base_url: str, width: int) -> None:
    category = build.category(name="A category whose name goes on and on and on and on and on")
    question = build.question(category=category, title="Why is this question so long? " * 8)
    Question.objects.update(short_answer="Because somebody wrote it so.")
    for name, address in (("long-list", "/"), ("long-page", question.get_absolute_url())):
        take(browser, base_url, width, "light", name, see(address))


@pytest.mark.parametrize("width", [390, 1280])
def test_more_to_show(browser: Browser, base_url: str, width: int) -> None:
    category = build.category(name="Heaps")
    for number in range(25):
        title = f"What is heap number {number}?"
        build.question(category=category, position=number + 1, title=title)
    end = see("/", lambda page: page.locator(".show-more").scroll_into_view_if_needed())
    take(browser, base_url, width, "light", "more", end)


def pick(name: str) -> Callable[[Page], None]:
    return see("/", lambda page: page.get_by_role("button", name=name).click())


@pytest.mark.usefixtures("bank")
@pytest.mark.parametrize("name", ["Jump", "Level", "Show"])
def test_pickers_of_a_phone(browser: Browser, base_url: str, name: str) -> None:
    take(browser, base_url, 390, "light", f"pick-{name.lower()}", pick(name))


@pytest.mark.parametrize("width", [390, 1280])
def test_many_categories(browser: Browser, base_url: str, width: int) -> None:
    for position in range(1, 41):
        category = build.category(position=position, name=f"Category number {position}")
        build.question(category=category, position=1)
        build.question(category=category, position=2)
    middle = see("/", lambda page: page.evaluate("scrollTo(0, 3000)"))
    take(browser, base_url, width, "light", "many", middle)


@pytest.mark.usefixtures("bank")
@pytest.mark.parametrize("width", [320, 390])
def test_text_at_twice_the_size(browser: Browser, base_url: str, width: int) -> None:
    def enlarge(page: Page) -> None:
        session = page.context.new_cdp_session(page)
        session.send("Page.enable")
        session.send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})
        page.goto("/?q=lock")

    take(browser, base_url, width, "light", "large-text", enlarge)


@pytest.mark.parametrize("width", [390, 1280])
def test_error_of_ours(
    browser: Browser, base_url: str, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("questions.pages.views.list_page", broken)
    take(browser, base_url, width, "light", "error", see("/"))


@pytest.mark.usefixtures("bank")
@pytest.mark.parametrize(
    "address", ["/", "/?open=all", "/?q=lock&level=advanced", "/questions/gil/"]
)
def test_printed(browser: Browser, base_url: str, address: str) -> None:
    page = browser.new_page(base_url=base_url)
    page.goto(address)
    name = re.sub(r"\W+", "-", address.strip("/?")) or "home"
    margin: PdfMargins = {"top": "15mm", "right": "15mm", "bottom": "15mm", "left": "15mm"}
    page.pdf(path=FOLDER / f"print-{name}.pdf", format="A4", margin=margin)
    page.close()


@pytest.mark.usefixtures("bank")
def test_picture_of_the_readme(browser: Browser, base_url: str) -> None:
    page = browser.new_page(base_url=base_url, viewport={"width": 1280, "height": 800})
    page.goto("/?open=gil")
    page.locator(".jump [aria-current]").wait_for()
    page.screenshot(path=README_PICTURE)
    page.close()


def take(
    browser: Browser,
    base_url: str,
    width: int,
    theme: str,
    name: str,
    show: Callable[[Page], None],
) -> None:
    context = browser.new_context(
        base_url=base_url,
        viewport={"width": width, "height": WIDTHS[width]},
        color_scheme="dark" if theme == "dark" else "light",
        device_scale_factor=2 if width < NARROW else 1,
        service_workers="block",
    )
    page = context.new_page()
    show(page)
    page.wait_for_timeout(500)  # until what moves has stopped
    page.screenshot(path=FOLDER / f"{name}-{width}-{theme}.png")
    context.close()
