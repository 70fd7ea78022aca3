"""Code samples: what counts as one, what running one can't do, and the mark that it earns."""

import json
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client

from questions.checking import interpreters, runs, samples, sandbox
from questions.models import Question, fingerprint
from questions.refreshing.writing import dump
from tests import build
from tests.bank import SHIPPED
from tests.commands import SECRET_KEY, run, sqlite_url
from tests.html import one, parse, text

pytestmark = pytest.mark.samples

INTERPRETER = f"{platform.python_implementation()} {platform.python_version()}"
MARK = f"Output checked on {INTERPRETER}"


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
    outcome = runs.run_sample(
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
    outcome = runs.run_sample(
        "import sys\nprint(1)\nprint(2, file=sys.stderr)\nprint(3)\nprint('é', end='')\n"
    )
    assert outcome.output == "1\n2\n3\né"


def test_django_and_pytest_are_there_for_samples() -> None:
    assert not runs.run_sample("import django, pytest\n").failure


def test_several_samples_run_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    meeting = threading.Barrier(4)
    run_sample = runs.run_sample

    def meet_and_run(*arguments: Any, **options: Any) -> runs.Outcome:
        meeting.wait(30)  # or it breaks: one after the other, they never meet
        return run_sample(*arguments, **options)

    monkeypatch.setattr(samples, "run_sample", meet_and_run)
    questions = [Question(slug=str(n), answer=answer("pass\n")) for n in range(4)]
    checks = samples.check_samples(questions, jobs=4)
    assert [check.question.slug for check in checks] == ["0", "1", "2", "3"]


BAD = {
    "never ends": ("while True:\n    pass\n", "is still running after 2 s"),
    "sleeps": ("import time\ntime.sleep(60)\n", "is still running after 2 s"),
    "ignores being asked to stop": (
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(60)\n",
        "is still running after 2 s",
    ),
    "forks": (
        "import os, time\nfor _ in range(200):\n    os.fork() or time.sleep(60)\ntime.sleep(60)\n",
        "Resource temporarily unavailable",
    ),
    "prints 100 MB": (
        "for _ in range(100):\n    print('x' * 1_000_000)\n",
        "prints more than 1 MB",
    ),
    "fills the disk": (
        "file = open('big', 'wb')\nfor _ in range(100):\n    file.write(bytes(1_000_000))\n",
        "File too large",
    ),
    "fills the disk with many files": (
        "for number in range(100):\n    open(str(number), 'wb').write(bytes(1_000_000))\n",
        "No space left on device",
    ),
    "starts threads without end": (
        ("import threading, time\nwhile True:\n"
        "    threading.Thread(target=time.sleep, args=[60], daemon=True).start()\n"),
        "can't start new thread",
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
        "-two 2\n+\ufffd\ufffd",  # a control character is shown, not sent
    ),
}  # fmt: skip


@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.parametrize(("code", "reason"), BAD.values(), ids=BAD)
def test_a_bad_sample_is_reported_by_name_within_its_limits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, reason: str
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    build.question(slug="good", position=1)
    build.question(slug="bad", position=2, answer=answer(code, "two 2\n"))
    # Only for the time limit it is a short one, which the good one might exceed on a busy machine.
    limit, slugs = (2, ["bad"]) if "after 2 s" in reason else (20, ["bad", "good"])
    started = time.monotonic()
    result = run("check_samples", *slugs, timeout=limit)
    assert time.monotonic() - started < limit + 8
    assert result.code == 1
    assert result.text.startswith(f"bad, sample 1, {INTERPRETER}: ")
    assert reason in result.text
    assert len(result.text) < 4000
    failed = "1 of 2 samples" if "good" in slugs else "1 of 1 sample"
    assert result.text.endswith(f"{failed} failed on {INTERPRETER}.\n")
    # What it did to its folder is no hindrance to the next.
    assert runs.run_sample("print(1)\n").output == "1\n"


def test_what_an_answer_does_not_show_is_a_failure_too() -> None:
    [check] = samples.check_samples([Question(slug="q", answer="```python run\nprint(1)\n```\n")])
    assert "shows no output" in check.problem


def test_nothing_that_a_sample_started_outlives_it() -> None:
    marker = "31415.926"
    outcome = runs.run_sample(
        "import subprocess, sys\n"
        "sleep = 'import sys, time; time.sleep(float(sys.argv[1]))'\n"
        f"subprocess.Popen([sys.executable, '-c', sleep, '{marker}'], start_new_session=True)\n"
        "print('done')\n"
    )
    assert outcome.output == "done\n"
    commands = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)  # noqa: S607
    assert marker not in commands.stdout


