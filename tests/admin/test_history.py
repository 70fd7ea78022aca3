"""The history of questions: every road leaves its trace, and every version can be brought back."""

import io
import json
from datetime import date
from random import Random
from time import process_time
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client

from questions import history
from questions.admin import diffs
from questions.models import Change, FormerSlug, Origin, Question
from questions.triggers import history as history_triggers
from tests import build
from tests.admin.forms import LIST, form
from tests.roads import ROADS, by_update

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("anna"))
    return client


def change_address(question: Question) -> str:
    return f"{LIST}{question.pk}/change/"


def history_address(question: Question) -> str:
    return f"{LIST}{question.pk}/history/"


def newest(question: Question) -> Change:
    change = Change.objects.filter(question_id=question.pk).first()
    assert change
    return change


def text(response: Any) -> str:
    return response.content.decode()  # type: ignore[no-any-return]


# Every road


@pytest.mark.parametrize("road", ROADS)
def test_every_road_leaves_what_it_replaced(road: Any) -> None:
    question = build.question(title="What was before?")
    road(question, "What is after?")
    assert newest(question).before == {"title": "What was before?"}
    versions = list(history.versions(Question.objects.get()))
    assert [v.values["title"] for v in versions] == ["What is after?", "What was before?"]


@pytest.mark.parametrize("road", ROADS)
def test_what_any_road_replaced_can_be_brought_back(editor: Client, road: Any) -> None:
    question = build.question(title="What was before?")
    first = newest(question)
    road(question, "What is after?")
    editor.post(f"{history_address(question)}{first.pk}/restore/")
    assert Question.objects.get().title == "What was before?"


def test_a_command_names_itself_and_whoever_runs_it() -> None:
    question = build.question()
    with history.by_command("refresh_bank"):
        Question.objects.update(title="What did the command write?")
    assert (newest(question).actor, newest(question).road) == (history.operator(), "refresh_bank")


def test_real_questions_that_make_bank_replaces_can_be_brought_back(editor: Client) -> None:
    question = build.question(slug="real")
    call_command("make_bank", "6", "--replace", verbosity=0)
    call_command("make_bank", "5", verbosity=0)
    # Of the made-up questions that were replaced none is kept.
    deletion = history.deleted(Question).get()
    assert (deletion.question_id, deletion.road) == (question.pk, "make_bank")
    response = editor.post(f"{LIST}deleted/{deletion.pk}/undelete/", follow=True)
    back = Question.objects.get(slug="real")
    assert f"it is a draft in “{back.category}” now" in text(response)
    assert not back.published


def test_the_admin_is_recorded_with_the_editor_s_name(editor: Client) -> None:
    question = build.question()
    editor.post(change_address(question), form(question, title="What did Anna write?"))
    change = newest(question)
    assert (change.actor, change.road) == ("anna", "admin")
    editor.post(f"{LIST}add/", form(slug="new"))
    change = newest(Question.objects.get(slug="new"))
    assert (change.kind, change.actor, change.road) == ("added", "anna", "admin")


@pytest.mark.usefixtures("bank")
@pytest.mark.parametrize(
    ("command", "options"),
    [("loaddata", ["bank"]), ("refresh_bank", ["--on-conflict", "theirs"])],
)
def test_an_edit_that_a_command_overwrites_can_be_brought_back(
    editor: Client, command: str, options: list[str]
) -> None:
    question = Question.objects.get(slug="gil")
    Question.objects.filter(slug="gil").update(answer="What the editor wrote.\n")
    call_command(command, *options, verbosity=0)
    change = newest(question)
    assert change.before["answer"] == "What the editor wrote.\n"
    assert change.road == command
    assert change.actor == history.operator()
    edit = list(history.versions(Question.objects.get(slug="gil")))[1]
    response = editor.post(f"{history_address(question)}{edit.id}/restore/", follow=True)
    assert "again." in text(response)
    assert Question.objects.get(slug="gil").answer == "What the editor wrote.\n"


