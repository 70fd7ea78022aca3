"""The index: how much of it is seen at once, what can be chosen, and what stays in sight."""

import pytest
from playwright.sync_api import Page, expect

from tests import build

DESKTOP, PHONE = (1280, 900), (390, 844)


def resize(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})


def rows_in_sight(page: Page) -> int:
    """Return how many rows are seen whole."""
    return int(
        page.evaluate(
            """() => [...document.querySelectorAll(".entry > summary")]
                .map((row) => row.getBoundingClientRect())
                .filter(({ top, bottom }) => top >= 0 && bottom <= innerHeight).length"""
        )
    )


def scroll(page: Page, height: int) -> None:
    """Turn the wheel under the pointer, and wait until the page has gone as far."""
    goal = page.evaluate("scrollY") + height
    page.mouse.wheel(0, height)
    expect(page.locator("html")).to_have_js_property("scrollTop", goal)


@pytest.mark.usefixtures("bank")
@pytest.mark.parametrize(("size", "least"), [(DESKTOP, 12), (PHONE, 6)], ids=["desktop", "phone"])
def test_a_screen_shows_many_titles(page: Page, size: tuple[int, int], least: int) -> None:
    resize(page, size)
    page.goto("/")
    assert rows_in_sight(page) >= least
    if size == DESKTOP:  # each on one line, as is what stands under the heading
        assert page.locator(".lead").evaluate("e => e.offsetHeight") < 36
        heights = page.eval_on_selector_all(".entry h3", "all => all.map((e) => e.offsetHeight)")
        assert max(heights) < 30


@pytest.mark.usefixtures("bank")
def test_the_typeface_comes_with_the_page_and_nothing_moves(page: Page) -> None:
    page.add_init_script(
        """globalThis.shift = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) globalThis.shift += entry.value;
        }).observe({ type: "layout-shift", buffered: true });"""
    )
    page.goto("/", wait_until="networkidle")
    assert page.evaluate("document.fonts.check('500 15px Inter')")
    assert page.evaluate("shift") < 0.01
    # Nor where a script fills a page in.
    resize(page, PHONE)
    for address in ("/progress/", "/practice/?mode=interview&n=4&seed=3"):
        page.goto(address, wait_until="networkidle")
        assert page.evaluate("shift") < 0.02, address


@pytest.mark.usefixtures("bank")
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_switch_shows_short_answers_and_nothing_else_of_them(
    page: Page, size: tuple[int, int]
) -> None:
    build.question(slug="asks", prompt="A scenario.\n", category=build.category())
    resize(page, size)
    page.goto("/")
    if size == PHONE:
        page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name="Short answers").click()
    expect(page).to_have_url("/?show=short")
    asks = page.locator("[data-slug=asks]")
    expect(page.locator(".short-answer:visible")).to_have_count(31)
    expect(asks.get_by_text("A scenario.")).to_be_hidden()
    expect(page.get_by_role("link", name="Full page")).to_have_count(0)
    asks.locator("summary").click()
    expect(asks.get_by_text("A scenario.")).to_be_visible()
    expect(asks.locator(".answer")).to_be_visible()


# Long answers


@pytest.mark.usefixtures("bank")
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_title_of_an_open_entry_stays_in_sight_and_closes_it(
    page: Page, size: tuple[int, int]
) -> None:
    resize(page, size)
    page.goto("/?open=gil")
    gil = page.locator("[data-slug=gil]")
    gil.get_by_role("heading", name="Pitfalls").scroll_into_view_if_needed()
    page.mouse.move(600, 600)
    scroll(page, 300)
    title = gil.locator("h3")
    expect(title).to_be_in_viewport(ratio=1)
    header = page.locator(".site-header").bounding_box()
    box = title.bounding_box()
    assert header
    assert box
    assert 0 <= box["y"] - header["height"] < 20
    title.click()
    expect(gil.locator(".answer")).to_be_hidden()
    expect(title).to_be_in_viewport(ratio=1)


@pytest.mark.usefixtures("bank")
def test_the_way_to_the_full_page_stands_beside_the_title_all_the_time(page: Page) -> None:
    resize(page, DESKTOP)
    page.goto("/?open=gil")
    link = page.locator("[data-slug=gil]").get_by_role("link", name="Full page")
    page.mouse.move(700, 600)
    for _ in range(3):
        apart = link.evaluate(
            """(link, selector) => {
                const [one, other] = [link, document.querySelector(selector)]
                    .map((element) => element.getBoundingClientRect());
                return one.top + one.height / 2 - other.top - other.height / 2;
            }""",
            "[data-slug=gil] h3",
        )
        assert abs(apart) < 4
        scroll(page, 500)
    link.click()
    expect(page).to_have_url("/questions/gil/")


@pytest.mark.usefixtures("bank")
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_an_answer_can_be_closed_at_its_end(page: Page, size: tuple[int, int]) -> None:
    resize(page, size)
    page.goto("/?open=gil")
    gil = page.locator("[data-slug=gil]")
    gil.get_by_role("button", name="Close").click()
    expect(gil.locator(".answer")).to_be_hidden()
    expect(gil.locator("summary").first).to_be_focused()
    expect(gil.locator("h3")).to_be_in_viewport(ratio=1)


