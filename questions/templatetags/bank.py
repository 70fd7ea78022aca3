"""What the pages' templates need beyond Django's own tags."""

import json
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import get_script_prefix, reverse
from django.utils.safestring import SafeString, mark_safe

from questions import markdown as rendering
from questions.markdown import inline_code, plain
from questions.models import Bank, Question
from questions.pages.entries import Entry
from questions.pages.filters import Filters
from questions.search.marks import END, START
from questions.sharing.site import written_in

PAGE_LEVEL = 2  # of the headings of an answer on the question's own page

register = template.Library()
register.filter(inline_code)
register.filter(plain)
register.filter(written_in)


@register.filter
def markdown(source: str, heading_level: int = 2) -> SafeString:
    return rendering.render(source, heading_level)


@register.simple_tag
def prompt(question: Question, heading_level: int = 2) -> SafeString:
    """Render what a question adds to its title; its outputs say that they were checked."""
    page = f"{question.slug}:prompt"
    return rendering.render(question.prompt, heading_level, question.output_check, page=page)


@register.simple_tag
def answer(question: Question, heading_level: int, follow_ups: str) -> SafeString:
    """
    Render a question's answer; its outputs say that they were checked, if this very text was.

    `follow_ups` is the bank's name for the section whose hints are folded.
    """
    check = question.output_check
    return rendering.render(question.answer, heading_level, check, follow_ups, question.slug)


@register.simple_tag
def outline(question: Question, follow_ups: str) -> list[tuple[str, str]]:
    """Return id and text of the headings in the answer on the question's own page."""
    return rendering.headings(answer(question, PAGE_LEVEL, follow_ups))


@register.filter
def questions(number: int, is_cut: bool) -> SafeString:  # noqa: FBT001 (templates name none)
    """Write a number of questions, with a plus if there may be more; the unit is not seen."""
    more = "+" if is_cut else ""
    unit = "question" if number == 1 else "questions"
    return mark_safe(f'{number}{more}<span class="visually-hidden"> {unit}</span>')  # noqa: S308


@register.simple_tag
def query(filters: Filters, **changes: object) -> str:
    """Write an address's query, `?` included, that asks for `filters` with some fields changed."""
    return filters.query(**changes)


@register.simple_tag
def entries(shown: Iterable[Entry], bank: Bank) -> SafeString:
    """Render the entries of a list. Closed ones, most of what a list costs, are cached."""
    prefix, is_cached = get_script_prefix(), not settings.DEBUG
    return mark_safe(  # noqa: S308 (templates made it)
        "".join(
            render_closed_entry(entry, bank.language, prefix)
            if is_cached and not entry.is_open
            else render_entry(entry, bank.language, bank)
            for entry in shown
        )
    )


@lru_cache(maxsize=2048)  # 3 kB each, and twice that with an emoji
def render_closed_entry(entry: Entry, language: str, script_prefix: str) -> str:
    """Render an entry, whose addresses begin with `script_prefix`, of a bank in `language`."""
    return render_entry(entry, language)


def render_entry(entry: Entry, language: str, bank: Bank | None = None) -> str:
    """Render an entry. An open one shows the answer, whose sections `bank` names."""
    context = {"entry": entry, "language": language, "bank": bank}
    return render_to_string("questions/_entry.html", context)


@register.filter
def markdown_links(source: str) -> SafeString:
    return rendering.render_links(source)


@register.filter
def markdown_text(source: str) -> str:
    return rendering.text(source)


@register.filter
def marked(html: SafeString) -> SafeString:
    """Put marks around the words that a search found, in text that is escaped already."""
    return mark_safe(re.sub(f"{START}(.*?){END}", r"<mark>\1</mark>", html))  # noqa: S308


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
