from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("questions", "0002_add_sample_checks")]

    operations = [
        migrations.AddIndex(
            model_name="question",
            index=models.Index(fields=["published", "updated", "slug"], name="question_changes"),
        ),
    ]
