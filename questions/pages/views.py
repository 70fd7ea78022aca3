"""The public pages. None of them reads a user, a session or a cookie."""

from dataclasses import replace
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from questions.models import (
    Bank,
    Category,
    Question,
    QuestionQuerySet,
    SampleChecks,
    Tally,
    sample_checks,
)
from questions.pagecache.public import UNCACHED, public_page, wants_fragment
from questions.pages import missed
from questions.pages.filters import ALL, Filters, normalize
from questions.pages.hits import hits
from questions.pages.related import NEIGHBORS, comparable, related
from questions.pages.sections import sections
from questions.sharing.site import site_page
from questions.sharing.structured_data import question_data

CHECKED_TOTAL = 1000  # questions in a bank whose every answer is hashed to say what checked it


@site_page(
    label="All questions",
    title=lambda bank: bank.title,
    description=lambda bank: bank.promise or bank.title,
)
@public_page(normalize)
def home(request: HttpRequest) -> HttpResponse:
    return list_page(request)


@public_page(normalize)
def category(request: HttpRequest, slug: str) -> HttpResponse:
    return list_page(request, slug)


@public_page()
def question(request: HttpRequest, slug: str) -> HttpResponse:
    questions = Question.objects.published()
    shown = questions.numbered().select_related("category").filter(slug=slug).first()
    if shown is None:
        return redirect(successor(slug), permanent=True)
    if wants_fragment(request.headers):
        context = {"question": shown, "heading_level": 4}
        return render(request, "questions/question.html#answer", context)
    return render(request, "questions/question.html", full_page(request, shown, questions))


def successor(slug: str) -> Question:
    """Return the published question to which the address of another one leads, or raise Http404."""
    is_retired = Q(slug=slug, replaced_by__isnull=False)
    for question in Question.objects.filter(is_retired | Q(former_slugs__slug=slug)):
        *_, last = question, *question.replacements()
        if last.published:
            return last
    raise Http404("No question has this address.")


def full_page(
    request: HttpRequest, question: Question, questions: QuestionQuerySet
) -> dict[str, Any]:
    """Return what the page of a question shows, among the published `questions`."""
    bank = Bank.objects.current()
    titles = questions.only("slug", "title")
    before = list(comparable(questions).before(question)[:NEIGHBORS])
    after = list(comparable(questions).after(question)[:NEIGHBORS])
    return {
        "bank": bank,
        "question": question,
        "heading_level": 2,
        "previous": before[0] if before else titles.previous_to(question),
        "next": after[0] if after else titles.next_to(question),
        "total": Tally.objects.total(),
        "related": related(question, before + after),
        "data": question_data(request, question, bank),
    }


@public_page()
def opensearch(request: HttpRequest) -> HttpResponse:
    """Describe the search to browsers, which add it to the search engines that they offer."""
    return render(request, "opensearch.xml", content_type="application/opensearchdescription+xml")


def list_page(request: HttpRequest, category_slug: str = "") -> HttpResponse:
    """Answer with the list page, or with what stands below its search box if htmx asks."""
    filters = Filters.from_query(request.GET)
    categories = [c for c in Category.objects.counted(filters.level) if c.question_count]
    page_category = next((c for c in categories if c.slug == category_slug), None)
    if category_slug and page_category is None:
        public = Category.objects.published()
        moved = get_object_or_404(public, former_slugs__slug=category_slug)
        return redirect(moved, permanent=True)
    filters = filters.within(categories)
    if page_category:
        filters = replace(filters, category=page_category.slug)
    elif not filters.q:
        filters = replace(filters, start=1)  # there is no one list to go on in
    found = hits(filters, categories) if filters.q else None
    listed = [] if found else sections(filters, categories)
    shown = found.entries if found else [entry for part in listed for entry in part.entries]
    all_open = all(entry.is_open for entry in shown)
    start = found.start if found else filters.start
    # Every link but those to more leads to the first place. A category's own page has the
    # category in its path and needs none in the query.
    linked = replace(filters, start=1, category="" if page_category else filters.category)
    total = sum(category.question_count for category in categories)
    context = {
        "filters": filters,
        "linked": linked,
        "categories": categories,
        "page_category": page_category,
        "levels": Question.Level.choices,
        "hits": found,
        "sections": listed,
        "count": found.count if found else sum(part.category.match_count for part in listed),
        "shown": len(shown),
        "start": start,
        "total": total,
        "all_open": all_open,
        "toggled": linked.query(open=() if all_open else (ALL,), start=start),
        "samples": samples(filters, total),
    }
    template = "questions/bank.html"
    fragment = wants_fragment(request.headers)
    response = render(request, f"{template}#results" if fragment else template, context)
    if found and not (filters.category or filters.level):
        missed.note(filters.q, found.found)
    if found and not found.count:
        response.headers["Cache-Control"] = UNCACHED  # or it would be counted once only
    return response


def samples(filters: Filters, total: int) -> SampleChecks | None:
    """Return what the hero of the whole bank says about its samples; it is read nowhere else."""
    return None if filters.active or total > CHECKED_TOTAL else sample_checks()
