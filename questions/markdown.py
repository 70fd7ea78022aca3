"""
Markdown: as HTML that is safe to show, as plain text, and as passages for the search.

Two barriers keep the HTML safe: the parser passes no raw HTML through, and nh3 removes from the
result all that is not on a short list. `syntax.py` says what the parser knows beyond CommonMark,
and `docs/writing.md` describes the conventions for authors.
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
from urllib.parse import unquote, urlsplit

import nh3
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.utils.dateformat import format as date_format
from django.utils.html import escape, strip_tags
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from questions.languages import highlighted, language
from questions.syntax import anchor, extend, heading_text, joins_lines, shown_output

CACHED = 16 * 1024 * 1024  # bytes of each function: a thousand answers with their HTML

FOLLOW_UPS = "Follow-ups"  # unless the bank has another name for that section

# Hebrew, Arabic and the other scripts that are written from right to left.
RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
# Blocks that find their direction for themselves, where such a script occurs. What stands in them
# has none of its own: a browser would leave it out when it looks for that of the block.
DIRECTED = {"paragraph_open", "blockquote_open", "bullet_list_open", "ordered_list_open"}

# Tokens that Renderer renders in place of the plugins that make them.
RENDERED_HERE = (
    *("footnote_ref", "footnote_block_open", "footnote_block_close", "footnote_open"),
    *("footnote_close", "footnote_anchor", "math_inline", "math_inline_double", "math_block"),
)

COPY = '<button class="copy" type="button">Copy</button>'

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


def is_ours(address: str) -> bool:
    """Whether an address is that of a file in our own static folder, or in `/media/`."""
    if ".." in address or "\\" in address:
        return False
    return address.startswith((settings.STATIC_URL, "/media/"))


def image_address(address: str) -> str:
    """Return the address at which a browser finds an image of ours; "" if it is not there."""
    name = address.removeprefix(settings.STATIC_URL)
    if name == address:
        return address
    try:
        return staticfiles_storage.url(unquote(name))
    except ValueError:  # the manifest of the static files does not have it
        return ""


class Renderer(RendererHTML):
    """markdown-it's renderer with our headings, links, tables and code blocks."""

    def renderToken(  # noqa: N802
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        token = tokens[index]
        if env.get("is_rtl") and token.type in DIRECTED and token.level == 0:
            token.attrSet("dir", "auto")
        return super().renderToken(tokens, index, options, env)

    def softbreak(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        # A paragraph that is one line compresses better than the lines of its source.
        before = tokens[index - 1].content if index else ""
        after = tokens[index + 1].content if index + 1 < len(tokens) else ""
        return "" if joins_lines(before, after) else " "

    def tag_open(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        return f"<{tokens[index].tag}>"

    def tag_close(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        return f"</{tokens[index].tag}>"

    def list_item_open(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        is_checked = tokens[index].meta.get("checked")
        tokens[index].attrs.pop("class", None)
        opened = self.renderToken(tokens, index, options, env)
        if is_checked is None:
            return opened
        return f'{opened}<span class="task">{"☑" if is_checked else "☐"}</span> '

    def bullet_list_open(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        tokens[index].attrs.pop("class", None)
        return self.renderToken(tokens, index, options, env)

    def alert_open(self, *args: Any) -> str:
        return "<blockquote>\n"

    def alert_close(self, *args: Any) -> str:
        return "</blockquote>\n"

    def alert_title_open(self, *args: Any) -> str:
        return "<p><strong>"

    def alert_title_close(self, *args: Any) -> str:
        return "</strong></p>\n"

    def math_inline(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        sign = tokens[index].markup
        return f'<span class="math">{escape(f"{sign}{tokens[index].content}{sign}")}</span>'

    math_inline_double = math_inline

    def math_block(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        return f'<div class="math">{escape(f"$${tokens[index].content}$$")}</div>\n'

    def footnote_ref(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        number = tokens[index].meta["id"] + 1
        if not (page := escape(env.get("page", ""))):
            return f"<sup>{number}</sup>"
        name = f"{page}:note-{number}"
        # Only the first place is where the way back leads.
        place = "" if tokens[index].meta["subId"] else f' id="{name}-place"'
        return f'<sup><a href="#{name}"{place}>{number}</a></sup>'

    def footnote_block_open(self, *args: Any) -> str:
        return '<ol class="notes">\n'

    def footnote_block_close(self, *args: Any) -> str:
        return "</ol>\n"

    def footnote_open(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        page = escape(env.get("page", ""))
        return f'<li id="{page}:note-{tokens[index].meta["id"] + 1}">' if page else "<li>"

    def footnote_close(self, *args: Any) -> str:
        return "</li>\n"

    def footnote_anchor(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        page = escape(env.get("page", ""))
        if not page or tokens[index].meta["subId"]:
            return ""
        return f' <a href="#{page}:note-{tokens[index].meta["id"] + 1}-place">↩</a>'

    def heading_open(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        directed = ' dir="auto"' if env.get("is_rtl") else ""
        named = ""
        if page := env.get("page"):
            name = anchor(heading_text(tokens[index + 1]), env["anchors"])
            named = f' id="{escape(f"{page}:{name}")}"' if name else ""
        return f"<h{heading_level(tokens[index], env)}{directed}{named}>"

    def heading_close(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        return f"</h{heading_level(tokens[index], env)}>\n"

    def link_open(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        token = tokens[index]
        address = str(token.attrGet("href"))
        if leads_nowhere(address):
            return ""
        if re.match(r"(?i)https?:", address):
            token.attrSet("rel", "external noopener")
        elif address.startswith("#") and len(address) > 1 and env.get("page") and address != "#top":
            token.attrSet("href", f"#{env['page']}:{address[1:].lower()}")
        return self.renderToken(tokens, index, options, env)

    def link_close(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        link = next(token for token in reversed(tokens[:index]) if token.type == "link_open")
        if leads_nowhere(address := str(link.attrGet("href"))):
            return f" ({escape(unquote(address))})"
        site = env.get("name_sites") and linked_site(address)
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
        return cell_open(tokens[index], cell_tag(tokens[index], tokens[index + 1]), env)

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
        token.attrs.pop("class", None)
        digits = len(str(last_number(tokens, index)))
        if digits > 2:
            token.attrSet("class", f"digits-{min(digits, 5)}")
        return self.renderToken(tokens, index, options, env)

    def image(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[index]
        address = str(token.attrGet("src") or "")
        alt = self.renderInlineAsText(token.children, options, env).strip()
        if is_ours(address) and (ours := image_address(address)):
            return f'<img src="{escape(ours)}" alt="{escape(alt)}">'
        shown = escape(alt or unquote(address).rstrip("/").rpartition("/")[2] or "image")
        if not re.match(r"(?i)https?:", address) or is_in_link(tokens[:index]):
            return f"{shown} ({escape(unquote(address))})" if address else shown
        return f'<a href="{escape(address)}" rel="external noopener">{shown}</a>'

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


def is_in_link(before: Sequence[Token]) -> bool:
    kinds = [token.type for token in before if token.type in {"link_open", "link_close"}]
    return kinds[-1:] == ["link_open"]


def leads_nowhere(address: str) -> bool:
    """Whether a link of a text leads to no page: to a file beside it, or by another protocol."""
    return re.match(r"(?i)(https?:|mailto:|/|#|\?)", address) is None


def linked_site(address: str) -> str:
    """Return the host that an address leads to; empty if it names none."""
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:  # such as http://[
        return ""
    return host.removeprefix("www.")


def heading_level(token: Token, env: EnvType) -> int:
    top: int = env["heading_level"]
    return min(max(top, int(token.tag[1]) - 2 + top), 6)


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


def cell_open(token: Token, tag: str, env: EnvType) -> str:
    """The renderer aligns by a style attribute, which the content security policy forbids."""
    match = re.search(r"text-align:(\w+)", str(token.attrGet("style") or ""))
    directed = ' dir="auto"' if env.get("is_rtl") else ""
    return f'<{tag} class="{match[1]}"{directed}>' if match else f"<{tag}{directed}>"


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
    is_in_item = False  # of an outermost list
    hint_is_open = False
    for index, token in enumerate(state.tokens):
        if token.type == "heading_open":
            in_follow_ups = state.tokens[index + 1].content == name
        if in_follow_ups and token.type == "list_item_open" and token.level == 1:
            is_in_item = True
        if is_in_item and token.type == "list_item_close" and token.level == 1:
            if hint_is_open:
                folded.append(Token("hint_close", "details", -1))
            is_in_item = hint_is_open = False
        folded.append(token)
        ends_first_paragraph = (
            is_in_item
            and not hint_is_open
            and token.type == "paragraph_close"
            and token.level == 2
            and state.tokens[index + 1].type != "list_item_close"
        )
        if ends_first_paragraph:
            folded.append(Token("hint_open", "details", 1))
            hint_is_open = True
    state.tokens = folded


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