def test_a_sample_ends_with_the_command_that_runs_it() -> None:
    code = (
        "import django, os, sys\n"
        "django.setup()\n"
        "from questions.checking import runs\n"
        "runs.run_sample('import time; time.sleep(60)', timeout=60)"
    )
    environment = {"DJANGO_SETTINGS_MODULE": "qabank.settings", "SECRET_KEY": SECRET_KEY}
    runner = subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", code],
        cwd=settings.BASE_DIR,
        env={**environment, "PATH": os.environ["PATH"]},
    )
    # Before all of them wait, bubblewrap may not have bound its own life to that of the command.
    assert wait_until(lambda: any(map(runs_a_sample, below(runner.pid))))
    assert wait_until(lambda: all(map(waits, below(runner.pid))))
    inside = below(runner.pid)
    commands = "".join(Path(f"/proc/{pid}/cmdline").read_text() for pid in inside)
    runner.kill()
    runner.wait()
    for folder in set(re.findall(r"/\w+/qabank-sample-\w+", commands)):
        shutil.rmtree(folder)  # which a command that is killed has to leave behind
    assert wait_until(lambda: not any(runs_a_sample(pid) for pid in inside))


def below(pid: int) -> list[int]:
    """Return the descendants of a process."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:  # it has ended
        return []
    return [found for child in map(int, children) for found in (child, *below(child))]


def runs_a_sample(pid: int) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()  # empty when it has ended
    except OSError:
        return False
    return command.startswith(b"/environment/bin/python") and b"/sample.py" in command


def waits(pid: int) -> bool:
    """Whether a process waits for something, as the kernel says it."""
    state: str = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return state == "S"


def wait_until(is_true: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not (reached := is_true()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return reached


def test_a_sample_cannot_reach_the_network() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        outcome = runs.run_sample(
            "import socket\n"
            "print(socket.if_nameindex())\n"
            f"socket.create_connection(('127.0.0.1', {port}))\n"
        )
    assert outcome.output.startswith("[(1, 'lo')]\n")
    assert "ConnectionRefusedError" in outcome.output


def test_a_sample_has_a_loopback_of_its_own() -> None:
    outcome = runs.run_sample(
        "import socket\n"
        "server = socket.create_server(('127.0.0.1', 0))\n"
        "socket.create_connection(server.getsockname())\n"
    )
    assert not outcome.failure


def test_a_sample_reaches_no_socket_of_this_machine(tmp_path: Path) -> None:
    path = f"{tmp_path}/s"
    with socket.socket(socket.AF_UNIX) as of_path, socket.socket(socket.AF_UNIX) as abstract:
        of_path.bind(path)
        abstract.bind("\0qabank-test")
        for server in (of_path, abstract):
            server.listen()
        outcome = runs.run_sample(
            "import glob, socket\n"
            f"for address in ({path!r}, '\\0qabank-test', *glob.glob('/run/*/.s.PGSQL*')):\n"
            "    try:\n"
            "        socket.socket(socket.AF_UNIX).connect(address)\n"
            "    except OSError as error:\n"
            "        print(error.strerror)\n"
        )
    assert outcome.output == "No such file or directory\nConnection refused\n"


@pytest.fixture
def precious(tmp_path: Path) -> Path:
    """A folder of the machine that a sample should leave alone, readable to everybody."""
    folder = tmp_path / "precious"
    folder.mkdir()
    (folder / "file").write_text("kept")
    return folder


CHANGES = {
    "writes": "open(file, 'w').write('lost')",
    "deletes": "os.unlink(file)",
    "adds": "open(file + '2', 'w')",
    "renames": "os.rename(folder, folder + '2')",
    "truncates": "os.truncate(file, 0)",
    "changes the mode": "os.chmod(file, 0o4777)",
    "changes the times": "os.utime(file, (0, 0))",
    "changes the owner": "os.chown(file, os.getuid(), os.getgid())",
    "adds an attribute": "os.setxattr(file, 'user.x', b'x')",
    "reads": "print(open(file).read())",
    "links": "os.link(file, 'link')",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_sample_neither_changes_nor_sees_files_of_this_machine(
    precious: Path, change: str
) -> None:
    def state() -> list[tuple[str, object]]:
        return [
            (path.name, (stat.st_mode, stat.st_mtime, stat.st_ctime, stat.st_uid, stat.st_size))
            for path in sorted(precious.parent.rglob("*"))
            for stat in [path.stat()]
        ]

    before = state()
    outcome = runs.run_sample(
        f"import os\nfolder = {str(precious)!r}\nfile = folder + '/file'\n{change}\n"
    )
    assert "FileNotFoundError" in outcome.output
    assert state() == before
    assert (precious / "file").read_text() == "kept"


READ_ONLY = {
    "writes": "open(path + '/x', 'w')",
    "changes the mode": "os.chmod(path, 0o777)",
    "changes the times": "os.utime(path)",
    "adds an attribute": "os.setxattr(path, 'user.x', b'x')",
}


@pytest.mark.parametrize("change", READ_ONLY.values(), ids=READ_ONLY)
def test_what_a_sample_sees_of_this_machine_is_read_only(change: str) -> None:
    outcome = runs.run_sample(
        "import django, os, sys\n"
        "paths = ['/', '/usr/lib', '/dev', sys.prefix, sys.base_prefix,"
        " os.path.dirname(os.__file__), os.path.dirname(django.__file__)]\n"
        "for path in paths:\n"
        "    try:\n"
        f"        {change}\n"
        "        print(path)\n"
        "    except OSError as error:\n"
        "        assert error.errno in (30, 1, 13), error\n"
        "print('done')\n"
    )
    assert outcome.output == "done\n"


def test_a_sample_sees_no_file_but_its_interpreter_and_the_libraries() -> None:
    outcome = runs.run_sample(
        "import os, sys\n"
        "print(sorted({*os.listdir('/'), 'sample.py'} - {'lib', 'lib32', 'lib64'}"
        " - {sys.base_prefix.split('/')[1]}))\n"
        f"print([path for path in ({str(settings.BASE_DIR)!r}, '/etc', '/run', '/var', '/sys')"
        " if os.path.exists(path)])\n"
        "print([name for name in os.listdir('/proc') if name.isdigit() and int(name) > 9])\n"
    )
    seen, hidden, processes = outcome.output.splitlines()
    assert set(eval(seen)) - {"usr"} == {"bin", "dev", "environment", "proc", "sample.py", "tmp"}  # noqa: S307
    assert (hidden, processes) == ("[]", "[]")


def test_a_sample_is_nobody_even_where_root_runs_it(tmp_path: Path) -> None:
    outcome = runs.run_sample(
        "import os, re, shutil, socket, sys\n"
        "print(os.getuid() == 0, socket.gethostname())\n"
        "print(re.findall(r'(?:CapEff|CapBnd|NoNewPrivs):\\s*(\\w+)', "
        "open('/proc/self/status').read()))\n"
        "shutil.copy(sys.executable, 'copy')\n"
        "os.chmod('copy', 0o6777)\n"
        "print(bool(os.statvfs('.').f_flag & os.ST_NOSUID))\n"
        "for action in (\n"
        "    lambda: os.setuid(0),\n"
        "    lambda: os.unshare(os.CLONE_NEWUSER),\n"
        "    lambda: os.mknod('disk', 0o60600, os.makedev(8, 0)),\n"
        "    lambda: open('/proc/sys/kernel/core_pattern', 'w'),\n"
        "    lambda: open('/proc/sys/kernel/hostname', 'w'),\n"
        "    lambda: os.kill(1, 9) or os.kill(os.getppid(), 9),\n"
        "    lambda: socket.sethostname('other'),\n"
        "):\n"
        "    try:\n"
        "        action()\n"
        "        print('done')\n"
        "    except OSError as error:\n"
        "        print(type(error).__name__)\n"
    )
    lines = outcome.output.splitlines()
    assert lines[:3] == ["False sample", "['0000000000000000', '0000000000000000', '1']", "True"]
    # Of the signals to process 1 the kernel takes no notice, as it is the first of its namespace.
    refused = ["OSError", "OSError", *["PermissionError"] * 3, "done", "PermissionError"]
    assert lines[3:] == refused


def test_memory_that_a_sample_shares_is_gone_with_it() -> None:
    outcome = runs.run_sample(
        "import ctypes\n"
        "libc = ctypes.CDLL(None)\n"
        "segment = libc.shmget(0x51ab, 1 << 20, 0o1666)\n"
        "print(segment >= 0)\n"
        "open('/dev/shm/left', 'wb').write(bytes(1 << 20))\n"
    )
    assert outcome == ("True\n", "")
    lines = Path("/proc/sysvipc/shm").read_text().splitlines()
    assert str(0x51AB) not in [line.split()[0] for line in lines]
    assert not Path("/dev/shm/left").exists()  # noqa: S108


@pytest.mark.parametrize("folder", ["/tmp", "/dev/shm"])  # noqa: S108
def test_what_a_sample_may_write_has_a_total(folder: str) -> None:
    outcome = runs.run_sample(
        "import os\n"
        "total = 0\n"
        "try:\n"
        "    while True:\n"
        f"        with open(f'{folder}/{{total}}', 'wb', buffering=0) as file:\n"
        "            total += file.write(bytes(1 << 20))\n"
        "except OSError as error:\n"
        "    print(error.strerror, total <= " + str(sandbox.FOLDER_LIMIT) + ")\n"
    )
    assert outcome.output == "No space left on device True\n"


# Where there is no sandbox


@pytest.fixture
def small_file(tmp_path: Path) -> Path:
    """A bank with one question, whose sample is in order."""
    path = tmp_path / "small.yaml"
    question = {
        "category": ["c"],
        "slug": "q",
        "position": 1,
        "title": "Q?",
        "level": "core",
        "published": True,
        "short_answer": "S.",
        "answer": build.ANSWER,
    }
    entries = [
        {"model": "questions.category", "fields": {"slug": "c", "name": "C", "position": 1}},
        {"model": "questions.question", "fields": question},
    ]
    path.write_text(dump(entries))
    return path


def check_elsewhere(
    file: Path, *options: str, start: tuple[str, ...] = (), path: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run the command on a file in a process of its own."""
    return subprocess.run(  # noqa: S603
        [*start, sys.executable, "manage.py", "check_samples", "--fixture", str(file), *options],
        cwd=settings.BASE_DIR,
        env={
            "DATABASE_URL": sqlite_url(file.parent / "db.sqlite3"),
            "SECRET_KEY": SECRET_KEY,
            "PATH": path or os.environ["PATH"],
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_bubblewrap_the_command_refuses_unless_told(
    small_file: Path, tmp_path: Path
) -> None:
    path = f"{tmp_path}/empty"
    refused = check_elsewhere(small_file, path=path)
    assert refused.returncode == 1
    assert refused.stderr == (
        "CommandError: bubblewrap is not installed (Debian: bubblewrap). "
        "--unconfined runs samples without it.\n"
    )
    told = check_elsewhere(small_file, "--unconfined", path=path)
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout == f"1 sample prints on {INTERPRETER} what the answers show.\n"


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs unshare")
def test_where_the_kernel_refuses_namespaces_the_command_refuses_unless_told(
    small_file: Path,
) -> None:
    without = (
        *("unshare", "--user", "--map-root-user", "sh", "-c"),
        'echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"',
        "sh",
    )
    refused = check_elsewhere(small_file, start=without)
    assert refused.returncode == 1
    [line] = refused.stderr.splitlines()
    assert line.startswith("CommandError: bubblewrap is refused: ")
    assert check_elsewhere(small_file, "--unconfined", start=without).returncode == 0


def test_a_sample_that_runs_unconfined_keeps_to_the_other_limits(tmp_path: Path) -> None:
    def outcome(code: str, timeout: float = 20) -> runs.Outcome:
        return runs.run_sample(code, timeout=timeout, is_confined=False)

    assert outcome("import os\nprint(os.listdir(), sorted(os.environ))\n") == (
        "[] ['HOME', 'LANG', 'PATH', 'TMPDIR']\n",
        "",
    )
    assert outcome("while True:\n    pass\n", 2).failure == "is still running after 2 s"
    assert outcome("while True:\n    print('x' * 9999)\n").failure == "prints more than 1 MB"
    assert "MemoryError" in outcome("x = bytearray(8 << 30)\n").output
    assert outcome("import django, pytest\n") == ("", "")


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


@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"update": True}, "name it with --fixture"),
        ({"record": True}, "name it with --fixture"),
        ({"jobs": 0}, "above zero"),
        ({"timeout": 0}, "above zero"),
        ({"fixture": Path("nowhere.yaml")}, "no such file"),
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
    question = Question.objects.get()
    Question.objects.update(
        checked_with="CPython 3.99.0",
        checked_on=date(2026, 1, 1),
        checked_hash=fingerprint(question.answer),
    )
    assert run("check_samples").code == 1
    question = Question.objects.get()
    assert (question.checked_with, question.checked_on, question.checked_hash) == ("", None, "")


