"""
The rules for content: what a question must be like before it is published.

The admin, `check_bank`, `refresh_bank` and the tests share them. An error blocks publishing and
its message says what to do; a warning only asks for a look. Some rules must hold in every bank:
what breaks them would be shown wrongly, or say something false. The others are the house style,
which a bank may do without (`Bank.requires_style`): there they only warn. `docs/writing.md` lists
them all.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from itertools import pairwise
from urllib.parse import unquote

from django.conf import settings
from django.contrib.staticfiles import finders
from django.utils import timezone
from markdown_it import MarkdownIt
from markdown_it.token import Token

from questions import search
from questions.amounts import amount
from questions.checking import duplicates
from questions.checking.duplicates import Alike, folded, title_words
from questions.markdown import parser
from questions.markdown.renderer import is_ours, leads_nowhere
from questions.markdown.syntax import anchor, heading_text, is_rendered, is_sample, shown_output
from questions.models import Bank, Question
from questions.models.fields import Stripped
from questions.search.letters import DENSE_CLASS
from questions.search.words import stem

TITLE_CHARACTERS = 80
SHORT_ANSWER_WORDS = range(45, 76)
SENTENCE_WORDS = 30
PROSE_WORDS = 350  # before the section of pitfalls; code and tables don't count
ITEM_WORDS = 60  # of an item in the sections after
CODE_WIDTH = 88  # characters
LINKS = range(1, 5)
PHRASINGS = 8
PHRASING_CHARACTERS = 160
# Those of English and most others, of Chinese and Japanese, Arabic, Greek, Armenian and Ethiopic.
QUESTION_MARKS = ("?", "\uff1f", "\u061f", "\u037e", "\u055e", "\u1367")
GREEK_MARK = ";"  # as Unicode's normal form has it

# They change the order in which code is shown, and not what it does (trojansource.codes). In prose
# that mixes directions of writing they have their use.
BIDI_CONTROLS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

# A Latin, Arabic or Hindi one before a space, or a Chinese or Japanese one.
SENTENCE_END = re.compile(r"(?<=[.!?\u061f\u0964])\s+|(?<=[\u3002\uff01\uff1f])")
NAME = re.compile("[a-z0-9_]+")  # of Python, between the underscores of __init__
# Markdown in rendered text: the author wrote markup that the parser did not recognize.
LEFTOVER = re.compile(r"\*\*|__|~~|`|\]\(|^#{1,6}(?=\w)|^\|.*\|$")


@dataclass(frozen=True)
class Problem:
    field: str
    message: str  # what to do
    is_error: bool = True
    is_style: bool = False  # of the house style, or else a rule that must hold in every bank

    @property
    def label(self) -> str:
        """The name of the field as the admin's form shows it, in lower case."""
        return str(Question._meta.get_field(self.field).verbose_name)  # type: ignore[union-attr]

    @property
    def kind(self) -> tuple[str, str]:
        """What two problems have in common that differ in a number only."""
        return self.field, re.sub(r"\d+", "0", self.message)

    def __str__(self) -> str:
        return f"{'error' if self.is_error else 'warning'}: {self.field}: {self.message}"


def check_question(
    question: Question, titles: Mapping[str, str], bank: Bank | None = None
) -> list[Problem]:
    """
    Return the problems of a question, errors first; a retired one has none.

    `titles` are those that its own must differ from, by slug, with or without its own: see
    `titles_beside`. `bank` names the sections of an answer and says whether the style is required;
    without it the defaults count.
    """
    return problems_of(question, duplicates.among(question, titles), bank or Bank())


def check_questions(
    questions: Iterable[Question], bank: Bank | None = None
) -> Iterator[tuple[Question, list[Problem]]]:
    """
    Yield each question with its problems. `questions` count as the whole bank.

    Costs 2 to 10 ms a question, however many there are.
    """
    questions = list(questions)
    bank = bank or Bank()
    asked = [question for question in questions if not question.is_retired]
    index = duplicates.TitleIndex((q.slug, q.title, q.prompt) for q in asked)
    for question in questions:
        alike = index.alike(question.slug, question.title, question.prompt)
        yield question, problems_of(question, alike, bank)


