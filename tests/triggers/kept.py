"""`migrate` as an operator calls it, and what has to be kept up after it."""

from django.core.management import call_command

from questions.models import Change, ContentVersion, FormerSlug, Question, Tally
from tests import build


def migrate(*arguments: str) -> None:
    call_command("migrate", *arguments, verbosity=0)


def check_that_everything_is_kept_up() -> None:
    assert tally_total() == Question.objects.published().count()
    version = ContentVersion.objects.get().version
    question = build.question(title="What is a needle?", slug="needle")
    assert tally_total() == Question.objects.published().count()
    assert ContentVersion.objects.get().version != version
    assert found("needle") == ["needle"]
    Question.objects.filter(pk=question.pk).update(slug="trombone", title="What is a trombone?")
    assert found("needle") == []
    assert found("trombone") == ["trombone"]
    assert FormerSlug.objects.get(slug="needle").question == question
    edited = Change.objects.filter(question_id=question.pk).first()
    assert edited is not None
    assert edited.before == {"slug": "needle", "title": "What is a needle?"}
    assert Question.objects.get(pk=question.pk).updated > question.created


def tally_total() -> int:
    """Return how many published questions there are by the tally."""
    return sum(Tally.objects.values_list("questions", flat=True))


def found(text: str) -> list[str]:
    return [question.slug for question in Question.objects.search(text)]
