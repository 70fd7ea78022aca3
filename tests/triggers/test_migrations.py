"""
Migrations may change any table, and what the database keeps up by itself is kept up afterwards.

Every test goes through `migrate` as an operator calls it. Migrations that there are not yet are
written into a copy of the folder.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoDbBlocker

from questions.models import (
    CHECK_RESULT,
    Change,
    ContentVersion,
    Question,
)
from tests import build, roads
from tests.admin.forms import LIST, form
from tests.bank import SHIPPED, state
from tests.commands import manage, run, sqlite_url
from tests.triggers.kept import check_that_everything_is_kept_up, found, migrate, tally_total

pytestmark = pytest.mark.django_db(transaction=True)

type AddMigration = Callable[[str, str], None]


MIGRATIONS = settings.BASE_DIR / "questions" / "migrations"
FOURTH = "0004_add_missed_searches"
LAST = max(path.stem for path in MIGRATIONS.glob("0*.py"))


@pytest.fixture
def add_migration(
    transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[AddMigration]:
    """Return a function that adds a migration, by its name and its operations' source."""
    package = f"migrations_of_{tmp_path.name}"
    folder = tmp_path / package
    shutil.copytree(MIGRATIONS, folder)
    monkeypatch.syspath_prepend(tmp_path)
    previous = LAST

    def add(name: str, operations: str) -> None:
        nonlocal previous
        (folder / f"{name}.py").write_text(SOURCE.format(previous=previous, operations=operations))
        previous = name

    with override_settings(MIGRATION_MODULES={"questions": package}):
        yield add
        migrate("questions", LAST)


SOURCE = """
from django.db import migrations, models
from django.db.migrations import AddField, RemoveField, RenameField, RunPython

from tests.triggers.test_migrations import edit, fail, has_no_trigger

class Migration(migrations.Migration):
    dependencies = [("questions", "{previous}")]
    operations = [{operations}]
"""


# What the migrations of these tests call


def has_no_trigger(apps: Any, schema_editor: Any) -> None:
    assert installed() == set()


def edit(apps: Any, schema_editor: Any) -> None:
    apps.get_model("questions", "Question").objects.update(
        title="What is a thread?", published=False
    )


def fail(apps: Any, schema_editor: Any) -> None:
    raise RuntimeError("This migration was refused.")


