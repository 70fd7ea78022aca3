"""A field of a model is declared once; what else depends on the fields follows the model."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.db import connection, models

from questions.models import Bank, Category, Question


@pytest.mark.parametrize("model", [Bank, Category, Question])
def test_every_field_that_editors_fill_is_in_the_form(model: type[models.Model], rf: Any) -> None:
    model_admin = admin.site.get_model_admin(model)
    in_form = flatten_fieldsets(model_admin.get_fieldsets(rf.get("/")))
    editable = {field.name for field in model._meta.concrete_fields if field.editable}
    assert editable - {"id"} <= set(in_form)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the copy has a SQLite database")
def test_optional_fields_need_model_migration_fieldsets_and_template(tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    for name in ("questions", "qabank", "templates", "static", "fixtures"):
        shutil.copytree(
            settings.BASE_DIR / name, site / name, ignore=shutil.ignore_patterns("__pycache__")
        )
    for name in ("manage.py", "tests/admin/more_fields.py"):
        shutil.copy(settings.BASE_DIR / name, site)
    run(site, "manage.py", "prepare", "--no-static")
    put_before(
        site / "questions" / "models" / "bank.py",
        "    # The database keeps both",
        "    made_up = models.TextField(max_length=500, blank=True)\n"
        "    minutes = models.PositiveSmallIntegerField(null=True, blank=True)\n"
        "    made_for = models.CharField(choices={'a': 'A'}, max_length=1, blank=True)\n"
        "    is_made_up = models.BooleanField(default=False, blank=True)\n",
    )
    put_before(
        site / "questions" / "admin" / "__init__.py",
        '"further_reading"',
        '"made_up", "minutes", "made_for", "is_made_up", ',
    )
    put_before(
        site / "templates" / "questions" / "_answer.html",
        '  <p class="meta" lang="en" dir="ltr">',
        "{{ question.made_up }}{{ question.minutes }}",
    )
    run(site, "more_fields.py")


def run(site: Path, *arguments: str) -> None:
    result = subprocess.run(  # noqa: S603
        [sys.executable, *arguments],
        cwd=site,
        env={
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "qabank.settings",
            "DEBUG": "true",  # static files need not be collected
            "ALLOWED_HOSTS": "testserver",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def put_before(file: Path, place: str, text: str) -> None:
    content = file.read_text()
    assert place in content
    file.write_text(content.replace(place, f"{text}{place}", 1))
