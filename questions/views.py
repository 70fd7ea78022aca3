"""The public pages. None of them reads a user, a session or a cookie."""

from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe
from django_htmx.middleware import HtmxDetails

from questions import search
from questions.filters import ALL, Filters
from questions.models import Category, FormerSlug, Question
from questions.related import related
from questions.sharing import question_data

HIT_COUNT = 50  # results of a search that the page shows


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


@dataclass
class Entry:
    question: Question
    is_open: bool
    query: search.Query | None = None  # where the entry is what a search found

    @property
    def title(self) -> str:
        """The title, with marks where a search found it."""
        title = self.question.title
        return search.mark(title, self.query) if self.query else title

    @property
    def passage(self) -> str:
        """The passage that a search found, marked."""
        if not self.query:
            return ""
        return search.passage([self.question.short_answer, self.question.answer], self.query)


@dataclass
class Section:
    """A category, or the result of a search, with those of its questions that the page shows."""

    category: Category | None  # None: what a search found, the most relevant first
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
    questions = filters.apply(Question.objects.published()).numbered()
    found = None
    # A category's own page has the category in its path and needs none in the query.
    query = (replace(filters, category="") if page_category else filters).query
    sections = []
    if filters.q:
        found = search.find(questions, filters.q, **narrowing(filters, categories))
        hits = found.sort(questions).select_related("category")[:HIT_COUNT]
        if entries := [Entry(hit, filters.opens(hit), found.query) for hit in hits]:
            sections.append(Section(None, entries))
    else:
        questions = questions.in_order()
        if not filters.open:
            questions = questions.defer("answer", "further_reading")
        for category, group in groupby(questions, key=lambda question: question.category):
            section = Section(category, [Entry(q, filters.opens(q)) for q in group])
            toggle = filters.closing if section.is_open else filters.opening
            section.toggle_query = query(open=toggle(category, categories))
            sections.append(section)
    context = {
        "filters": filters,
        "jumps": [(c, jump_address(c, filters, page_category)) for c in categories],
        "categories": categories,
        "page_category": page_category,
        "sections": sections,
        "found": found,
        "shown": len(found.keys) if found else sum(len(s.entries) for s in sections),
        "total": sum(c.question_count for c in categories),
        "levels": Question.Level.choices,
        "all_open": all(section.is_open for section in sections),
        "open_all_query": query(open=(ALL,)),
        "close_all_query": query(open=()),
        "clear_query": filters.query(q="", category="", level=""),
        # Read in the page's hero only, which only the whole bank has.
        "checked_with": "" if filters.active else Question.objects.published().all_checked_with(),
        "everywhere_query": filters.query(category="", level=""),
    }
    template = "questions/bank.html"
    return page(request, f"{template}#results" if wants_fragment(request) else template, context)


def narrowing(filters: Filters, categories: list[Category]) -> dict[str, Any]:
    """Return the filters that the search's index knows itself."""
    category = next((c.pk for c in categories if c.slug == filters.category), None)
    return {"published": True, "category": category, "level": filters.level}


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
