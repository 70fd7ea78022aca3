"""The public pages. None of them reads a user, a session or a cookie."""

from dataclasses import replace
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from questions.models import Bank, Category, Question, QuestionQuerySet, sample_checks
from questions.pagecache.public import UNCACHED, public_page, wants_fragment
from questions.pages import missed
from questions.pages.choices import Choices
from questions.pages.entries import LEVELS
from questions.pages.filters import ALL, Filters, normalize
from questions.pages.hits import Hits, hits
from questions.pages.related import NEIGHBORS, comparable, related
from questions.pages.sections import sections
from questions.pages.strokes import strokes
from questions.sharing.site import Head, site_page, written_in
from questions.sharing.structured_data import question_data

CHECKED_TOTAL = 1000  # questions in a bank whose every answer is hashed to say what checked it


def promise(bank: Bank) -> str:
    return bank.promise or bank.title


@site_page(label="All questions", title=lambda bank: bank.title, description=promise)
@public_page(normalize)
def home(request: HttpRequest) -> HttpResponse:
    return list_page(request)


@public_page(normalize)
def category(request: HttpRequest, slug: str) -> HttpResponse:
    return list_page(request, slug)


@public_page()
def question(request: HttpRequest, slug: str) -> HttpResponse:
    questions = Question.objects.published()
    shown = questions.placed().select_related("category").filter(slug=slug).first()
    if shown is None:
        return redirect(successor(slug), permanent=True)
    if wants_fragment(request.headers):
        context = {"question": shown, "heading_level": 4}
        return render(request, "questions/question.html#answer", context)
    context = full_page(request, shown, questions, Category.objects.counted())
    return render(request, "questions/question.html", context)


def successor(slug: str) -> Question:
    """Return the published question to which the address of another one leads, or raise Http404."""
    for question in Question.objects.filter(Q(slug=slug) | Q(former_slugs__slug=slug)):
        *_, last = question, *question.replacements()
        if last.published:
            return last
    raise Http404("No question has this address.")


def full_page(
    request: HttpRequest,
    question: Question,
    questions: QuestionQuerySet,
    categories: list[Category],
) -> dict[str, Any]:
    """
    Return what the page of a question, placed(), shows among the published `questions`.

    `categories` are all, counted() with the question.
    """
    bank = Bank.objects.current()
    by_key = {category.pk: category for category in categories}
    own = by_key[question.category_id]
    number = own.questions_before + question.place
    before = list(comparable(questions).before(question)[:NEIGHBORS])
    after = list(comparable(questions).after(question)[:NEIGHBORS])
    # What stands beside it where it is the first or the last of its category.
    titles = questions.only("slug", "title").order_by("position", "slug")
    place = categories.index(own)
    earlier = [category for category in categories[:place] if category.question_count]
    later = [category for category in categories[place + 1 :] if category.question_count]
    last_before = titles.filter(category__in=earlier[-1:])
    first_after = titles.filter(category__in=later[:1])
    return {
        "bank": bank,
        "question": question,
        "heading_level": 2,
        "previous": before[0] if before else last_before.last(),
        "next": after[0] if after else first_after.first(),
        "number": number,
        "total": sum(category.question_count for category in categories),
        "strokes": strokes(categories, number),
        "related": [(q, by_key[q.category_id]) for q in related(question, before + after)],
        "data": question_data(request, question, bank),
    }


def list_page(request: HttpRequest, category_slug: str = "") -> HttpResponse:
    """Answer with the list page, or with what stands below its search box if htmx asks."""
    filters = Filters.from_query(request.GET)
    categories = Category.objects.shown(filters.level)
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
    bank = Bank.objects.current()
    found = hits(filters, categories, bank) if filters.q else None
    context = list_context(request.path, filters, bank, categories, page_category, found)
    template = "questions/bank.html"
    fragment = wants_fragment(request.headers)
    response = render(request, f"{template}#fragment" if fragment else template, context)
    if found and not (filters.category or filters.level):
        missed.note(filters.q, found.found)
    if found and not found.count:
        response.headers["Cache-Control"] = UNCACHED  # or it would be counted once only
    return response


def list_context(
    path: str,
    filters: Filters,
    bank: Bank,
    categories: list[Category],
    page_category: Category | None,
    found: Hits | None,
) -> dict[str, Any]:
    """
    Return what a list page at `path` shows: what was `found` or, without a search, sections.

    `categories` are those of `bank`, counted() at the level of `filters`; `page_category` is the
    one whose own page it is.
    """
    # Every link but those to more leads to the first place. A category's own page has the
    # category in its path and needs none in the query.
    own_category = "" if page_category else filters.category
    linked = replace(filters, start=1, until=(), category=own_category)
    listed = [] if found else sections(path, filters, linked, categories)
    shown = found.entries if found else [entry for part in listed for entry in part.entries]
    all_open = all(entry.is_open for entry in shown)
    start = found.start if found else filters.start
    count = found.count if found else sum(part.match_count for part in listed)
    matches = found.matches if found else None
    choices = Choices(path, filters, linked, categories, page_category, matches)
    show_choices = choices.show_choices(start, is_open=bool(shown) and all_open)
    total = choices.total
    tells_samples = not filters.is_narrowed and total <= CHECKED_TOTAL
    return {
        "bank": bank,
        "written": written_in(bank.language),
        "filters": filters,
        "linked": linked,
        "categories": categories,
        "page_category": page_category,
        "head": head(bank, page_category),
        "is_rail": choices.is_rail,
        "is_cut": choices.is_cut,
        "has_many": choices.has_many,
        "category_choices": list(choices.category_choices()),
        "level_choices": list(choices.level_choices()),
        "category_name": category_name(filters, categories) or "All",
        "level_name": LEVELS.get(filters.level, "All"),
        "tokens": list(choices.tokens()),
        "show_choices": show_choices,
        "show_name": next(choice.name for choice in show_choices if choice.is_chosen),
        "hits": found,
        "sections": listed,
        "count": count,
        "asked": asked(filters, categories, found),
        "similar": similar(filters, found) if found else [],
        "elsewhere": [] if count else choices.elsewhere(),
        "shown": len(shown),
        "start": start,
        "total": total,
        "sheet": path + linked.query(open=(ALL,), show=""),
        "taken": {entry.slug for entry in shown},
        "samples": sample_checks() if tells_samples else None,
    }


def head(bank: Bank, page_category: Category | None) -> Head:
    """Return what the list page of the bank, or of a category, says of itself."""
    if page_category:
        return Head(page_category.name, page_category.description)
    return Head(bank.title, promise(bank))


def asked(filters: Filters, categories: list[Category], found: Hits | None) -> str:
    """Return what a list is narrowed down to, in words: the page's title says it."""
    level = LEVELS.get(filters.level, "")
    category = category_name(filters, categories)
    some = "Some words of " if found and found.found.is_partial else ""
    parts = [f"{some}“{filters.q}”" if filters.q else "", level, category]
    return ", ".join(part for part in parts if part)


def category_name(filters: Filters, categories: list[Category]) -> str:
    """Return the name of the category that a list is narrowed down to; "" if it has them all."""
    return next((c.name for c in categories if c.slug == filters.category), "")


def similar(filters: Filters, found: Hits) -> list[str]:
    """Return words to try that are not those that were searched for."""
    typed = filters.q.casefold().split()
    return [word for word in found.found.similar if word.casefold() not in typed]
