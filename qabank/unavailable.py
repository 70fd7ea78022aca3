"""
What is answered after an exception: a 500, or a plain 503 for a database that is out of reach.

Django asks for it where it turns any exception into a response (handler500), whichever layer asked
the database: a view, the session, a template. What is raised outside of that ends in `failed`.
"""

import logging
import sqlite3
import sys
from typing import cast
from wsgiref.types import StartResponse

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.middleware.csp import ContentSecurityPolicyMiddleware
from django.template.loader import render_to_string
from django.views.defaults import server_error

from qabank.headers import View, response_headers

logger = logging.getLogger("django.request")  # where Django itself logs a failure

RETRY_AFTER = 5  # seconds after which it is worth trying again

# Django raises OperationalError for this code too: wrong SQL or a table that isn't there, which are
# mistakes of ours.
SQLITE_MISTAKE = sqlite3.SQLITE_ERROR


def handler500(request: HttpRequest) -> HttpResponse:
    """Answer a request that ended in an exception."""
    if not is_unavailable(sys.exception()):
        return server_error(request)
    return HttpResponse(
        render_to_string("503.html"),
        status=503,
        headers={"Retry-After": str(RETRY_AFTER), "Cache-Control": "no-store"},
    )


def failed(path: str, start_response: StartResponse) -> HttpResponse:
    """Answer a request at which Django, or a layer around it, raised the current exception."""
    logger.error("Internal Server Error: %s", path, exc_info=sys.exception())
    response = answer_failed(HttpRequest())
    status = f"{response.status_code} {response.reason_phrase}"
    start_response(status, list(response.items()), sys.exc_info())
    return response


answer_failed = response_headers(cast(View, ContentSecurityPolicyMiddleware(handler500)))


def is_unavailable(error: BaseException | None) -> bool:
    """Whether it says that the database can't be used now, rather than that we made a mistake."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    return getattr(error.__cause__, "sqlite_errorcode", None) != SQLITE_MISTAKE


class Briefly(logging.Filter):
    """Logs an unavailable database in one line, where each request would log a stack trace."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if is_unavailable(error):
            record.msg, record.args = "%s: %s", (record.getMessage(), " ".join(str(error).split()))
            record.exc_info = None
        return True
