import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import questions.models.fields


def unpublish_without_answer(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make drafts of what the release before could not show: it wants an answer."""
    questions = apps.get_model("questions", "Question").objects.using(
        schema_editor.connection.alias
    )
    questions.filter(published=True, answer__regex=r"^\s*$").update(published=False)


class Migration(migrations.Migration):
    dependencies = [
        ("questions", "0010_validate_bounds"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="question",
            name="question_published_with_answer",
        ),
        migrations.RunPython(migrations.RunPython.noop, unpublish_without_answer),
        migrations.AddField(
            model_name="question",
            name="asked_as",
            field=questions.models.fields.PlainTextField(
                blank=True,
                help_text="Other ways in which the question is asked: one a line, eight at most.",
                max_length=1300,
                verbose_name="also asked as",
            ),
        ),
        migrations.AddField(
            model_name="question",
            name="prompt",
            field=questions.models.fields.PlainTextField(
                blank=True,
                help_text="Markdown: what an interviewer adds, such as a scenario, a piece of code or a table. It must not give the answer away.",
                max_length=5000,
            ),
        ),
        migrations.AddField(
            model_name="question",
            name="replaced_by",
            field=models.ForeignKey(
                blank=True,
                help_text="Retires this question: its address leads to that one from then on.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="replaces",
                to="questions.question",
            ),
        ),
        migrations.AddConstraint(
            model_name="question",
            constraint=models.CheckConstraint(
                condition=models.Q(("replaced_by", None), ("published", False), _connector="OR"),
                name="question_replaced_is_not_published",
                violation_error_message="A question that another one replaces is not published.",
            ),
        ),
        migrations.AddConstraint(
            model_name="question",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.LessThanOrEqual(
                    django.db.models.functions.text.Length("prompt"), models.Value(5000)
                ),
                name="question_prompt_length",
                violation_error_message="Shorten the prompt to 5,000 characters.",
            ),
        ),
        migrations.AddConstraint(
            model_name="question",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.LessThanOrEqual(
                    django.db.models.functions.text.Length("asked_as"), models.Value(1300)
                ),
                name="question_asked_as_length",
                violation_error_message="Shorten the asked as to 1,300 characters.",
            ),
        ),
    ]
