from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState


class Validate(ValidateConstraint):
    """Let PostgreSQL look at the rows, while everybody goes on reading and writing."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        if schema_editor.connection.vendor == "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)


class Migration(migrations.Migration):
    dependencies = [
        ("questions", "0009_bound_texts"),
    ]

    operations = [
        Validate(model_name="question", name="question_short_answer_length"),
        Validate(model_name="question", name="question_answer_length"),
        Validate(model_name="question", name="question_further_reading_length"),
    ]
