"""Practice, interview and progress as somebody meets them who comes back for some days."""

import json
import random
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import fsrs
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from questions.models import Question
from tests.browser.waiting import Held

pytestmark = pytest.mark.usefixtures("bank")

MORNING = datetime(2026, 11, 28, 8, tzinfo=UTC)
DAY = timedelta(days=1)

TITLE, PLACE = "[data-room=session] [data-part=title]", "[data-room=session] [data-part=place]"

ADD = """async (reviews) => {
    const { openLog } = await import("/static/js/practice/log.js");
    await (await openLog()).add(...reviews.map(([slug, time, grade]) => ({ slug, time, grade })));
}"""


class Clock:
    """The time that a page believes in; each answer takes a minute."""

    def __init__(self, page: Page, now: datetime = MORNING) -> None:
        self.page = page
        self.go_to(now)

    def go_to(self, now: datetime) -> None:
        self.now = now
        self.page.clock.set_fixed_time(now)

    def pass_time(self, **time: float) -> None:
        self.go_to(self.now + timedelta(**time))


def title(page: Page) -> str:
    return page.locator(TITLE).inner_text()


def answer(page: Page, clock: Clock, key: str) -> None:
    """Reveal the question that is shown, by keyboard, and grade it."""
    expect(page.locator("[data-room=session] [data-part=asking]")).to_be_visible()
    clock.pass_time(minutes=1)
    page.keyboard.press("Space")
    expect(page.locator(".grades")).to_be_visible()
    page.keyboard.press(key)
    expect(page.locator(".grades")).to_be_hidden()


def counts(page: Page) -> str:
    return page.locator("[data-room=session] .counts").inner_text().replace("\n", " ")


def reviews(page: Page) -> list[list[Any]]:
    """Return the log: slug, time and grade of each review, in the order of time."""
    script = """async () => {
        const { openLog } = await import("/static/js/practice/log.js");
        return JSON.parse((await openLog()).toFile()).reviews;
    }"""
    return list(page.evaluate(script))


def row(page: Page, name: str) -> Locator:
    """Return known, learning, due and new of a row of the progress page."""
    return page.get_by_role("row", name=re.compile(f"^{name}")).locator("td:not(.stack)")


def expect_reviews(page: Page, text: str) -> None:
    """Wait until the progress page has them: it reads what this browser keeps after its load."""
    expect(page.get_by_role("img", name=re.compile(f"^Reviews per day.*: {text}"))).to_be_visible()


def moment(time: datetime) -> int:
    return int(time.timestamp() * 1000)


