"""
Where questions stand in a file of Markdown.

A file is taken for the pattern that gives the most questions: headings of one level, folds
(`<details>`), bold lines, lines that begin with “Q:”, or items of lists. The text of a question
goes on to the next one, or to a heading above it. Or each file of a folder is one question.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from markdown_it.token import Token

from questions.checking.rules import QUESTION_MARKS
from questions.importing import html
from questions.importing.drafts import BOX, clean_title, level_of
from questions.importing.sources import Heading, Source, folder_of, folds, stem
from questions.importing.texts import parser, plain, without_trimmings
from questions.importing.vocabulary import (
    ANSWER,
    ANSWERED,
    ASKED,
    BEGINNINGS,
    GREEK,
    NUMBERED,
    OTHERS,
    PARTS,
)

# Where a summary goes on with a list, a block of code or another paragraph.
SUMMARY_END = re.compile(r"\n(?=\s*\n|\s*(?:[*+-] |```|\d+\. ))")


class Item(NamedTuple):
    """A question as it stands in a file: a title, and the lines and columns of what follows."""

    title: str
    line: int  # of the title, from 0
    body: str
    categories: list[str]  # the headings above it, the nearest first
    more: str = ""  # what belongs to the question besides the title
    is_misplaced: bool = False  # below a heading above those of other questions

    @property
    def likeness(self) -> float:
        """How much the title looks like a question, from 0 to 1."""
        if looks_like_question(self.title):
            return 1
        return 0.5 if NUMBERED.match(self.title) else 0


def looks_like_question(title: str) -> bool:
    title = clean_title(title).lower()
    words = re.findall(r"[\w'-]+", title)
    begins_as_one = len(words) > 1 and words[0] in BEGINNINGS
    is_asked = title.endswith(QUESTION_MARKS) or (title.endswith(";") and bool(GREEK.search(title)))
    return is_asked or begins_as_one or bool(PARTS.search(title))


def by_headings(level: int) -> Callable[[Source], list[Item]]:
    def items(source: Source) -> list[Item]:
        found: list[Item] = []
        category: list[str] = []
        for number, heading in enumerate(source.headings):
            is_misplaced = bool(found) and heading.level < level and asks(source, number)
            if heading.level < level and heading.fold <= 0 and not is_misplaced:
                category = []
            if (heading.level != level and not is_misplaced) or ANSWERED.match(heading.title):
                continue
            ends = (
                h.line
                for h in source.headings[number + 1 :]
                if h.level <= level and h.fold <= heading.fold and not ANSWERED.match(h.title)
            )
            end = min(heading.limit, next(ends, heading.limit))
            first = source.lines[heading.line]
            indent = first.find("#") if heading.limit < len(source.lines) else 0
            body = source.body(heading.end, end, max(indent, 0))
            item = Item(heading.title, heading.line, body, [])
            if not body.strip() and item.likeness < 1:
                category = [heading.title]  # a heading above others of its level
            elif not OTHERS.fullmatch(clean_title(heading.title)):
                above = category + source.above(heading.line, level)
                found.append(item._replace(categories=above, is_misplaced=is_misplaced))
        return found

    return items


def asks(source: Source, number: int) -> bool:
    """Whether a heading, given by its number, is a question with an answer of its own."""
    title = source.headings[number].title
    return looks_like_question(title) and bool(source.own_text(number).strip())


def between_questions(source: Source, pattern: str, items: list[Item]) -> list[Heading]:
    """Return the headings above those of the questions whose own text belongs to none of them."""
    if not items or not re.fullmatch("h[1-6]", pattern):
        return []
    taken = {item.line for item in items}
    return [
        heading
        for number, heading in enumerate(source.headings)
        if heading.level < int(pattern[1])
        and heading.line > items[0].line
        and heading.line not in taken
        and heading.fold < 0
        and not OTHERS.fullmatch(clean_title(heading.title))
        and without_trimmings(source.own_text(number)).strip()
    ]


def by_folds(source: Source) -> list[Item]:
    found = []
    for fold in folds(source.text, source.code):
        summary = html.markdown(fold.summary).replace("**", "")
        title, *rest = SUMMARY_END.split(summary, maxsplit=1)
        if fold.depth == 0 and not ANSWER.fullmatch(title):
            line = source.text.count("\n", 0, fold.start)
            body = source.text[fold.body : fold.end]
            found.append(Item(title, line, body, source.above(line), "".join(rest)))
    return found


def by_bold_lines(source: Source) -> list[Item]:
    return by_first_lines(source, bold_title)


def by_labels(source: Source) -> list[Item]:
    return by_first_lines(
        source, lambda token: plain(token) if ASKED.match(first_line(token)) else ""
    )


def first_line(token: Token) -> str:
    return token.content.partition("\n")[0]


def bold_title(token: Token) -> str:
    """Return the title where the first line of a paragraph is bold as a whole."""
    line = parser().parseInline(first_line(token))[0]
    children = [c for c in line.children or [] if c.content.strip() or c.nesting]
    while children and children[0].type == "text" and NUMBERED.fullmatch(f"{children[0].content} "):
        del children[0]
    if not children or [children[0].type, children[-1].type] != ["strong_open", "strong_close"]:
        return ""
    if sum(child.type == "strong_open" for child in children) > 1:
        return ""
    return plain(line)


def by_first_lines(source: Source, title_of: Callable[[Token], str]) -> list[Item]:
    starts = []
    for index, token in enumerate(source.tokens):
        if token.type == "inline" and token.level == 1 and token.map:
            if source.tokens[index - 1].type != "paragraph_open" or not title_of(token):
                continue
            title = plain(parser().parseInline(first_line(token))[0])
            starts.append((token.map[0], title))
    ends = sorted([line for line, _ in starts] + [h.line for h in source.headings])
    found = []
    for line, title in starts:
        end = next((end for end in ends if end > line), len(source.lines))
        found.append(Item(title, line, source.body(line + 1, end), source.above(line)))
    return found


def by_list_items(source: Source) -> list[Item]:
    headings = {clean_title(heading.title) for heading in source.headings}
    found = []
    for listed in top_items(source):
        item = Item(plain(listed.title), listed.line, "", source.above(listed.line))
        # A box before a title that no heading has marks a question without an answer.
        is_unanswered = BOX.match(item.title) and clean_title(item.title) not in headings
        if item.likeness == 1 and (is_unanswered or not is_entry(listed.title)):
            found.append((item, listed))
    borders = sorted([item.line for item, _ in found] + [h.line for h in source.headings])
    return [item._replace(body=answer_below(source, listed, borders)) for item, listed in found]


class ListItem(NamedTuple):
    """An item of a list that stands in no other block."""

    title: Token  # what its first paragraph holds
    line: int  # of the title, from 0
    start: int  # one past the lines of the title
    end: int  # one past its lines
    is_last: bool  # of its list


def top_items(source: Source) -> Iterator[ListItem]:
    """Yield the items of lists that begin with a paragraph, without those of lists inside."""
    list_end = 0
    for index, token in enumerate(source.tokens):
        if token.type in {"bullet_list_open", "ordered_list_open"} and not token.level:
            list_end = token.map[1] if token.map else 0
        if token.type != "list_item_open" or token.level != 1 or not token.map:
            continue
        title = source.tokens[index + 2] if index + 2 < len(source.tokens) else token
        if title.type == "inline" and title.map:
            line, end = token.map
            yield ListItem(title, line, title.map[1], end, is_last=end >= list_end)


def is_entry(title: Token) -> bool:
    """Whether it is one of a table of contents: it leads to a place in this or another file."""
    children = title.children or []
    # A box may stand before the link.
    kinds = (child.type for child in children if child.content.strip() not in {"[x]", "[ ]"})
    if next(kinds, "") != "link_open":
        return False
    address = next(str(child.attrGet("href")) for child in children if child.type == "link_open")
    return not address.startswith("http") or "#" in address


def answer_below(source: Source, listed: ListItem, borders: list[int]) -> str:
    """
    Return what follows the title of a list's item, without the indent of the item.

    What follows the list may answer its last item, up to the next of the lines `borders`.
    """
    bullet = re.match(r"\s*(?:[-*+]|\d+[.)])\s+", source.lines[listed.line])
    following = (line for line in borders if line >= listed.start)
    end = next(following, len(source.lines)) if listed.is_last else listed.end
    return source.body(listed.start, end, bullet.end() if bullet else 2)


def as_one(source: Source) -> list[Item]:
    """Return a file as one question: its title is that of the file, or the file's name."""
    lines = source.lines
    tops = [h for h in source.headings if h.level == 1 and h.limit == len(lines) and h.fold < 0]
    first = source.headings[0] if len(tops) == 1 and source.headings[0] in tops else None
    front = source.tokens[0] if source.tokens and source.tokens[0].type == "front_matter" else None
    start = front.map[1] if front and front.map else 0
    before = source.body(start, first.line) if first else ""
    body = source.body(first.end if first else start, len(lines))
    titles = [source.meta.get("title", ""), first.title if first else "", stem(source.name)]
    titles = [title for title in titles if clean_title(title)]
    title = next(filter(looks_like_question, titles), titles[0] if titles else "")
    if not f"{before}{body}".strip() or not title:
        return []
    line = first.line if first else 0
    categories = [source.said("category"), folder_of(source.name)]
    return [Item(title, line, f"{before}\n\n{body}".strip("\n"), [c for c in categories if c])]