def problems_of(question: Question, alike: Alike, bank: Bank) -> list[Problem]:
    if question.is_retired:
        return []
    problems = [
        *check_title(question.title, alike),
        *check_asked_as(question),
        *check_prompt(question.prompt),
        *check_short_answer(question.short_answer, question.title),
        *check_answer(question.answer, bank.sections),
        *check_further_reading(question.further_reading),
        *check_keywords(question.keywords),
        *check_verified(question),
    ]
    if not bank.requires_style:
        problems = [
            replace(problem, is_error=False) if problem.is_style else problem
            for problem in problems
        ]
    return sorted(problems, key=lambda problem: not problem.is_error)


def new_errors(problems: Iterable[Problem], before: Iterable[Problem]) -> list[Problem]:
    """
    Return the errors among `problems` that were not there before.

    An edit of a published question is refused for these only: who mends one thing need not mend
    everything. An error is the same one where only its numbers have changed.
    """
    known = Counter(problem.kind for problem in before if problem.is_error)
    new = []
    for problem in problems:
        if problem.is_error:
            known[problem.kind] -= 1
            if known[problem.kind] < 0:
                new.append(problem)
    return new


def titles_beside(question: Question) -> dict[str, str]:
    """
    Return the titles of the database that a question's own must differ from, by slug.

    Those of retired questions are not among them, nor those of questions that have another prompt,
    where this one has a prompt. The search's index finds those with words in common, so that it
    costs three queries and some milliseconds, however large the bank is.
    """
    phrases = duplicates.phrases(question.title)
    keys = search.mentioning(Question.objects.all(), phrases, duplicates.COMPARED)
    others = Question.objects.active().exclude(pk=question.pk).filter(pk__in=keys)
    if prompt := question.prompt.strip():
        others = others.alias(bare=Stripped("prompt")).filter(bare__in=["", prompt])
    return dict(others.values_list("slug", "title"))


def check_title(title: str, alike: Alike) -> Iterator[Problem]:
    if not title.strip():
        yield Problem("title", "A published question needs a title.")
        return
    if not title.endswith((*QUESTION_MARKS, GREEK_MARK)):
        yield style("title", "Word it as a question that ends with “?”.")
    if len(title) > TITLE_CHARACTERS:
        yield style("title", f"Cut it to {TITLE_CHARACTERS} characters; it has {len(title)}.")
    if "**" in title or "](" in title or title.count("`") % 2:
        yield Problem("title", "Take out the Markdown: only `code` in backquotes is rendered.")
    yield from check_code("title", parser().parseInline(title))
    if alike.equal:
        more = alike.equal_count - 1
        others = f" and {amount(more, 'other')} ask" if more else " asks"
        message = f"Word it differently, or give both a prompt: “{alike.equal}”{others} it."
        yield Problem("title", message)
    elif alike.near:
        yield style("title", f"Word it differently: “{alike.near}” asks nearly the same.")


def style(field: str, message: str, *, is_error: bool = True) -> Problem:
    return Problem(field, message, is_error, is_style=True)


def check_asked_as(question: Question) -> Iterator[Problem]:
    field = "asked_as"
    lines = [line.strip() for line in question.asked_as.splitlines()]
    if len(lines) > PHRASINGS:
        yield Problem(field, f"Keep {PHRASINGS} phrasings at most; there are {len(lines)}.")
    seen = {folded(question.title)}
    for number, line in enumerate(lines, start=1):
        if not line:
            yield Problem(field, f"Take out line {number}: it has no text.")
            continue
        if folded(line) in seen:
            yield Problem(field, f"Say it once: line {number} repeats the title or another line.")
        seen.add(folded(line))
        if len(line) > PHRASING_CHARACTERS:
            yield Problem(
                field,
                f"Cut line {number} to {PHRASING_CHARACTERS} characters; it has {len(line)}.",
            )
        yield from check_code(field, parser().parseInline(line))
        if has_markup(line):
            yield Problem(
                field,
                f"Take out the Markdown in line {number}: only `code` in backquotes is rendered.",
            )


