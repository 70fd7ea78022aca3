"""
Fixture files of the bank: read, checked before anything is loaded, and written.

Django's deserializer accepts many bad files: a missing field gets its default, and the second of
two entries with one slug overwrites the first. Here every entry is checked first, and a file with
faults is refused with a line for each that names the file, the line, the entry, the field and the
reason.

Long texts are written as block scalars, so that an answer reads as Markdown, also in a diff.
"""

import contextlib
import math
import os
import re
import tempfile
import textwrap
from collections.abc import Iterable, Iterator
from datetime import date
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from django.core import serializers
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Coalesce

from questions.models import KEPT_BY_DATABASE, Bank, Category, Question
from questions.refreshing import reading
from questions.refreshing.reading import Faults, FixtureError, Loader, ReadEntry, clipped

FixtureEntry = dict[str, Any]  # `model` and `fields`

BANK, CATEGORY, QUESTION = "questions.bank", "questions.category", "questions.question"
MODELS: dict[str, type[models.Model]] = {BANK: Bank, CATEGORY: Category, QUESTION: Question}
Key = tuple[str, str]  # model and slug; the slug of the bank is ""
# The fields of an entry, by label. A file has them in the order in which the model declares them.
FIELDS = {
    label: [f.name for f in model._meta.concrete_fields if f.name not in KEPT_BY_DATABASE]
    for label, model in MODELS.items()
}
# Required although a draft may have none: otherwise nobody would notice a file that was cut off.
ALWAYS_WRITTEN = {"short_answer", "answer"}
LONG_TEXT = 200  # characters
TEXT_LIMIT = 100_000  # characters
HEADER = "# The question bank. docs/writing.md explains the fields and the Markdown conventions.\n"


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
    if not faults.count:
        for question, reason in circles([entry.read.value for entry in found]):
            at = next(e for e in found if key_of(e.read.value) == (QUESTION, question))
            faults.add(at.fault("replaced_by", reason))
    faults.raise_if_any()
    return [entry.read.value for entry in found]


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


def as_questions(entries: list[FixtureEntry]) -> list[Question]:
    """
    Return the questions among checked entries, unsaved and without what they refer to.

    The `replaced_by_id` of a retired one says that it is retired, but names no row.
    """
    questions = []
    for values in (e["fields"] for e in entries if e["model"] == QUESTION):
        question = unsaved(Question, values)
        question.replaced_by_id = 0 if values.get("replaced_by") else None
        questions.append(question)
    return questions


def as_bank(entries: list[FixtureEntry]) -> Bank:
    """Return what checked entries say of the bank, or else what the database says of it."""
    for entry in entries:
        if entry["model"] == BANK:
            return unsaved(Bank, entry["fields"])
    return Bank.objects.current()


def unsaved[Row: models.Model](model: type[Row], values: dict[str, Any]) -> Row:
    """Return a row of the values of a checked entry, without what it refers to."""
    fields = [field for field in model._meta.concrete_fields if not field.is_relation]
    known = {f.name: f.to_python(values[f.name]) for f in fields if f.name in values}
    return model(**known)


def bank_entries() -> list[FixtureEntry]:
    """Return the bank of the database as entries of a file, in the order of the page."""
    rows = [
        *Bank.objects.all(),
        *Category.objects.order_by("position", "slug"),
        *Question.objects.in_order().select_related("replaced_by"),
    ]
    entries = serializers.serialize(
        "python", rows, use_natural_foreign_keys=True, use_natural_primary_keys=True
    )
    return [without_defaults(entry) for entry in entries]


def without_defaults(entry: FixtureEntry) -> FixtureEntry:
    """Return an entry with its fields in order, without those that it may leave out."""
    fields = {}
    for name in FIELDS[entry["model"]]:
        field: Any = MODELS[entry["model"]]._meta.get_field(name)
        value = entry["fields"][name]
        if not (may_be_absent(field) and value == field.get_default()):
            fields[name] = list(value) if isinstance(value, tuple) else value
    return {"model": entry["model"], "fields": fields}


def dump(entries: list[FixtureEntry]) -> str:
    """Return entries as the text of a fixture file."""
    return HEADER + "\n".join(yaml_text([entry]) for entry in entries)


def write_file(path: Path, text: str) -> None:
    """
    Write a fixture file atomically: nobody can read it half-written, and a full disk spoils none.

    A symbolic link stays, and the file that it leads to is replaced. Raises FixtureError where
    there is something else than a regular file: a device, a pipe, a folder.
    """
    path = path.resolve()
    if os.path.lexists(path) and not path.is_file():
        raise FixtureError(f"{path} is no regular file")
    before = path.stat() if path.exists() else None
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.")
    except OSError as error:
        error.filename = str(path.parent)  # rather than a name that nobody has heard of
        raise
    # As bytes: text is written with other line ends on some systems.
    with open(descriptor, "wb") as file:  # noqa: PTH123 (a descriptor)
        try:
            file.write(text.encode())
            file.flush()
            os.fsync(descriptor)
            os.fchmod(descriptor, before.st_mode & 0o777 if before else 0o644)
            if before:
                with contextlib.suppress(OSError):  # only root may give a file away
                    os.fchown(descriptor, before.st_uid, before.st_gid)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink()
            raise


