"""
Titles that ask the same: equal ones, and near-duplicates.

Two titles are near-duplicates where they have most of their words in common, in any order. To
compare each title with each other one would take minutes for ten thousand of them. The index finds
for each title those that can be near enough: two that share most of their words share one of the
few that are rarest in the bank.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from functools import cache, lru_cache
from itertools import combinations, islice
from math import ceil, floor
from typing import NamedTuple

from questions.models import Question
from questions.search.letters import DENSE_CLASS, DENSE_RUN

# The Sørensen-Dice coefficient of the words of two titles from which they count as near-duplicates.
NEAR_DUPLICATE = 0.7
# Titles at most with which one is compared. There are more only where hundreds of titles consist of
# the same few words, and the cost must not grow with their number.
COMPARED = 500
PAIR = 2  # words
STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be by can do does for from how if in is it its of on or should so "
        "that the this to what when which who why will with would you your",
    )
)


class Alike(NamedTuple):
    """What asks the same as a question."""

    equal: str = ""  # the slug of the first question with an equal title, if there is one
    equal_count: int = 0
    near: str = ""  # the slug of a near-duplicate, if there is one


class IndexedTitle(NamedTuple):
    """The telling words of a title, and whose it is."""

    slug: str
    prompt: str
    words: frozenset[str]


def among(question: Question, titles: Mapping[str, str]) -> Alike:
    """Compare one question with `titles`, by slug, with or without its own."""
    own = folded(question.title)
    others = {slug: title for slug, title in titles.items() if slug != question.slug}
    equal = [slug for slug, title in others.items() if folded(title) == own]
    near = (
        slug
        for slug, title in others.items()
        if similarity(title, question.title) >= NEAR_DUPLICATE
    )
    if equal:
        return Alike(equal[0], len(equal))
    return Alike(near=next(near, ""))


class TitleIndex:
    """The titles of a whole bank. Questions whose prompts differ are not compared."""

    def __init__(self, rows: Iterable[tuple[str, str, str]]) -> None:
        """Take the slug, the title and the prompt of each question."""
        rows = [(slug, title, prompt.strip()) for slug, title, prompt in rows]
        self.equal: dict[tuple[str, str | None], list[str]] = defaultdict(list)
        self.frequency = Counter(word for _, title, _ in rows for word in title_words(title))
        # Titles by one of their rarest words, their own number of words, and the number of words
        # of a title that is compared with them.
        self.near: dict[tuple[str, int, int], list[IndexedTitle]] = defaultdict(list)
        for slug, title, prompt in rows:
            self.equal[folded(title), prompt].append(slug)
            self.equal[folded(title), None].append(slug)  # whatever the prompt
            entry = IndexedTitle(slug, prompt, title_words(title))
            for size in sizes_near(len(entry.words)):
                for word in self.rarest(entry.words, size):
                    self.near[word, len(entry.words), size].append(entry)

    def alike(self, slug: str, title: str, prompt: str) -> Alike:
        """Return what asks the same as a question of the bank, other than itself."""
        prompt = prompt.strip()
        prompts: list[str | None] = ["", prompt] if prompt else [None]
        equal = [self.equal.get((folded(title), some), []) for some in prompts]
        count = sum(map(len, equal)) - 1
        if count > 0:
            first = next(other for slugs in equal for other in slugs if other != slug)
            return Alike(first, count)
        words = title_words(title)
        for other in islice(self.candidates(words), COMPARED):
            may_differ = prompt and other.prompt not in {"", prompt}
            if other.slug != slug and not may_differ and dice(words, other.words) >= NEAR_DUPLICATE:
                return Alike(near=other.slug)
        return Alike()

    def candidates(self, words: frozenset[str]) -> Iterator[IndexedTitle]:
        for size in sizes_near(len(words)):
            for word in self.rarest(words, size):
                yield from self.near.get((word, size, len(words)), ())

    def rarest(self, words: frozenset[str], size: int) -> list[str]:
        """Return words of which a near-duplicate of `size` words has at least one."""
        count = len(words) - common(len(words), size) + 1
        return sorted(words, key=lambda word: (self.frequency[word], word))[:count]


def phrases(title: str) -> list[str]:
    """
    Return phrases of one or two words: an equal title or a near-duplicate has all words of one.

    A near-duplicate lacks at most a certain number of the title's words. So it has at least PAIR of
    any words that are PAIR more than that number, and the phrases are all pairs of such words. The
    longest ones are taken, because they are the rarest.
    """
    words = sorted(title_words(title), key=lambda word: (-len(word), word))
    if len(words) <= PAIR:
        return [" ".join(words) or title]
    shared = common(len(words), sizes_near(len(words))[0])
    pairs = combinations(words[: len(words) - shared + PAIR], PAIR)
    return [" ".join(pair) for pair in pairs]


@cache
def sizes_near(size: int) -> range:
    """Return how many words a near-duplicate of a title with `size` words can have."""
    least = Fraction(NEAR_DUPLICATE).limit_denominator(100)
    ratio = (2 - least) / least
    return range(max(1, ceil(size / ratio)), floor(size * ratio) + 1) if size else range(0)


def common(size: int, other: int) -> int:
    """Return how many words two near-duplicates of these sizes have in common at least."""
    return ceil(Fraction(NEAR_DUPLICATE).limit_denominator(100) * (size + other) / 2)


def folded(phrasing: str) -> str:
    """Return a title or a phrasing so that those that differ in case or space only are equal."""
    return " ".join(phrasing.casefold().split())


def similarity(one: str, other: str) -> float:
    """Return the share of words that two titles have in common, from 0 to 1, in any order."""
    return dice(title_words(one), title_words(other))


def dice(a: frozenset[str], b: frozenset[str]) -> float:
    return 2 * len(a & b) / (len(a) + len(b)) if a and b else 0.0


@lru_cache(maxsize=50_000)
def title_words(title: str) -> frozenset[str]:
    """Return the telling words; where a script has no spaces, each two characters in a row."""
    runs = re.findall(rf"[{DENSE_CLASS}]+|[^\W{DENSE_CLASS}]+", title.lower())
    words = (pairs(run) if DENSE_RUN.match(run) else [run] for run in runs)
    return frozenset(word for some in words for word in some) - STOP_WORDS


def pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(max(1, len(run) - 1))]
