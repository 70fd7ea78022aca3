"""
Answers that an editor should verify again.

Separate from the command `audit_bank`, because the admin imports this module and the site must
never load the code that runs samples.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from django.db.models import Q

from questions.amounts import amount
from questions.checking.end_of_life import LAST_DAY
from questions.models import Question
from questions.products import releases_in

VALID_DAYS = 365  # how long an answer counts as verified


def reasons_to_verify(question: Question, today: date, days: int = VALID_DAYS) -> Iterator[str]:
    """
    Yield the reasons why somebody should verify an answer again; `due` asks the database for them.
    """
    if question.verified_on is None:
        yield "was never verified"
    elif question.verified_on < today - timedelta(days=days):
        age = (today - question.verified_on).days
        yield f"was verified {amount(age, 'day')} ago, on {question.verified_on}"
    texts = (question.verified_with, question.checked_with)
    yield from dict.fromkeys(line for text in texts for line in of_releases(text, today))


def due(today: date, days: int = VALID_DAYS) -> Q:
    """
    Return the condition that `reasons_to_verify` gives a reason for a question.

    Costs two queries: the releases are looked up once for each different text.
    """
    condition = Q(verified_on=None) | Q(verified_on__lt=today - timedelta(days=days))
    for name in ("verified_with", "checked_with"):
        texts = Question.objects.order_by().values_list(name, flat=True).distinct()
        unsupported = [text for text in texts if any(of_releases(text, today))]
        condition |= Q((f"{name}__in", unsupported))
    return condition


def of_releases(text: str, today: date) -> Iterator[str]:
    """Yield a line for each release in a text whose support has ended or is not known."""
    for product, version in releases_in(text):
        yield from out_of_support(product, version, today)


def reasons_to_check(question: Question) -> Iterator[str]:
    """Yield a line where the samples were not checked on the newest CPython that is stable."""
    newest = max(LAST_DAY["CPython"], key=lambda series: int(series.partition(".")[2]))
    checked_on = {
        number.rpartition(".")[0]
        for product, number in releases_in(question.checked_with)
        if product == "CPython"
    }
    if newest not in checked_on:
        yield f"has samples that were not checked on CPython {newest}: run check_samples --python"


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
