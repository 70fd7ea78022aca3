"""Whatever is asked, in whatever order: the cache answers what the site would without it."""

import itertools
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest
from pytest_django import Settings

from questions.models import Category, FormerSlug, Question
from tests.pagecache.site import Answer, Site
from tests.threads import soon

pytestmark = pytest.mark.django_db(transaction=True)

REQUESTS = 300
QUESTION = "gil"

PATHS = [
    *("/", "/", "/", "/questions/{slug}/", "/questions/{slug}/", "/categories/{category}/"),
    *("/categories/{category}/", "/questions/{slug}", "/questions/former/", "/questions/nothing/"),
    *("/categories/nothing/", "/nothing/", "//", "/questions/\xe9/"),
    *("/feed/", "/robots.txt", "/sitemap.xml", "/sitemap-questions.xml", "/offline.json"),
    *("/offline/", "/opensearch.xml", "/manifest.webmanifest", "/service-worker.js"),
]
PARAMETERS = [
    *("q={word}", "q={word}", "category={category}", "level=core", "level=nothing", "open=all"),
    *("open={slug}", "open={slug}", "start=2", "start=99", "p=2", "p=x", "category=nothing"),
    *("q=", "q=%00", "q=%ff", "q=a+b", "utm_source=a", "__get__=1", "=", "&", "open=%E2%98%83"),
]
WORDS = ["lock", "memory", "gil", "qwertyu", "trasaction", "%22event+loop%22", "n%2B1", "%2A", "é"]
HEADERS = {
    "HX-Request": ["true", "true", "false"],
    "HX-Boosted": ["true"],
    "HX-History-Restore-Request": ["true"],
    "HX-Current-URL": ["http://testserver/?open=all", "http://evil.example/"],
    "Host": ["testserver", "other.example", "TESTSERVER", "evil.example", "testserver:80"],
    "X-Forwarded-Host": ["evil.example"],
    "X-Forwarded-Proto": ["http", "https", "https, http", "ftp"],
    "X-Original-URL": ["/admin/"],
    "X-HTTP-Method-Override": ["POST"],
    "Accept": ["application/json"],
    "Accept-Encoding": ["gzip", "br", "identity", "br;q=0, gzip", "*", ""],
    "Accept-Language": ["de"],
    "Authorization": ["Basic YTpi"],
    "Cookie": ["theme=dark; _ga=GA1.2.3"],
    "Range": ["bytes=0-9"],
}
METHODS = ["GET"] * 12 + ["HEAD", "HEAD", "OPTIONS"]

CHANGES: list[Callable[[str, int], Any]] = [
    lambda slug, n: Question.objects.filter(slug=slug).update(title=f"What is number {n}?"),
    lambda slug, n: Question.objects.filter(slug=slug).update(answer=f"It is number {n}."),
    lambda slug, n: Question.objects.filter(slug=slug).update(published=bool(n % 2)),
    lambda slug, n: Category.objects.filter(questions__slug=slug).update(name=f"Number {n}"),
]

# The cache's own: bytes, encoding and what a browser is told that it has.
ITS_OWN = {"Content-Length", "Content-Encoding", "ETag", "Last-Modified"}


@pytest.mark.usefixtures("bank")
def test_the_cache_answers_as_an_uncached_copy_does(site: Site, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["testserver", "other.example"]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    FormerSlug.objects.create(slug="former", question=Question.objects.get(slug=QUESTION))
    random = Random(7)  # noqa: S311
    slugs = sorted(Question.objects.values_list("slug", flat=True))[:6]
    categories = sorted(Category.objects.values_list("slug", flat=True))[:3]
    requests = made_up(random, slugs, categories)
    asked: list[tuple[str, str, dict[str, str]]] = []
    known, hits = dict[Any, str](), 0
    for number in range(REQUESTS):
        if number % 50 == 49:
            random.choice(CHANGES)(random.choice(slugs), number)
            assert soon(lambda: site.watcher.current() == site.watcher.read(), 20)
        # Two of three were asked before.
        asked.append(random.choice(asked[-20:]) if number % 3 else next(requests))
        method, address, headers = asked[-1]
        rendered = len(site.rendered)
        answer = site.get(address, method, **headers)
        hits += len(site.rendered) == rendered
        copy = site.get_uncached(address, "GET" if method == "HEAD" else method, **lowered(headers))
        assert (answer.status, others(answer)) == (copy.status, others(copy)), asked[-1]
        assert method == "HEAD" or answer.body == copy.body, asked[-1]
        tag = known.get(key := (method, address, *headers.items()), "")
        if tag and method in {"GET", "HEAD"}:
            again = site.get(address, method, **{**headers, "If-None-Match": tag})
            assert again.status == (304 if tag == answer.headers.get("ETag") else answer.status)
            assert again.status != 304 or not again.raw
        known[key] = answer.headers.get("ETag", "")
    assert hits > REQUESTS / 5


def made_up(
    random: Random, slugs: list[str], categories: list[str]
) -> Iterator[tuple[str, str, dict[str, str]]]:
    for _ in itertools.count():
        parameters = random.sample(PARAMETERS, random.choice([0, 0, 1, 1, 2, 3]))
        address = random.choice(PATHS) + "?" * bool(parameters) + "&".join(parameters)
        headers = random.sample(list(HEADERS), random.choice([0, 0, 1, 2, 4]))
        yield (
            random.choice(METHODS),
            address.format(
                slug=random.choice(slugs),
                category=random.choice(categories),
                word=random.choice(WORDS),
            ),
            {name: random.choice(HEADERS[name]) for name in headers},
        )


def others(answer: Answer) -> dict[str, str]:
    """Return the headers that the cache leaves as they are."""
    return {name: value for name, value in answer.headers.items() if name not in ITS_OWN}


def lowered(headers: dict[str, str]) -> dict[str, str]:
    """Return the headers with the host's name as a browser writes it, by which pages are cached."""
    return {**headers, "Host": headers["Host"].lower()} if "Host" in headers else headers
