"""
A refresh: bring the database to what fixture files say without losing what editors wrote.

Each entry has three states: in the files, in the database, and as the last refresh left it, which
`Refreshed` stores as a digest. Where the database still has what the last refresh wrote, the text
of the file is loaded. Where it does not, somebody edited the entry there, and it is in conflict.
`docs/decisions/009-refresh-in-three-states.md` gives the reasons.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter
from typing import Any

from django.core import serializers
from django.db import DEFAULT_DB_ALIAS, connection, models, transaction

from questions.models import CHECK_RESULT, FormerCategorySlug, FormerSlug, Question, Refreshed
from questions.refreshing.files import (
    CATEGORY,
    FIELDS,
    MODELS,
    QUESTION,
    FixtureEntry,
    Key,
    bank_entries,
    in_loading_order,
    key_of,
)

Fields = dict[str, Any]

# Fields that came after digests had begun to leave out the defaults.
NEWER = {"replaced_by", "asked_as", "prompt"}


class RefreshError(Exception):
    """The reason why nothing was written, in one line."""


class Kind(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    CONFLICT = "in conflict"
    REMOVED = "removed"  # from the files; the database loses it only with `prune`


@dataclass(frozen=True)
class Difference:
    key: Key
    kind: Kind
    reason: str  # of a conflict
    database: Fields | None  # None where it has no such row
    files: Fields | None  # None where they have no such entry

    def __str__(self) -> str:
        model, slug = self.key
        return f"{model.removeprefix('questions.')}{f' “{slug}”' if slug else ''}"


def find_differences(entries: list[FixtureEntry]) -> list[Difference]:
    """Return the differences between checked entries and the database, in the files' order."""
    stored = {key_of(entry): normalized(entry) for entry in bank_entries()}
    known = {(row.model, row.slug): row.digest for row in Refreshed.objects.all()}
    former = former_keys()
    # A row with a new slug in the database is found by its former one.
    places = {key: key if key in stored else former.get(key, key) for key in map(key_of, entries)}
    name_as_in_files(stored, {place: key for key, place in places.items()})
    differences = []
    for entry in entries:
        key, wanted = key_of(entry), normalized(entry)
        found = stored.get(places[key])
        if found != wanted:
            kind, reason = classify(key, found, wanted, known.get(key))
            differences.append(Difference(key, kind, reason, found, wanted))
    matched = set(places.values())
    for key, found in stored.items():
        if key not in known or key in matched:
            continue
        is_edited = not is_digest_of(known[key], key, found)
        kind = Kind.CONFLICT if is_edited else Kind.REMOVED
        reason = "removed from the files, but edited in the database" if is_edited else ""
        differences.append(Difference(key, kind, reason, found, None))
    return differences


def former_keys() -> dict[Key, Key]:
    """Return the keys that rows of the database had before, each with the one of today."""
    questions = FormerSlug.objects.values_list("slug", "question__slug")
    categories = FormerCategorySlug.objects.values_list("slug", "category__slug")
    return {
        (model, before): (model, now)
        for model, slugs in ((QUESTION, questions), (CATEGORY, categories))
        for before, now in slugs
    }


def name_as_in_files(stored: dict[Key, Fields], keys: dict[Key, Key]) -> None:
    """
    Let the rows of the database refer to each other by the slugs that the files have.

    Otherwise a category with a new slug in the database would make a conflict of each of its
    questions. `keys` are those of the files, by those of the database.
    """
    for (model, _), fields in stored.items():
        for field in MODELS[model]._meta.concrete_fields:
            if isinstance(field, models.ForeignKey) and fields[field.name]:
                key = (field.related_model._meta.label_lower, *fields[field.name])
                fields[field.name] = [keys.get(key, key)[1]]


def classify(key: Key, found: Fields | None, wanted: Fields, known: str | None) -> tuple[Kind, str]:
    """
    Return how an entry differs from the database, and the reason of a conflict.

    `found` is what the database has, `wanted` what the file has, and `known` the digest of what
    the last refresh wrote; None where there is none.
    """
    if found is None:
        if known is None:
            return Kind.ADDED, ""
        return Kind.CONFLICT, "deleted in the database since the last refresh"
    if digest(key, found) == digest(key, wanted):
        return Kind.CHANGED, ""
    if known is None:
        return Kind.CONFLICT, "not from an earlier refresh"
    if is_digest_of(known, key, found):
        return Kind.CHANGED, ""
    if is_digest_of(known, key, wanted):
        return Kind.CONFLICT, "edited in the database since the last refresh; the files are as then"
    return Kind.CONFLICT, "edited in the database since the last refresh, and in the files"


