"""What a search's hits look like: the words that were found, and the passage around them."""

import re
from functools import lru_cache
from itertools import chain

from questions.search.ranking import Ranking, words_of
from questions.search.words import SYMBOLS, Query, stem

# Around a word that was found, until the text is escaped.
START, END = "\x02", "\x03"
PASSAGE_LENGTH = 220  # characters of a passage that are shown
BEFORE = 60  # of these, how many may stand before the first word that was found

# Code has stars of its own.
EMPHASIS = re.compile(
    r"(?P<code>`[^`]*`)|(?<!\w)(?P<sign>\*\*|[*_])(?=\S)"
    r"(?P<content>(?:`[^`]*`|(?!(?P=sign))[^`])+?)(?P=sign)(?!\w)"
)
LINE_START = re.compile(r"^(?:- |\d+\. |#+ |\| *)| *\|$")
LINK = re.compile(r"\[([^\]]{0,300})\]\([^)]{0,500}\)")
CELL_END = re.compile(r" *\| *")
RULE = re.compile(r"[|\s:-]+")  # between a table's head and its rows
SIGNS = {word.split()[-1]: sign for sign, word in SYMBOLS.items()}


class Marks:
    """Marks the words of one query in texts, and finds the passage that says most about it."""

    def __init__(self, query: Query) -> None:
        terms = {term for concept in query.concepts for way in concept.ways for term in way}
        self.words = {term.word for term in terms}
        self.stems = {term.beginning for term in terms}
        signs = [SIGNS[word] for word in sorted(self.words) if word in SIGNS]
        beginnings = sorted({term.beginning for term in terms if term.word not in SIGNS})
        self.looked_for = [*signs, *beginnings]
        parts = [re.escape(sign) for sign in signs]
        if beginnings:
            parts.append(rf"(?<![^\W_])(?:{'|'.join(map(re.escape, beginnings))})[^\W_]*")
        self.pattern = re.compile("|".join(parts) or r"(?!)", re.IGNORECASE)
        self.ranking = Ranking(query)

    def mark(self, text: str) -> str:
        """Return `text` with START and END around each word that was asked for."""
        return self.pattern.sub(self.marked, text.replace(START, "").replace(END, ""))

    def marked(self, match: re.Match[str]) -> str:
        word = match[0].lower()
        is_asked_for = (
            not word.isalnum()
            or stem(word) in self.stems
            or any(word.startswith(asked) for asked in self.words)
        )
        return f"{START}{match[0]}{END}" if is_asked_for else match[0]

    def passage(self, short_answer: str, answer: str) -> str:
        """Return the passage with most of what was asked for, marked; code in backquotes."""
        best, best_worth = "", 0.0
        for source, is_code in chain.from_iterable(map(passages, (short_answer, answer))):
            if best and not self.may_occur_in(source):
                continue
            passage, words = shown(source, is_code=is_code)
            worth = self.ranking.coverage(words)
            if worth > best_worth and not self.pattern.search(passage):
                worth = 0.0
            # Where nothing is found: how the answer begins.
            if not best or worth > best_worth:
                best, best_worth = passage, worth
            if best_worth >= 1.0:
                break
        return self.mark(shortened(best, self.pattern))

    def may_occur_in(self, text: str) -> bool:
        """
        Whether a text may have one of the words. Most have none.

        To see that takes a tenth of the time that the pattern takes.
        """
        lowered = text.lower()
        for word in self.looked_for:  # any() takes twice as long
            if word in lowered:
                return True
        return not text.isascii()


@lru_cache(maxsize=256)  # 5 MB with answers of 9,000 characters
def passages(markdown: str) -> tuple[tuple[str, bool], ...]:
    """Return a text's paragraphs, list items, rows and lines of code, and whether it is code."""
    found: list[tuple[str, bool]] = []
    lines: list[str] = []
    is_code = False
    for line in [*markdown.splitlines(), ""]:
        stripped = line.strip()
        is_fence = stripped.startswith("```")
        is_new = is_fence or is_code or not stripped or stripped.startswith(("- ", "#", "|"))
        if is_new and lines:
            found.append((" ".join(lines), False))
            lines = []
        if is_fence:
            is_code = not is_code
        elif is_code and stripped and "`" not in stripped:
            found.append((f"`{stripped}`", True))
        elif stripped and not RULE.fullmatch(stripped):
            lines.append(stripped)
    return tuple(found)


@lru_cache(maxsize=4096)  # 3 MB with passages of 200 characters
def shown(source: str, *, is_code: bool) -> tuple[str, str]:
    """Return how a passage is shown, and its words."""
    passage = source if is_code else plain(source)
    return passage, words_of(passage)


def plain(markdown: str) -> str:
    """Return a passage without Markdown's signs, except for the backquotes around code."""
    text = LINE_START.sub("", markdown)
    text = LINK.sub(r"\1", text)
    text = EMPHASIS.sub(lambda match: match["code"] or match["content"], text)
    return CELL_END.sub(" · ", text)


def shortened(text: str, pattern: re.Pattern[str]) -> str:
    """Return the part of `text` around its first hit, cut between words."""
    if len(text) > PASSAGE_LENGTH:
        hit = pattern.search(text)
        start = max(0, min(hit.start() - BEFORE if hit else 0, len(text) - PASSAGE_LENGTH))
        end = start + PASSAGE_LENGTH
        start = text.index(" ", start) + 1 if start > 0 and " " in text[start:end] else start
        end = text.rindex(" ", start, end) if end < len(text) and " " in text[start:end] else end
        text = f"{'… ' if start else ''}{text[start:end]}{' …' if end < len(text) else ''}"
    # A cut through code leaves one backquote behind.
    return text if text.count("`") % 2 == 0 else text.replace("`", "")