@pytest.mark.usefixtures("bank")
def test_loading_the_bank_again_leaves_no_trace() -> None:
    before = Change.objects.count()
    call_command("loaddata", "bank", verbosity=0)
    assert Change.objects.count() == before


def test_what_changes_nothing_is_no_change() -> None:
    question = build.question()
    count = Change.objects.count()
    question.save()
    Question.objects.update(title=question.title)
    assert Change.objects.count() == count


def test_several_columns_keep_their_types() -> None:
    question = build.question(verified_on=date(2026, 1, 2), published=True, position=3)
    Question.objects.update(verified_on=None, published=False, position=4, level="expert")
    question.refresh_from_db()
    before = list(history.versions(question))[1].values
    assert before["verified_on"] == date(2026, 1, 2)
    assert before["published"] is True
    assert before["position"] == 3
    assert before["level"] == "core"


def test_a_null_that_was_replaced_is_remembered() -> None:
    question = build.question(verified_on=None)
    Question.objects.update(verified_on=date(2026, 1, 2))
    assert newest(question).before == {"verified_on": None}


def test_a_change_that_is_rolled_back_is_in_no_history() -> None:
    question = build.question()
    count = Change.objects.count()
    with transaction.atomic(), history.recorded("test", "anna"):
        Question.objects.update(title="What never was?")
        transaction.set_rollback(True)
    assert Change.objects.count() == count
    assert newest(question).actor == ""


def test_nobody_is_named_for_what_happens_after_the_block() -> None:
    question = build.question()
    with history.recorded("outer", "anna"):
        with history.recorded("inner", "ben"):
            Question.objects.update(title="One?")
            assert newest(question).actor == "ben"
        Question.objects.update(title="Two?")
        assert newest(question).actor == "anna"
    Question.objects.update(title="Three?")
    assert newest(question).actor == ""
    assert not Origin.objects.exists()


def test_a_block_that_fails_leaves_no_name_behind() -> None:
    with pytest.raises(CommandError), history.recorded("test", "anna"):
        raise CommandError
    assert not Origin.objects.exists()


def test_growth_is_bounded() -> None:
    question = build.question()
    for number in range(history_triggers.CHANGES_KEPT + 20):
        Question.objects.update(title=f"What is {number}?")
    changes = Change.objects.filter(question_id=question.pk)
    assert changes.count() == history_triggers.CHANGES_KEPT
    question.refresh_from_db()
    oldest = list(history.versions(question))[-1]
    assert (oldest.id, oldest.values["title"]) == (0, "What is 19?")


def test_an_edit_of_a_title_does_not_copy_the_answer() -> None:
    question = build.question(answer="long " * 10_000)
    Question.objects.update(title="What else?")
    assert len(json.dumps(newest(question).before)) < 200


@pytest.mark.django_db(transaction=True)
def test_after_a_flush_new_questions_have_a_history_of_their_own() -> None:
    for _ in range(3):
        build.question()
    call_command("flush", interactive=False, verbosity=0)
    assert not Change.objects.exists()
    question = build.question()
    assert [v.is_deletion for v in history.versions(question)] == [False]


# In the admin


def test_the_history_shows_who_what_and_by_which_road(editor: Client) -> None:
    question = build.question(title="What is a list?", published=False)
    by_update(question, "What is a tuple?")
    editor.post(change_address(question), form(question, title="What is a set?"))
    page = text(editor.get(history_address(question)))
    assert "By <b>anna</b>, in the admin" in page
    assert "By a program or a person that left no name" in page
    assert "<del>What is a <b>list</b>?</del>" in page
    assert "<ins>What is a <b>tuple</b>?</ins>" in page
    assert page.count("Restore this version") == 2
    assert page.count("The question as it is now") == 1


