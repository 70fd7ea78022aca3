"""
/healthz, /readyz and /metrics, for load balancers and monitoring.

A middleware answers them, before the host is checked and before plain HTTP is redirected: probes
ask a container by its address. A stranger gets one word; the reason is in the log.
"""

import hmac
import logging

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from qabank.headers import View
from qabank.metrics import metrics
from questions.models import Question

logger = logging.getLogger(__name__)


def middleware(get_response: View) -> View:
    """Answer the probes, and pass every other request on."""
    probes = {"/healthz": alive, "/readyz": ready}
    if settings.METRICS_TOKEN:
        probes["/metrics"] = counts

    def answer(request: HttpRequest) -> HttpResponse:
        return probes.get(request.path_info, get_response)(request)

    return answer


@never_cache
@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """Say that the process answers. A restart would not bring back a database, so none is asked."""
    return plain("alive")


@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Say whether the site can answer visitors."""
    try:
        reason = why_not_ready()
    except DatabaseError as error:
        reason = f"the database can't be used: {error}"
    if reason:
        logger.warning("Not ready: %s", " ".join(reason.split()))
        return plain("not ready", status=503)
    return plain("ready")


def why_not_ready() -> str:
    """Return the reason, or "" if the site is ready; raises DatabaseError without a database."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return "there are migrations to apply"
    if not Question.objects.published().exists():
        return "the bank is empty"
    return ""


@never_cache
@require_safe
def counts(request: HttpRequest) -> HttpResponse:
    """Give Prometheus' counts to those who send METRICS_TOKEN."""
    expected = f"Bearer {settings.METRICS_TOKEN}".encode()
    if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), expected):
        return HttpResponseNotFound()
    return HttpResponse(metrics().text(), content_type="text/plain; version=0.0.4")


def plain(text: str, status: int = 200) -> HttpResponse:
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8")
