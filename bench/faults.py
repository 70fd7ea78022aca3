"""
What visitors notice while things break: counted from outside, beside what is allowed.

    make faults                               all of it on SQLite: a quarter of an hour
    make faults ARGS="refresh stop --quick"   some of it, in small
    make faults ARGS=--postgresql             on a throw-away PostgreSQL (bin/with-postgres)

The site runs as in production, on a database of its own in a temporary folder, and is asked from
this machine only. A client repeats a request once where a connection that it had used before was
closed without a byte of the answer, as browsers and proxies do; everything else that isn't a whole
answer counts as lost.
"""

import argparse
import http.client
import itertools
import os
import random
import re
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote

import psycopg
import yaml

ROOT = Path(__file__).resolve().parent.parent
# In each title and name of a bank. Three, so that what is old and what is new differ.
MARKS = "\N{CIRCLED DIGIT ONE}\N{CIRCLED DIGIT TWO}\N{CIRCLED DIGIT THREE}"
UNTIL_STARTED = 20.0


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Break things while the site is asked, and count what visitors notice.",
        epilog="Faults: " + "; ".join(f"{name}: {f.__doc__}" for name, f in FAULTS.items()),
    )
    parser.add_argument("faults", nargs="*", metavar="fault", help="all, if none is named")
    parser.add_argument("--quick", action="store_true", help="a tenth of it")
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
            bench.folder.chmod(0o755)
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

    def show(self, name: str, value: float, allowed: float, unit: str = "") -> None:
        """Print a figure; more than is allowed is a miss."""
        is_good = value <= allowed
        if not is_good:
            self.missed.append(name)
        text = f"{value:,.2f}" if unit else f"{value:,}"
        verdict = "" if is_good else "  MISSED"
        print(f"  {name:56} {text:>9}{unit}   allowed {allowed:g}{unit}{verdict}", flush=True)

    def note(self, name: str, value: float, unit: str = "") -> None:
        text = f"{value:,.2f}" if unit else f"{value:,}"
        print(f"  {name:56} {text:>9}{unit}", flush=True)


# The faults


def refresh(bench: Bench) -> None:
    """the bank is refreshed while it is read"""
    with Database.of(bench) as database, Site(bench, database) as site:
        files = marked_files(bench)
        database.manage("refresh_bank", files[0], "--on-conflict=theirs")
        wanted = 50_000 // (10 if bench.quick else 1)
        with Load(site, every_page(database), clients=6) as load, Commits(database) as commits:
            for _, file in zip(
                range(bench.times(100)), itertools.cycle(files[1:] + files[:1]), strict=False
            ):
                database.manage("refresh_bank", file, "--on-conflict=theirs")
            while len(load.answers) < wanted:
                time.sleep(0.1)
            time.sleep(1)
        bench.note("refreshes", len(commits.times))
        load.show(bench)
        bench.show("pages with two contents", sum(len(a.mark) > 1 for a in load.good), 0)
        bench.show("oldest page after a commit", staleness(load, commits), 1.0, " s")


def kill(bench: Bench) -> None:
    """the refresh is killed, half of the times while it writes"""
    with Database.of(bench) as database:
        files = marked_files(bench)
        database.manage("refresh_bank", files[0], "--on-conflict=theirs")
        began = time.monotonic()
        database.manage("refresh_bank", files[1], "--on-conflict=theirs")
        usual = time.monotonic() - began
        torn = writing = finished = 0
        for number in range(bench.times(100)):
            file = files[MARKS[0] in database.marks()]
            process = database.start("refresh_bank", file, "--on-conflict=theirs")
            if number % 2:
                is_over = process.poll
                while not database.is_being_written() and is_over() is None:
                    time.sleep(0.001)
                time.sleep(random.random() * 0.03)  # noqa: S311
            else:
                time.sleep(random.random() * usual)  # noqa: S311
            writing += database.is_being_written()
            process.kill()
            finished += process.wait() == 0
            torn += len(database.marks()) != 1
        bench.note("kills", bench.times(100))
        bench.note("while it was writing", writing)
        bench.note("too late, it had finished", finished)
        bench.show("banks that were torn", torn, 0)
        file = files[MARKS[0] in database.marks()]
        bench.show(
            "exit code of a refresh after that",
            database.start("refresh_bank", file, "--on-conflict=theirs").wait(),
            0,
        )


