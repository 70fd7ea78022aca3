"""`refresh_bank` and `export_bank`: nothing that an editor wrote gets lost."""

import os
import re
import stat
import sys
from datetime import date
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client

from questions.models import Bank, Category, Question, Refreshed
from questions.refreshing import files, plan, validation, writing
from tests import build
from tests.bank import SHIPPED, load_shipped, read_entries, state
from tests.commands import run

pytestmark = pytest.mark.django_db

# As much of the shipped bank as these tests need: to read and check all of it takes five times as
# long, at every refresh.
SLUGS = ["core-python", "testing-tooling", "gil", "descriptors", "metaclasses", "stub-files"]
UNCHANGED = "0 added, 0 changed, 7 unchanged, 0 in conflict, 0 removed.\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A part of the shipped bank, which is in the database too, to be changed."""
    load_shipped(*SLUGS)
    file = tmp_path / "bank.yaml"
    write_part(file)
    return file


def write_part(file: Path) -> None:
    entries = read_entries(SHIPPED)
    file.write_text(writing.dump([e for e in entries if e["fields"].get("slug") in {None, *SLUGS}]))


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def without(file: Path, *slugs: str) -> None:
    entries = [e for e in read_entries(file) if e["fields"].get("slug") not in slugs]
    file.write_text(writing.dump(entries))


def edit(question: str = "gil", **fields: object) -> None:
    """What an editor does in the admin, or anybody by SQL."""
    assert Question.objects.filter(slug=question).update(**fields) == 1


GIL = "level: advanced"  # of the first question of the file


# Refreshing


@pytest.mark.usefixtures("bank")
def test_the_shipped_bank_changes_nothing() -> None:
    before = state()
    assert run("refresh_bank") == (0, UNCHANGED.replace("7", "36"))
    assert state() == before


def test_what_the_files_add_and_change_is_loaded_and_shown(file: Path) -> None:
    Question.objects.filter(slug="descriptors").delete()
    Refreshed.objects.filter(slug="descriptors").delete()
    change(file, GIL, "level: expert")
    result = run("refresh_bank", file)
    assert result.code == 0
    assert "~ question “gil”\n    level: 'advanced' -> 'expert'\n" in result.text
    assert Question.objects.get(slug="gil").level == "expert"
    assert run("refresh_bank", file) == (0, UNCHANGED)


def test_a_long_text_is_shown_as_a_short_diff(file: Path) -> None:
    change(file, "One lock for the whole", "One large lock for the whole")
    text = run("refresh_bank", file, dry_run=True).text
    assert "    answer:\n" in text
    assert re.search(r"\n      -.*One lock for the whole", text)
    assert re.search(r"\n      \+.*One large lock", text)
    assert len(text.splitlines()) < 12


def test_a_dry_run_writes_nothing(file: Path) -> None:
    change(file, GIL, "level: expert")
    before = state()
    result = run("refresh_bank", file, dry_run=True)
    assert result.code == 0
    assert result.text.endswith("0 removed. Dry run: nothing was written.\n")
    assert state() == before


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize("on_conflict", ["stop", "ask"])
def test_an_edit_in_the_database_stops_the_refresh(
    file: Path, on_conflict: str, *, dry_run: bool
) -> None:
    edit(title="What did the editor write?")
    change(file, "level: core", "level: expert")
    before = state()
    result = run("refresh_bank", file, on_conflict=on_conflict, dry_run=dry_run)
    assert result.code == 3
    assert (
        "! question “gil” (edited in the database since the last refresh; the files" in result.text
    )
    assert result.text.endswith("Nothing was written.\n")
    assert state() == before


def test_the_database_may_win_and_the_conflict_stays(file: Path) -> None:
    edit(title="What did the editor write?")
    change(file, GIL, "level: expert")
    for _ in range(2):
        result = run("refresh_bank", file, on_conflict="ours")
        assert result.code == 0
        assert "edited in the database since the last refresh, and in the files" in result.text
        assert "1 in conflict (1 kept)" in result.text
        assert Question.objects.get(slug="gil").title == "What did the editor write?"


