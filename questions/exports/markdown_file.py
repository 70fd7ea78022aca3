"""Markdown in one file, to be read: a heading for each category and each question."""

import re
from itertools import pairwise

from markdown_it.common.html_re import close_tag, open_tag

from questions import markdown
from questions.amounts import amount
from questions.exports.selection import Search, Selection
from questions.markdown.syntax import IMAGE, image_parts, is_rendered
from questions.models import Question

CODE = re.compile(r"(`[^`]+`)")
SPECIAL = re.compile(r"[\\`*_\[\]<>&#|~]")
# An escaped sign, code, an image, or what may begin a tag.
PIECE = re.compile(
    r"\\[\s\S]|(?<!`)(?P<ticks>`+)(?!`)[\s\S]*?[^`](?P=ticks)(?!`)|"
    rf"(?P<image>{IMAGE.pattern})|(?P<opening><)(?=[a-z/!?])",
    re.IGNORECASE,
)
WHOLE_TAG = re.compile(f"{open_tag}|{close_tag}")
ADDRESS = re.compile(r"<(?:[a-z][a-z0-9+.-]+:|[^\s<>@]+@)[^\s<>]*>", re.IGNORECASE)
MARKERS = re.compile(r"(?:\s|[>*+-]|\d+[.)])*")  # of quotes and lists, before a block
LEVEL = 3  # of a question's heading; those of its answer, which begin at 2, stand below it


def write(selection: Selection) -> bytes:
    parts = [f"# {escaped(selection.bank.title)}"]
    if not selection.questions:
        parts.append("No question matches.")
    elif selection.search:
        parts.append(escaped(found(selection.search, len(selection.questions))))
    for category in selection.categories:
        parts.append(f"## {f'{category.emoji} {escaped(category.name)}'.strip()}")
        for question in selection.questions:
            if question.category_id == category.pk:
                parts += texts(question, selection.address(question))
    return ("\n\n".join(parts) + "\n").encode()


def found(search: Search, count: int) -> str:
    """Return what the page says of a search."""
    relation = "with some words of" if search.is_partial else "for"
    sentence = f"{amount(count, 'question')} {relation} “{search.text}”."
    return f"{sentence} Nothing has “{search.q}”." if search.corrected else sentence


def texts(question: Question, address: str) -> list[str]:
    """Return the paragraphs of a question in the order in which its page shows them."""
    marks = [f"**{question.get_level_display()}**", f"[{address}]({address})"]
    if question.verified_with:
        verified = f"verified with {escaped(question.verified_with)}"
        marks.insert(1, with_day(verified, question.verified_on))
    if question.is_checked:
        checked = f"output checked on {question.checked_with}"
        marks.insert(-1, with_day(checked, question.checked_on))
    parts = [f"### {escaped(question.title)}", " · ".join(marks)]
    if question.prompt:
        parts += ["**Scenario**", below(question.prompt), "**Short answer**"]
    parts.append(below(question.short_answer))
    if question.asked_as:
        asked = [f"- {escaped(line)}" for line in question.asked_as.splitlines()]
        parts += ["**Also asked as**", "\n".join(asked)]
    parts.append(below(question.answer))
    if question.further_reading:
        parts += ["#### Read on", below(question.further_reading)]
    return [part for part in (part.strip("\n") for part in parts) if part]


def with_day(text: str, day: object) -> str:
    return f"{text} on {day}" if day else text


def escaped(title: str) -> str:
    """Return a title or a name, in which only `backquotes` mean something, as Markdown."""
    parts = CODE.split(title)
    return "".join(p if CODE.fullmatch(p) else SPECIAL.sub(r"\\\g<0>", p) for p in parts)


def below(source: str) -> str:
    """
    Return Markdown whose headings stand below that of its question, and whose HTML is text.

    A heading that is quoted or in a list is left as it is.
    """
    source = without_html(source)
    lines = source.split("\n")  # as the parser counts them
    for token, content in pairwise(markdown.block_parser().parse(source)):
        if token.type == "heading_open" and token.level == 0 and token.map:
            first, end = token.map
            level = min(int(token.tag[1]) + LEVEL - 1, 6)
            heading = f"{'#' * level} {' '.join(content.content.split())}"
            lines[first:end] = [heading, *[""] * (end - first - 1)]
    return "\n".join(lines)


def without_html(source: str) -> str:
    """
    Return Markdown in which tags are text for every reader, as they are on the site.

    GitHub would leave them out, and other programs obey them. The few tags that our Markdown knows
    stay, since they have no attributes; an `<img>` becomes an image of Markdown.
    """
    if "<" not in source:
        return source
    lines = source.split("\n")  # as the parser counts them
    parts = markdown.block_parser().parse(source)
    for first, end in {tuple(t.map) for t in parts if t.map and t.type in {"inline", "math_block"}}:
        text = PIECE.sub(as_text, "\n".join(lines[first:end]))
        lines[first:end] = text.split("\n")
    return "\n".join(lines)


def as_text(piece: re.Match[str]) -> str:
    if piece["image"]:
        address, text = image_parts(piece["image"], markdown.block_parser())
        return f"![{escaped(text)}](<{address}>)" if address else f"\\{piece['image']}"
    if not piece["opening"] or ADDRESS.match(piece.string, piece.start()):
        return piece[0]
    before = piece.string[: piece.start()].rpartition("\n")[2]
    tag = WHOLE_TAG.match(piece.string, piece.start())
    if tag and is_rendered(tag[0]):
        return piece[0]
    # Where no tag ends it may be part of a formula, but at the beginning of a block it is HTML.
    is_tag = tag or piece.string[piece.end()] in "!?" or MARKERS.fullmatch(before)
    return "\\<" if is_tag else piece[0]
