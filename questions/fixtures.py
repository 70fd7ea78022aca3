"""
Fixture files of the bank: read, and checked before anything is written.

Django's deserializer takes half of all bad files: a field that is missing becomes its default,
a slug that occurs twice overwrites the first entry. Here each entry is checked for shape first;
a file with a fault is refused with one line that names file, entry, field and reason.
"""

from collections.abc import Iterator
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
KEPT_BY_DATABASE = {"id", "created", "updated"}
MAY_BE_ABSENT = {
    "questions.category": {"emoji", "description"},
    "questions.question": {"further_reading", "keywords", "verified_with", "verified_on"},
}


class FixtureError(Exception):
    """A fault in a fixture file, told in one line."""


def check(path: Path) -> None:
    """Raise FixtureError where `path` could not be loaded as a bank, whole and as it is meant."""
    try:
        check_entries(read(path))
    except FixtureError as error:
        raise FixtureError(f"{path.name}: {error}") from error


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML that refuses a key given twice in one mapping, where YAML takes the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        seen = set()
        for key_node, _ in node.value:
            key = key_node.value
            if key in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key!r} occurs twice", problem_mark=key_node.start_mark
                )
            seen.add(key)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


def read(path: Path) -> list[Any]:
    """Return the entries of a YAML (or JSON) file."""
    if path.suffix not in {".yaml", ".yml", ".json"}:
        raise FixtureError(f"{path.suffix or 'no'} format: the bank is kept as .yaml or .json")
    try:
        entries = yaml.load(path.read_text(encoding="utf-8"), Loader)  # noqa: S506 (a SafeLoader)
    except UnicodeDecodeError as error:
        raise FixtureError(f"not UTF-8 at byte {error.start}") from error
    except RecursionError as error:
        raise FixtureError("nested too deeply") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise FixtureError(f"{where}{error.problem or error.context}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise FixtureError(" ".join(str(error).split())) from error
    if not isinstance(entries, list) or not entries:
        raise FixtureError("expected a list of entries, each with `model` and `fields`")
    return entries


def check_entries(entries: list[Any]) -> None:
    labels = dict(named(entries))
    slugs: set[tuple[str, str]] = set()
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
        if entry.get("model") not in MODELS:
            raise FixtureError(
                f"{name}: model: {entry.get('model')!r} is not {' or '.join(MODELS)}"
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
        instance.validate_constraints(exclude={"category"})
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        where = "" if field == "__all__" else f"{field}: "
        raise FixtureError(f"{where}{messages[0]}") from error


def check_category(value: Any, slugs: set[tuple[str, str]]) -> None:
    if not (isinstance(value, list) and len(value) == 1 and isinstance(value[0], str)):
        raise FixtureError(f"category: expected a list with one slug, not {value!r:.60}")
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
    else:
        return  # dates: Django's own parsing is strict
    if not isinstance(value, expected[0]) or (expected[0] is int and isinstance(value, bool)):
        raise FixtureError(f"{field.name}: expected {expected[1]}, not {value!r:.60}")
    if isinstance(value, str) and "\0" in value:
        raise FixtureError(f"{field.name}: contains a NUL character")
