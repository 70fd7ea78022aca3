"""
What a request costs: processor time of the server, read from outside.

    make bench                       thirty questions, and a hundred thousand
    make bench ARGS="--big 0"        thirty only: two minutes

The site runs as in production, with one worker; beside it a bare WSGI application returns the same
bytes. Machines are noisy and shared: what is compared is asked in turns, and what is printed are
medians, also of the ratios of neighboring rounds. Load comes from wrk where it is installed.
"""

import argparse
import http.client
import itertools
import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from statistics import median
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
TICK = os.sysconf("SC_CLK_TCK")
WRK = shutil.which("wrk")
BROTLI = {"Accept-Encoding": "br"}
HTMX = {**BROTLI, "HX-Request": "true"}  # what a list's filter asks for as one types
SEARCHES = [
    f"/?q={word}"
    for word in (
        *("cache", "gil", "async", "transaction", "decorator", "memory", "index", "queue", "test"),
        *("lock", "migration", "jwt", "event+loop", "context+manager", "n%2B1+queries"),
    )
]
# Written by gunicorn, for any application.
SERVER_HEADERS = {"server", "date", "connection"}

BARE = """
import json, os
status, headers, length = json.loads(os.environ["BARE"])
body = os.urandom(length)
def application(environ, start_response):
    start_response(status, [(name, value) for name, value in headers])
    return [body] if length else []
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what requests cost.")
    parser.add_argument("--rounds", type=int, default=11, help="of a second each")
    parser.add_argument("--big", type=int, default=100_000, help="questions of the big bank")
    parser.add_argument("--pages", type=int, default=20_000, help="pages visited of the big bank")
    options = parser.parse_args()
    if WRK is None:
        print("wrk is not installed: a client in Python asks instead, which takes longer.")
    with tempfile.TemporaryDirectory(prefix="qabank-bench-") as folder:
        thirty = Bank(Path(folder) / "thirty.sqlite3", ["loaddata", "bank"])
        measure_start(thirty)
        measure(thirty, options.rounds, "thirty questions")
        if options.big:
            print(f"\nMaking {options.big:,} questions ...")
            big = Bank(Path(folder) / "big.sqlite3", ["make_bank", str(options.big)])
            measure(big, options.rounds, f"{options.big:,} questions")
            compare_sizes(thirty, big, options.rounds)
            measure_memory(big, options.pages)


# What is measured


def measure(bank: "Bank", rounds: int, title: str) -> None:
    """Print the milliseconds that each kind of request costs."""
    print(f"\n{title}")
    site = Server({"DATABASE_URL": bank.url})
    try:
        page = site.get("/")
        known = {**BROTLI, "If-None-Match": page.headers["ETag"]}
        print(f"  home page in brotli: {len(page.content):,} bytes")
        for name, headers in [("home page, cached", BROTLI), ("home page, 304", known)]:
            compare(site, name, headers, rounds)
        for name, act in acts(site, bank).items():
            cost = median(cost_of(site, act) for _ in range(5))
            print(f"  {name:38} {cost:8.2f} ms")
        print(f"  memory of the worker                   {site.memory():8.1f} MB")
    finally:
        site.stop()


def compare_sizes(thirty: "Bank", big: "Bank", rounds: int) -> None:
    """Print how many times as much a request costs with many questions, asking both in turns."""
    print("\nmany questions compared with thirty")
    small_site, big_site = Server({"DATABASE_URL": thirty.url}), Server({"DATABASE_URL": big.url})
    try:
        pairs = [
            (cost_of_flood(big_site, BROTLI), cost_of_flood(small_site, BROTLI))
            for _ in range(rounds)
        ]
        print_times("home page, cached", pairs)
        small_acts = acts(small_site, thirty)
        for name, act in acts(big_site, big).items():
            pairs = [
                (cost_of(big_site, act), cost_of(small_site, small_acts[name]))
                for _ in range(rounds)
            ]
            print_times(name, pairs)
    finally:
        small_site.stop()
        big_site.stop()


def print_times(name: str, pairs: list[tuple[float, float]]) -> None:
    print(f"  {name:38} {median(big / small for big, small in pairs):8.2f} times")


def acts(site: "Server", bank: "Bank") -> dict[str, Callable[[], None]]:
    """Return by name what asks once for a page that was edited since it was last asked for."""
    cookie = bank.session
    pages: dict[str, tuple[str | list[str], dict[str, str]]] = {
        "home page, not cached": ("/", BROTLI),
        "question, not cached": (f"/questions/{bank.slug()}/", BROTLI),
        "category, not cached": (bank.category_address(), BROTLI),
        "filter by level, not cached": ("/?level=core", HTMX),
        "filter by a word, not cached": (SEARCHES, HTMX),
        "filter by level, whole page": ("/?level=core", BROTLI),
        "filter by a word, whole page": (SEARCHES, BROTLI),
        "admin, list of questions": ("/admin/questions/question/", cookie),
        "admin, list of categories": ("/admin/questions/category/", cookie),
    }

    def act(paths: str | list[str], headers: dict[str, str]) -> Callable[[], None]:
        turns = itertools.cycle([paths] if isinstance(paths, str) else paths)

        def edit_and_ask() -> None:
            bank.edit()
            site.get(next(turns), headers)

        return edit_and_ask

    return {name: act(paths, headers) for name, (paths, headers) in pages.items()}


def compare(site: "Server", name: str, headers: dict[str, str], rounds: int) -> None:
    """Print how much more the cached page costs than a bare application with the same bytes."""
    sample = site.get("/", headers)
    kept = [(n, v) for n, v in sample.headers.items() if n.lower() not in SERVER_HEADERS]
    answer = (f"{sample.status} {sample.reason}", kept, len(sample.content))
    bare = Server({"BARE": json.dumps(answer)}, "bare:application")
    try:
        pairs = [
            (cost_of_flood(site, headers), cost_of_flood(bare, headers)) for _ in range(rounds)
        ]
    finally:
        bare.stop()
    ours = median(ours for ours, _ in pairs)
    ratio = median(ours / theirs for ours, theirs in pairs)
    theirs = median(theirs for _, theirs in pairs)
    print(f"  {name:38} {ours:8.3f} ms, bare WSGI {theirs:.3f} ms: {ratio:.2f} times")


def cost_of_flood(server: "Server", headers: dict[str, str]) -> float:
    before = server.processor_time()
    count = flood(server, headers, seconds=1)
    return (server.processor_time() - before) / count * 1000


def cost_of(site: "Server", act: Callable[[], None]) -> float:
    """Return the milliseconds that `act` costs, the mean of sixty times."""
    act()
    before = site.processor_time()
    for _ in range(60):
        act()
    return (site.processor_time() - before) / 60 * 1000


def measure_start(bank: "Bank") -> None:
    seconds = []
    for _ in range(6):
        site = Server({"DATABASE_URL": bank.url})
        seconds.append(site.seconds_to_first_answer)
        site.stop()
    print(f"start of gunicorn to the first page: {median(seconds[1:]):.2f} s")


def measure_memory(bank: "Bank", pages: int) -> None:
    site = Server({"DATABASE_URL": bank.url})
    try:
        site.get("/")
        print(f"\nmemory of a worker that has served the home page: {site.memory():.0f} MB")
        for slug in itertools.islice(bank.slugs(), pages):
            site.get(f"/questions/{slug}/")
        print(f"after {pages:,} different questions: {site.memory():.0f} MB")
    finally:
        site.stop()


# The parts


class Bank:
    """A database of its own, filled by a command."""

    def __init__(self, path: Path, command: list[str]) -> None:
        self.url = f"sqlite:///{quote(str(path))}"
        self.manage("migrate", "--verbosity=0")
        self.manage(*command, "--verbosity=0")
        self.database = sqlite3.connect(path, isolation_level=None, timeout=10)
        self.edits = itertools.count()

    def manage(self, *arguments: str) -> str:
        return subprocess.run(  # noqa: S603
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": self.url},
            check=True,
            text=True,
            stdout=subprocess.PIPE,
        ).stdout

    def edit(self) -> None:
        """Change a title, as an editor in another process does, and nothing else."""
        title = f"What is edit number {next(self.edits)}?"
        self.database.execute(
            "UPDATE questions_question SET title = ? WHERE slug = ?", [title, self.slug()]
        )

    def slug(self) -> str:
        return next(self.slugs())

    def slugs(self) -> "itertools.chain[str]":
        rows = self.database.execute("SELECT slug FROM questions_question ORDER BY id")
        return itertools.chain.from_iterable(rows)

    def category_address(self) -> str:
        query = "SELECT slug FROM questions_category ORDER BY id LIMIT 1"
        return f"/categories/{self.database.execute(query).fetchone()[0]}/"

    @cached_property
    def session(self) -> dict[str, str]:
        """Return the headers of somebody who is logged in to the admin."""
        key = self.manage(
            "shell",
            "--verbosity=0",
            "--command",
            "from django.contrib.auth.models import User\n"
            "from django.test import Client\n"
            "client = Client()\n"
            "client.force_login(User.objects.create_superuser('bench'))\n"
            "print(client.cookies['sessionid'].value)",
        )
        return {"Cookie": f"sessionid={key.strip()}"}


class Server:
    """gunicorn as in production, with one worker, on a free port."""

    def __init__(self, environment: dict[str, str], *arguments: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.folder = tempfile.TemporaryDirectory()
        (Path(self.folder.name) / "bare.py").write_text(BARE)
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        started = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "gunicorn", *arguments],
            cwd=ROOT,
            env={
                **os.environ,
                **environment,
                "PORT": str(self.port),
                "WEB_CONCURRENCY": "1",
                "PYTHONPATH": self.folder.name,
            },
            stdout=subprocess.DEVNULL,  # the line for each request, which is part of its cost
            stderr=subprocess.DEVNULL,
        )
        while True:
            try:
                self.get("/")
                break
            except OSError:
                if self.process.poll() is not None:
                    raise SystemExit("gunicorn did not start; `make run` says why.") from None
                time.sleep(0.005)
        self.seconds_to_first_answer = time.monotonic() - started
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        self.worker = int(children.read_text().split()[0])

    def get(self, path: str, headers: dict[str, str] = BROTLI) -> "Answer":
        """Ask over one connection, as a browser does, as long as it stays open."""
        try:
            return self.ask(path, headers)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            return self.ask(path, headers)  # it was closed meanwhile

    def ask(self, path: str, headers: dict[str, str]) -> "Answer":
        try:
            self.connection.request("GET", path, headers=headers)
            response = self.connection.getresponse()
            return Answer(response, response.read())
        except OSError:
            self.connection.close()  # the next request opens another one
            raise

    def processor_time(self) -> float:
        """Return the seconds of processor time that the worker has used so far."""
        fields = Path(f"/proc/{self.worker}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def memory(self) -> float:
        """Return the megabytes that the worker alone takes."""
        sizes = Path(f"/proc/{self.worker}/smaps_rollup").read_text()
        return sum(map(int, re.findall(r"Private_\w+: +(\d+)", sizes))) / 1024

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()
        self.connection.close()
        self.folder.cleanup()


class Answer:
    def __init__(self, response: http.client.HTTPResponse, content: bytes) -> None:
        self.status, self.reason, self.headers = response.status, response.reason, response.headers
        self.content = content
        if self.status not in {200, 304}:
            raise SystemExit(f"The server answered {self.status} {self.reason}.")


def flood(server: Server, headers: dict[str, str], seconds: int) -> int:
    """Ask for the home page as fast as possible; return how often it came."""
    if WRK is None:
        return flood_without_wrk(server, headers, seconds)
    options = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    address = f"http://127.0.0.1:{server.port}/"
    output = subprocess.run(  # noqa: S603
        [WRK, "-t1", "-c4", f"-d{seconds}s", *options, address],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = re.search(r"(\d+) requests in", output)
    if not found or ("Non-2xx" in output and "If-None-Match" not in headers):
        raise SystemExit(output)
    return int(found[1])


def flood_without_wrk(server: Server, headers: dict[str, str], seconds: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    count = 0
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        connection.request("GET", "/", headers=headers)
        connection.getresponse().read()
        count += 1
    connection.close()
    return count


if __name__ == "__main__":
    main()
