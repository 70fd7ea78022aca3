"""
The rules for content: what a question must be like before it is published.

The admin, `check_bank`, `refresh_bank` and the tests share them. An error blocks publishing and
its message says what to do; a warning only asks for a look. `docs/writing.md` lists them.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from itertools import pairwise

from django.utils import timezone
from markdown_it import MarkdownIt
from markdown_it.token import Token

from questions.markdown import FOLLOW_UPS, is_sample, parser, shown_output
from questions.models import Question

TITLE_CHARACTERS = 120
SHORT_ANSWER_WORDS = range(30, 91)
SHORT_ANSWER_AIM = range(40, 81)
CODE_WIDTH = 88  # characters
LINKS = range(1, 5)
SECTIONS = ["Example", "Pitfalls", FOLLOW_UPS]
# The Sørensen-Dice coefficient of the words of two titles from which they count as near-duplicates.
NEAR_DUPLICATE = 0.7

# Markdown in rendered text: the author wrote markup that the parser did not recognize.
LEFTOVER = re.compile(r"\*\*|__|~~|`|\]\(|^#{1,6}(?=\w)|^\|.*\|$")
TITLE_STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be by can do does for from how if in is it its of on or should so "
        "that the this to what when which who why will with would you your",
    )
)


@dataclass(frozen=True)
class Problem:
    field: str
    message: str  # what to do
    is_error: bool = True

    @property
    def label(self) -> str:
        """The name of the field as the admin's form shows it, in lower case."""
        return str(Question._meta.get_field(self.field).verbose_name)  # type: ignore[union-attr]

    def __str__(self) -> str:
        return f"{'error' if self.is_error else 'warning'}: {self.field}: {self.message}"


def check_question(question: Question, titles: Mapping[str, str]) -> list[Problem]:
    """
    Return the problems of a question, errors first.

    `titles` are the titles of the bank by slug, with or without the question's own.
    """
    problems = [
        *check_title(question, titles),
        *check_short_answer(question.short_answer),
        *check_answer(question.answer),
        *check_further_reading(question.further_reading),
        *check_keywords(question.keywords),
        *check_verified(question),
    ]
    return sorted(problems, key=lambda problem: not problem.is_error)


def check_questions(questions: Iterable[Question]) -> Iterator[tuple[Question, list[Problem]]]:
    """Yield each question with its problems. `questions` count as the whole bank."""
    questions = list(questions)
    titles = {question.slug: question.title for question in questions}
    for question in questions:
        yield question, check_question(question, titles)


def check_title(question: Question, titles: Mapping[str, str]) -> Iterator[Problem]:
    title = question.title
    if not title.endswith("?"):
        yield Problem("title", "Word it as a question that ends with “?”.")
    if len(title) > TITLE_CHARACTERS:
        yield Problem("title", f"Cut it to {TITLE_CHARACTERS} characters; it has {len(title)}.")
    if "**" in title or "](" in title or title.count("`") % 2:
        yield Problem("title", "Take out the Markdown: only `code` in backquotes is rendered.")
    for slug, other in titles.items():
        if slug != question.slug and similarity(title, other) >= NEAR_DUPLICATE:
            yield Problem("title", f"Word it differently: “{slug}” asks nearly the same.")


def similarity(one: str, other: str) -> float:
    """Return the share of words that two titles have in common, from 0 to 1, in any order."""
    a, b = title_words(one), title_words(other)
    return 2 * len(a & b) / (len(a) + len(b)) if a and b else 0.0