def test_three_days_of_practice_by_keyboard_alone(page: Page) -> None:
    clock = Clock(page)
    page.goto("/practice/")
    expect(page.locator(".choose .counts")).to_have_text("0 due10 new today")
    page.get_by_role("spinbutton", name="Questions").focus()
    page.get_by_role("spinbutton", name="Questions").fill("4")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/practice/\?n=4$"))
    expect(page.locator(PLACE)).to_have_text("1 of 4")
    expect(page.locator(TITLE)).to_be_focused()
    first = title(page)
    assert page.locator("[data-part=category]").inner_text() == ""
    # The category and the short answer at the first press, the whole answer at the next.
    page.keyboard.press("Space")
    expect(page.locator("[data-room=session] .short-answer")).to_be_visible()
    expect(page.locator("[data-part=category]")).not_to_be_empty()
    expect(page.locator("[data-room=session] .answer")).to_be_hidden()
    page.set_viewport_size({"width": 1280, "height": 480})
    page.keyboard.press("Space")
    expect(page.locator("[data-room=session] .answer")).to_be_in_viewport()
    grades = re.sub(r"\s+", " ", page.locator(".grades").inner_text())
    # The days of the last are a little by chance.
    assert re.fullmatch(r"Again 1 min 1 Hard 6 min 2 Good 10 min 3 Easy \d+ days 4", grades)
    page.set_viewport_size({"width": 1280, "height": 720})
    page.keyboard.press("3")
    for key in "444":
        answer(page, clock, key)
    # The first one comes again after its ten minutes, or now if there is nothing else.
    assert counts(page) == "0 due 1 learning 0 new"
    assert page.locator(PLACE).inner_text() == "4 of 4"
    answer(page, clock, "3")
    expect(page.get_by_role("heading", name="4 questions practised")).to_be_focused()
    expect(page.locator("[data-part=endText]")).to_contain_text("1 question will be due in 2 days.")

    clock.go_to(MORNING + DAY)
    page.goto("/practice/?n=20")
    expect(page.locator(PLACE)).to_have_text("1 of 10")
    assert counts(page) == "0 due 0 learning 10 new"

    # A day has begun when the night is over, not 24 hours later.
    clock.go_to(MORNING + 2 * DAY - timedelta(hours=6))
    page.goto("/practice/")
    expect(page.locator(".choose .counts")).to_have_text("1 due10 new today")
    page.goto("/practice/?n=1&q=nothingofthekind")
    expect(page.get_by_role("heading", name="There is no question to practise")).to_be_visible()
    # A choice that there is not is none.
    page.goto("/practice/?n=1&category=nowhere&level=nonsense")
    expect(page.locator(PLACE)).to_have_text("1 of 1")
    assert counts(page) == "1 due 0 learning 0 new"
    slug = next(q for q in Question.objects.all() if plain(q.title) == first).slug
    question = Question.objects.get(slug=slug)
    if question.asked_as:
        expect(page.get_by_text("Asked in another way than last time")).to_be_visible()
        assert title(page) != first
    answer(page, clock, "3")
    expect(page.get_by_role("heading", name="1 question practised")).to_be_visible()
    log = reviews(page)
    assert [entry[0] for entry in log].count(slug) == 3
    assert len(log) == 6


def plain(text: str) -> str:
    return text.replace("`", "")


def test_undo_takes_the_last_grade_back(page: Page) -> None:
    clock = Clock(page)
    page.goto("/practice/?n=3")
    first = title_when_there(page)
    answer(page, clock, "4")
    second = title_when_there(page, first)
    page.keyboard.press("u")
    expect(page.locator(TITLE)).to_have_text(first)
    assert reviews(page) == []
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    answer(page, clock, "1")
    assert [grade for _, _, grade in reviews(page)] == [1]
    expect(page.locator(TITLE)).to_have_text(second)
    page.get_by_role("button", name="Undo").click()
    assert reviews(page) == []


def test_the_last_grade_can_be_taken_back_on_another_page_too(page: Page) -> None:
    clock = Clock(page)
    page.goto("/practice/?n=2&category=architecture")
    first = title_when_there(page)
    answer(page, clock, "4")
    page.goto("/practice/?n=1&category=async")
    expect(page.locator(PLACE)).to_have_text("1 of 1")
    page.keyboard.press("u")
    expect(page.locator(TITLE)).to_have_text(first)
    expect(page.locator(PLACE)).to_have_text("1 of 2")
    assert reviews(page) == []
    answer(page, clock, "4")
    answer(page, clock, "4")
    expect(page.locator("[data-part=endText]")).to_contain_text("You graded yourself 2 easy.")
    clock.pass_time(hours=2)
    page.reload()
    title_when_there(page)
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)


def test_the_place_is_that_of_the_question_which_is_shown(page: Page) -> None:
    clock = Clock(page)
    page.goto("/practice/?n=3")
    for place in range(1, 4):
        expect(page.locator(PLACE)).to_have_text(f"{place} of 3")
        answer(page, clock, "3")  # it comes again in ten minutes
    for learning in (3, 2, 1):
        expect(page.locator(PLACE)).to_have_text("3 of 3")
        assert counts(page) == f"0 due {learning} learning 0 new"
        answer(page, clock, "3")
    expect(page.get_by_role("heading", name="3 questions practised")).to_be_visible()
    expect(page.locator(PLACE)).to_have_text("3 of 3")


