"""
The HTML that people write in Markdown, as Markdown.

Tags that our Markdown knows stay (`syntax.INLINE_TAGS`). Those that it has signs for become these
signs: bold, links, images, tables, code. All others go and leave their text.
"""

import re
from collections import Counter
from html import unescape
from typing import Any

from bs4 import BeautifulSoup, Comment, Tag
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdownify import MarkdownConverter

from questions.importing.drafts import Losses
from questions.importing.vocabulary import words

KEPT = words("kbd sub sup mark br")
SIGNS = {"b": "**", "strong": "**", "i": "*", "em": "*", "code": "`", "s": "~~", "del": "~~"}
DROPPED = words("iframe video audio script style object embed svg canvas form")
VOID = words("br hr img wbr col")
# Elements of HTML that people use in Markdown. What is called otherwise is text, such as List<T>.
KNOWN = (
    KEPT
    | SIGNS.keys()
    | DROPPED
    | words("""
        a abbr big blockquote caption center cite col colgroup dd details dfn div dl dt figcaption
        figure font h1 h2 h3 h4 h5 h6 hr img ins label li nobr ol p picture pre q samp section
        small source span strike summary table tbody td tfoot th thead tr tt u ul var wbr
    """)
)
# Elements that are often opened around several blocks, or never closed.
AROUND = ("b", "i", "strong", "em", "u", "p", "div", "span", "center", "font", "details", "a")
TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)((?:\"[^\"]*\"|'[^']*'|[^<>\"'])*)>")
ATTRIBUTE = re.compile(r"""(?<![\w-])([\w-]++)\s*+=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""")
COMMONMARK = MarkdownIt("commonmark")
WRAPPER = re.compile(r"\s*(?:<(?:div|p|span|a|center|section|font)\b[^<>]*>\s*(?:</\w+>\s*)?)+")


class Converter(MarkdownConverter):
    """Keeps the tags that our Markdown knows, and code as it is."""

    class Options(MarkdownConverter.DefaultOptions):  # type: ignore[misc,name-defined]
        escape_asterisks = False
        escape_underscores = False
        escape_misc = False
        heading_style = "atx"
        bullets = "-"
        keep_inline_images_in = ("td", "th", "a", "h1", "h2", "h3", "h4", "h5", "h6")

    def convert_pre(self, el: Tag, text: str, parent_tags: Any) -> str:
        code = el.find("code")
        named = " ".join([*_classes(el), *(_classes(code) if isinstance(code, Tag) else [])])
        match = re.search(r"(?:language|lang|highlight-source)-([\w+#-]+)", named)
        content = el.get_text().strip("\n")
        fence = "`" * max(3, *(len(run) + 1 for run in [*re.findall("`+", content), ""]))
        return f"\n\n{fence}{match[1] if match else ''}\n{content}\n{fence}\n\n"

    def convert_summary(self, el: Tag, text: str, parent_tags: Any) -> str:
        return f"\n\n**{text.strip().strip('*')}**\n\n" if text.strip() else ""

    def convert_br(self, el: Tag, text: str, parent_tags: Any) -> str:
        return "<br>" if {"td", "th"} & set(parent_tags) else "  \n"

    def _kept(self, el: Tag, text: str, parent_tags: Any) -> str:
        return f"<{el.name}>{text}</{el.name}>" if text else ""

    convert_kbd = convert_sub = convert_sup = convert_mark = _kept


def _classes(el: Tag) -> list[str]:
    found = el.get("class") or ""
    return found.split() if isinstance(found, str) else list(found)


def markdown(html: str) -> str:
    """Return a piece of HTML as Markdown. Its tags need not be closed."""
    soup = BeautifulSoup(closed(html), "html.parser")
    for comment in soup.find_all(string=lambda text: isinstance(text, Comment)):
        comment.extract()
    for name in DROPPED:
        for element in soup.find_all(name):
            element.decompose()
    for element in soup.find_all(["b", "strong", "i", "em"]):
        # Bold text in several lines is a wrapper, which means nothing.
        if "\n" in element.get_text().strip() or element.find(["p", "div", "pre", "ul", "table"]):
            element.unwrap()
    for element in soup.find_all("img"):
        element["alt"] = element.get("alt") or element.get("title") or file_name(element.get("src"))
    text = Converter().convert_soup(soup)
    return without_gaps(text).strip("\n")


def closed(html: str) -> str:
    """Return HTML without tags of text that are opened and not closed, or the reverse."""
    for name in AROUND:
        opened = len(re.findall(rf"<{name}[\s>]", html, re.IGNORECASE))
        if opened != len(re.findall(rf"</{name}\s*>", html, re.IGNORECASE)):
            html = re.sub(rf"</?{name}(\s[^<>]*)?>", "", html, flags=re.IGNORECASE)
    return html


def file_name(address: Any) -> str:
    return str(address or "").rpartition("/")[2].partition("?")[0] or "image"


def without_html(source: str, parser: MarkdownIt, place: str, losses: Losses) -> str:
    """Return Markdown without HTML other than the few tags that our Markdown knows."""
    if "<" not in source:
        return source
    source = unwrapped(source, parser)
    lines = source.split("\n")
    edits: list[tuple[int, int, list[str]]] = []
    cursors: dict[int, int] = {}
    for token in parser.parse(source):
        if token.map is None:
            continue
        start, end = token.map
        if token.type == "html_block":
            edits.append((start, end, block_lines(token.content, lines[start], place, losses)))
        elif token.type == "inline" and any(c.type == "html_inline" for c in token.children or []):
            new = inline(token, place, losses)
            for offset, (old_line, new_line) in enumerate(
                zip(token.content.split("\n"), new.split("\n"), strict=True)
            ):
                at = lines[start + offset].find(old_line, cursors.get(start + offset, 0))
                if at < 0:
                    losses.add("HTML that stays as text", place, old_line)
                    continue
                line = lines[start + offset]
                lines[start + offset] = line[:at] + new_line + line[at + len(old_line) :]
                cursors[start + offset] = at + len(new_line)
    for start, end, new_lines in sorted(edits, reverse=True):
        lines[start:end] = new_lines
    return without_gaps("\n".join(lines))


def without_gaps(text: str) -> str:
    """Return Markdown with one blank line where there are several, but not in code."""
    lines = text.split("\n")
    code = [t.map for t in COMMONMARK.parse(text) if t.type in {"fence", "code_block"} and t.map]
    in_code = {number for start, end in code for number in range(start, end)}
    return "\n".join(
        line
        for number, line in enumerate(lines)
        if line.strip() or number in in_code or not number or lines[number - 1].strip()
    )


def unwrapped(source: str, parser: MarkdownIt) -> str:
    """
    Return Markdown without lines that only open an element around text, such as `<div dir=rtl>`.

    CommonMark takes what follows up to a blank line for HTML. Whoever wrote it means Markdown.
    """
    lines = source.split("\n")
    for token in parser.parse(source):
        if token.type == "html_block" and token.map:
            start, end = token.map
            is_text = end > start + 1 and not lines[start + 1].lstrip(" >").startswith("<")
            if is_text and WRAPPER.fullmatch(lines[start]):
                lines[start] = ""
    return "\n".join(lines)


def block_lines(html: str, first_line: str, place: str, losses: Losses) -> list[str]:
    """Return the lines of a block of HTML as Markdown, behind the same indent or `>`."""
    match = re.match(r"[\s>]*", first_line)
    prefix = match[0] if match else ""
    if not KNOWN & {name.lower() for _, name, _ in TAG.findall(html)} and "<!--" not in html:
        return [f"{prefix}{escaped(line)}" for line in html.rstrip("\n").split("\n")]
    for name in sorted(DROPPED & {name.lower() for _, name, _ in TAG.findall(html)}):
        losses.add(f"<{name}> that is left out", place, html)
    text = markdown(html)
    return ["", *(f"{prefix}{line}" for line in text.split("\n")), ""] if text else [""]


def escaped(text: str) -> str:
    return TAG.sub(lambda match: f"`{match[0]}`", text)


def inline(token: Token, place: str, losses: Losses) -> str:
    """Return the source of a paragraph, a heading or a cell with its tags as Markdown."""
    content = token.content
    tags = list(positions(token))
    pairs = matched([(at, *parts(text)) for at, text in tags])
    mentioned = mentions(token)
    new: list[str] = []
    end = 0
    for at, text in tags:
        new.append(content[end:at])
        end = at + len(text)
        is_closing, name, attributes = parts(text)
        if text.startswith("<!--"):
            continue
        if name not in KNOWN or at in mentioned:
            new.append(f"`{text}`")
        elif name == "br":
            new.append("<br>")
        elif name == "img":
            new.append(image(attributes))
        elif at in pairs and name in KEPT:
            new.append(f"</{name}>" if is_closing else f"<{name}>")
        elif at in pairs and name == "a":
            href = pairs[at].get("href", "")
            new.append((f"]({href})" if is_closing else "[") if href else "")
        elif at in pairs and name in SIGNS and not wraps(at, pairs, content):
            new.append(SIGNS[name])
        elif name in DROPPED and not is_closing:
            losses.add(f"<{name}> that is left out", place, text)
    new.append(content[end:])
    text = re.sub(r"^(\s*<br>)+|(<br>\s*)+$", "", "".join(new))
    missing = content.count("\n") - text.count("\n")
    return text + "\n" * missing


def mentions(token: Token) -> set[int]:
    """
    Return where the source of an inline token mentions a tag, rather than using it: “the <b> tag”.

    Such a tag is not one of a pair, has no attributes and stands in the middle of a line. One that
    never marks up text, such as `<form>`, is always a mention.
    """
    tags = positions(token)
    pairs = matched([(at, *parts(text)) for at, text in tags])
    found = set()
    for at, text in tags:
        _, name, attributes = parts(text)
        is_alone = at not in pairs and name in KNOWN - VOID
        is_mentioned = not attributes and is_inside_a_line(token.content, at, at + len(text))
        if is_alone and (name in DROPPED or is_mentioned):
            found.add(at)
    return found


def is_inside_a_line(content: str, start: int, end: int) -> bool:
    """Whether words stand before and behind a tag, a space in front of it."""
    line = content.rfind("\n", 0, start) + 1
    behind = re.compile(r"[^<\n]*").match(content, end)
    is_apart = content[start - 1 : start] == "(" or content[start - 1 : start].isspace()
    has_words = re.compile(r"\w").search(content, line, start)
    return bool(is_apart and has_words and behind and behind[0].strip())


def wraps(at: int, pairs: dict[int, dict[str, Any]], content: str) -> bool:
    """Whether a pair of tags holds several lines, which is a wrapper rather than bold text."""
    start, end = pairs[at]["start"], pairs[at]["end"]
    return "\n" in content[start:end].strip()


def positions(token: Token) -> list[tuple[int, str]]:
    """Return the tags in the source of an inline token, and where they stand."""
    content, at = token.content, 0
    found: list[tuple[int, str]] = []
    for child in token.children or []:
        if child.type == "code_inline":
            start = content.find(child.markup, at)
            end = content.find(child.markup, start + len(child.markup))
            at = end + len(child.markup) if end >= 0 else at
        elif child.type == "html_inline":
            start = content.find(child.content, at)
            if start >= 0:
                found.append((start, child.content))
                at = start + len(child.content)
    return found


def parts(tag: str) -> tuple[bool, str, dict[str, str]]:
    """Return whether a tag closes, its name and its attributes."""
    match = TAG.fullmatch(tag)
    if match is None:
        return False, "", {}
    attributes = {
        name.lower(): unescape(a or b or c) for name, a, b, c in ATTRIBUTE.findall(match[3])
    }
    return bool(match[1]), match[2].lower(), attributes


def matched(tags: list[tuple[int, bool, str, dict[str, str]]]) -> dict[int, dict[str, Any]]:
    """Return the attributes of the pairs of tags by the place of either, with `start` and `end`."""
    open_tags: list[tuple[int, str, dict[str, str]]] = []
    count: Counter[str] = Counter()  # of those that are open, by name
    found: dict[int, dict[str, Any]] = {}
    for at, is_closing, name, attributes in tags:
        if not is_closing:
            open_tags.append((at, name, attributes))
            count[name] += 1
            continue
        while count[name]:  # those that were opened since are never closed
            start, other, opened = open_tags.pop()
            count[other] -= 1
            if other == name:
                found[start] = found[at] = {**opened, "start": start, "end": at}
                break
    return found


def image(attributes: dict[str, str]) -> str:
    address = attributes.get("src", "")
    alt = attributes.get("alt") or attributes.get("title") or file_name(address)
    return f"![{alt}]({address})" if address else alt
