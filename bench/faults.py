"""
What visitors notice while things break: counted from outside, beside what is allowed.

    make faults                               all of it on SQLite: ten minutes, after the slow tests
    make faults ARGS="refresh logins --quick" some of it, in small
    make faults ARGS=--postgresql             on a throw-away PostgreSQL (bin/with-postgres)

The site runs as in production, on a database of its own in a temporary folder, and is asked from
this machine only. A client repeats a request once where a connection that it had used before was
closed without a byte of the answer, as browsers and proxies do; everything else that isn't a whole
answer counts as lost. Faults that need no load to be seen are tests: tests/qabank/test_faults.py.
"""

import argparse
import http.client
import itertools
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import unquote

import psycopg
import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "qabank.settings"

from tests.commands import manage  # noqa: E402
from tests.nginx import NGINX, running, shipped  # noqa: E402
from tests.servers import Server, database, log_in  # noqa: E402

# In each title and name of a bank. Three, so that what is old and what is new differ.
MARKS = "\N{CIRCLED DIGIT ONE}\N{CIRCLED DIGIT TWO}\N{CIRCLED DIGIT THREE}"

# What a client sees that used a connection just before the site closed it.
CLOSED = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Break things while the site is asked, and count what visitors notice.",
        epilog="Faults: " + "; ".join(f"{name}: {f.__doc__}" for name, f in FAULTS.items()),
    )
    parser.add_argument("faults", nargs="*", metavar="fault", help="all, if none is named")
    parser.add_argument("--quick", action="store_true", help="a part of it")
    parser.add_argument("--postgresql", action="store_true", help="start one for it")
    options = parser.parse_args()
    if unknown := set(options.faults) - set(FAULTS):
        parser.error(f"there is no fault {min(unknown)}")
    is_postgresql = os.environ.get("DATABASE_URL", "").startswith("postgres")
    if options.postgresql and not is_postgresql:
        arguments = [argument for argument in sys.argv[1:] if argument != "--postgresql"]
        launcher = str(ROOT / "bin" / "with-postgres")
        os.execv(launcher, [launcher, sys.executable, __file__, *arguments])  # noqa: S606
    bench = Bench(options.quick, is_postgresql)
    print(f"On {'PostgreSQL' if is_postgresql else 'SQLite'}{', quick' * options.quick}")
    for name in options.faults or FAULTS:
        with tempfile.TemporaryDirectory(prefix="qabank-faults-") as folder:
            bench.folder = Path(folder)
            began = time.monotonic()
            print(f"\n{name}: {FAULTS[name].__doc__}", flush=True)
            try:
                FAULTS[name](bench)
            except Skipped as reason:
                print(f"  skipped: {reason}")
            print(f"  ({time.monotonic() - began:.0f} s)", flush=True)
    if bench.missed:
        raise SystemExit(f"\nMissed: {', '.join(bench.missed)}.")
    print("\nEverything is within what is allowed.")


class Skipped(Exception):  # noqa: N818 (it is no error)
    """Why a fault can't be made here."""


