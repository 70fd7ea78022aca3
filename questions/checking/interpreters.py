"""
The interpreters that run samples, each with a virtual environment of its own.

An interpreter is one of this machine, or of a folder that holds another Debian, as debootstrap
makes it (bin/sample-pythons).
"""

import functools
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from django.conf import settings
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from questions.checking.sandbox import Mount
from questions.products import Release

OLDEST = (3, 12)  # what our own code needs
PACKAGES = ("django", "pytest")  # what samples may import, and what these require
ENVIRONMENTS = settings.VAR_DIR / "samples"
ENVIRONMENT = "/environment"  # where a sample finds its own
# What an interpreter needs of its system besides its own folder.
SYSTEM = ("usr/lib", "usr/lib32", "usr/lib64", "usr/share/zoneinfo", "lib", "lib32", "lib64")
HOST = Path("/")

PROBE = """\
import json, os, platform, sys
program = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
print(json.dumps({
    "product": platform.python_implementation(),
    "number": platform.python_version(),
    "version": sys.version_info[:2],
    "program": program,
    "prefix": os.path.realpath(sys.base_prefix),
}))
"""


class InterpreterError(Exception):
    """An interpreter can't run samples, for a reason that is described in one line."""


@dataclass(frozen=True)
class Interpreter:
    """Paths of `program` and `prefix` are real ones, inside of `system`."""

    product: str  # such as CPython
    number: str  # such as 3.13.0
    version: tuple[int, int]
    program: str
    prefix: str
    system: Path = HOST  # the root of its file system

    def __str__(self) -> str:
        return f"{self.product} {self.number}"

    @property
    def release(self) -> Release:
        return self.product, self.number

    def mounts(self) -> Iterator[Mount]:
        """Yield what a sample needs of the machine."""
        places = [self.prefix, self.program, *(f"/{name}" for name in SYSTEM)]
        for place in places:
            source = self.system / place[1:]
            is_within = place != self.prefix and Path(place).is_relative_to(self.prefix)
            if source.exists() and not is_within and not self.is_link(place[1:]):
                yield Mount(str(source), place)
        if self.prefix != "/usr":
            yield Mount(os.path.realpath(self.system / "bin/sh"), "/usr/bin/sh")
        yield Mount(str(environment(self)), ENVIRONMENT)

    def links(self) -> Iterator[tuple[str, str]]:
        """Yield what is a symbolic link in its system: target and place."""
        yield "usr/bin", "/bin"
        for name in filter(self.is_link, SYSTEM):
            if not Path("/", name).is_relative_to(self.prefix):
                yield str((self.system / name).readlink()), f"/{name}"

    def is_link(self, name: str) -> bool:
        return (self.system / name).is_symlink()


@functools.cache
def running() -> Interpreter:
    return find(sys.executable)


def find(path: str) -> Interpreter:
    """
    Return the interpreter at `path`, or of that name. Costs one start of it.

    Raises InterpreterError where there is none that can run samples.
    """
    program = shutil.which(path)
    if program is None:
        raise InterpreterError(f"{path}: there is no such program.")
    program = os.path.abspath(program)  # noqa: PTH100 (a symbolic link has to stay one)
    system = system_of(Path(program))
    try:
        run = ask(system, f"/{Path(program).relative_to(system)}", ["-c", PROBE])
    except (OSError, subprocess.SubprocessError) as error:
        raise InterpreterError(f"{path} can't be run: {error}") from error
    try:
        facts = json.loads(run.stdout)
        facts["version"] = tuple(facts["version"])
        interpreter = Interpreter(**facts, system=system)
    except (ValueError, TypeError, KeyError) as error:
        raise InterpreterError(f"{path} is no Python that runs: {last_line(run)}") from error
    if interpreter.version < OLDEST:
        needed = ".".join(map(str, OLDEST))
        raise InterpreterError(f"{path} is {interpreter}: samples need Python {needed} or newer.")
    return interpreter


def system_of(program: Path) -> Path:
    """Return the root of the file system that a program belongs to."""
    folders = (folder for folder in program.parents if (folder / "usr/lib/os-release").is_file())
    return next(folders, HOST)


def ask(
    system: Path, program: str, arguments: list[str], folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run an interpreter without the user's own packages; `folder` is its last argument."""
    command = [program, "-I", *arguments, *([str(folder)] if folder else [])]
    if system != HOST:
        command = [
            *("bwrap", "--unshare-all", "--die-with-parent", "--ro-bind", str(system), "/"),
            *("--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"),  # noqa: S108
            *(["--bind", str(folder), "/mnt"] if folder else []),
            *(program, "-I", *arguments, *(["/mnt"] if folder else [])),
        ]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)  # noqa: S603


def last_line(run: subprocess.CompletedProcess[str]) -> str:
    lines = (run.stderr.strip() or run.stdout.strip() or "it says nothing").splitlines()
    return lines[-1][:200]


@functools.cache
def environment(interpreter: Interpreter) -> Path:
    """
    Return the virtual environment of an interpreter, with the locked packages that samples import.

    The packages are copied from our own environment, which has them from the lock, so nothing is
    downloaded. Takes some seconds, once for an interpreter and these versions. Raises
    InterpreterError where it can't be made.
    """
    packages = locked_packages()
    made_from = repr((interpreter, [f"{one.name} {one.version}" for one in packages]))
    name = f"{interpreter.number}-{hashlib.sha256(made_from.encode()).hexdigest()[:12]}"
    folder: Path = ENVIRONMENTS / name
    if not folder.exists():
        ENVIRONMENTS.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=ENVIRONMENTS, prefix="new-") as new:
            build(Path(new, name), interpreter, packages)
            try:
                Path(new, name).rename(folder)
            except OSError:
                if not folder.exists():  # otherwise somebody else was quicker
                    raise
    return folder


def build(folder: Path, interpreter: Interpreter, packages: list[Distribution]) -> None:
    # By hand: some interpreters lack the module venv, which also would have to run on them.
    major, minor = interpreter.version
    library = folder / f"lib/python{major}.{minor}/site-packages"
    library.mkdir(parents=True)
    (folder / "bin").mkdir()
    (folder / "bin/python").symlink_to(interpreter.program)
    (folder / "pyvenv.cfg").write_text(
        f"home = {Path(interpreter.program).parent}\n"
        "include-system-site-packages = false\n"
        f"version = {interpreter.number}\n"
    )
    for package in packages:
        copy(package, library)
    # Otherwise each sample would compile Django again, as it can't write there.
    compiling = ["-m", "compileall", "-q", "-j0"]
    run = ask(interpreter.system, interpreter.program, compiling, library)
    if run.returncode:
        raise InterpreterError(f"{interpreter} can't compile its packages: {last_line(run)}")


def locked_packages() -> list[Distribution]:
    """Return PACKAGES and all that they require here, as our own environment has them."""
    found: dict[str, Distribution] = {}
    wanted = list(PACKAGES)
    while wanted:
        name = canonicalize_name(wanted.pop())
        if name in found:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError as error:
            raise InterpreterError(
                f"{name} is not installed, which samples import: bin/venv requirements-dev.txt"
            ) from error
        required = map(Requirement, found[name].requires or [])
        wanted += [
            one.name for one in required if not one.marker or one.marker.evaluate({"extra": ""})
        ]
    return [found[name] for name in sorted(found)]


def copy(package: Distribution, library: Path) -> None:
    for file in package.files or []:
        if ".." not in file.parts and "__pycache__" not in file.parts:
            target = library / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(str(package.locate_file(file)), target)
