"""The public pages. None of them reads a user, a session or a cookie."""

from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, cast

from django.db.models import F
from django.db.models.functions import Abs
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe
from django_htmx.middleware import HtmxDetails

from questions.filters import ALL, Filters
from questions.models import Category, FormerSlug, Question, QuestionQuerySet

RELATED_COUNT = 5


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
    if wants_fragment(request):
        context = {"question": shown, "heading_level": 4}
        return page(request, "questions/question.html#answer", context)
    return page(request, "questions/question.html", full_page(shown, questions))


def full_page(question: Question, questions: QuestionQuerySet) -> dict[str, Any]:
    """Return what the page of a question shows, among the published `questions`."""
    return {
        "question": question,
        "heading_level": 2,
        "previous": questions.previous_to(question),
        "next": questions.next_to(question),
        "total": questions.count(),
        "related": related(question),
    }


def related(question: Question) -> QuestionQuerySet:
    """Return a few other questions of the same category, the nearest ones first."""
    return (
        Question.objects.published()
        .filter(category=question.category)
        .exclude(pk=question.pk)
        .order_by(Abs(F("position") - question.position), "position", "slug")[:RELATED_COUNT]
    )


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
    questions = filters.apply(Question.objects.published()).numbered().in_order()
    if not filters.open:
        questions = questions.defer("answer", "further_reading")
    # A category's own page has the category in its path and needs none in the query.
    query = (replace(filters, category="") if page_category else filters).query
    sections = []
    for _, group in groupby(questions, key=lambda question: question.category_id):
        entries = [Entry(question, filters.opens(question)) for question in group]
        section = Section(entries[0].question.category, entries)
        toggle = filters.closing if section.is_open else filters.opening
        section.toggle_query = query(open=toggle(section.category, categories))
        sections.append(section)
    context = {
        "filters": filters,
        "jumps": [(c, jump_address(c, filters, page_category)) for c in categories],
        "categories": categories,
        "page_category": page_category,
        "sections": sections,
        "shown": sum(len(section.entries) for section in sections),
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
