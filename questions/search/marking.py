"""Hits made visible: the words that matched, and the passage that they stand in."""

import re

from questions.search.words import Concept, Query, normalized

# Stand for <mark> and </mark> until the text is escaped; neither can be typed into a page.
START, END = "\x02", "\x03"

PASSAGE_LENGTH = 220  # characters
LEAD_IN = 60  # characters before the first hit, where the passage is longer than that

WORD = re.compile(r"[^\W_]+")
FENCE = re.compile(r"^\s*```.*$", re.MULTILINE)
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
SYNTAX = re.compile(r"^\s*(#+|[-*]|\d+\.)\s+|[`*]+", re.MULTILINE)


def mark(text: str, query: Query) -> str:
    """Put START and END around what `query` found in `text`. Both are taken out of `text` first."""
    text = text.replace(START, "").replace(END, "")
    places = [match.span() for match in WORD.finditer(text) if is_hit(match[0], query)]
    lowered = text.lower()
    for literal in filter(None, query.literals):
        # Lower case may be longer than the text: then the literal is left unmarked.
        if len(lowered) == len(text):
            places += [match.span() for match in re.finditer(re.escape(literal), lowered)]
    for start, end in reversed(merged(places)):
        text = f"{text[:start]}{START}{text[start:end]}{END}{text[end:]}"
    return text


def passage(sources: list[str], query: Query) -> str:
    """
    Return the passage of Markdown texts that holds most of what was asked for, marked.

    Empty where none of it occurs. Of equal ones the first wins.
    """
    best, most = "", 0
    for source in sources:
        for paragraph in re.split(r"\n\s*\n", FENCE.sub("\n", source)):
            plain = " ".join(SYNTAX.sub("", LINK.sub(r"\1", paragraph)).split())
            count = sum(1 for concept in query.concepts if occurs(concept, plain))
            if count > most:
                best, most = plain, count
    return clipped(mark(best, query))


def is_hit(word: str, query: Query) -> bool:
    form = normalized(word)
    return any(
        form == term.beginning if term.is_exact else form.startswith(term.beginning)
        for concept in query.concepts
        for way in concept.ways
        for term in way
    )


def occurs(concept: Concept, text: str) -> bool:
    return any(is_hit(word, Query((), (concept,), ())) for word in WORD.findall(text))


def merged(places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the places in order, those that overlap as one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(places):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def clipped(marked: str) -> str:
    """Cut a marked passage to a length that fits, around its first hit, at spaces."""
    if len(marked) <= PASSAGE_LENGTH:
        return marked
    start = max(marked.find(START) - LEAD_IN, 0)
    start = marked.find(" ", start) + 1 if start else 0
    end = marked.rfind(" ", start, start + PASSAGE_LENGTH)
    if end <= start or end < marked.find(END):
        end = start + PASSAGE_LENGTH
    cut = marked[start:end]
    cut += END * (cut.count(START) - cut.count(END))
    return f"{'… ' if start else ''}{cut}{' …' if end < len(marked) else ''}"
