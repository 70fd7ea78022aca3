"""What the pages' templates need beyond Django's own tags."""

import json
from collections.abc import Callable, Hashable, Iterable
from functools import lru_cache, wraps
from typing import Any
from urllib.parse import quote

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import get_script_prefix, reverse
from django.utils.safestring import SafeString, mark_safe

from questions import markdown as rendering
from questions.markdown import inline_code, plain
from questions.models import Category, Question
from questions.pages.entries import ClosedEntry, Entry, OpenEntry
from questions.pages.hits import Hit
from questions.pages.sections import Section
from questions.search.marks import END, START

register = template.Library()
register.filter(inline_code)
register.filter(plain)


def keeping[**Values, HTML](
    most: int,
) -> Callable[[Callable[Values, HTML]], Callable[Values, HTML]]:
    """
    Keep what a function makes of equal values: the `most` results that were used last.

    What it makes may hold addresses, so the script prefix that they begin with is a value too.
    """

    def decorate(render: Callable[Values, HTML]) -> Callable[Values, HTML]:
        @lru_cache(maxsize=most)
        def render_at(_prefix: str, *args: Values.args, **kwargs: Values.kwargs) -> HTML:
            return render(*args, **kwargs)

        @wraps(render)
        def kept(*args: Values.args, **kwargs: Values.kwargs) -> HTML:
            return render_at(get_script_prefix(), *args, **kwargs)  # type: ignore[arg-type]

        return kept

    return decorate


@register.filter
def markdown(source: str, heading_level: int = 2) -> SafeString:
    return rendering.render(source, heading_level)


@register.simple_tag
def answer(question: Question, heading_level: int = 2) -> SafeString:
    """Render a question's answer, with the mark of its check while that is of this very text."""
    mark = None
    if question.is_checked and question.checked_on:
        mark = rendering.Mark(question.checked_with, question.checked_on)
    return rendering.render(question.answer, heading_level, mark)


@register.simple_tag
def kept(template: str, **values: Hashable) -> SafeString:
    """
    Include a template that depends on nothing but these values.

    Its HTML is kept: most of a page that is rendered after an edit says what it said before.
    """
    if settings.DEBUG:
        return render_to_string(template, values)
    return render_kept(template, tuple(values.items()))


@keeping(64)  # 8 MB, where each is a section of twenty entries
def render_kept(template: str, values: tuple[tuple[str, Hashable], ...]) -> SafeString:
    return render_to_string(template, dict(values))


@register.simple_tag
def category_section(section: Section) -> SafeString:
    """Render a category of a list."""
    template = "questions/_section.html"
    if any(entry.is_open for entry in section.entries):
        return render_to_string(template, {"section": section})
    return kept(template, section=section)


@register.simple_tag
def entries(shown: Iterable[Entry]) -> SafeString:
    """Render the entries of a list, each with the whole answer if it is open."""
    return mark_safe("".join(map(entry, shown)))  # noqa: S308 (templates made it)


def entry(shown: Entry) -> str:
    if isinstance(shown, OpenEntry) or settings.DEBUG:
        return render_entry(shown)
    return render_closed_entry(shown)


@keeping(2048)
def render_closed_entry(shown: ClosedEntry) -> str:
    """Render a closed entry, which is most of what a list costs; the last 2,048 are kept."""
    return render_entry(shown)


@register.simple_tag
def hits(shown: Iterable[Hit]) -> SafeString:
    """Render what was found, each with the whole answer if it is open."""
    return mark_safe("".join(map(hit, shown)))  # noqa: S308 (templates made it)


SLOT = mark_safe("<slot></slot>")  # nothing that an editor writes can become this


def hit(shown: Hit) -> str:
    """Render a hit. Only its title and passage depend on what was searched for."""
    title, passage = (marked(inline_code(text)) for text in (shown.title, shown.passage))
    shown = shown._replace(title=title, passage=passage)
    if shown.is_open or settings.DEBUG:
        return render_entry(shown.entry, shown)
    before, between, after = around_hit(shown._replace(title=SLOT, passage=SLOT))
    return f"{before}{title}{between}{passage}{after}"


@keeping(1024)
def around_hit(shown: Hit) -> list[str]:
    """Return the HTML of a closed hit before its title, up to its passage, and after it."""
    return render_entry(shown.entry, shown).split(SLOT)


@register.simple_tag
def closed_body(slug: str, short_answer: str) -> SafeString:
    """Render what a closed entry holds: the short answer, and the way to the whole one."""
    return render_closed_body(slug, short_answer)


@keeping(2048)
def render_closed_body(slug: str, short_answer: str) -> SafeString:
    question = Question(slug=slug, short_answer=short_answer)
    return render_to_string("questions/_closed.html", {"question": question})


def render_entry(shown: Entry, hit: Hit | None = None) -> str:
    """Render an entry; what is said of a `hit` is HTML."""
    question = shown.question if isinstance(shown, OpenEntry) else question_of(shown)
    context = {
        "question": question,
        "title": hit.title if hit else inline_code(question.title),
        "hit": hit,
        "is_open": shown.is_open,
    }
    return render_to_string("questions/_entry.html", context)


def question_of(shown: ClosedEntry) -> Question:
    question = Question(
        category=Category(slug=shown.category),
        slug=shown.slug,
        title=shown.title,
        level=shown.level,
        short_answer=shown.short_answer,
    )
    question.number = shown.number
    return question


@register.filter
def markdown_links(source: str) -> SafeString:
    return rendering.render_links(source)


@register.filter
def markdown_text(source: str) -> str:
    return rendering.text(source)


def marked(html: SafeString) -> SafeString:
    """Put marks around the words that a search found, in text that is escaped already."""
    return mark_safe(html.replace(START, "<mark>").replace(END, "</mark>"))  # noqa: S308


@register.filter
def as_json(data: Any) -> SafeString:
    """Write `data` as JSON in which nothing can end the <script> element around it."""
    escapes = {ord(character): f"\\u{ord(character):04x}" for character in "<>&"}
    return mark_safe(json.dumps(data, ensure_ascii=False).translate(escapes))  # noqa: S308


@register.filter
def report_address(question: Question) -> str:
    """Return where a reader reports a problem with `question`; empty if nowhere is set."""
    version = f"{question.updated:%Y-%m-%dT%H:%M:%SZ}"
    address = settings.REPORT_URL.replace("{slug}", quote(question.slug))
    return str(address).replace("{version}", quote(version))


@register.simple_tag
def service_worker() -> str:
    """Return the service worker's address; empty if pages are not to be kept offline."""
    return reverse("service-worker") if settings.OFFLINE else ""
