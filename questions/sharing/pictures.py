"""What other sites and programs read about the pages: pictures, structured data, robots.txt."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import cache_control

from questions import markdown
from questions.models import Category, Question
from questions.pagecache.public import public_page
from questions.sharing import drawing as pictures
from questions.templatetags.bank import plain

SITE_NAME = "QA Bank"
TITLE = "Advanced Python backend interview questions"

# A picture is made from the page's title, which seldom changes.
picture_cache = cache_control(public=True, max_age=24 * 60 * 60)


@public_page(from_bank=False)
@picture_cache
def icon(request: HttpRequest) -> HttpResponse:
    """Answer browsers that show a page without a <link> to an icon: the admin, or a feed."""
    return redirect(static("img/icon-192.png"))


@public_page(from_bank=False)
@picture_cache
def home_picture(request: HttpRequest) -> HttpResponse:
    return png(TITLE, "A short answer to say first, the detail behind it, and code that was run")


@public_page()
@picture_cache
def category_picture(request: HttpRequest, slug: str) -> HttpResponse:
    category = get_object_or_404(Category, slug=slug)
    return png(category.name, TITLE)


@public_page()
@picture_cache
def question_picture(request: HttpRequest, slug: str) -> HttpResponse:
    questions = Question.objects.published().select_related("category")
    question = get_object_or_404(questions.only("title", "level", "category__name"), slug=slug)
    caption = f"{question.category.name} · {question.get_level_display()}"
    return png(plain(question.title), caption)


def png(title: str, caption: str) -> HttpResponse:
    picture = HttpResponse(pictures.draw(title, caption), content_type="image/png")
    picture.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # made for other sites
    return picture


@public_page(from_bank=False)
def robots(request: HttpRequest) -> HttpResponse:
    """Let everything be read, but not each of the endless ways to open and filter the list."""
    sitemap = request.build_absolute_uri(reverse("sitemap"))
    lines = [
        "User-agent: *",
        "Disallow: /*?*open=",
        "Disallow: /*?*q=",
        "Disallow: /*?*level=",
        "",
        f"Sitemap: {sitemap}",
        "",
    ]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


def question_data(request: HttpRequest, question: Question) -> dict[str, Any]:
    """Return what a question's page is, in schema.org's terms."""
    address = request.build_absolute_uri(question.get_absolute_url())
    category = question.category
    trail = [
        ("All questions", reverse("home")),
        (category.name, category.get_absolute_url()),
        (plain(question.title), question.get_absolute_url()),
    ]
    return {
        "@context": "https://schema.org",
        "@graph": [
            {
                "@type": "TechArticle",
                "@id": address,
                "url": address,
                "headline": plain(question.title),
                "description": markdown.text(question.short_answer),
                "articleSection": category.name,
                "proficiencyLevel": question.get_level_display(),
                **({"keywords": question.keywords} if question.keywords else {}),
                **({"dependencies": question.verified_with} if question.verified_with else {}),
                "datePublished": question.created.isoformat(timespec="seconds"),
                "dateModified": question.updated.isoformat(timespec="seconds"),
                "image": f"{address}picture.png",
                "inLanguage": "en",
                "isPartOf": {
                    "@type": "WebSite",
                    "name": SITE_NAME,
                    "url": request.build_absolute_uri(reverse("home")),
                },
            },
            {
                "@type": "BreadcrumbList",
                "itemListElement": [
                    {
                        "@type": "ListItem",
                        "position": position,
                        "name": name,
                        "item": request.build_absolute_uri(path),
                    }
                    for position, (name, path) in enumerate(trail, start=1)
                ],
            },
        ],
    }
