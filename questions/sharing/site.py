"""The site's name, and its own pages: those that belong to no category and no question."""

from collections.abc import Callable
from typing import NamedTuple

from django.http import HttpResponse
from django.urls import reverse

type View = Callable[..., HttpResponse]

NAME = "QA Bank"
SUBJECT = "Advanced Python backend interview questions"


class Page(NamedTuple):
    view: View
    label: str  # of a link to the page
    title: str
    description: str  # one sentence, with its full stop

    @property
    def address(self) -> str:
        return reverse(self.view)


PAGES: list[Page] = []


def site_page(label: str, title: str, description: str) -> Callable[[View], View]:
    """
    Register a view as a page of the site.

    The page is then in the sitemap, in the footer's links and among what is kept for offline;
    site_page.html, which its template extends, gives it its title and description, and
    `<address>picture.png` is its picture. Its URL takes no parameters and is at most one folder
    deep.

    This decorator comes first: the view that it gets is the one that the URL names.
    """

    def register(view: View) -> View:
        PAGES.append(Page(view, label, title, description))
        return view

    return register


def page_at(address: str) -> Page | None:
    """Return the page of the site that has this address."""
    return next((page for page in PAGES if page.address == address), None)