def title_when_there(page: Page, before: str = "Getting the questions…") -> str:
    expect(page.locator(TITLE)).not_to_have_text(before)
    return title(page)


def test_where_there_is_no_question_the_reader_learns_why_and_goes_on(page: Page) -> None:
    for mode in ("cards", "interview"):
        page.goto(f"/practice/?n=2&mode={mode}&q=nothingofthekind")
        expect(
            page.get_by_text("Choose another category or level, or other words.")
        ).to_be_visible()
        page.get_by_role("link", name="Choose others").click()
        expect(page.get_by_role("heading", name="Practice")).to_be_visible()
    Question.objects.update(published=False)
    for mode in ("cards", "interview"):
        page.goto(f"/practice/?n=2&mode={mode}")
        expect(page.get_by_text("The bank is empty.")).to_be_visible()


def test_keys_are_listed_and_can_be_switched_off(page: Page) -> None:
    page.goto("/practice/?n=3")
    title_when_there(page)
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    for text in ("Space", "4", "u"):
        expect(dialog.locator("kbd", has_text=text).first).to_be_visible()
    dialog.get_by_label("Shortcuts are on").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("Space")
    expect(page.locator(".grades")).to_be_hidden()
    page.get_by_role("button", name="Show the short answer").press("Space")
    expect(page.locator(".grades")).to_be_visible()


def test_what_is_typed_until_the_search_is_there_grades_nothing(page: Page) -> None:
    page.goto("/practice/?n=3")
    title_when_there(page)
    late = Held(page, "js/overlay")
    page.keyboard.press("Space")
    expect(page.locator(".grades")).to_be_visible()
    page.keyboard.type("/4")
    late.wait()
    late.let_go()
    box = page.get_by_role("dialog", name="Search").get_by_role("searchbox")
    expect(box).to_have_value("4")
    page.keyboard.press("Escape")
    expect(page.locator(".grades")).to_be_visible()


def test_a_session_on_a_phone_is_done_with_one_thumb(new_context: Any) -> None:
    context = new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto("/practice/?n=2&category=architecture", wait_until="commit")
    title_when_there(page)
    search = page.get_by_role("searchbox")
    expect(search).to_have_css("width", "40px")  # what is left of it is its picture
    search.tap()
    expect(page.get_by_role("dialog", name="Search")).to_be_visible()
    page.keyboard.press("Escape")
    # There is nothing to press until there is a question.
    page.get_by_role("button", name="Show the short answer").tap()
    for name in ("Again", "Hard", "Good", "Easy"):
        box = page.get_by_role("button", name=name).bounding_box()
        assert box is not None
        assert box["height"] >= 48
        assert box["width"] >= 72
        assert 600 < box["y"] < 844 - box["height"]
    page.get_by_role("button", name="Easy").tap()
    expect(page.locator(PLACE)).to_have_text("2 of 2")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    # What stays at the bottom covers nothing that is below it.
    page.get_by_role("button", name="Keyboard shortcuts").tap()
    page.get_by_role("dialog").get_by_role("button", name="Close").tap()
    # The search is its icon, and opens over the page.
    search = page.get_by_role("searchbox")
    box = search.bounding_box()
    assert box is not None
    assert box["width"] <= 48
    search.tap()
    expect(page.get_by_role("dialog", name="Search")).to_be_visible()