@dataclass
class Bench:
    quick: bool
    is_postgresql: bool
    folder: Path = Path()
    missed: list[str] = field(default_factory=list)

    def times(self, count: int) -> int:
        return max(2, count // 10) if self.quick else count

    @contextmanager
    def site(self, place: Path | None = None, **environment: str) -> Iterator[Server]:
        """Run the site on a database of its own; that of SQLite is in `place`."""
        with database(place or self.folder) as url:
            server = Server(self.folder, DATABASE_URL=url, **environment)
            time.sleep(1)  # for the other worker
            try:
                yield server
            finally:
                server.stop()

    def show(self, name: str, value: float, allowed: float, unit: str = "") -> None:
        """Print a figure; more than is allowed is a miss."""
        is_good = value <= allowed
        if not is_good:
            self.missed.append(name)
        limit = f"   allowed {allowed:g}{unit}{'' if is_good else '  MISSED'}"
        self.note(name, value, unit, limit)

    def note(self, name: str, value: float, unit: str = "", limit: str = "") -> None:
        text = f"{value:,.2f}" if unit else f"{value:,}"
        print(f"  {name:56} {text:>9}{unit}{limit}", flush=True)


# The faults


def refresh(bench: Bench) -> None:
    """the bank is refreshed while it is read"""
    with bench.site() as site:
        files = marked_files(bench.folder)
        refreshed(site, files[0])
        turns = itertools.islice(itertools.cycle([*files[1:], files[0]]), bench.times(100))
        with (
            asking(site.port, clients=6) as load,
            watched(site) as seen,
        ):
            failed = sum(not refreshed(site, file) for file in turns)
            while len(load.answers) < bench.times(50_000):
                time.sleep(0.1)
            time.sleep(1)
        bench.note("refreshes", len(seen) - 1)
        bench.show("refreshes that failed", failed, 0)
        load.show(bench)
        bench.show("pages with two contents", sum(len(a.mark) > 1 for a in load.good), 0)
        bench.show("oldest page after a commit", staleness(load, seen), 1.0, " s")


def worker(bench: Bench) -> None:
    """workers are killed while the site is asked"""
    with bench.site() as site, asking(site.port, clients=4) as load:
        for _ in range(5):
            time.sleep(1.5)
            os.kill(random.choice(site.workers()), signal.SIGKILL)  # noqa: S311
    load.show(bench, lost_allowed=1)
    seconds = []
    with bench.site(WEB_CONCURRENCY="1") as site:
        for _ in range(5):
            time.sleep(1)
            began = time.monotonic()
            os.kill(site.workers()[0], signal.SIGKILL)
            time.sleep(0.02)
            site.wait()
            seconds.append(time.monotonic() - began)
    bench.note("slowest time until the only worker was replaced", max(seconds), " s")
    bench.show("median of it", median(seconds), 0.5, " s")


def disk(bench: Bench) -> None:
    """the disk with the database is full"""
    if bench.is_postgresql:
        raise Skipped("PostgreSQL's disk is its own")
    place = bench.folder / "disk"
    place.mkdir()
    small = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(place)]
    if subprocess.run(small, capture_output=True, check=False).returncode:  # noqa: S603
        raise Skipped("a small disk can't be mounted here (only root can)")
    try:
        with bench.site(place) as site:
            [file, *_] = marked_files(bench.folder)
            with asking(site.port, clients=4) as load:
                time.sleep(1)
                ballast = place / "ballast"
                with suppress(OSError), ballast.open("wb", buffering=0) as full:
                    while True:
                        full.write(bytes(4096))
                is_done = refreshed(site, file)
                time.sleep(1 if bench.quick else 5)
                ballast.unlink()
            load.show(bench)
            bench.show("refreshes on the full disk that said they were done", is_done, 0)
            bench.show("that failed when there was room again", not refreshed(site, file), 0)
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=False)  # noqa: S603, S607


def slow(bench: Bench) -> None:
    """200 slow clients, the site alone"""
    with bench.site() as site:
        beside(bench, site.port, crawl, clients=200)


def proxy(bench: Bench) -> None:
    """200 slow clients, behind nginx with the shipped configuration"""
    if not NGINX:
        raise Skipped("nginx is not installed")
    with bench.site() as site, running(shipped, site.port, bench.folder) as port:
        beside(bench, port, crawl, clients=200)


def logins(bench: Bench) -> None:
    """100 clients guess passwords, each time from another address"""
    codes = Counter[int]()
    addresses = (f"203.0.{n // 250}.{n % 250 + 1}" for n in itertools.count())

    def guess(port: int, done: threading.Event) -> None:
        while not done.is_set():
            codes[log_in(port, "127.0.0.1", "wrong", next(addresses))] += 1

    with bench.site(TRUSTED_PROXIES="127.0.0.1") as site:
        beside(bench, site.port, guess, clients=100)
    bench.note("passwords that were checked", codes.pop(200, 0))
    bench.note("that were refused, as too many were tried at once", codes.pop(429, 0))
    bench.show("that got another answer", codes.total(), 0)


def crawl(port: int, done: threading.Event) -> None:
    """Send a request a line a second, and never end it."""
    while not done.is_set():
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        with suppress(OSError), closing(client):
            client.connect()
            client.sock.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
            while not done.wait(1):
                client.sock.sendall(b"X-Slow: 1\r\n")


def beside(
    bench: Bench, port: int, act: Callable[[int, threading.Event], None], clients: int
) -> None:
    """Count who is answered late while so many clients do something else."""
    with crowd(partial(act, port), clients), asking(port, 4, 0.05, keeps=False) as load:
        time.sleep(20 if bench.quick else 60)
    load.show(bench)
    late = sum(answer.seconds > 0.5 for answer in load.good) + len(load.lost)
    bench.show("of the others, later than 0.5 s", 100 * late / len(load.answers), 1.0, " %")


FAULTS: dict[str, Callable[[Bench], None]] = {
    function.__name__: function for function in (refresh, worker, disk, slow, proxy, logins)
}


# Who asks


@dataclass(frozen=True, slots=True)
class Answer:
    began: float
    seconds: float
    mark: str = ""
    error: str = ""  # of an answer that was lost


@contextmanager
def asking(
    port: int, clients: int, pause: float = 0.005, *, keeps: bool = True
) -> Iterator["Load"]:
    """Let clients ask for pages, each over one connection if it `keeps` it."""
    load = Load(port, pause, keeps)
    with crowd(load.run, clients):
        yield load


