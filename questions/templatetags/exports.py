"""The formats in which a list can be taken along."""

from django import template

from questions.exports.views import FORMATS

register = template.Library()


@register.simple_tag
def export_formats() -> list[tuple[str, str]]:
    """Return the extension of each format, and what its link says."""
    return [(extension, of_file.name) for extension, of_file in FORMATS.items()]
