"""What the pages' templates need beyond Django's own tags."""

import re

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from questions import markdown as rendering

register = template.Library()


@register.filter
def markdown(source: str, heading_level: int = 2) -> SafeString:
    return rendering.render(source, heading_level)


@register.filter
def inline_code(title: str) -> SafeString:
    """Escape a title and set what stands in `backquotes` as code."""
    return mark_safe(re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(title)))  # noqa: S308


@register.filter
def plain(title: str) -> str:
    """Return a title without backquotes, for places that take text only."""
    return title.replace("`", "")
