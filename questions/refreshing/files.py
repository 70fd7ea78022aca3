"""
Fixture files of the bank: read, checked before anything is loaded, and written.

Django's deserializer accepts many bad files: a missing field gets its default, and the second of
two entries with one slug overwrites the first. Here every entry is checked first. A file with a
fault is refused with one line that names the file, the entry, the field and the reason.

Long texts are written as block scalars, so that an answer reads as Markdown, also in a diff.
"""

import contextlib
import math
import os
import re
import reprlib
import tempfile
import textwrap
from collections.abc import Iterator
from datetime import date
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import yaml
from django.core import serializers
from django.core.exceptions import ValidationError
from django.db import models

from questions.models import KEPT_BY_DATABASE, Bank, Category, Question

Entry = dict[str, Any]  # `model` and `fields`

QUESTION = "questions.question"
MODELS: dict[str, type[models.Model]] = {
    "questions.bank": Bank,
    "questions.category": Category,
    QUESTION: Question,
}
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
FILE_LIMIT = 64 << 20  # bytes
DEPTH_LIMIT = 10  # ours have 5
HEADER = "# The question bank. docs/writing.md explains the fields and the Markdown conventions.\n"


class FixtureError(Exception):
    """A fault in a fixture file, described in one line."""


def checked_entries(path: Path, slugs: set[Key] | None = None) -> list[Entry]:
    """
    Return the entries of a file that is safe to load.

    Raises FixtureError where it is not. `slugs` holds the model and the slug of each entry in the
    files read before; those of this file are added.
    """
    try:
        entries = read_entries(path)
        check_entries(entries, set() if slugs is None else slugs)
        return entries
    except FixtureError as error:
        reason = " ".join(str(error).split()).removesuffix(".")
        raise FixtureError(f"{path.name}: {reason}.") from error


def as_questions(entries: list[Entry]) -> list[Question]:
    """
    Return the questions among checked entries, unsaved and without what they refer to.

    Of a retired one `replaced_by_id` is no more than set.
    """
    questions = []
    for values in (e["fields"] for e in entries if e["model"] == QUESTION):
        question = unsaved(Question, values)
        question.replaced_by_id = 0 if values.get("replaced_by") else None
        questions.append(question)
    return questions


def as_bank(entries: list[Entry]) -> Bank:
    """Return what checked entries say of the bank, or else what the database says of it."""
    for entry in entries:
        if entry["model"] == "questions.bank":
            return unsaved(Bank, entry["fields"])
    return Bank.objects.current()


def unsaved[Row: models.Model](model: type[Row], values: dict[str, Any]) -> Row:
    """Return a row of the values of a checked entry, without what it refers to."""
    fields = [field for field in model._meta.concrete_fields if not field.is_relation]
    known = {f.name: f.to_python(values[f.name]) for f in fields if f.name in values}
    return model(**known)


def bank_entries() -> list[Entry]:
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


def without_defaults(entry: Entry) -> Entry:
    """Return an entry with its fields in order, without those that it may leave out."""
    fields = {}
    for name in FIELDS[entry["model"]]:
        field: Any = MODELS[entry["model"]]._meta.get_field(name)
        value = entry["fields"][name]
        if not (may_be_absent(field) and value == field.get_default()):
            fields[name] = list(value) if isinstance(value, tuple) else value
    return {"model": entry["model"], "fields": fields}


def dump(entries: list[Entry]) -> str:
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


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Refuses keys that are not text, and keys that occur twice: YAML would take the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        seen = set()
        for key_node, _ in node.value:
            key = key_node.value
            if key_node.tag != "tag:yaml.org,2002:str":
                raise yaml.MarkedYAMLError(
                    problem=f"the key {reprlib.repr(key)} is not text",
                    problem_mark=key_node.start_mark,
                )
            if key in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {reprlib.repr(key)} occurs twice",
                    problem_mark=key_node.start_mark,
                )
            seen.add(key)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


