"""The pictures that stand for a page where it is shared, and the icon of the site."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.templatetags.static import static
from django.urls import resolve
from django.views.decorators.cache import cache_control

from questions.markdown import plain
from questions.models import Bank, Category, Question
from questions.pagecache.public import public_page
from questions.sharing import drawing, site

# A picture is made from the page's title, which seldom changes.
picture_cache = cache_control(public=True, max_age=24 * 60 * 60)


@public_page()
@picture_cache
def page_picture(request: HttpRequest, slug: str = "") -> HttpResponse:
    """Answer with the picture of the page of the site in whose folder it is asked for."""
    page = site.page_of(resolve(request.path_info.removesuffix("picture.png")).func)
    if page is None:
        raise Http404("No page has this address.")
    bank = Bank.objects.current()
    head = page.head(bank)
    return png(bank, head.title, head.description.removesuffix("."))


@public_page()
@picture_cache
def category_picture(request: HttpRequest, slug: str) -> HttpResponse:
    category = get_object_or_404(Category.objects.published(), slug=slug)
    bank = Bank.objects.current()
    return png(bank, category.name, bank.title)


@public_page()
@picture_cache
def question_picture(request: HttpRequest, slug: str) -> HttpResponse:
    questions = Question.objects.published().select_related("category")
    question = get_object_or_404(questions.only("title", "level", "category__name"), slug=slug)
    caption = f"{question.category.name} · {question.get_level_display()}"
    return png(Bank.objects.current(), plain(question.title), caption)


@public_page(from_bank=False)
@picture_cache
def icon(request: HttpRequest) -> HttpResponse:
    """Answer browsers that show a page without a <link> to an icon: the admin, or a feed."""
    return redirect(static("img/icon-192.png"))


def png(bank: Bank, title: str, caption: str) -> HttpResponse:
    picture = HttpResponse(drawing.draw(bank.name, title, caption), content_type="image/png")
    picture.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # made for other sites
    return picture
