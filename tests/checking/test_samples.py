"""Code samples: what counts as one, what running one can't do, and the mark that it earns."""

import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client

from questions.checking import samples
from questions.checking.samples import INTERPRETER
from questions.models import Question
from questions.refreshing.files import dump
from tests import build
from tests.bank import SHIPPED
from tests.commands import run

MARK = f"Output checked on {INTERPRETER}"

missing_isolation = samples.missing_isolation()
needs_isolation = pytest.mark.skipif(bool(missing_isolation), reason="; ".join(missing_isolation))


def answer(code: str, output: str = "") -> str:
    """Return build.ANSWER with another sample in it."""
    return build.ANSWER.replace('print("two", 2)\n', code).replace("two 2\n", output)


# What a sample is


def test_a_sample_is_a_block_marked_run_with_the_output_after_it() -> None:
    [sample] = samples.find_samples(build.ANSWER)
    assert (sample.number, sample.code, sample.shown) == (1, 'print("two", 2)\n', "two 2\n")


def test_samples_in_lists_and_longer_fences_count_and_other_blocks_do_not() -> None:
    found = samples.find_samples(
        "- item\n\n  ````python run\n  print('```')\n  ````\n\n  ````text output\n  ```\n  ````\n\n"
        "```python\nfragment\n```\n\n```sql run\nSELECT 1\n```\n\n`python run`\n\n"
        "```python run\nprint(1)\n```\n\nNot right after it:\n\n```text output\n1\n```\n"
    )
    assert [(sample.number, sample.shown) for sample in found] == [(1, "```\n"), (2, None)]


# Running


def test_a_sample_runs_alone_in_an_empty_folder_with_a_clean_environment() -> None:
    outcome = samples.run_sample(
        "import os, sys\n"
        "print(os.listdir(), sys.stdin.read() == '', sys.flags.isolated)\n"
        "print(sorted(os.environ))\n"
        "open('written', 'w').close()\n"
        "print(os.listdir(), os.environ['HOME'] == os.getcwd())\n"
    )
    assert not outcome.failure
    assert outcome.output.splitlines() == [
        "[] True 1",
        "['HOME', 'LANG', 'PATH', 'TMPDIR']",
        "['written'] True",
    ]


def test_output_and_errors_keep_their_order() -> None:
    outcome = samples.run_sample(
        "import sys\nprint(1)\nprint(2, file=sys.stderr)\nprint(3)\nprint('é', end='')\n"
    )
    assert outcome.output == "1\n2\n3\né"


def test_django_and_pytest_are_there_for_samples() -> None:
    assert not samples.run_sample("import django, pytest\n").failure


def test_several_samples_run_at_once() -> None:
    code = "import time\ntime.sleep(1)\n"
    questions = [Question(slug=str(n), answer=answer(code)) for n in range(4)]
    started = time.monotonic()
    checks = samples.check_samples(questions, jobs=4)
    assert time.monotonic() - started < 3.5  # one after the other: at least 4
    assert [check.question.slug for check in checks] == ["0", "1", "2", "3"]