def test_the_files_may_win(file: Path) -> None:
    edit(title="What did the editor write?")
    assert run("refresh_bank", file, on_conflict="theirs").code == 0
    assert Question.objects.get(slug="gil").title != "What did the editor write?"
    assert run("refresh_bank", file) == (0, UNCHANGED)


def test_an_edit_that_reached_the_files_is_no_conflict_any_more(file: Path) -> None:
    edit(level="expert")
    change(file, GIL, "level: expert")
    assert run("refresh_bank", file) == (0, UNCHANGED)
    change(file, "level: expert", "level: core")
    assert run("refresh_bank", file).code == 0
    assert Question.objects.get(slug="gil").level == "core"


def test_what_was_deleted_in_the_database_does_not_come_back_unasked(file: Path) -> None:
    Question.objects.filter(slug="gil").delete()
    result = run("refresh_bank", file)
    assert result.code == 3
    assert "deleted in the database" in result.text
    assert run("refresh_bank", file, on_conflict="ours").code == 0
    assert not Question.objects.filter(slug="gil").exists()
    assert run("refresh_bank", file, on_conflict="theirs").code == 0
    assert Question.objects.filter(slug="gil").exists()


def test_a_question_that_an_editor_made_under_the_same_slug_is_not_overwritten(file: Path) -> None:
    mine = build.question(slug="mine")
    entry = files.bank_entries()[-1]
    entries = read_entries(file)
    theirs = {**entries[-1], "fields": {**entries[-1]["fields"], "slug": "mine"}}
    theirs["fields"]["title"] = "Which question has the same slug by chance?"
    assert entry["model"] == theirs["model"]
    file.write_text(writing.dump([*entries, theirs]))
    result = run("refresh_bank", file)
    assert result.code == 3
    assert "“mine” (not from an earlier refresh)" in result.text
    assert Question.objects.get(slug="mine") == mine


def test_a_question_may_move_or_get_another_answer_in_the_files(file: Path) -> None:
    change(file, "category: [core-python]", "category: [testing-tooling]")
    assert run("refresh_bank", file).code == 0
    gil = Question.objects.get(slug="gil")
    assert gil.category.slug == "testing-tooling"
    change(file, "The GIL, the global interpreter lock,", "The lock of the interpreter, or GIL,")
    assert run("refresh_bank", file).text.startswith("~ question “gil”\n    short_answer:\n")


def test_a_renamed_question_keeps_its_row_and_is_a_conflict(file: Path) -> None:
    key = Question.objects.get(slug="gil").pk
    edit(slug="renamed")
    assert run("refresh_bank", file).code == 3
    assert run("refresh_bank", file, on_conflict="theirs").code == 0
    assert Question.objects.get(slug="gil").pk == key


def test_a_renamed_category_is_one_conflict_and_keeps_its_row(file: Path) -> None:
    key = Category.objects.get(slug="core-python").pk
    Category.objects.filter(pk=key).update(slug="renamed")
    result = run("refresh_bank", file)
    assert result.code == 3
    assert "Stopped at 1 conflict, the first in category “core-python”" in result.text
    change(file, GIL, "level: expert")
    assert run("refresh_bank", file, on_conflict="ours").code == 0
    assert Category.objects.get(slug="renamed").pk == key
    assert Question.objects.get(slug="gil").level == "expert"
    assert run("refresh_bank", file, on_conflict="theirs").code == 0
    assert Category.objects.get(slug="core-python").pk == key
    assert run("refresh_bank", file) == (0, UNCHANGED)


def test_only_pruning_deletes_and_only_what_a_refresh_brought(file: Path) -> None:
    build.question(slug="mine")
    without(file, "gil")
    kept = run("refresh_bank", file)
    assert kept.code == 0
    assert "- question “gil” (stays; --prune deletes it)\n" in kept.text
    assert "1 removed from the files (--prune deletes)" in kept.text
    assert Question.objects.filter(slug="gil").exists()
    assert run("refresh_bank", file, prune=True).code == 0
    assert not Question.objects.filter(slug="gil").exists()
    assert Question.objects.filter(slug="mine").exists()


