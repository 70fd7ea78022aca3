"""
Every address of the site, as the URLconf has it.

A page that a browser can show is registered once, by `site_page`, and then found everywhere; a page
that is not is a fault, unless EXCEPTIONS says why.
"""

from collections.abc import Iterator
from types import ModuleType
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, path

from qabank import urls
from questions.pagecache.public import public_page
from questions.sharing import site
from questions.sharing.site import site_page
from tests.html import one, page, parse, select, text

pytestmark = pytest.mark.usefixtures("bank")

# What stands for the parameters of a route: one page of the shipped bank for all of its kind.
EXAMPLES = {
    "categories/<slug:slug>/": "categories/architecture/",
    "questions/<slug:slug>/": "questions/gil/",
    "sitemap-<slug:section>.xml": "sitemap-pages.xml",
    "export/questions.<slug:extension>": "export/questions.json",
}

EXCEPTIONS = {
    "/<slug:slug>/picture.png": "which pages have such a picture, site_page says",
    "/offline/": "the service worker keeps it, and shows it in place of a page that is not kept",
}


@pytest.fixture(autouse=True)
def with_everything_on(settings: Any) -> None:
    settings.OFFLINE = True
    settings.SECURITY_CONTACTS = ["mailto:security@example.org"]


def test_every_public_page_is_found_everywhere(client: Client) -> None:
    assert list(faults(client)) == []


def test_a_page_that_is_registered_needs_nothing_else(
    client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site, "PAGES", [*site.PAGES])
    settings.ROOT_URLCONF = with_page("sample/", sample_page("A page & its title"))
    assert list(faults(client)) == []
    assert "/sample/" in list(addresses())
    assert text(one(page(client, "/sample/"), "title")) == "A page & its title · QA Bank"


def test_a_page_with_the_title_of_another_one_is_noticed(
    client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site, "PAGES", [*site.PAGES])
    settings.ROOT_URLCONF = with_page("sample/", sample_page("Progress"))
    assert list(faults(client)) == [
        "/sample/: has no title of its own",
        "/progress/: has no title of its own",
    ]


def test_a_page_that_is_registered_nowhere_is_noticed(client: Client, settings: Any) -> None:
    @public_page(from_bank=False)
    def stray(request: HttpRequest) -> HttpResponse:
        return HttpResponse("<!DOCTYPE html><title>QA Bank</title><script src=/static/x.js>")

    settings.ROOT_URLCONF = with_page("stray/", stray)
    assert [fault.removeprefix("/stray/: ") for fault in faults(client)] == [
        "is in no sitemap",
        "has no title of its own",
        "has no canonical address",
        "has no picture",
        "is not kept for offline",
        "needs /static/x.js, which is not kept",
        "is linked from no other page",
    ]


def sample_page(title: str) -> Any:
    """Return a view that is registered as a page of the site."""
    source = '{% extends "site_page.html" %}{% block content %}<h1>A sample</h1>{% endblock %}'

    @site_page("A sample", title=title, description="Says what it is.")
    @public_page()
    def sample(request: HttpRequest) -> HttpResponse:
        return HttpResponse(engines["django"].from_string(source).render({}, request))

    return sample


def with_page(route: str, view: Any) -> ModuleType:
    """Return the site's URLconf with one more page."""
    module: Any = ModuleType("urls")
    module.urlpatterns = [path(route, view), *urls.urlpatterns]
    return module  # type: ignore[no-any-return]


def addresses() -> Iterator[str]:
    """Yield an address for each route outside of the admin."""
    for route in routes(get_resolver().url_patterns):
        kind = next((kind for kind in EXAMPLES if route.startswith(kind)), "")
        yield f"/{EXAMPLES.get(kind, '')}{route.removeprefix(kind)}"


def routes(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = f"{before}{pattern.pattern}"
        if isinstance(pattern, URLPattern):
            if not route.startswith("admin/"):
                yield route
        elif pattern.app_name != "admin":
            yield from routes(pattern.url_patterns, route)


def faults(client: Client) -> Iterator[str]:
    """Yield a line for everything that a page lacks."""
    answers = {address: client.get(address) for address in addresses() if address not in EXCEPTIONS}
    for address, answer in answers.items():
        if answer.status_code not in (200, 302):
            yield f"{address}: answers {answer.status_code}"
    pages = {
        address: parse(answer.content)
        for address, answer in answers.items()
        if answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html")
    }
    listed = in_sitemaps(client)
    kept = client.get("/offline.json").json()
    titles = {address: text(one(html, "title")) for address, html in pages.items()}
    links = {address: {a.get("href") for a in select(html, "a")} for address, html in pages.items()}
    for address, html in pages.items():
        others = [title for other, title in titles.items() if other != address]
        if address not in listed:
            yield f"{address}: is in no sitemap"
        if titles[address].removesuffix("QA Bank") in ("", "· ") or titles[address] in others:
            yield f"{address}: has no title of its own"
        canonical = [link.get("href") for link in select(html, "link[rel=canonical]")]
        if canonical != [f"http://testserver{address}"]:
            yield f"{address}: has no canonical address"
        pictures = [meta.get("content", "") for meta in select(html, "meta[property=og:image]")]
        if [client.get(picture).headers["Content-Type"] for picture in pictures] != ["image/png"]:
            yield f"{address}: has no picture"
        if address not in kept["pages"]:
            yield f"{address}: is not kept for offline"
        for element in html.iter():
            for value in element.attrib.values():
                if value.startswith("/static/") and value not in kept["assets"]:
                    yield f"{address}: needs {value}, which is not kept"
        if not any(address in links[other] for other in pages if other != address):
            yield f"{address}: is linked from no other page"


def in_sitemaps(client: Client) -> set[str]:
    """Return the address, without its host, of each page that a sitemap names."""
    return {
        location.removeprefix("http://testserver")
        for sitemap in locations(client, "/sitemap.xml")
        for location in locations(client, sitemap)
    }


def locations(client: Client, sitemap: str) -> list[str]:
    tree = ET.fromstring(client.get(sitemap).content)  # noqa: S314 (our own)
    return [str(location.text) for location in tree.iter() if location.tag.endswith("}loc")]
