"""
A second factor beside the password, for the admin.

An editor who has set one up is asked for a code at each login. With REQUIRE_SECOND_FACTOR all
others have to set one up at their next login. django-otp throttles wrong codes, django-axes wrong
passwords.
"""

import re
from base64 import b32encode
from typing import Any, cast

import segno
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth import logout
from django.contrib.auth.models import User
from django.contrib.auth.views import RedirectURLMixin, redirect_to_login
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django_otp import login as mark_verified
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from qabank.lockout import in_words

RECOVERY_CODES = 8


class SecondFactorSite(AdminSite):
    """Django's admin site, closed to a user who still has to give a code."""

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and not lacks_code(request)

    def get_urls(self) -> list[URLResolver | URLPattern]:
        return [
            # Not wrapped in admin_view, which sends everybody without a code here.
            path("second-factor/", self.second_factor, name="second_factor"),
            *super().get_urls(),
        ]

    @method_decorator(never_cache)
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if super().has_permission(request) and lacks_code(request):
            query = request.GET.urlencode()
            return redirect(reverse("admin:second_factor") + (f"?{query}" if query else ""))
        return super().login(request, extra_context)

    @method_decorator([never_cache, csrf_protect, sensitive_post_parameters("code")])
    def second_factor(self, request: HttpRequest) -> HttpResponse:
        """Ask for the code, set the second factor up, or manage it, as the user needs."""
        if not super().has_permission(request):
            return redirect_to_login(request.get_full_path(), reverse("admin:login"))
        if "log_out" in request.POST:
            logout(request)
            return redirect("admin:login")
        # One request of a user at a time: two that set the factor up would each make a device.
        with transaction.atomic():
            users = User.objects.select_for_update(no_key=True)
            user = get_object_or_404(users, pk=request.user.pk)
            device = confirmed_device(user)
            if device is None:
                return self.set_up(request, user)
            if lacks_code(request):
                return self.ask(request, user)
            return self.manage(request, user, device)

    def ask(self, request: HttpRequest, user: User) -> HttpResponse:
        form = CodeForm(user, request.POST or None)
        if form.is_valid():
            mark_verified(request, form.device)
            return redirect(destination(request))
        return self.answer(request, "Second factor", "ask", form=form)

    def set_up(self, request: HttpRequest, user: User) -> HttpResponse:
        # An older release, asked twice at once, made two: the first will do.
        device = TOTPDevice.objects.filter(user=user, confirmed=False).first()
        if device is None:
            device = TOTPDevice.objects.create(user=user, confirmed=False, name="Authenticator app")
        form = CodeForm(user, request.POST or None, device=device)
        if form.is_valid():
            device.confirmed = True
            device.save(update_fields=["confirmed"])
            mark_verified(request, device)
            return self.show_recovery_codes(request, user)
        qr_code = segno.make(device.config_url).svg_inline(scale=4, dark="#000", light="#fff")
        return self.answer(
            request,
            "Set up a second factor",
            "set_up",
            form=form,
            is_required=settings.REQUIRE_SECOND_FACTOR,
            qr_code=mark_safe(qr_code),  # noqa: S308 (drawn from our own data)
            secret=b32encode(device.bin_key).decode(),
            address=device.config_url,
        )

    def manage(self, request: HttpRequest, user: User, device: TOTPDevice) -> HttpResponse:
        if "new_codes" in request.POST:
            return self.show_recovery_codes(request, user)
        if "turn_off" in request.POST and not settings.REQUIRE_SECOND_FACTOR:
            TOTPDevice.objects.filter(user=user).delete()
            StaticDevice.objects.filter(user=user).delete()
            messages.success(request, "The second factor is off.")
            return redirect("admin:index")
        return self.answer(
            request,
            "Second factor",
            "manage",
            device=device,
            codes_left=StaticToken.objects.filter(device__user=user).count(),
            is_required=settings.REQUIRE_SECOND_FACTOR,
        )

    def show_recovery_codes(self, request: HttpRequest, user: User) -> HttpResponse:
        """Replace the recovery codes; this is the only time that they are shown."""
        StaticDevice.objects.filter(user=user).delete()
        device = StaticDevice.objects.create(user=user, name="Recovery codes")
        codes = [StaticToken.random_token() for _ in range(RECOVERY_CODES)]
        for code in codes:
            device.token_set.create(token=code)
        return self.answer(
            request, "Recovery codes", "codes", codes=codes, next=destination(request)
        )

    def answer(
        self, request: HttpRequest, title: str, step: str, **context: Any
    ) -> TemplateResponse:
        context |= {**self.each_context(request), "title": title, "step": step}
        if not context["has_permission"]:
            context["is_nav_sidebar_enabled"] = False
        return TemplateResponse(request, "admin/second_factor.html", context)


def lacks_code(request: HttpRequest) -> bool:
    """Whether a user who gave the password still has to give a code or set the factor up."""
    user = cast(Any, request.user)
    if user.is_verified():
        return False
    return settings.REQUIRE_SECOND_FACTOR or confirmed_device(user) is not None


def confirmed_device(user: User) -> TOTPDevice | None:
    """Return the user's authenticator app; None until a first code has confirmed it."""
    return TOTPDevice.objects.filter(user=user, confirmed=True).first()


def destination(request: HttpRequest) -> str:
    """Return the address in `next` if it is one of this site, or else the admin's first page."""
    view = RedirectURLMixin()
    view.request = request  # type: ignore[attr-defined]
    return view.get_redirect_url() or reverse("admin:index")


def refusal(device: TOTPDevice | StaticDevice) -> dict[str, Any] | None:
    """Return why a device takes no code now, after too many wrong ones; None if it does."""
    why: dict[str, Any] | None = device.verify_is_allowed()[1]
    return why


class CodeForm(forms.Form):
    """Takes a code of the app, or a recovery code. Each works once."""

    code = forms.CharField(
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True}),
    )

    device: TOTPDevice | StaticDevice  # whose code it was; set when the form is valid

    def __init__(self, user: User, data: Any = None, device: TOTPDevice | None = None) -> None:
        """Take codes of `device` only; without it, of the devices that the user has set up."""
        super().__init__(data)
        self.user = user
        self.only_device = device

    def clean_code(self) -> str:
        code = re.sub(r"[\s-]", "", self.cleaned_data["code"]).lower()
        devices = self.devices_for(code)
        right = next((device for device in devices if device.verify_token(code)), None)
        if right is None:
            if ends := [why["locked_until"] for why in map(refusal, devices) if why]:
                when = in_words(max(ends), timezone.now())
                message = f"That code is wrong. Wait a little: you can try again {when}."
                raise ValidationError(message)
            raise ValidationError("That code is wrong. Is the clock of your phone right?")
        self.device = right
        return code

    def devices_for(self, code: str) -> list[TOTPDevice | StaticDevice]:
        """
        Return the devices that can judge the code, locked until the transaction ends.

        Under the lock each code works once, and the throttle counts each wrong one.
        """
        if self.only_device:
            return list(TOTPDevice.objects.select_for_update().filter(pk=self.only_device.pk))
        is_from_app = code.isascii() and code.isdecimal()
        model: type[TOTPDevice | StaticDevice] = TOTPDevice if is_from_app else StaticDevice
        devices = model.objects.select_for_update().filter(user=self.user, confirmed=True)
        return list(devices.order_by("pk"))