def read_entries(path: Path) -> list[Any]:
    """Return the entries of a YAML or JSON file, unchecked. Raises FixtureError."""
    if path.suffix not in {".yaml", ".yml", ".json"}:
        raise FixtureError(f"{path.suffix or 'no'} format: the bank is kept as .yaml or .json")
    try:
        with path.open("rb") as file:
            content = file.read(FILE_LIMIT + 1)  # a pipe has no size that could be asked for
        if len(content) > FILE_LIMIT:
            raise FixtureError(f"larger than {FILE_LIMIT >> 20} MB: split it")
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FixtureError(f"not UTF-8 at byte {error.start}") from error
    except OSError as error:
        raise FixtureError(f"cannot be read: {error.strerror}") from error
    return parse(text)


def parse(text: str) -> list[Any]:
    """Return the entries of the text of a file, unchecked. Raises FixtureError."""
    try:
        check_events(text)
        entries = yaml.load(text, Loader)  # noqa: S506 (a SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise FixtureError(f"{where}{error.problem or error.context}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise FixtureError(" ".join(str(error).split())) from error
    if not isinstance(entries, list) or not entries:
        raise FixtureError("expected a list of entries, each with `model` and `fields`")
    return entries


def check_events(text: str) -> None:
    """
    Refuse aliases and deep nesting, which could crash the process that composes the text.

    The composer recurses in C without a limit and would overflow the stack.
    """
    depth = 0
    for event in yaml.parse(text, Loader):
        mark: Any = event.start_mark
        if isinstance(event, yaml.AliasEvent):
            raise yaml.MarkedYAMLError(problem="an alias (*name) is not allowed", problem_mark=mark)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEPTH_LIMIT:
            raise yaml.MarkedYAMLError(problem="nested too deeply", problem_mark=mark)


def in_loading_order(entries: list[Entry]) -> list[Entry]:
    """Return checked entries so that each comes after those that it refers to."""
    models_in_order = list(MODELS)
    places = {slug: place for place, slug in enumerate(replacements_first(entries))}

    def order(entry: Entry) -> tuple[int, int]:
        model, slug = key_of(entry)
        return models_in_order.index(model), places.get(slug, -1) if model == QUESTION else 0

    return sorted(entries, key=order)


def replacements_first(entries: list[Entry]) -> list[str]:
    """
    Return the slugs of retired questions and of what replaces them, the replacements first.

    Raises FixtureError where questions replace each other in a circle.
    """
    replaced_by = {
        entry["fields"]["slug"]: entry["fields"]["replaced_by"]
        for entry in entries
        if entry["model"] == QUESTION and entry["fields"].get("replaced_by")
    }
    try:
        return list(TopologicalSorter(replaced_by).static_order())
    except CycleError as error:
        message = f"{QUESTION} “{error.args[1][0]}”: replaced_by: leads back to this question"
        raise FixtureError(message) from error


def key_of(entry: Entry) -> Key:
    return entry["model"], entry["fields"].get("slug", "")


def check_entries(entries: list[Any], slugs: set[Key]) -> None:
    labels = list(entry_labels(entries))
    for index, entry in enumerate(entries):
        key = key_of(entry)
        if key in slugs:
            raise FixtureError(f"{labels[index]}: {'slug: ' if key[1] else ''}occurs twice")
        slugs.add(key)
    for index, entry in enumerate(entries):
        try:
            check_fields(entry["model"], entry["fields"], slugs)
        except FixtureError as error:
            raise FixtureError(f"{labels[index]}: {error}") from error
    replacements_first(entries)


def entry_labels(entries: list[Any]) -> Iterator[str]:
    """Check that each entry has the shape of an entry, and yield its name for messages."""
    for index, entry in enumerate(entries):
        name = f"entry {index + 1}"
        if not isinstance(entry, dict) or not isinstance(entry.get("fields"), dict):
            raise FixtureError(f"{name}: expected a mapping with `model` and `fields`")
        if not isinstance(entry.get("model"), str) or entry["model"] not in MODELS:
            raise FixtureError(
                f"{name}: model: {reprlib.repr(entry.get('model'))} is not {' or '.join(MODELS)}"
            )
        if extra := entry.keys() - {"model", "fields"}:
            raise FixtureError(
                f"{name}: {min(map(str, extra))}: only `model` and `fields` are allowed; "
                "entries are found by their slug, not by a primary key"
            )
        if "slug" not in FIELDS[entry["model"]]:
            yield entry["model"]
            continue
        slug = entry["fields"].get("slug")
        if not isinstance(slug, str) or not slug:
            raise FixtureError(f"{name}: slug: missing")
        yield f"{entry['model']} “{slug}”"


