import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import questions.models.fields


def describe_the_bank(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give a bank that is there already the words in which the pages described it so far."""
    alias = schema_editor.connection.alias
    if apps.get_model("questions", "Category").objects.using(alias).exists():
        apps.get_model("questions", "Bank").objects.using(alias).create(
            title="Advanced Python backend interview questions",
            promise="A short answer to say first, the detail behind it, and code to run.",
        )


def forget_the_bank(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Drop what a refresh noted of the row; the release before knows no such model."""
    refreshed = apps.get_model("questions", "Refreshed").objects
    refreshed.using(schema_editor.connection.alias).filter(model="questions.bank").delete()


class Migration(migrations.Migration):
    dependencies = [
        ("questions", "0011_add_prompt_phrasings_and_replacement"),
    ]

    operations = [
        migrations.CreateModel(
            name="Bank",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(
                        default=1, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "name",
                    questions.models.fields.PlainCharField(
                        default="QA Bank",
                        help_text="Stands in the header of each page.",
                        max_length=40,
                    ),
                ),
                (
                    "title",
                    questions.models.fields.PlainCharField(
                        default="Interview questions",
                        help_text="The heading of the home page: what the questions are about.",
                        max_length=80,
                    ),
                ),
                (
                    "promise",
                    questions.models.fields.PlainCharField(
                        default="A short answer to say first, and the detail behind it.",
                        help_text="One sentence: what a reader gets.",
                        max_length=160,
                    ),
                ),
                (
                    "language",
                    questions.models.fields.PlainCharField(
                        default="en",
                        help_text="In which the questions are written: a tag such as en, de or pt-br.",
                        max_length=20,
                        validators=[questions.models.fields.validate_language],
                    ),
                ),
                (
                    "example",
                    questions.models.fields.PlainCharField(
                        default="Example",
                        max_length=40,
                        verbose_name="name of the section “Example”",
                    ),
                ),
                (
                    "pitfalls",
                    questions.models.fields.PlainCharField(
                        default="Pitfalls",
                        max_length=40,
                        verbose_name="name of the section “Pitfalls”",
                    ),
                ),
                (
                    "follow_ups",
                    questions.models.fields.PlainCharField(
                        default="Follow-ups",
                        max_length=40,
                        verbose_name="name of the section “Follow-ups”",
                    ),
                ),
                (
                    "requires_style",
                    models.BooleanField(
                        default=True,
                        help_text="Whether a question has to follow the style of writing before it is published: sections, lengths and links. Otherwise the style only gives advice.",
                        verbose_name="requires the house style",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "bank",
            },
        ),
        migrations.AddConstraint(
            model_name="bank",
            constraint=models.CheckConstraint(
                condition=models.Q(("id", 1)),
                name="bank_once",
                violation_error_message="There is one bank already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="bank",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    django.db.models.lookups.GreaterThan(
                        django.db.models.functions.text.Length(
                            questions.models.fields.Stripped("name")
                        ),
                        models.Value(0),
                    ),
                    django.db.models.lookups.GreaterThan(
                        django.db.models.functions.text.Length(
                            questions.models.fields.Stripped("title")
                        ),
                        models.Value(0),
                    ),
                    django.db.models.lookups.GreaterThan(
                        django.db.models.functions.text.Length(
                            questions.models.fields.Stripped("language")
                        ),
                        models.Value(0),
                    ),
                    django.db.models.lookups.GreaterThan(
                        django.db.models.functions.text.Length(
                            questions.models.fields.Stripped("example")
                        ),
                        models.Value(0),
                    ),
                    django.db.models.lookups.GreaterThan(
                        django.db.models.functions.text.Length(
                            questions.models.fields.Stripped("pitfalls")
                        ),
                        models.Value(0),
                    ),
                    django.db.models.lookups.GreaterThan(
                        django.db.models.functions.text.Length(
                            questions.models.fields.Stripped("follow_ups")
                        ),
                        models.Value(0),
                    ),
                ),
                name="bank_filled_in",
                violation_error_message="Give the bank a name, a title, a language and the names of its sections.",
            ),
        ),
        migrations.RunPython(describe_the_bank, forget_the_bank),
    ]
