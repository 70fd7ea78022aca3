"""Who sends a request, as far as that can be known."""

import ipaddress
import logging
import re
import threading
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning
from django.http import HttpRequest, HttpResponse

from qabank.headers import View

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

logger = logging.getLogger(__name__)

FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO")


def client_address(request: HttpRequest) -> str | None:
    """
    Return the address that a request comes from; None where even the server knows none.

    X-Forwarded-For is read from its end, and only as far as proxies of TRUSTED_PROXIES wrote it:
    whatever a client puts there stands further left. Of IPv6 the network is returned, since a
    provider gives each customer 2^64 addresses.
    """
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    client = None
    for hop in [request.META.get("REMOTE_ADDR", ""), *reversed(forwarded)]:
        address = parse(hop)
        if address is None:
            break
        client = address
        if not is_trusted(client):
            break
    if isinstance(client, ipaddress.IPv6Address):
        client = ipaddress.ip_network((client, 64), strict=False).network_address
    return str(client) if client else None


def parse(hop: str) -> Address | None:
    """Read an address as proxies write it: 192.0.2.1:8080 and [2001:db8::1]:8080, port or none."""
    written = re.fullmatch(r"\[(.+)\](?::\d+)?|([\d.]+):\d+|(.+)", hop.strip())
    try:
        address = ipaddress.ip_address(written[written.lastindex or 0] if written else "")
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_trusted(address: Address) -> bool:
    return any(address in network for network in settings.TRUSTED_PROXIES)


def middleware(get_response: View) -> View:
    """Warn once, in the log, of a proxy that TRUSTED_PROXIES does not name."""
    told = threading.Lock()  # taken by the first warning, and never released

    def answer(request: HttpRequest) -> HttpResponse:
        if any(name in request.META for name in FORWARDED):
            peer = parse(request.META.get("REMOTE_ADDR", ""))
            is_known = peer is not None and is_trusted(peer)
            if not is_known and told.acquire(blocking=False):
                logger.warning(
                    "A request was forwarded by %s, which TRUSTED_PROXIES does not name. If that is"
                    " your proxy, name it: until then wrong passwords count against its address,"
                    " and a few lock everybody out.",
                    peer or "a proxy without an address",
                )
        return get_response(request)

    return answer


def check_proxies(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Warn before a deployment behind a proxy that TRUSTED_PROXIES does not name."""
    if settings.TRUSTED_PROXIES or not settings.HTTPS:
        return []
    return [
        Warning(
            "HTTPS says that a proxy stands in front of the site, but TRUSTED_PROXIES names none.",
            hint="Name it, such as TRUSTED_PROXIES=127.0.0.1. Otherwise all visitors share its"
            " address, and a few wrong passwords lock everybody out.",
            id="qabank.W001",
        )
    ]
