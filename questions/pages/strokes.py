"""The way through the bank as a line of strokes: one for each category, as long as it is."""

from collections.abc import Iterable
from typing import NamedTuple

from questions.models import Category

WIDTH = 1000  # of the whole line
GAP = 4  # between two strokes


class Stroke(NamedTuple):
    x: float
    width: float
    done: float  # how much of the width is at or before the question that is read


def strokes(categories: Iterable[Category], number: int) -> list[Stroke]:
    """Return the strokes of all categories, counted(), at the question with that number."""
    shown = [category for category in categories if category.question_count]
    total = sum(category.question_count for category in shown)
    gap = min(GAP, WIDTH / 4 / len(shown)) if shown else 0
    unit = (WIDTH - gap * (len(shown) - 1)) / total if total else 0
    line = []
    for place, category in enumerate(shown):
        x = category.questions_before * unit + place * gap
        done = min(max(number - category.questions_before, 0), category.question_count)
        sizes = (x, category.question_count * unit, done * unit)
        line.append(Stroke(*(round(size, 1) for size in sizes)))
    return line
