"""What `loaddata` checked is what it loads, whoever changes the file in between."""

import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from questions.models import Category, Question
from questions.refreshing import reading, validation
from tests.refreshing.bad_files import GOOD

pytestmark = pytest.mark.django_db

EVIL = GOOD + "- model: auth.user\n  fields: {username: eve, password: x, is_superuser: true}\n"


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Is set when a file has been checked."""
    event = threading.Event()
    check = validation.checked_entries

    def check_and_tell(*args: Any) -> Any:
        entries = check(*args)
        event.set()
        return entries

    monkeypatch.setattr(validation, "checked_entries", check_and_tell)
    return event


@pytest.mark.parametrize("second", [EVIL, GOOD.replace("What comes first?", "Something else?")])
def test_a_pipe_is_read_once(tmp_path: Path, checked: threading.Event, second: str) -> None:
    pipe = tmp_path / "some.yaml"
    os.mkfifo(pipe)

    def write() -> None:
        pipe.write_text(GOOD)  # waits until somebody reads
        checked.wait()
        pipe.write_text(second)

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    call_command("loaddata", str(pipe), verbosity=0)
    assert not User.objects.exists()
    assert [q.title for q in Question.objects.order_by("position")] == [
        "What comes first?",
        "What comes second?",
    ]
    with pipe.open() as rest:  # what nobody asked for
        assert rest.read() == second
    writer.join()


def test_a_file_that_is_replaced_after_the_check_brings_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "some.yaml"
    path.write_text(GOOD)
    check = validation.checked_entries

    def check_and_lose(*args: Any) -> Any:
        entries = check(*args)
        path.write_text(EVIL)
        return entries

    monkeypatch.setattr(validation, "checked_entries", check_and_lose)
    call_command("loaddata", str(path), verbosity=0)
    assert not User.objects.exists()
    assert Question.objects.count() == 2


def test_a_pipe_that_does_not_end_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "FILE_LIMIT", 1 << 20)
    pipe = tmp_path / "some.yaml"
    os.mkfifo(pipe)

    def write() -> None:
        with suppress(BrokenPipeError), pipe.open("w") as end:
            while True:
                end.write("# and so on\n" * 1000)

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    with pytest.raises(CommandError, match=r"some.yaml: larger than 1 MB"):
        call_command("loaddata", str(pipe), verbosity=0)
    writer.join(10)
    assert not writer.is_alive()


def test_what_only_the_database_refuses_is_one_line_too(tmp_path: Path) -> None:
    path = tmp_path / "some.yaml"
    path.write_text(GOOD)
    with pytest.raises(CommandError) as error:  # a question without its category
        call_command("loaddata", str(path), exclude=["questions.Category"], verbosity=0)
    assert str(error.value).startswith("some.yaml: ")
    assert str(error.value).endswith(" Nothing was loaded.")
    assert "\n" not in str(error.value)
    assert not Category.objects.exists()


def test_it_counts_what_it_loaded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "some.yaml"
    path.write_text(GOOD)
    call_command("loaddata", str(path), exclude=["questions.Question"])
    assert capsys.readouterr().out == "Installed 1 object(s) (of 3) from 1 fixture(s)\n"
    call_command("loaddata", str(path))
    assert capsys.readouterr().out == "Installed 3 object(s) from 1 fixture(s)\n"