def test_pruning_stops_at_what_an_editor_changed(file: Path) -> None:
    edit(level="core")
    without(file, "gil")
    assert run("refresh_bank", file, prune=True).code == 3
    assert run("refresh_bank", file, prune=True, on_conflict="ours").code == 0
    assert Question.objects.filter(slug="gil").exists()
    assert run("refresh_bank", file, prune=True, on_conflict="theirs").code == 0
    assert not Question.objects.filter(slug="gil").exists()


def test_a_category_that_is_not_empty_cannot_be_pruned_and_nothing_is(file: Path) -> None:
    category = Category.objects.get(slug="testing-tooling")
    build.question(category=category, slug="mine")
    slugs = list(category.questions.exclude(slug="mine").values_list("slug", flat=True))
    without(file, category.slug, *slugs)
    before = state()
    result = run("refresh_bank", file, prune=True)
    assert result.code == 1
    assert "questions of the database refer to it. Nothing was written." in result.text
    assert state() == before
    Question.objects.filter(slug="mine").delete()
    assert run("refresh_bank", file, prune=True).code == 0
    assert not Category.objects.filter(slug="testing-tooling").exists()


def retire(file: Path, *slugs: str) -> None:
    """Let the first question be replaced by the second, the second by the third, and so on."""
    entries = read_entries(file)
    for entry in entries:
        slug = entry["fields"].get("slug")
        if slug in slugs[:-1]:
            entry["fields"]["published"] = False
            entry["fields"]["replaced_by"] = [slugs[slugs.index(slug) + 1]]
    file.write_text(writing.dump(entries))


def test_a_retired_question_is_refreshed_exported_and_pruned(file: Path) -> None:
    retire(file, "gil", "descriptors", "metaclasses")
    text = run("refresh_bank", file, dry_run=True).text
    assert "~ question “gil”\n    published: True -> False\n    replaced_by: None -> ['desc" in text
    assert Question.objects.get(slug="gil").published
    assert run("refresh_bank", file).code == 0
    assert Question.objects.get(slug="gil").replaced_by == Question.objects.get(slug="descriptors")
    assert run("refresh_bank", file) == (0, UNCHANGED)
    assert files.parse(run("export_bank").text) == read_entries(file)
    # An editor takes it back: a conflict, and the files win or don't.
    edit(replaced_by=None)
    assert run("refresh_bank", file).code == 3
    assert run("refresh_bank", file, on_conflict="ours").code == 0
    assert Question.objects.get(slug="gil").replaced_by is None
    assert run("refresh_bank", file, on_conflict="theirs").code == 0
    # A replacement goes after what it replaces.
    entries = read_entries(file)
    slugs = {"gil", "descriptors", "metaclasses"}
    file.write_text(writing.dump([e for e in entries if e["fields"].get("slug") not in slugs]))
    assert run("refresh_bank", file, prune=True).code == 0
    assert not Question.objects.filter(slug__in=slugs).exists()


def test_what_another_question_needs_is_not_pruned(file: Path) -> None:
    gil = Question.objects.get(slug="gil")
    build.question(slug="mine", published=False, replaced_by=gil)
    without(file, "gil")
    result = run("refresh_bank", file, prune=True)
    assert result.code == 1
    assert "The question “gil” is not in the files, but questions of the dat" in result.text
    assert Question.objects.filter(slug="gil").exists()


