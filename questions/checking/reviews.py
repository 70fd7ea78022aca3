"""
Answers that an editor should verify again.

Separate from the command `audit_bank`, because the admin imports this module and the site must
never load the code that runs samples.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from questions.checking.end_of_life import LAST_DAY
from questions.models import Question

VALID_DAYS = 365  # how long an answer counts as verified


def reasons_to_verify(question: Question, today: date, days: int = VALID_DAYS) -> Iterator[str]:
    """
    Yield the reasons why somebody should verify an answer again.

    Reads `verified_on`, `verified_with` and `checked_with` only: other fields may be deferred.
    """
    if question.verified_on is None:
        yield "was never verified"
    elif question.verified_on < today - timedelta(days=days):
        age = (today - question.verified_on).days
        yield f"was verified {age} days ago, on {question.verified_on}"
    for product, version in product_versions(f"{question.verified_with}, {question.checked_with}"):
        yield from out_of_support(product, version, today)


def product_versions(text: str) -> list[tuple[str, str]]:
    """Return the pairs of product and version in a text such as “CPython 3.13.0, Django 6.1”."""
    return list(dict.fromkeys(re.findall(r"([A-Za-z][\w.+-]*) (\d+(?:\.\d+)*)", text)))


def out_of_support(product: str, version: str, today: date) -> Iterator[str]:
    """Yield a line where a version of a known product is out of support, or not in the table."""
    series = LAST_DAY.get(product)
    if series is None:
        return
    name = next((name for name in series if f"{version}.".startswith(f"{name}.")), None)
    if name is None:
        yield f"names {product} {version}, whose support end_of_life.py does not know"
    elif (last_day := series[name]) and last_day < today:
        yield f"names {product} {version}, out of support since {last_day}"
