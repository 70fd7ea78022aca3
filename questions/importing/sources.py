"""A file of Markdown, parsed: its front matter, its headings, its folds and its code."""

import re
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import yaml
from markdown_it.token import Token

from questions.importing import html
from questions.importing.drafts import level_of
from questions.importing.texts import parser, plain
from questions.importing.vocabulary import ANSWERED, COLUMNS

SIGN = re.compile(r"([\u2600-\u27bf\u2b50\U0001f300-\U0001faff])[\ufe0f\u200d\s]*[:=-]?\s*(\w+)")


class Heading(NamedTuple):
    level: int
    title: str
    line: int
    end: int  # one past its lines
    limit: int  # the end of the list item that it stands in, or of the file
    fold: int  # the line of the fold that it stands in, or -1


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


def stem(name: str) -> str:
    file = re.split(r"[/\\]", name)[-1]
    return as_title(file.rpartition(".")[0] or file)


def folder_of(name: str) -> str:
    return as_title("".join(re.split(r"[/\\]", name)[-2:-1]))


def as_title(name: str) -> str:
    title = name.replace("-", " ").replace("_", " ").strip()
    return title[:1].upper() + title[1:]