@contextmanager
def crowd(act: Callable[[threading.Event], None], clients: int = 1) -> Iterator[None]:
    """Do something in so many threads, which end when the event is set, as the block does."""
    done = threading.Event()
    threads = [threading.Thread(target=act, args=[done], daemon=True) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join()


@dataclass
class Load:
    port: int
    pause: float
    keeps: bool
    answers: list[Answer] = field(default_factory=list)
    repeated: int = 0

    def run(self, done: threading.Event) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        paths = every_page()
        while not done.is_set():
            answer = self.ask(connection, next(paths))
            self.answers.append(answer)
            if not self.keeps or answer.error:
                connection.close()
            # Who is refused and asks again at once would take the machine from the site.
            time.sleep(0.05 if answer.error else self.pause)
        connection.close()

    def ask(self, connection: http.client.HTTPConnection, path: str) -> Answer:
        began = time.monotonic()
        for is_reused in [True, False] if connection.sock else [False]:
            try:
                connection.request("GET", path)
                with connection.getresponse() as response:
                    body = response.read()
                break
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                if not (is_reused and isinstance(error, CLOSED)):
                    return Answer(began, time.monotonic() - began, error=type(error).__name__)
                self.repeated += 1
        mark = "".join(mark for mark in MARKS if mark.encode() in body)
        failed = "" if response.status == 200 else str(response.status)
        return Answer(began, time.monotonic() - began, mark, failed)

    @property
    def good(self) -> list[Answer]:
        return [answer for answer in self.answers if not answer.error]

    @property
    def lost(self) -> list[Answer]:
        return [answer for answer in self.answers if answer.error]

    def show(self, bench: Bench, lost_allowed: int = 0) -> None:
        bench.note("answers", len(self.answers))
        bench.note("slowest", max(answer.seconds for answer in self.answers), " s")
        if self.repeated:
            bench.note("asked again, on a connection that was closed", self.repeated)
        bench.show("answers lost", len(self.lost), lost_allowed)
        for error, count in Counter(answer.error for answer in self.lost).items():
            print(f"    {error}: {count}")


def every_page() -> Iterator[str]:
    """Give the addresses of all pages of the bank and of two searches, in any order, for ever."""
    rooms = {"questions.question": "questions", "questions.category": "categories"}
    places = [(rooms[e["model"]], e["fields"]["slug"]) for e in bank() if e["model"] in rooms]
    paths = [f"/{room}/{slug}/" for room, slug in places]
    paths += ["/", "/?level=core", "/?open=all", "/?q=lock", "/?q=memory"]
    return itertools.cycle(random.sample(paths, len(paths)))


# The bank, and its changes


@cache
def bank() -> Any:
    return yaml.safe_load((ROOT / "fixtures" / "bank.yaml").read_text())


def marked_files(folder: Path) -> list[Path]:
    """Return three banks that differ in each title and each name."""
    files = [folder / f"bank-{number}.yaml" for number in range(len(MARKS))]
    for mark, file in zip(MARKS, files, strict=True):
        entries = [{**entry, "fields": dict(entry["fields"])} for entry in bank()]
        for fields in (entry["fields"] for entry in entries):
            if "slug" not in fields:
                continue  # what the bank says of itself
            if "title" in fields:
                fields["title"] = f"{fields['title'][:-1]}{mark}?"
            else:
                fields["name"] += mark
        file.write_text(yaml.safe_dump(entries, allow_unicode=True))
    return files


def refreshed(site: Server, file: Path) -> bool:
    """Refresh the bank from a file, in a process of its own; say whether that was done."""
    command = ["refresh_bank", str(file), "--on-conflict=theirs"]
    return manage(*command, **site.environment).returncode == 0


@contextmanager
def watched(site: Server) -> Iterator[list[tuple[float, str]]]:
    """Give a list of when which mark was first seen in the database, to a few milliseconds."""
    seen: list[tuple[float, str]] = []

    def watch(done: threading.Event) -> None:
        with closing(connect(site.environment["DATABASE_URL"])) as connection:
            while not done.wait(0.002):
                query = "SELECT title FROM questions_question LIMIT 1"
                [title] = connection.execute(query).fetchone()
                if not seen or seen[-1][1] != title[-2]:
                    seen.append((time.monotonic(), title[-2]))

    with crowd(watch):
        yield seen


def connect(url: str) -> Any:
    if url.startswith("sqlite"):
        return sqlite3.connect(unquote(url.removeprefix("sqlite:///")), isolation_level=None)
    return psycopg.connect(url, autocommit=True)


def staleness(load: Load, seen: list[tuple[float, str]]) -> float:
    """Return for how long after a commit a request was still answered with what was before."""
    worst = 0.0
    ends = [moment for moment, _ in seen[2:]] + [float("inf")]
    for ((_, old), (moment, _)), end in zip(itertools.pairwise(seen), ends, strict=True):
        late = [a.began - moment for a in load.good if a.mark == old and moment < a.began < end]
        worst = max([worst, *late])
    return worst


if __name__ == "__main__":
    main()
