"""What the pages' templates need beyond Django's own tags."""

import re

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from questions import markdown as rendering
from questions.models import Question

register = template.Library()


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


@register.filter
def inline_code(title: str) -> SafeString:
    """Escape a title and set what stands in `backquotes` as code."""
    return mark_safe(re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(title)))  # noqa: S308


@register.filter
def plain(title: str) -> str:
    """Return a title without backquotes, for places that take text only."""
    return title.replace("`", "")
