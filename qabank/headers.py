"""The outermost middleware: what every answer of the site carries, whoever made it."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

View = Callable[[HttpRequest], HttpResponse]


def response_headers(get_response: View) -> View:
    """
    Add settings.RESPONSE_HEADERS to static files, error pages and refused requests as well.

    Whatever is raised further inside has become a response when it gets here.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in settings.RESPONSE_HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return answer
