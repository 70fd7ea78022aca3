"""
How fast the search is, and how good, on both databases, in banks of all sizes.

    make bench-search
    .venv/bin/python bench/search.py --sizes 30 1000 --failures

Each bank holds the thirty shipped questions, loaded last, among generated ones. The words that are
searched are drawn from the bank by how many questions have them. “index” is the time in which the
database proposes candidates, “search” the whole of it, ranking included. Each query is timed five
times, and the least of these counts: other work on the machine only adds.
"""

import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import quote

import django

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "qabank.settings"
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from questions import search  # noqa: E402
from questions.models import Question, QuestionQuerySet  # noqa: E402
from questions.search.candidates import Index, every_word  # noqa: E402
from questions.search.words import parse  # noqa: E402
from tests.search import relevance  # noqa: E402

SHIPPED = 30
SIZES = [SHIPPED, 1_000, 10_000, 100_000]
SAMPLE = 1_000  # questions whose words are counted, to know which ones are common
QUERIES = 40  # of each kind
REPEATS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the search.")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="N")
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], help="only this one")
    parser.add_argument("--failures", action="store_true", help="list what is not found first")
    parser.add_argument(
        "--held-out",
        action="store_true",
        help="measure what was not looked at to tune",
    )
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        part = "held out" if options.held_out else "tuning"
        measure(options.sizes, part, list_failures=options.failures)
        return
    command = [sys.executable, __file__, "--here", "--sizes", *map(str, options.sizes)]
    command += ["--failures"] if options.failures else []
    command += ["--held-out"] if options.held_out else []
    if options.engine != "postgresql":
        with tempfile.TemporaryDirectory(prefix="qabank-bench-") as folder:
            url = f"sqlite:///{quote(folder)}/bank.sqlite3"
            environment = {**os.environ, "DATABASE_URL": url}
            subprocess.run(command, env=environment, check=True)  # noqa: S603
    if options.engine != "sqlite":
        subprocess.run([ROOT / "bin/with-postgres", *command], check=True)  # noqa: S603


def measure(sizes: list[int], part: str, *, list_failures: bool) -> None:
    """Fill the database that the environment names, with one size after the other."""
    call_command("migrate", verbosity=0)
    for size in sizes:
        call_command("make_bank", max(0, size - SHIPPED), replace=True, verbosity=0)
        call_command("loaddata", "bank", verbosity=0)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        print(f"\n{connection.vendor}, {size:,} questions")
        print_times()
        print("  the set that grew with the search")
        print_scores(*relevance.measured(), list_failures=list_failures)
        print(f"  the blind set: {part}")
        print_scores(*relevance.blind(part), list_failures=list_failures)
    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()  # type: ignore[attr-defined]


def print_scores(
    scores: dict[str, relevance.Score], mistaken: list[str], *, list_failures: bool
) -> None:
    print(f"  {relevance.total(scores)}; nonsense that finds something: {len(mistaken)}")
    for kind, score in scores.items():
        print(f"    {kind:16} {score}")
        for failure in score.failures if list_failures else ():
            print(f"      {failure}")
    for query in mistaken if list_failures else ():
        print(f"      nonsense: {query}")


def print_times() -> None:
    questions = Question.objects.all()
    narrowing = search.Narrowing(published=True)
    queries, misspelled = drawn(questions)

    def propose(text: str) -> object:
        with connection.cursor() as cursor:
            engine = search.engine(connection)
            index = Index(engine, cursor, Question._meta.db_table, narrowing)
            return every_word(index, parse(text))

    def find(text: str) -> object:
        return search.find(questions, text, narrowing)

    print("  milliseconds              index: median   95 %   search: median   95 %")
    everything = [text for texts in queries.values() for text in texts]
    for kind, texts in {**queries, "all of these": everything}.items():
        print_line(kind, timed(propose, texts), timed(find, texts))
    print_line("misspelled", [], timed(find, misspelled))
    sentences = [
        row["query"] for row in relevance.blind_rows("tuning") if row["kind"] == "sentences"
    ]
    print_line("sentences", [], timed(find, sentences))


def drawn(questions: QuestionQuerySet) -> tuple[dict[str, list[str]], list[str]]:
    """Return queries of each kind, and misspelled words, made of what the questions say."""
    chance = random.Random(1)  # noqa: S311
    keys = list(questions.order_by("pk").values_list("pk", flat=True))
    sample = list(questions.filter(pk__in=chance.sample(keys, min(SAMPLE, len(keys)))))
    titles = [words_of(question.title) for question in sample]
    counts = Counter(
        word
        for question in sample
        for word in set(words_of(f"{question.title} {question.short_answer} {question.answer}"))
    )
    rare = [word for word, count in counts.items() if count <= max(1, len(sample) // 500)]
    common = [word for word, count in counts.items() if count > len(sample) // 5]
    medium = sorted(set(counts) - set(rare) - set(common))
    pairs = [" ".join(chance.sample(title, 2)) for title in titles if len(title) > 1]
    prefixes = [word[: chance.randint(1, 5)] for word in medium + common]
    long_words = sorted(
        {word for title in titles for word in title if word.isalpha() and len(word) > 6}
    )
    kinds = {
        "rare words": sorted(rare),
        "medium words": medium,
        "very common words": sorted(common),
        "two words of a title": sorted(pairs),
        "prefixes": sorted(prefixes),
    }
    queries = {
        kind: chance.sample(texts, min(QUERIES, len(texts))) for kind, texts in kinds.items()
    }
    misspelled = [
        word[:2] + word[3] + word[2] + word[4:]
        for word in chance.sample(long_words, min(QUERIES, len(long_words)))
    ]
    return queries, misspelled


def words_of(text: str) -> list[str]:
    return sorted(set(re.findall(r"[a-z][a-z0-9_]{2,}", text.lower())))


def timed(act: Callable[[str], object], texts: list[str]) -> list[float]:
    """Return how many milliseconds `act` takes for each text."""
    times = []
    for text in texts:
        repeats = []
        for _ in range(REPEATS):
            started = time.perf_counter()
            act(text)
            repeats.append((time.perf_counter() - started) * 1000)
        times.append(min(repeats))
    return times


def print_line(kind: str, index: list[float], whole: list[float]) -> None:
    cells = [
        f"{median(times):14.2f} {quantiles(times, n=20)[-1]:6.2f}" if times else " " * 21
        for times in (index, whole)
    ]
    print(f"  {kind:24} {cells[0]}   {cells[1]}")


if __name__ == "__main__":
    main()
