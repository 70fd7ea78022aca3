"""
Markdown: as HTML that is safe to show, as plain text, and as passages for the search.

Two barriers keep the HTML safe: the parser passes no raw HTML through, and nh3 removes from the
result all that is not on a short list. `docs/writing.md` describes the conventions for authors.
"""

import html
import re
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from datetime import date
from functools import cached_property, lru_cache, update_wrapper
from itertools import pairwise
from sys import getsizeof
from threading import Lock
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import nh3
from django.utils.dateformat import format as date_format
from django.utils.html import escape, strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from questions.languages import highlighted, language

CACHED = 16 * 1024 * 1024  # bytes of each function: a thousand answers with their HTML

FOLLOW_UPS = "Follow-ups"  # unless the bank has another name for that section

COPY = '<button class="copy" type="button">Copy</button>'

ALLOWED_TAGS = {
    *("p", "br", "hr", "blockquote", "h2", "h3", "h4", "h5", "h6"),
    *("strong", "em", "code", "a", "ul", "ol", "li"),
    *("figure", "figcaption", "pre", "span", "button", "div", "details", "summary"),
    *("table", "thead", "tbody", "tr", "th", "td", "time"),
}
ALLOWED_ATTRIBUTES: dict[str, set[str]] = {
    "*": set(),  # without this nh3 allows `lang` and `title` everywhere
    "a": {"href", "rel"},
    "button": {"class", "type"},
    "code": {"class"},
    "details": {"class"},
    "div": {"class", "role", "aria-label", "tabindex"},
    "figure": {"class"},
    "h2": {"id"},
    "ol": {"class", "start"},
    "pre": {"tabindex"},
    "span": {"class"},
    "td": {"class"},
    "th": {"class"},
    "time": {"datetime"},
}


class OutputCheck(NamedTuple):
    """Which interpreter printed the outputs of an answer as they are shown, and when."""

    interpreter: str
    day: date


class Cached[**Arguments]:
    """
    A function that returns HTML, with the last results that fit into CACHED bytes.

    An lru_cache is limited in entries, and one text of an editor may have a thousand times the
    size of another. Threads may share it.
    """

    def __init__(self, function: Callable[Arguments, SafeString]) -> None:
        self.__wrapped__ = function
        update_wrapper(self, function)
        self.size = 0
        self.lock = Lock()
        self.results: OrderedDict[tuple[Hashable, ...], SafeString] = OrderedDict()

    def __call__(self, *args: Arguments.args, **kwargs: Arguments.kwargs) -> SafeString:
        key = (*args, *kwargs.items())
        with self.lock:
            if key in self.results:
                self.results.move_to_end(key)
                return self.results[key]
        result = self.__wrapped__(*args, **kwargs)
        with self.lock:
            if key not in self.results:
                self.results[key] = result
                self.size += cost(key, result)
            while self.size > CACHED:
                self.size -= cost(*self.results.popitem(last=False))
        return result


def cost(key: tuple[Hashable, ...], result: SafeString) -> int:
    return sum(map(getsizeof, key)) + getsizeof(result) + 512  # the entry itself


@Cached
def render(
    source: str,
    heading_level: int = 2,
    check: OutputCheck | None = None,
    follow_ups: str = FOLLOW_UPS,
    *,
    has_anchors: bool = False,
) -> SafeString:
    """
    Return `source` as HTML; its `##` headings become `<h2>`, or those of another `heading_level`.

    `check` says that the outputs of its samples were checked, in exactly this text. Hints are
    folded in the section that is called `follow_ups`. With anchors each `<h2>` has an id. Costs
    5-10 ms for an answer; the last texts are cached.
    """
    env: EnvType = {
        "heading_level": heading_level,
        "check": check,
        "follow_ups": follow_ups,
        "anchors": [] if has_anchors else None,
    }
    return mark_safe(sanitize(parser().render(source, env)))  # noqa: S308 (sanitized)


@Cached
def render_links(source: str) -> SafeString:
    """Return a list of links as HTML, with the name of the site after each."""
    env = {"heading_level": 2, "name_sites": True}
    return mark_safe(sanitize(parser().render(source, env)))  # noqa: S308 (sanitized)


