"""/.well-known/security.txt (RFC 9116): where to report a vulnerability."""

import datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

VALID = datetime.timedelta(days=90)


@require_safe
@cache_control(public=True, max_age=24 * 60 * 60)
def contacts(request: HttpRequest) -> HttpResponse:
    """Give SECURITY_CONTACT; 404 where it is not set."""
    if not settings.SECURITY_CONTACTS:
        raise Http404("SECURITY_CONTACT is not set.")
    today = datetime.datetime.now(datetime.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = [f"Contact: {contact}" for contact in settings.SECURITY_CONTACTS]
    lines += [
        f"Expires: {(today + VALID).isoformat().replace('+00:00', 'Z')}",
        "Preferred-Languages: en",
        f"Canonical: {request.build_absolute_uri()}",
    ]
    return HttpResponse(
        "".join(f"{line}\n" for line in lines), content_type="text/plain; charset=utf-8"
    )
