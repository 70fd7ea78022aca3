"""
What our Markdown knows beyond CommonMark.

GitHub's tables, strikethrough, bare addresses, task lists, alerts and notes, formulas (which are
shown as their source), a few tags without attributes, emphasis beside Chinese and Japanese
punctuation, where CommonMark sees none, and samples of code that are run.
"""

import re
import unicodedata
from collections.abc import Sequence
from html import unescape

from markdown_it import MarkdownIt
from markdown_it.rules_inline.state_inline import Delimiter, StateInline
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.gfm import gfm_plugin

# Tags that are rendered, always in pairs, but for <br>; and what they become.
INLINE_TAGS = {
    **{name: name for name in ("kbd", "sub", "sup", "mark")},
    "b": "strong",
    "strong": "strong",
    "i": "em",
    "em": "em",
    "s": "s",
    "del": "s",
}
TAG = re.compile(r"<(br|code|" + "|".join(INLINE_TAGS) + r")\s*/?>", re.IGNORECASE)
IMAGE = re.compile(r"<img\s[^<>]*>", re.IGNORECASE)
# The lookbehind lets a name be tried once, from its first letter: tried from each letter, a name
# of 50,000 letters would take 20 seconds.
ATTRIBUTE = re.compile(r"""(?<![\w-])([\w-]++)\s*+=\s*(?:"([^"]*)"|'([^']*)')""")
# Scripts without spaces, and their punctuation.
CJK = re.compile(
    r"[\u2e80-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]"
)


def extend(markdown: MarkdownIt) -> MarkdownIt:
    """Let a parser know all of our Markdown."""
    markdown.use(gfm_plugin)
    markdown.options["strikethrough_single_tilde"] = False  # ~5 minutes is no ~text~
    # A price in dollars is no formula.
    markdown.use(dollarmath_plugin, allow_blank_lines=False, allow_space=False, allow_digits=False)
    markdown.inline.ruler.before("html_inline", "tags", tags)
    markdown.inline.ruler.before("emphasis", "cjk_emphasis", cjk_emphasis)
    return markdown


def tags(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 (the signature of a rule)
    if match := IMAGE.match(state.src, state.pos, state.posMax):
        return image(state, match, silent=silent)
    match = TAG.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    name = match[1].lower()
    if name == "br":
        if not silent:
            state.push("hardbreak", "br", 0)
        state.pos = match.end()
        return True
    closing = re.compile(rf"</{name}\s*>", re.IGNORECASE).search(
        state.src, match.end(), state.posMax
    )
    if match[0].endswith("/>") or closing is None:
        return False
    if not silent and name == "code":
        state.push("code_inline", "code", 0).content = state.src[match.end() : closing.start()]
    elif not silent:
        end = state.posMax
        state.push("tag_open", INLINE_TAGS[name], 1)
        state.pos, state.posMax = match.end(), closing.start()
        state.md.inline.tokenize(state)
        state.push("tag_close", INLINE_TAGS[name], -1)
        state.posMax = end
    state.pos = closing.end()
    return True


def image(state: StateInline, match: re.Match[str], *, silent: bool) -> bool:
    """Take an `<img>` for an image as Markdown has it."""
    address, text = image_parts(match[0], state.md)
    if not address:
        return False
    if not silent:
        token = state.push("image", "img", 0)
        token.attrs = {"src": address, "alt": ""}
        token.children, token.content = [Token("text", "", 0, content=text)], text
    state.pos = match.end()
    return True


def image_parts(tag: str, markdown: MarkdownIt) -> tuple[str, str]:
    """Return the address and the text of an `<img>`; "" for an address that no link may have."""
    attributes = {name.lower(): unescape(a or b) for name, a, b in ATTRIBUTE.findall(tag)}
    address = markdown.normalizeLink(attributes.get("src", ""))
    text = " ".join(attributes.get("alt", "").split())
    return address if markdown.validateLink(address) else "", text


def is_rendered(tag: str) -> bool:
    """Whether a tag is one of the few that our Markdown knows."""
    name = tag.replace("</", "<", 1)
    return bool(TAG.fullmatch(name) or (name == tag and IMAGE.fullmatch(tag)))


def cjk_emphasis(state: StateInline, silent: bool) -> bool:  # noqa: FBT001
    """
    Open and close `*` beside Chinese and Japanese letters, whatever the punctuation on its inside.

    CommonMark asks for a space or punctuation outside of it, which these languages do not write.
    """
    if silent or state.src[state.pos] != "*":
        return False
    scanned = state.scanDelims(state.pos, True)  # noqa: FBT003
    before = state.src[state.pos - 1 : state.pos] or " "
    after = state.src[state.pos + scanned.length : state.pos + scanned.length + 1] or " "
    if not (CJK.match(before) or CJK.match(after)):
        return False
    can_open = scanned.can_open or (bool(CJK.match(before)) and not after.isspace())
    can_close = scanned.can_close or (bool(CJK.match(after)) and not before.isspace())
    for _ in range(scanned.length):
        state.push("text", "", 0).content = "*"
        state.delimiters.append(
            Delimiter(
                marker=ord("*"),
                length=scanned.length,
                token=len(state.tokens) - 1,
                end=-1,
                open=can_open,
                close=can_close,
            )
        )
    state.pos += scanned.length
    return True


def joins_lines(before: str, after: str) -> bool:
    """Whether a line break between two texts means nothing: Chinese has no spaces, Korean has."""
    return all(
        CJK.match(character) and not unicodedata.name(character, "HANGUL").startswith("HANGUL")
        for character in (before[-1:], after[:1])
    )


def anchor(title: str, taken: set[str]) -> str:
    """Return the name of a heading as GitHub makes it, and add it to those `taken`."""
    base = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
    name, number = base, 1
    while name in taken:
        name, number = f"{base}-{number}", number + 1
    taken.add(name)
    return name


def heading_text(inline: Token) -> str:
    return "".join(child.content for child in inline.children or [])


def is_sample(token: Token) -> bool:
    """Whether a token is a block of code that is to be run; `>=3.14` may say on what."""
    return token.type == "fence" and token.info.split()[:2] == ["python", "run"]


def shown_output(tokens: Sequence[Token], index: int) -> Token | None:
    """Return the block that shows what the sample at `index` prints, if both are there."""
    after = tokens[index + 1] if index + 1 < len(tokens) else None
    if is_sample(tokens[index]) and after and after.type == "fence":
        return after if "output" in after.info.split()[1:] else None
    return None
