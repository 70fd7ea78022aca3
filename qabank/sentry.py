"""Reports of errors to Sentry, only where SENTRY_DSN is set; they say nothing about who asked."""

from typing import Any

import sentry_sdk


def report_errors_to(dsn: str) -> None:
    """Report the errors of this process to the project of Sentry that `dsn` names."""
    sentry_sdk.init(
        dsn=dsn,
        send_default_pii=False,
        max_request_body_size="never",
        include_local_variables=False,  # a password may be among them
        before_send=without_visitor,
    )


def without_visitor(event: Any, hint: Any) -> Any:
    """Return a report without what the visitor asked for, and without who it was."""
    request = event.get("request", {})
    for name in ("query_string", "cookies", "data", "env"):
        request.pop(name, None)
    headers = request.get("headers", {})
    request["headers"] = {name: headers[name] for name in headers if name == "X-Request-Id"}
    return event
