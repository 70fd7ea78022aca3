import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models.expressions import RawSQL

import questions.models.fields


def mend_texts(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Take out the characters that are refused from now on, and fill in what can't be blank."""
    connection = schema_editor.connection
    check = questions.models.fields.CHECKS[connection.vendor]
    for model in apps.get_app_config("questions").get_models():
        rows = model._base_manager.using(connection.alias)
        for field in model._meta.concrete_fields:
            if not isinstance(field, models.CharField | models.TextField):
                continue
            condition = f"NOT ({check(connection.ops.quote_name(str(field.column)))})"
            odd = RawSQL(condition, [], output_field=models.BooleanField())  # noqa: S611 (our own)
            for row in rows.filter(odd).order_by("pk"):
                text = getattr(row, field.attname)
                setattr(row, field.attname, text.translate(WITHOUT_REFUSED))
                row.save(update_fields=[field.attname])
    for name, most in (("Category", 32_767), ("Question", 2_147_483_647)):
        rows = apps.get_model("questions", name).objects.using(connection.alias)
        rows.filter(position__gt=most).update(position=most)
    categories = apps.get_model("questions", "Category").objects.using(connection.alias)
    categories.exclude(has_text("name")).update(name=models.F("slug"))
    bank = apps.get_model("questions", "Question").objects.using(connection.alias)
    bank.exclude(has_text("title")).update(title=models.F("slug"))
    bank.filter(published=True).exclude(has_text("short_answer")).update(published=False)


def has_text(field: str) -> models.Q:
    return models.Q(questions.models.fields.not_blank(field))


WITHOUT_REFUSED = dict.fromkeys(map(ord, questions.models.fields.REFUSED))


class Migration(migrations.Migration):
    dependencies = [
        ("questions", "0013_record_categories"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="category",
            name="category_name_not_blank",
        ),
        migrations.RemoveConstraint(
            model_name="category",
            name="category_slug_usable",
        ),
        migrations.RemoveConstraint(
            model_name="category",
            name="category_position_from_one",
        ),
        migrations.RemoveConstraint(
            model_name="question",
            name="question_title_not_blank",
        ),
        migrations.RemoveConstraint(
            model_name="question",
            name="question_slug_usable",
        ),
        migrations.RemoveConstraint(
            model_name="question",
            name="question_position_from_one",
        ),
        migrations.RemoveConstraint(
            model_name="question",
            name="question_published_with_short_answer",
        ),
        migrations.RemoveConstraint(
            model_name="question",
            name="question_checked_wholly",
        ),
        migrations.RunPython(mend_texts, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="category",
            name="description",
            field=questions.models.fields.PlainCharField(
                blank=True, help_text="One plain sentence.", max_length=300
            ),
        ),
        migrations.AlterField(
            model_name="category",
            name="emoji",
            field=questions.models.fields.PlainCharField(
                blank=True,
                help_text="Shown before the name.",
                max_length=16,
                validators=[questions.models.fields.validate_emoji],
            ),
        ),
        migrations.AlterField(
            model_name="category",
            name="name",
            field=questions.models.fields.PlainCharField(max_length=80),
        ),
        migrations.AlterField(
            model_name="category",
            name="slug",
            field=questions.models.fields.PlainSlugField(
                help_text="The category's address. After a change the old one goes on redirecting.",
                max_length=80,
                unique=True,
            ),
        ),
        migrations.AlterField(
            model_name="formerslug",
            name="slug",
            field=questions.models.fields.PlainSlugField(max_length=80, unique=True),
        ),
        migrations.AlterField(
            model_name="missedsearch",
            name="text",
            field=questions.models.fields.PlainCharField(max_length=100, unique=True),
        ),
        migrations.AlterField(
            model_name="question",
            name="answer",
            field=questions.models.fields.PlainTextField(
                blank=True,
                help_text="Markdown: the detail, then “## Example”, “## Pitfalls” and “## Follow-ups”. docs/writing.md explains the conventions.",
                max_length=50000,
            ),
        ),
        migrations.AlterField(
            model_name="question",
            name="checked_hash",
            field=questions.models.fields.PlainCharField(blank=True, editable=False, max_length=64),
        ),
        migrations.AlterField(
            model_name="question",
            name="checked_with",
            field=questions.models.fields.PlainCharField(
                blank=True, editable=False, max_length=200
            ),
        ),
        migrations.AlterField(
            model_name="question",
            name="further_reading",
            field=questions.models.fields.PlainTextField(
                blank=True,
                help_text="Markdown, one link a line: - [Name of the page](https://…)",
                max_length=10000,
            ),
        ),
        migrations.AlterField(
            model_name="question",
            name="keywords",
            field=questions.models.fields.PlainCharField(
                blank=True,
                help_text="Other names that people search for, lower-case, separated by commas.",
                max_length=500,
            ),
        ),
        migrations.AlterField(
            model_name="question",
            name="level",
            field=questions.models.fields.PlainCharField(
                choices=[("core", "Core"), ("advanced", "Advanced"), ("expert", "Expert")],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="question",
            name="short_answer",
            field=questions.models.fields.PlainTextField(
                blank=True,
                help_text="Markdown, one paragraph of 40 to 80 words: what a good candidate says first.",
                max_length=5000,
            ),
        ),
        migrations.AlterField(
            model_name="question",
            name="slug",
            field=questions.models.fields.PlainSlugField(
                help_text="The question's address. After a change the old one goes on redirecting.",
                max_length=80,
                unique=True,
            ),
        ),
        migrations.AlterField(
            model_name="question",
            name="title",
            field=questions.models.fields.PlainCharField(
                help_text="The question in one sentence that ends with “?”.", max_length=250
            ),
        ),
        migrations.AlterField(
            model_name="question",
            name="verified_with",
            field=questions.models.fields.PlainCharField(
                blank=True,
                help_text="What the answer was checked with, such as “CPython 3.13.0, Django 6.1.3”.",
                max_length=200,
            ),
        ),
        migrations.AddConstraint(
            model_name="category",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.GreaterThan(
                    django.db.models.functions.text.Length(
                        questions.models.fields.Stripped("name")
                    ),
                    models.Value(0),
                ),
                name="category_name_not_blank",
                violation_error_message="Give the category a name.",
            ),
        ),
        migrations.AddConstraint(
            model_name="category",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    django.db.models.lookups.GreaterThan(
                        django.db.models.functions.text.Length(
                            questions.models.fields.Stripped("slug")
                        ),
                        models.Value(0),
                    ),
                    models.Q(("slug", "all"), _negated=True),
                ),
                name="category_slug_usable",
                violation_error_message="Choose another slug: not empty, and not “all”.",
            ),
        ),
        migrations.AddConstraint(
            model_name="category",
            constraint=models.CheckConstraint(
                condition=models.Q(("position__range", (1, 32767))),
                name="category_position_in_range",
                violation_error_message="Positions go from 1 to 32,767.",
            ),
        ),
        migrations.AddConstraint(
            model_name="question",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.GreaterThan(
                    django.db.models.functions.text.Length(
                        questions.models.fields.Stripped("title")
                    ),
                    models.Value(0),
                ),
                name="question_title_not_blank",
                violation_error_message="Give the question a title.",
            ),
        ),
        migrations.AddConstraint(
            model_name="question",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    django.db.models.lookups.GreaterThan(
                        django.db.models.functions.text.Length(
                            questions.models.fields.Stripped("slug")
                        ),
                        models.Value(0),
                    ),
                    models.Q(("slug", "all"), _negated=True),
                ),
                name="question_slug_usable",
                violation_error_message="Choose another slug: not empty, and not “all”.",
            ),
        ),
        migrations.AddConstraint(
            model_name="question",
            constraint=models.CheckConstraint(
                condition=models.Q(("position__range", (1, 2147483647))),
                name="question_position_in_range",
                violation_error_message="Positions go from 1 to 2,147,483,647.",
            ),
        ),
        migrations.AddConstraint(
            model_name="question",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("published", False),
                    django.db.models.lookups.GreaterThan(
                        django.db.models.functions.text.Length(
                            questions.models.fields.Stripped("short_answer")
                        ),
                        models.Value(0),
                    ),
                    _connector="OR",
                ),
                name="question_published_with_short_answer",
                violation_error_message="A published question needs a short answer.",
            ),
        ),
        migrations.AddConstraint(
            model_name="question",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("checked_hash", ""), ("checked_on", None), ("checked_with", "")),
                    models.Q(
                        django.db.models.lookups.GreaterThan(
                            django.db.models.functions.text.Length(
                                questions.models.fields.Stripped("checked_hash")
                            ),
                            models.Value(0),
                        ),
                        django.db.models.lookups.GreaterThan(
                            django.db.models.functions.text.Length(
                                questions.models.fields.Stripped("checked_with")
                            ),
                            models.Value(0),
                        ),
                        models.Q(("checked_on", None), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="question_checked_wholly",
                violation_error_message="checked_with, checked_on and checked_hash go together.",
            ),
        ),
    ]