BAD = {
    "never ends": ("while True:\n    pass\n", "is still running after 2 s"),
    "sleeps": ("import time\ntime.sleep(60)\n", "is still running after 2 s"),
    "ignores being asked to stop": (
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(60)\n",
        "is still running after 2 s",
    ),
    "forks": (
        "import os, time\nfor _ in range(100):\n    os.fork() or time.sleep(60)\ntime.sleep(60)\n",
        "starts more than 64 processes",
    ),
    "prints 100 MB": (
        "for _ in range(100):\n    print('x' * 1_000_000)\n",
        "prints more than 1 MB",
    ),
    "fills the disk": (
        "file = open('big', 'wb')\nfor _ in range(100):\n    file.write(bytes(1_000_000))\n",
        "File too large",
    ),
    "takes all memory": ("x = bytearray(8 << 30)\n", "MemoryError"),
    "deletes its folder": (
        "import os, shutil\nshutil.rmtree(os.getcwd(), ignore_errors=True)\nprint('gone')\n",
        "-two 2\n+gone",
    ),
    "makes its folder hard to delete": (
        "import os\nos.makedirs('a/b')\nos.chmod('a', 0)\nos.chmod('.', 0)\n1 / 0\n",
        "ZeroDivisionError",
    ),
    "reads standard input": ("input()\n", "EOFError"),
    "exits with an error": ("raise SystemExit(3)\n", "ends with exit code 3"),
    "crashes": ("import os\nos.kill(os.getpid(), 11)\n", "ends with exit code 139"),
    "ends itself and its group": ("import os\nos.killpg(0, 9)\n", "ends with exit code 137"),
    "raises": ("1 / 0\n", "ZeroDivisionError: division by zero"),
    "is no Python": ("def\n", "SyntaxError"),
    "needs a package": ("import numpyish\n", "No module named 'numpyish'"),
    "prints something else": ("print('three')\n", "-two 2\n+three"),
    "prints nothing": ("pass\n", "-two 2"),
    "prints bytes that are no text": (
        "import sys\nsys.stdout.buffer.write(b'\\xff\\x00')\n",
        "-two 2\n+\ufffd\0",
    ),
}  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(("code", "reason"), BAD.values(), ids=BAD)
def test_a_bad_sample_is_reported_by_name_within_its_limits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, reason: str
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    build.question(slug="good", position=1)
    build.question(slug="bad", position=2, answer=answer(code, "two 2\n"))
    started = time.monotonic()
    result = run("check_samples", timeout=2)
    assert time.monotonic() - started < 10
    assert result.code == 1
    assert result.text.startswith("bad, sample 1: ")
    assert reason in result.text
    assert len(result.text) < 4000
    assert result.text.endswith(f"1 of 2 samples failed on {INTERPRETER}.\n")
    # What it did to its folder is no hindrance to the next.
    assert samples.run_sample("print(1)\n").output == "1\n"


def test_what_an_answer_does_not_show_is_a_failure_too() -> None:
    [check] = samples.check_samples([Question(slug="q", answer="```python run\nprint(1)\n```\n")])
    assert "shows no output" in check.problem


@needs_isolation
def test_nothing_that_a_sample_started_outlives_it() -> None:
    marker = "31415.926"
    outcome = samples.run_sample(
        "import subprocess\n"
        f"subprocess.Popen(['sleep', '{marker}'], start_new_session=True)\n"
        "print('done')\n"
    )
    assert outcome.output == "done\n"
    commands = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)  # noqa: S607
    assert f"sleep {marker}" not in commands.stdout


@needs_isolation
def test_a_sample_cannot_reach_the_network() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        outcome = samples.run_sample(
            "import socket\n"
            "print(socket.if_nameindex())\n"
            f"socket.create_connection(('127.0.0.1', {port}))\n"
        )
    assert outcome.output.startswith("[(1, 'lo')]\n")
    assert "ConnectionRefusedError" in outcome.output


@needs_isolation
def test_a_sample_has_a_loopback_of_its_own() -> None:
    outcome = samples.run_sample(
        "import socket\n"
        "server = socket.create_server(('127.0.0.1', 0))\n"
        "socket.create_connection(server.getsockname())\n"
    )
    assert not outcome.failure


@needs_isolation
def test_a_sample_changes_nothing_beyond_its_folder(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("kept")
    outcome = samples.run_sample(
        "import os, pathlib, shutil\n"
        f"precious = pathlib.Path({str(precious)!r})\n"
        "shutil.rmtree(precious, ignore_errors=True)\n"
        "for change in (\n"
        "    lambda: (precious / 'file').write_text('lost'),\n"
        "    lambda: (precious / 'file').unlink(),\n"
        "    lambda: (precious / 'other').touch(),\n"
        "    lambda: precious.rename(precious.with_name('elsewhere')),\n"
        "    lambda: os.truncate(precious / 'file', 0),\n"
        "    lambda: os.kill(os.getppid(), 9) or os.kill(1, 9),\n"
        "):\n"
        "    try:\n"
        "        change()\n"
        "    except OSError as error:\n"
        "        print(error.strerror)\n"
    )
    assert outcome.output == "Permission denied\n" * 5
    assert (precious / "file").read_text() == "kept"
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]


