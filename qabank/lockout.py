"""
What happens to passwords that are tried: counted by address, and checked one at a time.

settings.AXES_FAILURE_LIMIT says how many wrong ones an address may try.

django-axes keeps the count and refuses an address that has used it up, but it counts a wrong
password only after it was checked: of eighty that come at once, eighty are checked. Here each try
is counted first, in the database, which all processes share, and taken back if it was right.
"""

import logging
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, models, transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format

from questions.amounts import amount

logger = logging.getLogger(__name__)

MINUTE = 60  # seconds
DAY = 24 * 60  # minutes
PATIENCE = 5  # seconds; a worker that stops finishes what it has begun in 8

# A check of a password takes a core for half a second on purpose. One runs at a time in each
# process; up to LOGINS_WAITING others wait for it, and the rest is refused at once.
places = threading.BoundedSemaphore(1 + settings.LOGINS_WAITING)
checking = threading.BoundedSemaphore(1)


class CountingBackend(ModelBackend):
    """Django's check of a password, which is counted before it is made."""

    def authenticate(
        self,
        request: Any,  # an HttpRequest, in which django-axes and we leave notes
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        if request is None or username is None or password is None:
            return None
        with turn() as has_come:
            if not has_come:
                request.login_is_busy = request.axes_locked_out = True
                raise PermissionDenied("Too many passwords are being checked.")
            tries = count(request, username)
            # The answer to the last one is the page that says so, unless it was right.
            request.axes_locked_out = tries >= settings.AXES_FAILURE_LIMIT
            if tries > settings.AXES_FAILURE_LIMIT:
                raise PermissionDenied("Others from this address tried at the same time.")
            user = super().authenticate(request, username, password, **kwargs)
            if user:
                take_back(request, username)
                request.axes_locked_out = False
            elif request.axes_locked_out:
                logger.warning("An address is refused after %d wrong passwords.", tries)
            return user


class Handler(AxesDatabaseHandler):  # type: ignore[misc]
    """django-axes' own, which leaves the counting to CountingBackend."""

    def user_login_failed(self, *args: Any, **kwargs: Any) -> None:
        pass


@contextmanager
def turn() -> Iterator[bool]:
    """Wait for one's turn to check a password; yield whether it came."""
    if not places.acquire(blocking=False):
        yield False
        return
    try:
        has_come = checking.acquire(blocking=False)
        if not has_come:
            if not connection.in_atomic_block:
                connection.close()  # back to the pool, where readers need it meanwhile
            has_come = checking.acquire(timeout=PATIENCE)
        try:
            yield has_come
        finally:
            if has_come:
                checking.release()
    finally:
        places.release()


def count(request: Any, username: str) -> int:
    """
    Count a try as a wrong password; return the number of those from its address.

    Each try is committed before it reads the total. So however many come at once, at most
    AXES_FAILURE_LIMIT of them read a total within the limit.
    """
    handler = AxesProxyHandler.get_implementation()
    handler.clean_expired_user_attempts(request)
    attempts = attempts_of(request, username)
    more = {"failures_since_start": F("failures_since_start") + 1, "attempt_time": timezone.now()}
    if not attempts.update(**more):
        try:
            with transaction.atomic():
                attempts.create(
                    username=username,
                    ip_address=request.axes_ip_address,
                    user_agent=request.axes_user_agent,
                    path_info=request.axes_path_info,
                    http_accept=request.axes_http_accept,
                    failures_since_start=1,
                )
        except IntegrityError:  # somebody else has created it since
            attempts.update(**more)
    return int(handler.get_failures(request))


def take_back(request: Any, username: str) -> None:
    attempts = attempts_of(request, username).filter(failures_since_start__gt=0)
    attempts.update(failures_since_start=F("failures_since_start") - 1)


def attempts_of(request: Any, username: str) -> models.QuerySet[Any]:
    """Return the row in which django-axes counts what this browser tries under this name."""
    attempts: models.QuerySet[Any] = AccessAttempt.objects.filter(
        username=username, ip_address=request.axes_ip_address, user_agent=request.axes_user_agent
    )
    return attempts


def refused(request: HttpRequest, *args: Any) -> HttpResponse:
    """Answer a login that was not checked, or that was wrong once too often."""
    is_busy = getattr(request, "login_is_busy", False)
    now = timezone.now()
    end = now + timedelta(seconds=PATIENCE) if is_busy else end_of_lock(request, now)
    context = {
        "is_busy": is_busy,
        "when": in_words(end, now),
        "address": getattr(request, "axes_ip_address", ""),
    }
    response = render(request, "admin/locked_out.html", context, status=429)
    response.headers["Retry-After"] = str(math.ceil((end - now).total_seconds()))
    return response


def in_words(end: datetime, now: datetime) -> str:
    """Say when a wait is over, such as “in 12 minutes, at 14:05 UTC”; never too early."""
    seconds = max(1, math.ceil((end - now).total_seconds()))
    if seconds < MINUTE:
        return f"in {amount(seconds, 'second')}"
    minutes = math.ceil(seconds / MINUTE)
    full_minute = timezone.localtime(end).replace(second=0, microsecond=0) + timedelta(minutes=1)
    if minutes < DAY:
        return f"in {amount(minutes, 'minute')}, at {date_format(full_minute, 'H:i T')}"
    return f"on {date_format(full_minute, 'j F, H:i T')}"


def end_of_lock(request: Any, now: datetime) -> datetime:
    """Return when so many wrong passwords of an address have expired that it may try again."""
    attempts = AccessAttempt.objects.filter(ip_address=getattr(request, "axes_ip_address", None))
    counted = attempts.filter(attempt_time__gt=now - settings.AXES_COOLOFF_TIME)
    values = counted.order_by("attempt_time").values_list("attempt_time", "failures_since_start")
    rows = list(values)
    left = sum(failures for _, failures in rows)
    end = now
    for last_try, failures in rows:
        if left < settings.AXES_FAILURE_LIMIT:
            break
        left -= failures
        end = last_try + settings.AXES_COOLOFF_TIME
    return max(end, now + timedelta(seconds=1))
