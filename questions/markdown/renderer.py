"""
What the tokens of a text look like: headings, links, tables, images, code and hints as HTML.

What is written here has to be on the lists of `__init__.py` (`ALLOWED_TAGS`, `ALLOWED_ATTRIBUTES`),
which removes all else.
"""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.utils.dateformat import format as date_format
from django.utils.html import escape
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from questions.markdown.languages import highlighted, language
from questions.markdown.syntax import anchor, heading_text, joins_lines, shown_output

type Tokens = Sequence[Token]

FOLLOW_UPS = "Follow-ups"  # unless the bank has another name for that section

# Hebrew, Arabic and the other scripts that are written from right to left.
RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
# The outermost of these blocks get dir="auto" where a text has such a script. What stands in them
# gets no `dir`: a browser ignores elements that have one when it determines that of the block.
DIRECTED = {"paragraph_open", "blockquote_open", "bullet_list_open", "ordered_list_open"}

# Tokens that Renderer renders in place of the plugins that make them.
RENDERED_HERE = (
    *("footnote_ref", "footnote_block_open", "footnote_block_close", "footnote_open"),
    *("footnote_close", "footnote_anchor", "math_inline", "math_inline_double", "math_block"),
)

COPY = '<button class="copy" type="button">Copy</button>'


class OutputCheck(NamedTuple):
    """Which interpreter printed the outputs of an answer as they are shown, and when."""

    interpreter: str
    day: date