def worker(bench: Bench) -> None:
    """workers are killed while the site is asked"""
    with Database.of(bench) as database:
        with Site(bench, database) as site:
            with Load(site, every_page(database), clients=4) as load:
                for _ in range(5):
                    time.sleep(1.5)
                    known = site.workers()
                    os.kill(random.choice(known), signal.SIGKILL)  # noqa: S311
            load.show(bench, lost_allowed=1)
        seconds = []
        with Site(bench, database, WEB_CONCURRENCY="1") as site:
            for _ in range(5):
                time.sleep(1)
                began = time.monotonic()
                os.kill(site.workers()[0], signal.SIGKILL)
                time.sleep(0.02)
                site.wait()
                seconds.append(time.monotonic() - began)
        bench.note("slowest time until the only worker was replaced", max(seconds), " s")
        bench.show("median of it", median(seconds), 0.5, " s")


def reload(bench: Bench) -> None:
    """SIGHUP replaces the workers while the site is asked"""
    with Database.of(bench) as database, Site(bench, database) as site:
        with Load(site, every_page(database), clients=6) as load:
            for _ in range(bench.times(20)):
                before = set(site.workers())
                os.kill(site.process.pid, signal.SIGHUP)
                wait_until(lambda before=before: not before & set(site.workers()))  # type: ignore[misc]
            while len(load.answers) < 50_000 // (10 if bench.quick else 1):
                time.sleep(0.1)
        bench.note("reloads", bench.times(20))
        load.show(bench)


def stop(bench: Bench) -> None:
    """SIGTERM while the site is asked, beside idle and half-sent connections"""
    cut = answers = 0
    slowest = 0.0
    with Database.of(bench) as database:
        for _ in range(bench.times(10)):
            with Site(bench, database) as site:
                for path in every_page(database):
                    site.ask(path)
                head = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
                others = [site.connect() for _ in range(6)]
                others += [site.connect(head) for _ in range(3)]
                others += [site.connect(head + b"\r\n") for _ in range(6)]
                with Load(site, every_page(database), clients=12, pause=0.0) as load:
                    time.sleep(0.7)
                    began = time.monotonic()
                    site.process.terminate()
                    site.process.wait()
                    slowest = max(slowest, time.monotonic() - began)
                # Refused is who came after the socket was closed: no answer was cut.
                cut += len([a for a in load.lost if a.error != "ConnectionRefusedError"])
                answers += len(load.good)
                for other in others:
                    other.close()
    bench.note("stops", bench.times(10))
    bench.note("answers", answers)
    bench.show("answers that were cut", cut, 0)
    bench.show("slowest stop", slowest, 5.0, " s")


def lock(bench: Bench) -> None:
    """somebody holds the lock for writing for 8 s"""
    if bench.is_postgresql:
        raise Skipped("it is SQLite that has one")
    with Database.of(bench) as database, Site(bench, database) as site:
        with Load(site, every_page(database), clients=4) as load:
            with closing(database.connect()) as writer:
                writer.execute("BEGIN IMMEDIATE")
                writer.execute("UPDATE questions_question SET title = 'Not committed?'")
                time.sleep(2 if bench.quick else 8)
                writer.execute("ROLLBACK")
            time.sleep(0.5)
        load.show(bench)
        bench.show("slowest answer", load.slowest, 1.0, " s")


def disk(bench: Bench) -> None:
    """the disk with the database is full"""
    if bench.is_postgresql:
        raise Skipped("PostgreSQL's disk is its own")
    if os.geteuid() != 0:
        raise Skipped("only root can mount a small disk")
    place = bench.folder / "disk"
    place.mkdir()
    small = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(place)]
    if subprocess.run(small, capture_output=True, check=False).returncode:  # noqa: S603
        raise Skipped("a small disk can't be mounted here")
    try:
        with Database.of(bench, place) as database, Site(bench, database) as site:
            files = marked_files(bench)
            with Load(site, every_page(database), clients=4) as load:
                time.sleep(1)
                ballast = place / "ballast"
                with suppress(OSError), ballast.open("wb", buffering=0) as file:
                    while True:
                        file.write(bytes(4096))
                code = database.start("refresh_bank", files[0], "--on-conflict=theirs").wait()
                time.sleep(1 if bench.quick else 5)
                ballast.unlink()
            load.show(bench)
            bench.show("refresh on the full disk that said it was done", int(code == 0), 0)
            again = database.start("refresh_bank", files[0], "--on-conflict=theirs").wait()
            bench.show("exit code of a refresh when there was room again", again, 0)
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=False)  # noqa: S603, S607


