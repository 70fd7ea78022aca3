"""
Misspelled words: the nearest word of the bank's own vocabulary.

The database stores the vocabulary: the words of slugs, titles, keywords and short answers. A word
stays in it when its last question is gone, so a correction counts only if it finds something.
"""

from collections.abc import Callable
from itertools import combinations, pairwise

from django.db.backends.utils import CursorWrapper
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from questions.search.words import stop_words

SHORTEST = 5  # letters of a word that is corrected
LONG = 7  # letters of a word in which two may be wrong
SIMILAR = 60  # percent of likeness from which a word is suggested
NEAREST = 5  # words that are tried, or suggested
ALIKE = 50  # words that are looked at until so many are suggested: some may be gone
SPLIT = 30  # letters of a word that is split, at most


def correction(
    cursor: CursorWrapper, table: str, word: str, is_found: Callable[[str], bool]
) -> str:
    """Return the word or two that `word`, which finds nothing, may stand for; empty if none."""
    if len(word) < SHORTEST or any(map(str.isdigit, word)):
        return ""
    return next(
        (
            meant
            for meant in (*splits(cursor, table, word), *nearest(cursor, table, word))
            if all(is_found(part) for part in meant.split())
        ),
        "",
    )


def splits(cursor: CursorWrapper, table: str, word: str) -> list[str]:
    """Return the ways to split a word into two or three of the vocabulary, two first."""
    parts = {word[start:end] for start, end in combinations(range(len(word) + 1), 2)}
    long_enough = sorted(part for part in parts if 3 <= len(part) <= len(word) - 3)
    if not long_enough or len(word) > SPLIT:
        return []
    places = ", ".join(["%s"] * len(long_enough))
    cursor.execute(f"SELECT word FROM {table}_word WHERE word IN ({places})", long_enough)
    known = {part for (part,) in cursor.fetchall()} - stop_words()
    found = []
    for count in (1, 2):
        for cuts in combinations(range(3, len(word) - 2), count):
            cut = [word[start:end] for start, end in pairwise((0, *cuts, len(word)))]
            if known.issuperset(cut):
                found.append(" ".join(cut))
    return found


def nearest(cursor: CursorWrapper, table: str, word: str) -> list[str]:
    """Return the words that are one or two letters away, the nearest first."""
    most = 2 if len(word) >= LONG else 1
    near = process.extract(
        word,
        vocabulary(cursor, table, len(word) - most, len(word) + most),
        scorer=OSA.distance,
        score_cutoff=most,
        limit=None,
    )
    order = sorted((distance, known[0] != word[0], known) for known, distance, _ in near)
    return [known for *_, known in order[:NEAREST]]


def similar(cursor: CursorWrapper, table: str, word: str) -> list[str]:
    """Return up to ALIKE words of the bank that look like `word`, the most similar first."""
    alike = process.extract(
        word,
        vocabulary(cursor, table, len(word) // 2, len(word) * 2),
        scorer=fuzz.ratio,
        score_cutoff=SIMILAR,
        limit=None,
    )
    order = sorted((-likeness, known) for known, likeness, _ in alike)
    return [known for _, known in order[:ALIKE]]


def vocabulary(cursor: CursorWrapper, table: str, shortest: int, longest: int) -> list[str]:
    """Return the words of the bank that have so many letters, in any order."""
    cursor.execute(
        f"SELECT word FROM {table}_word WHERE length(word) BETWEEN %s AND %s", [shortest, longest]
    )
    # Nobody searches for a word that says nothing.
    return [word for (word,) in cursor.fetchall() if word not in stop_words()]