# Several interpreters


OTHER = "CPython 3.13.99" if sys.version_info[:2] == (3, 13) else "CPython 3.99.99"


@pytest.fixture(scope="module")
def other_system(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    A folder that holds a small system, as debootstrap makes one, with a Python of its own.

    It is a copy of ours that calls itself another version and has lost its module sqlite3.
    """
    root = tmp_path_factory.mktemp("system")
    for name in ("usr/bin", "usr/lib", "proc", "dev", "mnt", "tmp"):
        (root / name).mkdir(parents=True)
    (root / "usr/lib/os-release").write_text("ID=debian\n")
    program = Path(os.path.realpath(interpreters.running().program))
    shutil.copy(program, root / "usr/bin/python3")
    listing = subprocess.run(["ldd", program], capture_output=True, text=True, check=True)  # noqa: S603, S607
    for library in re.findall(r"/\S+(?= \()", listing.stdout):
        place = library if library.startswith("/lib64/") else f"/usr/lib/{Path(library).name}"
        (root / place[1:]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, root / place[1:])
    # With what is compiled: nothing that it compiles itself could be kept.
    standard = Path(sysconfig.get_path("stdlib"))
    unneeded = ["test", "site-packages", "dist-packages", "sqlite3", "ensurepip", "config-*", "*.a"]
    unneeded += ["idlelib", "tkinter", "turtledemo", "pydoc_data", "*.opt-?.pyc"]
    copy = root / "usr/lib" / standard.name
    shutil.copytree(standard, copy, ignore=shutil.ignore_patterns(*unneeded))
    with (copy / "platform.py").open("a") as platform_module:
        platform_module.write(f"\ndef python_version():\n    return {OTHER.split()[1]!r}\n")
    return root


@pytest.fixture(scope="module")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("environments")


@pytest.fixture
def other(other_system: Path, environments: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The path of another interpreter; only a small package is there for it."""
    monkeypatch.setattr(interpreters, "PACKAGES", ("iniconfig",))
    monkeypatch.setattr(interpreters, "ENVIRONMENTS", environments)
    interpreters.environment.cache_clear()
    yield str(other_system / "usr/bin/python3")
    interpreters.environment.cache_clear()


BOTH = f"{INTERPRETER}, {OTHER.split()[1]}"


@pytest.mark.once
@pytest.mark.django_db
def test_the_mark_names_each_interpreter_that_printed_what_is_shown(
    client: Client, other: str
) -> None:
    question = build.question(answer=answer("import iniconfig\nprint(2)\n", "2\n"))
    # The same interpreter by another path counts once.
    result = run(
        "check_samples",
        f"--python={other}",
        f"--python={sys.executable}",
        f"--python={interpreters.running().program}",
    )
    assert result == (0, f"1 sample prints on {BOTH} what the answers show.\n")
    assert Question.objects.get().checked_with == BOTH
    assert f"Output checked on {BOTH}, <time" in page_of(client, question)
    assert f"{CLAIM} {BOTH}." in client.get("/").content.decode()


@pytest.mark.once
@pytest.mark.django_db
def test_a_sample_that_differs_on_one_interpreter_is_told_by_name_and_marked_for_the_other(
    client: Client, other: str
) -> None:
    code = "import platform\nprint(platform.python_version())\n"
    build.question(slug="good", position=1)
    build.question(slug="bad", position=2, answer=answer(code, f"{platform.python_version()}\n"))
    result = run("check_samples", f"--python={other}", f"--python={sys.executable}")
    assert result.code == 1
    assert f"bad, sample 1, {OTHER}: prints something else" in result.text
    assert f"-{platform.python_version()}\n+{OTHER.split()[1]}\n" in result.text
    assert result.text.endswith(f"\n1 of 2 samples failed on {OTHER}.\n")
    assert dict(Question.objects.values_list("slug", "checked_with")) == {
        "good": BOTH,
        "bad": INTERPRETER,
    }


@pytest.mark.django_db
def test_waiting_samples_are_worked_off_and_the_editor_sees_the_result(client: Client) -> None:
    good = build.question(slug="good", position=1, published=False)
    bad = build.question(slug="bad", position=2, answer=answer('print("<\\x1b>")\n', "else\n"))
    build.question(slug="none", position=3, answer="Prose.\n")
    build.question(slug="retired", position=4, published=False, replaced_by=bad)
    client.force_login(User.objects.create_superuser("anna"))

    def todo(name: str) -> set[str]:
        page = client.get(f"/admin/questions/question/?todo={name}").content.decode()
        return {slug for slug, title in titles.items() if title in page}

    def form_of(question: Question) -> str:
        return client.get(f"/admin/questions/question/{question.pk}/change/").content.decode()

    titles = dict(Question.objects.values_list("slug", "title"))
    assert (todo("samples"), todo("failed")) == ({"good", "bad"}, set())
    assert "they wait for a check." in form_of(good)
    assert "There is none." in form_of(Question.objects.get(slug="none"))

    result = run("check_samples", "--waiting")
    assert result.code == 1
    assert result.text.endswith(f"1 of 2 samples failed on {INTERPRETER}.\n")
    assert (todo("samples"), todo("failed")) == (set(), {"bad"})
    assert f"Output checked on {INTERPRETER}" in form_of(good)
    page = form_of(bad)
    assert f"Sample 1 on {INTERPRETER}: prints something else than shown" in page
    assert "-else\n+&lt;&gt;" in page
    assert run("check_samples", "--waiting") == (0, "No sample waits for a check.\n")

    # After an edit it waits again.
    Question.objects.filter(pk=bad.pk).update(answer=build.ANSWER)
    assert (todo("samples"), todo("failed")) == ({"bad"}, set())
    assert "they wait for a check." in form_of(bad)
    assert run("check_samples", "--waiting").code == 0
    assert (todo("samples"), todo("failed")) == (set(), set())


@pytest.mark.django_db
def test_waiting_is_of_the_whole_database(small_file: Path) -> None:
    for given in (["good"], [f"--fixture={small_file}"]):
        result = run("check_samples", "--waiting", *given)
        assert result == (
            1,
            "--waiting is of the whole database: give no slug and no file.\n",
        )


@pytest.mark.once
@pytest.mark.django_db
def test_an_interpreter_that_lacks_what_a_sample_imports_is_told_by_name(other: str) -> None:
    build.question(slug="some", answer=answer("import sqlite3\nprint(2)\n", "2\n"))
    result = run("check_samples", f"--python={other}")
    assert result.code == 1
    assert result.text.startswith(f"some, sample 1, {OTHER}: ends with exit code 1:")
    assert "ModuleNotFoundError: No module named 'sqlite3'" in result.text
    assert not Question.objects.get().is_checked


@pytest.mark.once
@pytest.mark.django_db
def test_update_leaves_an_output_that_is_not_the_same_everywhere(
    other: str, small_file: Path
) -> None:
    code = "import platform\nprint(platform.python_version())\n"
    text = small_file.read_text().replace('print("two", 2)\n', code.replace("\n", "\n      ", 1))
    small_file.write_text(text)
    pythons = (f"--python={other}", f"--python={sys.executable}")
    assert run("check_samples", *pythons, fixture=small_file, update=True).code == 1
    assert small_file.read_text() == text
    assert run("check_samples", pythons[0], fixture=small_file, update=True).code == 0
    assert f"      {OTHER.split()[1]}\n" in small_file.read_text()


@pytest.mark.once
@pytest.mark.django_db
def test_an_interpreter_of_another_system_wants_the_sandbox(other: str) -> None:
    build.question()
    result = run("check_samples", "--unconfined", f"--python={other}")
    assert result.code == 1
    assert "only the sandbox runs its interpreters" in result.text


def program(path: Path, line: str) -> str:
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)
    return str(path)


