"""
Shut one sample in. A program of its own, which `samples.run` starts:

    python -I -S sandbox.py FOLDER COMMAND...    run COMMAND so that it can only write to FOLDER
    python -I -S sandbox.py --missing            say which of the walls this kernel refuses

The walls, none of which needs root:

- namespaces: a network of its own in which there is only the loopback interface, process numbers
  of its own, so that nothing which the sample started outlives it, and a /dev/shm of its own;
- Landlock: reading is free, writing ends at FOLDER;
- limits on memory and on the size of a file, and no core dumps.

Where the kernel refuses a wall (in many containers, and beyond Linux) the sample runs without it.
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
    """Return a line for each wall that the kernel refuses."""
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
        # macOS refuses the first.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (limit, limit))


def enter_namespaces() -> None:
    """Leave the machine's network, processes and shared memory; raise OSError where refused."""
    if sys.platform != "linux":
        raise OSError(0, "only Linux has namespaces")
    user, group = os.geteuid(), os.getegid()
    os.unshare(os.CLONE_NEWUSER | os.CLONE_NEWNET | os.CLONE_NEWPID | os.CLONE_NEWNS)
    with contextlib.suppress(OSError):
        # The same user inside as outside: a sample sees its own files as its own.
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
        with socket.socket() as any_socket:
            fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", IFF_UP))
        checked(libc.mount(b"none", b"/", None, MS_REC_PRIVATE, None))
        checked(libc.mount(b"tmpfs", b"/dev/shm", b"tmpfs", MS_NOSUID_NODEV, b"size=64m"))


def confine_writing(folder: str) -> None:
    """Forbid to change anything outside `folder`, for good; raise OSError where refused."""
    if sys.platform != "linux":
        raise OSError(0, "only Linux has Landlock")
    version = checked(
        libc.syscall(LANDLOCK_CREATE_RULESET, None, 0, LANDLOCK_CREATE_RULESET_VERSION)
    )
    # The first version knows 13 kinds of access, the second 14, the third 15.
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
    Run `command` below a process 1 that ends with it.

    The kernel ends all that is left in the namespace when its process 1 ends. The sample itself
    is not process 1, since that one ignores signals such as SIGTERM.
    """
    init = os.fork()
    if init:
        os._exit(exit_code(os.waitpid(init, 0)[1]))
    die_with_parent()
    sample = os.fork()
    if not sample:
        os.execv(command[0], command)  # noqa: S606
    while True:
        process, status = os.wait()  # orphans end up here, too
        if process == sample:
            os._exit(exit_code(status))


def die_with_parent() -> None:
    """Leave no sample behind where the command itself is killed."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def exit_code(status: int) -> int:
    """Return what a shell would: 128 and the signal's number where a signal ended it."""
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
