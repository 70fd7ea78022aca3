"""Fixture files as they are written: readable, stable to the byte, and changed in place."""

import re
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from questions.refreshing import files, reading, writing
from tests.bank import SHIPPED, read_entries

RECORD = {"checked_with": "CPython 3.13.0", "checked_on": date(2026, 1, 2), "checked_hash": "ab12"}
SMALL = """\
# A comment before everything.
- model: questions.category
  fields: {slug: one, name: One, position: 1}

- model: questions.question   # beside
  fields:
    category:   [one]
    # about the slug
    slug: 'first'
    title: "What comes first?"
    verified_on: 2026-01-01

    answer: >-
      Folded
      text.
    short_answer: |
      Short.


# Between entries.
- model: questions.question
  fields:
    category: [one]
    slug: second
    answer: |
      The last.
"""


def test_writing_what_was_read_gives_the_shipped_file_to_the_byte() -> None:
    assert writing.dump(read_entries(SHIPPED)) == SHIPPED.read_text()


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60)
PROSE = st.text(st.sampled_from("ab \n\t:#-|>'\"`é🐍"), max_size=60)


@given(st.lists(TEXT | PROSE, min_size=3, max_size=3))
def test_any_text_survives(texts: list[str]) -> None:
    names = ["short_answer", "answer", "further_reading"]
    entry = {
        "model": "questions.question",
        "fields": {"slug": "a", **dict(zip(names, texts, strict=True))},
    }
    assert files.parse(writing.dump([entry, entry])) == [entry, entry]


def test_fields_are_added_changed_and_removed_in_place() -> None:
    changed = writing.with_fields(
        SMALL,
        {
            "first": {**RECORD, "short_answer": "New.\n\nLonger.\n", "verified_on": None},
            "second": {"answer": "Other.\n"},
            "one": {"name": "No category is changed"},
        },
    )
    assert changed == SMALL.replace(
        "    verified_on: 2026-01-01\n",
        "    checked_with: CPython 3.13.0\n    checked_on: 2026-01-02\n    checked_hash: ab12\n",
    ).replace("      Short.\n", "      New.\n\n      Longer.\n").replace("The last.", "Other.")


def test_no_change_changes_nothing() -> None:
    assert writing.with_fields(SMALL, {}) == SMALL
    assert writing.with_fields(SMALL, {"first": {"checked_on": None}}) == SMALL


def test_putting_a_record_in_and_taking_it_out_leaves_the_shipped_file_as_it_was() -> None:
    text = re.sub(r"    checked_.*\n", "", SHIPPED.read_text())
    slugs = [files.key_of(entry)[1] for entry in files.parse(text)]
    recorded = writing.with_fields(text, dict.fromkeys(slugs, RECORD))
    assert recorded.count("checked_hash: ab12") == 30
    without: dict[str, Any] = dict.fromkeys(RECORD)
    assert writing.with_fields(recorded, dict.fromkeys(slugs, without)) == text


@pytest.mark.parametrize(
    "fields",
    ["{category: [c], slug: q, answer: x}", '{"category": ["c"], "slug": "q",\n  "answer": "x"}'],
)
def test_a_style_that_cannot_be_changed_in_place_is_refused(fields: str) -> None:
    with pytest.raises(reading.FixtureError, match="by hand"):
        writing.with_fields(f"- model: questions.question\n  fields: {fields}\n", {"q": RECORD})