def slow(bench: Bench) -> None:
    """200 slow clients, the site alone"""
    with Database.of(bench) as database, Site(bench, database) as site:
        beside_slow_clients(bench, site, database)


def proxy(bench: Bench) -> None:
    """200 slow clients, behind nginx with TLS"""
    if not shutil.which("nginx") or not shutil.which("openssl"):
        raise Skipped("nginx and openssl are not installed")
    with (
        Database.of(bench) as database,
        Site(bench, database, HTTPS="true") as site,
        nginx(bench, site) as front,
    ):
        beside_slow_clients(bench, front, database)


def beside_slow_clients(bench: Bench, site: "Address", database: "Database") -> None:
    done = threading.Event()

    def crawl() -> None:
        while not done.is_set():
            with (
                suppress(OSError),
                closing(site.connect(b"GET / HTTP/1.1\r\nHost: x\r\n")) as client,
            ):
                while not done.wait(1):
                    client.sendall(b"X-Slow: 1\r\n")

    crawlers = [threading.Thread(target=crawl, daemon=True) for _ in range(200)]
    for crawler in crawlers:
        crawler.start()
    with Load(site, every_page(database), clients=4, pause=0.05, keeps=False) as load:
        time.sleep(6 if bench.quick else 60)
    done.set()
    for crawler in crawlers:
        crawler.join()
    load.show(bench)
    late = sum(answer.seconds > 0.5 for answer in load.good) + len(load.lost)
    bench.show("of the others, later than 0.5 s", 100 * late / len(load.answers), 1.0, " %")


def gone(bench: Bench) -> None:
    """PostgreSQL is stopped for 8 s"""
    if not bench.is_postgresql:
        raise Skipped("it takes PostgreSQL")
    cluster = Cluster()
    with Database.of(bench) as database, Site(bench, database) as site:
        kept = every_page(database, only_kept=True)
        for path in kept * 40:
            site.ask(path)
        words = itertools.count()
        unkept: Iterator[str] = (f"/?open=word{next(words)}" for _ in itertools.count())
        with (
            Load(site, kept, clients=4, pause=0.002) as load,
            Load(site, unkept, clients=2, pause=0.02, allowed={200, 503}) as others,
        ):
            time.sleep(1)
            cluster.stop()
            time.sleep(3 if bench.quick else 8)
            cluster.start()
            back = time.monotonic()
            wait_until(lambda: others.rendered_since(back))
            returned = others.rendered_since(back)
            time.sleep(1)
        load.show(bench)
        bench.show("slowest kept page", load.slowest, 1.0, " s")
        bench.note("503 for pages that were not kept", sum(a.status == 503 for a in others.good))
        bench.show("of them, neither 200 nor 503", len(others.lost), 0)
        bench.show("until one was rendered again", returned, 1.0, " s")


FAULTS: dict[str, Callable[[Bench], None]] = {
    function.__name__: function
    for function in (refresh, kill, worker, reload, stop, lock, disk, slow, proxy, gone)
}


# Who asks


@dataclass(frozen=True, slots=True)
class Answer:
    began: float
    seconds: float
    path: str
    status: int = 0
    mark: str = ""
    error: str = ""  # of an answer that was lost