def check_fields(label: str, fields: dict[str, Any], slugs: set[Key]) -> None:
    model = MODELS[label]
    fields_by_name = {field.name: field for field in model._meta.concrete_fields}
    known = fields_by_name.keys() - {"id"}
    if unknown := fields.keys() - known:
        raise FixtureError(f"{min(map(str, unknown))}: there is no such field")
    required = {name for name in FIELDS[label] if not may_be_absent(fields_by_name[name])}
    if missing := required - fields.keys():
        raise FixtureError(f"{min(missing)}: missing")
    instance = model()
    references = {name for name, field in fields_by_name.items() if field.is_relation}
    for name, value in fields.items():
        field = fields_by_name[name]
        if name not in references:
            check_type(field, value)
            setattr(instance, name, value)
        elif value is not None or not field.null:
            check_reference(field, value, slugs)
            setattr(instance, field.attname, 0)  # its row may be one that is not loaded yet
    try:
        instance.clean_fields(exclude=references)
        if not keeps_constraints(instance):
            instance.validate_constraints()  # raises with the message
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        where = "" if name == "__all__" else f"{name}: "
        raise FixtureError(f"{where}{messages[0]}") from error


def may_be_absent(field: models.Field) -> bool:
    """Return whether an entry may leave a field out, which then has its default."""
    return field.blank and field.name not in ALWAYS_WRITTEN


def keeps_constraints(instance: models.Model) -> bool:
    """Ask the database about all check constraints in one query: that is three times as fast."""
    constraints = [c for c in instance._meta.constraints if isinstance(c, models.CheckConstraint)]
    conditions = models.Q(*(constraint.condition for constraint in constraints))
    values = {
        field.name: models.Value(getattr(instance, field.attname), field)
        for field in instance._meta.concrete_fields
    }
    return conditions.check(values)


def check_reference(field: models.Field, value: Any, slugs: set[Key]) -> None:
    """Refuse a value that names no entry of the files and no row of the database."""
    if not (isinstance(value, list) and len(value) == 1 and isinstance(value[0], str)):
        raise FixtureError(
            f"{field.name}: expected a list with one slug, not {reprlib.repr(value)}"
        )
    model: Any = field.related_model
    if (model._meta.label_lower, value[0]) in slugs:
        return
    try:
        model.objects.get_by_natural_key(value[0])
    except model.DoesNotExist as error:
        message = f"{field.name}: there is no {model._meta.verbose_name} “{value[0]}”"
        raise FixtureError(message) from error


def check_type(field: models.Field, value: Any) -> None:
    """Refuse a value that Django would convert silently, such as a number in a field of text."""
    if value is None and field.null:
        return
    expected: tuple[type, str]
    if isinstance(field, models.BooleanField):
        expected = (bool, "true or false")
    elif isinstance(field, models.IntegerField):
        expected = (int, "a whole number")
    elif isinstance(field, models.CharField | models.TextField):
        expected = (str, "text")
    elif isinstance(field, models.DateField) and not isinstance(field, models.DateTimeField):
        is_day = type(value) is date or (
            isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII)
        )
        if not is_day:
            raise FixtureError(f"{field.name}: expected a date, not {reprlib.repr(value)}")
        return
    else:
        return
    if not isinstance(value, expected[0]) or (expected[0] is int and isinstance(value, bool)):
        raise FixtureError(f"{field.name}: expected {expected[1]}, not {reprlib.repr(value)}")
    if isinstance(value, str) and len(value) > TEXT_LIMIT:
        raise FixtureError(f"{field.name}: longer than {TEXT_LIMIT:,} characters")
