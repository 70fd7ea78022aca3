"""Compares two texts line by line, and changed lines word by word."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

CONTEXT = 2  # unchanged lines around a change
# The time of a comparison grows with the square of these; beyond them all counts as changed.
MOST_LINES = 4_000
MOST_WORDS = 2_000  # in one run of changed lines
# Below this ratio of common words, marking single words would not help: all of it is marked.
LEAST_RATIO = 0.5


@dataclass(frozen=True)
class Line:
    kind: str  # "same", "removed", "added", or "gap" for omitted unchanged lines
    parts: list[tuple[str, bool]]  # pieces of text, and whether they changed


def compare(before: str, after: str) -> Iterator[Line]:
    """Yield the lines in which two texts differ, with a few unchanged lines around them."""
    old, new = before.splitlines(), after.splitlines()
    if len(old) + len(new) > MOST_LINES:
        yield from lines("removed", [(before, False)])
        yield from lines("added", [(after, False)])
        return
    for number, group in enumerate(SequenceMatcher(None, old, new).get_grouped_opcodes(CONTEXT)):
        if number or group[0][1]:
            yield Line("gap", [])
        for tag, old_start, old_end, new_start, new_end in group:
            if tag == "equal":
                for text in old[old_start:old_end]:
                    yield Line("same", [(text, False)])
            else:
                removed, added = compare_words(
                    "\n".join(old[old_start:old_end]), "\n".join(new[new_start:new_end])
                )
                if old_end > old_start:
                    yield from lines("removed", removed)
                if new_end > new_start:
                    yield from lines("added", added)


def compare_words(before: str, after: str) -> tuple[list[tuple[str, bool]], list[tuple[str, bool]]]:
    """Return the parts of both texts, each with whether it is missing in the other text."""
    old, new = (re.findall(r"\w+|\s+|.", text) for text in (before, after))
    if not (old and new) or len(old) + len(new) > MOST_WORDS:
        return [(before, False)], [(after, False)]
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < LEAST_RATIO:
        return [(before, False)], [(after, False)]
    removed, added = [], []
    for tag, a, b, c, d in matcher.get_opcodes():
        if b > a:
            removed.append(("".join(old[a:b]), tag != "equal"))
        if d > c:
            added.append(("".join(new[c:d]), tag != "equal"))
    return removed, added


def lines(kind: str, parts: list[tuple[str, bool]]) -> Iterator[Line]:
    """Split parts at line ends, and yield the lines."""
    line: list[tuple[str, bool]] = []
    for text, is_changed in parts:
        first, *rest = text.split("\n")
        line.append((first, is_changed))
        for following in rest:
            yield Line(kind, line)
            line = [(following, is_changed)]
    yield Line(kind, line)
