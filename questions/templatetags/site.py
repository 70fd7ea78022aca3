"""The pages of the site, for the heads of their own templates and the footer of every page."""

from django import template
from django.template import Context

from questions.sharing import site

register = template.Library()


@register.simple_tag
def site_pages() -> list[tuple[str, str]]:
    """Return the address and the label of each page, for links to them."""
    return [(page.address, page.label) for page in site.PAGES]


@register.simple_tag(takes_context=True)
def site_page(context: Context) -> site.Head | None:
    """Return what the page that is asked for says of itself, if it is one of the site's own."""
    page = site.page_of(context["request"].resolver_match.func)
    return page.head(context["bank"]) if page else None
