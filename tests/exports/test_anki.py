"""The Anki package, opened by Anki itself."""

import re
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest
from anki.notes import Note
from django.test import Client

from questions.models import Question
from tests import build

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("db")]


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Collection]:
    collection = Collection(str(tmp_path / "collection.anki2"))
    yield collection
    collection.close()


def load(collection: Collection, client: Client, folder: Path) -> None:
    """Import what the site offers, as somebody does who takes Anki's own choices."""
    package = folder / "questions.apkg"
    package.write_bytes(client.get("/export/questions.apkg").content)
    collection.import_anki_package(
        ImportAnkiPackageRequest(
            package_path=str(package), options=ImportAnkiPackageOptions(with_scheduling=False)
        )
    )


def notes(collection: Collection) -> list[Note]:
    return [collection.get_note(key) for key in collection.find_notes("")]


def test_a_category_becomes_a_deck_and_a_question_a_card(
    client: Client, collection: Collection, tmp_path: Path
) -> None:
    threads = build.category(name="Threads :: locks", slug="threads")
    build.question(
        title="What is `a < b`?",
        category=threads,
        level="expert",
        prompt="Think of [this](/questions/other/).\n",
        short_answer="It is *true*.",
    )
    build.question(category=build.category(name="Views"))
    load(collection, client, tmp_path)
    decks = {deck.name for deck in collection.decks.all_names_and_ids()}
    assert decks - {"Default"} == {"QA Bank", "QA Bank::Threads : locks", "QA Bank::Views"}
    [key] = collection.find_cards('"deck:QA Bank::Threads : locks" tag:expert')
    card = collection.get_card(key)
    assert "What is <code>a &lt; b</code>?" in card.question()
    assert "http://testserver/questions/other/" in card.question()
    assert "true" not in card.question()
    assert "<em>true</em>" in card.answer()
    assert '<span class="nb">print</span>' in card.answer()
    assert "Copy" not in card.answer()


def test_no_text_of_an_answer_is_a_command_to_anki(
    client: Client, collection: Collection, tmp_path: Path
) -> None:
    text = (
        "[sound:https://x.example/y.mp3] [LaTeX]x[/LaTeX] [$]y[/$] [anki:tts lang=en]z[/anki:tts]"
    )
    build.question(title=f"What is {text}?", prompt=text, short_answer=text, answer=f"    {text}\n")
    load(collection, client, tmp_path)
    [key] = collection.find_cards("")
    card = collection.get_card(key)
    assert card.question_av_tags() == card.answer_av_tags() == []
    assert collection.media.files_in_str(card.note().mid, "".join(card.note().fields)) == []
    shown = unescape(re.sub("<[^>]*>", "", card.answer()))
    assert shown.count(text) == 4


def test_a_second_import_updates_and_doubles_nothing(
    client: Client, collection: Collection, tmp_path: Path
) -> None:
    question = build.question(title="What was it?", slug="was")
    build.question()
    load(collection, client, tmp_path)
    [key] = collection.find_cards("slug:was")
    collection.sched.set_due_date([key], "30")
    due = collection.get_card(key).due
    time.sleep(1)  # Anki compares seconds
    Question.objects.filter(pk=question.pk).update(title="What is it?", slug="is")
    load(collection, client, tmp_path)
    assert len(notes(collection)) == 2
    [same] = collection.find_cards("slug:is")
    card = collection.get_card(same)
    assert card.id == key
    assert "What is it?" in card.question()
    assert card.due == due


def test_an_export_leaves_no_file_behind(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    build.question()
    first, second = (client.get("/export/questions.apkg").content for _ in range(2))
    assert first == second
    assert list(tmp_path.iterdir()) == []
