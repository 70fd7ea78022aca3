"""
A plain 503 page for a database that is out of reach, locked or full.

Django makes it where it turns any exception into a response (handler500), whichever layer asked the
database: a view, the session, a template.
"""

import logging
import sqlite3
import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.defaults import server_error

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
