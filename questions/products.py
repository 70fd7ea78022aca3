"""Products and their releases as a text names them: “CPython 3.13.0, 3.14.8, Django 6.1.3”."""

import re
from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter

Release = tuple[str, str]  # product and number

NUMBER = r"\d+(?:\.\d+)*"


def releases_in(text: str) -> list[Release]:
    """Return the releases that a text names. A number alone is of the product before it."""
    found = re.findall(rf"([A-Za-z][\w.+-]*) ({NUMBER}(?:, {NUMBER})*)", text)
    return list(dict.fromkeys((name, one) for name, all_ in found for one in all_.split(", ")))


def listed(releases: Iterable[Release]) -> str:
    """Return the text that names `releases`, each once, sorted by product and number."""
    products = groupby(sorted(set(releases), key=by_number), key=itemgetter(0))
    return ", ".join(
        f"{name} {', '.join(number for _, number in of_product)}" for name, of_product in products
    )


def by_number(release: Release) -> tuple[str, list[int], str]:
    name, number = release
    return name, [int(part) for part in re.findall(r"\d+", number)], number