def installed() -> set[str]:
    """Return the names of all triggers that are in the database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
            if connection.vendor == "postgresql"
            else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        )
        return {name for (name,) in cursor.fetchall()}


# There and back


def stored() -> list[dict[str, Any]]:
    """Return all that the tables of the first migration hold."""
    return [{name: row[name] for name in row.keys() - CHECK_RESULT} for row in state()]


def test_the_first_release_is_gone_back_to_and_forth_again_with_all_content() -> None:
    call_command("loaddata", SHIPPED, verbosity=0)
    Question.objects.filter(slug=Question.objects.values("slug")[:1]).update(slug="renamed")
    User.objects.create_user("anna")
    Question.objects.update(prompt="", asked_as="")  # for which the first release has no column
    before = stored()
    migrate("questions", "0001")
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM questions_question")
        assert cursor.fetchone() == (30,)
    assert installed() == set()
    migrate("questions")
    assert stored() == before
    check_that_everything_is_kept_up()


def test_a_release_can_be_taken_back_and_its_database_goes_on_being_written() -> None:
    """The table of an earlier release takes a row; forth again, everything is kept up again."""
    migrate("questions", FOURTH)
    try:
        apps = MigrationExecutor(connection).loader.project_state([("questions", FOURTH)]).apps
        category = apps.get_model("questions", "Category").objects.create(name="A", slug="a")
        apps.get_model("questions", "Category").objects.update(name="Edited meanwhile")
        apps.get_model("questions", "Question").objects.create(
            category=category, title="What was asked meanwhile?", slug="meanwhile", level="core"
        )
    finally:
        migrate("questions")
    assert found("meanwhile") == ["meanwhile"]
    check_that_everything_is_kept_up()


def test_every_app_can_be_taken_back() -> None:
    build.question(slug="kept")
    migrate("sessions", "zero")
    migrate("sessions")
    assert Question.objects.get().slug == "kept"
    check_that_everything_is_kept_up()


# Columns


def test_a_migration_may_remove_a_column(add_migration: AddMigration) -> None:
    question = build.question(verified_with="CPython 3.13.0", title="What is kept?")
    add_migration(
        "0998_remove_a_column",
        "RunPython(has_no_trigger, has_no_trigger),"
        "RemoveField('question', 'verified_with'), RunPython(edit, edit)",
    )
    migrate("questions")
    roads.by_plain_sql(question, "What is recorded?")
    changes = Change.objects.filter(question_id=question.pk)
    assert [change.before for change in changes] == [
        {"title": "What is a thread?"},
        {},
    ]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE questions_question SET published = %s", [True])
    assert tally_total() == 1
    migrate("questions", LAST)
    assert found("thread") == [question.slug]
    check_that_everything_is_kept_up()


def test_a_migration_may_rename_a_column(add_migration: AddMigration) -> None:
    question = build.question(verified_with="CPython 3.13.0")
    add_migration(
        "0998_rename_a_column",
        "RunPython(has_no_trigger, has_no_trigger),"
        "RenameField('question', 'verified_with', 'checked_against'),",
    )
    migrate("questions")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE questions_question SET checked_against = 'Python'")
    newest = Change.objects.filter(question_id=question.pk).first()
    assert newest is not None
    assert newest.before == {"checked_against": "CPython 3.13.0"}
    migrate("questions", LAST)
    assert Question.objects.get().verified_with == "Python"
    check_that_everything_is_kept_up()


@pytest.mark.parametrize("column", ["position", "keywords"])
def test_a_migration_may_rename_a_column_that_the_triggers_need(
    add_migration: AddMigration, column: str
) -> None:
    """The release whose tables these are brings its own triggers."""
    build.question(slug="kept", title="What is kept?")
    add_migration("0998_rename_a_column", f"RenameField('question', '{column}', 'another_name')")
    migrate("questions")
    assert installed() == set()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE questions_question SET title = 'What was edited meanwhile?'")
    migrate("questions", LAST)
    assert found("meanwhile") == ["kept"]
    check_that_everything_is_kept_up()


# A migration that fails


def test_a_refused_migration_leaves_a_working_site(
    add_migration: AddMigration, client: Client
) -> None:
    build.question(slug="kept", title="What is kept?")
    before = installed()
    add_migration("0998_fail", "RemoveField('question', 'verified_with'), RunPython(fail)")
    with pytest.raises(RuntimeError, match="refused"):
        migrate("questions")
    assert installed() == before
    assert found("kept") == ["kept"]
    assert client.get("/questions/kept/").status_code == 200
    check_that_everything_is_kept_up()


def test_what_went_through_before_the_refused_migration_is_counted_and_found(
    add_migration: AddMigration,
) -> None:
    build.question(slug="kept", title="What is kept?")
    version = ContentVersion.objects.get().version
    add_migration("0998_edit", "RunPython(edit, RunPython.noop)")
    add_migration("0999_fail", "RunPython(fail, RunPython.noop)")
    with pytest.raises(RuntimeError, match="refused"):
        migrate("questions")
    assert ContentVersion.objects.get().version != version
    assert tally_total() == 0
    assert found("thread") == ["kept"]
    check_that_everything_is_kept_up()


def test_a_release_that_fails_on_its_way_leaves_the_triggers_from_before(
    add_migration: AddMigration,
) -> None:
    build.question()
    before = installed()
    add_migration("0998_rename_a_column", "RenameField('question', 'keywords', 'names')")
    add_migration("0999_fail", "RunPython(fail, RunPython.noop)")
    with pytest.raises(RuntimeError, match="refused"):
        migrate("questions")
    assert installed() == before
    migrate("questions", LAST)
    check_that_everything_is_kept_up()


# While migrations run


def test_nobody_edits_while_the_triggers_are_away(
    add_migration: AddMigration, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = build.question(slug="editor", title="What is kept?")
    editor = Client(raise_request_exception=False)
    editor.force_login(User.objects.create_superuser("anna"))
    answers: list[Any] = []

    def work(apps: Any, schema_editor: Any) -> None:
        answers.append(editor.post(f"{LIST}{question.pk}/change/", form(question)).status_code)
        answers.append(editor.get("/questions/editor/").status_code)
        answers.append(run("loaddata", SHIPPED).text)

    monkeypatch.setattr(sys.modules[__name__], "edit", work)
    add_migration("0998_work", "RunPython(edit, RunPython.noop)")
    migrate("questions")
    assert answers[:2] == [503, 200]
    assert answers[2] == (
        "Migrations are being applied, or one was stopped: try again, or run prepare. "
        "Nothing was loaded.\n"
    )
    question.refresh_from_db()
    assert question.title == "What is kept?"
    assert editor.post(f"{LIST}{question.pk}/change/", form(question)).status_code == 302
    check_that_everything_is_kept_up()


def test_where_there_is_nothing_to_apply_no_trigger_is_taken_away() -> None:
    before = installed()
    with CaptureQueriesContext(connection) as captured:
        migrate()
    assert not [query["sql"] for query in captured if "DROP TRIGGER" in query["sql"]]
    assert installed() == before


@pytest.fixture
def empty_database(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """Return the URL of a database of its own."""
    if connection.vendor == "sqlite":
        yield sqlite_url(tmp_path / "db.sqlite3")
        return
    name = "started_twice"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    yield f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{name}"
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_processes_that_prepare_a_database_at_once_all_succeed(empty_database: str) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "manage.py", "prepare", "--no-static"],
            cwd=settings.BASE_DIR,
            env={"PATH": os.environ["PATH"], "DATABASE_URL": empty_database},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(2)
    ]
    said = sorted(process.communicate(timeout=120)[0] for process in started)
    there = "Ready: migrations are applied, the bank is there.\n"
    assert said == ["Ready: migrations are applied, loaded the shipped bank.\n", there]
    code = "from tests.triggers.kept import *; print(tally_total(), Change.objects.count())"
    assert manage("shell", "-v0", "-c", code, DATABASE_URL=empty_database).stdout == "30 35\n"
