"""The tables: the bank, what numbers it, and what the site records beside it."""

from questions.models.bank import (
    ANSWER_LENGTH,
    CHECK_RESULT,
    FURTHER_READING_LENGTH,
    KEPT_BY_DATABASE,
    SHORT_ANSWER_LENGTH,
    TITLE_LENGTH,
    Category,
    CategoryQuerySet,
    Fingerprint,
    FormerSlug,
    Question,
    QuestionQuerySet,
    all_checked_with,
    fingerprint,
)
from questions.models.numbering import BLOCK, Tally, TallyQuerySet, compiled
from questions.models.records import (
    MISSED_LENGTH,
    Change,
    ContentVersion,
    MissedSearch,
    Origin,
    Refreshed,
)

__all__ = [
    "ANSWER_LENGTH",
    "BLOCK",
    "CHECK_RESULT",
    "FURTHER_READING_LENGTH",
    "KEPT_BY_DATABASE",
    "MISSED_LENGTH",
    "SHORT_ANSWER_LENGTH",
    "TITLE_LENGTH",
    "Category",
    "CategoryQuerySet",
    "Change",
    "ContentVersion",
    "Fingerprint",
    "FormerSlug",
    "MissedSearch",
    "Origin",
    "Question",
    "QuestionQuerySet",
    "Refreshed",
    "Tally",
    "TallyQuerySet",
    "all_checked_with",
    "compiled",
    "fingerprint",
]
