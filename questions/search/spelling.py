"""
Misspelled words: the nearest word of the bank's own vocabulary.

The database stores the vocabulary: the words of slugs, titles, keywords and short answers. A word
stays in it when its last question is gone, so a correction counts only if it finds something.
"""

from dataclasses import replace
from itertools import combinations, islice, pairwise

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from questions.search.candidates import Index, literally
from questions.search.index import AnyOf, Condition, Narrowing, Scope
from questions.search.letters import told
from questions.search.words import Query, Term, replaced_word, stop_words

SHORTEST = 5  # letters of a word that is corrected
LONG = 7  # letters of a word in which two may be wrong
SIMILAR = 60  # percent of likeness from which a word is suggested
NEAREST = 5  # words that are tried, or suggested
ALIKE = 50  # words that are looked at until so many are suggested: some may be gone
SPLIT = 30  # letters of a word that is split, at most


def corrected(index: Index, text: str, query: Query) -> str:
    """Return `text` with its misspelled words corrected; empty if nothing was corrected."""
    result = text
    for concept in query.concepts:
        typed = Term(concept.word)
        is_known = AnyOf((index.forms(typed), literally(typed)))
        if concept.categories or has(index, Scope.ALL, is_known):
            continue
        if meant := correction(index, concept.word):
            result = replaced_word(result, concept.word, meant)
        elif len(concept.word) >= SHORTEST:
            return ""  # the text is about something that the bank does not have
    return "" if result == text else result


def similar(index: Index, query: Query) -> tuple[str, ...]:
    """Return words of the bank that look like the longest word of a search, the nearest first."""
    words = [concept.word for concept in query.concepts]
    words = [w for w in words if told(w) == w and not any(map(str.isdigit, w))]  # no sign
    if not words:
        return ()
    longest = max(words, key=len)
    known = of_length(index, len(longest) // 2, len(longest) * 2)
    alike = process.extract(longest, known, scorer=fuzz.ratio, score_cutoff=SIMILAR, limit=None)
    order = sorted((-likeness, word) for word, likeness, _ in alike)
    offered = (word for _, word in order[:ALIKE] if offers(index, word))
    return tuple(islice(offered, NEAREST))


def correction(index: Index, word: str) -> str:
    """Return the words that `word`, which finds nothing, may stand for; empty if there are none."""
    if len(word) < SHORTEST or any(map(str.isdigit, word)):
        return ""
    for meant in (*splits(index, word), *nearest(index, word)):
        if all(offers(index, part) for part in meant.split()):
            return meant
    return ""


def splits(index: Index, word: str) -> list[str]:
    """Return the ways to split a word into two or three of the vocabulary, two first."""
    parts = {word[start:end] for start, end in combinations(range(len(word) + 1), 2)}
    long_enough = sorted(part for part in parts if 3 <= len(part) <= len(word) - 3)
    if not long_enough or len(word) > SPLIT:
        return []
    places = ", ".join(["%s"] * len(long_enough))
    known = set(index.vocabulary(f"word IN ({places})", long_enough)) - stop_words()
    found = []
    for count in (1, 2):
        for cuts in combinations(range(3, len(word) - 2), count):
            cut = [word[start:end] for start, end in pairwise((0, *cuts, len(word)))]
            if known.issuperset(cut):
                found.append(" ".join(cut))
    return found


def nearest(index: Index, word: str) -> list[str]:
    """Return the words that are one or two letters away, the nearest first."""
    most = 2 if len(word) >= LONG else 1
    known = of_length(index, len(word) - most, len(word) + most)
    near = process.extract(word, known, scorer=OSA.distance, score_cutoff=most, limit=None)
    order = sorted((distance, other[0] != word[0], other) for other, distance, _ in near)
    return [other for *_, other in order[:NEAREST]]


def of_length(index: Index, shortest: int, longest: int) -> list[str]:
    """Return the words of the bank that have so many letters, but those that say nothing."""
    words = index.vocabulary("length(word) BETWEEN %s AND %s", [shortest, longest])
    return [word for word in words if word not in stop_words()]


def offers(index: Index, word: str) -> bool:
    """Whether a question has a word of the vocabulary now, in a prominent place."""
    return has(index, Scope.LEAD, Term(word, is_exact=True))


def has(index: Index, scope: Scope, condition: Condition) -> bool:
    """Whether anything matches, in any category and level."""
    anywhere = replace(index, narrowing=Narrowing(published=index.narrowing.published))
    return bool(anywhere.candidates(scope, condition, limit=1))
