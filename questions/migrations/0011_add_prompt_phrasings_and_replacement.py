import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models import Value
from django.db.models.functions import Length, Trim
from django.db.models.lookups import GreaterThan


def unpublish_without_answer(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make drafts of questions without an answer: the release before publishes none."""
    questions = apps.get_model("questions", "Question").objects.using(
        schema_editor.connection.alias
    )
    has_answer = GreaterThan(Length(Trim("answer")), Value(0))
    questions.filter(published=True).exclude(has_answer).update(published=False)


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
            field=models.TextField(
                blank=True,
                help_text="Other ways in which the question is asked: one a line, eight at most.",
                max_length=1300,
                verbose_name="also asked as",
            ),
        ),
        migrations.AddField(
            model_name="question",
            name="prompt",
            field=models.TextField(
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
    ]
