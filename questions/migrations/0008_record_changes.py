import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("questions", "0007_remember_refreshes"),
    ]

    operations = [
        migrations.CreateModel(
            name="Origin",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("actor", models.CharField(blank=True, max_length=150)),
                ("road", models.CharField(max_length=40)),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Change",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("question_id", models.BigIntegerField(editable=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("added", "Added"), ("edited", "Edited"), ("deleted", "Deleted")],
                        editable=False,
                        max_length=10,
                    ),
                ),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("actor", models.CharField(blank=True, editable=False, max_length=150)),
                ("road", models.CharField(blank=True, editable=False, max_length=40)),
                ("before", models.JSONField(editable=False)),
            ],
            options={
                "ordering": ["-id"],
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["question_id", "id"], name="change_question"),
                    models.Index(fields=["kind", "id"], name="change_kind"),
                ],
            },
        ),
    ]
