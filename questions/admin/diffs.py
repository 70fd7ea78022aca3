"""Compares two texts line by line, and changed lines word by word."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import Match, SequenceMatcher

CONTEXT = 2  # unchanged lines around a change
# Below this ratio of common words, marking single words would not help: all of it is marked.
LEAST_RATIO = 0.5


@dataclass(frozen=True)
class Line:
    # "same", "removed", "added", "gap" for omitted unchanged lines, "rest" for what is not shown
    kind: str
    parts: list[tuple[str, bool]]  # pieces of text, and whether they changed


@dataclass
class Budget:
    """What the comparisons of one page may cost together, whatever the texts are."""

    steps: int = 4_000_000  # pairs of equal words or lines that are looked at: half a second
    parts: int = 5_000  # pieces of text that are shown: a quarter of a second in the template


class Matcher(SequenceMatcher[str]):
    """Counts as changed what there are no steps left to compare."""

    # The base class has them, though its stub does not.
    a: list[str]
    b2j: dict[str, list[int]]  # where each word or line occurs in the new text

    def __init__(self, old: list[str], new: list[str], budget: Budget, *, autojunk: bool) -> None:
        super().__init__(None, old, new, autojunk)
        self.budget = budget

    def find_longest_match(
        self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None
    ) -> Match:
        # The base class calls this for ever smaller parts, up to once for each word.
        steps = sum(1 + len(self.b2j.get(word, ())) for word in self.a[alo:ahi])
        if steps > self.budget.steps:
            return Match(alo, blo, 0)
        self.budget.steps -= steps
        return super().find_longest_match(alo, ahi, blo, bhi)


def compare(before: str, after: str, budget: Budget) -> Iterator[Line]:
    """
    Yield the lines in which two texts differ, with a few unchanged lines around them.

    The comparison takes its cost from the `budget`. If that has no steps left, whole lines are
    marked; if it has no parts left, one line of the kind "rest" stands for the others.
    """
    for line in changed_lines(before, after, budget):
        budget.parts -= max(1, len(line.parts))
        if budget.parts < 0:
            yield Line("rest", [])
            return
        yield line


def changed_lines(before: str, after: str, budget: Budget) -> Iterator[Line]:
    old, new = before.splitlines(), after.splitlines()
    matcher = Matcher(old, new, budget, autojunk=True)
    for number, group in enumerate(matcher.get_grouped_opcodes(CONTEXT)):
        if number or group[0][1]:
            yield Line("gap", [])
        for tag, old_start, old_end, new_start, new_end in group:
            if tag == "equal":
                for text in old[old_start:old_end]:
                    yield Line("same", [(text, False)])
            else:
                removed, added = compare_words(
                    "\n".join(old[old_start:old_end]), "\n".join(new[new_start:new_end]), budget
                )
                if old_end > old_start:
                    yield from lines("removed", removed)
                if new_end > new_start:
                    yield from lines("added", added)


def compare_words(
    before: str, after: str, budget: Budget
) -> tuple[list[tuple[str, bool]], list[tuple[str, bool]]]:
    """Return the parts of both texts, each with whether it is missing in the other text."""
    old, new = (re.findall(r"\w+|\s+|.", text) for text in (before, after))
    matcher = Matcher(old, new, budget, autojunk=False)
    if not (old and new) or matcher.ratio() < LEAST_RATIO:
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