def test_a_circle_in_the_files_or_with_the_database_is_refused(file: Path, tmp_path: Path) -> None:
    retire(file, "gil", "descriptors")
    assert run("refresh_bank", file).code == 0
    # The files no longer say so of the first, which the database keeps.
    other = tmp_path / "other.yaml"
    write_part(other)
    retire(other, "descriptors", "gil")
    edit(keywords="mine")
    before = state()
    result = run("refresh_bank", other, on_conflict="ours")
    assert result.code == 1
    assert "Questions replace each other in a circle: “" in result.text
    assert state() == before
    retire(other, "gil", "descriptors")
    result = run("refresh_bank", other, dry_run=True)
    assert result.code == 1
    assert "replaced_by: leads back to this question" in result.text


# The bank's own row


def test_the_bank_is_refreshed_like_any_entry(file: Path) -> None:
    change(file, "name: QA Bank", "name: Ours")
    assert "~ bank\n    name: 'QA Bank' -> 'Ours'" in run("refresh_bank", file, dry_run=True).text
    assert run("refresh_bank", file).code == 0
    assert Bank.objects.get().name == "Ours"
    assert run("export_bank").text == file.read_text()
    Bank.objects.update(title="Of the editor")
    change(file, "language: en", "language: de")
    result = run("refresh_bank", file)
    assert result.code == 3
    assert "! bank (edited in the database since the last refresh, and in the files)" in result.text
    assert run("refresh_bank", file, on_conflict="ours").code == 0
    assert Bank.objects.get().title == "Of the editor"
    assert run("refresh_bank", file, on_conflict="theirs").code == 0
    assert Bank.objects.get().language == "de"
    assert run("refresh_bank", file) == (0, UNCHANGED)


def test_files_without_a_bank_leave_it_unless_they_prune(file: Path) -> None:
    entries = [e for e in read_entries(file) if e["model"] != "questions.bank"]
    file.write_text(writing.dump(entries))
    result = run("refresh_bank", file)
    assert result.code == 0
    assert result.text.startswith("- bank (stays; --prune deletes it)\n")
    assert Bank.objects.exists()
    pruned = run("refresh_bank", file, prune=True)
    assert pruned.code == 0
    assert not Bank.objects.exists()
    assert "- bank\n    name: 'QA Bank'\n" in pruned.text  # it has no history
    assert "+ bank" in run("refresh_bank", SHIPPED, dry_run=True).text


def test_all_that_the_bank_said_of_itself_is_told(file: Path) -> None:
    names = [f"name{number} = alias{number}" for number in range(30)]
    Bank.objects.update(other_names="\n".join(names))
    told = run("refresh_bank", file, on_conflict="theirs").text
    assert [name for name in names if f"-{name}\n" not in told] == []


def test_where_the_bank_of_the_files_does_not_require_the_style_it_stops_nothing(
    file: Path,
) -> None:
    change(file, "what does it not protect?\n", "what does it not protect\n")
    assert run("refresh_bank", file).code == 1
    change(file, "requires_style: true", "requires_style: false")
    assert run("refresh_bank", file).code == 0


def test_phrasings_and_prompts_are_checked_before_anything_is_written(file: Path) -> None:
    for field, value, message in (
        ("asked_as", "One?\n\nTwo?\n", "Take out line 2: it has no text."),
        ("asked_as", "one?\nOne?\n", "Say it once"),
        ("asked_as", "Why **so**?\n", "Take out the Markdown in line 1"),
        ("prompt", "## Look\n", "Take out the heading"),
        ("prompt", "```python run\nprint(1)\n```\n", "Let a ```text output block follow"),
    ):
        write_part(file)
        entries = read_entries(file)
        entries[-1]["fields"][field] = value
        file.write_text(writing.dump(entries))
        before = state()
        result = run("refresh_bank", file)
        assert result.code == 1
        assert f": error: {field}: {message}" in result.text
        assert "\n" not in result.text.strip()
        assert state() == before


def test_a_bad_file_is_refused_by_the_rules_for_content(file: Path) -> None:
    change(file, GIL, "level: expert")
    change(file, "what does it not protect?\n", "what does it not protect\n")
    before = state()
    result = run("refresh_bank", file)
    assert result.code == 1
    assert "question “gil”: error: title: Word it as a question" in result.text
    assert state() == before


