"""
The checks of fixture files, before anything of them is loaded.

Django's deserializer accepts many bad files: a missing field gets its default, and the second of
two entries with one slug overwrites the first. Here every entry is checked first, and a file with
faults is refused with a line for each that names the file, the line, the entry, the field and the
reason.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from graphlib import CycleError
from pathlib import Path
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Coalesce

from questions.refreshing import reading
from questions.refreshing.files import (
    FIELDS,
    MODELS,
    QUESTION,
    FixtureEntry,
    Key,
    key_of,
    may_be_absent,
    replacements_first,
)
from questions.refreshing.reading import Faults, FixtureError, ReadEntry, clipped

TEXT_LIMIT = 100_000  # characters


class Located(NamedTuple):
    """An entry of a file, and the file."""

    file: str
    read: ReadEntry

    @property
    def label(self) -> str:
        fields = self.read.value["fields"]
        model = self.read.value["model"]
        return f"{model} “{clipped(fields['slug'])}”" if "slug" in FIELDS[model] else model

    def place(self, field: str = "") -> str:
        line, _ = self.read.places.get(field, (self.read.line, None))
        return f"{self.file}: line {line}"

    def fault(self, field: str, reason: str) -> str:
        return f"{self.place(field)}: {self.label}: {f'{field}: ' if field else ''}{reason}"


def checked_entries(*paths: Path) -> list[FixtureEntry]:
    """
    Return the entries of files that are safe to load, together.

    Raises FixtureError with all faults of all files where they are not.
    """
    faults = Faults()
    found = list(well_formed(paths, faults))
    is_complete = not faults.count  # an entry may refer to one that could not be read
    keys: set[Key] = set()
    for entry in found:
        key = key_of(entry.read.value)
        if key in keys:
            faults.add(entry.fault("slug" if key[1] else "", "occurs twice"))
        keys.add(key)
    known = Known(keys)
    for entry in found:
        for field, reason in field_faults(entry.read, known if is_complete else None):
            faults.add(entry.fault(field, reason))
    entries = [entry.read.value for entry in found]
    if not faults.count:
        try:
            replacements_first(entries)
        except CycleError as error:
            slug = error.args[1][0]
            at = next(e for e in found if key_of(e.read.value) == (QUESTION, slug))
            faults.add(at.fault("replaced_by", "leads back to this question"))
    faults.raise_if_any()
    return entries


def well_formed(paths: Iterable[Path], faults: Faults) -> Iterator[Located]:
    """Yield the entries that have the shape of an entry, and a slug where they need one."""
    for path in paths:
        name = reading.name_of(path)
        try:
            for number, entry in enumerate(reading.read(path), 1):
                if fault := shape_fault(entry):
                    line, _ = entry.places.get(fault.partition(":")[0], (entry.line, None))
                    faults.add(f"{name}: line {line}: entry {number}: {fault}")
                else:
                    yield Located(name, entry)
        except FixtureError as error:
            faults.add(f"{name}: {error}")


def shape_fault(read: ReadEntry) -> str:
    """Return why something read is no entry, before its fields are checked; "" if it is one."""
    entry = read.value
    if not isinstance(entry, dict) or not isinstance(entry.get("fields"), dict):
        return "expected a mapping with `model` and `fields`"
    if not isinstance(entry.get("model"), str) or entry["model"] not in MODELS:
        return f"model: {shown(entry.get('model'))} is not {' or '.join(MODELS)}"
    if extra := entry.keys() - {"model", "fields"}:
        return (
            f"{clipped(min(map(str, extra)))}: only `model` and `fields` are allowed; "
            "entries are found by their slug, not by a primary key"
        )
    if "slug" not in FIELDS[entry["model"]]:
        return ""
    slug = entry["fields"].get("slug", "")
    if isinstance(slug, str):
        return "" if slug else "slug: missing"
    return f"slug: expected text, not {written(slug, read.places.get('slug'))}"


class Known:
    """The rows that an entry can refer to: those of the files, and those of the database."""

    def __init__(self, keys: set[Key]) -> None:
        self.keys = keys
        self.missing: set[Key] = set()

    def has(self, model: Any, slug: str) -> bool:
        key = (model._meta.label_lower, slug)
        if key not in self.keys and key not in self.missing:
            try:
                model.objects.get_by_natural_key(slug)
                self.keys.add(key)
            except model.DoesNotExist:
                self.missing.add(key)
        return key in self.keys


def field_faults(read: ReadEntry, known: Known | None) -> Iterator[tuple[str, str]]:
    """Yield each field with a fault, and the reason; of references only where `known` is given."""
    label, values = read.value["model"], read.value["fields"]
    fields = {field.name: field for field in MODELS[label]._meta.concrete_fields}
    for name in sorted(map(str, values.keys() - (fields.keys() - {"id"}))):
        yield clipped(name), f"there is no such field; there are {', '.join(FIELDS[label])}"
    missing = {n for n in FIELDS[label] if n not in values and not may_be_absent(fields[n])}
    for name in sorted(missing):
        yield name, "missing"
    instance = MODELS[label]()
    # Not checked any further: Django's validation would report them again, or fail at them.
    excluded = missing
    references = {name for name, field in fields.items() if field.is_relation}
    for name, value in values.items():
        field = fields.get(name)
        if field is None or name == "id":
            continue
        if name in references:
            if value is not None or not field.null:
                if fault := reference_fault(field, value, known):
                    yield name, fault
                setattr(instance, field.attname, 0)  # its row may be one that is not loaded yet
        elif fault := type_fault(field, value, read.places.get(name)):
            yield name, fault
            excluded.add(name)
        else:
            setattr(instance, name, value)
    yield from value_faults(instance, excluded, references)


def value_faults(
    instance: models.Model, excluded: set[str], references: set[str]
) -> Iterator[tuple[str, str]]:
    """Yield what fields and constraints refuse in an unsaved row, except in `excluded` fields."""
    faulty = set(excluded)
    try:
        instance.clean_fields(exclude=excluded | references)
    except ValidationError as error:
        for name, errors in error.error_dict.items():
            faulty.add(name)
            field: Any = instance._meta.get_field(name)
            yield name, said_plainly(field, getattr(instance, name), errors[0])
    constraints = [c for c in instance._meta.constraints if isinstance(c, models.CheckConstraint)]
    if not faulty and keeps_constraints(instance, constraints):
        return
    for constraint in constraints:
        names = models.Q(constraint.condition).referenced_base_fields
        if names & faulty or keeps_constraints(instance, [constraint]):
            continue
        in_order = [name for name in FIELDS[instance._meta.label_lower] if name in names]
        yield in_order[-1] if len(in_order) < 3 else "", str(constraint.violation_error_message)


def said_plainly(field: Any, value: Any, error: ValidationError) -> str:
    """Return why a value is refused, and what is allowed."""
    if error.code == "invalid_choice":
        return f"{shown(value)} is not one of {', '.join(str(key) for key, _ in field.choices)}"
    if isinstance(field, models.SlugField) and error.code == "invalid":
        return f"{shown(value)} has other characters than a-z, A-Z, 0-9, - and _"
    if isinstance(field, models.DateField):
        return f"there is no day {value}"
    return str(error.messages[0])


def keeps_constraints(instance: models.Model, constraints: list[models.CheckConstraint]) -> bool:
    """Ask the database about check constraints in one query: that is faster than one by one."""
    conditions = models.Q(*(constraint.condition for constraint in constraints))
    # As for a database, a condition on NULL that is neither true nor false is kept.
    are_kept = Coalesce(conditions, True, output_field=models.BooleanField())  # noqa: FBT003
    fields: list[Any] = [
        instance._meta.get_field(name) for name in conditions.referenced_base_fields
    ]
    values = {f.name: models.Value(getattr(instance, f.attname), f) for f in fields}
    return models.Q(are_kept).check(values)


def reference_fault(field: Any, value: Any, known: Known | None) -> str:
    """Return why a value is no reference to an entry of the files or a row of the database."""
    if not (isinstance(value, list) and len(value) == 1 and isinstance(value[0], str)):
        return f"expected a list with one slug, not {shown(value)}"
    if known and not known.has(field.related_model, value[0]):
        return f"there is no {field.related_model._meta.verbose_name} “{clipped(value[0])}”"
    return ""


def type_fault(field: models.Field, value: Any, place: tuple[int, str | None] | None) -> str:
    """Return why a value has the wrong type, which Django might convert silently."""
    if value is None and field.null:
        return ""
    if isinstance(field, models.BooleanField):
        fits, expected = isinstance(value, bool), "true or false"
    elif isinstance(field, models.IntegerField):
        fits, expected = isinstance(value, int) and not isinstance(value, bool), "a whole number"
    elif isinstance(field, models.CharField | models.TextField):
        fits, expected = isinstance(value, str), "text"
        if fits and len(value) > TEXT_LIMIT:
            return f"longer than {TEXT_LIMIT:,} characters"
    elif isinstance(field, models.DateField) and not isinstance(field, models.DateTimeField):
        is_text = isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII)
        fits, expected = type(value) is date or bool(is_text), "a date such as 2026-01-31"
    else:
        return ""
    if fits:
        return ""
    # YAML may have made something else of a text: that is shown as the file has it.
    found = written(value, place) if expected == "text" else shown(value)
    return f"expected {expected}, not {found}"


def written(value: Any, place: tuple[int, str | None] | None) -> str:
    """Return how the file writes a value that should be text, and what YAML took it for."""
    as_written = place[1] if place else None
    if value is None and not as_written:
        return "nothing: write '' for an empty text"
    kinds: list[tuple[type, str]] = [
        (bool, "true or false"),
        (int, "a number"),
        (float, "a number"),
    ]
    kind = next(
        (kind for known, kind in [*kinds, (date, "a date")] if isinstance(value, known)), ""
    )
    if as_written is None or not kind:
        return shown(value)
    return f"{clipped(as_written)}: quote it, as YAML takes it for {kind}"


def shown(value: Any) -> str:
    """Return a short form of a value for a message."""
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "a mapping"
    return clipped(repr(value)[:1000])
