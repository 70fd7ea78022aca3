"""Pages as a browser reads them: parsed, never cut up as text."""

import re
from xml.etree.ElementTree import Element

import html5lib
from django.test import Client

PART = re.compile(
    r"(?P<tag>[\w-]+)|\.(?P<class>[\w-]+)|#(?P<id>[\w-]+)|\[(?P<name>[\w:-]+)(?:=(?P<value>[^\]]*))?\]"
)


def page(client: Client, address: str) -> Element:
    """Ask for a page, which must be there, and return its <html>."""
    response = client.get(address)
    assert response.status_code == 200, f"{address} answers {response.status_code}"
    return parse(response.content)


def parse(markup: bytes | str) -> Element:
    """Return the <html> of a page; a fragment is in its <body>."""
    source = markup if isinstance(markup, str) else markup.decode()
    root: Element = html5lib.parse(source, namespaceHTMLElements=False)
    return root


def text(element: Element) -> str:
    """Return what a reader sees, on one line."""
    return " ".join("".join(element.itertext()).split())


def select(root: Element, selector: str) -> list[Element]:
    """
    Return the elements in `root` that a CSS selector names, in the order of the page.

    It knows `tag`, `.class`, `#id`, `[name]` and `[name=value]`, and a blank for “somewhere in”.
    """
    found = [root]
    for step in selector.split():
        inside = {id(e): e for outer in found for e in outer.iter() if e is not outer}
        found = [element for element in inside.values() if matches(element, step)]
    return found


def one(root: Element, selector: str) -> Element:
    """Return the only element that the selector names."""
    found = select(root, selector)
    assert len(found) == 1, f"{len(found)} elements are {selector}"
    return found[0]


def matches(element: Element, step: str) -> bool:
    parts = list(PART.finditer(step))
    assert "".join(part[0] for part in parts) == step, f"{step} is no selector that we know"
    return all(has(element, part) for part in parts)


def has(element: Element, part: re.Match[str]) -> bool:
    match part.lastgroup:
        case "tag":
            return element.tag == part["tag"]
        case "class":
            return part["class"] in element.get("class", "").split()
        case "id":
            return element.get("id") == part["id"]
        case "name":
            return part["name"] in element.keys()  # noqa: SIM118 (an element is no mapping)
        case _:
            return element.get(part["name"]) == part["value"]
