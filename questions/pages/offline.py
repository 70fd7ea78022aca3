"""Reading without a connection: the service worker, its pages, and what makes up the bank."""

import functools
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.forms.models import model_to_dict
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import cache_control

from questions.models import Bank, Category, Question
from questions.pagecache.public import public_page
from questions.pages.filters import Filters
from questions.pages.sections import PAGE_LENGTH, page_length, section_length
from questions.sharing import site

# How a template names a static file. Each name is written out: none is in a variable.
NAMED = re.compile(
    r"""\{%\s*(?:address|static|stylesheet|script|modulepreload|module\s+["'][\w-]+["'])\s+["']([^"']+)"""
)

# A browser asks for each question twice, as a page and as a part of the list.
MOST_QUESTIONS = 5_000

revalidated = cache_control(no_cache=True)


@public_page(from_bank=False)
@revalidated
def service_worker(request: HttpRequest) -> HttpResponse:
    """
    Answer with the worker, or with one that removes itself where settings.OFFLINE is off.

    Browsers compare it byte by byte at each visit: it changes when a file or the offline page
    does, and the browser then installs it anew.
    """
    if not settings.OFFLINE:
        return render(request, "service-worker-off.js", content_type="text/javascript")
    assets = asset_addresses()
    context = {"release": digest(offline_page(request), *assets), "assets": assets}
    return render(request, "service-worker.js", context, content_type="text/javascript")


@public_page(from_bank=False)
def page(request: HttpRequest) -> HttpResponse:
    """Answer with what the worker shows in place of a page that it does not have."""
    return HttpResponse(offline_page(request))


def offline_page(request: HttpRequest) -> str:
    # A browser keeps it for as long as the worker: it names no bank, which may have another name
    # by then.
    return render_to_string("offline.html", {"bank": None}, request)


@public_page()
@revalidated
def bank(request: HttpRequest) -> JsonResponse:
    """List the addresses that make up the whole bank, and the version that they belong to."""
    categories = Category.objects.shown()
    count = sum(category.question_count for category in categories)
    if count > MOST_QUESTIONS:
        return JsonResponse({"too_large": True})
    slugs = Question.objects.published().order_by("slug").values_list("slug", flat=True)
    questions = [reverse("question", args=[slug]) for slug in slugs]
    pages = [
        *(page.address for page in site.PAGES),
        *list_pages(categories),
        *questions,
    ]
    assets = asset_addresses()
    named = [f"{c.slug} {c.name} {c.emoji} {c.description} {c.position}" for c in categories]
    said = str(model_to_dict(Bank.objects.current()))
    changed = Question.objects.published().last_change()
    return JsonResponse(
        {
            "version": digest(str(changed), said, *named, *pages, *assets),
            "pages": pages,
            "answers": questions,  # as parts of a list
            "assets": assets,
        }
    )


def list_pages(categories: list[Category]) -> Iterator[str]:
    """Yield the addresses of the categories' lists, and of all that "Show more" leads to."""
    on_home = section_length([category.question_count for category in categories])
    for category in categories:
        address = category.get_absolute_url()
        yield address
        for first in {on_home, PAGE_LENGTH}:
            start = first + 1
            while start <= category.question_count:
                yield address + Filters(start=start).query()
                start += page_length(start)


@public_page()
def manifest(request: HttpRequest) -> JsonResponse:
    """Describe the site to a device that installs it."""

    def icon(name: str, sizes: str, **more: Any) -> dict[str, Any]:
        return {"src": static(f"img/{name}"), "sizes": sizes, "type": "image/png", **more}

    bank = Bank.objects.current()
    return JsonResponse(
        {
            "name": bank.name,
            "short_name": bank.name,
            "description": bank.title,
            "lang": bank.language,
            "dir": "auto",
            "id": "/",
            "start_url": reverse("home"),
            "scope": reverse("home"),
            "display": "standalone",
            "background_color": "#fcfcfd",
            "theme_color": "#fcfcfd",
            "icons": [
                icon("icon-192.png", "192x192"),
                icon("icon-512.png", "512x512"),
                icon("icon-maskable-512.png", "512x512", purpose="maskable"),
            ],
        },
        content_type="application/manifest+json",
    )


def asset_addresses() -> list[str]:
    """Return the addresses of the files that pages need, which are hashed: a change moves them."""
    return [static(name) for name in asset_names()]


@functools.cache
def asset_names() -> list[str]:
    """Return the static files that the public pages' templates name, read once per process."""
    templates: Path = settings.BASE_DIR / "templates"
    admin = templates / "admin"
    files = [file for file in templates.rglob("*.html") if admin not in file.parents]
    return sorted({name for file in files for name in NAMED.findall(file.read_text())})


def digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
