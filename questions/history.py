"""
The history of questions and categories: versions, going back to one, and who makes the changes.

The database records the changes itself (`questions/triggers/history.py`), so that none is missing,
however it was made. Here they are read, and here the code that is about to change the bank says on
whose behalf it does so.
"""

import getpass
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import DEFAULT_DB_ALIAS, OperationalError, connections, models, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from questions import triggers
from questions.models import (
    CHECK_RESULT,
    KEPT_BY_DATABASE,
    Category,
    Change,
    Origin,
    Question,
)
from questions.models.fields import without_refused

type Subject = Question | Category

# The fields whose changes are edits, by attribute name.
FIELDS: dict[type[Subject], dict[str, "models.Field[Any, Any]"]] = {
    model: {
        field.attname: field
        for field in model._meta.concrete_fields
        if field.name not in KEPT_BY_DATABASE | CHECK_RESULT
    }
    for model in (Question, Category)
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
        # The name of an account of the machine may hold anything.
        origin = Origin.objects.using(using).create(actor=without_refused(actor), road=road)
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
    """A question or a category as one change made it, until the next change."""

    change: Change | None  # None: it is older than the recorded history
    values: dict[str, Any]  # by attribute name
    replaced: dict[str, Any]  # what the change replaced, by attribute name

    @property
    def id(self) -> int:
        return self.change.pk if self.change else 0

    @property
    def is_deletion(self) -> bool:
        return self.change is not None and self.change.kind == Change.Kind.DELETED


def changes_of(model: type[Subject], key: int) -> QuerySet[Change]:
    """Return the recorded changes of a question or a category, the newest first."""
    return Change.objects.filter(**{f"{model._meta.model_name}_id": key})


def versions(subject: Subject) -> Iterator[Version]:
    """Yield all recorded versions, the newest first, which is the row as it is."""
    values = {name: getattr(subject, name) for name in FIELDS[type(subject)]}
    change = None
    for change in changes_of(type(subject), subject.pk).iterator():
        replaced = decoded(type(subject), change.before)
        yield Version(change, values, replaced)
        values = values | replaced
    if change is None or change.kind != Change.Kind.ADDED:
        yield Version(None, values, {})


def version(subject: Subject, version_id: int) -> Version | None:
    return next((v for v in versions(subject) if v.id == version_id), None)


def latest(model: type[Subject], key: int) -> int:
    """Return the id of the version that is current now: each change makes a new one."""
    return changes_of(model, key).values_list("pk", flat=True).first() or 0


def deleted(model: type[Subject]) -> QuerySet[Change]:
    """Return the deletions of questions or categories that have not been brought back since."""
    key = f"{model._meta.model_name}_id"
    later = Change.objects.filter(**{key: OuterRef(key)}, pk__gt=OuterRef("pk"))
    deletions = Change.objects.filter(**{f"{key}__isnull": False}, kind=Change.Kind.DELETED)
    return deletions.exclude(Exists(later))


def restore(subject: Subject, version: Version) -> None:
    """
    Set a question or a category to a version of it and save it.

    Where a row that the version refers to is gone, the reference stays as it is today. Raises
    ValidationError where the version contradicts today's bank, such as by a slug that is taken.
    """
    today = {name: getattr(subject, name) for name in version.values}
    for name, value in version.values.items():
        setattr(subject, name, value)
    for name in broken_references(subject):
        setattr(subject, name, today[name])
    subject.full_clean()
    subject.save()


def undelete(deletion: Change) -> Subject:
    """
    Bring a deleted row back, with its key, its history and its former addresses.

    A question whose category is gone becomes a draft in the first one. Raises ValidationError where
    the row contradicts today's bank.
    """
    is_question = deletion.question_id is not None
    subject = undeleted_question(deletion) if is_question else undeleted_category(deletion)
    subject.full_clean()
    subject.save(force_insert=True)
    model = type(subject)
    slugs = changes_of(model, subject.pk).filter(before__has_key="slug")
    for slug in slugs.values_list("before__slug", flat=True):
        if slug != subject.slug and not leads_somewhere(model, slug):
            subject.former_slugs.create(slug=slug)
    return subject


def leads_somewhere(model: type[Subject], slug: str) -> bool:
    return model._default_manager.filter(Q(slug=slug) | Q(former_slugs__slug=slug)).exists()


def undeleted_category(deletion: Change) -> Category:
    return Category(pk=deletion.category_id, **decoded(Category, deletion.before))


def undeleted_question(deletion: Change) -> Question:
    question = Question(pk=deletion.question_id, **decoded(Question, deletion.before))
    created = datetime.fromisoformat(deletion.before["created"])
    question.created = created if created.tzinfo else created.replace(tzinfo=UTC)  # SQLite's
    broken = broken_references(question)
    if "replaced_by_id" in broken:
        question.replaced_by_id = None
    if "category_id" in broken:
        first = Category.objects.first()
        question.category_id = first.pk if first else question.category_id
        question.published = False
    return question


def broken_references(subject: Subject) -> list[str]:
    """Return the attributes of a row that name another row which is not there."""
    return [
        name
        for name, field in FIELDS[type(subject)].items()
        if field.is_relation
        and (key := getattr(subject, name)) is not None
        and not field.related_model._default_manager.filter(pk=key).exists()  # type: ignore[union-attr]
    ]


def forget(model: type[Subject], keys: Iterable[int]) -> None:
    """Delete the recorded history of these rows, as `make_bank` does for made-up ones."""
    Change.objects.filter(**{f"{model._meta.model_name}_id__in": keys}).delete()


def decoded(model: type[Subject], before: dict[str, Any]) -> dict[str, Any]:
    """
    Return the values of a change as Python's.

    Columns that are gone by now are left out, and so are characters that are refused by now: a
    version with one could not be restored.
    """
    fields = FIELDS[model]
    values = {name: fields[name].to_python(before[name]) for name in fields if name in before}
    return {
        name: without_refused(value) if isinstance(value, str) else value
        for name, value in values.items()
    }