def test_progress_is_exported_forgotten_and_imported(page: Page, tmp_path: Path) -> None:
    Clock(page, MORNING + 9 * DAY)
    page.goto("/progress/")
    page.evaluate(ADD, [["gil", moment(MORNING + day * DAY), 3] for day in (0, 3, 9)])
    page.evaluate(ADD, [["middleware", moment(MORNING), 3]])
    page.goto("/progress/")
    expect(page.locator("[data-part=practise]")).to_have_text("Practise 1 due")
    expect(page.get_by_role("row", name=re.compile("^In no category"))).to_have_count(0)
    expect(row(page, "Core Python")).to_have_text(["1", "0", "0", "6"])
    expect(row(page, "All")).to_have_text(["1", "0", "1", "28"])
    expect_reviews(page, "4 reviews on 3 days")
    before = reviews(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    file = tmp_path / "progress.json"
    download.value.save_as(file)

    page.get_by_role("button", name="Forget everything").click()
    dialog = page.get_by_role("dialog", name="Forget everything?")
    expect(dialog).to_contain_text("4 reviews")
    dialog.get_by_role("button", name="Keep it").click()
    assert len(reviews(page)) == 4
    page.get_by_role("button", name="Forget everything").click()
    page.get_by_role("button", name="Forget", exact=True).click()
    page.get_by_role("button", name="Forget 4 reviews").click()
    expect(page.locator("[data-part=status]")).to_have_text("Everything is forgotten.")
    assert reviews(page) == []
    expect(row(page, "All")).to_have_text(["0", "0", "0", "30"])

    for added in ("4 reviews imported.", "0 reviews imported, 4 were here already."):
        page.locator("input[type=file]").set_input_files(file)
        expect(page.locator("[data-part=status]")).to_contain_text(added)
    assert reviews(page) == before
    expect(row(page, "All")).to_have_text(["1", "0", "1", "28"])


@pytest.mark.accepts_error("404 (Not Found)")  # that is what the page asks about
def test_two_devices_are_merged_into_the_same_cards(
    page: Page, new_context: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    other = new_context().new_page()
    chance = random.Random(3)  # noqa: S311
    for number, device in enumerate((page, other)):
        Clock(device, MORNING + 30 * DAY)
        device.goto("/progress/")
        made = [
            [slug, moment(MORNING + chance.randrange(20) * DAY) + number, chance.randint(1, 4)]
            for slug in ("gil", "middleware", "descriptors", "nowhere")
            for _ in range(5)
        ]
        device.evaluate(ADD, made)
        expect_reviews(device, f"{len({tuple(review[:2]) for review in made})} reviews")
    for name, device in (("one", page), ("other", other)):
        with device.expect_download() as download:
            device.get_by_role("button", name="Export").click()
        download.value.save_as(tmp_path / name)
    for name, device in (("one", other), ("other", page)):
        device.locator("input[type=file]").set_input_files(tmp_path / name)
        expect(device.locator("[data-part=status]")).to_contain_text("not in this bank")
    assert reviews(page) == reviews(other)
    stored = "JSON.parse(localStorage.getItem('practised'))"
    assert page.evaluate(stored) == other.evaluate(stored)
    assert set(page.evaluate(stored)) == {"gil", "middleware", "descriptors"}


def test_a_list_shows_the_state_of_what_was_practised(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/")
    page.wait_for_load_state("networkidle")
    assert not [url for url in asked if "states" in url or "/practice/" in url]
    clock = Clock(page)
    page.goto("/progress/")
    page.evaluate(ADD, [["gil", moment(MORNING - DAY), 4], ["middleware", moment(MORNING), 1]])
    expect_reviews(page, "2 reviews on 2 days")
    clock.pass_time(minutes=30)
    page.goto("/")
    gil = page.locator(".entry[data-slug=gil]")
    expect(gil.locator(".state")).to_have_text("Known")
    expect(gil.locator(".state svg")).to_be_visible()
    expect(page.locator(".entry[data-slug=middleware] .state")).to_have_text("Due")
    expect(page.locator(".entry .state", has_text="New")).to_have_count(28)
    page.locator("#q").fill("lock")
    expect(page.locator(".hits .entry[data-slug=gil] .state")).to_have_text("Known")
    for width in (390, 1000, 1280):  # neither lies on the other
        page.set_viewport_size({"width": width, "height": 800})
        state, level = (
            page.locator(f".hits .entry[data-slug=gil] {part}").bounding_box()
            for part in (".state", ".level")
        )
        assert state
        assert level
        left, right = sorted((state, level), key=lambda box: box["x"])
        assert left["x"] + left["width"] <= right["x"]
        assert abs(left["y"] - right["y"]) < 4
    page.get_by_role("link", name=re.compile("^Practise these")).click()
    expect(page.locator("[data-room=session]")).to_contain_text("“lock”")


GOOD = {"format": "qabank-progress", "version": 1, "reviews": [["gil", moment(MORNING), 3]]}

BAD_FILES = {
    "of another program": json.dumps({"cards": []}),
    "a list": "[1, 2]",
    "newer": json.dumps({**GOOD, "version": 2}),
    "cut off": json.dumps(GOOD)[:-20],
    "no text": "\x00\x01",
    "no reviews": json.dumps({**GOOD, "reviews": None}),
    "a million": json.dumps({**GOOD, "reviews": [["gil", moment(MORNING), 3]] * 1_000_000}),
    "a bad grade": json.dumps({**GOOD, "reviews": [*GOOD["reviews"], ["gil", moment(MORNING), 5]]}),  # type: ignore[misc]
    "a bad slug": json.dumps({**GOOD, "reviews": [["<b>", moment(MORNING), 3]]}),
    "the future": json.dumps({**GOOD, "reviews": [["gil", moment(MORNING + 9999 * DAY), 3]]}),
}


def test_a_file_that_is_no_progress_is_refused_in_one_line(page: Page, tmp_path: Path) -> None:
    Clock(page)
    page.goto("/progress/")
    page.evaluate(ADD, [["gil", moment(MORNING), 2]])
    said = set()
    for name, content in BAD_FILES.items():
        file = tmp_path / f"{name}.json"
        file.write_text(content)
        page.evaluate("document.querySelector('[data-part=status]').textContent = ''")
        page.locator("input[type=file]").set_input_files(file)
        expect(page.locator("[data-part=status]")).to_contain_text("Nothing was imported.")
        said.add(page.locator("[data-part=status]").inner_text())
    assert len(said) >= 6
    assert all("\n" not in line for line in said)
    assert reviews(page) == [["gil", moment(MORNING), 2]]


@pytest.mark.accepts_error("404 (Not Found)")  # that is how the page hears of it
def test_a_renamed_question_keeps_its_progress_and_one_that_is_gone_its_reviews(page: Page) -> None:
    clock = Clock(page)
    page.goto("/progress/")
    page.evaluate(ADD, [["nowhere", moment(MORNING - DAY), 4], ["gil", moment(MORNING), 4]])
    Question.objects.filter(slug="gil").update(slug="global-lock")
    clock.go_to(MORNING + 60 * DAY)
    page.goto("/practice/?n=1")
    # The next that is due takes the place of the one that is gone.
    title_when_there(page)
    assert counts(page) == "1 due 0 learning 0 new"
    answer(page, clock, "3")
    assert [slug for slug, _, _ in reviews(page)] == ["nowhere", "gil", "global-lock"]
    page.goto("/progress/")
    expect(row(page, "All").nth(3)).to_have_text("29")
    assert list(page.evaluate("JSON.parse(localStorage.getItem('practised'))")) == ["global-lock"]


def test_two_tabs_agree(page: Page) -> None:
    other = page.context.new_page()
    clocks = Clock(page), Clock(other)
    for tab in (page, other):
        tab.goto("/progress/")
    page.evaluate(
        ADD, [["gil", moment(MORNING - 40 * DAY), 3], ["middleware", moment(MORNING - 39 * DAY), 3]]
    )
    for tab in (page, other):
        tab.goto("/practice/?n=2")
        title_when_there(tab)
    shown = title(other)
    assert title(page) == shown
    answer(page, clocks[0], "4")
    expect(other.get_by_text("practised in another tab")).to_be_visible()
    expect(other.locator(TITLE)).not_to_have_text(shown)
    assert other.locator(PLACE).inner_text() == "2 of 2"
    answer(other, clocks[1], "4")
    expect(page.get_by_role("heading", name="2 questions practised")).to_be_visible()
    assert len(reviews(page)) == 4


BLOCKED = "indexedDB.open = () => { throw new DOMException('no', 'SecurityError'); };"
FULL = (
    "IDBObjectStore.prototype.put = () => { throw new DOMException('no', 'QuotaExceededError'); };"
)


@pytest.mark.parametrize(
    ("script", "sentence"), [(BLOCKED, "keeps nothing for the site"), (FULL, "has no room left")]
)
def test_where_nothing_can_be_kept_practice_goes_on(page: Page, script: str, sentence: str) -> None:
    clock = Clock(page)
    page.add_init_script(script)
    page.goto("/practice/?n=2")
    title_when_there(page)
    answer(page, clock, "4")
    expect(page.locator(".trouble")).to_contain_text(sentence)
    answer(page, clock, "4")
    expect(page.get_by_role("heading", name="2 questions practised")).to_be_visible()


def test_practise_what_an_interview_showed_to_be_missing(page: Page) -> None:
    page.goto("/practice/?mode=interview&n=3&seed=5")
    asked = []
    for number, words in enumerate(("Some words.", "", ""), start=1):
        expect(page.get_by_text(f"Question {number} of 3")).to_be_visible()
        asked.append(page.locator("[data-room=interview] h1").first.inner_text())
        expect(page.locator("[data-room=interview] .short-answer:visible")).to_have_count(0)
        if number == 1:
            page.get_by_label("What you say").fill(words)
            page.reload()  # what one wrote stays
            expect(page.get_by_label("What you say")).to_have_value(words)
            page.keyboard.press("Tab")
            page.get_by_label("What you say").press("Control+Enter")
        elif number == 2:
            page.get_by_label("I say it aloud").check()
            page.get_by_role("button", name="Next question").click()
        else:
            assert page.locator(".plan li").all_inner_texts()[2].startswith("3")
            page.get_by_role("button", name="Pass").click()
    expect(page.get_by_role("heading", name="Mock interview")).to_be_focused()
    expect(page.get_by_text("Some words.")).to_be_visible()
    page.locator(".pair-row:visible").get_by_label("Said it").check(force=True)
    expect(page.get_by_text("You said 1, partly 0, and missed 0.")).to_be_visible()
    for verdict in ("Partly", "Missed"):
        page.get_by_role("button", name=asked[1 if verdict == "Partly" else 2]).click()
        page.locator(".pair-row:visible").get_by_label(verdict).check(force=True)
    page.emulate_media(media="print")
    expect(page.get_by_text("Some words.")).to_be_visible()
    expect(page.locator("[data-part=summary] .short-answer:visible")).to_have_count(3)
    page.emulate_media(media="screen")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save").click()
    assert "Some words." in Path(download.value.path()).read_text()
    page.get_by_role("link", name=re.compile("Practise the [12] I missed")).click()
    assert title_when_there(page) in asked
    # Whoever opens the address of the other has the same questions.
    page.goto("/practice/?mode=interviewer&n=3&seed=5")
    assert page.locator("article h2").all_inner_texts() == asked
    # A number that makes no sense is the same for both.
    page.goto("/practice/?mode=interview&n=-5&seed=5")
    expect(page.get_by_text("Question 1 of 8")).to_be_visible()
    page.get_by_role("button", name="End the interview").click()
    expect(page.get_by_text("1 of 8 questions")).to_be_visible()
    page.locator(".sum [data-cell=title]").last.click()
    expect(page.locator(".pair-row:visible")).to_contain_text("It was not asked.")


def test_the_heads_of_the_progress_table_stand_apart_on_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/progress/")
    expect(page.locator(".by-category thead svg").first).to_be_visible()
    gaps = page.locator(".by-category thead th").evaluate_all(
        """(heads) => {
            const texts = heads.map((head) => {
                const range = new Range();
                range.selectNodeContents(head);
                return range.getBoundingClientRect();
            });
            return texts.slice(1).map(({ left }, index) => left - texts[index].right);
        }"""
    )
    assert min(gaps) >= 7


def test_without_javascript_each_page_of_practice_says_what_it_is_and_no_more(
    browser: Browser, base_url: str
) -> None:
    context = browser.new_context(base_url=base_url, java_script_enabled=False)
    page = context.new_page()
    for address, heading in (
        ("/practice/", "Practice"),
        ("/practice/?n=2", "Practice"),
        ("/practice/?n=2&seed=1", "Practice"),
        ("/practice/?n=2&mode=interview", "Mock interview"),
        ("/progress/", "Progress"),
    ):
        page.goto(address)
        assert page.locator("h1:visible").all_inner_texts() == [heading]
    # It knows nothing of anybody's progress.
    expect(page.get_by_role("table")).to_have_count(0)
    expect(page.locator("main")).not_to_contain_text("Forget", use_inner_text=True)
    context.close()


def first_of_two(page: Page) -> Held:
    """Begin an interview, and return what holds its second question back."""
    late = Held(page, "/questions/")
    page.goto("/practice/?mode=interview&n=2&seed=5")
    late.wait()
    late.let_go()
    expect(page.get_by_text("Question 1 of 2")).to_be_visible()
    late.wait()
    return late


def test_what_is_typed_while_the_next_question_is_on_its_way_is_said_to_that_one(
    page: Page,
) -> None:
    late = first_of_two(page)
    own = page.get_by_label("What you say")
    own.fill("One.")
    page.get_by_role("button", name="Next question").click()
    own.press_sequentially("Two.")
    late.let_go()
    expect(page.get_by_text("Question 2 of 2")).to_be_visible()
    expect(own).to_have_value("Two.")


def test_an_interview_that_is_ended_twice_while_a_question_is_on_its_way_ends_once(
    page: Page,
) -> None:
    late = first_of_two(page)
    for _ in range(2):
        page.get_by_role("button", name="End the interview").click()
    late.let_go()
    expect(page.get_by_role("heading", name="Mock interview")).to_be_visible()
    page.locator(".sum [data-cell=title]").last.click()
    expect(page.locator(".pair-row:visible")).to_contain_text("It was not asked.")


def test_without_javascript_an_answer_unfolds(browser: Browser, base_url: str) -> None:
    context = browser.new_context(base_url=base_url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/practice/?n=20&seed=4")
    expect(page.locator("article .short-answer")).to_be_hidden()
    page.locator("article summary").first.click()
    expect(page.locator("article .short-answer")).to_be_visible()
    expect(page.locator("[data-room=session]")).to_be_hidden()
    page.get_by_role("link", name="Another question").click()
    expect(page).to_have_url(re.compile("seed=5"))
    context.close()


def test_intervals_are_those_of_fsrs(new_context: Callable[..., BrowserContext]) -> None:
    """ts-fsrs, as we call it, against py-fsrs, over random histories."""
    page = new_context(timezone_id="UTC").new_page()
    page.goto("/progress/")
    chance = random.Random(17)  # noqa: S311
    oracle = fsrs.Scheduler(desired_retention=0.88, enable_fuzzing=False)
    histories = []
    for number in range(60):
        time = MORNING
        history: list[tuple[str, int, int]] = []
        for _ in range(chance.randint(1, 12)):
            history.append((f"q{number}", moment(time), chance.choice([1, 2, 3, 3, 3, 4])))
            # Minutes, or whole days: what is between them is where the two count days otherwise.
            short = chance.random() < 0.4
            time += (
                timedelta(minutes=chance.randint(1, 20)) if short else chance.randint(1, 60) * DAY
            )
        histories.append(history)
    found = page.evaluate(
        """async (histories) => {
            const { Scheduler } = await import("/static/js/practice/schedule.js");
            const scheduler = new Scheduler(0.88, { fuzz: false });
            return histories.map((history) => {
                const reviews = history.map(([slug, time, grade]) => ({ slug, time, grade }));
                const card = scheduler.card(history[0][0], reviews);
                return [card.state, card.stability, card.difficulty, card.due - card.last_review];
            });
        }""",
        histories,
    )
    same = 0
    for history, (state, stability, difficulty, wait) in zip(histories, found, strict=True):
        card = fsrs.Card()
        for _, milliseconds, grade in history:
            at = datetime.fromtimestamp(milliseconds / 1000, UTC)
            card, _ = oracle.review_card(card, fsrs.Rating(grade), at)
        assert card.last_review is not None
        assert state == card.state.value
        assert stability == pytest.approx(card.stability, abs=1e-4)
        assert difficulty == pytest.approx(card.difficulty, abs=1e-4)
        days = wait / 86_400_000 - (card.due - card.last_review) / DAY
        # ts-fsrs rounds steps to minutes, and keeps hard, good and easy at least a day apart.
        assert abs(days) <= 2
        same += abs(days) < 1 / 1000
    assert same >= 0.9 * len(histories)


def test_the_interval_on_a_button_is_the_one_that_it_gives(page: Page) -> None:
    """Chance is added too: seeded, so that the same log gives the same cards everywhere."""
    Clock(page)
    page.goto("/progress/")
    wrong = page.evaluate(
        """async (start) => {
            const { Scheduler, due } = await import("/static/js/practice/schedule.js");
            const [one, other] = [new Scheduler(0.9), new Scheduler(0.9)];
            const reviews = [];
            const wrong = [];
            let time = start;
            for (const grade of [3, 3, 3, 2, 4, 1, 3, 3, 3]) {
                const outcomes = one.outcomes("gil", reviews, time);
                reviews.push({ slug: "gil", time, grade });
                const given = due(other.card("gil", reviews), time);
                if (given !== outcomes[grade]) wrong.push([outcomes[grade], given]);
                time = given + 9 * 3_600_000;
            }
            return wrong;
        }""",
        moment(MORNING),
    )
    assert wrong == []


@pytest.mark.parametrize(("width", "theme"), [(390, "dark"), (1280, "light")])
def test_axe_finds_nothing_in_any_state(
    page: Page, width: int, theme: str, assert_accessible: Callable[[Page], None]
) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    clock = Clock(page)
    page.goto("/progress/")
    assert_accessible(page)
    page.evaluate(ADD, [["gil", moment(MORNING - day * DAY), 3] for day in (9, 5, 2)])
    page.goto("/practice/")
    expect(page.locator(".choose .counts")).not_to_be_empty()
    assert_accessible(page)
    page.goto("/practice/?n=2")
    title_when_there(page)
    assert_accessible(page)
    page.keyboard.press("Space")
    page.keyboard.press("Space")
    expect(page.locator("[data-room=session] .answer")).to_be_visible()
    assert_accessible(page)
    page.keyboard.press("4")
    answer(page, clock, "4")
    expect(page.get_by_role("heading", name="2 questions practised")).to_be_visible()
    assert_accessible(page)
    page.goto("/progress/")
    expect_reviews(page, "5 reviews")
    page.get_by_text("As a table").click()
    assert_accessible(page)
    page.get_by_role("button", name="Forget everything").click()
    expect(page.get_by_role("dialog", name="Forget everything?")).to_be_visible()
    assert_accessible(page)
    page.goto("/practice/?mode=interview&n=2&seed=1")
    expect(page.get_by_text("Question 1 of 2")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="End the interview").click()
    expect(page.get_by_role("heading", name="Mock interview")).to_be_visible()
    page.locator(".pair-row:visible").get_by_label("Partly").check(force=True)
    assert_accessible(page)
    page.goto("/practice/?mode=interviewer&n=3&seed=1")
    assert_accessible(page)