def test_a_bank_in_several_files_is_one_bank(file: Path, tmp_path: Path) -> None:
    entries = read_entries(file)
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text(writing.dump(entries[:4]))
    second.write_text(writing.dump(entries[4:]))
    assert run("refresh_bank", first, second) == (0, UNCHANGED)
    second.write_text(writing.dump(entries[3:]))
    result = run("refresh_bank", first, second)
    assert result.code == 1
    assert "second.yaml: " in result.text
    assert "occurs twice" in result.text


def test_a_plan_that_has_grown_old_is_not_carried_out(file: Path) -> None:
    change(file, GIL, "level: expert")
    entries = validation.checked_entries(file)
    differences = plan.find_differences(entries)
    edit(title="What came in between?")
    with pytest.raises(plan.RefreshError, match="changed meanwhile"):
        plan.apply(entries, differences)
    assert Question.objects.get(slug="gil").level == "advanced"


def test_a_record_of_an_older_release_which_has_the_defaults_is_recognized(file: Path) -> None:
    entries = validation.checked_entries(file)
    for entry in entries:
        entry["fields"] = {n: v for n, v in entry["fields"].items() if n not in plan.NEWER}
    file.write_text(writing.dump(entries))
    assert run("loaddata", file).code == 0
    for entry in entries:
        fields = plan.normalized(entry)
        older = plan.hashed({name: fields[name] for name in fields if name not in plan.NEWER})
        Refreshed.objects.filter(slug=files.key_of(entry)[1]).update(digest=older)
    change(file, GIL, "level: expert")
    assert run("refresh_bank", file).code == 0
    edit("descriptors", title="What did the editor write?")
    assert "edited in the database since the last refresh; the files are as then" in (
        run("refresh_bank", file).text
    )


def test_running_the_samples_again_is_no_edit(file: Path) -> None:
    edit(checked_on=date(2030, 1, 1))
    change(file, GIL, "level: expert")
    assert run("refresh_bank", file).code == 0
    assert Question.objects.get(slug="gil").level == "expert"


@pytest.mark.usefixtures("bank")
def test_saving_the_form_of_the_admin_without_a_change_is_no_edit(client: Client) -> None:
    client.force_login(User.objects.create_superuser("editor"))
    question = Question.objects.get(slug="gil")
    address = f"/admin/questions/question/{question.pk}/change/"
    form = client.get(address).context["adminform"].form
    values = {
        name: "" if form[name].value() is None else form[name].value() for name in form.fields
    }
    values = {
        name: value.replace("\n", "\r\n") if isinstance(value, str) else value
        for name, value in values.items()
    }
    inline = {
        f"former_slugs-{name}_FORMS": "0" for name in ("TOTAL", "INITIAL", "MIN_NUM", "MAX_NUM")
    }
    response = client.post(address, {**values, **inline})
    assert response.status_code == 302, response.context["errors"]
    assert Question.objects.get(slug="gil").updated == question.updated
    assert run("refresh_bank") == (0, UNCHANGED.replace("7", "36"))
    assert run("export_bank").text == SHIPPED.read_text()


