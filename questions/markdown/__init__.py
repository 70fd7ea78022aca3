"""
Markdown: as HTML that is safe to show, as plain text, and as passages for the search.

Two barriers keep the HTML safe: the parser passes no raw HTML through, and nh3 removes from the
result all that is not on a short list. `syntax.py` says what the parser knows beyond CommonMark,
`renderer.py` what that looks like, and `languages.py` whose code is highlighted. `docs/writing.md`
describes the conventions for authors.
"""

import html
import re
from collections.abc import Callable, Hashable
from functools import cached_property, lru_cache, update_wrapper
from itertools import pairwise
from sys import getsizeof
from typing import Any

import nh3
from django.utils.html import escape, strip_tags
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.utils import EnvType

from questions.lru import LRUCache
from questions.markdown.renderer import (
    FOLLOW_UPS,
    RENDERED_HERE,
    RIGHT_TO_LEFT,
    OutputCheck,
    Renderer,
    fold_hints,
    is_ours,
)
from questions.markdown.syntax import extend

CACHED = 16 * 1024 * 1024  # bytes of each function: a thousand answers with their HTML

ALLOWED_TAGS = {
    *("p", "br", "hr", "blockquote", "h2", "h3", "h4", "h5", "h6"),
    *("strong", "em", "code", "a", "ul", "ol", "li", "img"),
    *("s", "kbd", "sub", "sup", "mark"),
    *("figure", "figcaption", "pre", "span", "button", "div", "details", "summary"),
    *("table", "thead", "tbody", "tr", "th", "td", "time"),
}
ALLOWED_ATTRIBUTES: dict[str, set[str]] = {
    "*": set(),  # without this nh3 allows `lang` and `title` everywhere
    "a": {"href", "rel", "id"},
    "img": {"src", "alt"},
    "li": {"dir", "id"},
    **{tag: {"dir", "id"} for tag in ("h2", "h3", "h4", "h5", "h6")},
    **{tag: {"dir"} for tag in ("p", "blockquote", "ul", "table")},
    "button": {"class", "type"},
    "code": {"class"},
    "details": {"class"},
    "div": {"class", "role", "aria-label", "tabindex"},
    "figure": {"class"},
    "ol": {"start", "class", "dir"},
    "pre": {"tabindex"},
    "span": {"class"},
    "td": {"class", "dir"},
    "th": {"class", "dir"},
    "time": {"datetime"},
}


class Cached[**Arguments]:
    """
    A function that returns HTML, with the last results that fit into CACHED bytes.

    functools' lru_cache counts results, but one text may be a thousand times as long as another.
    """

    def __init__(self, function: Callable[Arguments, SafeString]) -> None:
        self.__wrapped__ = function
        update_wrapper(self, function)
        self.results: LRUCache[tuple[Hashable, ...], SafeString] = LRUCache(CACHED)

    def __call__(self, *args: Arguments.args, **kwargs: Arguments.kwargs) -> SafeString:
        key = (*args, *kwargs.items())
        result = self.results.get(key)
        if result is None:
            result = self.__wrapped__(*args, **kwargs)
            size = sum(map(getsizeof, key)) + getsizeof(result) + 512  # the entry itself
            self.results.put(key, result, size)
        return result


@Cached
def render(
    source: str,
    heading_level: int = 2,
    check: OutputCheck | None = None,
    follow_ups: str = FOLLOW_UPS,
    page: str = "",
) -> SafeString:
    """
    Return `source` as HTML; its `##` headings become `<h2>`, or those of another `heading_level`.

    Headings and notes can be linked to where `page` is given, the slug of the question: their ids
    begin with it. `check` says that the outputs of its samples were checked, in exactly this text.
    Hints are folded in the section that is called `follow_ups`. Costs 5-10 ms for an answer; the
    last texts are cached.
    """
    env: dict[str, Any] = {
        "heading_level": heading_level,
        "check": check,
        "follow_ups": follow_ups,
        "page": page,
        "anchors": set(),
        "is_rtl": RIGHT_TO_LEFT.search(source) is not None,
    }
    return mark_safe(sanitize(parser().render(source, env)))  # noqa: S308 (sanitized)


@Cached
def render_links(source: str) -> SafeString:
    """Return a list of links as HTML, with the name of the site after each."""
    env = {"heading_level": 2, "name_sites": True}
    return mark_safe(sanitize(parser().render(source, env)))  # noqa: S308 (sanitized)


