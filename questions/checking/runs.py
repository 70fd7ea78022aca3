"""A run of a sample: in a process of its own, in the sandbox, within limits."""

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from questions.checking import interpreters, sandbox
from questions.checking.interpreters import Interpreter

TIMEOUT = 10.0  # seconds
OUTPUT_LIMIT = 1 << 20  # bytes
POLL_INTERVAL = 0.01  # seconds


class Outcome(NamedTuple):
    output: str  # standard output and error, in the order of writing
    failure: str = ""  # the reason why the run failed: a limit, or an exit code

    @property
    def tail(self) -> str:
        """The last lines of the output, for a message."""
        return "\n".join(line[:200] for line in self.output.splitlines()[-12:])


def missing_isolation() -> str:
    """Return why this machine can't shut samples in, in one line; "" where it can."""
    if missing := sandbox.missing_tool():
        return missing
    outcome = run_sample("")
    lines = outcome.output.strip().splitlines() or [outcome.failure]
    return f"bubblewrap is refused: {lines[-1]}" if outcome.failure else ""


def run_sample(
    code: str,
    interpreter: Interpreter | None = None,
    timeout: float = TIMEOUT,
    *,
    is_confined: bool = True,
) -> Outcome:
    """
    Run `code` in a process of its own, within the limits above and those of sandbox.py.

    That is in the sandbox, or with the user's own rights if it is not `is_confined`.
    """
    interpreter = interpreter or interpreters.running()
    run = run_confined if is_confined else run_unconfined
    return run(code, interpreter, timeout)


def run_confined(code: str, interpreter: Interpreter, timeout: float) -> Outcome:
    python = f"{interpreters.ENVIRONMENT}/bin/python"
    program = sandbox.limited_command(
        python, sandbox.SCRIPT, sandbox.FOLDER, processes=sandbox.PROCESS_LIMIT
    )
    ended, alive = os.pipe()
    # Where everybody may look into it, even if root runs this.
    with os.fdopen(ended, "rb") as until_ended, sample_folder(code, "/tmp") as folder:  # noqa: S108
        script = sandbox.Mount(str(folder / "sample.py"), sandbox.SCRIPT)
        mounts = [*interpreter.mounts(), script]
        try:
            command = sandbox.sandboxed_command(
                mounts, list(interpreter.links()), program, folder=folder / "folder", alive=alive
            )
            process = start(command, pass_fds=[alive])
        finally:
            os.close(alive)
        outcome = supervise(process, timeout)
        until_ended.read()
    return outcome


def run_unconfined(code: str, interpreter: Interpreter, timeout: float) -> Outcome:
    """Run `code` with the user's own rights, in a folder of its own."""
    python = str(interpreters.environment(interpreter) / "bin/python")
    with sample_folder(code) as folder:
        working, script = str(folder / "folder"), str(folder / "sample.py")
        command = sandbox.limited_command(python, script, working, processes=None)
        return supervise(start(command, cwd=working), timeout)


@contextlib.contextmanager
def sample_folder(code: str, parent: str | None = None) -> Iterator[Path]:
    """Make a folder with `code` in sample.py and with an empty folder."""
    with tempfile.TemporaryDirectory(
        prefix="qabank-sample-", dir=parent, ignore_cleanup_errors=True
    ) as root:
        folder = Path(root)
        folder.chmod(0o755)
        (folder / "folder").mkdir()
        (folder / "sample.py").write_text(code, encoding="utf-8")
        yield folder


def start(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        **options,
    )


def supervise(process: subprocess.Popen[bytes], timeout: float) -> Outcome:
    """Read what `process` prints, until it ends or exceeds a limit; then end it and its group."""
    output = bytearray()
    try:
        failure = read_until_end(process, output, timeout)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert process.stdout  # noqa: S101 (start() makes a pipe)
        process.stdout.close()
    text = output[:OUTPUT_LIMIT].decode(errors="replace")
    return Outcome(text.replace("\r\n", "\n"), failure)


def read_until_end(process: subprocess.Popen[bytes], output: bytearray, timeout: float) -> str:
    """Return what failed, "" if nothing did."""
    assert process.stdout  # noqa: S101
    pipe = process.stdout.fileno()
    os.set_blocking(pipe, False)
    deadline = time.monotonic() + timeout
    while True:
        code = process.poll()
        with contextlib.suppress(BlockingIOError):
            while len(output) <= OUTPUT_LIMIT and (chunk := os.read(pipe, 1 << 16)):
                output += chunk
        if len(output) > OUTPUT_LIMIT:
            return f"prints more than {OUTPUT_LIMIT >> 20} MB"
        if code is not None:
            # As in a shell: 128 plus the signal's number where a signal ended it.
            return f"ends with exit code {code if code > 0 else 128 - code}:" if code else ""
        if time.monotonic() > deadline:
            return f"is still running after {timeout:g} s"
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(POLL_INTERVAL)
