from typing import Any

from django.db import IntegrityError, migrations, models, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models import Q
from django.db.models.expressions import RawSQL

from questions.models.fields import CHECKS, not_blank, without_refused

MOST = {"category": 32_767, "question": 2_147_483_647}  # the highest position
SLUG_LENGTH = 80


def mend(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Change what the constraints of the next migration refuse and today's allow."""
    for model in apps.get_app_config("questions").get_models():
        rows = model._base_manager.using(schema_editor.connection.alias)
        name = str(model._meta.model_name)
        if name in MOST:
            rows.filter(position__gt=MOST[name]).update(position=MOST[name])
        to_mend = has_refused(rows) | is_incomplete(name)
        for key in list(rows.filter(to_mend).order_by("pk").values_list("pk", flat=True)):
            row = rows.get(pk=key)
            for field in text_fields(model):
                setattr(row, field.attname, without_refused(getattr(row, field.attname)))
            if name in MOST:
                complete(row, rows)
            save(row)


def text_fields(model: type[models.Model]) -> "list[models.Field[Any, Any]]":
    fields = model._meta.concrete_fields
    return [field for field in fields if isinstance(field, models.CharField | models.TextField)]


def has_refused(rows: models.QuerySet[Any]) -> Q:
    """Return the condition that a text of a row holds a character that is refused from now on."""
    connection = transaction.get_connection(rows.db)
    check = CHECKS[connection.vendor]
    conditions = [
        f"NOT ({check(connection.ops.quote_name(field.column))})"
        for field in text_fields(rows.model)
    ]
    sql = " OR ".join(conditions) or "1 = 0"
    return Q(RawSQL(sql, [], output_field=models.BooleanField()))  # noqa: S611 (all ours)


def is_incomplete(name: str) -> Q:
    """Return the condition that a text which has to be there holds nothing but white space."""
    if name == "category":
        return ~Q(not_blank("slug"), not_blank("name"))
    if name == "question":
        is_checked = Q(not_blank("checked_hash"), not_blank("checked_with"), ~Q(checked_on=None))
        return (
            ~Q(not_blank("slug"), not_blank("title"))
            | (Q(published=True) & ~Q(not_blank("short_answer")))
            | ~(Q(checked_hash="", checked_with="", checked_on=None) | is_checked)
        )
    return Q(pk__in=[])


def complete(row: Any, rows: models.QuerySet[Any]) -> None:
    """Fill in what a category or a question can't be without."""
    is_taken = rows.exclude(pk=row.pk).filter(slug=row.slug).exists()
    if not row.slug.strip() or row.slug == "all" or is_taken:
        end = f"{row._meta.model_name}-{row.pk}"
        row.slug = f"{row.slug.strip()[: SLUG_LENGTH - len(end) - 1]}-{end}".lstrip("-")
    if row._meta.model_name == "category":
        row.name = row.name if row.name.strip() else row.slug
        return
    row.title = row.title if row.title.strip() else row.slug
    row.published = row.published and bool(row.short_answer.strip())
    if not (row.checked_hash.strip() and row.checked_with.strip() and row.checked_on):
        row.checked_hash, row.checked_with, row.checked_on = "", "", None


def save(row: models.Model) -> None:
    try:
        with transaction.atomic(row._state.db):
            row.save()
    except IntegrityError:
        if row._meta.model_name in MOST:
            raise
        row.delete()  # a former slug or a count: it is there without these characters, too


class Migration(migrations.Migration):
    dependencies = [
        ("questions", "0013_record_categories"),
    ]

    operations = [migrations.RunPython(mend, migrations.RunPython.noop)]
