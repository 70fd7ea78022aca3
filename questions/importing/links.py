"""Links and images that lead to files beside a text: made absolute, to where the bank was kept."""

import re
from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import urljoin, urlsplit

from markdown_it import MarkdownIt
from markdown_it.common.utils import unescapeAll

# What follows the text of a link or an image: `](address` or `](<address>`.
DESTINATION = re.compile(r"(\]\(\s*)(<[^<>\n]*>|(?:\\.|\([^\s()]*\)|[^\s()\\])+)")
DEFINITION = re.compile(r"^( {0,3}\[(?!\^)[^\]\n]+\]:\s*)(<[^<>\n]*>|\S+)", re.MULTILINE)
OUR_FOLDERS = ("/static/", "/media/")
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)


def is_base(address: str) -> bool:
    """Whether files can be addressed below an address."""
    try:
        parts = urlsplit(address)
    except ValueError:  # such as https://[
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.query


def leads_beside(address: str) -> bool:
    """Whether an address is that of a file beside the text, which this site doesn't have."""
    stays = (*OUR_FOLDERS, "#", "?")
    return bool(address) and not SCHEME.match(address) and not address.startswith(stays)


def with_base(text: str, path: str, base: str, parser: MarkdownIt) -> str:
    """
    Return Markdown whose links and images lead below `base`, where its file is at `path`.

    `/file` leads to a file at the top, as on GitHub. Links within the page are left alone.
    """

    def absolute(address: str) -> str:
        top = base.rstrip("/") + "/"
        return top + address[1:] if address.startswith("/") else urljoin(top + path, address)

    def replaced(addresses: set[str], match: re.Match[str]) -> str:
        address = normalized(match[2], parser)
        if address not in addresses:
            return match[0]
        new = absolute(address)
        return f"{match[1]}<{new}>" if match[2].startswith("<") else f"{match[1]}{new}"

    lines = text.split("\n")
    for (start, end), addresses in addresses_by_lines(text, parser):
        chunk = "\n".join(lines[start:end])
        for pattern in (DESTINATION, DEFINITION):
            chunk = pattern.sub(partial(replaced, addresses), chunk)
        lines[start:end] = chunk.split("\n")
    return "\n".join(lines)


def addresses_by_lines(text: str, parser: MarkdownIt) -> Iterator[tuple[tuple[int, int], set[str]]]:
    """Yield the lines of each paragraph, and the addresses beside the text to which it leads."""
    env: dict[str, Any] = {}
    for token in parser.parse(text, env):
        addresses = {
            str(child.attrGet("src" if child.type == "image" else "href") or "")
            for child in token.children or []
        }
        if token.map and (beside := set(filter(leads_beside, addresses))):
            yield (token.map[0], token.map[1]), beside
    for definition in env.get("references", {}).values():
        if leads_beside(definition["href"]):
            start, end = definition["map"]
            yield (start, end), {definition["href"]}


def normalized(destination: str, parser: MarkdownIt) -> str:
    """Return an address as the parser gives it."""
    return parser.normalizeLink(unescapeAll(destination.strip("<>")))