class Load:
    """Clients that ask for pages for as long as the block lasts."""

    def __init__(
        self,
        site: "Address",
        paths: Sequence[str] | Iterator[str],
        *,
        clients: int,
        pause: float = 0.005,
        keeps: bool = True,
        allowed: frozenset[int] | set[int] = frozenset({200}),
    ) -> None:
        self.site, self.pause, self.keeps, self.allowed = site, pause, keeps, allowed
        self.paths = itertools.cycle(paths) if isinstance(paths, Sequence) else paths
        self.answers: list[Answer] = []
        self.repeated = 0
        self.done = threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(clients)]

    def __enter__(self) -> "Load":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.done.set()
        for thread in self.threads:
            thread.join()

    def run(self) -> None:
        connection = self.site.connection()
        while not self.done.is_set():
            with self.lock:
                path = next(self.paths)
            self.answers.append(self.ask(connection, path))
            if not self.keeps or self.answers[-1].error:
                connection.close()
            # Who is refused and asks again at once would take the machine from the site.
            time.sleep(0.05 if self.answers[-1].error else self.pause)
        connection.close()

    def ask(self, connection: http.client.HTTPConnection, path: str) -> Answer:
        began = time.monotonic()
        is_reused = connection.sock is not None
        try:
            try:
                status, body = exchange(connection, path)
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                if not is_reused:
                    raise
                connection.close()
                self.repeated += 1
                status, body = exchange(connection, path)
        except (OSError, http.client.HTTPException) as error:
            return Answer(began, time.monotonic() - began, path, error=type(error).__name__)
        mark = "".join(mark for mark in MARKS if mark.encode() in body)
        failed = "" if status in self.allowed else str(status)
        return Answer(began, time.monotonic() - began, path, status, mark, failed)

    @property
    def good(self) -> list[Answer]:
        return [answer for answer in self.answers if not answer.error]

    @property
    def lost(self) -> list[Answer]:
        return [answer for answer in self.answers if answer.error]

    @property
    def slowest(self) -> float:
        return max(answer.seconds for answer in self.answers)

    def rendered_since(self, moment: float) -> float:
        """Return how long after `moment` an answer with a page came; 0 if none has come."""
        ends = [a.began + a.seconds for a in self.answers if a.status == 200]
        return min((end - moment for end in ends if end > moment), default=0.0)

    def show(self, bench: Bench, lost_allowed: int = 0) -> None:
        bench.note("answers", len(self.answers))
        if self.repeated:
            bench.note("asked again, on a connection that was closed", self.repeated)
        bench.show("answers lost", len(self.lost), lost_allowed)
        for error, count in Counter(answer.error for answer in self.lost).items():
            print(f"    {error}: {count}")


def exchange(connection: http.client.HTTPConnection, path: str) -> tuple[int, bytes]:
    connection.request("GET", path)
    with connection.getresponse() as response:
        return response.status, response.read()


def every_page(database: "Database", *, only_kept: bool = False) -> list[str]:
    slugs = database.column("SELECT slug FROM questions_question ORDER BY slug")
    categories = database.column("SELECT slug FROM questions_category ORDER BY slug")
    paths = [f"/questions/{slug}/" for slug in slugs]
    paths += [f"/categories/{slug}/" for slug in categories]
    paths += ["/", "/?level=core", "/?open=all"]
    if not only_kept:
        paths += ["/?q=lock", "/?q=memory"]
    random.Random(7).shuffle(paths)  # noqa: S311
    return paths


def staleness(load: Load, commits: "Commits") -> float:
    """Return for how long after a commit a request was still answered with what was before."""
    worst, known = 0.0, commits.first
    ends = [moment for moment, _ in commits.times[1:]] + [float("inf")]
    for (moment, mark), end in zip(commits.times, ends, strict=True):
        old = [a.began for a in load.good if a.mark == known and moment < a.began < end]
        worst = max([worst, *(began - moment for began in old)])
        known = mark
    return worst


class Commits:
    """When which mark became visible in the database, to a few milliseconds."""

    def __init__(self, database: "Database") -> None:
        self.database = database
        self.times: list[tuple[float, str]] = []
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self) -> "Commits":
        self.first = self.database.mark()
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.done.set()
        self.thread.join()

    def run(self) -> None:
        with closing(self.database.connect()) as connection:
            known = self.first
            while not self.done.wait(0.002):
                mark = self.database.mark(connection)
                if mark != known:
                    known = mark
                    self.times.append((time.monotonic(), mark))


# What is asked


