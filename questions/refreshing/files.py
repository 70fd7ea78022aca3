"""
The entries of fixture files: what they become, in which order they are loaded, and writing them.

Long texts are written as block scalars, so that an answer reads as Markdown, also in a diff.
"""

import contextlib
import math
import os
import re
import tempfile
import textwrap
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import yaml
from django.core import serializers
from django.db import models

from questions.models import KEPT_BY_DATABASE, Bank, Category, Question
from questions.refreshing import reading
from questions.refreshing.reading import FixtureError, Loader

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
HEADER = "# The question bank. docs/writing.md explains the fields and the Markdown conventions.\n"


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
    there is something else than a regular file, such as a device, a pipe or a folder, and for a
    name that is not one of YAML.
    """
    fault = not_yaml(path)
    path = path.resolve()
    if os.path.lexists(path) and not path.is_file():
        raise FixtureError(f"{path} is no regular file")
    if fault:
        raise FixtureError(fault)
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


def not_yaml(path: Path) -> str:
    """Return why no fixture file is written under a name; "" where it can be."""
    if path.suffix in {".yaml", ".yml"}:
        return ""
    return f"“{path}” does not end with .yaml, and YAML is what is written"


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


def key_of(entry: FixtureEntry) -> Key:
    return entry["model"], entry["fields"].get("slug", "")


def may_be_absent(field: models.Field) -> bool:
    """Return whether an entry may leave a field out, which then has its default."""
    return field.blank and field.name not in ALWAYS_WRITTEN
