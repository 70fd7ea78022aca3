"""Which other questions a reader of one question is likely to want."""

import re
from collections.abc import Iterable
from itertools import chain

from questions import search
from questions.models import Question, QuestionQuerySet

COUNT = 5
# How many candidates are weighed, at most: the cost stays the same however large the bank is.
NEIGHBORS = 10  # before it, and after it
KEYWORDS = 4
MENTIONS = 30  # of one of the keywords

COMMON = {"does", "from", "have", "into", "that", "they", "this", "what", "when", "with", "would"}


def related(question: Question, near: Iterable[Question]) -> list[Question]:
    """
    Return other questions with much in common: keywords, words of the title, the category.

    `near` are those that stand around it in its category, comparable().
    """
    candidates = {other.pk: other for other in chain(near, alike(question))}
    candidates.pop(question.pk, None)
    own_keywords, own_words = keywords(question), words(question)

    def rank(other: Question) -> tuple[int, int, str]:
        same_category = other.category_id == question.category_id
        common = 3 * len(own_keywords & keywords(other)) + len(own_words & words(other))
        distance = abs(other.position - question.position) if same_category else 0
        return -(common + 2 * same_category), distance, other.slug

    return sorted(candidates.values(), key=rank)[:COUNT]


def alike(question: Question) -> list[Question]:
    """Return questions of the whole bank that mention one of its keywords."""
    names = [name.strip() for name in question.keywords.split(",")][:KEYWORDS]
    published = search.Narrowing(published=True)
    keys = search.mentioning(Question.objects.all(), names, MENTIONS + 1, published)
    return list(comparable(Question.objects.published()).filter(pk__in=keys).order_by())


def comparable(questions: QuestionQuerySet) -> QuestionQuerySet:
    """Fetch only the fields that related() compares and that a link to a question shows."""
    return questions.only("title", "slug", "position", "keywords", "category_id")


def keywords(question: Question) -> set[str]:
    return {name for keyword in question.keywords.split(",") if (name := keyword.strip().lower())}


def words(question: Question) -> set[str]:
    return set(re.findall(r"\w{4,}", question.title.lower())) - COMMON
