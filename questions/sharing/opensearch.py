"""The description of the site's search for browsers, which add it to those that they offer."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from questions.pagecache.public import public_page


@public_page()
def opensearch(request: HttpRequest) -> HttpResponse:
    return render(request, "opensearch.xml", content_type="application/opensearchdescription+xml")