@pytest.mark.skipif(
    not shutil.which("unshare") or bool(missing_isolation), reason="needs namespaces"
)
def test_where_the_kernel_refuses_a_wall_the_command_says_so(tmp_path: Path) -> None:
    fixture = tmp_path / "some.yaml"
    entries = [
        {"model": "questions.category", "fields": {"slug": "c", "name": "C", "position": 1}},
        {
            "model": "questions.question",
            "fields": {
                "category": ["c"],
                "slug": "q",
                "position": 1,
                "title": "Q?",
                "level": "core",
                "published": True,
                "short_answer": "S.",
                "answer": build.ANSWER,
            },
        },
    ]
    fixture.write_text(dump(entries))
    command = f"{sys.executable} manage.py check_samples --fixture {fixture}"
    result = subprocess.run(  # noqa: S603
        [
            *("unshare", "--user", "--map-root-user", "sh", "-c"),
            f"echo 0 >/proc/sys/user/max_user_namespaces && exec {command}",
        ],
        cwd=settings.BASE_DIR,
        env={"DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3", "SECRET_KEY": "x"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "the network is open" in result.stderr
    assert "1 sample prints" in result.stdout


# The command, on the database


@pytest.mark.django_db
def test_the_command_names_the_questions_that_it_is_given() -> None:
    for slug in ("one", "two"):
        build.question(slug=slug)
    assert (
        run("check_samples", "two").text
        == f"1 sample prints on {INTERPRETER} what the answers show.\n"
    )
    assert [question.slug for question in Question.objects.all() if question.is_checked] == ["two"]
    assert run("check_samples", "three") == (1, "There is no question “three”.\n")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"update": True}, "name it with --fixture"),
        ({"record": True}, "name it with --fixture"),
        ({"jobs": 0}, "above zero"),
        ({"timeout": 0}, "above zero"),
        ({"fixture": Path("nowhere.yaml")}, "No such file"),
        ({}, "no sample to check"),
    ],
)
def test_the_command_says_what_it_cannot_do(options: dict[str, object], reason: str) -> None:
    result = run("check_samples", **options)
    assert result.code == 1
    assert reason in result.text


@pytest.mark.django_db
def test_checking_is_no_edit_and_checking_again_changes_nothing() -> None:
    question = build.question()
    before = Question.objects.get()
    time.sleep(0.002)
    run("check_samples")
    checked = Question.objects.get()
    assert checked.updated == before.updated
    assert (checked.checked_with, checked.is_checked) == (INTERPRETER, True)
    run("check_samples")
    assert Question.objects.filter(pk=question.pk).values().get() == vars_of(checked)


def vars_of(question: Question) -> dict[str, object]:
    return {field.attname: getattr(question, field.attname) for field in question._meta.fields}


@pytest.mark.django_db
def test_a_failed_check_takes_an_earlier_one_back() -> None:
    build.question(answer=answer("print(1)\n", "2\n"))
    Question.objects.update(**samples.result_of(Question.objects.get().answer, passed=True))
    assert run("check_samples").code == 1
    question = Question.objects.get()
    assert (question.checked_with, question.checked_on, question.checked_hash) == ("", None, "")


# The command, on a file


@pytest.fixture
def bank_file(tmp_path: Path) -> Path:
    """A copy of the shipped bank with two outputs that are wrong, and without any record."""
    path = tmp_path / "bank.yaml"
    text = SHIPPED.read_text()
    for right, wrong in (("GIL enabled: True", "GIL enabled: maybe"), ("sold: 2", "sold: 3")):
        assert text.count(right) == 1
        text = text.replace(right, wrong)
    path.write_text(re.sub(r"    checked_.*\n", "", text))
    return path