def apply(
    entries: list[FixtureEntry],
    differences: list[Difference],
    ours: Iterable[Key] = (),
    *,
    prune: bool = False,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """
    Write the differences, which find_differences() returned for `entries`, in one transaction.

    In conflicts whose keys are in `ours` the database stays as it is, and they stay conflicts. In
    all others the files win. `on_progress` is called with the numbers of entries written and to
    write. Raises RefreshError, with nothing written, where the database has changed since the
    differences were found.
    """
    ours = set(ours)
    with transaction.atomic():
        lock_tables()
        if find_differences(entries) != differences:
            raise RefreshError("The database changed meanwhile. Run the refresh again.")
        theirs = [difference for difference in differences if difference.key not in ours]
        written = {difference.key for difference in theirs if difference.files is not None}
        gone = [entry_of(d) for d in theirs if d.files is None] if prune else []
        to_write = [e for e in in_loading_order(entries) if key_of(e) in written]
        total = len(to_write) + len(gone)
        for done, row in enumerate(serializers.deserialize("python", to_write), 1):
            row.save()
            on_progress(done, total)
        in_order = reversed(in_loading_order(gone))  # a row before those that it refers to
        for done, entry in enumerate(in_order, len(to_write) + 1):
            remove(*key_of(entry))
            on_progress(done, total)
        refuse_circles()
        remember(entry for entry in entries if key_of(entry) not in ours)


def lock_tables() -> None:
    """Keep others from writing until the transaction ends; SQLite does so by itself."""
    if connection.vendor == "postgresql":
        tables = ", ".join(model._meta.db_table for model in MODELS.values())
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE")


def refuse_circles(using: str = DEFAULT_DB_ALIAS) -> None:
    """Raise RefreshError where questions of files and database replace each other in a circle."""
    rows = Question.objects.using(using).retired().values_list("slug", "replaced_by__slug")
    try:
        TopologicalSorter({slug: [replacement] for slug, replacement in rows}).prepare()
    except CycleError as error:
        slugs = " → ".join(f"“{slug}”" for slug in reversed(error.args[1]))
        raise RefreshError(f"Questions replace each other in a circle: {slugs}.") from error


def entry_of(difference: Difference) -> FixtureEntry:
    """Return the entry that the database has."""
    return {"model": difference.key[0], "fields": difference.database}


def remove(model: str, slug: str) -> None:
    try:
        named = {"slug": slug} if slug else {}
        MODELS[model]._default_manager.filter(**named).delete()
    except models.ProtectedError as error:
        kind = model.removeprefix("questions.")
        raise RefreshError(
            f"The {kind} “{slug}” is not in the files, but questions of the database refer to it."
        ) from error
    Refreshed.objects.filter(model=model, slug=slug).delete()


def remember(entries: Iterable[FixtureEntry]) -> None:
    """Record that the database now has what these entries say."""
    rows = [
        Refreshed(model=key[0], slug=key[1], digest=digest(key, fields))
        for key, fields in ((key_of(entry), normalized(entry)) for entry in entries)
    ]
    Refreshed.objects.bulk_create(
        rows,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["model", "slug"],
        update_fields=["digest"],
    )


def normalized(entry: FixtureEntry) -> Fields:
    """Return all fields of an entry in one spelling: with defaults, and with one line ending."""
    fields: Fields = {}
    for name in FIELDS[entry["model"]]:
        field: Any = MODELS[entry["model"]]._meta.get_field(name)
        value = entry["fields"].get(name, field.get_default())
        if isinstance(field, models.ForeignKey):
            fields[name] = value and list(value)
        elif isinstance(value, str):
            fields[name] = field.to_python(value.replace("\r\n", "\n").strip())
        else:
            fields[name] = field.to_python(value)
    return fields


def digest(key: Key, fields: Fields) -> str:
    """
    Return a hash of the fields that editors can change.

    Fields that have their default are left out. Otherwise a field added to the model would change
    all digests, and every question would seem to have been edited.
    """
    defaults = defaults_of(key[0])
    return hashed({name: fields[name] for name in fields if fields[name] != defaults[name]})


def is_digest_of(known: str, key: Key, fields: Fields) -> bool:
    """
    Return whether a stored digest is that of `fields`.

    Older ones include the defaults of the fields that there were then.
    """
    defaults = defaults_of(key[0])
    older = {n: value for n, value in fields.items() if n not in NEWER or value != defaults[n]}
    return known in {digest(key, fields), hashed(older)}


def defaults_of(model: str) -> Fields:
    return {field.name: field.get_default() for field in MODELS[model]._meta.concrete_fields}


def hashed(fields: Fields) -> str:
    edited = {name: value for name, value in fields.items() if name not in CHECK_RESULT}
    return hashlib.sha256(json.dumps(edited, default=str, sort_keys=True).encode()).hexdigest()