def test_restoring_brings_every_field_back_and_is_itself_recorded(editor: Client) -> None:
    question = build.question(keywords="one", level="core", position=2)
    first = newest(question)
    other = build.category()
    Question.objects.update(keywords="two", level="expert", position=5, category=other, slug="new")
    editor.post(f"{history_address(question)}{first.pk}/restore/")
    restored = Question.objects.get()
    for field in ("keywords", "level", "position", "category_id", "slug", "answer"):
        assert getattr(restored, field) == getattr(question, field)
    assert (newest(question).actor, newest(question).road) == ("anna", "admin")
    # So what was replaced is not lost either.
    assert newest(question).before["keywords"] == "two"
    assert FormerSlug.objects.filter(slug="new", question=question).exists()


def test_a_version_that_contradicts_the_bank_is_refused_in_plain_words(editor: Client) -> None:
    question = build.question(slug="taken")
    first = newest(question)
    Question.objects.update(slug="other")
    FormerSlug.objects.all().delete()
    build.question(slug="taken")
    response = editor.post(f"{history_address(question)}{first.pk}/restore/", follow=True)
    assert "Question with this Slug already exists." in text(response)
    assert Question.objects.get(pk=question.pk).slug == "other"


def test_a_version_whose_category_is_gone_stays_where_it_is(editor: Client) -> None:
    question = build.question(title="What came first?", category=build.category())
    first = newest(question)
    Question.objects.update(title="What came next?", category=build.category(name="Here"))
    question.category.delete()
    assert "a category that is gone" in text(editor.get(history_address(question)))
    response = editor.post(f"{history_address(question)}{first.pk}/restore/", follow=True)
    assert "Its category is gone: it stays in “Here”." in text(response)
    restored = Question.objects.get()
    assert (restored.title, restored.category.name) == ("What came first?", "Here")


def test_the_version_before_the_recorded_history_can_be_restored_too(editor: Client) -> None:
    question = build.question(title="What came before?")
    Change.objects.all().delete()
    by_update(question, "What came after?")
    assert "Older than the recorded history" in text(editor.get(history_address(question)))
    editor.post(f"{history_address(question)}0/restore/")
    assert Question.objects.get().title == "What came before?"


def test_a_deleted_question_comes_back_with_key_history_and_old_addresses(editor: Client) -> None:
    question = build.question(slug="first", title="What came back?")
    Question.objects.update(slug="second")
    editor.post(f"{LIST}{question.pk}/delete/", {"post": "yes"})
    assert not Question.objects.exists()
    page = text(editor.get(f"{LIST}deleted/"))
    assert "What came back?" in page
    assert "by <b>anna</b>" in page
    editor.post(f"{LIST}deleted/{newest(question).pk}/undelete/")
    back = Question.objects.get()
    assert (back.pk, back.slug, back.created) == (question.pk, "second", question.created)
    assert editor.get("/questions/first/").headers["Location"] == "/questions/second/"
    assert "What came back?" not in text(editor.get(f"{LIST}deleted/")).partition("messagelist")[0]
    assert "Deleted" in text(editor.get(history_address(back)))


def test_deleting_in_bulk_and_by_sql_can_be_undone_too(editor: Client) -> None:
    one, two = build.question(), build.question()
    editor.post(LIST, {"action": "delete_selected", "_selected_action": [one.pk], "post": "yes"})
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM questions_question WHERE id = %s", [two.pk])
    assert not Question.objects.exists()
    for deletion in history.deleted(Question):
        editor.post(f"{LIST}deleted/{deletion.pk}/undelete/")
    assert set(Question.objects.all()) == {one, two}


def test_a_question_is_not_brought_back_twice(editor: Client) -> None:
    question = build.question()
    question.delete()
    deletion = history.deleted(Question).get()
    editor.post(f"{LIST}deleted/{deletion.pk}/undelete/")
    assert editor.post(f"{LIST}deleted/{deletion.pk}/undelete/").status_code == 404


@pytest.mark.parametrize("version", [999_999, 10**30])
def test_an_unknown_version_is_not_found(editor: Client, version: int) -> None:
    question = build.question()
    assert editor.post(f"{history_address(question)}{version}/restore/").status_code == 404


