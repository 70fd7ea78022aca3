"""Headers of a request, rewritten to the one spelling that all later middleware reads."""

import re

from django.http import HttpRequest, HttpResponse

from qabank.headers import View
from questions.pagecache.page import accepted_encodings

DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def middleware(get_response: View) -> View:
    """Rewrite the headers whose spelling would change what is answered."""

    def answer(request: HttpRequest) -> HttpResponse:
        meta = request.META
        if scheme := meta.get("HTTP_X_FORWARDED_PROTO"):
            meta["HTTP_X_FORWARDED_PROTO"] = scheme.lower()
        # Django's and WhiteNoise's code looks for a name, and takes gzip;q=0 for a yes.
        if accepted := meta.get("HTTP_ACCEPT_ENCODING"):
            meta["HTTP_ACCEPT_ENCODING"] = ", ".join(accepted_encodings(accepted))
        if host := meta.get("HTTP_HOST"):
            meta["HTTP_HOST"] = canonical(host, request)
        return get_response(request)

    return answer


def canonical(host: str, request: HttpRequest) -> str:
    """
    Return a host as addresses of the site have it: without a default port and a trailing dot.

    The dot stays where a form is sent: Django compares the host with the Origin, which has it.
    """
    host = host.lower().removesuffix(DEFAULT_PORTS[request.scheme or "http"])
    is_read = request.method in {"GET", "HEAD"}
    return re.sub(r"\.(:\d+)?$", r"\1", host) if is_read else host
