import django.db.models.deletion
from django.db import migrations, models

import questions.models.fields


class Migration(migrations.Migration):
    dependencies = [
        ("questions", "0017_add_sample_failures"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="missedsearch",
            options={
                "ordering": ["-count", "-last_made", "text"],
                "verbose_name": "search that found little",
                "verbose_name_plural": "searches that found little",
            },
        ),
        migrations.AddField(
            model_name="bank",
            name="other_names",
            field=questions.models.fields.PlainTextField(
                blank=True,
                help_text="Words that mean the same to those who search, one thing a line: “k8s = kubernetes”. A search for one finds the others.",
                max_length=20000,
            ),
        ),
        migrations.AddField(
            model_name="missedsearch",
            name="outcome",
            field=questions.models.fields.PlainCharField(
                choices=[
                    ("nothing", "found nothing"),
                    ("corrected", "was corrected"),
                    ("weak", "lacks a word"),
                ],
                default="nothing",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="missedsearch",
            name="question",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                help_text="What came first, until you choose the question that should have.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="questions.question",
            ),
        ),
    ]