def with_fields(text: str, changes: dict[str, dict[str, Any]]) -> str:
    """
    Return the text of a YAML file with fields of questions set, by slug; None removes a field.

    All other bytes stay as they are, comments included. Raises FixtureError where the style of the
    file makes that impossible.
    """
    lines = text.splitlines(keepends=True)
    wanted = parse(text)
    edits: list[tuple[int, int, list[str]]] = []  # first line, one past the last, new lines
    for entry, node in zip(wanted, nodes(text), strict=True):
        if entry["model"] != QUESTION:
            continue
        values = changes.get(entry["fields"]["slug"], {})
        places, indent = field_places(node, lines)
        after = 0  # a field that the entry lacks goes behind the one before it in FIELDS
        for name in FIELDS[QUESTION]:
            start, after = places.get(name, (after, after))
            if name not in values or values[name] == entry["fields"].get(name):
                continue
            entry["fields"].pop(name, None)
            new = ""
            if values[name] is not None:
                entry["fields"][name] = values[name]
                new = textwrap.indent(yaml_text({name: values[name]}), indent)
            edits.append((start, after, new.splitlines(keepends=True)))
    # From the end, so that the line numbers of the edits before stay right.
    edits.sort(key=lambda edit: edit[:2])
    for start, end, new_lines in reversed(edits):
        lines[start:end] = new_lines
    changed = "".join(lines)
    with contextlib.suppress(FixtureError):
        if parse(changed) == wanted:
            return changed
    raise FixtureError("its style of YAML can't be changed in place: edit it by hand")


def nodes(text: str) -> list[yaml.MappingNode]:
    root = yaml.compose(text, Loader)
    return root.value if isinstance(root, yaml.SequenceNode) else []


def field_places(
    entry: yaml.MappingNode, lines: list[str]
) -> tuple[dict[str, tuple[int, int]], str]:
    """Return the line numbers of each field, first and one past the last, and their indent."""
    fields = next(value for key, value in entry.value if key.value == "fields")
    places = {}
    for key, value in fields.value:
        start, end = key.start_mark.line, value.end_mark.line + bool(value.end_mark.column)
        while not lines[end - 1].strip():
            end -= 1  # a block scalar includes the empty lines after it
        places[key.value] = (start, end)
    return places, " " * fields.start_mark.column


class Dumper(yaml.SafeDumper):
    """Writes long text as a block scalar, and a natural key on one line."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002
        super().increase_indent(flow, False)  # noqa: FBT003 (lists are indented)

    def represent_text(self, text: str) -> yaml.ScalarNode:
        style = None
        if re.search("[\x85\u2028\u2029]", text):
            style = '"'  # in other styles YAML reads them as line feeds
        elif ("\n" in text or len(text) > LONG_TEXT) and not re.search(r"(^|\n)\n\Z", text):
            style = "|"  # not where it ends in empty lines: they would look like a separator
        return self.represent_scalar("tag:yaml.org,2002:str", text, style)

    def represent_natural_key(self, key: list[Any]) -> yaml.SequenceNode:
        is_key = all(isinstance(part, str) for part in key)
        return self.represent_sequence("tag:yaml.org,2002:seq", key, flow_style=is_key)


Dumper.add_representer(str, Dumper.represent_text)
Dumper.add_representer(list, Dumper.represent_natural_key)


def yaml_text(value: Any) -> str:
    return yaml.dump(value, Dumper=Dumper, allow_unicode=True, sort_keys=False, width=math.inf)


def parse(text: str) -> list[Any]:
    """Return the entries of the text of a YAML file, unchecked. Raises FixtureError."""
    return [entry.value for entry in reading.parse(text)]


def in_loading_order(entries: list[FixtureEntry]) -> list[FixtureEntry]:
    """Return checked entries so that each comes after those that it refers to."""
    models_in_order = list(MODELS)
    places = {slug: place for place, slug in enumerate(replacements_first(entries))}

    def order(entry: FixtureEntry) -> tuple[int, int]:
        model, slug = key_of(entry)
        return models_in_order.index(model), places.get(slug, -1) if model == QUESTION else 0

    return sorted(entries, key=order)


def replacements_first(entries: list[FixtureEntry]) -> list[str]:
    """
    Return the slugs of retired questions and of what replaces them, the replacements first.

    Raises CycleError where questions replace each other in a circle.
    """
    replaced_by = {
        entry["fields"]["slug"]: entry["fields"]["replaced_by"]
        for entry in entries
        if entry["model"] == QUESTION and entry["fields"].get("replaced_by")
    }
    return list(TopologicalSorter(replaced_by).static_order())


def circles(entries: list[FixtureEntry]) -> Iterator[tuple[str, str]]:
    """Yield a question that leads back to itself, by its slug, and the reason."""
    try:
        replacements_first(entries)
    except CycleError as error:
        yield error.args[1][0], "leads back to this question"


def key_of(entry: FixtureEntry) -> Key:
    return entry["model"], entry["fields"].get("slug", "")


def shape_fault(read: ReadEntry) -> str:
    """Return why an entry has not the shape of an entry; "" where it has."""
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


def may_be_absent(field: models.Field) -> bool:
    """Return whether an entry may leave a field out, which then has its default."""
    return field.blank and field.name not in ALWAYS_WRITTEN


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
    """Return a value that should be text as the file has it, and why it is none."""
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
