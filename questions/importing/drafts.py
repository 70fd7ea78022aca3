"""A question as it was found, and what is told of an import."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from questions.importing.vocabulary import LEVELS, NUMBERED
from questions.models import TITLE_LENGTH, Question
from questions.models.fields import without_refused

EXAMPLES = 3  # of each loss


@dataclass
class Draft:
    """A question, found in a file. `fields` are those of the model, as a fixture has them."""

    title: str
    category: str  # its name, or its slug where `Found.categories` has it
    place: str  # the file and the line
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> tuple[Any, ...]:
        names = ("prompt", "short_answer", "answer")
        return tuple(self.fields.get(name, "") for name in names)


class Losses:
    """What will not be on the site as it was in the files, by kind, with the first places."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.examples: dict[str, list[str]] = {}

    def add(self, kind: str, place: str, example: str = "") -> None:
        self.counts[kind] += 1
        shown = self.examples.setdefault(kind, [])
        if len(shown) < EXAMPLES:
            text = " ".join(example.split())
            shown.append(f"{place}: {text[:60]}{'…' * (len(text) > 60)}" if text else place)


@dataclass
class Found:
    """What was found in all files."""

    drafts: list[Draft] = field(default_factory=list)
    losses: Losses = field(default_factory=Losses)
    # Whether categories come from the headings above questions, where nobody said so.
    guessed_by_headings: bool = False
    # What each file was taken for, such as “headings ###”, and how many questions it gave.
    files: list[tuple[str, str, int]] = field(default_factory=list)
    # Fields of categories by their slugs, and those of the bank, where a file names them.
    categories: dict[str, dict[str, Any]] = field(default_factory=dict)
    bank: dict[str, Any] = field(default_factory=dict)


DECORATION = r"(?:[\s⭐🌟★☆✨🔥🚀\ufe0f\u200d]|(?<!\S):[a-z0-9_+-]+:(?!\S))+"  # also :star:
STARS = re.compile(f"^{DECORATION}|{DECORATION}$")
BOX = re.compile(r"^\[[ xX]\]\s+")  # of a task list
LEVEL_OF = {word: level for level, words in LEVELS.items() for word in words}
BRACKETED = re.compile(r"[\[(【（]([^\[\]()【】（）]{1,30})[\])】）]")  # noqa: RUF001


def level_of(text: str) -> str:
    """Return the level that a mark such as “hard” stands for; "" for other texts."""
    return LEVEL_OF.get(text.strip().strip(":*_`").lower(), "")


def level_in(text: str) -> str:
    """Return the level that a title names among other words; "" where it names none."""
    for mark in BRACKETED.findall(text):
        if level := level_of(mark):
            return level
    return next((LEVEL_OF[sign] for sign in "🟢🟡🟠🔴👶" if sign in text), "")


def without_level(title: str) -> str:
    """Return a title without the mark of its level."""
    title = BRACKETED.sub(lambda match: "" if level_of(match[1]) else match[0], title)
    return re.sub("[🟢🟡🟠🔴👶]", "", title)


def clean_title(title: str) -> str:
    """Return a title on one line, without number, box, stars and what no text may hold."""
    title = BOX.sub("", " ".join(without_refused(without_level(title)).split()))
    title = STARS.sub("", NUMBERED.sub("", STARS.sub("", title)))
    return title.strip().removesuffix("#").strip()


def draft(title: str, category: str, place: str, losses: Losses, **fields: Any) -> Draft:
    """Return a draft, and tell what does not fit into the fields of a question."""
    level = level_of(str(fields.pop("level", ""))) or level_in(title) or "core"
    cleaned = clean_title(title)
    if len(cleaned) > TITLE_LENGTH:
        losses.add("titles that were cut: the prompt has all of it", place, cleaned)
        fields["prompt"] = f"{cleaned}\n\n{fields.get('prompt', '')}".strip()
        cleaned = f"{cleaned[: TITLE_LENGTH - 1].rpartition(' ')[0] or cleaned[:99]}…"
    texts = {}
    for name, value in fields.items():
        if isinstance(value, str):
            text = without_refused(value)
            if text != value:
                losses.add("control characters that were taken out", place, name)
            limit = Question._meta.get_field(name).max_length  # type: ignore[union-attr]
            if limit and len(text) > limit:
                losses.add(f"{name.replace('_', ' ')} cut to {limit:,} characters", place, text)
                text = text[:limit]
            texts[name] = text
        else:
            texts[name] = value
    return Draft(cleaned, category, place, {**texts, "level": level})
