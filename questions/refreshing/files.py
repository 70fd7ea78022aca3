"""
Fixture files of the bank: read, checked before anything is loaded, and written.

Django's deserializer takes half of all bad files: a field that is missing becomes its default,
a slug that occurs twice overwrites the first entry. Here each entry is checked for shape first;
a file with a fault is refused with one line that names file, entry, field and reason.

Written files keep their text as block scalars, so that an answer reads and diffs as Markdown.
"""

import contextlib
import math
import re
import reprlib
import textwrap
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from django.core.exceptions import ValidationError
from django.db import models

from questions.models import Category, Question

MODELS: dict[str, type[models.Model]] = {
    "questions.category": Category,
    "questions.question": Question,
}
# The order of the fields in a file: what is short comes first.
FIELDS = {
    "questions.category": ["slug", "name", "emoji", "description", "position"],
    "questions.question": [
        *("category", "slug", "position", "title", "level", "published", "keywords"),
        *("verified_with", "verified_on", "checked_with", "checked_on", "checked_hash"),
        *("short_answer", "answer", "further_reading"),
    ],
}
LONG_TEXT = 200  # characters
TEXT_LIMIT = 100_000  # characters
# Controls that no text needs, and halves of characters, which a JSON file can hold.
ODD_CHARACTER = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
FILE_LIMIT = 64 << 20  # bytes
DEPTH_LIMIT = 10  # ours have 5
HEADER = "# The question bank. docs/writing.md explains the fields and the Markdown conventions.\n"
KEPT_BY_DATABASE = {"id", "created", "updated"}
MAY_BE_ABSENT = {
    "questions.category": {"emoji", "description"},
    "questions.question": {
        *("further_reading", "keywords", "verified_with", "verified_on"),
        *("checked_with", "checked_on", "checked_hash"),
    },
}


class FixtureError(Exception):
    """A fault in a fixture file, told in one line."""


def check(path: Path, slugs: set[tuple[str, str]] | None = None) -> list[dict[str, Any]]:
    """
    Return the entries of a file that can be loaded as a bank, whole and as it is meant.

    Raises FixtureError where it could not. `slugs` holds what other files have brought already,
    by model, and gets what this one brings.
    """
    try:
        entries = read(path)
        check_entries(entries, set() if slugs is None else slugs)
        return entries
    except FixtureError as error:
        raise FixtureError(f"{path.name}: {' '.join(str(error).split())}") from error


def questions(path: Path) -> list[Question]:
    """Return the questions of a file, which is checked first, without their categories."""
    return as_questions(check(path))


def as_questions(entries: list[dict[str, Any]]) -> list[Question]:
    fields = [field for field in Question._meta.concrete_fields if field.name != "category"]
    return [
        Question(
            **{
                field.name: field.to_python(values[field.name])
                for field in fields
                if field.name in values
            }
        )
        for values in (e["fields"] for e in entries if e["model"] == "questions.question")
    ]


def dump(entries: list[dict[str, Any]]) -> str:
    """Return entries, as `read` gives them, as the text of a fixture file."""
    return HEADER + "\n".join(yaml_text([in_order(entry)]) for entry in entries)


def in_order(entry: dict[str, Any]) -> dict[str, Any]:
    model, fields = entry["model"], entry["fields"]
    return {
        "model": model,
        "fields": {name: fields[name] for name in FIELDS[model] if name in fields},
    }


def with_fields(text: str, changes: dict[str, dict[str, Any]]) -> str:
    """
    Return the text of a YAML file with fields of questions set, by slug; None removes a field.

    Everything else stays as it is to the byte, comments included. Raises FixtureError where the
    file is written in a style that doesn't allow it.
    """
    lines = text.splitlines(keepends=True)
    wanted = parse(text)
    edits: list[tuple[int, int, list[str]]] = []  # first line, one past the last, new lines
    for entry, node in zip(wanted, nodes(text), strict=True):
        if entry["model"] != "questions.question":
            continue
        values = changes.get(entry["fields"]["slug"], {})
        places, indent = field_places(node, lines)
        after = 0  # where a field goes that the entry lacks: behind the one before it in FIELDS
        for name in FIELDS["questions.question"]:
            start, after = places.get(name, (after, after))
            if name not in values or values[name] == entry["fields"].get(name):
                continue
            entry["fields"].pop(name, None)
            new = ""
            if values[name] is not None:
                entry["fields"][name] = values[name]
                new = textwrap.indent(yaml_text({name: values[name]}), indent)
            edits.append((start, after, new.splitlines(keepends=True)))
    # From the end, so that the numbers of the lines before go on to hold.
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
    """Return the lines of each field of an entry, first and one past last, and their indent."""
    fields = next(value for key, value in entry.value if key.value == "fields")
    places = {}
    for key, value in fields.value:
        start, end = key.start_mark.line, value.end_mark.line + bool(value.end_mark.column)
        while not lines[end - 1].strip():
            end -= 1  # a block scalar takes the empty lines after it
        places[key.value] = (start, end)
    return places, " " * fields.start_mark.column


