"""
The sandbox of a sample: the command that runs a program in it.

Bubblewrap (https://github.com/containers/bubblewrap) builds it of namespaces. A sample sees its
interpreter, the libraries of the system and the locked packages, all read-only, and can write to
a small folder in memory. `docs/checking.md` says what this keeps a sample from, and what not.
"""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

MEMORY_LIMIT = 2 << 30  # bytes of address space, a process
FILE_LIMIT = 32 << 20  # bytes, a file
FOLDER_LIMIT = 64 << 20  # bytes, all files of the folder; and as much in /dev/shm
PROCESS_LIMIT = 128  # processes and threads, with two of the sandbox's own

FOLDER = "/tmp"  # noqa: S108 (in the sandbox, where nobody else is)
SCRIPT = "/sample.py"
NOBODY = 65534


class Mount(NamedTuple):
    """A file or a folder of the machine, and where a sample finds it, read-only."""

    source: str
    place: str


def missing_tool() -> str:
    """Return what this machine lacks for the sandbox, for an error message; "" if nothing."""
    if sys.platform != "linux":
        return "only Linux has bubblewrap"
    return "" if shutil.which("bwrap") else "bubblewrap is not installed (Debian: bubblewrap)"


def sandboxed_command(
    mounts: Sequence[Mount],
    links: Sequence[tuple[str, str]],
    program: Sequence[str],
    *,
    folder: Path,
    alive: int,
) -> list[str]:
    """
    Return the command that runs `program` in the sandbox.

    `links` are symbolic links in it: target and place. `folder` is empty, for the command's own
    use. `alive` is the writing end of a pipe, which is closed when the last process has ended.
    """
    outer: list[str] = []
    if os.geteuid() == 0:
        outer, mounts = as_nobody(mounts, folder)
    return [
        *outer,
        *("bwrap", "--die-with-parent", "--new-session", "--sync-fd", str(alive)),
        *("--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net"),
        *("--unshare-uts", "--unshare-cgroup", "--disable-userns"),
        *("--hostname", "sample", "--clearenv"),
        *("--proc", "/proc", "--dev", "/dev"),
        *("--size", str(FOLDER_LIMIT), "--tmpfs", "/dev/shm"),  # noqa: S108
        *("--size", str(FOLDER_LIMIT), "--tmpfs", FOLDER),
        *(word for mount in mounts for word in ("--ro-bind", *mount)),
        *(word for link in links for word in ("--symlink", *link)),
        # Otherwise these could be filled: they are in memory, without a limit.
        *("--remount-ro", "/dev", "--remount-ro", "/"),
        *("--chdir", FOLDER, "--", *program),
    ]


def as_nobody(mounts: Sequence[Mount], folder: Path) -> tuple[list[str], list[Mount]]:
    """
    Return the start of a command that gives up being root, and where it then finds `mounts`.

    In a user namespace of its own root would still be root to the kernel, which lets it write to
    /proc/sys. The user nobody can't pass /root, so all of them are first mounted in `folder`,
    where only this command sees it.
    """
    moved = []
    for number, mount in enumerate(mounts):
        target = folder / str(number)
        if Path(mount.source).is_dir():
            target.mkdir()
        else:
            target.touch()
        moved.append(Mount(str(target), mount.place))
    pairs = zip(mounts, moved, strict=True)
    sources = (word for old, new in pairs for word in (old.source, new.source))
    return ["unshare", "--mount", "sh", "-ec", AS_NOBODY, "sh", *sources, "--"], moved


AS_NOBODY = f"""\
while [ "$1" != -- ]; do
    mount --bind "$1" "$2"
    shift 2
done
shift
exec setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups --inh-caps=-all "$@"
"""


def limited_command(python: str, script: str, folder: str, *, processes: int | None) -> list[str]:
    """
    Return the command that runs a script within the limits above, in a clean environment.

    Outside of the sandbox the kernel would count all processes of the user: None sets no limit.
    """
    limits = {"CORE": 0, "AS": MEMORY_LIMIT, "FSIZE": FILE_LIMIT}
    if processes:
        limits["NPROC"] = processes
    environment = {
        "HOME": folder,
        "LANG": "C.UTF-8",
        "PATH": f"{Path(python).parent}:/usr/bin:/bin",
        "TMPDIR": folder,
    }
    # -u: lines on standard output and error keep their order.
    command = [python, "-I", "-u", script]
    launcher = LAUNCHER.format(limits=limits, command=command, environment=environment)
    return [python, "-I", "-S", "-c", launcher]


LAUNCHER = """\
import os, resource
for name, limit in {limits}.items():
    try:
        resource.setrlimit(getattr(resource, "RLIMIT_" + name), (limit, limit))
    except (OSError, ValueError):
        pass  # macOS has no limit on memory
command = {command}
os.execve(command[0], command, {environment})
"""
