"""Who sends a request, as far as that can be known."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


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
        try:
            address = ipaddress.ip_address(hop.strip())
        except ValueError:
            break
        client = getattr(address, "ipv4_mapped", None) or address
        if not any(client in network for network in settings.TRUSTED_PROXIES):
            break
    if isinstance(client, ipaddress.IPv6Address):
        client = ipaddress.ip_network((client, 64), strict=False).network_address
    return str(client) if client else None
