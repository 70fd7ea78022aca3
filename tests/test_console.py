"""The commands of the documentation do what it says, typed as they stand there."""

import itertools
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from configparser import ConfigParser
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import get_commands, load_command_class
from django.test import Client

from tests import commands
from tests.servers import checkout, clone, commit, prepared_url
from tests.threads import soon

pytestmark = pytest.mark.once

BASE_DIR: Path = settings.BASE_DIR
PASSWORD = "a few words that nobody guesses"
PAGES = ["README.md", "CONTRIBUTING.md", "docs/checking.md", "docs/operating.md", "docs/editing.md"]

# How the commands begin that are not run here, and why.
ELSEWHERE = {
    "make run": "serves until it is stopped: tests/servers.py",
    ".venv/bin/python manage.py serve": "the same",
    "make test": "runs the others of this file",
    "make faults": "runs this",
    ".venv/bin/python -m pytest": "the same",
    "bin/with-postgres": "the same",
    "make lint": "is what CI does first",
    "sudo ": "wants systemd, or the network",
    "curl ": "asks a running site: see the upgrade below",
    "git checkout": "wants two releases: see the upgrade below",
    ".venv/bin/python manage.py migrate questions": "the same",
    "rm -f var/db.sqlite3": "wants a backup of that name: tests/management/test_backup.py",
    "cp var/backups": "the same",
    "pg_restore": "the same",
    ".venv/bin/python manage.py check_samples --python": "wants other interpreters",
    "make samples SAMPLE_PYTHONS": "the same",
}


def blocks(page: str) -> list[list[str]]:
    """Return the commands of each console block of a page."""
    text = (BASE_DIR / page).read_text()
    found = re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL)

    lines = [block.splitlines() for block in found]
    return [
        [line.removeprefix("$ ").partition("  #")[0].strip() for line in block] for block in lines
    ]


