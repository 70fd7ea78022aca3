"""
Questions in Markdown as people keep it.

A file is taken for the pattern that gives the most questions: headings of one level, folds
(`<details>`), bold lines, lines that begin with “Q:”, or items of lists. The text of a question
goes on to the next one, or to a heading above it. Or each file of a folder is one question.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.front_matter import front_matter_plugin

from questions.importing import html, links
from questions.importing.drafts import (
    BOX,
    Draft,
    Losses,
    clean_title,
    draft,
    level_in,
    level_of,
)
from questions.importing.vocabulary import (
    ANSWER,
    ANSWERED,
    ASKED,
    BEGINNINGS,
    COLUMNS,
    GREEK,
    LABEL,
    NUMBERED,
    OTHERS,
    PARTS,
    QUESTION_MARKS,
    SENIORITY,
    TO_TOP,
)

LONGEST = 2_000  # characters of a short answer
SIGN = re.compile(r"([\u2600-\u27bf\u2b50\U0001f300-\U0001faff])[\ufe0f\u200d\s]*[:=-]?\s*(\w+)")
COUNT = re.compile(r"\s*\(\d+\)$")
LED_TO = {"bullet_list_open", "ordered_list_open", "fence", "code_block", "table_open"}
IMAGES = "images that become links"
IMAGES_BESIDE = "images of other files, which become text here (--links makes them links)"
LINKS_BESIDE = "links to other files, which lead nowhere here (--links makes them absolute)"
# Where a summary goes on with a list, a block of code or another paragraph.
SUMMARY_END = re.compile(r"\n(?=\s*\n|\s*(?:[*+-] |```|\d+\. ))")
NOTE = re.compile(r"(\[\^[^\]\s]+\]):")


@lru_cache(maxsize=1)
def parser() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return markdown.use(front_matter_plugin)


class Heading(NamedTuple):
    level: int
    title: str
    line: int
    end: int  # one past its lines
    limit: int  # the end of the list item that it stands in, or of the file
    fold: int  # the line of the fold that it stands in, or -1


class Item(NamedTuple):
    """A question as it stands in a file: a title, and the lines and columns of what follows."""

    title: str
    line: int  # of the title, from 0
    body: str
    categories: list[str]  # the headings above it, the nearest first
    more: str = ""  # what belongs to the question beside the title
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


@dataclass
class Source:
    """A file of Markdown, parsed."""

    name: str
    text: str
    path: str = ""  # below the folder that was given
    folder: str = ""  # the name of that in which it is

    @cached_property
    def env(self) -> dict[str, Any]:
        return {}

    @cached_property
    def tokens(self) -> list[Token]:
        return parser().parse(self.text, self.env)

    @cached_property
    def lines(self) -> list[str]:
        return self.text.split("\n")

    @cached_property
    def meta(self) -> dict[str, Any]:
        """What the front matter says, without what is no text."""
        for token in self.tokens[:1]:
            if token.type == "front_matter":
                with suppress(yaml.YAMLError, ValueError, RecursionError):
                    values = yaml.load(token.content, yaml.BaseLoader)  # noqa: S506 (texts only)
                    if isinstance(values, dict):
                        return {
                            str(key).lower(): ", ".join(value) if is_list_of_texts(value) else value
                            for key, value in values.items()
                            if isinstance(value, str) or is_list_of_texts(value)
                        }
        return {}

    def said(self, field: str) -> str:
        """Return what the front matter says of a field of a question; "" where it says nothing."""
        return next((v for k, v in self.meta.items() if k in COLUMNS[field] and v.strip()), "")

    @cached_property
    def headings(self) -> list[Heading]:
        found = []
        limits = [len(self.lines)]
        for index, token in enumerate(self.tokens):
            if token.type == "list_item_open" and token.map:
                limits.append(token.map[1])
            elif token.type == "list_item_close":
                limits.pop()
            elif token.type == "heading_open" and token.map:
                title = self.tokens[index + 1]
                line, end = token.map
                found.append(
                    Heading(
                        int(token.tag[1]), plain(title), line, end, limits[-1], self.fold_at(line)
                    )
                )
        return found

    @cached_property
    def legend(self) -> dict[str, str]:
        """The levels that signs stand for, where a line says so: “⭐ medium 🚀 expert”."""
        for line in self.lines:
            found = {sign: level_of(word) for sign, word in SIGN.findall(line) if level_of(word)}
            if len(set(found.values())) > 1:
                return found
        return {}

    def own_text(self, number: int) -> str:
        """Return what stands between a heading, given by its number, and the next one."""
        after = self.headings[number + 1 : number + 2]
        return self.body(self.headings[number].end, after[0].line if after else len(self.lines))

    def asks(self, number: int) -> bool:
        """Whether a heading is a question with an answer of its own."""
        return looks_like_question(self.headings[number].title) and bool(
            self.own_text(number).strip()
        )

    @cached_property
    def folds(self) -> list[tuple[int, int]]:
        """The first and the last line of each fold."""
        return [
            (self.text.count("\n", 0, fold.start), self.text.count("\n", 0, fold.end))
            for fold in folds(self.text, self.code)
        ]

    def fold_at(self, line: int) -> int:
        return max((first for first, last in self.folds if first < line <= last), default=-1)

    @cached_property
    def code(self) -> set[int]:
        """The lines of blocks of code."""
        return {
            line
            for token in self.tokens
            if token.type in {"fence", "code_block"} and token.map
            for line in range(*token.map)
        }

    def above(self, line: int, level: int = 7) -> list[str]:
        """
        Return the headings above a line, of higher levels than `level`, the nearest first.

        Those in items of lists, in folds, and of answers are no headings of what comes after.
        """
        titles = []
        for heading in reversed([h for h in self.headings if h.line < line]):
            is_inside = heading.limit < len(self.lines) or heading.fold >= 0
            if heading.level < level and not is_inside and not ANSWERED.match(heading.title):
                titles.append(heading.title)
                level = heading.level
        return titles

    def body(self, start: int, end: int, indent: int = 0) -> str:
        """Return lines without an indent, such as that of a list item."""
        lines = self.lines[start:end]
        return "\n".join(line[min(indent, len(line) - len(line.lstrip())) :] for line in lines)


def is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def plain(token: Token) -> str:
    """Return a title as text, with its code in backquotes."""
    texts = []
    spoken_of = html.mentions(token)
    are_spoken_of = [at in spoken_of for at, _ in html.positions(token)]
    for child in token.children or []:
        if child.type == "code_inline":
            texts.append(f"`{child.content}`" if "`" not in child.content else child.content)
        elif child.type == "html_inline":
            name = html.parts(child.content)[1]
            if are_spoken_of and are_spoken_of.pop(0):
                texts.append(f"`{child.content}`")
            else:
                texts.append(
                    "`" if name == "code" else child.content if name not in html.KNOWN else ""
                )
        elif child.type in {"softbreak", "hardbreak"}:
            texts.append(" ")
        elif child.type != "image":
            texts.append(child.content)
    text = "".join(texts)
    return text if text.count("`") % 2 == 0 else text.replace("`", "")


# Patterns


def by_headings(level: int) -> Callable[[Source], list[Item]]:
    def items(source: Source) -> list[Item]:
        found: list[Item] = []
        category: list[str] = []
        for number, heading in enumerate(source.headings):
            is_misplaced = bool(found) and heading.level < level and source.asks(number)
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
    found: list[tuple[Item, int, int]] = []  # with the lines of its answer
    headings = {clean_title(heading.title) for heading in source.headings}
    list_end = 0
    for index, token in enumerate(source.tokens):
        if token.type in {"bullet_list_open", "ordered_list_open"} and not token.level:
            list_end = token.map[1] if token.map else 0
        if token.type != "list_item_open" or token.level != 1 or not token.map:
            continue
        title = source.tokens[index + 2] if index + 2 < len(source.tokens) else token
        if title.type != "inline" or not title.map:
            continue
        item = Item(plain(title), token.map[0], "", source.above(token.map[0]))
        hrefs = [str(c.attrGet("href")) for c in title.children or [] if c.type == "link_open"]
        # A box may stand before it.
        texts = (c.type for c in title.children or [] if c.content.strip() not in {"[x]", "[ ]"})
        starts_with_link = next(texts, "") == "link_open"
        # An entry of a table of contents leads to a place in this or another file.
        is_entry = starts_with_link and (not hrefs[0].startswith("http") or "#" in hrefs[0])
        if BOX.match(item.title) and clean_title(item.title) not in headings:
            is_entry = False  # a question without an answer
        if not is_entry and item.likeness == 1:
            is_last = token.map[1] >= list_end  # then what follows the list may be the answer
            found.append((item, title.map[1], -1 if is_last else token.map[1]))
    borders = sorted([item.line for item, _, _ in found] + [h.line for h in source.headings])
    items = []
    for item, start, last in found:
        match = re.match(r"\s*(?:[-*+]|\d+[.)])\s+", source.lines[item.line])
        rest = (line for line in borders if line >= start)
        end = last if last >= 0 else next(rest, len(source.lines))
        items.append(item._replace(body=source.body(start, end, match.end() if match else 2)))
    return items


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


def stem(name: str) -> str:
    file = re.split(r"[/\\]", name)[-1]
    return as_title(file.rpartition(".")[0] or file)


def folder_of(name: str) -> str:
    return as_title("".join(re.split(r"[/\\]", name)[-2:-1]))


def as_title(name: str) -> str:
    title = name.replace("-", " ").replace("_", " ").strip()
    return title[:1].upper() + title[1:]


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


# Folds


class Fold(NamedTuple):
    """A `<details>`: where it starts, its summary, and where what is folded starts and ends."""

    start: int
    summary: str
    body: int
    end: int
    after: int
    depth: int


def folds(text: str, code: set[int]) -> list[Fold]:
    """Return the folds of a text in their order; `code` are the lines of its blocks of code."""
    found: list[Fold] = []
    opened: list[list[Any]] = []  # start, summary, body
    at = 0
    for number, line in enumerate(text.split("\n")):
        for match in html.TAG.finditer(line) if number not in code else ():
            name, is_closing = match[2].lower(), bool(match[1])
            if line[: match.start()].count("`") % 2:
                continue
            start, end = at + match.start(), at + match.end()
            if name == "details" and not is_closing:
                opened.append([start, "", end])
            elif name == "details" and opened:
                first, summary, body = opened.pop()
                found.append(Fold(first, summary, body, start, end, len(opened)))
            elif name == "summary" and is_closing and opened:
                opened[-1][1] = text[opened[-1][2] : start].rpartition("<summary")[2]
                opened[-1][1] = opened[-1][1].partition(">")[2]
                opened[-1][2] = end
        at += len(line) + 1
    return sorted(found)


# From items to drafts


def drafts(
    source: Source,
    items: list[Item],
    losses: Losses,
    *,
    document: str,
    by_file: bool,
    base: str = "",
) -> Iterator[Draft]:
    """
    Yield a draft of each item; its category is the heading above, or what the file is about.

    `document` says what that is. Links to files lead below the address `base`, if there is one.
    """
    definitions = references(source)
    for item in items:
        place = f"{source.name}: line {item.line + 1}"
        names = [name for name in item.categories if not level_of(clean_title(name))]
        names = [name for name in names if not looks_like_question(name)] or names
        level = next(filter(None, map(level_above, item.categories)), "")
        names = [name for name in names if not OTHERS.fullmatch(clean_title(name))]
        category = document if by_file or not names else as_category(names[0])
        signed = next((source.legend[s] for s in source.legend if s in item.title), "")
        marked = level_in(item.title) or signed or level or level_of(source.said("level"))
        prompt, answer = split_at_answer(item.body)
        prompt = f"{item.more}\n\n{prompt}".strip("\n")
        short, rest = short_answer(text_of(answer, place, losses))
        texts = {
            "prompt": text_of(prompt, place, losses, is_prompt=True),
            "short_answer": short,
            "answer": rest,
        }
        for name, written in texts.items():
            text = with_definitions(written, definitions)
            if base:
                text = links.with_base(text, source.path, base, parser())
            text = without_trailing_space(text).strip()
            tell_losses(text, place, losses)
            texts[name] = f"{text}\n" if text else ""
        if keywords := source.said("keywords") if len(items) == 1 else source.meta.get("keywords"):
            texts["keywords"] = keywords.lower()
        title = clean_title(item.title)
        if not title:
            losses.add("parts without a title", place, item.body)
            continue
        yield draft(title, category, place, losses, level=marked, **texts)


def level_above(heading: str) -> str:
    """Return the level of the questions below a heading, such as “Hard” or “Junior developer”."""
    title = clean_title(heading)
    first = title.partition(" ")[0].lower()
    return level_of(title) or (level_of(first) if first in SENIORITY else "")


def as_category(heading: str) -> str:
    """Return a heading without a number before it, and the number of its questions after it."""
    return COUNT.sub("", clean_title(heading)) or heading


def document_titles(sources: list[Source]) -> list[str]:
    """Return what each file is about. A heading that several of them have says nothing of one."""
    counts = Counter(top_heading(source).casefold() for source in sources)
    return [
        document_title(source, "" if counts[heading.casefold()] > 1 else heading)
        for source, heading in ((source, top_heading(source)) for source in sources)
    ]


def top_heading(source: Source) -> str:
    """Return the only `#` heading of a file; "" where it has none or several."""
    tops = [heading.title for heading in source.headings if heading.level == 1]
    return clean_title(tops[0]) if len(tops) == 1 else ""


def document_title(source: Source, heading: str) -> str:
    """Return what a file is about: its front matter, this heading, its name or its folder."""
    if named := source.said("category") or source.meta.get("title"):
        return str(named)
    if heading:
        return heading
    name = stem(source.name)
    if name.lower() in {"readme", "index", "questions", ""}:
        return folder_of(source.name) or as_title(source.folder) or "Questions"
    return name


def references(source: Source) -> dict[str, str]:
    """Return the definitions of links and notes of a file by what a text says that uses them."""
    found = {}
    for token in source.tokens:  # of a note of one word the parser makes a link
        if token.type == "inline" and token.map and (match := NOTE.match(token.content)):
            found[match[1].lower()] = source.body(*token.map).strip()
    for label, link in source.env.get("references", {}).items():
        address = link["href"] if label.startswith("^") else f"<{link['href']}>"
        found[f"[{label.lower()}]"] = f"[{label.lower()}]: {address}"
    return found


def split_at_answer(body: str) -> tuple[str, str]:
    """Return what stands before a heading or a fold called “Answer”, and what follows."""
    if "<details" not in body and "#" not in body:
        return "", body
    source = Source("", body)
    for heading in source.headings:
        if ANSWERED.match(heading.title) and heading.fold < 0:
            lines = source.lines
            return "\n".join(lines[: heading.line]).strip(), "\n".join(lines[heading.line :])
    for fold in folds(body, source.code):
        if ANSWER.fullmatch(html.markdown(fold.summary).strip("* \n")):
            after = body[fold.after :].strip()
            return body[: fold.start].strip(), f"{body[fold.body : fold.end]}\n\n{after}".strip()
    return "", body


def text_of(body: str, place: str, losses: Losses, *, is_prompt: bool = False) -> str:
    """Return what follows a title as our Markdown."""
    text = html.without_html(body.strip("\n"), parser(), place, losses)
    text = LABEL.sub("", without_trimmings(text), count=1)
    if not is_prompt:
        text = with_choice(text)
    return with_headings_from(text, bold=is_prompt)


def with_definitions(text: str, definitions: dict[str, str]) -> str:
    """Return a text with the definitions of links and notes that it uses and does not have."""
    used = [definition for use, definition in definitions.items() if use in text.lower()]
    own = "".join(line for line in text.split("\n") if line.startswith("["))
    used = [definition for definition in used if definition.partition(":")[0] + ":" not in own]
    return "\n".join([text.rstrip("\n"), "", *used]) if used and text else text


def with_choice(text: str) -> str:
    """Return an answer without its heading “Answer”; the right choice that it names stays."""
    for token, inline in block_pairs(text, "heading_open"):
        if token.map and token.map[0] == 0 and ANSWERED.match(inline.content):
            rest = "\n".join(text.split("\n")[token.map[1] :]).strip("\n")
            if ANSWERED.fullmatch(inline.content):
                return rest
            begins = parser().parse(rest)[:1]
            is_paragraph = bool(begins) and begins[0].type == "paragraph_open"
            return f"**{inline.content}**{'\\\n' if is_paragraph else '\n\n'}{rest}"
        break
    return text


def without_trailing_space(text: str) -> str:
    """
    Return a text whose lines do not end with blanks.

    Two of them break a line, for which our files write a backslash: blanks can't be seen.
    """
    code = Source("", text).code
    lines = text.split("\n")
    for number, line in enumerate(lines[:-1]):
        breaks = line.endswith("  ") and lines[number + 1].strip() and number not in code
        lines[number] = line.rstrip() + ("\\" if breaks and line.strip() else "")
    return "\n".join([*lines[:-1], lines[-1].rstrip()])


def without_trimmings(text: str) -> str:
    """Return a text without links to the top of its page, and rules at its ends."""
    lines = text.split("\n")
    for token, inline in block_pairs(text, "paragraph_open"):
        children = [c for c in inline.children or [] if c.content.strip() or c.nesting]
        kinds = {child.type for child in children if child.type not in {"text", "image"}}
        addresses = [str(c.attrGet("href")) for c in children if c.type == "link_open"]
        is_link = kinds <= {"link_open", "link_close", "strong_open", "strong_close"}
        # Beside the link to the top there may be one to the page before.
        beside = "".join(c.content for c in children if c.level == 0 and c.type == "text")
        is_link = is_link and not re.search(r"\w", beside)
        to_top = any(address.startswith("#") for address in addresses)
        if token.map and is_link and to_top and TO_TOP.search(plain(inline)):
            lines[slice(*token.map)] = [""] * (token.map[1] - token.map[0])
    while lines and not lines[-1].strip(" -*_"):
        lines.pop()
    while lines and not lines[0].strip(" -*_"):
        lines.pop(0)
    return "\n".join(lines)


def block_pairs(text: str, kind: str) -> Iterator[tuple[Token, Token]]:
    """Yield the tokens that open a block of a kind, with what they hold."""
    tokens = parser().parse(text)
    for token, inline in pairwise(tokens):
        if token.type == kind and inline.type == "inline":
            yield token, inline


def with_headings_from(text: str, top: int = 2, *, bold: bool = False) -> str:
    """Return a text whose highest heading has the level `top`, or whose headings are bold lines."""
    found = [(t, i) for t, i in block_pairs(text, "heading_open") if t.map]
    if not found:
        return text
    highest = min(int(token.tag[1]) for token, _ in found)
    lines = text.split("\n")
    for token, inline in found:
        start, end = token.map or (0, 0)
        match = re.match(r"(?:[\s>]|[-*+]\s|\d+[.)]\s)*", lines[start])
        prefix = match[0] if match else ""
        level = min(int(token.tag[1]) - highest + top, 6)
        title = " ".join(inline.content.split("\n"))
        is_bold = bold or not title.strip("#")
        new = f"**{title}**" if is_bold else f"{'#' * level} {title}"
        lines[start:end] = [prefix + new if title else "", *[""] * (end - start - 1)]
    return "\n".join(lines)


def tell_losses(text: str, place: str, losses: Losses) -> None:
    """Tell what a text has that will not be shown as it was meant."""
    for token in parser().parse(text):
        for child in token.children or []:
            address = str(child.attrGet("src" if child.type == "image" else "href") or "")
            is_beside = links.leads_beside(address)
            if child.type == "image" and not address.startswith(links.OUR_FOLDERS):
                losses.add(IMAGES_BESIDE if is_beside else IMAGES, place, address)
            if child.type == "link_open" and is_beside:
                losses.add(LINKS_BESIDE, place, address)
            if child.type == "link_open" and address.startswith("#"):
                losses.add("links within the page, which may lead nowhere", place, address)
        if token.type == "fence" and token.info.split()[:1] == ["mermaid"]:
            losses.add("diagrams that are shown as code", place, token.content)


def short_answer(answer: str) -> tuple[str, str]:
    """
    Return the first paragraph of an answer, and the rest.

    A paragraph that leads to a list or a block of code takes it along, and such a block that comes
    first is a short answer, too: without one a question can't be published. A heading or an image
    at the beginning is none, nor is what is longer than LONGEST.
    """
    tokens = parser().parse(answer)
    blocks = [token for token in tokens if token.level == 0 and token.nesting >= 0 and token.map]
    if not blocks:
        return "", ""
    lines = answer.split("\n")
    end = (blocks[0].map or [0, 0])[1]
    if blocks[0].type == "paragraph_open":
        leads_on = "\n".join(lines[:end]).rstrip().endswith((":", "\uff1a"))
        if leads_on and blocks[1:] and blocks[1].type in LED_TO:
            end = (blocks[1].map or [0, 0])[1]
        elif leads_on and blocks[1:]:
            return "", answer
    first = "\n".join(lines[:end]).strip("\n")
    if blocks[0].type == "heading_open" or is_image(tokens[:2]) or len(first) > LONGEST:
        return "", answer
    rest = "\n".join(lines[end:]).strip("\n") if len(blocks) > 1 else ""
    return f"{first}\n", f"{rest}\n" if rest.strip() else ""


def is_image(tokens: list[Token]) -> bool:
    """Whether the first tokens of a text are those of a paragraph that is only an image."""
    children = [child for token in tokens for child in token.children or []]
    return bool(children) and all(child.type in {"image", "softbreak"} for child in children)
