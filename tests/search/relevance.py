"""
How good the order of the hits is, measured by two sets of searches of the shipped bank.

`relevance.yaml` grew with the search. `blind.tsv` was written without a look at the search, in
manners that it was not made for, and labelled twice: a question is expected where both labels name
it. Its column `part` says which searches may be looked at to tune the search, and which are held
out.
"""

import csv
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from questions import search
from questions.models import Bank, Category, Question

QUERIES = Path(__file__).parent / "relevance.yaml"
BLIND = Path(__file__).parent / "blind.tsv"
NONSENSE = "nonsense"  # the kind of queries that should find nothing
NOTHING = "-"  # expected of a search for another subject


@dataclass
class Score:
    """How often the right question came first, and what to look into."""

    queries: int = 0
    first: int = 0
    among_three: int = 0
    reciprocal_ranks: float = 0.0
    failures: list[str] = field(default_factory=list)

    @property
    def success_at_1(self) -> float:
        return self.first / self.queries

    @property
    def success_at_3(self) -> float:
        return self.among_three / self.queries

    @property
    def mean_reciprocal_rank(self) -> float:
        return self.reciprocal_ranks / self.queries

    def __str__(self) -> str:
        return (
            f"success@1 {self.success_at_1:.3f}   success@3 {self.success_at_3:.3f}   "
            f"MRR {self.mean_reciprocal_rank:.3f}   of {self.queries}"
        )

    def add(self, query: str, wanted: list[str], found: list[str]) -> None:
        place = next((i for i, slug in enumerate(found, start=1) if slug in wanted), 0)
        self.queries += 1
        self.first += place == 1
        self.among_three += place in {1, 2, 3}
        self.reciprocal_ranks += 1 / place if place else 0.0
        if place != 1:
            where = f"place {place}" if place else "not found"
            self.failures.append(f"{query}: {where}, after {', '.join(found[:3]) or 'nothing'}")


def measured() -> tuple[dict[str, Score], list[str]]:
    """Return the score of each kind of queries, and the nonsense for which something was found."""
    slugs = dict(Question.objects.values_list("pk", "slug"))
    questions, published = Question.objects.all(), search.Narrowing(published=True)
    names = Bank.objects.current().search_names(Category.objects.all())
    scores: dict[str, Score] = {}
    mistaken = []
    for kind, queries in yaml.safe_load(QUERIES.read_text(encoding="utf-8")).items():
        if kind == NONSENSE:
            mistaken = [
                query for query in queries if search.find(questions, query, published, names).hits
            ]
            continue
        score = scores[kind] = Score()
        for query, wanted in queries.items():
            found = search.find(questions, query, published, names)
            score.add(
                query,
                [wanted] if isinstance(wanted, str) else wanted,
                [slugs[key] for key in [*found.hits, *found.less_close]],
            )
    return scores, mistaken


def blind(part: str) -> tuple[dict[str, Score], list[str]]:
    """
    Return the score of each kind of a part of the blind set, and what is found without a warning.

    That are the searches for another subject whose hits are not told as less close.
    """
    slugs = dict(Question.objects.values_list("pk", "slug"))
    questions, published = Question.objects.all(), search.Narrowing(published=True)
    names = Bank.objects.current().search_names(Category.objects.all())
    scores: dict[str, Score] = {}
    mistaken = []
    for row in blind_rows(part):
        found = search.find(questions, row["query"], published, names)
        if row["expected"] == NOTHING:
            mistaken += [row["query"]] if found.hits and not found.is_partial else []
            continue
        score = scores.setdefault(row["kind"], Score())
        keys = [*found.hits, *found.less_close]
        score.add(row["query"], row["expected"].split(), [slugs[key] for key in keys])
    return scores, mistaken


def blind_rows(part: str) -> list[dict[str, str]]:
    """Return the searches of a part of the blind set, with their kind and what is expected."""
    with BLIND.open(encoding="utf-8") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [row for row in rows if row["part"] == part]


def total(scores: dict[str, Score]) -> Score:
    """Return the score of all kinds together."""
    overall = Score()
    for score in scores.values():
        overall.queries += score.queries
        overall.first += score.first
        overall.among_three += score.among_three
        overall.reciprocal_ranks += score.reciprocal_ranks
    return overall
