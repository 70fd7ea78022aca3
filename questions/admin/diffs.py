"""Two texts compared, line by line, and inside changed lines word by word."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

CONTEXT = 2  # unchanged lines around a change
# Comparing takes time by the square of these; beyond, everything counts as changed.
MOST_LINES = 4_000
MOST_WORDS = 2_000  # in one run of changed lines
# Below this share of common words a text was written anew: marking each word would only confuse.
MOSTLY_KEPT = 0.5


@dataclass(frozen=True)
class Line:
    kind: str  # "same", "removed", "added", or "gap" for unchanged lines left out
    parts: list[tuple[str, bool]]  # text, and whether it is what changed in the line


def compare(before: str, after: str) -> Iterator[Line]:
    """Yield the lines in which two texts differ, each run with a little of what is around it."""
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
    """Return both texts in parts, each with whether the other text lacks it."""
    old, new = (re.findall(r"\w+|\s+|.", text) for text in (before, after))
    if not (old and new) or len(old) + len(new) > MOST_WORDS:
        return [(before, False)], [(after, False)]
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < MOSTLY_KEPT:
        return [(before, False)], [(after, False)]
    removed, added = [], []
    for tag, a, b, c, d in matcher.get_opcodes():
        if b > a:
            removed.append(("".join(old[a:b]), tag != "equal"))
        if d > c:
            added.append(("".join(new[c:d]), tag != "equal"))
    return removed, added


def lines(kind: str, parts: list[tuple[str, bool]]) -> Iterator[Line]:
    """Yield lines of parts: a part that spans lines is divided at their ends."""
    line: list[tuple[str, bool]] = []
    for text, is_changed in parts:
        first, *rest = text.split("\n")
        line.append((first, is_changed))
        for following in rest:
            yield Line(kind, line)
            line = [(following, is_changed)]
    yield Line(kind, line)