def has_markup(line: str) -> bool:
    """Return whether a line is anything but text and code in backquotes."""
    tokens = parser().parse(line)
    pieces = [piece for token in tokens for piece in token.children or []]
    return (
        [token.type for token in tokens] != ["paragraph_open", "inline", "paragraph_close"]
        or any(piece.type not in {"text", "code_inline"} for piece in pieces)
        or any(LEFTOVER.search(piece.content) for piece in pieces if piece.type == "text")
    )


def check_prompt(source: str) -> Iterator[Problem]:
    field = "prompt"
    tokens = parser().parse(source)
    if any(token.type == "heading_open" for token in tokens):
        yield Problem(field, "Take out the heading: the prompt stands under the title.")
    yield from check_text(field, source, tokens)
    yield from check_outputs(field, tokens)


def check_outputs(field: str, tokens: list[Token]) -> Iterator[Problem]:
    samples = [index for index, token in enumerate(tokens) if is_sample(token)]
    if not all(shown_output(tokens, index) for index in samples):
        yield Problem(field, "Let a ```text output block follow each ```python run block.")


def check_short_answer(source: str, title: str) -> Iterator[Problem]:
    """Check a short answer, which is to be spoken."""
    field = "short_answer"
    if not source.strip():
        yield Problem(field, "A published question needs a short answer.")
        return
    tokens = parser().parse(source)
    words = count_words(tokens)
    least, most = SHORT_ANSWER_WORDS[0], SHORT_ANSWER_WORDS[-1]
    if words not in SHORT_ANSWER_WORDS:
        yield style(field, f"Bring it to {least} to {most} words; it has {words}.")
    sentences = SENTENCE_END.split(" ".join(shown_texts(tokens)).strip())
    if stems(title) and not stems(title) & stems(sentences[0]):
        message = "Say in the first sentence what the title asks about, in a word of the title."
        yield style(field, message, is_error=False)
    for sentence in sentences:
        if (length := word_count(sentence)) > SENTENCE_WORDS:
            message = f"Divide the sentence of {length} words: “{excerpt(sentence)}”."
            yield style(field, message, is_error=False)
    if any(token.type == "heading_open" for token in tokens):
        yield Problem(field, "Take out the heading.")
    elif [token.type for token in tokens if token.nesting == 1] != ["paragraph_open"]:
        yield style(field, "Make it one paragraph.", is_error=False)
    yield from check_text(field, source, tokens)


def stems(text: str) -> set[str]:
    """Return the stems of the telling words of a text: `decorat` for decorator and decorates."""
    return {stem(word) for word in title_words(text)}


def count_words(tokens: list[Token]) -> int:
    """Return the number of words that a reader sees, without blocks of code."""
    return word_count(" ".join(shown_texts(tokens)))


def word_count(text: str) -> int:
    """Return the number of words; where a script has no spaces, two characters count as one."""
    others, unspaced = re.subn(f"[{DENSE_CLASS}]", " ", text)
    return sum(any(map(str.isalnum, word)) for word in others.split()) + (unspaced + 1) // 2