class Dumper(yaml.SafeDumper):
    """The YAML of our files: long text is a block, and a natural key stands in one line."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002
        super().increase_indent(flow, False)  # noqa: FBT003 (lists are indented)

    def represent_text(self, text: str) -> yaml.ScalarNode:
        style = None
        if re.search("[\x85\u2028\u2029]", text):
            style = '"'  # YAML takes them for line feeds elsewhere
        elif ("\n" in text or len(text) > LONG_TEXT) and not re.search(r"(^|\n)\n\Z", text):
            style = "|"  # unless it ends in empty lines, which would seem to lie between entries
        return self.represent_scalar("tag:yaml.org,2002:str", text, style)

    def represent_natural_key(self, key: list[Any]) -> yaml.SequenceNode:
        is_key = all(isinstance(part, str) for part in key)
        return self.represent_sequence("tag:yaml.org,2002:seq", key, flow_style=is_key)


Dumper.add_representer(str, Dumper.represent_text)
Dumper.add_representer(list, Dumper.represent_natural_key)


def yaml_text(value: Any) -> str:
    return yaml.dump(value, Dumper=Dumper, allow_unicode=True, sort_keys=False, width=math.inf)


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML that refuses keys that are no text or occur twice, where YAML takes the last one."""

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


def read(path: Path) -> list[Any]:
    """Return the entries of a YAML (or JSON) file."""
    if path.suffix not in {".yaml", ".yml", ".json"}:
        raise FixtureError(f"{path.suffix or 'no'} format: the bank is kept as .yaml or .json")
    try:
        if path.stat().st_size > FILE_LIMIT:
            raise FixtureError(f"larger than {FILE_LIMIT >> 20} MB: split it")
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise FixtureError(f"not UTF-8 at byte {error.start}") from error
    except OSError as error:
        raise FixtureError(f"cannot be read: {error.strerror}") from error
    return parse(text)


def parse(text: str) -> list[Any]:
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
    Refuse what could bring down the process that composes a text: aliases, and deep nesting.

    The composer recurses in C, where nothing stops it before the stack ends.
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


def check_entries(entries: list[Any], slugs: set[tuple[str, str]]) -> None:
    labels = dict(named(entries))
    for index, entry in enumerate(entries):
        fields = entry["fields"]
        key = (entry["model"], fields["slug"])
        if key in slugs:
            raise FixtureError(f"{labels[index]}: slug: occurs twice")
        slugs.add(key)
    for index, entry in enumerate(entries):
        try:
            check_fields(entry["model"], entry["fields"], slugs)
        except FixtureError as error:
            raise FixtureError(f"{labels[index]}: {error}") from error


def named(entries: list[Any]) -> Iterator[tuple[int, str]]:
    """Yield each entry's name for messages, after checking that it has the shape of an entry."""
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
        slug = entry["fields"].get("slug")
        if not isinstance(slug, str) or not slug:
            raise FixtureError(f"{name}: slug: missing")
        yield index, f"{entry['model']} “{slug}”"


def check_fields(label: str, fields: dict[str, Any], slugs: set[tuple[str, str]]) -> None:
    model = MODELS[label]
    fields_by_name = {field.name: field for field in model._meta.concrete_fields}
    known = fields_by_name.keys() - {"id"}
    if unknown := fields.keys() - known:
        raise FixtureError(f"{min(map(str, unknown))}: there is no such field")
    required = known - KEPT_BY_DATABASE - MAY_BE_ABSENT[label]
    if missing := required - fields.keys():
        raise FixtureError(f"{min(missing)}: missing")
    values = dict(fields)
    if model is Question:
        check_category(values.pop("category"), slugs)
    for name, value in values.items():
        check_type(fields_by_name[name], value)
    instance = model(**values)
    try:
        instance.clean_fields(exclude={"category"})
        if not keeps_constraints(instance):
            instance.validate_constraints(exclude={"category"})  # says which
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        where = "" if field == "__all__" else f"{field}: "
        raise FixtureError(f"{where}{messages[0]}") from error


def keeps_constraints(instance: models.Model) -> bool:
    """Ask the database about all check constraints in one query, a third of the time of each."""
    constraints = [c for c in instance._meta.constraints if isinstance(c, models.CheckConstraint)]
    conditions = models.Q(*(constraint.condition for constraint in constraints))
    values = {
        field.name: models.Value(getattr(instance, field.attname), field)
        for field in instance._meta.concrete_fields
        if field.name not in {"id", "category"}
    }
    return conditions.check(values)


def check_category(value: Any, slugs: set[tuple[str, str]]) -> None:
    if not (isinstance(value, list) and len(value) == 1 and isinstance(value[0], str)):
        raise FixtureError(f"category: expected a list with one slug, not {reprlib.repr(value)}")
    if ("questions.category", value[0]) not in slugs and not Category.objects.filter(
        slug=value[0]
    ).exists():
        raise FixtureError(f"category: there is no category “{value[0]}”")


def check_type(field: models.Field, value: Any) -> None:
    """Refuse a value that Django would silently turn into text, a number or a truth value."""
    expected: tuple[type, str]
    if isinstance(field, models.BooleanField):
        expected = (bool, "true or false")
    elif isinstance(field, models.IntegerField):
        expected = (int, "a whole number")
    elif isinstance(field, models.CharField | models.TextField):
        expected = (str, "text")
    elif isinstance(field, models.DateField) and value is not None:
        is_day = type(value) is date or (
            isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII)
        )
        if not is_day and field.name not in KEPT_BY_DATABASE:
            raise FixtureError(f"{field.name}: expected a date, not {reprlib.repr(value)}")
        return
    else:
        return
    if not isinstance(value, expected[0]) or (expected[0] is int and isinstance(value, bool)):
        raise FixtureError(f"{field.name}: expected {expected[1]}, not {reprlib.repr(value)}")
    if isinstance(value, str) and len(value) > TEXT_LIMIT:
        raise FixtureError(f"{field.name}: longer than {TEXT_LIMIT:,} characters")
    if isinstance(value, str) and (odd := ODD_CHARACTER.search(value)):
        name = "a NUL" if odd[0] == "\0" else f"the control character U+{ord(odd[0]):04X}"
        raise FixtureError(f"{field.name}: contains {name}")
