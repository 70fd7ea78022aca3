"""
What an editor wrote and could not save, because the login had ended or changed meanwhile.

The form is kept in the session, through the login and the second factor, and shown again when its
page is opened next. Nothing is saved by that: the editor looks at it and presses Save.

Only a form that carries our stamp is kept: it was given to somebody who was logged in, for this
very address. So strangers can't fill the database, nobody else's text comes into an editor's form,
and forms with passwords, which have no stamp, are never kept.
"""

import secrets
from typing import Any

from django.contrib import admin, messages
from django.core import signing
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.csrf import csrf_failure as refuse

STAMP = "_editor"  # the field of a form that says to whom it was given, and where
KEY = "_unsaved"  # the field of a form that is shown again: which one it is
KEPT = "unsaved"  # in the session
FORMS_KEPT = 10  # in one session; older ones make room
MAX_AGE = 90 * 24 * 3600  # seconds that a form may stay open

type Kept = dict[str, Any]  # key, user, path, fields: values by name


def keep(request: Any) -> bool:
    """Keep a form whose POST was refused; return False if it is no form of an editor's."""
    try:
        stamp = request.POST.get(STAMP, "")
        user, path = signing.loads(stamp, salt=__name__, max_age=MAX_AGE)
    except signing.BadSignature:
        return False
    if path != request.path or request.user.pk not in {None, user}:
        return False
    fields = {
        name: values
        for name, values in request.POST.lists()
        if not name.startswith("_") and name != "csrfmiddlewaretoken"
    }
    others = [
        kept
        for kept in request.session.get(KEPT, [])
        if kept["key"] != request.POST.get(KEY) and (kept["path"], kept["fields"]) != (path, fields)
    ]
    kept = {"key": secrets.token_urlsafe(9), "user": user, "path": path, "fields": fields}
    request.session[KEPT] = [*others, kept][-FORMS_KEPT:]
    if not request.user.is_authenticated:
        messages.info(request, "You were logged out. What you wrote is kept for after the login.")
    return True


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form from before the last login: show it again with what was written."""
    if request.method == "POST" and keep(request):
        return redirect(request.get_full_path())
    return refuse(request, reason)


def kept_for(request: Any) -> Kept | None:
    """Return what the user last wrote at the requested address and could not save."""
    for kept in reversed(request.session.get(KEPT, [])):
        if (kept["path"], kept["user"]) == (request.path, request.user.pk):
            return kept  # type: ignore[no-any-return]
    return None


def data_of(kept: Kept) -> QueryDict:
    data = QueryDict(mutable=True)
    for name, values in kept["fields"].items():
        data.setlist(name, values)
    return data


def forget(request: Any) -> None:
    """Forget the kept form of which this is a new try: its text is saved, or shown again."""
    if key := request.POST.get(KEY):
        left = [kept for kept in request.session.get(KEPT, []) if kept["key"] != key]
        request.session[KEPT] = left


class UnsavedAdmin(admin.ModelAdmin):
    """Shows a form again that could not be saved."""

    class Media:
        css = {"all": ["css/admin.css"]}

    def changeform_view(
        self,
        request: Any,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = {"stamp": signing.dumps([request.user.pk, request.path], salt=__name__)}
        if request.method == "POST":
            forget(request)
            if "_discard" in request.POST:
                return redirect(request.get_full_path())
        else:
            context["unsaved"] = kept_for(request)  # type: ignore[assignment]
        context |= extra_context or {}
        return super().changeform_view(request, object_id, form_url, context)

    def get_form(
        self,
        request: HttpRequest,
        obj: Any = None,
        change: bool = False,  # noqa: FBT001, FBT002 (Django's signature)
        **kwargs: Any,
    ) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        kept = kept_for(request) if request.method == "GET" else None
        if kept is None:
            return form

        def with_kept_data(self: Any, **options: Any) -> None:
            form.__init__(self, data_of(kept), **options)

        return type(form.__name__, (form,), {"__init__": with_kept_data})