def check_answer(source: str, names: list[str]) -> Iterator[Problem]:
    """Check an answer, which may be empty. `names` are those of its sections, in their order."""
    field = "answer"
    if not source.strip():
        return
    tokens = parser().parse(source)
    yield from check_text(field, source, tokens)
    sections = dict(by_section(tokens))
    if not any(token.type == "inline" for token in sections.get("", [])):
        yield style(field, "Begin with the detail: prose before the first heading.")
    example, *lists = names
    if [name for name in sections if name in names] != names:
        wanted = ", ".join(f"“## {name}”" for name in names)
        yield style(field, f"Give it the sections {wanted}, in this order.")
    elif not any(token.type == "fence" for token in sections[example]):
        yield style(field, f"Put a block of code into “## {example}”.")
    for name in lists:
        if name in sections and not any(token.type == "list_item_open" for token in sections[name]):
            yield style(field, f"Make “## {name}” a list.")
    for name, count in Counter(name for name, _ in by_section(tokens)).items():
        if count > 1:
            yield style(field, f"Keep one section “## {name}”; there are {count}.")
    for before, after in pairwise(token for token in tokens if token.type == "heading_open"):
        if int(after.tag[1]) > int(before.tag[1]) + 1:
            yield style(field, f"A level is missing above “{after.markup}”.", is_error=False)
    if not any(map(is_sample, tokens)):
        yield style(field, "Make an example runnable: ```python run.", is_error=False)
    yield from check_outputs(field, tokens)
    yield from check_lengths(field, tokens, lists)


def check_lengths(field: str, tokens: list[Token], lists: list[str]) -> Iterator[Problem]:
    """Check how much there is to read before the sections `lists`, and in each of their items."""
    prose: list[Token] = []
    is_before = True
    for name, content in by_section(tokens):
        is_before = is_before and name not in lists
        if is_before:
            prose += content
        if name in lists:
            for item in items(content):
                if (words := count_words(item)) > ITEM_WORDS:
                    start = excerpt(" ".join(shown_texts(item)))
                    message = f"Shorten “{start}…” to {ITEM_WORDS} words; it has {words}."
                    yield style(field, message, is_error=False)
    if (words := count_words(without_tables(prose))) > PROSE_WORDS:
        message = f"Cut the prose before “## {lists[0]}” to {PROSE_WORDS} words; it has {words}."
        yield style(field, message, is_error=False)


def items(tokens: list[Token]) -> Iterator[list[Token]]:
    """Yield the tokens of each item of the outermost lists."""
    item: list[Token] = []
    for token in tokens:
        item.append(token)
        if token.type == "list_item_open" and token.level == 1:
            item = []
        elif token.type == "list_item_close" and token.level == 1:
            yield item


def without_tables(tokens: list[Token]) -> list[Token]:
    kept: list[Token] = []
    in_table = False
    for token in tokens:
        in_table = (in_table or token.type == "table_open") and token.type != "table_close"
        if not in_table:
            kept.append(token)
    return kept


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
        yield style(field, "Write nothing but links, one a line: - [Name of the page](https://…)")
    if len(links) not in LINKS:
        yield style(field, f"Give {LINKS[0]} to {LINKS[-1]} links; there are {len(links)}.")
    for link in links:
        if not link.startswith("https://"):
            yield style(field, f"Use an https address, not {link}")
    for link, count in Counter(link.rstrip("/") for link in links).items():
        if count > 1:
            yield style(field, f"Give each link once: {link}")


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
        yield style(field, "Write them in lower case.")
    if not keywords.strip():
        yield style(field, "Add other names that people search for.", is_error=False)
    elif not all(words):
        yield style(field, "Take out the comma without a word.", is_error=False)
    for word, count in Counter(words).items():
        if word and count > 1:
            yield style(field, f"Name “{word}” once.", is_error=False)


def check_verified(question: Question) -> Iterator[Problem]:
    if not question.verified_with:
        message = "Say what the answer was verified with, such as “CPython 3.13.0”."
        yield style("verified_with", message, is_error=False)
    if not question.verified_on:
        yield style("verified_on", "Say when the answer was verified.", is_error=False)
    # One day more: in another time zone it may be tomorrow already.
    elif question.verified_on > timezone.localdate() + timedelta(days=1):
        yield Problem("verified_on", "Give the day of the check; this one is to come.")


