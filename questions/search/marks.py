"""What a hit shows: the passage that has most of a search, and marks around the words in it."""

import re
from collections.abc import Callable

from questions.markdown import passages
from questions.search.letters import DENSE_RUN, LETTER, SYMBOLS, in_original, with_signs
from questions.search.ranking import Ranking, passage_words
from questions.search.words import Query

# These stand around a word that was found. The template escapes the text and then replaces them.
START, END = "\x02", "\x03"
PASSAGE_LENGTH = 220  # characters of a passage that are shown
CONTEXT_LENGTH = 60  # characters of these before the first word that was found, at most

SIGNS = {word.split()[-1]: sign for sign, word in SYMBOLS.items()}


class Marks:
    """Marks the words of one query in texts, and finds the passage that says most about it."""

    def __init__(self, query: Query) -> None:
        self.terms = {term for concept in query.concepts for way in concept.ways for term in way}
        words = sorted({term.word for term in self.terms})
        signs = [SIGNS[word] for word in words if word in SIGNS]
        # `csharp` stands for C#, and may have been typed.
        beginnings = sorted({t.beginning for t in self.terms if not t.word.startswith("qq")})
        self.runs = [word for word in beginnings if DENSE_RUN.match(word)]
        parts = [re.escape(sign) for sign in signs]
        if beginnings:
            parts.append(rf"(?<!{LETTER})(?:{'|'.join(map(re.escape, beginnings))}){LETTER}*")
        self.pattern = re.compile("|".join(parts) or r"(?!)")
        self.ranking = Ranking(query)

    def mark(self, text: str) -> str:
        """Return `text` with START and END around each word of the query."""
        text = text.replace(START, "").replace(END, "")
        parts, end = [], 0
        for span in self.spans(text):
            parts += [text[end : span[0]], START, text[span[0] : span[1]], END]
            end = span[1]
        return "".join([*parts, text[end:]])

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return from where to where in `text` the words of the query are."""
        return merged(list(in_original(merged(self.folded_spans(text)), text)))

    def folded_spans(self, text: str) -> list[tuple[int, int]]:
        """Return from where to where the words of the query are once `text` is folded."""
        letters = with_signs(text)
        found = [m.span() for m in self.pattern.finditer(letters) if self.is_searched(m[0])]
        for run in self.runs:
            starts = [match.start() for match in re.finditer(f"(?={run})", letters)]
            found += [(start, start + len(run)) for start in starts]
        return found

    def is_searched(self, word: str) -> bool:
        """Whether a word that begins like one of the query is a form of it, or continues it."""
        return word in SIGNS.values() or any(term.matches(word) for term in self.terms)

    def passage(self, short_answer: str, answer: str) -> str:
        """
        Return the passage that has most of the query, marked; code stands in backquotes.

        Where no passage has any of it, this is the first one of the short answer. It is one line,
        cut to some PASSAGE_LENGTH characters.
        """
        best, share = self.best_passage(short_answer)
        if share < 1.0:  # otherwise nothing in the answer, a long text, has more
            other, other_share = self.best_passage(answer)
            best = best if best and share >= other_share else other
        return self.mark(shortened(best, self.spans))

    def best_passage(self, source: str) -> tuple[str, float]:
        """Return the passage of a text that has most of the query, and how much, from 0 to 1."""
        found = passages(source)
        shares = self.ranking.shares(passage_words(source))
        for number in sorted(shares, key=lambda number: (-shares[number], number)):
            text = found[number].text
            if self.folded_spans(text):  # not in the address of a link only
                return text, shares[number]
        return found[0].text if found else "", 0.0


def merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return spans in their order, those that overlap or touch as one."""
    whole: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if whole and start <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(end, whole[-1][1]))
        else:
            whole.append((start, end))
    return whole


def shortened(text: str, spans_of: Callable[[str], list[tuple[int, int]]]) -> str:
    """Return the part of `text` around its first hit, cut between words."""
    if len(text) > PASSAGE_LENGTH:
        spans = spans_of(text)
        first = spans[0][0] if spans else 0
        start = max(0, min(first - CONTEXT_LENGTH, len(text) - PASSAGE_LENGTH))
        end = start + PASSAGE_LENGTH
        start = text.index(" ", start) + 1 if start > 0 and " " in text[start:end] else start
        end = text.rindex(" ", start, end) if end < len(text) and " " in text[start:end] else end
        text = f"{'… ' if start else ''}{text[start:end]}{' …' if end < len(text) else ''}"
    # A cut through code leaves one backquote behind.
    return text if text.count("`") % 2 == 0 else text.replace("`", "")
