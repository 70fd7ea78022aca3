from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("questions", "0005_keep_tally_and_version"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="question", name="question_changes"),
        migrations.AddIndex(
            model_name="question",
            index=models.Index(fields=["updated", "slug", "published"], name="question_changes"),
        ),
    ]