class Address:
    """Where to ask: the site, or what stands in front of it."""

    port: int
    tls: ssl.SSLContext | None = None

    def connection(self) -> http.client.HTTPConnection:
        if self.tls:
            return http.client.HTTPSConnection("localhost", self.port, timeout=20, context=self.tls)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)

    def connect(self, sent: bytes = b"") -> socket.socket:
        client = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        if self.tls:
            client = self.tls.wrap_socket(client, server_hostname="localhost")
        client.sendall(sent)
        return client

    def ask(self, path: str) -> int:
        with closing(self.connection()) as connection:
            return exchange(connection, path)[0]

    def wait(self) -> None:
        """Wait until it answers."""

        def answers() -> bool:
            with suppress(OSError, http.client.HTTPException):
                return self.ask("/healthz") == 200
            return False

        wait_until(answers)


class Site(Address):
    """gunicorn with the shipped configuration."""

    def __init__(self, bench: Bench, database: "Database", **environment: str) -> None:
        self.port = free_port()
        self.log = bench.folder / "gunicorn.log"
        self.environment = {
            **os.environ,
            "DATABASE_URL": database.url,
            "PORT": str(self.port),
            **environment,
        }

    def __enter__(self) -> "Site":
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn"],
                cwd=ROOT,
                env=self.environment,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        try:
            self.wait()
            wait_until(
                lambda: len(self.workers()) == int(self.environment.get("WEB_CONCURRENCY", "2"))
            )
            time.sleep(1)  # for the other worker
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]


@contextmanager
def nginx(bench: Bench, site: Site) -> Iterator[Address]:
    """Run nginx with deploy/nginx.conf, as far as it can be used on one machine."""
    front = Address()
    front.port = free_port()
    front.tls = ssl.create_default_context()
    front.tls.check_hostname = False
    front.tls.verify_mode = ssl.CERT_NONE
    key, certificate = bench.folder / "key.pem", bench.folder / "certificate.pem"
    subprocess.run(  # noqa: S603
        [  # noqa: S607
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "1",
            "-subj",
            "/CN=localhost",
            "-keyout",
            str(key),
            "-out",
            str(certificate),
        ],
        check=True,
        capture_output=True,
    )
    shipped = (ROOT / "deploy" / "nginx.conf").read_text()
    # Docker's name server and names are what can't be had here.
    local, changes = re.subn(
        r"^resolver .*\n|server site:8000 resolve;|listen 8080;",
        lambda found: {
            "r": "",
            "s": f"server 127.0.0.1:{site.port};",
            "l": f"listen 127.0.0.1:{front.port} ssl; ssl_certificate {certificate};"
            f" ssl_certificate_key {key};",
        }[found[0][0]],
        shipped,
        flags=re.MULTILINE,
    )
    if changes != 3:
        raise SystemExit("deploy/nginx.conf has changed: the bench no longer knows its places.")
    folder = bench.folder
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;"
        f"{'user root;' * (os.geteuid() == 0)} events {{ worker_connections 2048; }}"
        f"http {{ access_log off; {temporary}\n{local}\n}}"
    )
    command = ["nginx", "-e", f"{folder}/nginx.log", "-c", str(configuration)]
    subprocess.run([*command, "-t"], check=True, capture_output=True)  # noqa: S603
    process = subprocess.Popen(command)  # noqa: S603
    try:
        front.wait()
        yield front
    finally:
        process.terminate()
        process.wait()


# What it is kept in


