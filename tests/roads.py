"""The roads that a change takes into the database, past the model's code or not."""

from typing import Any

from django.db import connection

from questions.models import Category, Question

type Row = Question | Category


def by_save(row: Row, value: Any, field: str = "title") -> None:
    setattr(row, field, value)
    row.save()


def by_update(row: Row, value: Any, field: str = "title") -> None:
    type(row)._default_manager.filter(pk=row.pk).update(**{field: value})


def by_bulk_update(row: Row, value: Any, field: str = "title") -> None:
    setattr(row, field, value)
    manager: Any = type(row)._default_manager
    manager.bulk_update([row], [field])


def by_upsert(row: Row, value: Any, field: str = "title") -> None:
    setattr(row, field, value)
    manager: Any = type(row)._default_manager
    found_by = "id" if field == "slug" else "slug"
    manager.bulk_create(
        [row], update_conflicts=True, unique_fields=[found_by], update_fields=[field]
    )


def by_plain_sql(row: Row, value: Any, field: str = "title") -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {row._meta.db_table} SET {field} = %s WHERE id = %s",  # noqa: S608
            [value, row.pk],
        )


ROADS = [by_save, by_update, by_bulk_update, by_upsert, by_plain_sql]
