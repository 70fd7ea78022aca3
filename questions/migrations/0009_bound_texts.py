import django.db.models.functions.text
import django.db.models.lookups
from django.contrib.postgres.operations import AddConstraintNotValid
from django.core.management import CommandError
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState, StateApps
from django.db.models.functions import Length


class AddConstraint(AddConstraintNotValid):
    """On PostgreSQL without a look at the rows, which readers would wait for (0010 looks)."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        if schema_editor.connection.vendor == "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        else:
            migrations.AddConstraint.database_forwards(
                self, app_label, schema_editor, from_state, to_state
            )


LIMITS = {"short_answer": 5000, "answer": 50000, "further_reading": 10000}  # characters


def refuse_longer(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Name the question whose text is too long, where the database would name a constraint."""
    Question = apps.get_model("questions", "Question")
    questions = Question._base_manager.using(schema_editor.connection.alias)
    for field, limit in LIMITS.items():
        lengths = questions.annotate(length=Length(field)).filter(length__gt=limit)
        for slug, length in lengths.order_by("slug").values_list("slug", "length"):
            raise CommandError(
                f"The question “{slug}” has {length:,} characters in its {field.replace('_', ' ')}, "
                f"and this release allows {limit:,}. Shorten it in the older release, and prepare "
                "again. This migration was not applied."
            )


class Migration(migrations.Migration):
    dependencies = [
        ("questions", "0008_record_changes"),
    ]

    operations = [
        migrations.RunPython(refuse_longer, migrations.RunPython.noop, elidable=True),
        migrations.AlterField(
            model_name="question",
            name="answer",
            field=models.TextField(
                blank=True,
                help_text="Markdown: the detail, then “## Example”, “## Pitfalls” and “## Follow-ups”. docs/writing.md explains the conventions.",
                max_length=50000,
            ),
        ),
        migrations.AlterField(
            model_name="question",
            name="further_reading",
            field=models.TextField(
                blank=True,
                help_text="Markdown, one link a line: - [Name of the page](https://…)",
                max_length=10000,
            ),
        ),
        migrations.AlterField(
            model_name="question",
            name="short_answer",
            field=models.TextField(
                blank=True,
                help_text="Markdown, one paragraph of 40 to 80 words: what a good candidate says first.",
                max_length=5000,
            ),
        ),
        AddConstraint(
            model_name="question",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.LessThanOrEqual(
                    django.db.models.functions.text.Length("short_answer"), models.Value(5000)
                ),
                name="question_short_answer_length",
                violation_error_message="Shorten the short answer to 5,000 characters.",
            ),
        ),
        AddConstraint(
            model_name="question",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.LessThanOrEqual(
                    django.db.models.functions.text.Length("answer"), models.Value(50000)
                ),
                name="question_answer_length",
                violation_error_message="Shorten the answer to 50,000 characters.",
            ),
        ),
        AddConstraint(
            model_name="question",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.LessThanOrEqual(
                    django.db.models.functions.text.Length("further_reading"), models.Value(10000)
                ),
                name="question_further_reading_length",
                violation_error_message="Shorten the further reading to 10,000 characters.",
            ),
        ),
    ]
