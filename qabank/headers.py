"""
Every header that says how browsers shall treat the site: the values, and who sends them.

What caches may do with a page is in questions/pagecache/public.py.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.csp import CSP

type View = Callable[[HttpRequest], HttpResponse]

# The features by which a script reaches the visitor or the device. The site uses none of them. Each
# name is sent with each file, so harmless features (autoplay) are not in the list.
UNUSED_FEATURES = [
    *("accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "hid"),
    *("idle-detection", "magnetometer", "microphone", "midi", "payment"),
    *("publickey-credentials-get", "serial", "usb", "xr-spatial-tracking"),
]

# A view may set another value: pictures are for other sites too.
RESPONSE_HEADERS = {
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in UNUSED_FEATURES),
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

# Sent by Django's ContentSecurityPolicyMiddleware. Everything from this site, nothing inline, and
# no nonce: pages stay the same for everybody.
CONTENT_SECURITY_POLICY = {
    "default-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "connect-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
    "img-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
}

# Strict-Transport-Security, sent by Django's SecurityMiddleware over HTTPS.
HSTS_SECONDS = 365 * 24 * 60 * 60


def response_headers(get_response: View) -> View:
    """
    Add RESPONSE_HEADERS to every answer; the outermost middleware.

    Static files, error pages and refused requests get them too: whatever is raised further inside
    has become a response when it arrives here. SecurityMiddleware knows three of these headers,
    but is not asked about a request that is refused.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in RESPONSE_HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return answer
