"""bin/venv makes another environment beside the one from which a site may be running."""

import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.once

# Stands for uv: makes an environment without packages, whose one script names its folder.
UV = f"""\
#!/bin/sh
case "$1" in
    venv) {sys.executable} -m venv --without-pip "$5" ;;
    pip)
        cp .venv/release seen
        [ ! -e no-network ] || {{ echo "No network." >&2; exit 1; }}
        folder=${{5%/bin/python}}
        [ ! -e pause ] || sleep "$(cat pause)"
        [ -e "$folder/pyvenv.cfg" ] || {{ echo "The environment is gone." >&2; exit 1; }}
        printf '#!%s/%s/bin/python\\nprint("It runs.")\\n' "$PWD" "$folder" >"$folder/bin/tool"
        chmod +x "$folder/bin/tool" ;;
esac
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Return a checkout with the environment of an older release."""
    (tmp_path / "bin").mkdir()
    shutil.copy(settings.BASE_DIR / "bin" / "venv", tmp_path / "bin")
    (tmp_path / ".python-version").write_text("3.13\n")
    (tmp_path / "requirements.txt").write_text("a-package==2\n")
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "release").write_text("old")
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "uv").write_text(UV)
    (tmp_path / "tools" / "uv").chmod(0o700)
    return tmp_path


def venv(site: Path, lock: str = "requirements.txt") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603
        ["/bin/sh", "bin/venv", lock],
        cwd=site,
        env={"PATH": f"{site}/tools:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )


def environments(site: Path) -> list[str]:
    return sorted(path.name for path in site.glob(".venv*"))


def test_the_old_environment_is_there_until_the_new_one_is_complete(site: Path) -> None:
    assert venv(site).returncode == 0
    assert (site / "seen").read_text() == "old"
    assert environments(site) == [".venv"]
    assert not (site / ".venv" / "release").exists()
    tool = subprocess.run([site / ".venv/bin/tool"], capture_output=True, text=True, check=True)  # noqa: S603
    assert tool.stdout == "It runs.\n"
    assert ".venv.new" not in (site / ".venv" / "bin" / "activate").read_text()
    again = venv(site)
    assert (again.returncode, again.stdout) == (0, "")


def test_an_installation_that_fails_leaves_the_old_environment(site: Path) -> None:
    (site / "no-network").touch()
    result = venv(site)
    assert (result.returncode, result.stderr) == (1, "No network.\n")
    assert (site / ".venv" / "release").read_text() == "old"
    assert environments(site) == [".venv"]


def test_two_installations_at_once_do_not_meet(site: Path) -> None:
    (site / "pause").write_text("1")
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(venv, site)
        time.sleep(0.2)
        (site / "pause").write_text("2.5")
        slower = venv(site)
    assert (slow.result().returncode, slow.result().stderr) == (0, "")
    assert (slower.returncode, slower.stderr) == (0, "")
    assert environments(site) == [".venv"]


def test_a_package_that_the_site_needs_now_comes_to_the_development_tools_too(site: Path) -> None:
    (site / "requirements-dev.txt").write_text("a-package==2\na-tool==1\n")
    assert venv(site, "requirements-dev.txt").returncode == 0
    assert venv(site, "requirements-dev.txt").stdout == ""
    (site / "requirements.txt").write_text("a-package==2\na-tool==1\n")
    assert "Installing requirements-dev.txt" in venv(site, "requirements-dev.txt").stdout
    assert venv(site).stdout == ""


def test_a_lock_that_is_not_there_is_named(site: Path) -> None:
    result = venv(site, "requirments.txt")
    assert (result.returncode, result.stderr) == (1, "There is no lock file requirments.txt.\n")
    assert environments(site) == [".venv"]
