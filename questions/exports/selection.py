"""Which questions an export has, and a question as plain data: the same in every format."""

from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import models
from django.utils.text import slugify

from questions.models import Bank, Category, Question
from questions.refreshing.files import BANK, CATEGORY, FIELDS, QUESTION

# Of a question: all that a fixture file has, but for what is the same for each that is exported.
QUESTION_FIELDS = [name for name in FIELDS[QUESTION] if name not in {"published", "replaced_by"}]
CATEGORY_FIELDS = FIELDS[CATEGORY]
BANK_FIELDS = FIELDS[BANK]


class Search(NamedTuple):
    """What was searched for, as the page says it."""

    q: str
    corrected: str  # what the questions were found for, where `q` has nothing
    is_partial: bool  # whether the best of the questions lacks some of the words

    @property
    def text(self) -> str:
        return self.corrected or self.q


class Selection(NamedTuple):
    """Published questions with their categories, in the order in which the page shows them."""

    bank: Bank
    questions: list[Question]
    search: Search | None
    changed: datetime | None  # when one of the bank's questions was last changed
    origin: str  # scheme and host of the site, to which the links of the files lead

    def address(self, question: Question) -> str:
        return f"{self.origin}{question.get_absolute_url()}"

    @property
    def categories(self) -> list[Category]:
        """The categories of the questions, in the order in which they come first."""
        return list(
            {question.category.pk: question.category for question in self.questions}.values()
        )


def data(row: models.Model, fields: list[str]) -> dict[str, Any]:
    """Return fields of a row as JSON has them: a day as text, of a category its slug."""
    return {name: json_value(getattr(row, name)) for name in fields}


def json_value(value: Any) -> Any:
    if isinstance(value, Category):
        return value.slug
    return value.isoformat() if isinstance(value, date) else value


def file_name(words: list[str], changed: datetime | None, extension: str) -> str:
    """Return a name in which nothing means anything to a file system."""
    parts = [slugify(word, allow_unicode=True)[:60].strip("-") for word in words]
    day = f"{changed:%Y-%m-%d}" if changed else ""
    return "-".join(filter(None, ["questions", *parts, day])) + f".{extension}"
