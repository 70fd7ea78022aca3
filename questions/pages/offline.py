"""Reading without a connection: the service worker, its pages, and what makes up the bank."""

import hashlib
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import cache_control

from questions.models import Category, Question
from questions.pagecache.public import public_page

# What each page needs. Names are hashed: a changed file has another address.
ASSETS = [
    "css/site.css",
    "img/icon.svg",
    "js/bank.js",
    "js/keep.js",
    "js/keyboard.js",
    "js/site.js",
    "django_htmx/htmx-2.min.js",
]

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
    offline_page = render_to_string("offline.html", request=request)
    assets = asset_addresses()
    context = {"release": digest(offline_page, *assets), "assets": assets}
    return render(request, "service-worker.js", context, content_type="text/javascript")


@public_page(from_bank=False)
def page(request: HttpRequest) -> HttpResponse:
    """Answer with what the worker shows in place of a page that it does not have."""
    return render(request, "offline.html")


@public_page()
@revalidated
def bank(request: HttpRequest) -> JsonResponse:
    """List the addresses that make up the whole bank, and the version that they belong to."""
    categories = Category.objects.counted()
    count = sum(category.question_count for category in categories)
    if count > MOST_QUESTIONS:
        return JsonResponse({"too_large": True})
    slugs = Question.objects.published().order_by("slug").values_list("slug", flat=True)
    questions = [reverse("question", args=[slug]) for slug in slugs]
    assets = asset_addresses()
    named = [f"{c.slug} {c.name} {c.emoji} {c.description} {c.position}" for c in categories]
    changed = Question.objects.published().last_change()
    return JsonResponse(
        {
            "version": digest(str(changed), *named, *questions, *assets),
            "pages": [
                reverse("home"),
                *(category.get_absolute_url() for category in categories),
                *questions,
            ],
            "answers": questions,  # as parts of a list
            "assets": assets,
        }
    )


@public_page(from_bank=False)
def manifest(request: HttpRequest) -> JsonResponse:
    """Describe the site to a device that installs it."""

    def icon(name: str, sizes: str, **more: Any) -> dict[str, Any]:
        return {"src": static(f"img/{name}"), "sizes": sizes, "type": "image/png", **more}

    return JsonResponse(
        {
            "name": "QA Bank",
            "short_name": "QA Bank",
            "description": "Advanced Python backend interview questions",
            "id": "/",
            "start_url": reverse("home"),
            "scope": reverse("home"),
            "display": "standalone",
            "background_color": "#fbfcfe",
            "theme_color": "#fbfcfe",
            "icons": [
                icon("icon-192.png", "192x192"),
                icon("icon-512.png", "512x512"),
                icon("icon-maskable-512.png", "512x512", purpose="maskable"),
            ],
        },
        content_type="application/manifest+json",
    )


def asset_addresses() -> list[str]:
    return [static(name) for name in ASSETS]


def digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