def test_nobody_to_ask_means_stop_and_somebody_is_asked(
    monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    edit(level="core")
    edit("descriptors", title="What did the editor write?")
    change(file, GIL, "level: expert")
    asked: list[str] = []

    def answer(question: str) -> str:
        asked.append(question)
        return ["what?", "t", "o"][len(asked) - 1]

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", answer)
    assert run("refresh_bank", file).code == 0
    assert [question.partition(":")[0] for question in asked][:2] == ["question “gil”"] * 2
    assert Question.objects.get(slug="gil").level == "expert"
    assert Question.objects.get(slug="descriptors").title == "What did the editor write?"


# Exporting


@pytest.mark.usefixtures("bank")
def test_the_export_of_the_shipped_bank_is_the_shipped_file() -> None:
    assert run("export_bank").text == SHIPPED.read_text()


def test_an_edit_is_all_that_an_export_changes(file: Path) -> None:
    edit(title="What did the editor write?")
    old = file.read_text().splitlines()
    assert run("export_bank", file).code == 0
    new = file.read_text().splitlines()
    assert [b for a, b in zip(old, new, strict=True) if a != b] == [
        "    title: What did the editor write?"
    ]
    before = state()
    assert run("loaddata", file, verbosity=0).code == 0
    assert state() == before


def test_drafts_and_odd_text_survive_a_round_trip(tmp_path: Path) -> None:
    load_shipped(*SLUGS)
    build.question(slug="draft", published=False, short_answer="", answer="")
    build.question(slug="odd", answer="\ttab\n\n- 'a' \"b\" # : \u2028 🐍 \\n\n\n", title="yes")
    before = state()
    target = tmp_path / "out.yaml"
    assert run("export_bank", target).code == 0
    first = target.read_bytes()
    assert run("loaddata", target, verbosity=0).code == 0
    assert state() == before
    assert run("export_bank", target).code == 0
    assert target.read_bytes() == first
    assert [path.name for path in tmp_path.iterdir()] == ["out.yaml"]


def test_all_that_a_bank_says_survives_a_round_trip(tmp_path: Path) -> None:
    load_shipped(*SLUGS)
    Bank.objects.update(
        name="Büro: 'no'",
        title="yes",
        promise="#",
        language="no",
        example="#1",
        requires_style=False,
    )
    last = build.question(slug="last", prompt="| a |\n| --- |\n| 1 |\n")
    build.question(slug="middle", published=False, replaced_by=last, asked_as="One?\nTwo: `x`\n")
    build.question(
        slug="a", published=False, replaced_by=Question.objects.get(slug="middle"), prompt="\tx"
    )
    target = tmp_path / "out.yaml"
    assert run("export_bank", target).code == 0
    first = target.read_bytes()
    before = [files.key_of(entry) for entry in files.bank_entries()]
    while Question.objects.filter(replaces=None).delete()[0]:
        pass
    Category.objects.all().delete()
    Bank.objects.all().delete()
    assert run("loaddata", target, verbosity=0).code == 0
    assert run("export_bank", target).code == 0
    assert target.read_bytes() == first
    assert [files.key_of(entry) for entry in files.bank_entries()] == before
    assert run("refresh_bank", target).text.startswith("0 added, 0 changed, 10 unchanged, 0 in c")


def test_an_export_that_cannot_be_written_leaves_the_old_file(tmp_path: Path) -> None:
    result = run("export_bank", tmp_path / "nowhere" / "bank.yaml")
    assert result.code == 1
    assert "No such file" in result.text


def test_an_export_through_a_link_writes_to_what_it_leads_to(file: Path, tmp_path: Path) -> None:
    edit(title="What did the editor write?")
    (tmp_path / "linked").mkdir()
    link, coming = tmp_path / "linked" / "bank.yaml", tmp_path / "linked" / "coming.yaml"
    link.symlink_to("../bank.yaml")
    coming.symlink_to("../new.yaml")
    file.chmod(0o640)
    for path in (link, coming):
        assert run("export_bank", path).code == 0
        assert path.is_symlink()
    assert "What did the editor write?" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "new.yaml").read_text() == file.read_text()


def test_an_export_replaces_nothing_but_regular_files(tmp_path: Path) -> None:
    pipe, circle, device = tmp_path / "pipe", tmp_path / "circle", tmp_path / "device"
    os.mkfifo(pipe)
    circle.symlink_to(circle)
    device.symlink_to("/dev/null")
    before = sorted((path.name, path.lstat().st_mode) for path in tmp_path.iterdir())
    for path in (pipe, circle, device, Path("/dev/null"), tmp_path):
        result = run("export_bank", path)
        assert result.code == 1
        assert result.text.endswith(" is no regular file. Nothing was written.\n")
    assert sorted((path.name, path.lstat().st_mode) for path in tmp_path.iterdir()) == before
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
