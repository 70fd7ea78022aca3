"""Products and their versions as a text names them: “CPython 3.13.0, 3.14.8, Django 6.1.3”."""

import re
from collections.abc import Iterable
from itertools import groupby

Version = tuple[str, str]  # product and version

VERSION = r"\d+(?:\.\d+)*"


def versions_in(text: str) -> list[Version]:
    """Return the versions that a text names. One without a product is of the product before it."""
    found = re.findall(rf"([A-Za-z][\w.+-]*) ({VERSION}(?:, {VERSION})*)", text)
    return list(dict.fromkeys((name, one) for name, all_ in found for one in all_.split(", ")))


def listed(versions: Iterable[Version]) -> str:
    """Return the text that names `versions`, each once, sorted by product and number."""
    products = groupby(sorted(set(versions), key=by_number), key=lambda version: version[0])
    return ", ".join(
        f"{name} {', '.join(number for _, number in of_product)}" for name, of_product in products
    )


def by_number(version: Version) -> tuple[str, list[int], str]:
    name, number = version
    return name, [int(part) for part in re.findall(r"\d+", number)], number
