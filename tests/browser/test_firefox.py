"""The main path, in Firefox."""

from collections.abc import Iterator
from pathlib import Path

import axe_playwright_python
import pytest
from pytest_django.live_server_helper import LiveServer

from tests.browser.firefox import Firefox

pytestmark = pytest.mark.usefixtures("bank")

OPEN = "[...document.querySelectorAll('.entry[open]')].map((e) => e.dataset.slug).join()"
ENTRIES = "document.querySelectorAll('.entry').length"
AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"


@pytest.fixture(scope="session")
def started_firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    with Firefox.started(tmp_path_factory.mktemp("firefox")) as firefox:
        yield firefox


@pytest.fixture
def firefox(started_firefox: Firefox, live_server: LiveServer) -> Iterator[Firefox]:
    """Return Firefox at the home page. An error that it notes fails the test."""
    started_firefox.open(f"{live_server.url}/")
    yield started_firefox
    problems = started_firefox.problems(live_server.url)
    started_firefox.open("about:blank")
    assert problems == []


def test_opening_a_question_shows_its_answer_and_the_address_says_so(firefox: Firefox) -> None:
    firefox.click("[data-slug=gil] summary")
    firefox.wait_for("document.querySelector('[data-slug=gil] .answer')?.checkVisibility()")
    firefox.wait_for("location.search === '?open=gil'")
    firefox.click("[data-slug=gil] summary")
    firefox.wait_for("location.search === ''")
    firefox.wait_for("!document.querySelector('[data-slug=gil] .short-answer').checkVisibility()")


def test_searching_and_going_back(firefox: Firefox) -> None:
    firefox.click("[data-slug=descriptors] summary")
    firefox.wait_for(f"{OPEN} === 'descriptors'")
    firefox.press("/", *"generator")
    firefox.wait_for("document.getElementById('q').value === 'generator'")
    firefox.wait_for("document.querySelector('.found')?.textContent.includes('for “generator”')")
    firefox.wait_for(f"{ENTRIES} < 30 && location.search.startsWith('?q=generator')")
    firefox.press("ArrowDown")
    firefox.wait_for("document.activeElement.matches('.hits .entry > summary')")
    firefox.go_back()
    firefox.wait_for(f"{ENTRIES} === 30 && document.getElementById('q').value === ''")
    firefox.wait_for(f"{OPEN} === 'descriptors'")


def test_filters_are_as_the_address_says_after_a_step_back(firefox: Firefox) -> None:
    firefox.click("[id='level:core']")
    firefox.wait_for("location.search === '?level=core'")
    firefox.go_back()
    firefox.wait_for(f"{ENTRIES} === 30")
    firefox.wait_for("document.getElementById('level:').ariaCurrent === 'true'")


def test_expanding_all_and_a_question_of_ones_own(firefox: Firefox) -> None:
    firefox.click("[data-show=all]")
    firefox.wait_for("document.querySelectorAll('.entry[open] .answer').length === 30")
    firefox.click("[data-slug=gil] .meta a")
    firefox.wait_for("location.pathname === '/questions/gil/'")
    firefox.wait_for("document.readyState === 'complete'")
    assert not firefox.run("return document.querySelector('.hint p').checkVisibility()")
    firefox.click(".hint summary")
    firefox.wait_for("document.querySelector('.hint p').checkVisibility()")
    firefox.press("j")
    firefox.wait_for("location.pathname === '/questions/memory-management/'")
    firefox.wait_for("document.readyState === 'complete'")


def test_the_theme_is_kept(firefox: Firefox) -> None:
    color = "getComputedStyle(document.body).backgroundColor"
    before = firefox.run(f"return {color}")
    other = firefox.run("return matchMedia('(prefers-color-scheme: dark)').matches ? 1 : 2")
    firefox.click("[popovertarget='page:themes']")
    firefox.click(f".themes label:nth-of-type({other + 1})")
    firefox.wait_for(f"{color} !== arguments[0]", before)
    firefox.run("document.title = 'before'; location.reload()")
    firefox.wait_for("document.readyState === 'complete' && document.title !== 'before'")
    assert firefox.run(f"return {color}") != before
    firefox.run("localStorage.clear()")


def test_a_link_to_a_question_opens_it(firefox: Firefox) -> None:
    firefox.open(f"{firefox.address()}#descriptors")
    firefox.wait_for(f"{OPEN} === 'descriptors'")
    firefox.wait_for("document.querySelector('[data-slug=descriptors] .answer')")


@pytest.mark.parametrize("path", ["", "?open=gil", "?q=lock", "questions/gil/"])
def test_axe_finds_nothing(firefox: Firefox, path: str) -> None:
    firefox.open(firefox.address() + path)
    firefox.run(f"{AXE.read_text()}\nwindow.axe = axe")
    violations = firefox.run(
        """return window.axe.run().then(({ violations }) =>
            violations.flatMap((v) => v.nodes.map((node) => `${v.id}: ${node.html}`)))"""
    )
    assert violations == []
