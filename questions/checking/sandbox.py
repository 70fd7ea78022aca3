"""
The sandbox of one sample: a program of its own, which `samples.run_sample` starts.

    python -I -S sandbox.py FOLDER COMMAND...    run COMMAND, which can write to FOLDER only
    python -I -S sandbox.py --missing            print which isolation this kernel refuses

It isolates a sample by means that need no root:

- namespaces: a network with a loopback interface only; process numbers of its own, so that no
  process outlives the sample; and a /dev/shm of its own;
- Landlock: a sample can read everything and write to FOLDER only;
- limits on memory and on the size of a file, and no core dumps.

Where the kernel refuses one of them (in many containers, and on systems other than Linux), the
sample runs without it.
"""

import contextlib
import ctypes
import fcntl
import os
import resource
import signal
import socket
import struct
import sys
from pathlib import Path
from typing import NoReturn

MEMORY_LIMIT = 2 << 30  # bytes of address space, a process
FILE_LIMIT = 32 << 20  # bytes, a file

# From linux/prctl.h, linux/mount.h, linux/if.h, linux/sockios.h and linux/landlock.h.
PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38
MS_NOSUID_NODEV = 2 | 4
MS_REC_PRIVATE = 1 << 14 | 1 << 18
IFF_UP = 1
SIOCSIFFLAGS = 0x8914
LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF = 444, 445, 446
LANDLOCK_CREATE_RULESET_VERSION = 1
LANDLOCK_RULE_PATH_BENEATH = 1
ACCESS_READ = 1 << 0 | 1 << 2 | 1 << 3  # execute, read a file, list a folder
ACCESS_WRITE_FILE = 1 << 1

libc = ctypes.CDLL(None, use_errno=True)


def main(folder: str, command: list[str]) -> NoReturn:
    set_limits()
    if sys.platform == "linux":
        die_with_parent()
    own_processes = False
    with contextlib.suppress(OSError):
        enter_namespaces()
        own_processes = True
    with contextlib.suppress(OSError):
        confine_writing(folder)
    if own_processes:
        run_under_init(command)
    os.execv(command[0], command)  # noqa: S606 (no shell is wanted)


def missing() -> list[str]:
    """Return a line for each kind of isolation that the kernel refuses."""
    lines = []
    try:
        enter_namespaces()
    except OSError as error:
        lines.append(f"the network is open, and processes may outlive a sample ({error.strerror})")
    try:
        confine_writing("/tmp")  # noqa: S108 (nothing is written)
    except OSError as error:
        lines.append(f"a sample can write wherever you can ({error.strerror})")
    return lines


def set_limits() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for kind, limit in ((resource.RLIMIT_AS, MEMORY_LIMIT), (resource.RLIMIT_FSIZE, FILE_LIMIT)):
        # macOS refuses RLIMIT_AS.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (limit, limit))


def enter_namespaces() -> None:
    """Enter new namespaces for network, processes and mounts. Raises OSError where refused."""
    if sys.platform != "linux":
        raise OSError(0, "only Linux has namespaces")
    user, group = os.geteuid(), os.getegid()
    os.unshare(os.CLONE_NEWUSER | os.CLONE_NEWNET | os.CLONE_NEWPID | os.CLONE_NEWNS)
    with contextlib.suppress(OSError):
        # The same user inside as outside, so that a sample owns its files.
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
        with socket.socket() as any_socket:
            fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", IFF_UP))
        checked(libc.mount(b"none", b"/", None, MS_REC_PRIVATE, None))
        checked(libc.mount(b"tmpfs", b"/dev/shm", b"tmpfs", MS_NOSUID_NODEV, b"size=64m"))


def confine_writing(folder: str) -> None:
    """Forbid this process to write outside of `folder`. Raises OSError where refused."""
    if sys.platform != "linux":
        raise OSError(0, "only Linux has Landlock")
    version = checked(
        libc.syscall(LANDLOCK_CREATE_RULESET, None, 0, LANDLOCK_CREATE_RULESET_VERSION)
    )
    # Version 1 has 13 kinds of access, version 2 has 14, version 3 has 15.
    writing = (1 << min(12 + version, 15)) - 1 & ~ACCESS_READ
    ruleset = checked(libc.syscall(LANDLOCK_CREATE_RULESET, struct.pack("Q", writing), 8, 0))
    allowed = {folder: writing, "/dev/shm": writing, "/dev/null": ACCESS_WRITE_FILE}  # noqa: S108
    for path, access in allowed.items():
        rule = struct.pack("=Qi", access, os.open(path, os.O_PATH | os.O_CLOEXEC))
        checked(libc.syscall(LANDLOCK_ADD_RULE, ruleset, LANDLOCK_RULE_PATH_BENEATH, rule, 0))
    checked(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    checked(libc.syscall(LANDLOCK_RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)


def run_under_init(command: list[str]) -> NoReturn:
    """
    Run `command` as the child of a process 1 that ends with it.

    When process 1 of a namespace ends, the kernel ends all other processes in it. The sample
    itself can't be process 1, which ignores signals such as SIGTERM.
    """
    init = os.fork()
    if init:
        os._exit(exit_code(os.waitpid(init, 0)[1]))
    die_with_parent()
    sample = os.fork()
    if not sample:
        os.execv(command[0], command)  # noqa: S606
    while True:
        process, status = os.wait()  # also of orphans, which the kernel gives to process 1
        if process == sample:
            os._exit(exit_code(status))


def die_with_parent() -> None:
    """Let the kernel kill this process when its parent ends."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def exit_code(status: int) -> int:
    """Return the exit code as a shell does: 128 plus the number of a signal that ended it."""
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


if __name__ == "__main__":
    if sys.argv[1:] == ["--missing"]:
        for line in missing():
            print(line)
    else:
        main(sys.argv[1], sys.argv[2:])
