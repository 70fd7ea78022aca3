"""
Letters: how a text is split into words as the index holds them.

The database splits what it indexes by the same rules (`sqlite.py`, `postgresql.py`), so a change of
them needs a new index, which `migrate` builds.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

WORD_LENGTH = 40  # characters of a word that are used

# Signs that people search for, and the words that stand for them in the index. Other signs separate
# words. No word that people type begins with `qq`.
LANGUAGE_NAMES = {"c++": "cplusplus ", "c#": "csharp "}
SYMBOLS = {
    **LANGUAGE_NAMES,
    "except*": "except qqstar ",
    ":=": " qqwalrus ",
    "==": " qqequal ",
    "!=": " qqunequal ",
    "<=": " qqatmost ",
    ">=": " qqatleast ",
    "->": " qqarrow ",
    "+=": " qqplusis ",
    "|=": " qqoris ",
    "//": " qqfloor ",
    "**": " qqpower ",
    "...": " qqellipsis ",
}

# Scripts that put no spaces between words: Thai and Lao, Burmese, Khmer, kana, bopomofo, Chinese
# characters. A run of their letters is indexed, and searched for, as pairs of neighbouring letters.
DENSE = (
    *(("\u0e00", "\u0eff"), ("\u1000", "\u109f"), ("\u1780", "\u17ff"), ("\u3005", "\u3007")),
    *(("\u3040", "\u312f"), ("\u31f0", "\u31ff"), ("\u3400", "\u9fff")),
    ("\U00020000", "\U0003ffff"),
)
DENSE_CLASS = "".join(f"{first}-{last}" for first, last in DENSE)
DENSE_RUN = re.compile(f"[{DENSE_CLASS}]+")

# A letter, digit or picture of the other scripts in a text with its letters folded.
BETWEEN_DENSE = zip(
    ("\x7f", *(last for _, last in DENSE)), (first for first, _ in DENSE), strict=False
)
LETTER = "[a-z0-9{}]".format(
    "".join(f"{chr(ord(after) + 1)}-{chr(ord(before) - 1)}" for after, before in BETWEEN_DENSE)
)

# Where Unicode has letters that are folded, or signs: not among Chinese characters.
FOLDED_RANGES = (
    *(range(0x80, 0x3400), range(0xA000, 0xD800), range(0xF900, 0x20000)),
    *(range(0x2F800, 0x2FA20), range(0xE0000, 0xE01F0)),
)


def folded(character: str) -> str:
    """
    Return what the index holds of a character beyond ASCII, whatever stands around it.

    That is the character in lower case and without accents, a space for a sign, or nothing for a
    mark that is not seen. The database does the same by a table of folded_letters().
    """
    if is_sign(character):
        return " "
    decomposed = unicodedata.normalize("NFKD", character.casefold()).casefold()
    return "".join(map(folded_part, unicodedata.normalize("NFKD", decomposed)))


def is_sign(character: str) -> bool:
    category = unicodedata.category(character)
    if category == "So":
        return character < "\u2190"  # ™ and ®, but no picture
    if category == "Cn" and (
        ord(character) & 0xFFFE == 0xFFFE or "\ufdd0" <= character <= "\ufdef"
    ):
        return True  # no character will ever stand there
    return category[0] not in "LNM" and category not in {"Cf", "Cn", "Co"}


def folded_part(character: str) -> str:
    accent = unicodedata.combining(character)
    # Marks of other classes are letters to those who read them: dakuten, virama, tones.
    is_accent = accent >= 200 or 10 <= accent <= 36
    if is_accent or unicodedata.category(character) in {"Cf", "Me"} or character in INVISIBLE:
        return ""
    return " " if is_sign(character) else character


INVISIBLE = {"\u034f", *map(chr, range(0xFE00, 0xFE10)), *map(chr, range(0xE0100, 0xE01F0))}


@lru_cache(maxsize=1)
def folded_letters() -> dict[str, str]:
    """Return what the index holds of each character beyond ASCII that it doesn't hold as it is."""
    letters = {chr(code): folded(chr(code)) for codes in FOLDED_RANGES for code in codes}
    return {letter: result for letter, result in letters.items() if letter != result}


class Folding(dict[int, str]):
    """The table for `str.translate` that folds letters; signs of ASCII stay or become spaces."""

    def __init__(self, *, keeps_signs: bool) -> None:
        super().__init__()
        self.keeps_signs = keeps_signs

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if not character.isascii():
            self[code] = folded(character)
        elif self.keeps_signs or character.isalnum() or character == ",":
            self[code] = character.lower()
        else:
            self[code] = " "
        return self[code]


FOLDING = Folding(keeps_signs=False)  # but for commas
LETTERS = Folding(keeps_signs=True)
BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
UPPER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def indexed_words(text: str) -> str:
    """Return the words of `text` as the index holds them, with single spaces between."""
    return " ".join(separated(text).replace(",", " ").split())


def separated(text: str) -> str:
    """Return the words of `text` as the index holds them, with commas and spaces between."""
    text = folded_text(text)
    return text if text.isascii() else DENSE_RUN.sub(pairs, text)


def folded_text(text: str) -> str:
    """Return `text` with its letters folded, words for the signs that people search for, spaces."""
    # The database knows no other capitals before it folds.
    text = text.lower() if text.isascii() else text.translate(UPPER)
    for symbol, word in SYMBOLS.items():
        if symbol in text:
            text = text.replace(symbol, word)
    return text.translate(FOLDING)


def told(text: str) -> str:
    """Return the words of `text` as somebody would write them, with single spaces between."""
    words = " ".join(folded_text(text).replace(",", " ").split())
    for symbol, word in SYMBOLS.items():
        words = words.replace(word.strip(), symbol)
    return words


def with_signs(text: str) -> str:
    """Return `text` with its letters folded and its signs as they are."""
    return text.lower() if text.isascii() else text.translate(LETTERS)


def in_original(spans: Sequence[tuple[int, int]], text: str) -> Iterator[tuple[int, int]]:
    """Yield where parts of with_signs(text) are in `text`, with the accents that follow."""
    if not spans or all(len(LETTERS[ord(c)]) == 1 for c in BEYOND_ASCII.findall(text)):
        yield from spans
        return
    places = [place for place, letter in enumerate(text) for _ in LETTERS[ord(letter)]]
    places.append(len(text))
    for start, stop in spans:
        end = stop
        while places[end] == places[end - 1]:  # in the middle of a letter that became two
            end += 1
        yield places[start], places[end]


def pairs(run: re.Match[str]) -> str:
    """Return the pairs of neighbouring letters in a run of them, and the last letter."""
    letters = run[0]
    return f" {' '.join(letters[at : at + 2] for at in range(len(letters)))} "


def is_rest(word: str, before: str) -> bool:
    """Whether a word is the last letter of a run, which the pair `before` it has already."""
    return len(word) == 1 and before[1:] == word and bool(DENSE_RUN.match(word))


def joined(words: Sequence[str]) -> str:
    """Return words as one: `jsonwebtoken`; pairs of neighbouring letters as the run they were."""
    whole = ""
    for before, word in pairwise(("", *words)):
        is_pair = len(before) == 2 and before[1] == word[:1] and DENSE_RUN.match(word)
        whole += word[1:] if is_pair else word
    return whole