@pytest.mark.django_db
def test_a_file_is_checked_without_touching_it(bank_file: Path) -> None:
    before = bank_file.read_bytes()
    result = run("check_samples", "gil", "metaclasses", fixture=bank_file)
    assert result.code == 1
    assert "-no lock, sold: 3\n+GIL enabled: True\n+no lock, sold: 2\n" in result.text
    assert bank_file.read_bytes() == before


@pytest.mark.django_db
def test_update_writes_the_real_output_and_the_record_and_nothing_else(bank_file: Path) -> None:
    before = bank_file.read_text().splitlines()
    result = run("check_samples", "gil", fixture=bank_file, update=True)
    assert result.code == 0
    assert "-GIL enabled: maybe\n" in result.text
    after = bank_file.read_text().splitlines()
    added = [line.strip() for line in after if line not in before]
    assert [line for line in before if line not in after] == [
        "      GIL enabled: maybe",
        "      no lock, sold: 3",
    ]
    assert [line.partition(":")[0] for line in added] == [
        *("checked_with", "checked_on", "checked_hash"),
        *("GIL enabled", "no lock, sold"),
    ]
    assert run("check_samples", "gil", fixture=bank_file).code == 0


@pytest.mark.django_db
def test_update_does_not_write_what_a_failed_sample_printed(tmp_path: Path) -> None:
    path = tmp_path / "bank.yaml"
    text = SHIPPED.read_text()
    path.write_text(text.replace("      stock = 0\n", "      stock = 1 / 0\n"))
    before = path.read_text()
    result = run("check_samples", "gil", fixture=path, update=True)
    assert result.code == 1
    assert "ZeroDivisionError" in result.text
    assert set(before.splitlines()) - set(path.read_text().splitlines()) <= {
        line for line in before.splitlines() if "checked_" in line
    }


@pytest.mark.django_db
def test_several_outputs_of_one_answer_are_updated_where_they_stand(tmp_path: Path) -> None:
    text = (
        "```python run\nprint(1)\nprint(1)\n```\n\n```text output\n?\n```\n\nBetween.\n\n"
        "- item\n\n  ```python run\n  print(2)\n  ```\n\n  ```text output\n  ?\n  ?\n  ```\n"
    )
    checks = samples.corrected(samples.check_samples([Question(slug="q", answer=text)]))
    assert checks[0].question.answer == (
        "```python run\nprint(1)\nprint(1)\n```\n\n```text output\n1\n1\n```\n\nBetween.\n\n"
        "- item\n\n  ```python run\n  print(2)\n  ```\n\n  ```text output\n  2\n  ```\n"
    )
    assert not any(check.problem for check in checks)


def test_an_output_that_would_end_its_block_is_not_written() -> None:
    text = "```python run\nprint('```')\n```\n\n```text output\n?\n```\n"
    [check] = samples.corrected(samples.check_samples([Question(slug="q", answer=text)]))
    assert check.question.answer == text
    assert check.problem


# The mark


def page_of(client: Client, question: Question) -> str:
    return client.get(question.get_absolute_url()).content.decode()


@pytest.mark.django_db
def test_the_mark_stands_at_the_output_with_interpreter_and_date(client: Client) -> None:
    question = build.question()
    assert "checked on" not in page_of(client, question)
    run("check_samples")
    Question.objects.update(checked_on=date(2026, 3, 4))
    page = page_of(client, question)
    assert page.count(MARK) == 1
    output = page.partition('<figure class="code output">')[2].partition("</figure>")[0]
    assert f'{MARK}, <time datetime="2026-03-04">4 March 2026</time>' in output


def by_save(question: Question) -> None:
    question.answer = question.answer.replace("detail", "details")
    question.save()


def by_update(question: Question) -> None:
    Question.objects.filter(pk=question.pk).update(answer=f"{question.answer} ")


def by_sql(question: Question) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE questions_question SET answer = answer || 'x'")


def by_bulk_update(question: Question) -> None:
    question.answer = question.answer.replace("two 2", "two 3")
    Question.objects.bulk_update([question], ["answer"])