@pytest.mark.usefixtures("bank")
def test_the_outline_stands_beside_the_answer_where_there_is_room(page: Page) -> None:
    outline = page.locator(".outline")
    for width, is_there in ((1199, False), (1200, True)):
        resize(page, (width, 900))
        page.goto("/questions/gil/")
        expect(outline).to_be_visible(visible=is_there)
    outline.get_by_role("link", name="Pitfalls").click()
    expect(page.locator("article").get_by_role("heading", name="Pitfalls")).to_be_in_viewport()
    expect(outline).to_be_in_viewport()


# Many categories


@pytest.fixture
def many_categories(db: None) -> None:
    for position in range(1, 41):
        category = build.category(slug=f"c{position}", position=position)
        for place in range(1, 5):
            build.question(category=category, position=place)


@pytest.mark.usefixtures("many_categories")
def test_the_rail_follows_and_the_levels_stay_in_reach(page: Page) -> None:
    resize(page, (1280, 700))
    page.goto("/")
    page.locator("[id='category:c33']").scroll_into_view_if_needed()
    page.evaluate("document.getElementById('category:c33').scrollIntoView()")
    current = page.locator(".jump [aria-current=location]")
    expect(current).to_have_attribute("href", "#category:c33")
    expect(current).to_be_in_viewport(ratio=1)
    expect(page.locator("[id='level:core']")).to_be_in_viewport(ratio=1)
    for slug in ("c40", "c39"):  # the page ends before they are at its top
        page.locator(f".jump a[href='#category:{slug}']").click()
        expect(current).to_have_attribute("href", f"#category:{slug}")
    page.evaluate("scrollBy(0, -1000)")
    expect(current).not_to_have_attribute("href", "#category:c39")


@pytest.mark.usefixtures("many_categories")
def test_a_phone_has_a_list_to_jump_by(page: Page) -> None:
    resize(page, PHONE)
    page.goto("/")
    expect(page.locator(".jump")).to_be_hidden()
    page.get_by_role("button", name="Jump").click()
    jump = page.locator(".jump")
    expect(jump).to_be_visible()
    assert jump.evaluate("e => e.scrollWidth <= e.clientWidth")
    jump.locator("a[href='#category:c30']").click()
    expect(jump).to_be_hidden()
    expect(page.locator("[id='category:c30'] h2")).to_be_in_viewport()
    page.get_by_role("button", name="Jump").click()
    jump.locator("a[href='/?category=c7']").click()
    expect(page).to_have_url("/?category=c7")
    expect(page.locator(".entry")).to_have_count(4)
    expect(page.get_by_role("button", name="Category Category")).to_be_visible()
    page.goto("/categories/c33/")
    page.get_by_role("button", name="Categories").click()
    expect(jump.locator("[aria-current=true]")).to_be_in_viewport(ratio=1)


# Small things


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_numbers_stay_on_one_line_and_inside_the_page(page: Page, size: tuple[int, int]) -> None:
    category = build.category(emoji="")
    steps = "98. a\n99. b\n100. c\n101. d\n"
    build.question(
        slug="last",
        category=category,
        short_answer="18. Turn the water off.\n19. Open the tap.\n",
        answer=f"{steps}\n> One.\n>\n> Two.\n",
    )
    resize(page, size)
    page.goto("/?open=last")
    page.evaluate("document.querySelector('.number').textContent = '1234'")
    number = page.locator(".number").first.bounding_box()
    title = page.locator(".entry h3").bounding_box()
    assert number
    assert title
    assert number["height"] < 30
    assert number["x"] + number["width"] <= title["x"]
    # The marker of "101." in the text's own size fits between the list's edge and its text.
    room = page.evaluate(
        """() => [...document.querySelectorAll(".short-answer ol, .answer ol")].map((list) => {
            const digits = String(list.start + list.children.length - 1).length;
            const context = document.createElement("canvas").getContext("2d");
            context.font = getComputedStyle(list).font;
            const needed = context.measureText("0".repeat(digits) + ". ").width;
            return parseFloat(getComputedStyle(list).paddingInlineStart) - needed;
        })"""
    )
    assert min(room) >= 0
    heading = page.locator(".category-head h2").bounding_box()
    head = page.locator(".category-head").bounding_box()
    assert heading
    assert head
    assert heading["x"] == head["x"]  # no gap where the emoji would be
    first, second = page.locator("blockquote p").all()
    above, below = first.bounding_box(), second.bounding_box()
    assert above
    assert below
    assert below["y"] - (above["y"] + above["height"]) >= 8


@pytest.mark.usefixtures("bank")
def test_the_help_of_a_page_lists_the_keys_that_do_something_there(page: Page) -> None:
    keys = {
        "/": ["/", "Ctrl K", "j", "↓", "k", "↑", "o", "Enter", "e", "?"],
        "/questions/gil/": ["/", "Ctrl K", "j", "k", "?"],
    }
    for address, expected in keys.items():
        page.goto(address)
        page.get_by_role("button", name="Keyboard shortcuts").click()
        help_dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
        expect(help_dialog).to_be_visible()
        assert help_dialog.locator("kbd").all_inner_texts() == expected


@pytest.mark.usefixtures("bank")
def test_a_second_escape_leaves_the_search_box(page: Page) -> None:
    page.goto("/?q=lock")
    box = page.locator("#q")
    box.focus()
    page.keyboard.press("Escape")
    expect(box).to_have_value("")
    expect(box).to_be_focused()
    page.keyboard.press("Escape")
    expect(box).not_to_be_focused()