OLD = {
    "product": "CPython",
    "number": "3.9.2",
    "version": [3, 9],
    "program": "/usr/bin/python3.9",
    "prefix": "/usr",
}


@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (None, "python: there is no such program."),
        (f"echo '{json.dumps(OLD)}'", "is CPython 3.9.2: samples need Python 3.12 or newer."),
        ("echo Unknown option: -I >&2; exit 2", "is no Python that runs: Unknown option: -I"),
        ("exit 0", "is no Python that runs: it says nothing"),
        ("echo '[1, 2]'", "is no Python that runs: [1, 2]"),
        ("kill -9 $$", "is no Python that runs: it says nothing"),
    ],
)
def test_an_interpreter_that_will_not_do_is_told_by_name_before_anything_runs(
    tmp_path: Path, line: str | None, reason: str
) -> None:
    build.question()
    path = program(tmp_path / "python", line) if line else str(tmp_path / "python")
    result = run("check_samples", f"--python={sys.executable}", f"--python={path}")
    assert result.code == 1
    assert result.text.startswith(f"{tmp_path}/")
    assert result.text.endswith(f"{reason}\n")
    assert len(result.text.splitlines()) == 1
    assert not Question.objects.get().is_checked


def test_make_gives_the_command_the_interpreters_of_a_variable() -> None:
    result = subprocess.run(
        ["make", "--dry-run", "samples", "ARGS=gil"],  # noqa: S607
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "SAMPLE_PYTHONS": "/one/python /two/python:/three/python"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (
        "check_samples --python /one/python --python /two/python --python /three/python gil"
        in result.stdout
    )


# Samples for some versions only


@pytest.mark.once
@pytest.mark.django_db
def test_a_sample_for_newer_versions_is_not_run_and_its_record_stays(client: Client) -> None:
    newer = build.ANSWER.replace("python run", "python run >=3.99")
    question = build.question(slug="new", position=1, answer=newer)
    assert run("check_samples") == (
        0,
        (
            "new, sample 1, was not run: it needs Python >=3.99\n"
            f"0 samples print on {INTERPRETER} what the answers show.\n"
        ),
    )
    assert not Question.objects.get().is_checked
    Question.objects.update(
        checked_with="CPython 3.99.0",
        checked_on=date(2026, 1, 1),
        checked_hash=fingerprint(newer),
    )
    assert run("check_samples").code == 0
    assert "Output checked on CPython 3.99.0" in page_of(client, question)


@pytest.mark.once
@pytest.mark.django_db
def test_a_sample_for_some_versions_runs_on_these(client: Client) -> None:
    question = build.question(answer=build.ANSWER.replace("python run", "python run >=3.12"))
    assert run("check_samples").code == 0
    assert Question.objects.get().checked_with == INTERPRETER
    page = page_of(client, question)
    assert page.count(f"{MARK}, <time") == 1
    assert '<span class="language">Python</span>' in page


@pytest.mark.once
@pytest.mark.django_db
def test_an_answer_is_marked_for_the_interpreters_that_ran_all_of_its_samples() -> None:
    newer = build.ANSWER + build.ANSWER.replace("python run", "python run >=3.99")
    build.question(slug="some", answer=newer)
    result = run("check_samples")
    assert result.code == 0
    assert result.text.startswith("some, sample 2, was not run")
    assert not Question.objects.get().is_checked


@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.parametrize("needs", [">3.13", "3.13", ">=3", ">=3.13 >=3.14", "<3.14", "slow"])
def test_a_fence_that_makes_no_sense_is_a_failure(needs: str) -> None:
    build.question(slug="odd", answer=build.ANSWER.replace("python run", f"python run {needs}"))
    result = run("check_samples")
    assert result.code == 1
    assert result.text.startswith(
        f"odd, sample 1, {INTERPRETER}: its fence says “{needs}”, not such as “>=3.14”\n"
    )
    assert not Question.objects.get().is_checked


# Samples of prompts


@pytest.mark.once
@pytest.mark.django_db
def test_the_samples_of_a_prompt_count_too(client: Client) -> None:
    prompt = "What is wrong?\n\n```python run\nprint(1)\n```\n\n```text output\n2\n```\n"
    build.question(slug="some", prompt=prompt)
    result = run("check_samples")
    assert result.code == 1
    assert result.text.startswith(f"some, sample 1, {INTERPRETER}: prints something else")
    assert result.text.endswith(f"1 of 2 samples failed on {INTERPRETER}.\n")
    assert not Question.objects.get().is_checked
    Question.objects.update(prompt=prompt.replace("2", "1"))
    assert run("check_samples").code == 0
    assert Question.objects.get().is_checked
    Question.objects.update(prompt="Another.\n")
    assert not Question.objects.get().is_checked


@pytest.mark.once
@pytest.mark.django_db
def test_the_outputs_of_a_prompt_are_updated_in_a_file(small_file: Path) -> None:
    text = small_file.read_text().replace(
        "    short_answer:",
        "    prompt: |\n      ```python run\n      print(1)\n      ```\n\n"
        "      ```text output\n      ?\n      ```\n    short_answer:",
    )
    small_file.write_text(text)
    assert run("check_samples", fixture=small_file, update=True).code == 0
    changed = small_file.read_text()
    assert changed.count("      ?\n") == 0
    assert re.sub("    checked_.*\n", "", changed) == text.replace("      ?\n", "      1\n")
    assert run("check_samples", fixture=small_file, record=True).code == 0
    assert small_file.read_text() == changed


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


@pytest.mark.once
@pytest.mark.django_db
def test_a_file_is_checked_without_touching_it(bank_file: Path) -> None:
    before = bank_file.read_bytes()
    result = run("check_samples", "gil", "metaclasses", fixture=bank_file)
    assert result.code == 1
    assert "-no lock, sold: 3\n+GIL enabled: True\n+no lock, sold: 2\n" in result.text
    assert bank_file.read_bytes() == before


@pytest.mark.once
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


@pytest.mark.once
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


@pytest.mark.once
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


@pytest.mark.once
@pytest.mark.django_db
def test_the_mark_stands_at_the_output_with_interpreter_and_date(client: Client) -> None:
    question = build.question()
    assert "checked on" not in page_of(client, question)
    run("check_samples")
    Question.objects.update(checked_on=date(2026, 3, 4))
    page = page_of(client, question)
    assert page.count(f"{MARK}, <time") == 1
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


@pytest.mark.once
@pytest.mark.django_db
def test_only_outputs_of_samples_are_marked(client: Client) -> None:
    more = "\n```console\n$ ls\n```\n\n```text output\nfile\n```\n"
    question = build.question(answer=build.ANSWER + more)
    run("check_samples")
    assert page_of(client, question).count(f"{MARK}, <time") == 1


# What the home page says of all of them


CLAIM = "Every code sample is run, and its output checked, on"


@pytest.mark.once
@pytest.mark.django_db
def test_the_home_page_speaks_for_all_samples_only_while_all_are_checked(client: Client) -> None:
    first, _second = build.question(), build.question()
    build.question(published=False, answer="")
    assert CLAIM not in client.get("/").content.decode()
    run("check_samples", first.slug)
    html = client.get("/").content.decode()
    assert CLAIM not in html
    assert (
        f"The samples of 1 of 2 questions were run, and their output checked, on {INTERPRETER}."
        in html
    )
    run("check_samples")
    assert f"{CLAIM} {INTERPRETER}." in client.get("/").content.decode()
    assert "Every code sample is run and checked." in text(
        one(parse(client.get("/").content), ".lead")
    )
    Question.objects.filter(pk=first.pk).update(checked_with="CPython 3.99.0")
    assert CLAIM not in client.get("/").content.decode()
    assert "Every code sample" not in text(one(parse(client.get("/").content), ".lead"))
    run("check_samples")
    Question.objects.filter(pk=first.pk).update(answer=f"Edited.\n\n{build.ANSWER}")
    assert CLAIM not in client.get("/").content.decode()
    Question.objects.filter(pk=first.pk).update(answer="Without a sample.")
    assert f"{CLAIM} {INTERPRETER}." in client.get("/").content.decode()


@pytest.mark.once
@pytest.mark.django_db
def test_the_home_page_names_the_interpreters_that_all_samples_were_checked_on(
    client: Client,
) -> None:
    for interpreters_ in ("CPython 3.13.0, 3.14.8, 3.15.0", "CPython 3.14.8, 3.15.0"):
        build.question(
            checked_with=interpreters_,
            checked_on=date(2026, 1, 1),
            checked_hash=fingerprint(build.ANSWER),
        )
    assert f"{CLAIM} CPython 3.14.8, 3.15.0." in client.get("/").content.decode()


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
        env={"DJANGO_SETTINGS_MODULE": "qabank.settings", "SECRET_KEY": SECRET_KEY},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "questions.pages.views" in result.stdout
    for name in ("samples", "sandbox", "interpreters"):
        assert name not in result.stdout