@pytest.mark.django_db
@pytest.mark.parametrize("edit", [by_save, by_update, by_sql, by_bulk_update])
def test_an_edit_by_any_road_takes_the_mark_away_until_the_next_check(
    client: Client, edit: Callable[[Question], None]
) -> None:
    build.question()
    run("check_samples")
    question = Question.objects.get()
    edit(question)
    assert "checked on" not in page_of(client, question)


@pytest.mark.django_db
def test_an_edit_in_the_admin_takes_the_mark_away_and_a_save_without_one_does_not(
    client: Client,
) -> None:
    question = build.question(verified_with="CPython 3.13.0")
    run("check_samples")
    before = Question.objects.get()
    client.force_login(User.objects.create_superuser("editor"))
    form = {
        name: getattr(question, name)
        for name in ("title", "slug", "level", "position", "keywords", "verified_with")
    }
    form |= {"category": question.category.pk, "published": "on", "verified_on": ""}
    form |= {"former_slugs-TOTAL_FORMS": 0, "former_slugs-INITIAL_FORMS": 0}
    for name in ("short_answer", "answer", "further_reading"):
        form[name] = getattr(question, name).replace("\n", "\r\n")  # as browsers send it
    address = f"/admin/questions/question/{question.pk}/change/"
    assert client.post(address, form).status_code == 302
    assert Question.objects.get().updated == before.updated
    assert MARK in page_of(client, question)
    assert MARK in client.get(address).content.decode()

    form["answer"] = str(form["answer"]).replace("detail", "details")
    assert client.post(address, form).status_code == 302
    assert "checked on" not in page_of(client, question)
    assert "Not checked as they are now" in client.get(address).content.decode()


@pytest.mark.django_db
def test_loaddata_of_a_file_with_records_brings_the_marks_and_keeps_them(
    client: Client, bank_file: Path
) -> None:
    run("check_samples", "gil", fixture=bank_file, update=True)
    for _ in range(2):
        call_command("loaddata", str(bank_file), verbosity=0)
        assert MARK in page_of(client, Question.objects.get(slug="gil"))
        assert "checked on" not in page_of(client, Question.objects.get(slug="metaclasses"))


@pytest.mark.django_db
def test_a_record_of_another_text_shows_no_mark(client: Client) -> None:
    question = build.question(
        checked_with=INTERPRETER, checked_on=date(2026, 1, 1), checked_hash="0" * 64
    )
    assert "checked on" not in page_of(client, question)


@pytest.mark.django_db
def test_only_outputs_of_samples_are_marked(client: Client) -> None:
    more = "\n```console\n$ ls\n```\n\n```text output\nfile\n```\n"
    question = build.question(answer=build.ANSWER + more)
    run("check_samples")
    assert page_of(client, question).count(MARK) == 1


# What the home page says of all of them


CLAIM = "Every code sample is run, and its output checked, on"


@pytest.mark.django_db
def test_the_home_page_speaks_for_all_samples_only_while_all_are_checked(client: Client) -> None:
    first, _second = build.question(), build.question()
    build.question(published=False, answer="")
    assert CLAIM not in client.get("/").content.decode()
    run("check_samples", first.slug)
    assert CLAIM not in client.get("/").content.decode()
    run("check_samples")
    assert f"{CLAIM} {INTERPRETER}." in client.get("/").content.decode()
    Question.objects.filter(pk=first.pk).update(checked_with="CPython 3.99.0")
    assert CLAIM not in client.get("/").content.decode()
    run("check_samples")
    Question.objects.filter(pk=first.pk).update(answer="Another.")
    assert CLAIM not in client.get("/").content.decode()


# Web requests


def test_the_site_never_loads_what_runs_samples() -> None:
    code = (
        "import django, sys\n"
        "django.setup()\n"
        "import qabank.urls, qabank.wsgi\n"
        "print(sorted(name for name in sys.modules if name.startswith('questions')))\n"
    )
    result = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code],
        cwd=settings.BASE_DIR,
        env={"DJANGO_SETTINGS_MODULE": "qabank.settings", "SECRET_KEY": "x"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "questions.pages.views" in result.stdout
    assert "samples" not in result.stdout
    assert "sandbox" not in result.stdout
