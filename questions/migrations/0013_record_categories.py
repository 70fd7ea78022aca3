import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import questions.models.fields


def forget_categories(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Drop what the release before has no column for."""
    changes = apps.get_model("questions", "Change").objects.using(schema_editor.connection.alias)
    changes.filter(question_id=None).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("questions", "0012_add_bank"),
    ]

    operations = [
        migrations.CreateModel(
            name="FormerCategorySlug",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", questions.models.fields.PlainSlugField(max_length=80, unique=True)),
            ],
        ),
        migrations.AddField(
            model_name="change",
            name="category_id",
            field=models.BigIntegerField(editable=False, null=True),
        ),
        migrations.AlterField(
            model_name="change",
            name="question_id",
            field=models.BigIntegerField(editable=False, null=True),
        ),
        migrations.AddIndex(
            model_name="change",
            index=models.Index(fields=["category_id", "id"], name="change_category"),
        ),
        migrations.AddConstraint(
            model_name="change",
            constraint=models.CheckConstraint(
                condition=models.Q(("question_id", None), ("category_id", None), _connector="XOR"),
                name="change_of_one_row",
            ),
        ),
        migrations.AddField(
            model_name="formercategoryslug",
            name="category",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="former_slugs",
                to="questions.category",
            ),
        ),
        migrations.RunPython(migrations.RunPython.noop, forget_categories),
    ]
