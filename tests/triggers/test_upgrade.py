"""
A bank of the release before the tables of 0011 and later is upgraded and taken back, without loss.

That release's own triggers write its history here, as they stood in its database
(`release_0010/`, without those of the search, whose tables it does not share).
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import StateApps
from django.db.models import Model
from django.test import Client

from questions import history
from questions.models import (
    Bank,
    Category,
    Change,
    ContentVersion,
    FormerCategorySlug,
    MissedSearch,
    Question,
    Refreshed,
    Tally,
    fingerprint,
)
from questions.refreshing import plan
from questions.refreshing.files import FixtureEntry
from questions.refreshing.validation import checked_entries
from questions.refreshing.writing import dump
from tests import build
from tests.bank import SHIPPED
from tests.html import one, page, text
from tests.triggers.kept import check_that_everything_is_kept_up, found, migrate

pytestmark = pytest.mark.django_db(transaction=True)

type Rows = dict[str, list[dict[str, Any]]]

BEFORE = "0010_validate_bounds"
TRIGGERS = Path(__file__).with_name("release_0010")


@pytest.fixture
def before() -> Iterator[StateApps]:
    """Take the empty database back to the release before, and return that release's models."""
    migrate("questions", BEFORE)
    executor = MigrationExecutor(connection)
    yield executor.loader.project_state(("questions", BEFORE)).apps
    call_command("migrate", verbosity=0)


def install_triggers() -> None:
    """Install what the release before installs after its migrations."""
    source = (TRIGGERS / f"{connection.vendor}.sql").read_text()
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.connection.executescript(source)
        else:
            cursor.execute(source)


def older_entries() -> list[FixtureEntry]:
    """Return the shipped bank without what the release before has no table or column for."""
    entries = [e for e in checked_entries(SHIPPED) if e["model"] != "questions.bank"]
    for fields in (entry["fields"] for entry in entries):
        fields.pop("asked_as", None)
        if fields.pop("prompt", None):
            fields["checked_hash"] = fingerprint(fields["answer"])
    return entries


def load(release: StateApps) -> None:
    """Load the shipped bank as the release before does."""
    categories = {}
    for entry in older_entries():
        if entry["model"] not in {"questions.category", "questions.question"}:
            continue
        model = release.get_model(entry["model"])
        known = {field.name for field in model._meta.concrete_fields}
        values = {name: value for name, value in entry["fields"].items() if name in known}
        if entry["model"] == "questions.category":
            categories[values["slug"]] = model.objects.create(**values)
        else:
            model.objects.create(**{**values, "category": categories[values["category"][0]]})
    plan.remember(older_entries())


def fill(release: StateApps) -> dict[str, int]:
    """Fill all tables of the release before; return keys of the questions that were edited."""
    install_triggers()
    load(release)
    model = release.get_model("questions", "Question")
    questions = model.objects.order_by("pk")
    # The last one has the highest id: no later question may get it, and with it its history.
    names = ["edited", "renamed", "draft", "checked", "deleted"]
    first = questions.values_list("pk", flat=True)[:4]
    keys = dict(zip(names, [*first, questions.last().pk], strict=True))
    origin = release.get_model("questions", "Origin").objects.create(actor="anna", road="admin")
    edited = questions.filter(pk=keys["edited"])
    edited.update(title="What did anna write?", verified_on=date(2026, 1, 2), position=7)
    edited.update(answer="Shorter, “with” é, 中 and 🐍.\n", published=False)
    origin.delete()
    questions.filter(pk=keys["renamed"]).update(slug="first-address")
    questions.filter(pk=keys["renamed"]).update(slug="second-address")
    questions.filter(pk=keys["draft"]).update(published=False, answer="")
    questions.filter(pk=keys["checked"]).update(
        checked_with="CPython 3.13.0", checked_on=date(2026, 1, 2), checked_hash="0" * 64
    )
    questions.filter(pk=keys["deleted"]).delete()
    release.get_model("questions", "Category").objects.filter(position=1).update(name="Python")
    release.get_model("questions", "MissedSearch").objects.create(text="monads", count=3)
    User.objects.create_superuser("anna")
    return keys


