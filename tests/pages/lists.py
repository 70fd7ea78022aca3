"""What a list shows, read from its page."""

from xml.etree.ElementTree import Element

from tests.html import select, text


def slugs(page: Element) -> list[str]:
    """Return the slugs of the entries, in the order of the page."""
    return [entry.attrib["data-slug"] for entry in select(page, ".entry")]


def open_slugs(page: Element) -> list[str]:
    return [entry.attrib["data-slug"] for entry in select(page, ".entry[open]")]


def numbers(page: Element) -> list[int]:
    return [int(text(number)) for number in select(page, ".entry .number")]


def links(page: Element, selector: str = "a") -> list[str]:
    """Return where the links that a selector names lead."""
    return [link.attrib["href"] for link in select(page, selector)]
