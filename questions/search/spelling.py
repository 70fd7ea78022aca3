"""
Misspelled words: the nearest word of the bank's own vocabulary.

The database stores the vocabulary: the words of slugs, titles, keywords and short answers. A word
stays in it when its last question is gone, so a correction counts only if it finds something.
"""

import re
from collections.abc import Callable
from itertools import combinations, pairwise

from django.db.backends.utils import CursorWrapper
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from questions.search.words import stop_words

SHORTEST = 5  # letters of a word that is corrected
LONG = 7  # letters of a word in which two may be wrong
SIMILAR = 60  # percent of likeness from which a word is suggested
NEAREST = 5  # words that are tried
SPLIT = 30  # letters of a word that is split, at most

# Letters that sound alike have the same code. Vowels, h and w have none.
SOUNDS = str.maketrans(
    {
        **dict.fromkeys("aeiouyhw", ""),
        **dict.fromkeys("bfpv", "1"),
        **dict.fromkeys("cgjkqsxz", "2"),
        **dict.fromkeys("dt", "3"),
        "l": "4",
        **dict.fromkeys("mn", "5"),
        "r": "6",
    }
)


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
    cursor.execute(
        f"SELECT word FROM {table}_word WHERE length(word) BETWEEN %s AND %s",
        [len(word) - 2, len(word) + 2],
    )
    vocabulary = [known for (known,) in cursor.fetchall()]
    near = []
    for known, distance, _ in process.extract(
        word, vocabulary, scorer=OSA.distance, score_cutoff=2, limit=None
    ):
        if known in stop_words():  # nobody searches for it
            continue
        sounds_alike = sound(known) == sound(word)
        may_miss_two = len(word) >= LONG or (len(word) == LONG - 1 == len(known) and sounds_alike)
        if distance == 1 or may_miss_two:
            near.append((distance, not sounds_alike, known[0] != word[0], known))
    return [known for *_, known in sorted(near)[:NEAREST]]


def similar(cursor: CursorWrapper, table: str, word: str) -> list[str]:
    """Return words of the bank that look like `word`, the most similar first."""
    cursor.execute(
        f"SELECT word FROM {table}_word WHERE length(word) BETWEEN %s AND %s",
        [len(word) // 2, len(word) * 2],
    )
    vocabulary = [known for (known,) in cursor.fetchall()]
    best = process.extract(word, vocabulary, scorer=fuzz.ratio, score_cutoff=SIMILAR, limit=NEAREST)
    return [known for known, *_ in best]


def sound(word: str) -> str:
    """Return a key that is the same for words that sound alike, similar to Soundex."""
    return re.sub(r"(.)\1+", r"\1", word.translate(SOUNDS))