def stored() -> Rows:
    """
    Return all rows of all tables of ours, as the database has them.

    Tally and content version are left out: both are made anew after each migration.
    """
    kept: list[type[Model]] = [*apps.get_app_config("questions").get_models(), User, LogEntry]
    rows = {}
    with connection.cursor() as cursor:
        there = connection.introspection.table_names(cursor)
        for table in [m._meta.db_table for m in kept if m not in {Tally, ContentVersion}]:
            if table in there:
                cursor.execute(f"SELECT * FROM {table} ORDER BY 1")  # noqa: S608
                columns = [column[0] for column in cursor.description]
                rows[table] = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    return rows


def older_part(rows: Rows, like: Rows) -> Rows:
    """Return what the release before has columns for."""
    return {
        table: [{name: row[name] for name in like[table][0]} for row in rows[table]]
        if like[table]
        else rows[table]
        for table in like
    }


def schema() -> dict[str, list[tuple[str, list[str], bool, bool]]]:
    """Return the constraints of each of our tables: name, columns, and which kind it is."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        return {
            table: sorted(
                # SQLite gives no name to the constraint of a column.
                ("" if name.startswith("__") else name, c["columns"], c["unique"], c["check"])
                for name, c in connection.introspection.get_constraints(cursor, table).items()
            )
            for table in tables
            if table.startswith("questions_") and "question_search" not in table
        }


# With all content


def test_a_full_bank_is_upgraded_and_taken_back_and_nothing_is_lost(
    before: StateApps, client: Client
) -> None:
    old_schema = schema()
    keys = fill(before)
    old = stored()
    migrate()
    new = stored()
    assert older_part(new, old) == old
    assert Bank.objects.get().title == "Advanced Python backend interview questions"
    check_what_an_editor_has(keys)
    migrate("questions", BEFORE)
    assert stored() == old
    assert schema() == old_schema
    install_triggers()
    migrate()
    assert stored() == new
    check_what_an_editor_has(keys)
    check_pages(client)
    check_that_everything_is_kept_up()


def check_what_an_editor_has(keys: dict[str, int]) -> None:
    """Check that the history leads back to every text, and that a refresh sees every edit."""
    shipped = {
        entry["fields"]["slug"]: entry["fields"]
        for entry in older_entries()
        if entry["model"] == "questions.question"
    }
    for question in Question.objects.all():
        oldest = list(history.versions(question))[-1].values
        fields = shipped[oldest["slug"]]
        assert {name: oldest[name] for name in ("title", "answer", "short_answer", "level")} == {
            name: fields[name] for name in ("title", "answer", "short_answer", "level")
        }
    edits = Change.objects.filter(question_id=keys["edited"], kind="edited")
    assert {(edit.actor, edit.road) for edit in edits} == {("anna", "admin")}
    assert Question.objects.get_by_natural_key("first-address").pk == keys["renamed"]
    assert [change.question_id for change in history.deleted(Question)] == [keys["deleted"]]
    assert not history.deleted(Category)
    differences = plan.find_differences(older_entries())
    conflicts = [difference for difference in differences if difference.kind == plan.Kind.CONFLICT]
    assert len(conflicts) == 5, conflicts  # the category, and of the questions all but one
    checked = Question.objects.get(pk=keys["checked"])
    assert [d.key[1] for d in differences if d not in conflicts] == [checked.slug]


def check_pages(client: Client) -> None:
    for address in ("/", "/feed/", "/sitemap.xml", "/questions/second-address/"):
        assert client.get(address).status_code == 200
    response = client.get("/questions/first-address/")
    assert (response.status_code, response["Location"]) == (301, "/questions/second-address/")


def test_every_version_and_every_deletion_of_before_can_be_brought_back(before: StateApps) -> None:
    keys = fill(before)
    migrate()
    question = Question.objects.get(pk=keys["edited"])
    versions = list(history.versions(question))
    assert [v.is_deletion for v in versions] == [False] * 3
    for version in versions:
        history.restore(question, version)
        assert Question.objects.get(pk=question.pk).answer == version.values["answer"]
    assert question.published
    [deletion] = history.deleted(Question)
    assert build.question().pk > keys["deleted"]
    brought_back = history.undelete(deletion)
    assert brought_back.pk == keys["deleted"]
    assert found(str(brought_back))[0] == brought_back.slug


@pytest.mark.slow
def test_an_upgraded_bank_shows_what_one_that_is_loaded_today_shows(
    client: Client, tmp_path: Path
) -> None:
    file = tmp_path / "older.yaml"
    file.write_text(dump(older_entries()))
    call_command("loaddata", file, verbosity=0)
    slugs = list(Question.objects.published().values_list("slug", flat=True))

    def answers() -> list[str]:
        return [text(one(page(client, f"/questions/{slug}/"), "article")) for slug in slugs]

    today = answers()
    call_command("flush", interactive=False, verbosity=0)
    migrate("questions", BEFORE)
    executor = MigrationExecutor(connection)
    load(executor.loader.project_state(("questions", BEFORE)).apps)
    migrate()
    assert answers() == today
    for slug in slugs:
        assert slug in found(Question.objects.get(slug=slug).title)


# What the release before can't have


def test_what_is_new_is_lost_on_the_way_back_and_only_that() -> None:
    build.category(slug="empty").delete()
    other = build.question(slug="other")
    build.question(slug="without-answer", answer="", prompt="A scenario.\n", asked_as="Why?\n")
    retired = build.question(slug="retired", published=False, replaced_by=other)
    Category.objects.update(slug="renamed")
    Bank.objects.create(name="Ours")
    plan.remember([{"model": "questions.bank", "fields": {"name": "Ours"}}])
    migrate("questions", BEFORE)
    with connection.cursor() as cursor:
        cursor.execute("SELECT slug, published FROM questions_question ORDER BY id")
        assert [(slug, bool(published)) for slug, published in cursor.fetchall()] == [
            ("other", True),
            ("without-answer", False),
            ("retired", False),
        ]
        cursor.execute("SELECT COUNT(*) FROM questions_change")
        assert cursor.fetchone() == (3,)
        # SQLite builds tables anew, and would go on after the highest id that is left.
        cursor.execute("DELETE FROM questions_question WHERE slug = 'retired'")
    migrate()
    assert build.question().pk > retired.pk
    assert not FormerCategorySlug.objects.exists()
    assert Category.objects.get().slug == "renamed"
    assert Bank.objects.get().name == "QA Bank"
    assert not Refreshed.objects.exists()
    check_that_everything_is_kept_up()


# Rows of before that today's rules refuse

# Fields of a question, and what becomes of them. {id} is the question's.
MENDED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    *(
        ({field: f"{char}one{char}\r\n\ttwo é🐍{char}"}, {field: "one\r\n\ttwo é🐍"})
        for field in ("title", "keywords", "verified_with", "short_answer", "answer")
        for char in ("\x07", "\x7f", "\x85", "\ufdd0", "\ufffe", "\uffff", "\U0010ffff")
    ),
    (
        {"further_reading": "- [A\x1b](https://a.example)"},
        {"further_reading": "- [A](https://a.example)"},
    ),
    *(
        ({"title": blank}, {"title": "odd-{number}"})
        for blank in ("\xa0", "\u2003\t", "\x07", "\x1c")
    ),
    ({"slug": "a\x07b"}, {"slug": "ab"}),
    ({"slug": "a\x08b"}, {"slug": "ab-question-{id}"}),
    ({"slug": "\x07"}, {"slug": "question-{id}", "title": "What is odd?"}),
    ({"slug": "\xa0"}, {"slug": "question-{id}"}),
    ({"slug": "al\x07l"}, {"slug": "all-question-{id}"}),
    ({"slug": "long" * 19 + "\x07\xa0"}, {"slug": "long" * 19 + "\xa0"}),
    *(
        ({"short_answer": blank}, {"published": False})
        for blank in ("\xa0", "\n", "\u3000\n", "\x07")
    ),
    (
        {"checked_with": "\x07", "checked_hash": "0" * 64, "checked_on": date(2026, 1, 2)},
        {"checked_with": "", "checked_hash": "", "checked_on": None},
    ),
    (
        {"title": "What stays as it is, é 中 🏗️?"},
        {"title": "What stays as it is, é 中 🏗️?", "published": True},
    ),
]


def test_what_today_s_rules_refuse_is_mended(before: StateApps) -> None:
    category = before.get_model("questions", "Category").objects.create(name="One", slug="one")
    old = [
        before.get_model("questions", "Question").objects.create(
            category=category,
            **{
                "slug": f"odd-{number}",
                "title": "What is odd?",
                "level": "core",
                "published": True,
                "short_answer": "Short.",
                "answer": "Long.",
                **fields,
            },
        )
        for number, (fields, _) in enumerate(MENDED)
    ]
    migrate()
    for number, (question, (fields, expected)) in enumerate(zip(old, MENDED, strict=True)):
        wanted = {
            name: value.format(id=question.pk, number=number) if isinstance(value, str) else value
            for name, value in expected.items()
        }
        stored = Question.objects.get(pk=question.pk)
        assert {name: getattr(stored, name) for name in wanted} == wanted, fields
        stored.save()


def test_categories_and_records_are_mended_too(before: StateApps) -> None:
    categories = before.get_model("questions", "Category").objects
    categories.create(name="\xa0", slug="one", emoji="🐍", description="Bell:\x07.")
    second = categories.create(name="Two", slug="o\x07ne")
    misses = before.get_model("questions", "MissedSearch").objects
    for missed, count in (("monad", 2), ("mo\x07nad", 1), ("fun\x07ctor", 1)):
        misses.create(text=missed, count=count)
    migrate()
    assert list(Category.objects.order_by("pk").values_list("slug", "name", "description")) == [
        ("one", "one", "Bell:."),
        (f"one-category-{second.pk}", "Two", ""),
    ]
    # Of two that become the same, one stays.
    assert set(MissedSearch.objects.values_list("text", "count")) == {("monad", 2), ("functor", 1)}


@pytest.mark.parametrize(("field", "limit"), [("answer", 50_000), ("further_reading", 10_000)])
def test_a_text_that_is_too_long_stops_the_upgrade_with_its_name(field: str, limit: int) -> None:
    build.question(slug="first")
    migrate("questions", "0008_record_changes")
    release = MigrationExecutor(connection).loader.project_state(
        ("questions", "0008_record_changes")
    )
    questions = release.apps.get_model("questions", "Question")._base_manager
    questions.update(**{field: "é" * (limit + 1)})
    try:
        with pytest.raises(CommandError) as stopped:
            call_command("migrate", verbosity=0)
        assert "The question “first” has" in str(stopped.value)
        assert f"{limit + 1:,} characters in its {field.replace('_', ' ')}" in str(stopped.value)
        assert questions.get().slug == "first"
    finally:
        questions.update(**{field: "é" * limit})
        call_command("migrate", verbosity=0)
    assert len(getattr(Question.objects.get(), field)) == limit


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL has these bounds")
def test_positions_come_within_the_bounds_of_postgresql(before: StateApps) -> None:
    category = before.get_model("questions", "Category").objects.create(
        name="One", slug="one", position=40_000
    )
    before.get_model("questions", "Question").objects.create(
        category=category, slug="far", title="How far?", level="core", position=2**40
    )
    migrate()
    assert Question.objects.get().position == 2**31 - 1
    assert Category.objects.get().position == 2**15 - 1


def test_a_version_with_a_character_that_is_refused_today_can_be_brought_back(
    before: StateApps,
) -> None:
    install_triggers()
    category = before.get_model("questions", "Category").objects.create(name="One", slug="one")
    model = before.get_model("questions", "Question")
    values = {"category": category, "level": "core", "title": "What is odd?"}
    model.objects.create(**values, slug="edited", answer="With a\x07 bell.")
    model.objects.create(**values, slug="deleted", answer="With a\x07 bell.")
    model.objects.filter(slug="edited").update(answer="Without.")
    model.objects.filter(slug="deleted").delete()
    migrate()
    question = Question.objects.get()
    history.restore(question, list(history.versions(question))[1])
    assert Question.objects.get().answer == "With a bell.\n"
    undeleted = history.undelete(history.deleted(Question).get())
    assert isinstance(undeleted, Question)
    assert undeleted.answer == "With a bell.\n"
