"""
Bring the database to what fixture files say, without losing what editors wrote meanwhile.

Each entry is known in three states: as the files have it, as the database has it, and, by its
digest, as the last refresh left it (`Refreshed`). Where the database still is as a refresh left
it, the file's newer text is simply loaded. Where it is not, somebody edited it there: a conflict.
`docs/decisions/` says why.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.core import serializers
from django.db import connection, models, transaction

from questions.models import Category, FormerSlug, Question, Refreshed
from questions.refreshing.files import FIELDS, MODELS
from questions.triggers import CHECK

Fields = dict[str, Any]
Entry = dict[str, Any]  # as a fixture file has it: `model` and `fields`
Key = tuple[str, str]  # model and slug


class RefreshError(Exception):
    """Why nothing was written, in one line."""


class Kind(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    CONFLICT = "in conflict"
    REMOVED = "removed"  # from the files; only pruning removes it from the database


@dataclass(frozen=True)
class Change:
    key: Key
    kind: Kind
    reason: str  # of a conflict
    database: Fields | None  # None where it has no such row
    files: Fields | None  # None where they have no such entry

    def __str__(self) -> str:
        return f"{self.key[0].removeprefix('questions.')} “{self.key[1]}”"


def plan(entries: list[Entry]) -> list[Change]:
    """Return what differs between checked entries and the database, in the files' order."""
    stored = {key_of(entry): normal(entry) for entry in export()}
    known = {(row.model, row.slug): row.digest for row in Refreshed.objects.all()}
    renamed = dict(FormerSlug.objects.values_list("slug", "question__slug"))
    changes = []
    matched = set()
    for entry in entries:
        key, wanted = key_of(entry), normal(entry)
        # A question that was renamed in the admin is found by the slug that it had.
        model, slug = key
        is_renamed = model == "questions.question" and key not in stored and slug in renamed
        place = (model, renamed[slug]) if is_renamed else key
        matched.add(place)
        found = stored.get(place)
        if found != wanted:
            kind, reason = judge(found, wanted, known.get(key))
            changes.append(Change(key, kind, reason, found, wanted))
    for key, found in stored.items():
        if key not in known or key in matched:
            continue
        is_edited = digest(found) != known[key]
        kind = Kind.CONFLICT if is_edited else Kind.REMOVED
        reason = "removed from the files, but edited in the database" if is_edited else ""
        changes.append(Change(key, kind, reason, found, None))
    return changes


def judge(found: Fields | None, wanted: Fields, known: str | None) -> tuple[Kind, str]:
    if found is None:
        if known is None:
            return Kind.ADDED, ""
        return Kind.CONFLICT, "deleted in the database since the last refresh"
    if digest(found) in (known, digest(wanted)):
        return Kind.CHANGED, ""
    if known is None:
        return Kind.CONFLICT, "not from an earlier refresh"
    if digest(wanted) == known:
        return Kind.CONFLICT, "edited in the database since the last refresh; the files are as then"
    return Kind.CONFLICT, "edited in the database since the last refresh, and in the files"


def apply(
    entries: list[Entry],
    changes: list[Change],
    kept: Iterable[Key] = (),
    *,
    prune: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """
    Write `changes`, which plan() found for `entries`, in one transaction.

    Conflicts whose keys are in `kept` stay as the database has them, and stay conflicts; all
    others take what the files say. Raises RefreshError, with nothing written, where the database
    has changed since the plan was made.
    """
    kept = set(kept)
    with transaction.atomic():
        keep_writers_out()
        if plan(entries) != changes:
            raise RefreshError("The database changed meanwhile. Run the refresh again.")
        written = {c.key for c in changes if c.files is not None and c.key not in kept}
        gone = [c.key for c in changes if c.files is None and prune and c.key not in kept]
        ordered = sorted(entries, key=lambda entry: list(MODELS).index(entry["model"]))
        due = [entry for entry in ordered if key_of(entry) in written]
        total = len(due) + len(gone)
        for done, row in enumerate(serializers.deserialize("python", due), 1):
            row.save()
            progress(done, total)
        for done, (model, slug) in enumerate(reversed(gone), len(due) + 1):
            remove(model, slug)
            progress(done, total)
        remember(entry for entry in entries if key_of(entry) not in kept)


def keep_writers_out() -> None:
    """Let nobody else write until the end of the transaction; SQLite does so by itself."""
    if connection.vendor == "postgresql":
        tables = ", ".join(model._meta.db_table for model in MODELS.values())
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE")


def remove(model: str, slug: str) -> None:
    try:
        MODELS[model]._default_manager.filter(slug=slug).delete()
    except models.ProtectedError as error:
        raise RefreshError(
            f"The category “{slug}” is not in the files, but questions of the database are in it."
        ) from error
    Refreshed.objects.filter(model=model, slug=slug).delete()


def remember(entries: Iterable[Entry]) -> None:
    """Note that the database now is as these entries say."""
    rows = [
        Refreshed(model=entry["model"], slug=entry["fields"]["slug"], digest=digest(normal(entry)))
        for entry in entries
    ]
    Refreshed.objects.bulk_create(
        rows,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["model", "slug"],
        update_fields=["digest"],
    )


def export() -> list[Entry]:
    """Return the bank as entries of a fixture file, in the order of the page."""
    rows = [*Category.objects.order_by("position", "slug"), *Question.objects.in_order()]
    entries = serializers.serialize(
        "python", rows, use_natural_foreign_keys=True, use_natural_primary_keys=True
    )
    return [without_defaults(entry) for entry in entries]


def without_defaults(entry: Entry) -> Entry:
    """Drop what the database keeps by itself, and what is empty and may be absent."""
    model, fields = entry["model"], entry["fields"]
    return {
        "model": model,
        "fields": {
            name: list(fields[name]) if isinstance(fields[name], tuple) else fields[name]
            for name in FIELDS[model]
            if fields[name] not in ("", None) or name in {"short_answer", "answer"}
        },
    }


def normal(entry: Entry) -> Fields:
    """Return all fields of an entry as they compare: defaults filled in, line ends alike."""
    fields: Fields = {}
    for name in FIELDS[entry["model"]]:
        field: Any = MODELS[entry["model"]]._meta.get_field(name)
        value = entry["fields"].get(name)
        if isinstance(field, models.ForeignKey):
            fields[name] = list(value)
        elif isinstance(field, models.CharField | models.TextField):
            fields[name] = (value or "").replace("\r\n", "\n").strip()
        else:
            fields[name] = field.to_python(value)
    return fields


def digest(fields: Fields) -> str:
    """Return a hash of what editors can change."""
    edited = {name: value for name, value in fields.items() if name not in CHECK}
    return hashlib.sha256(json.dumps(edited, default=str, sort_keys=True).encode()).hexdigest()


def key_of(entry: Entry) -> Key:
    return entry["model"], entry["fields"]["slug"]
