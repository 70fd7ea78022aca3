"""
What makes a page public: it is the same for everybody, so that it can be kept and shared.

The page cache (qabank/pagecache.py) asks Django for a public page with nothing but the host, the
path, the normalized query and whether htmx asks. A public view can't depend on anything else,
because nothing else reaches it.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

type View = Callable[..., HttpResponse]

# Always asked for again, and answered with 304 where nothing has changed. A CDN may meanwhile
# give what it has for some seconds, and for a day if the site is down.
SHARED = "public, max-age=0, stale-while-revalidate=10, stale-if-error=86400"

# Most CDNs ignore `Vary`, and would show a fragment to the next visitor as the page.
FRAGMENT = "private, max-age=0"

# Rendered for each request, because the view does more than to answer.
UNKEPT = "private, no-cache"


def no_parameters(query: QueryDict) -> str:
    return ""


def public_page(normalize: Callable[[QueryDict], str] = no_parameters) -> Callable[[View], View]:
    """
    Declare a view's page public.

    `normalize` returns a query with the parameters that the view reads, and no others; the view
    gets that query. Two queries that it makes equal share a page.
    """

    def decorate(view: View) -> View:
        @require_safe
        @wraps(view)
        def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            response = view(request, *args, **kwargs)
            response.headers.setdefault(
                "Cache-Control", FRAGMENT if wants_fragment(request.headers) else SHARED
            )
            patch_vary_headers(response, ["HX-Request", "Accept-Encoding"])
            return response

        page.normalize = normalize  # type: ignore[attr-defined]
        return page

    return decorate


def wants_fragment(headers: Mapping[str, str]) -> bool:
    """Whether htmx will swap the answer into a page that is there already."""
    return (
        headers.get("HX-Request") == "true"
        and headers.get("HX-Boosted") != "true"
        and headers.get("HX-History-Restore-Request") != "true"
    )
