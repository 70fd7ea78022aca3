from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def validate(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Let PostgreSQL look at the rows, while everybody goes on reading and writing."""
    if schema_editor.connection.vendor != "postgresql":
        return
    tables = [m._meta.db_table for m in apps.get_app_config("questions").get_models()]
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, conname FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid"
            " WHERE NOT convalidated AND pg_table_is_visible(conrelid) AND relname = ANY(%s)",
            [tables],
        )
        for names in cursor.fetchall():
            table, constraint = map(schema_editor.quote_name, names)
            cursor.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {constraint}")


class Migration(migrations.Migration):
    dependencies = [
        ("questions", "0015_refuse_control_characters"),
    ]

    operations = [migrations.RunPython(validate, migrations.RunPython.noop)]