def headings(markup: str) -> list[tuple[str, str]]:
    """Return the id of each `<h2>` that has one, and its text, in what render() returned."""
    found = re.findall(r'<h2 id="([^"]*)">(.*?)</h2>', markup)
    return [(html.unescape(anchor), html.unescape(strip_tags(text))) for anchor, text in found]


def inline_code(title: str) -> SafeString:
    """Escape a title, which is no Markdown, and set what stands in `backquotes` as code."""
    return mark_safe(re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(title)))  # noqa: S308


def plain(title: str) -> str:
    """Return a title without its backquotes, for places that take text only."""
    return title.replace("`", "")


def render_inline(source: str) -> SafeString:
    """Return one line of Markdown as HTML without a paragraph around it."""
    return mark_safe(sanitize(parser().renderInline(source)))  # noqa: S308 (sanitized)


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
        self.env = env

    @property
    def source(self) -> str:
        return " ".join(self.sources)

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
    for token in parser().parseInline(source, env)[0].children or []:
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
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )


class Renderer(RendererHTML):
    """markdown-it's renderer with our headings, links, tables and code blocks."""

    def softbreak(self, *args: Any) -> str:
        return " "  # a paragraph that is one line compresses better than the lines of its source

    def heading_open(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        level = heading_level(tokens[index], env)
        anchor = anchor_of(tokens, index, env) if level == 2 else ""
        return f'<h2 id="{anchor}">' if anchor else f"<h{level}>"

    def heading_close(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        return f"</h{heading_level(tokens[index], env)}>\n"

    def link_open(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        token = tokens[index]
        if re.match(r"(?i)https?:", str(token.attrGet("href"))):
            token.attrSet("rel", "external noopener")
        return self.renderToken(tokens, index, options, env)

    def link_close(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        site = env.get("name_sites") and linked_site(tokens[:index])
        return f'</a> <span class="site">{escape(site)}</span>' if site else "</a>"

    def table_open(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        return '<div class="table" role="group" aria-label="Table" tabindex="0"><table>\n'

    def table_close(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        return "</table></div>\n"

    def th_open(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        return cell_open(tokens[index], cell_tag(tokens[index], tokens[index + 1]))

    def th_close(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        return f"</{cell_tag(tokens[index], tokens[index - 1])}>\n"

    td_open, td_close = th_open, th_close

    def ordered_list_open(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        """Say how wide the numbers are where they are wider than the space for two digits."""
        token = tokens[index]
        digits = len(str(last_number(tokens, index)))
        if digits > 2:
            token.attrSet("class", f"digits-{min(digits, 5)}")
        return self.renderToken(tokens, index, options, env)

    def image(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        return escape(tokens[index].content)

    def fence(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        is_of_sample = index > 0 and shown_output(tokens, index - 1) is not None
        check = env.get("check") if is_of_sample else None
        return code_block(tokens[index].content, tokens[index].info, check)

    def code_block(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        return code_block(tokens[index].content, "text")

    def hint_open(self, *args: Any) -> str:
        return '<details class="hint"><summary>Show a hint</summary>\n'

    def hint_close(self, *args: Any) -> str:
        return "</details>\n"


def linked_site(tokens: Sequence[Token]) -> str:
    """Return the host that the last link in `tokens` leads to; empty if it names none."""
    link = next(token for token in reversed(tokens) if token.type == "link_open")
    try:
        host = urlsplit(str(link.attrGet("href"))).hostname or ""
    except ValueError:  # such as http://[
        return ""
    return host.removeprefix("www.")


def heading_level(token: Token, env: EnvType) -> int:
    top: int = env["heading_level"]
    return min(max(top, int(token.tag[1]) - 2 + top), 6)


def anchor_of(tokens: Sequence[Token], index: int, env: EnvType) -> str:
    """Return the id of a heading, which no other of the text has; "" if there are to be none."""
    anchors = env.get("anchors")
    if anchors is None:
        return ""
    name = slugify(inline_text(tokens[index + 1].content, env), allow_unicode=True)
    # The colon keeps it apart from the slugs of questions, which are ids too.
    anchor = f"part:{name or len(anchors) + 1}"
    while anchor in anchors:
        anchor += "+"
    anchors.append(anchor)
    return anchor


def last_number(tokens: Sequence[Token], index: int) -> int:
    """Return the number of the last item of the ordered list that begins at `index`."""
    level = tokens[index].level
    number = int(tokens[index].attrGet("start") or 1) - 1
    for token in tokens[index + 1 :]:
        if token.type == "ordered_list_close" and token.level == level:
            break
        number += token.type == "list_item_open" and token.level == level + 1
    return number


def cell_tag(cell: Token, content: Token) -> str:
    """Return the tag of a cell: the empty corner of a table is no header."""
    return cell.tag if content.content.strip() else "td"


def cell_open(token: Token, tag: str) -> str:
    """The renderer aligns by a style attribute, which the content security policy forbids."""
    match = re.search(r"text-align:(\w+)", str(token.attrGet("style") or ""))
    return f'<{tag} class="{match[1]}">' if match else f"<{tag}>"


def is_sample(token: Token) -> bool:
    """Whether a token is a block of code that is to be run; `>=3.14` may say on what."""
    return token.type == "fence" and token.info.split()[:2] == ["python", "run"]


def shown_output(tokens: Sequence[Token], index: int) -> Token | None:
    """Return the block that shows what the sample at `index` prints, if both are there."""
    after = tokens[index + 1] if index + 1 < len(tokens) else None
    if is_sample(tokens[index]) and after and after.type == "fence":
        return after if "output" in after.info.split()[1:] else None
    return None


def code_block(code: str, info: str, check: OutputCheck | None = None) -> str:
    written_in = language(info)
    is_output = "output" in info.split()[1:]
    label = "Output" if is_output else written_in.label
    caption = check_caption(check) if check else f'<span class="language">{escape(label)}</span>'
    return (
        f'<figure class="{"code output" if is_output else "code"}">'
        f"<figcaption>{caption}{COPY}</figcaption>"
        f'<pre tabindex="0"><code class="highlight">{highlighted(code, written_in)}</code></pre>'
        "</figure>\n"
    )


def check_caption(check: OutputCheck) -> str:
    return (
        f'<span class="checked">Output checked on {escape(check.interpreter)}, '
        f'<time datetime="{check.day:%Y-%m-%d}">{date_format(check.day, "j F Y")}</time></span>'
    )


def fold_hints(state: StateCore) -> None:
    """Fold what follows the first paragraph of each item of the follow-ups into a hint."""
    name = state.env.get("follow_ups", FOLLOW_UPS)
    folded: list[Token] = []
    in_follow_ups = False
    item_level: int | None = None  # of the list item that we are in
    hint_is_open = False
    for index, token in enumerate(state.tokens):
        if token.type == "heading_open":
            in_follow_ups = state.tokens[index + 1].content == name
        if in_follow_ups and token.type == "list_item_open" and token.level == 1:
            item_level = token.level
        if token.type == "list_item_close" and token.level == item_level:
            if hint_is_open:
                folded.append(Token("hint_close", "details", -1))
            item_level, hint_is_open = None, False
        folded.append(token)
        ends_first_paragraph = (
            item_level is not None
            and not hint_is_open
            and token.type == "paragraph_close"
            and token.level == item_level + 1
            and state.tokens[index + 1].type != "list_item_close"
        )
        if ends_first_paragraph:
            folded.append(Token("hint_open", "details", 1))
            hint_is_open = True
    state.tokens = folded


@lru_cache(maxsize=1)
def parser() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False}, renderer_cls=Renderer).enable("table")
    markdown.core.ruler.push("fold_hints", fold_hints)
    return markdown


@lru_cache(maxsize=1)
def block_parser() -> MarkdownIt:
    """Return the parser of blocks only, which takes half the time: it leaves inline Markdown."""
    return MarkdownIt("commonmark", {"html": False}).enable("table").disable("inline")


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