def test_restoring_takes_a_post_with_a_token_and_the_permission(client: Client) -> None:
    question = build.question()
    address = f"{history_address(question)}{newest(question).pk}/restore/"
    assert client.post(address).status_code == 302  # to the login
    user = User.objects.create_user("reader", is_staff=True)
    client.force_login(user)
    assert client.post(address).status_code == 403
    assert client.get(f"{LIST}deleted/").status_code == 403
    client.force_login(User.objects.create_superuser("anna"))
    count = Change.objects.count()
    assert client.get(address).headers["Location"] == history_address(question)
    assert Change.objects.count() == count
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(username="anna"))
    assert strict.post(address).status_code == 403


def test_a_long_history_is_shown_page_by_page(editor: Client) -> None:
    question = build.question()
    for number in range(25):
        by_update(question, f"What is {number}?")
    assert text(editor.get(history_address(question))).count('class="module version"') == 20
    assert text(editor.get(f"{history_address(question)}?p=2")).count('class="module version"') == 6


# Installing


def test_the_triggers_survive_a_migration_that_rebuilds_the_table() -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER questions_question_edited")
    call_command("migrate", verbosity=0, stdout=io.StringIO())
    question = build.question()
    by_update(question, "What is recorded?")
    assert newest(question).before.keys() == {"title"}


# Differences


def shown(before: str, after: str) -> list[tuple[str, str]]:
    return [
        (line.kind, "".join(f"[{t}]" if changed else t for t, changed in line.parts))
        for line in diffs.compare(before, after, diffs.Budget())
    ]


def test_the_words_that_changed_are_marked() -> None:
    assert shown("one two three", "one 2 three") == [
        ("removed", "one [two] three"),
        ("added", "one [2] three"),
    ]


def test_unchanged_lines_are_left_out_but_for_a_few() -> None:
    before = "\n".join(f"line {n}" for n in range(20))
    after = before.replace("line 10\n", "")
    assert shown(before, after) == [
        ("gap", ""),
        ("same", "line 8"),
        ("same", "line 9"),
        ("removed", "line 10"),
        ("same", "line 11"),
        ("same", "line 12"),
    ]


def test_markup_in_a_text_is_shown_as_text(editor: Client) -> None:
    question = build.question(keywords="<script>alert(1)</script>")
    Question.objects.update(keywords="<script>alert(2)</script>")
    page = text(editor.get(history_address(question)))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(<b>2</b>)" in page


def letters(seed: int) -> str:
    """Return six long lines of the words a and b, with other lines between them."""
    random = Random(seed)  # noqa: S311
    runs = (" ".join(random.choices("ab", k=450)) for _ in range(6))
    return "".join(f"{run}\nbetween\nthe\nruns {n}\n" for n, run in enumerate(runs))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("\n" * 50_000, "\n" * 25_000 + "x"),
        ("word " * 10_000, "other " * 10_000),
        ("x", "a\n" * 3_000),
        ("a b\n" * 1_900, "b a\n" * 1_900),
        (letters(1), letters(2)),
        (" ".join(map(str, range(9_000))), " ".join(map(str, range(9_000, 0, -1)))),
    ],
)
def test_what_a_page_of_comparisons_costs_is_bounded(before: str, after: str) -> None:
    budget = diffs.Budget()
    began = process_time()
    shown = [line for _ in range(20) for line in diffs.compare(before, after, budget)]
    assert process_time() - began < 5
    assert sum(max(1, len(line.parts)) for line in shown) <= 5_020


def test_a_history_that_is_too_long_says_so(editor: Client) -> None:
    question = build.question(answer="a\n" * 6_000)
    Question.objects.update(answer="b\n" * 6_000)
    page = text(editor.get(history_address(question)))
    assert "The rest is left out" in page
    assert page.count("<ins>") + page.count("<del>") <= 5_000