class Renderer(RendererHTML):
    """markdown-it's renderer with our headings, links, tables and code blocks."""

    def renderToken(  # noqa: N802
        self, tokens: Tokens, index: int, options: OptionsDict, env: EnvType
    ) -> str:
        token = tokens[index]
        if env.get("is_rtl") and token.type in DIRECTED and token.level == 0:
            token.attrSet("dir", "auto")
        return super().renderToken(tokens, index, options, env)

    def softbreak(self, tokens: Tokens, index: int, options: OptionsDict, env: EnvType) -> str:
        # A paragraph that is one line compresses better than the lines of its source.
        before = tokens[index - 1].content if index else ""
        after = tokens[index + 1].content if index + 1 < len(tokens) else ""
        return "" if joins_lines(before, after) else " "

    def tag_open(self, tokens: Tokens, index: int, options: OptionsDict, env: EnvType) -> str:
        return f"<{tokens[index].tag}>"

    def tag_close(self, tokens: Tokens, index: int, options: OptionsDict, env: EnvType) -> str:
        return f"</{tokens[index].tag}>"

    def list_item_open(self, tokens: Tokens, index: int, options: OptionsDict, env: EnvType) -> str:
        is_checked = tokens[index].meta.get("checked")
        tokens[index].attrs.pop("class", None)
        opened = self.renderToken(tokens, index, options, env)
        if is_checked is None:
            return opened
        return f'{opened}<span class="task">{"☑" if is_checked else "☐"}</span> '

    def bullet_list_open(
        self, tokens: Tokens, index: int, options: OptionsDict, env: EnvType
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

    def math_inline(self, tokens: Tokens, index: int, options: OptionsDict, env: EnvType) -> str:
        sign = tokens[index].markup
        return f'<span class="math">{escape(f"{sign}{tokens[index].content}{sign}")}</span>'

    math_inline_double = math_inline

    def math_block(self, tokens: Tokens, index: int, options: OptionsDict, env: EnvType) -> str:
        return f'<div class="math">{escape(f"$${tokens[index].content}$$")}</div>\n'

    def footnote_ref(self, tokens: Tokens, index: int, options: OptionsDict, env: EnvType) -> str:
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

    def footnote_open(self, tokens: Tokens, index: int, options: OptionsDict, env: EnvType) -> str:
        page = escape(env.get("page", ""))
        return f'<li id="{page}:note-{tokens[index].meta["id"] + 1}">' if page else "<li>"

    def footnote_close(self, *args: Any) -> str:
        return "</li>\n"

    def footnote_anchor(
        self, tokens: Tokens, index: int, options: OptionsDict, env: EnvType
    ) -> str:
        page = escape(env.get("page", ""))
        if not page or tokens[index].meta["subId"]:
            return ""
        return f' <a href="#{page}:note-{tokens[index].meta["id"] + 1}-place">↩</a>'

    def heading_open(self, tokens: Tokens, index: int, options: OptionsDict, env: EnvType) -> str:
        directed = ' dir="auto"' if env.get("is_rtl") else ""
        named = ""
        if page := env.get("page"):
            name = anchor(heading_text(tokens[index + 1]), env["anchors"])
            named = f' id="{escape(f"{page}:{name}")}"' if name else ""
        return f"<h{heading_level(tokens[index], env)}{directed}{named}>"

    def heading_close(self, tokens: Tokens, index: int, options: OptionsDict, env: EnvType) -> str:
        return f"</h{heading_level(tokens[index], env)}>\n"

    def link_open(self, tokens: Tokens, index: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[index]
        address = str(token.attrGet("href"))
        if leads_nowhere(address):
            return ""
        if re.match(r"(?i)https?:", address):
            token.attrSet("rel", "external noopener")
        elif address.startswith("#") and len(address) > 1 and env.get("page") and address != "#top":
            token.attrSet("href", f"#{env['page']}:{address[1:].lower()}")
        return self.renderToken(tokens, index, options, env)

    def link_close(self, tokens: Tokens, index: int, options: OptionsDict, env: EnvType) -> str:
        link = next(token for token in reversed(tokens[:index]) if token.type == "link_open")
        if leads_nowhere(address := str(link.attrGet("href"))):
            return f" ({escape(unquote(address))})"
        site = env.get("name_sites") and linked_site(address)
        return f'</a> <span class="site">{escape(site)}</span>' if site else "</a>"

    def table_open(self, *args: Any) -> str:
        return '<div class="table" role="group" aria-label="Table" tabindex="0"><table>\n'

    def table_close(self, *args: Any) -> str:
        return "</table></div>\n"

    def th_open(self, tokens: Tokens, index: int, options: OptionsDict, env: EnvType) -> str:
        return cell_open(tokens[index], cell_tag(tokens[index], tokens[index + 1]), env)

    def th_close(self, tokens: Tokens, index: int, options: OptionsDict, env: EnvType) -> str:
        return f"</{cell_tag(tokens[index], tokens[index - 1])}>\n"

    td_open, td_close = th_open, th_close

    def ordered_list_open(
        self, tokens: Tokens, index: int, options: OptionsDict, env: EnvType
    ) -> str:
        """Say how wide the numbers are where they are wider than the space for two digits."""
        token = tokens[index]
        token.attrs.pop("class", None)
        digits = len(str(last_number(tokens, index)))
        if digits > 2:
            token.attrSet("class", f"digits-{min(digits, 5)}")
        return self.renderToken(tokens, index, options, env)

    def image(self, tokens: Tokens, index: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[index]
        address = str(token.attrGet("src") or "")
        alt = self.renderInlineAsText(token.children, options, env).strip()
        if is_ours(address) and (ours := image_address(address)):
            return f'<img src="{escape(ours)}" alt="{escape(alt)}">'
        shown = escape(alt or unquote(address).rstrip("/").rpartition("/")[2] or "image")
        if not re.match(r"(?i)https?:", address) or is_in_link(tokens[:index]):
            return f"{shown} ({escape(unquote(address))})" if address else shown
        return f'<a href="{escape(address)}" rel="external noopener">{shown}</a>'

    def fence(self, tokens: Tokens, index: int, options: OptionsDict, env: EnvType) -> str:
        is_of_sample = index > 0 and shown_output(tokens, index - 1) is not None
        check = env.get("check") if is_of_sample else None
        return code_block(tokens[index].content, tokens[index].info, check)

    def code_block(self, tokens: Tokens, index: int, options: OptionsDict, env: EnvType) -> str:
        return code_block(tokens[index].content, "text")

    def hint_open(self, *args: Any) -> str:
        return '<details class="hint"><summary>Show a hint</summary>\n'

    def hint_close(self, *args: Any) -> str:
        return "</details>\n"


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


def is_in_link(before: Tokens) -> bool:
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


def last_number(tokens: Tokens, index: int) -> int:
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
