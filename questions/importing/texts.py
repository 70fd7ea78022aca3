"""What both Markdown files and tables do with a text: parse it, rewrite it, split it."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.front_matter import front_matter_plugin

from questions.importing import html
from questions.importing.drafts import Losses
from questions.importing.vocabulary import ANSWERED, LABEL, TO_TOP

LONGEST = 2_000  # characters of a short answer
LED_TO = {"bullet_list_open", "ordered_list_open", "fence", "code_block", "table_open"}


@lru_cache(maxsize=1)
def parser() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return markdown.use(front_matter_plugin)


def plain(token: Token) -> str:
    """Return a title as text, with its code in backquotes."""
    texts = []
    mentioned = html.mentions(token)
    are_mentioned = [at in mentioned for at, _ in html.positions(token)]
    for child in token.children or []:
        if child.type == "code_inline":
            texts.append(f"`{child.content}`" if "`" not in child.content else child.content)
        elif child.type == "html_inline":
            name = html.parts(child.content)[1]
            if are_mentioned and are_mentioned.pop(0):
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


def text_of(body: str, place: str, losses: Losses, *, is_prompt: bool = False) -> str:
    """Return what follows a title as our Markdown."""
    text = html.without_html(body.strip("\n"), parser(), place, losses)
    text = LABEL.sub("", without_trimmings(text), count=1)
    if not is_prompt:
        text = with_choice(text)
    return with_our_headings(text, bold=is_prompt)


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


def with_our_headings(text: str, *, bold: bool = False) -> str:
    """Return a text whose highest heading has the level 2, or whose headings are `bold` lines."""
    found = [(t, i) for t, i in block_pairs(text, "heading_open") if t.map]
    if not found:
        return text
    highest = min(int(token.tag[1]) for token, _ in found)
    lines = text.split("\n")
    for token, inline in found:
        start, end = token.map or (0, 0)
        match = re.match(r"(?:[\s>]|[-*+]\s|\d+[.)]\s)*", lines[start])
        prefix = match[0] if match else ""
        level = min(int(token.tag[1]) - highest + 2, 6)
        title = " ".join(inline.content.split("\n"))
        is_bold = bold or not title.strip("#")
        new = f"**{title}**" if is_bold else f"{'#' * level} {title}"
        lines[start:end] = [prefix + new if title else "", *[""] * (end - start - 1)]
    return "\n".join(lines)


def short_answer(answer: str) -> tuple[str, str]:
    """
    Return the first paragraph of an answer, and the rest.

    A paragraph that ends with a colon takes the list or the block of code after it along. A list or
    a block of code that comes first is a short answer too: without one a question can't be
    published. A heading, an image, and what is longer than LONGEST is no short answer.
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
