"""What is due in the bank: answers to verify again, samples to check, links to add."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from questions import rules, samples
from questions.models import Question
from questions.support import LAST_DAY

DAYS = 365  # that an answer counts as verified


def due(question: Question, today: date, days: int) -> Iterator[str]:
    """Yield what has to be done about a question that is to be verified every `days` days."""
    yield from due_for_review(question, today, days)
    if not samples.find(question.answer):
        yield "has no runnable sample"
    elif not question.is_checked:
        yield "has samples that were not checked as they are now: run check_samples"
    if not rules.reading(question):
        yield "has no further reading"


def due_for_review(question: Question, today: date, days: int = DAYS) -> Iterator[str]:
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
        yield f"names {product} {version}, whose support questions/support.py does not know"
    elif (last_day := series[name]) and last_day < today:
        yield f"names {product} {version}, out of support since {last_day}"
