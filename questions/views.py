"""The public pages. None of them reads a user, a session or a cookie."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe
from django_htmx.middleware import HtmxDetails

from questions.filters import ALL, Filters
from questions.models import Category, FormerSlug, Question
from questions.related import related
from questions.results import results
from questions.sharing import question_data


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    categories = list(Category.objects.with_counts())
    return list_page(request, categories, Filters.from_query(request.GET, categories))


@require_safe
def category(request: HttpRequest, slug: str) -> HttpResponse:
    categories = list(Category.objects.with_counts())
    page_category = next((c for c in categories if c.slug == slug), None)
    if page_category is None:
        raise Http404("No category has this address.")
    filters = replace(Filters.from_query(request.GET, categories), category=slug)
    return list_page(request, categories, filters, page_category)


@require_safe
def question(request: HttpRequest, slug: str) -> HttpResponse:
    questions = Question.objects.published()
    shown = questions.numbered().select_related("category").filter(slug=slug).first()
    if shown is None:
        former = get_object_or_404(FormerSlug, slug=slug, question__published=True)
        return redirect(former.question, permanent=True)
    context: dict[str, Any] = {"question": shown}
    if wants_fragment(request):
        return page(request, "questions/question.html#answer", {**context, "heading_level": 4})
    context |= {
        "heading_level": 2,
        "previous": questions.previous_to(shown),
        "next": questions.next_to(shown),
        "total": questions.count(),
        "related": related(shown),
        "data": question_data(request, shown),
    }
    return page(request, "questions/question.html", context)


@require_safe
def opensearch(request: HttpRequest) -> HttpResponse:
    """Describe the search to browsers, which add it to the search engines that they offer."""
    return render(request, "opensearch.xml", content_type="application/opensearchdescription+xml")


@dataclass
class Entry:
    question: Question
    is_open: bool


@dataclass
class Section:
    """A category with those of its questions that the page shows."""

    category: Category
    entries: list[Entry]
    toggle_query: str = ""  # opens all its entries, or closes them where all are open

    @property
    def is_open(self) -> bool:
        return all(entry.is_open for entry in self.entries)


def list_page(
    request: HttpRequest,
    categories: list[Category],
    filters: Filters,
    page_category: Category | None = None,
) -> HttpResponse:
    """Answer with the list page, or with what stands below its search box if htmx asks."""
    found = results(filters, categories) if filters.q else None
    filters = replace(filters, start=1)  # every link but those below leads to the first hits
    # A category's own page has the category in its path and needs none in the query.
    query = (replace(filters, category="") if page_category else filters).query
    sections = [] if found else filled_sections(filters, categories, query)
    shown = found.hits if found else [entry for section in sections for entry in section.entries]
    context = {
        "filters": filters,
        "jumps": [(c, jump_address(c, filters, page_category)) for c in categories],
        "categories": categories,
        "page_category": page_category,
        "sections": sections,
        "found": found,
        "shown": len(shown),
        "total": sum(c.question_count for c in categories),
        "levels": Question.Level.choices,
        "all_open": all(entry.is_open for entry in shown),
        "open_all_query": query(open=(ALL,)),
        "close_all_query": query(open=()),
        "clear_query": filters.query(q="", category="", level=""),
        # Read in the page's hero only, which only the whole bank has.
        "checked_with": "" if filters.active else Question.objects.published().all_checked_with(),
        "everywhere_query": filters.query(category="", level=""),
    }
    if found:
        context["more_query"] = query(start=found.next_start) if found.next_start else ""
        context["first_query"] = query() if found.start > 1 else ""
        context["similar"] = [(word, query(q=word)) for word in found.similar]
        context["corrected_query"] = query(q=found.corrected)
    template = "questions/bank.html"
    return page(request, f"{template}#results" if wants_fragment(request) else template, context)


def filled_sections(
    filters: Filters, categories: list[Category], query: Callable[..., str]
) -> list[Section]:
    """Return a section for each category in which a question matches."""
    questions = filters.apply(Question.objects.published()).numbered().in_order()
    if not filters.open:
        questions = questions.defer("answer", "further_reading")
    sections = []
    for _, group in groupby(questions, key=lambda question: question.category_id):
        entries = [Entry(question, filters.opens(question)) for question in group]
        section = Section(entries[0].question.category, entries)
        toggle = filters.closing if section.is_open else filters.opening
        section.toggle_query = query(open=toggle(section.category, categories))
        sections.append(section)
    return sections


def jump_address(category: Category, filters: Filters, page_category: Category | None) -> str:
    """Return where the category's entry in the navigation leads: down this page, if it can."""
    if page_category or not category.question_count:
        return category.get_absolute_url()
    if filters.active:
        return reverse("home") + filters.query(category=category.slug)
    return f"#category-{category.slug}"


def page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    response = render(request, template, context)
    # One address gives a page or a part of it: a cache must keep the two apart.
    patch_vary_headers(response, ["HX-Request"])
    return response


def wants_fragment(request: HttpRequest) -> bool:
    """Whether htmx will swap the answer into a page that is there already."""
    htmx = cast(HtmxDetails, request.htmx)  # type: ignore[attr-defined]
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request
