"""The site at a glance."""

from collections.abc import Iterable, Iterator

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from qabank import security_txt as security
from qabank.environment import Misconfigured

handler500 = "qabank.unavailable.handler500"


def first_folders(patterns: Iterable[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = f"{before}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from first_folders(pattern.url_patterns, route)
        else:
            yield route.partition("/")[0]


urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("questions.urls")),
    path(".well-known/security.txt", security.contacts),
]
if settings.ADMIN_PATH:
    # Static files and the probes are in no list of URLs.
    taken = {"static", "healthz", "readyz", "metrics", *first_folders(urlpatterns)}
    if (folder := settings.ADMIN_PATH.partition("/")[0]) in taken:
        raise Misconfigured(f"ADMIN_PATH may not begin with {folder}, where the site has pages.")
    urlpatterns += [
        # Strangers get no navigation, nor the one script of it that has no integrity hash.
        path(
            f"{settings.ADMIN_PATH}login/",
            admin.site.login,
            {"extra_context": {"is_nav_sidebar_enabled": False}},
        ),
        path(settings.ADMIN_PATH, admin.site.urls),
    ]
