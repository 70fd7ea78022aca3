"""Addresses that are made of titles, in whatever script."""

import re
from collections.abc import Container

from anyascii import anyascii

LENGTH = 60  # characters; the field takes 80
NAMED = {"c++": "c-plus-plus", "c#": "c-sharp", "f#": "f-sharp", ".net": "dotnet"}
# A character of these is a syllable or a word of its own.
SYLLABLES = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


def proposed(title: str) -> str:
    """Return a slug for a title; "" where no character of it can be written in a-z and 0-9."""
    text = title.lower()
    for name, spelled in NAMED.items():
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", spelled, text)
    text = anyascii(SYLLABLES.sub(lambda match: f" {match[0]} ", text)).lower()
    words = re.findall("[a-z0-9]+", re.sub("['\u2019]", "", text))
    slug = "-".join(words)
    if len(slug) > LENGTH:
        slug = slug[: LENGTH + 1].rpartition("-")[0] or slug[:LENGTH]
    return slug


def unique(title: str, taken: Container[str], otherwise: str = "question") -> str:
    """Return a slug for a title that is not among those `taken`."""
    base = proposed(title) or otherwise
    slug, number = base, 2
    while slug in taken or slug == "all":  # "all" means every question in `?open=all`
        slug, number = f"{base}-{number}", number + 1
    return slug
