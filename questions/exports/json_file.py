"""JSON with a schema: what programs read, and what `import_bank` reads back without loss."""

import json
from typing import Any

from django.db import models
from django.urls import reverse

from questions.exports.selection import (
    BANK_FIELDS,
    CATEGORY_FIELDS,
    QUESTION_FIELDS,
    Search,
    Selection,
    data,
)
from questions.models import Bank, Category, Question

# Moves when a program that reads the files could no longer read them. A field more is no reason.
VERSION = 1

TYPES: list[tuple[Any, dict[str, Any]]] = [
    (models.BooleanField, {"type": "boolean"}),
    (models.IntegerField, {"type": "integer"}),
    (models.FloatField, {"type": "number"}),
    (models.DateField, {"type": "string", "format": "date"}),
    (models.ForeignKey, {"type": "string", "description": "The slug of a category in this file."}),
    (models.Field, {"type": "string"}),
]

SEARCH = {
    "type": ["object", "null"],
    "description": "What was searched for; null where nothing was.",
    "properties": {
        "q": {"type": "string", "description": "As it was typed."},
        "corrected": {"type": "string", "description": "What is found, where q has nothing."},
        "is_partial": {"type": "boolean", "description": "Whether the best lacks some words."},
    },
    "required": list(Search._fields),
}


def write(selection: Selection) -> bytes:
    content = {
        "$schema": selection.origin + reverse("export-schema"),
        "version": VERSION,
        "search": selection.search._asdict() if selection.search else None,
        "bank": data(selection.bank, BANK_FIELDS),
        "categories": [data(category, CATEGORY_FIELDS) for category in selection.categories],
        "questions": [
            {**data(question, QUESTION_FIELDS), "url": selection.address(question)}
            for question in selection.questions
        ],
    }
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


def schema(address: str) -> dict[str, Any]:
    """Return the JSON Schema of a file, which stands at `address`: what the models say."""
    question = row_schema(Question, QUESTION_FIELDS)
    question["properties"]["url"] = {"type": "string", "format": "uri"}
    question["required"].append("url")
    properties = {
        "$schema": {"const": address},
        "version": {"const": VERSION},
        "search": SEARCH,
        "bank": row_schema(Bank, BANK_FIELDS),
        "categories": {"type": "array", "items": row_schema(Category, CATEGORY_FIELDS)},
        "questions": {"type": "array", "items": question},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": address,
        "title": "Interview questions with their answers",
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name != "search"],  # which older files lack
    }


def row_schema(model: type[models.Model], names: list[str]) -> dict[str, Any]:
    properties = {name: field_schema(model._meta.get_field(name)) for name in names}
    return {"type": "object", "properties": properties, "required": list(names)}


def field_schema(field: Any) -> dict[str, Any]:
    described = dict(next(schema for kind, schema in TYPES if isinstance(field, kind)))
    if field.choices:
        absent = [""] * field.blank + [None] * field.null
        described["enum"] = [*(value for value, _ in field.choices), *absent]
    elif described["type"] == "string" and getattr(field, "max_length", None):
        described["maxLength"] = field.max_length
    if field.name == "position":
        described["minimum"] = 1  # as a constraint says
    if field.null:
        described["type"] = [described["type"], "null"]
    if field.help_text and "description" not in described:
        described["description"] = str(field.help_text)
    return described
