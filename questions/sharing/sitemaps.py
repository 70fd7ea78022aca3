"""The sitemap: every public page, and when what it shows last changed. And robots.txt."""

from datetime import datetime
from urllib.parse import urlencode

from django.contrib.sitemaps import Sitemap
from django.db.models import Max
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.functional import cached_property

from questions.models import Category, CategoryQuerySet, Question, QuestionQuerySet
from questions.pagecache.public import public_page
from questions.sharing import site


class Questions(Sitemap):
    # The standard allows 50,000 a file. A fifth of that is answered in a fifth of the time.
    limit = 10_000

    def items(self) -> QuestionQuerySet:
        # Both the order and the columns are those of an index (Question.Meta).
        return Question.objects.published().order_by("updated", "slug").only("slug", "updated")

    def lastmod(self, question: Question) -> datetime:
        return question.updated

    def get_latest_lastmod(self) -> datetime | None:
        return Question.objects.published().last_change()


class Categories(Sitemap):
    def items(self) -> CategoryQuerySet:
        return Category.objects.published()

    def lastmod(self, category: Category) -> datetime:
        return self.changes[category.pk]

    @cached_property
    def changes(self) -> dict[int, datetime]:
        questions = Question.objects.published().order_by()
        return dict(questions.values_list("category").annotate(Max("updated")))

    def get_latest_lastmod(self) -> datetime | None:
        return Question.objects.published().last_change()


class Pages(Sitemap):
    def items(self) -> list[site.SitePage]:
        return site.PAGES

    def location(self, page: site.SitePage) -> str:
        return page.address

    def lastmod(self, page: site.SitePage) -> datetime | None:
        return self.last_change

    @cached_property
    def last_change(self) -> datetime | None:
        return Question.objects.published().last_change()


SITEMAPS = {"pages": Pages, "categories": Categories, "questions": Questions}


def page_number(query: QueryDict) -> str:
    """Return the one parameter that a sitemap reads: which of its files is asked for."""
    return urlencode({"p": query["p"]}) if query.get("p") else ""


@public_page(from_bank=False)
def robots(request: HttpRequest) -> HttpResponse:
    """Let everything be read, but not each of the endless ways to open and filter the list."""
    sitemap = request.build_absolute_uri(reverse("sitemap"))
    lines = [
        "User-agent: *",
        "Disallow: /*?*open=",
        "Disallow: /*?*q=",
        "Disallow: /*?*level=",
        "Disallow: /practice/?",
        "",
        f"Sitemap: {sitemap}",
        "",
    ]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