@lru_cache(maxsize=10_000)
def title_words(title: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", title.lower())) - TITLE_STOP_WORDS


def check_short_answer(source: str) -> Iterator[Problem]:
    field = "short_answer"
    if not source.strip():
        yield Problem(field, "A published question needs a short answer.")
        return
    tokens = parser().parse(source)
    words = count_words(tokens)
    least, most = SHORT_ANSWER_WORDS[0], SHORT_ANSWER_WORDS[-1]
    if words not in SHORT_ANSWER_WORDS:
        yield Problem(field, f"Bring it to {least} to {most} words; it has {words}.")
    elif words not in SHORT_ANSWER_AIM:
        least, most = SHORT_ANSWER_AIM[0], SHORT_ANSWER_AIM[-1]
        yield Problem(field, f"Aim for {least} to {most} words; it has {words}.", is_error=False)
    if any(token.type == "heading_open" for token in tokens):
        yield Problem(field, "Take out the heading.")
    elif [token.type for token in tokens if token.nesting == 1] != ["paragraph_open"]:
        yield Problem(field, "Make it one paragraph.", is_error=False)
    yield from check_text(field, source, tokens)


def count_words(tokens: list[Token]) -> int:
    """Return the number of words that a reader sees, without blocks of code."""
    return sum(any(map(str.isalnum, word)) for word in " ".join(shown_texts(tokens)).split())


def check_answer(source: str) -> Iterator[Problem]:
    field = "answer"
    if not source.strip():
        yield Problem(field, "A published question needs an answer.")
        return
    tokens = parser().parse(source)
    yield from check_text(field, source, tokens)
    sections = dict(by_section(tokens))
    if not any(token.type == "inline" for token in sections.get("", [])):
        yield Problem(field, "Begin with the detail: prose before the first heading.")
    if [name for name in sections if name in SECTIONS] != SECTIONS:
        wanted = ", ".join(f"“## {name}”" for name in SECTIONS)
        yield Problem(field, f"Give it the sections {wanted}, in this order.")
    elif not any(token.type == "fence" for token in sections["Example"]):
        yield Problem(field, "Put a block of code into “## Example”.")
    for name in SECTIONS[1:]:
        if name in sections and not any(token.type == "list_item_open" for token in sections[name]):
            yield Problem(field, f"Make “## {name}” a list.")
    for name, count in Counter(name for name, _ in by_section(tokens)).items():
        if count > 1:
            yield Problem(field, f"Keep one section “## {name}”; there are {count}.")
    for before, after in pairwise(token for token in tokens if token.type == "heading_open"):
        if int(after.tag[1]) > int(before.tag[1]) + 1:
            yield Problem(field, f"A level is missing above “{after.markup}”.", is_error=False)
    samples = [index for index, token in enumerate(tokens) if is_sample(token)]
    if not samples:
        yield Problem(field, "Make an example runnable: ```python run.", is_error=False)
    if not all(shown_output(tokens, index) for index in samples):
        yield Problem(field, "Let a ```text output block follow each ```python run block.")


def by_section(tokens: list[Token]) -> Iterator[tuple[str, list[Token]]]:
    """Yield the name and the tokens of each `##` section; "" names the text before the first."""
    name = ""
    content: list[Token] = []
    for index, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag == "h2" and not token.level:
            yield name, content
            name, content = tokens[index + 1].content, []
        else:
            content.append(token)
    yield name, content


def check_further_reading(source: str) -> Iterator[Problem]:
    field = "further_reading"
    tokens = parser().parse(source)
    links = link_addresses(tokens)
    lines = [token for token in tokens if token.type in {"inline", "fence", "code_block"}]
    if not all(is_link(line.children or []) for line in lines):
        yield Problem(field, "Write nothing but links, one a line: - [Name of the page](https://…)")
    if len(links) not in LINKS:
        yield Problem(field, f"Give {LINKS[0]} to {LINKS[-1]} links; there are {len(links)}.")
    for link in links:
        if not link.startswith("https://"):
            yield Problem(field, f"Use an https address, not {link}")
    for link, count in Counter(link.rstrip("/") for link in links).items():
        if count > 1:
            yield Problem(field, f"Give each link once: {link}")


def is_link(line: list[Token]) -> bool:
    ends = [token.type for token in line if token.type in {"link_open", "link_close"}]
    whole = ends == ["link_open", "link_close"] and [line[0].type, line[-1].type] == ends
    return whole and len(line) > 2


def reading_links(question: Question) -> list[str]:
    """Return the addresses of a question's further reading."""
    return link_addresses(parser().parse(question.further_reading))


def link_addresses(tokens: list[Token]) -> list[str]:
    """Return the addresses of the links in a parsed text."""
    return [str(token.attrGet("href")) for token in flat(tokens) if token.type == "link_open"]


def check_keywords(keywords: str) -> Iterator[Problem]:
    field = "keywords"
    words = [word.strip() for word in keywords.split(",")]
    if keywords != keywords.lower():
        yield Problem(field, "Write them in lower case.")
    if not keywords.strip():
        yield Problem(field, "Add other names that people search for.", is_error=False)
    elif not all(words):
        yield Problem(field, "Take out the comma without a word.", is_error=False)
    for word, count in Counter(words).items():
        if word and count > 1:
            yield Problem(field, f"Name “{word}” once.", is_error=False)


def check_verified(question: Question) -> Iterator[Problem]:
    if not question.verified_with:
        message = "Say what the answer was verified with, such as “CPython 3.13.0”."
        yield Problem("verified_with", message, is_error=False)
    if not question.verified_on:
        yield Problem("verified_on", "Say when the answer was verified.", is_error=False)
    # One day more: in another time zone it may be tomorrow already.
    elif question.verified_on > timezone.localdate() + timedelta(days=1):
        yield Problem("verified_on", "Give the day of the check; this one is to come.")


def check_text(field: str, source: str, tokens: list[Token]) -> Iterator[Problem]:
    """Check the rules that hold for every Markdown field."""
    for tag in raw_html(source):
        yield Problem(field, f"Put {tag} into backquotes or take it out: HTML is not rendered.")
    for text in shown_texts(tokens, code=False):
        if leftover := LEFTOVER.search(text):
            yield Problem(field, f"Mend the Markdown near “{clipped(text, leftover.start())}”.")
        if re.search("https?://", text) and text not in link_addresses(tokens):
            message = f"Make a link of the bare address in “{clipped(text, text.index('http'))}”."
            yield Problem(field, message, is_error=False)
    for token in flat(tokens):
        if token.type == "strong_open" and token.markup == "__":
            yield Problem(field, "Put names such as `__init__` into backquotes.")
        elif token.type == "image":
            yield Problem(field, "Take out the image: only its text is shown.")
        elif token.type == "heading_open" and token.tag == "h1":
            yield Problem(field, "Begin headings with ## or more: # is the page's own.")
        elif token.type == "fence":
            for line in token.content.splitlines():
                if len(line) > CODE_WIDTH:
                    message = f"Break the line of {len(line)} characters of code: {line[:40]}…"
                    yield Problem(field, f"{message} ({CODE_WIDTH} fit)")


@lru_cache(maxsize=1)
def html_parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True})


def raw_html(source: str) -> list[str]:
    tokens = flat(html_parser().parse(source))
    html = [token.content for token in tokens if token.type in {"html_block", "html_inline"}]
    return [clipped(tag.strip(), 0) for tag in html]


def shown_texts(tokens: list[Token], *, code: bool = True) -> list[str]:
    """Return the pieces of text that a reader sees, without blocks of code."""
    wanted = {"text", "code_inline"} if code else {"text"}
    return [token.content for token in flat(tokens) if token.type in wanted and token.content]


def flat(tokens: list[Token]) -> list[Token]:
    return [child for token in tokens for child in (token, *(token.children or []))]


def clipped(text: str, place: int) -> str:
    return text[max(place - 20, 0) : place + 20]
