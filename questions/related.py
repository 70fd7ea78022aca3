"""Which other questions a reader of one question is likely to want."""

import re
from itertools import chain

from questions import search
from questions.models import Question, QuestionQuerySet

COUNT = 5
# How many candidates are weighed, at most: the cost stays the same however large the bank is.
NEIGHBORS = 10  # before and after, in the same category
KEYWORDS = 4
MENTIONS = 30  # of one of the keywords

COMMON = {"does", "from", "have", "into", "that", "they", "this", "what", "when", "with", "would"}


def related(question: Question) -> list[Question]:
    """Return other questions with much in common: keywords, words of the title, the category."""
    candidates = {other.pk: other for other in chain(near(question), alike(question))}
    candidates.pop(question.pk, None)
    own_keywords, own_words = keywords(question), words(question)

    def rank(other: Question) -> tuple[int, int, str]:
        same_category = other.category_id == question.category_id
        common = 3 * len(own_keywords & keywords(other)) + len(own_words & words(other))
        distance = abs(other.position - question.position) if same_category else 0
        return -(common + 2 * same_category), distance, other.slug

    return sorted(candidates.values(), key=rank)[:COUNT]


def near(question: Question) -> list[Question]:
    """Return the questions that stand around this one in its category."""
    category = shown().filter(category=question.category)
    after = category.filter(position__gte=question.position).order_by("position", "slug")
    before = category.filter(position__lt=question.position).order_by("-position", "slug")
    return [*after[: NEIGHBORS + 1], *before[:NEIGHBORS]]


def alike(question: Question) -> list[Question]:
    """Return questions of the whole bank that mention one of its keywords."""
    names = [name.strip() for name in question.keywords.split(",")][:KEYWORDS]
    published = search.Narrowing(published=True)
    keys = search.mentioning(Question.objects.all(), names, MENTIONS + 1, published)
    return list(shown().filter(pk__in=keys))


def shown() -> QuestionQuerySet:
    questions = Question.objects.published().select_related("category")
    return questions.only(
        "title", "slug", "position", "keywords", "category__name", "category__slug"
    )


def keywords(question: Question) -> set[str]:
    return {name for keyword in question.keywords.split(",") if (name := keyword.strip().lower())}


def words(question: Question) -> set[str]:
    return set(re.findall(r"\w{4,}", question.title.lower())) - COMMON
