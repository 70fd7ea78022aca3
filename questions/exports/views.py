"""The addresses of the exports. They take the parameters of a list, or `question` for one."""

import threading
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header

from questions.exports import anki, csv_file, json_file, markdown_file
from questions.exports.selection import Search, Selection, file_name
from questions.models import Bank, Category, Question, QuestionQuerySet
from questions.pagecache.public import public_page, snapshot
from questions.pages.filters import Filters, clean

LIMIT = 1_000  # questions of a file
WAIT = 2.0  # seconds to wait for the file of somebody else
# A deck of LIMIT questions takes a process ten seconds, in which its pages take longer.
making = threading.BoundedSemaphore(1)


class Format(NamedTuple):
    name: str  # what the link to it says
    content_type: str
    write: Callable[[Selection], bytes]


# By the extension of the file, in the order of the links. docs/exporting.md explains each.
FORMATS = {
    "apkg": Format("Anki deck", "application/zip", anki.write),
    "md": Format("Markdown", "text/markdown; charset=utf-8", markdown_file.write),
    "csv": Format("CSV", "text/csv; charset=utf-8", csv_file.write),
    "json": Format("JSON", "application/json", json_file.write),
}


def normalize(query: QueryDict) -> str:
    """Return the query with what chooses questions, and nothing else."""
    if slug := clean(query.get("question", "")):
        return urlencode({"question": slug})
    return Filters.from_query(query).chosen.query().removeprefix("?")


@public_page(normalize, from_bank=False)
def questions(request: HttpRequest, extension: str) -> HttpResponse:
    """Answer with a file of the questions that the parameters choose, LIMIT at most."""
    if extension not in FORMATS:
        raise Http404("There is no such format.")
    # Not in a snapshot: who waits must not hold a connection that readers need.
    if not making.acquire(timeout=WAIT):
        message = "Another file is being made. Try again in ten seconds.\n"
        headers = {"Retry-After": "10", "Cache-Control": "no-store"}
        return HttpResponse(message, "text/plain", 429, headers=headers)
    try:
        with snapshot():
            chosen, searched, words = choice(request.GET)
            rows = list(chosen[: LIMIT + 1])
            if len(rows) > LIMIT:
                return render(request, "questions/too_many.html", {"limit": LIMIT}, status=400)
            return file(request, rows, searched, words, extension)
    finally:
        making.release()


def file(
    request: HttpRequest,
    rows: list[Question],
    searched: Search | None,
    words: list[str],
    extension: str,
) -> HttpResponse:
    """Return the file of `rows`, whose name says in `words` which they are."""
    changed = Question.objects.published().last_change()
    origin = f"{request.scheme}://{request.get_host()}"
    selection = Selection(Bank.objects.current(), rows, searched, changed, origin)
    _, content_type, write = FORMATS[extension]
    name = file_name(words, changed, extension)
    headers = {
        "Content-Disposition": str(content_disposition_header(as_attachment=True, filename=name)),
        "X-Robots-Tag": "noindex",
    }
    return HttpResponse(write(selection), content_type, headers=headers)


def choice(query: QueryDict) -> tuple[QuestionQuerySet, Search | None, list[str]]:
    """Return the questions that a query chooses, and the words that say which they are."""
    published = Question.objects.published().select_related("category")
    if slug := clean(query.get("question", "")):
        return published.filter(slug=slug), None, [slug]
    filters = Filters.from_query(query).within(list(Category.objects.published()))
    if not filters.q:
        questions = filters.questions().select_related("category")
        return questions, None, [filters.category, filters.level]
    found = filters.found()
    searched = Search(filters.q, found.corrected, found.is_partial)
    name = f"some words of {searched.text}" if found.is_partial else searched.text
    return found.sort(published), searched, [name, filters.category, filters.level]


@public_page(from_bank=False)
def schema(request: HttpRequest) -> HttpResponse:
    """Answer with the JSON Schema of the JSON export."""
    address = request.build_absolute_uri(reverse("export-schema"))
    return JsonResponse(
        json_file.schema(address),
        content_type="application/schema+json",
        json_dumps_params={"indent": 1},
    )
