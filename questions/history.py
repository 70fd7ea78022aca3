"""
The history of questions: its versions, going back to one, and who makes the changes.

The database writes the changes itself (`questions/triggers/history.py`), so that none is missing,
whichever road it took. Here they are read; and here the code that is about to change questions says
on whose behalf it does so.
"""

import getpass
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import DEFAULT_DB_ALIAS, OperationalError, connections, transaction
from django.db.models import Exists, OuterRef, QuerySet

from questions import triggers
from questions.models import (
    CHECK_RESULT,
    KEPT_BY_DATABASE,
    Category,
    Change,
    FormerSlug,
    Origin,
    Question,
)

FIELDS = {
    field.attname: field
    for field in Question._meta.concrete_fields
    if field.name not in KEPT_BY_DATABASE | CHECK_RESULT
}


@contextmanager
def recorded(road: str, actor: str = "", using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """
    Run a block in a transaction whose changes to questions are recorded as made by `actor`.

    `road` is "admin", or the name of a command (see `by_command`). Of nested blocks the innermost
    counts. Raises OperationalError while migrations are applied, when nothing would be recorded.
    """
    with transaction.atomic(using=using):
        if not triggers.are_installed(connections[using]):
            raise OperationalError(
                "Migrations are being applied, or one was stopped: try again, or run prepare"
            )
        origin = Origin.objects.using(using).create(actor=actor, road=road)
        yield
        if not transaction.get_rollback(using):
            origin.delete()


def by_command(name: str, using: str = DEFAULT_DB_ALIAS) -> AbstractContextManager[None]:
    """Like `recorded`, for a `manage.py` command: `with history.by_command("refresh_bank"): ...`"""
    return recorded(name, operator(), using)


def operator() -> str:
    """Return the name of the account that runs a command, "" where the machine knows none."""
    with suppress(KeyError, OSError):
        return getpass.getuser()
    return ""


@dataclass(frozen=True)
class Version:
    """A question as one change made it, until the next change."""

    change: Change | None  # None: it is older than the recorded history
    values: dict[str, Any]  # by attribute name
    replaced: dict[str, Any]  # what the change replaced, by attribute name

    @property
    def id(self) -> int:
        return self.change.pk if self.change else 0

    @property
    def is_deletion(self) -> bool:
        return self.change is not None and self.change.kind == Change.Kind.DELETED


def versions(question: Question) -> Iterator[Version]:
    """Yield all recorded versions, the newest first, which is the question as it is."""
    values = current(question)
    change = None
    for change in Change.objects.filter(question_id=question.pk).iterator():
        replaced = decoded(change.before)
        yield Version(change, values, replaced)
        values = values | replaced
    if change is None or change.kind != Change.Kind.ADDED:
        yield Version(None, values, {})


def version(question: Question, version_id: int) -> Version | None:
    return next((v for v in versions(question) if v.id == version_id), None)


def latest(question_id: int) -> int:
    """Return the id of the version that is current now: each change makes a new one."""
    newest = Change.objects.filter(question_id=question_id).values_list("pk", flat=True)
    return newest.first() or 0


def deleted() -> QuerySet[Change]:
    """Return the deletions of questions that have not been brought back since."""
    return Change.objects.filter(kind=Change.Kind.DELETED).exclude(
        Exists(Change.objects.filter(question_id=OuterRef("question_id"), pk__gt=OuterRef("pk")))
    )


def restore(question: Question, version: Version) -> None:
    """
    Set a question to a version of it and save it.

    It stays in its category where the version's is gone. Raises ValidationError where the version
    contradicts today's bank, such as by a slug that is taken.
    """
    category_id = question.category_id
    for name, value in version.values.items():
        setattr(question, name, value)
    if not Category.objects.filter(pk=question.category_id).exists():
        question.category_id = category_id
    question.full_clean()
    question.save()


def undelete(deletion: Change) -> Question:
    """
    Bring a deleted question back, with its key, its history and its former addresses.

    Where its category is gone it becomes a draft in the first one. Raises ValidationError where it
    contradicts today's bank.
    """
    question = Question(pk=deletion.question_id, **decoded(deletion.before))
    created = datetime.fromisoformat(deletion.before["created"])
    question.created = created if created.tzinfo else created.replace(tzinfo=UTC)  # SQLite's
    if not Category.objects.filter(pk=question.category_id).exists():
        first = Category.objects.first()
        question.category_id = first.pk if first else question.category_id
        question.published = False
    question.full_clean()
    question.save(force_insert=True)
    for change in Change.objects.filter(question_id=question.pk, before__has_key="slug"):
        slug = change.before["slug"]
        if slug != question.slug and not Question.objects.filter(slug=slug).exists():
            FormerSlug.objects.get_or_create(slug=slug, defaults={"question": question})
    return question


def forget(question_ids: Iterable[int]) -> None:
    """Drop the history of questions that nobody will miss."""
    Change.objects.filter(question_id__in=question_ids).delete()


def current(question: Question) -> dict[str, Any]:
    return {name: getattr(question, name) for name in FIELDS}


def decoded(before: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a change as Python's; columns that are gone by now are left out."""
    return {name: FIELDS[name].to_python(before[name]) for name in FIELDS if name in before}
