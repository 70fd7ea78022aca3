"""What stands beside and above a list: categories and levels with counts, tokens, the switch."""

import pytest
from django.test import Client

from questions.models import Category, Question
from tests import build
from tests.html import one, page, select, text
from tests.pages.lists import links, open_slugs, slugs

pytestmark = pytest.mark.django_db


def offered(client: Client, address: str, box: str = ".filters") -> dict[str, int]:
    """Return the names of what can be chosen, with the numbers of questions."""
    options = select(page(client, address), f"{box} .option")
    return {text(option[0]): int(text(one(option, ".count")).split()[0]) for option in options}


@pytest.fixture
def three_categories() -> None:
    """Two questions with "needle" in one category, one in another, none in the third."""
    names = ("Here", "There", "Nowhere")
    here, there, nowhere = (
        build.category(slug=name.lower(), name=name, position=place)
        for place, name in enumerate(names, start=1)
    )
    build.question(slug="a", category=here, level="core", title="Is a needle here?")
    build.question(slug="b", category=here, level="expert", title="Is a needle here too?")
    build.question(slug="c", category=there, level="expert", title="Is a needle there?")
    build.question(slug="d", category=there, level="core")
    build.question(slug="e", category=nowhere, level="core")


@pytest.mark.usefixtures("three_categories")
def test_a_number_has_a_plus_where_a_search_stopped_before_it_had_found_everything(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("questions.search.ENOUGH", 3)
    counts = [text(count) for count in select(page(client, "/?q=needle"), ".filters .count")]
    assert counts == [
        *("3+ questions", "2+ questions", "1+ question", "0+ questions"),
        *("3+ questions", "1+ question", "0+ questions", "2+ questions"),
    ]


@pytest.mark.usefixtures("three_categories")
def test_every_category_and_level_says_how_many_questions_a_choice_would_leave(
    client: Client,
) -> None:
    everywhere = {"All": 3, "Here": 2, "There": 1, "Nowhere": 0}
    assert offered(client, "/?q=needle") == {
        **everywhere,
        "All levels": 3,
        "Core": 1,
        "Advanced": 0,
        "Expert": 2,
    }
    # A level's number follows the category, a category's the level, and none its own.
    assert offered(client, "/?q=needle&category=here") == {
        **everywhere,
        "All levels": 2,
        "Core": 1,
        "Advanced": 0,
        "Expert": 1,
    }
    assert offered(client, "/?q=needle&level=core") == {
        "All": 1,
        "Here": 1,
        "There": 0,
        "Nowhere": 0,
        "All levels": 3,
        "Core": 1,
        "Advanced": 0,
        "Expert": 2,
    }


@pytest.mark.usefixtures("three_categories")
@pytest.mark.parametrize(
    "address", ["/", "/?q=needle", "/?q=needle&level=core", "/?category=there", "/?level=expert"]
)
def test_each_number_is_that_of_the_list_that_its_link_leads_to(
    client: Client, address: str
) -> None:
    shown = page(client, address)
    numbers = {}
    for link in [*select(shown, ".filters a.option"), *select(shown, ".jump .only")]:
        numbers[str(link.get("href"))] = int(text(one(link, ".count")).split()[0])
    assert len(numbers) >= 3
    for leads_to, number in numbers.items():
        assert len(slugs(page(client, leads_to))) == number


@pytest.mark.usefixtures("three_categories")
def test_nought_stays_in_sight_and_is_no_link(client: Client) -> None:
    shown = page(client, "/?q=needle")
    noughts = [text(nought[0]) for nought in select(shown, ".filters .nought")]
    assert noughts == ["Nowhere", "Advanced"]
    assert not select(shown, ".nought a")
    assert [text(nought) for nought in select(page(client, "/?level=expert"), ".jump .nought")] == [
        "Nowhere0 questions"
    ]


@pytest.mark.usefixtures("three_categories")
def test_what_is_chosen_can_be_seen_and_stays_a_link_without_a_hit(client: Client) -> None:
    shown = page(client, "/?q=nothing&category=nowhere&level=expert")
    assert [text(link[0]) for link in select(shown, ".option[aria-current]")] == [
        "Nowhere",
        "Expert",
    ]


@pytest.mark.usefixtures("three_categories")
def test_there_is_one_category_list_never_two(client: Client) -> None:
    whole = page(client, "/")
    assert links(whole, ".jump a") == [
        *("#category:here", "/?category=here"),
        *("#category:there", "/?category=there"),
        *("#category:nowhere", "/?category=nowhere"),
    ]
    assert [text(title) for title in select(whole, ".filters h2")] == ["Level"]
    for address in ("/?q=needle", "/?category=here", "/categories/here/?q=needle"):
        narrowed = page(client, address)
        assert not select(narrowed, ".jump")
        assert [text(title) for title in select(narrowed, ".filters h2")] == ["Category", "Level"]
    assert links(page(client, "/categories/here/?level=core"), ".jump a") == [
        "/?level=core",
        "/categories/here/?level=core",
        "/categories/there/?level=core",
        "/categories/nowhere/?level=core",
    ]


def test_with_many_categories_the_levels_come_first(client: Client) -> None:
    for place in range(1, 14):
        build.question(category=build.category(position=place))
    sidebar = one(page(client, "/"), "aside")
    assert [child.get("class") for child in sidebar] == ["filters", "jump"]
    Question.objects.filter(category=Category.objects.last()).delete()
    sidebar = one(page(client, "/"), "aside")
    assert [child.get("class") for child in sidebar] == ["jump", "filters"]


# Tokens


@pytest.mark.usefixtures("three_categories")
def test_each_filter_can_be_taken_away_where_the_result_is_said(client: Client) -> None:
    shown = page(client, "/?q=needle&category=here&level=core&open=a")
    assert [text(token) for token in select(shown, ".token")] == [
        "Remove needle",
        "Remove Core",
        "Remove Here",
    ]
    assert links(shown, ".token") == [
        "/?category=here&level=core&open=a",
        "/?q=needle&category=here&open=a",
        "/?q=needle&level=core&open=a",
    ]
    assert links(shown, ".clear") == ["/?open=a"]
    assert not select(page(client, "/"), ".token")
    assert not select(page(client, "/categories/here/"), ".token")
    assert links(page(client, "/categories/here/?level=core"), ".token") == ["/categories/here/"]


# The switch


@pytest.mark.usefixtures("three_categories")
def test_the_switch_is_kept_in_the_address(client: Client) -> None:
    for address, chosen in {
        "/": "Titles",
        "/?show=short": "Short answers",
        "/?open=all": "Everything",
        "/?show=short&open=all": "Everything",
        "/?show=nonsense": "Titles",
        "/?open=a": "Titles",
    }.items():
        shown = page(client, address)
        assert text(one(shown, ".segments [aria-current]")) == chosen, address
        assert links(shown, ".segments a") == ["/", "/?show=short", "/?open=all"]
    assert open_slugs(page(client, "/?show=short&open=all")) == ["a", "b", "c", "d", "e"]


@pytest.mark.usefixtures("three_categories")
def test_the_switch_keeps_the_filters_and_they_keep_the_switch(client: Client) -> None:
    shown = page(client, "/?q=needle&level=expert&show=short&open=b")
    assert links(shown, ".segments a") == [
        "/?q=needle&level=expert",
        "/?q=needle&level=expert&show=short",
        "/?q=needle&level=expert&open=all",
    ]
    assert "/?q=needle&level=core&show=short&open=b" in links(shown, ".filters a.option")
    assert one(shown, "[type=hidden][name=show]").get("value") == "short"
    assert "short-answers" in str(one(shown, ".results").get("class"))


def test_a_long_list_goes_on_in_longer_and_longer_steps(client: Client) -> None:
    category = build.category()
    for position in range(1, 131):
        build.question(category=category, position=position)
    steps, address = [], category.get_absolute_url()
    while address:
        shown = page(client, address)
        steps.append(len(slugs(shown)))
        address = next(iter(links(shown, ".show-more")), "")
    assert steps == [20, 20, 40, 50]
