"""What is due in the bank: answers to verify again, samples to check, links to add."""

from collections.abc import Iterator
from datetime import date

from questions.checking import reviews, rules, samples
from questions.models import Question


def due(question: Question, today: date, days: int) -> Iterator[str]:
    """Yield what has to be done about a question that is to be verified every `days` days."""
    yield from reviews.due(question, today, days)
    if not samples.find(question.answer):
        yield "has no runnable sample"
    elif not question.is_checked:
        yield "has samples that were not checked as they are now: run check_samples"
    if not rules.reading(question):
        yield "has no further reading"