def headings(markup: str) -> list[tuple[str, str]]:
    """Return the id of each `<h2>` that has one, and its text, in what render() returned."""
    found = re.findall(r'<h2[^>]* id="([^"]*)"[^>]*>(.*?)</h2>', markup)
    return [(html.unescape(anchor), html.unescape(strip_tags(text))) for anchor, text in found]


def inline_code(title: str) -> SafeString:
    """Escape a title, which is no Markdown, and set what stands in `backquotes` as code."""
    return mark_safe(re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(title)))  # noqa: S308


def plain(title: str) -> str:
    """Return a title without its backquotes, for places that take text only."""
    return title.replace("`", "")


def text(source: str) -> str:
    """Return Markdown as plain text on one line, for places that take no HTML."""
    return " ".join(html.unescape(strip_tags(render(source))).split())


class Passage:
    """A paragraph, a heading, a row of a table or a line of code."""

    def __init__(self, sources: tuple[str, ...], env: EnvType | None) -> None:
        """
        Make a passage of the Markdown of a row's cells, of one piece of Markdown, or of code.

        `env` holds the addresses that the text around it defines for links. It is None for code.
        """
        self.sources = sources
        self.source = " ".join(sources)
        self.env = env

    @cached_property
    def text(self) -> str:
        """The passage as plain text on one line, with its code in backquotes."""
        if self.env is None:
            return in_backquotes(self.source)
        texts = (inline_text(source, self.env) for source in self.sources)
        return " · ".join(filter(None, texts))


@lru_cache(maxsize=512)
def passages(source: str) -> tuple[Passage, ...]:
    """
    Return the passages of a text in their order: its paragraphs, headings, rows, lines of code.

    Costs 0.2 to 0.5 ms for an answer. The Markdown inside of a passage is parsed when its text is
    read. The last 512 texts are cached: 6 MB where answers have 4,000 characters.
    """
    env: EnvType = {}
    found: list[Passage] = []
    sources: list[str] = []
    for token in block_parser().parse(source, env):
        if token.type == "inline":
            sources.append(token.content)
        elif token.type in {"paragraph_close", "heading_close", "tr_close"}:
            found.append(Passage(tuple(sources), env))
            sources = []
        elif token.type in {"fence", "code_block"}:
            lines = map(str.strip, token.content.splitlines())
            found += [Passage((line,), None) for line in lines if line]
    return tuple(found)


def inline_text(source: str, env: EnvType) -> str:
    texts = []
    for token in inline_parser().parseInline(source, env)[0].children or []:
        if token.type == "code_inline":
            texts.append(in_backquotes(token.content))
        elif token.type in {"softbreak", "hardbreak"}:
            texts.append(" ")
        else:
            texts.append(token.content)
    return "".join(texts)


def in_backquotes(code: str) -> str:
    """Return code in backquotes, unless it contains some, which would end it early."""
    return code if "`" in code else f"`{code}`"


def sanitize(markup: str) -> str:
    """Remove every element, attribute and address that our own rendering would not produce."""
    return nh3.clean(
        markup,
        tags=ALLOWED_TAGS,
        attributes=ALLOWED_ATTRIBUTES,
        attribute_filter=only_our_images,
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )


def only_our_images(tag: str, attribute: str, value: str) -> str | None:
    """Take the address from an image that is not ours: it would tell others who reads what."""
    return None if attribute == "src" and not is_ours(value) else value


@lru_cache(maxsize=1)
def parser() -> MarkdownIt:
    markdown = extend(MarkdownIt("commonmark", {"html": False}, renderer_cls=Renderer))
    markdown.core.ruler.push("fold_hints", fold_hints)
    for name in RENDERED_HERE:
        markdown.add_render_rule(name, getattr(Renderer, name))
    return markdown


@lru_cache(maxsize=1)
def block_parser() -> MarkdownIt:
    """Return the parser of blocks only, which takes half the time: it leaves inline Markdown."""
    return extend(MarkdownIt("commonmark", {"html": False})).disable(["inline", "footnote_tail"])


@lru_cache(maxsize=1)
def inline_parser() -> MarkdownIt:
    """Return the parser of a passage, which leaves out the notes of the text around it."""
    return extend(MarkdownIt("commonmark", {"html": False})).disable("footnote_tail")


def section(source: str, name: str) -> str:
    """Return the Markdown below the `##` heading that is called `name`; "" if there is none."""
    lines = source.splitlines()
    start, end = len(lines), len(lines)
    for token, following in pairwise(block_parser().parse(source)):
        if token.type == "heading_open" and token.tag == "h2" and not token.level and token.map:
            if start < len(lines):
                end = token.map[0]
                break
            if following.content == name:
                start = token.map[1]
    return "\n".join(lines[start:end]).strip()
