"""
The pages of the site that belong to no category and no question, registered by `site_page`.

And the context processor by which each template has the bank.
"""

from collections.abc import Callable
from typing import NamedTuple

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from questions.models import Bank
from questions.pagecache.public import View

INTERFACE_LANGUAGE = "en"

type Text = str | Callable[[Bank], str]  # a function where the text comes from the bank


def bank(request: HttpRequest) -> dict[str, "SimpleLazyObject[Bank]"]:
    """Give each template the `bank`: one query where a template reads it, and none elsewhere."""
    return {"bank": SimpleLazyObject(Bank.objects.current)}


def written_in(language: str) -> SafeString:
    """Return the attributes of an element that holds what editors wrote, in the language given."""
    if language.lower() == INTERFACE_LANGUAGE:
        return mark_safe('dir="auto"')
    return format_html('lang="{}" dir="auto"', language)


class Head(NamedTuple):
    """What a page says of itself."""

    title: str
    description: str


class SitePage(NamedTuple):
    view: View
    label: str  # of a link to the page
    title: Text
    description: Text  # one sentence, with its full stop

    @property
    def address(self) -> str:
        return reverse(self.view)

    def head(self, bank: Bank) -> Head:
        title, description = (
            text(bank) if callable(text) else text for text in (self.title, self.description)
        )
        return Head(title, description)


PAGES: list[SitePage] = []


def site_page(label: str, title: Text, description: Text) -> Callable[[View], View]:
    """
    Register a view as a page of the site.

    The page is then in the sitemap, in the footer's links and among what is kept for offline, and
    `<address>picture.png` is its picture. Its template extends site_page.html, which has its title
    and description, or says both itself. Its URL takes no parameters and is at most one folder
    deep.

    This decorator comes first: the view that it gets is the one that the URL names.
    """

    def register(view: View) -> View:
        PAGES.append(SitePage(view, label, title, description))
        return view

    return register


def page_of(view: View) -> SitePage | None:
    """Return the page of the site that this view makes."""
    return next((page for page in PAGES if page.view is view), None)