class Database:
    """A database with the shipped bank."""

    url: str

    @staticmethod
    @contextmanager
    def of(bench: Bench, place: Path | None = None) -> Iterator["Database"]:
        database: Database
        if bench.is_postgresql:
            database = PostgreSQL(f"faults_{os.getpid()}")
        else:
            database = SQLite((place or bench.folder) / "db.sqlite3")
        try:
            database.manage("prepare")
            yield database
        finally:
            database.drop()

    def start(self, *arguments: object) -> "subprocess.Popen[str]":
        return subprocess.Popen(  # noqa: S603
            [sys.executable, "manage.py", *map(str, arguments), "--verbosity=0"],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": self.url},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def manage(self, *arguments: object) -> None:
        if code := self.start(*arguments).wait():
            raise SystemExit(f"{arguments[0]} ended with {code}.")

    def connect(self) -> Any:
        raise NotImplementedError

    def drop(self) -> None:
        """Remove it, if the folder doesn't go anyway."""

    def is_being_written(self) -> bool:
        raise NotImplementedError

    def column(self, query: str, connection: Any = None) -> list[str]:
        if connection is not None:
            return [row[0] for row in connection.execute(query).fetchall()]
        with closing(self.connect()) as own:
            return self.column(query, own)

    def mark(self, connection: Any = None) -> str:
        return self.column("SELECT title FROM questions_question LIMIT 1", connection)[0][-2]

    def marks(self) -> set[str]:
        """Return the marks that are found in the bank: two in one that was torn."""
        titles = self.column("SELECT title FROM questions_question")
        names = self.column("SELECT name FROM questions_category")
        return {title[-2] for title in titles} | {name[-1] for name in names}


class SQLite(Database):
    def __init__(self, path: Path) -> None:
        self.path = path
        self.url = f"sqlite:///{quote(str(path))}"

    def connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, isolation_level=None, timeout=10)

    def is_being_written(self) -> bool:
        with closing(sqlite3.connect(self.path, isolation_level=None, timeout=0)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return True
            connection.execute("ROLLBACK")
            return False


class PostgreSQL(Database):
    def __init__(self, name: str) -> None:
        self.server = os.environ["DATABASE_URL"]
        self.name = name
        self.url = f"{self.server.rpartition('/')[0]}/{name}"
        self.drop()
        with closing(self.connect("postgres")) as connection:
            connection.execute(f"CREATE DATABASE {name}")

    def connect(self, name: str = "") -> "psycopg.Connection[Any]":
        return psycopg.connect(
            self.url, dbname=name or self.name, autocommit=True, connect_timeout=5
        )

    def drop(self) -> None:
        with closing(self.connect("postgres")) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")

    def is_being_written(self) -> bool:
        query = "SELECT count(*)::text FROM pg_locks WHERE mode = 'ShareRowExclusiveLock'"
        return self.column(query) != ["0"]


class Cluster:
    """The throw-away PostgreSQL of bin/with-postgres."""

    def __init__(self) -> None:
        server = psycopg.conninfo.conninfo_to_dict(os.environ["DATABASE_URL"])
        self.data = Path(str(server.get("host"))) / "data"
        if not (self.data / "postmaster.pid").exists():
            raise Skipped("DATABASE_URL is not a PostgreSQL of bin/with-postgres")
        self.command = re.findall(r'"([^"]*)"|(\S+)', (self.data / "postmaster.opts").read_text())
        self.owner = self.data.stat()

    def pid(self) -> int:
        with suppress(OSError, ValueError, IndexError):
            return int((self.data / "postmaster.pid").read_text().split()[0])
        return 0

    def stop(self) -> None:
        os.kill(self.pid(), signal.SIGINT)  # breaks every connection off
        wait_until(lambda: not self.pid())

    def start(self) -> None:
        """Return when it takes connections."""
        command = [quoted or plain for quoted, plain in self.command]
        # It refuses to be root's, as bin/with-postgres knows.
        as_owner: dict[str, Any] = {"user": self.owner.st_uid, "group": self.owner.st_gid}
        with (self.data.parent / "server.log").open("a") as log:
            subprocess.Popen(  # noqa: S603
                command,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **({**as_owner, "extra_groups": []} if os.geteuid() == 0 else {}),
            )
        wait_until(
            lambda: "ready" in (self.data / "postmaster.pid").read_text() if self.pid() else False
        )


def marked_files(bench: Bench) -> list[Path]:
    """Return three banks that differ in each title and each name."""
    files: list[Path] = []
    for mark in MARKS:
        entries = yaml.safe_load((ROOT / "fixtures" / "bank.yaml").read_text())
        for entry in entries:
            fields = entry["fields"]
            if "title" in fields:
                fields["title"] = f"{fields['title'][:-1]}{mark}?"
            else:
                fields["name"] += mark
        file = bench.folder / f"bank-{len(files)}.yaml"
        file.write_text(yaml.safe_dump(entries, allow_unicode=True))
        files.append(file)
    return files


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(condition: Callable[[], object]) -> None:
    ends = time.monotonic() + UNTIL_STARTED
    while not condition():
        if time.monotonic() > ends:
            raise SystemExit("The site did not get as far as was waited for.")
        time.sleep(0.005)


if __name__ == "__main__":
    main()
