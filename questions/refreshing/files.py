"""The entries of fixture files: their fields, rows as entries, entries as rows, and their order."""

from graphlib import TopologicalSorter
from typing import Any

from django.core import serializers
from django.db import models

from questions.models import KEPT_BY_DATABASE, Bank, Category, Question
from questions.refreshing import reading

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
