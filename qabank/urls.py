"""The site at a glance."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from qabank import security_txt as security

handler500 = "qabank.unavailable.handler500"

urlpatterns = [
    path("", include("questions.urls")),
    path(".well-known/security.txt", security.contacts),
]
if settings.ADMIN_PATH:
    urlpatterns += [
        # Strangers get no navigation, nor the one script of it that has no integrity hash.
        path(
            f"{settings.ADMIN_PATH}login/",
            admin.site.login,
            {"extra_context": {"is_nav_sidebar_enabled": False}},
        ),
        path(settings.ADMIN_PATH, admin.site.urls),
    ]