def is_one(source: Source) -> bool:
    """Whether a file seems to be one question rather than several."""
    items = as_one(source)
    return any(looks_like_question(i.title) or level_of(source.said("level")) for i in items)


PATTERNS: dict[str, Callable[[Source], list[Item]]] = {
    **{f"h{level}": by_headings(level) for level in range(1, 7)},
    "details": by_folds,
    "bold": by_bold_lines,
    "label": by_labels,
    "list": by_list_items,
    "file": as_one,
}


def score(items: list[Item]) -> float:
    """
    Return how well a pattern fits: how many of its titles look like questions.

    They count half as much where few of all titles do, and fully where all do. Where two patterns
    find equally many, the one that finds more texts below its titles fits better.
    """
    items = [item for item in items if not item.is_misplaced]
    likeness = sum(item.likeness for item in items)
    share = likeness / len(items) if items else 0
    return likeness * (0.5 + share / 2) + 0.05 * sum(bool(item.body.strip()) for item in items)


def items_by_best_pattern(source: Source, wanted: str = "") -> tuple[str, list[Item]]:
    """Return the name of the pattern that fits a file best, and what it finds."""
    patterns = [wanted] if wanted else [name for name in PATTERNS if name != "file"]
    found = {name: PATTERNS[name](source) for name in patterns}
    best = max(found, key=lambda name: score(found[name]))
    return best, found[best]
