"""
Public pages: the same for everybody, so that they can be cached and shared.

The page cache (`cache.py`) asks Django for a public page with nothing but the scheme, the host, the
path, the normalized query and whether htmx asks. A public view can't depend on anything else,
because nothing else reaches it.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import wraps
from typing import Any

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

type View = Callable[..., HttpResponse]

# A browser asks again each time, and gets a 304 where nothing has changed. A CDN may answer with
# what it has for ten seconds while it asks, and for a day while the site is down.
SHARED = "public, max-age=0, stale-while-revalidate=10, stale-if-error=86400"

# Most CDNs ignore `Vary`, and would serve a fragment as the page.
FRAGMENT = "private, max-age=0"

# For a view that does more than answer: the page cache does not store the page.
UNCACHED = "private, no-cache"


def no_parameters(query: QueryDict) -> str:
    return ""


def public_page(
    normalize: Callable[[QueryDict], str] = no_parameters, *, from_bank: bool = True
) -> Callable[[View], View]:
    """
    Declare a view's page public.

    All queries of the view see one state of the database. A view that is not `from_bank` makes no
    query, so that it answers without a database too, or takes its snapshot() itself.

    `normalize` returns the query with only the parameters that the view reads; the view gets that
    query. Requests whose normalized queries are equal share a page.
    """

    def decorate(view: View) -> View:
        @require_safe
        @wraps(view)
        def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            with snapshot() if from_bank else nullcontext():
                response = view(request, *args, **kwargs)
            response.headers.setdefault(
                "Cache-Control", FRAGMENT if wants_fragment(request.headers) else SHARED
            )
            patch_vary_headers(response, ["HX-Request", "Accept-Encoding"])
            return response

        page.normalize = normalize  # type: ignore[attr-defined]
        return page

    return decorate


@contextmanager
def snapshot() -> Iterator[None]:
    """
    Let all queries inside see one state of the database, whatever is committed meanwhile.

    On SQLite the transaction is deferred. settings.py makes all others take the lock for writing
    when they begin, and a page must not wait for a refresh.
    """
    if connection.in_atomic_block:
        yield  # too late to choose the kind of transaction
        return
    if connection.vendor == "sqlite":
        connection.ensure_connection()  # it reads the setting
        database: Any = connection
        mode, database.transaction_mode = database.transaction_mode, "DEFERRED"
        try:
            with transaction.atomic():
                database.transaction_mode = mode
                yield
        finally:
            database.transaction_mode = mode
    else:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield


def wants_fragment(headers: Mapping[str, str]) -> bool:
    """Whether htmx will swap the answer into the page that the visitor has."""
    return (
        headers.get("HX-Request") == "true"
        and headers.get("HX-Boosted") != "true"
        and headers.get("HX-History-Restore-Request") != "true"
    )
