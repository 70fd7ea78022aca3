"""Versions of products as a text names them."""

import pytest

from questions.products import listed, releases_in


@pytest.mark.parametrize(
    ("text", "releases"),
    [
        ("", []),
        ("CPython 3.13.0", [("CPython", "3.13.0")]),
        ("CPython 3.13.0, 3.14.8", [("CPython", "3.13.0"), ("CPython", "3.14.8")]),
        ("CPython 3.13.0, Django 6.1", [("CPython", "3.13.0"), ("Django", "6.1")]),
        (
            "CPython 3.13.0, 3.14.8, PyPy 3.11",
            [("CPython", "3.13.0"), ("CPython", "3.14.8"), ("PyPy", "3.11")],
        ),
    ],
)
def test_a_number_without_a_name_is_of_the_product_before_it(
    text: str, releases: list[tuple[str, str]]
) -> None:
    assert releases_in(text) == releases
    assert listed(releases) == text


def test_releases_are_listed_once_and_by_number() -> None:
    releases = [("PyPy", "3.11.1"), ("CPython", "3.14.10"), ("CPython", "3.14.9")]
    assert listed([*releases, *releases]) == "CPython 3.14.9, 3.14.10, PyPy 3.11.1"