def run(command: str, folder: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Type a command into a shell."""
    return subprocess.run(  # noqa: S603
        ["/bin/sh", "-c", command],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def typed_of_manage(command: str) -> Iterator[list[str]]:
    """Give the words after each `manage.py` that a command comes to; `make` says which it calls."""
    if re.search(r"(^|[' ])make ", command):
        result = run(command.replace("make ", "make --dry-run ", 1), BASE_DIR)
        assert result.returncode == 0, f"{command}: {result.stderr}"
        command = result.stdout
    for typed in re.findall(r"manage\.py ([^\n&|']+)", command):
        yield shlex.split(typed)


@pytest.mark.parametrize("document", PAGES)
def test_every_command_is_there_and_has_the_options_that_are_written(document: str) -> None:
    for command in itertools.chain.from_iterable(blocks(document)):
        for name, *arguments in typed_of_manage(command):
            there = load_command_class(get_commands()[name], name)
            there.create_parser("manage.py", name).parse_args(arguments)  # or a CommandError


@pytest.mark.slow
@pytest.mark.samples
@pytest.mark.parametrize("document", PAGES)
def test_every_command_runs_in_a_fresh_clone_as_it_is_written(
    tmp_path: Path, document: str
) -> None:
    here = [
        command
        for block in blocks(document)
        for command in block
        if command and not command.startswith(tuple(ELSEWHERE))
    ]
    if not here:
        return
    folder = clone(tmp_path)
    commit(folder, "v1")
    for command in here:
        result = run(command, folder)
        assert result.returncode == 0, f"{command}: {result.stdout}{result.stderr}"


def test_what_is_run_elsewhere_is_still_documented() -> None:
    commands = [command for page in PAGES for block in blocks(page) for command in block]
    for beginning in ELSEWHERE:
        assert any(command.startswith(beginning) for command in commands), beginning


def test_no_command_is_documented_without_its_interpreter() -> None:
    for path in [
        *BASE_DIR.glob("*.md"),
        *BASE_DIR.glob("docs/*.md"),
        *BASE_DIR.glob("templates/**/*.html"),
    ]:
        for line in path.read_text().splitlines():
            bare = re.search(r"(?<!python )\bmanage\.py \w+", line)
            assert not bare, f"{path.name}: {line}"


@pytest.mark.slow
def test_a_dry_run_of_a_refresh_needs_no_database(tmp_path: Path) -> None:
    result = run("make refresh ARGS=--dry-run", clone(tmp_path))
    assert result.returncode == 0, result.stderr
    assert "36 unchanged" in result.stdout


# Accounts


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("options", "password", "reason"),
    [
        ({}, "", "Nobody can be asked here: set DJANGO_SUPERUSER_PASSWORD"),
        ({"interactive": False, "username": "me"}, None, "Set DJANGO_SUPERUSER_PASSWORD, from"),
        ({"interactive": False, "username": "me"}, "", "DJANGO_SUPERUSER_PASSWORD: This password"),
        ({"interactive": False, "username": "me"}, "12345678", "DJANGO_SUPERUSER_PASSWORD: This"),
        ({"interactive": False}, PASSWORD, "You must use --username with --noinput."),
    ],
)
def test_an_account_is_not_made_by_halves(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], password: str | None, reason: str
) -> None:
    monkeypatch.delenv("DJANGO_SUPERUSER_PASSWORD", raising=False)
    if password is not None:
        monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", password)
    result = commands.run("createsuperuser", stdin=StringIO(), **options)
    assert result.code == 1
    assert result.text.startswith(reason)
    assert result.text.count("\n") == 1
    assert not User.objects.exists()


@pytest.mark.django_db
def test_an_account_that_is_made_in_a_script_can_log_in(
    monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    assert commands.run("createsuperuser", interactive=False, username="owner").code == 0
    assert User.objects.get().email == ""
    answer = client.post("/admin/login/", {"username": "owner", "password": PASSWORD})
    assert answer.status_code == 302


# Releases


class Release:
    """A site in a clone that goes from release to release, as docs/operating.md says."""

    def __init__(self, folder: Path) -> None:
        self.folder = clone(folder)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.environment = {"PORT": str(port), "WEB_CONCURRENCY": "1"}
        commit(self.folder, "v1")
        styles = self.folder / "static" / "css" / "site.css"
        styles.write_text(f"{styles.read_text()}\n/* of the new release */\n")
        last = max((self.folder / "questions" / "migrations").glob("0*.py")).stem
        (self.folder / "questions" / "migrations" / "0999_add_notes.py").write_text(
            "from django.db import migrations\n\n\n"
            "class Migration(migrations.Migration):\n"
            f'    dependencies = [("questions", "{last}")]\n'
            '    operations = [migrations.RunSQL("CREATE TABLE notes (id integer)", '
            '"DROP TABLE notes")]\n'
        )
        commit(self.folder, "v2")
        self.last = last
        self.walk(["git checkout --quiet v1", ".venv/bin/python manage.py prepare"])
        serve = re.search(r"^ExecStart=/srv/qabank/(.*)$", unit(), re.MULTILINE)
        assert serve
        self.server = subprocess.Popen(  # noqa: S603
            serve[1].split(),
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], **self.environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def walk(self, commands: list[str]) -> None:
        """Type the commands of a block, with what differs from the machine of the page."""
        for command in commands:
            if command.startswith("sudo systemctl reload"):
                self.reload()
            elif command.startswith("curl --fail http://127.0.0.1:8000"):
                self.wait_for(command.rpartition("8000")[2], 200)
            else:
                typed = command.replace("questions 0016", f"questions {self.last}")
                result = run(typed, self.folder, **self.environment)
                assert result.returncode == 0, f"{typed}: {result.stderr}"

    def reload(self) -> None:
        before = self.workers()
        self.server.send_signal(signal.SIGHUP)
        assert soon(lambda: not before & self.workers(), 60)

    def workers(self) -> set[str]:
        pid = self.server.pid
        return set(Path(f"/proc/{pid}/task/{pid}/children").read_text().split())

    def wait_for(self, address: str, status: int) -> None:
        assert soon(lambda: self.status(address) == status, 60), address

    def status(self, address: str) -> int:
        try:
            with urllib.request.urlopen(f"{self.url}{address}", timeout=30) as answer:  # noqa: S310
                return int(answer.status)
        except HTTPError as error:
            error.close()
            return error.code
        except OSError:
            return 0

    def styles(self) -> str:
        """Return the address of the stylesheet that pages name."""
        with urllib.request.urlopen(f"{self.url}/", timeout=30) as answer:  # noqa: S310
            found = re.search(r'/static/css/site[^"]*\.css', answer.read().decode())
        assert found
        return found[0]

    def stop(self) -> None:
        self.server.terminate()
        self.server.wait(20)


def unit() -> str:
    return (BASE_DIR / "deploy" / "qabank.service").read_text()


@pytest.fixture
def release(tmp_path: Path) -> Iterator[Release]:
    release = Release(tmp_path)
    try:
        release.wait_for("/healthz", 200)
        yield release
    finally:
        release.stop()


@pytest.mark.slow
def test_a_site_is_upgraded_and_taken_back_as_documented(release: Release) -> None:
    found = blocks("docs/operating.md")
    [upgrade] = [block for block in found if "git checkout --quiet v2" in block]
    [back] = [block for block in found if "git checkout --quiet v1" in block]
    old = release.styles()
    prepare = upgrade.index(".venv/bin/python manage.py prepare") + 1
    release.walk(upgrade[:prepare])
    assert release.status(old) == 200
    assert release.styles() == old
    release.walk(upgrade[prepare:])
    new = release.styles()
    assert new != old
    assert release.status(new) == release.status(old) == 200
    assert (release.folder / "var" / "backups" / "before-v2").exists()
    release.walk(back)
    assert release.styles() == old
    assert release.status(new) == release.status(old) == 200


# systemd and cron


def test_the_unit_starts_what_is_there_and_lets_it_write_where_it_writes() -> None:
    read = ConfigParser(interpolation=None)
    read.optionxform = str  # type: ignore[assignment, method-assign]
    read.read_string(unit())
    service = read["Service"]
    assert service["WorkingDirectory"] == "/srv/qabank"
    assert service["ExecStart"] == "/srv/qabank/.venv/bin/python manage.py serve"
    assert service["ReadWritePaths"] == "/srv/qabank/var"
    assert service["EnvironmentFile"] == "/etc/qabank.env"
    assert int(service["TimeoutStopSec"]) > 8  # gunicorn.conf.py's graceful_timeout


def test_the_line_for_cron_makes_a_backup_and_deletes_none_made_by_hand(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "site")
    (folder / ".venv").symlink_to(sys.prefix)
    [line] = [
        line
        for line in (BASE_DIR / "deploy" / "qabank.cron").read_text().splitlines()
        if not line.startswith("#")
    ]
    *when, user, command = line.split(maxsplit=6)
    assert (len(when), user) == (5, "qabank")
    assert "%" not in command  # which would end it
    (tmp_path / "env").write_text(f"DATABASE_URL='{prepared_url(tmp_path)}'\nHTTPS=true\n")
    command = command.replace("/srv/qabank ", f"{folder} ").replace(
        "/etc/qabank.env", str(tmp_path / "env")
    )
    backups = folder / "var" / "backups"
    for private in (backups.parent, backups):
        private.mkdir(mode=0o700, exist_ok=True)
    for name in ("before-v2", "20260101T031700Z.sqlite3"):
        (backups / name).touch()
        os.utime(backups / name, (0, 0))
    result = run(command, folder)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    left = sorted(path.name for path in backups.iterdir())
    assert len(left) == 2  # that of today, and the one made by hand
    assert left[1] == "before-v2"