def check_text(field: str, source: str, tokens: list[Token]) -> Iterator[Problem]:
    """Check the rules that hold for every Markdown field."""
    yield from check_code(field, tokens)
    for tag in raw_html(source):
        yield Problem(field, f"Put {tag} into backquotes or take it out: HTML is not rendered.")
    for text in shown_texts(tokens, code=False):
        if leftover := LEFTOVER.search(text):
            yield Problem(field, f"Mend the Markdown near “{excerpt(text, leftover.start())}”.")
    yield from check_targets(field, tokens)
    for token, inside in pairwise(flat(tokens)):
        if token.type == "strong_open" and token.markup == "__" and NAME.fullmatch(inside.content):
            yield Problem(field, "Put names such as `__init__` into backquotes.")
    for token in flat(tokens):
        if token.type == "heading_open" and token.tag == "h1":
            yield style(field, "Begin headings with ## or more: # is the page's own.")
        elif token.type in {"math_inline", "math_block"}:
            message = f"Look at the formula “{excerpt(token.content)}”: its source is shown."
            yield style(field, message, is_error=False)
        elif token.type == "fence":
            yield from check_fence(field, token)


def check_targets(field: str, tokens: list[Token]) -> Iterator[Problem]:
    """Check where links and images of a text lead."""
    taken: set[str] = set()
    for token, inline in pairwise(tokens):
        if token.type == "heading_open":
            anchor(heading_text(inline), taken)
    for token in flat(tokens):
        address = unquote(str(token.attrGet("src" if token.type == "image" else "href") or ""))
        if token.type == "image" and is_ours(address):
            if not token.content.strip():
                yield Problem(field, f"Say in the text of the image {address} what it shows.")
            if is_missing(address):
                yield Problem(field, f"Add the file {address} to the static files: it is missing.")
        elif token.type == "image":
            message = f"Look at the image {address}: only a link to it is shown."
            yield style(field, message, is_error=False)
        elif token.type == "link_open" and address.startswith("#"):
            if address[1:].lower() not in {*taken, "top"}:
                yield style(field, f"Link to a heading of this text: none is called “{address}”.")
        elif token.type == "link_open" and leads_nowhere(address):
            yield style(field, f"Link to a page by its https address: “{address}” leads nowhere.")


def is_missing(address: str) -> bool:
    """Whether an address of ours names no static file; `/media/` is kept elsewhere."""
    name = address.removeprefix(settings.STATIC_URL)
    return name != address and finders.find(name) is None


def check_fence(field: str, fence: Token) -> Iterator[Problem]:
    if fence.info.split()[:1] == ["mermaid"]:
        message = "Look at the diagram in ```mermaid: its source is shown."
        yield style(field, message, is_error=False)
    for line in fence.content.splitlines():
        if len(line) > CODE_WIDTH:
            message = f"Break the line of {len(line)} characters of code: {line[:40]}…"
            yield style(field, f"{message} ({CODE_WIDTH} fit)")


def check_code(field: str, tokens: list[Token]) -> Iterator[Problem]:
    for token in flat(tokens):
        if token.type not in {"fence", "code_block", "code_inline"}:
            continue
        if found := BIDI_CONTROLS.search(token.content):
            near = BIDI_CONTROLS.sub("", excerpt(token.content, found.start())).strip()
            yield Problem(
                field,
                f"Take {unicodedata.name(found[0])} (U+{ord(found[0]):04X}) out of the code near "
                f"“{' '.join(near.split())}”: it is not shown as it runs.",
            )


@lru_cache(maxsize=1)
def html_parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True})


def raw_html(source: str) -> list[str]:
    tokens = flat(html_parser().parse(source))
    found = [token for token in tokens if token.type in {"html_block", "html_inline"}]
    html = [t.content for t in found if t.type == "html_block" or not is_rendered(t.content)]
    return [excerpt(tag.strip()) for tag in html]


def shown_texts(tokens: list[Token], *, code: bool = True) -> list[str]:
    """Return the pieces of text that a reader sees, without blocks of code."""
    wanted = {"text", "code_inline"} if code else {"text"}
    return [token.content for token in flat(tokens) if token.type in wanted and token.content]


def flat(tokens: list[Token]) -> list[Token]:
    return [child for token in tokens for child in (token, *(token.children or []))]


def excerpt(text: str, place: int = 0) -> str:
    """Return the text around a place, for a message."""
    return text[max(place - 20, 0) : place + 20]
