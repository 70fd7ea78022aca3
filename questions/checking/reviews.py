"""
Which answers somebody should verify again.

Apart from `auditing`, since the admin reads it: the site never loads what runs samples.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from questions.checking.end_of_life import LAST_DAY
from questions.models import Question

DAYS = 365  # that an answer counts as verified


def due(question: Question, today: date, days: int = DAYS) -> Iterator[str]:
    """Yield why somebody should verify the answer again; doesn't read it."""
    if question.verified_on is None:
        yield "was never verified"
    elif question.verified_on < today - timedelta(days=days):
        age = (today - question.verified_on).days
        yield f"was verified {age} days ago, on {question.verified_on}"
    for product, version in versions(f"{question.verified_with}, {question.checked_with}"):
        yield from out_of_support(product, version, today)


def versions(text: str) -> list[tuple[str, str]]:
    """Return product and version for each that a text such as “CPython 3.13.0” names."""
    return list(dict.fromkeys(re.findall(r"([A-Za-z][\w.+-]*) (\d+(?:\.\d+)*)", text)))


def out_of_support(product: str, version: str, today: date) -> Iterator[str]:
    """Yield a line if a version of a product in the table is past its last day, or not in it."""
    series = LAST_DAY.get(product)
    if series is None:
        return
    name = next((name for name in series if f"{version}.".startswith(f"{name}.")), None)
    if name is None:
        yield f"names {product} {version}, whose support end_of_life.py does not know"
    elif (last_day := series[name]) and last_day < today:
        yield f"names {product} {version}, out of support since {last_day}"
