"""The admin site: which apps its index lists, and what all of its pages have in common."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

from qabank.admin_lists import OfferedListAdmin
from qabank.second_factor import SecondFactorSite
from questions.admin import unsaved

APP_NAMES = {
    "axes": "Locks after wrong passwords",
    "otp_static": "Second factor: recovery codes",
    "otp_totp": "Second factor: authenticator apps",
}
FIRST_APPS = ["questions", "auth"]  # of the admin's index; the others follow by name


class BankAdminSite(SecondFactorSite):
    """The admin of the bank, of accounts, and of what keeps strangers out of it."""

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Give each admin, those of other packages too, lists that answer only what they offer."""
        bases = (OfferedListAdmin, admin_class or ModelAdmin)
        super().register(model_or_iterable, type(bases[1].__name__, bases, {}), **options)

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[dict[str, Any]]:
        """Return what the index lists: the bank first, then accounts, then locks and devices."""

        def place(app: dict[str, Any]) -> int:
            label = app["app_label"]
            return FIRST_APPS.index(label) if label in FIRST_APPS else len(FIRST_APPS)

        apps = sorted(super().get_app_list(request, app_label), key=place)
        return [app | {"name": APP_NAMES.get(app["app_label"], app["name"])} for app in apps]

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:  # noqa: FBT001, FBT002
        answer = super().admin_view(refuse_impossible_numbers(view), cacheable)

        @wraps(answer)
        def keep_and_answer(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if request.method == "POST" and not self.has_permission(request):
                is_kept = unsaved.keep(request)  # and shown again after the login
                is_logged_out = not cast(Any, request.user).is_authenticated
                # The script of the preview asks for JSON, again and again.
                if is_logged_out and not is_kept and request.accepts("text/html"):
                    messages.warning(request, "You were logged out, so nothing was done.")
            return answer(request, *args, **kwargs)

        return keep_and_answer


def refuse_impossible_numbers(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """
    Answer with 400 where a number that was sent can't be true.

    Either SQLite can't hold it, where PostgreSQL finds nothing; or a form claims more rows than it
    has fields, and Django would make a form for each, up to two thousand.
    """

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        for name in request.POST:
            rows = str(request.POST[name])[:10] if name.endswith("-TOTAL_FORMS") else ""
            if re.fullmatch(r"\d+", rows, re.ASCII) and int(rows) > len(request.POST):
                raise BadRequest("A form has fewer rows than it says.")
        try:
            return view(request, *args, **kwargs)
        except OverflowError as error:
            raise BadRequest("A number is larger than the database can hold.") from error

    return answer
