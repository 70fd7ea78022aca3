"""Versions of products as a text names them."""

import pytest

from questions.products import listed, versions_in


@pytest.mark.parametrize(
    ("text", "versions"),
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
    text: str, versions: list[tuple[str, str]]
) -> None:
    assert versions_in(text) == versions
    assert listed(versions) == text


def test_versions_are_listed_once_and_by_number() -> None:
    versions = [("PyPy", "3.11.1"), ("CPython", "3.14.10"), ("CPython", "3.14.9")]
    assert listed([*versions, *versions]) == "CPython 3.14.9, 3.14.10, PyPy 3.11.1"
