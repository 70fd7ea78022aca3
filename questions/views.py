"""The public pages. None of them reads a user, a session or a cookie."""

from dataclasses import dataclass, field, replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from questions.filters import ALL, Filters, normalize
from questions.models import Category, FormerSlug, Question, QuestionQuerySet, Tally
from questions.public import UNKEPT, public_page, wants_fragment
from questions.related import NEIGHBORS, comparable, related
from questions.results import Entry, results
from questions.sharing import question_data

SECTION_LENGTH = 20  # questions of a category that a list shows
LIST_LENGTH = 100  # questions that a list shows in all; each category has at least one
CHECKED_TOTAL = 1000  # questions in a bank whose every answer is hashed to say what checked it


@public_page(normalize)
def home(request: HttpRequest) -> HttpResponse:
    return list_page(request, Category.objects.counted())


@public_page(normalize)
def category(request: HttpRequest, slug: str) -> HttpResponse:
    categories = Category.objects.counted()
    page_category = next((c for c in categories if c.slug == slug), None)
    if page_category is None:
        raise Http404("No category has this address.")
    return list_page(request, categories, page_category)


@public_page()
def question(request: HttpRequest, slug: str) -> HttpResponse:
    questions = Question.objects.published()
    shown = questions.numbered().select_related("category").filter(slug=slug).first()
    if shown is None:
        former = get_object_or_404(FormerSlug, slug=slug, question__published=True)
        return redirect(former.question, permanent=True)
    if wants_fragment(request.headers):
        context = {"question": shown, "heading_level": 4}
        return render(request, "questions/question.html#answer", context)
    return render(request, "questions/question.html", full_page(request, shown, questions))


def full_page(
    request: HttpRequest, question: Question, questions: QuestionQuerySet
) -> dict[str, Any]:
    """Return what the page of a question shows, among the published `questions`."""
    titles = questions.only("slug", "title")
    before = list(comparable(questions).before(question)[:NEIGHBORS])
    after = list(comparable(questions).after(question)[:NEIGHBORS])
    return {
        "question": question,
        "heading_level": 2,
        "previous": before[0] if before else titles.previous_to(question),
        "next": after[0] if after else titles.next_to(question),
        "total": Tally.objects.total(),
        "related": related(question, before + after),
        "data": question_data(request, question),
    }


@public_page()
def opensearch(request: HttpRequest) -> HttpResponse:
    """Describe the search to browsers, which add it to the search engines that they offer."""
    return render(request, "opensearch.xml", content_type="application/opensearchdescription+xml")


@dataclass
class Section:
    """A category with those of its questions that the page shows."""

    category: Category
    count: int  # of questions that match the filters, whether shown or not
    entries: list[Entry] = field(default_factory=list)
    toggle_query: str = ""  # opens all its entries, or closes them where all are open
    more_address: str = ""  # of what comes after these entries, where there is more

    @property
    def is_open(self) -> bool:
        return all(entry.is_open for entry in self.entries)


def list_page(
    request: HttpRequest, categories: list[Category], page_category: Category | None = None
) -> HttpResponse:
    """Answer with the list page, or with what stands below its search box if htmx asks."""
    filters = Filters.from_query(request.GET).within(categories)
    if page_category:
        filters = replace(filters, category=page_category.slug)
    elif not filters.q:
        filters = replace(filters, start=1)  # there is no one list to go on in
    found = results(filters, categories) if filters.q else None
    sections = [] if found else filled_sections(filters, categories)
    shown = found.hits if found else [entry for section in sections for entry in section.entries]
    start = found.start if found else filters.start
    filters = replace(filters, start=1)  # every link but those to more leads to the first
    # A category's own page has the category in its path and needs none in the query.
    query = (replace(filters, category="") if page_category else filters).query
    for section in sections:
        toggle = filters.closing if section.is_open else filters.opening
        section.toggle_query = query(open=toggle(section.category, categories))
        if (end := start + len(section.entries)) <= section.count:
            more = filters.query(category="", start=end)
            section.more_address = section.category.get_absolute_url() + more
    total = sum(c.question_count for c in categories)
    context = {
        "filters": filters,
        "jumps": [(c, jump_address(c, filters, page_category)) for c in categories],
        "categories": categories,
        "page_category": page_category,
        "sections": sections,
        "found": found,
        "count": found.count if found else sum(section.count for section in sections),
        "shown": len(shown),
        "start": start,
        "total": total,
        "levels": Question.Level.choices,
        "all_open": all(entry.is_open for entry in shown),
        "open_all_query": query(open=(ALL,), start=start),
        "close_all_query": query(open=(), start=start),
        "first_query": query(),
        "clear_query": filters.query(q="", category="", level=""),
        "everywhere_query": filters.query(category="", level=""),
        "checked_with": checked_with(filters, total),
    }
    if found:
        context["more_address"] = (
            request.path + query(start=found.next_start) if found.next_start else ""
        )
        context["similar"] = [(word, query(q=word)) for word in found.similar]
        context["corrected_query"] = query(q=found.corrected)
    template = "questions/bank.html"
    fragment = wants_fragment(request.headers)
    response = render(request, f"{template}#results" if fragment else template, context)
    if found and not found.hits:
        response.headers["Cache-Control"] = UNKEPT  # or it would be counted once only
    return response


def checked_with(filters: Filters, total: int) -> str:
    """Return what the hero of the whole bank says about its samples; it is read nowhere else."""
    if filters.active or total > CHECKED_TOTAL:
        return ""
    return Question.objects.published().all_checked_with()


def filled_sections(filters: Filters, categories: list[Category]) -> list[Section]:
    """Return a section for each category in which something matches, with its first questions."""
    counts = counts_by_category(filters, categories)
    sections = {c.pk: Section(c, counts[c.pk]) for c in categories if counts.get(c.pk)}
    questions = filters.apply(Question.objects.published())
    length = section_length([section.count for section in sections.values()])
    if filters.start > 1 or any(section.count > length for section in sections.values()):
        first = filters.start - 1
        questions = questions.slice_of_each(sections, first, first + length)
    shown = questions.in_order().select_related(None)
    if filters.level:
        shown = shown.placed()
    if not filters.open:
        # What a closed entry says; each further column of each row would cost time.
        shown = shown.only("category", "slug", "title", "level", "short_answer")
    for question in shown:
        section = sections[question.category_id]
        question.category = section.category
        place = question.place if filters.level else filters.start + len(section.entries)
        question.number = section.category.questions_before + place
        section.entries.append(Entry(question, filters.opens(question)))
    return [section for section in sections.values() if section.entries]


def section_length(counts: list[int]) -> int:
    """Return how many questions of each category fit into a list, twenty at most."""
    for length in range(SECTION_LENGTH, 1, -1):
        if sum(min(count, length) for count in counts) <= LIST_LENGTH:
            return length
    return 1


def counts_by_category(filters: Filters, categories: list[Category]) -> dict[int, int]:
    """Return how many questions match in each category."""
    counts = {c.pk: c.question_count for c in categories}
    if filters.level:
        counts = Tally.objects.filter(level=filters.level).counts()
    return {c.pk: counts.get(c.pk, 0) for c in categories if filters.category in ("", c.slug)}


def jump_address(category: Category, filters: Filters, page_category: Category | None) -> str:
    """Return where the category's entry in the navigation leads: down this page, if it can."""
    if page_category or not category.question_count:
        return category.get_absolute_url()
    if filters.active:
        return reverse("home") + filters.query(category=category.slug)
    return f"#category-{category.slug}"
