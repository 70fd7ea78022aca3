"""The page cache: pages come from memory, and never a wrong one. Asked as gunicorn asks."""

import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.http import StreamingHttpResponse
from django.test import Client

from questions.models import (
    Bank,
    Category,
    ContentVersion,
    FormerCategorySlug,
    FormerSlug,
    MissedSearch,
    Question,
)
from questions.pagecache import page as pages
from questions.pagecache import watcher as versions
from questions.pagecache.page import preferred_encoding
from questions.pages import missed as misses
from questions.pages import views
from tests import build
from tests.pagecache.site import ENCODINGS, Answer, Site
from tests.threads import soon

pytestmark = pytest.mark.django_db(transaction=True)

HTMX = {"HX-Request": "true"}


# From memory


def test_a_page_is_rendered_once(site: Site) -> None:
    build.question(title="What is kept?")
    first, second = site.get(), site.get()
    assert "What is kept?" in first.body
    assert (second.status, second.headers, second.raw) == (200, first.headers, first.raw)
    assert len(site.rendered) == 1


@pytest.mark.parametrize("address", ["/", "/?q=question", "/?open=all", "/?level=core"])
def test_what_was_rendered_under_another_address_of_the_site_is_not_shown(
    site: Site, address: str
) -> None:
    build.question()
    assert "/elsewhere/questions/" in site.get(address, root="/elsewhere").body
    page = site.get(address).body
    assert "/questions/" in page
    assert "elsewhere" not in page


@pytest.mark.usefixtures("bank")
def test_the_home_page_is_small(site: Site) -> None:
    page = site.get()
    assert page.body.count('<details class="entry"') == 30
    assert len(page.raw) < 14_000


def test_what_django_says_and_what_the_cache_says_is_the_same(site: Site, client: Client) -> None:
    question = build.question()
    for address in ("/", "/?level=core&open=all", question.get_absolute_url()):
        site.get(address)
        kept = site.get(address)
        response = client.get(address)
        assert kept.body == response.content.decode()
        for name, value in response.headers.items():
            assert name == "Content-Length" or kept.headers[name] == value


def test_a_page_is_rendered_by_one_thread_while_the_others_wait(site: Site) -> None:
    build.question()
    answers: list[Answer] = []

    def ask() -> None:
        answers.append(site.get("/?open=all"))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({answer.raw for answer in answers}) == 1
    assert len(answers) == 12
    assert len(site.rendered) == 1


def test_memory_is_bounded_and_what_is_used_stays() -> None:
    site = Site(limit=200_000)
    build.question()
    for number in range(60):
        site.get(f"/?open=word{number}")
        site.get()
    assert site.cache.store.size <= 200_000
    assert 5 < len(site.cache.store) < 40
    assert site.cache.store.size == sum(page.size for page in site.cache.store.values())
    assert len(site.rendered) == 61  # each address once, the home page once
    site.watcher.close()


def test_large_files_drive_no_page_out() -> None:
    site = Site(limit=600_000)
    build.question(answer="A word.\n" * 6_000)
    site.get()
    for number in range(12):
        file = site.get(f"/export/questions.json?q=word{'!' * number}", accept_encoding="identity")
        assert len(file.body) > 50_000
    site.get()
    assert site.rendered.count("/") == 1
    assert site.cache.store.size == sum(page.size for page in site.cache.store.values())
    site.watcher.close()


# The content version


def by_save() -> None:
    question = Question.objects.get(slug="one")
    question.title = "What is new?"
    question.save()


def by_raw_sql(statement: str) -> Callable[[], None]:
    def change() -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)

    return change


ROADS: dict[str, Callable[[], object]] = {
    "save": by_save,
    "update": lambda: Question.objects.update(title="What is new?"),
    "bulk_update": lambda: Question.objects.bulk_update(
        [Question(pk=Question.objects.get(slug="one").pk, title="What is new?")], ["title"]
    ),
    "bulk_create": lambda: Question.objects.bulk_create(
        [build_copy(slug="three"), build_copy(slug="four")]
    ),
    "upsert": lambda: Question.objects.bulk_create(
        [build_copy(slug="one", title="What is new?")],
        update_conflicts=True,
        unique_fields=["slug"],
        update_fields=["title"],
    ),
    "ignore_conflicts": lambda: Question.objects.bulk_create(
        [build_copy(slug="one"), build_copy(slug="five")], ignore_conflicts=True
    ),
    "delete": lambda: Question.objects.filter(slug="one").delete(),
    "unpublish": lambda: Question.objects.filter(slug="one").update(published=False),
    "category": lambda: Category.objects.update(name="New name"),
    "category position": lambda: Category.objects.update(position=7),
    "new category": build.category,
    "loaddata": lambda: call_command("loaddata", "bank", verbosity=0),
    "make_bank": lambda: call_command("make_bank", "3", "--replace", verbosity=0),
    "flush": lambda: call_command("flush", interactive=False, verbosity=0),
    "SQL UPDATE": by_raw_sql("UPDATE questions_question SET title = 'What is new?'"),
    "SQL DELETE": by_raw_sql("DELETE FROM questions_question WHERE slug = 'one'"),
    "slug": lambda: Question.objects.filter(slug="one").update(slug="uno"),
    "former slug": lambda: FormerSlug.objects.create(
        slug="eins", question=Question.objects.get(slug="one")
    ),
    "category slug": lambda: Category.objects.update(slug="uno"),
    "former category slug": lambda: FormerCategorySlug.objects.create(
        slug="eins", category=Category.objects.get()
    ),
    "bank save": lambda: Bank(name="New name").save(force_update=True),
    "bank update": lambda: Bank.objects.update(title="New title"),
    "bank upsert": lambda: Bank.objects.bulk_create(
        [Bank(name="New name")],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["name"],
    ),
    "bank delete": lambda: Bank.objects.all().delete(),
    "bank SQL UPDATE": by_raw_sql("UPDATE questions_bank SET follow_ups = 'Next'"),
    "bank SQL DELETE": by_raw_sql("DELETE FROM questions_bank"),
    "retired": lambda: Question.objects.filter(slug="one").update(
        published=False, replaced_by=Question.objects.get(slug="two")
    ),
}


def build_copy(**fields: Any) -> Question:
    original = Question.objects.get(slug="one")
    original.pk = None
    original._state.adding = True
    for name, value in fields.items():
        setattr(original, name, value)
    return original


@pytest.mark.parametrize("road", ROADS)
def test_the_next_request_shows_a_change_by_any_road(site: Site, road: str) -> None:
    build.question(slug="one", category=build.category())
    build.question(slug="two")
    Bank.objects.create(name="Old name")
    wait_until(lambda: site.watcher.current() == site.watcher.read())
    site.get()
    known = len(site.rendered)
    version = site.watcher.read()
    ROADS[road]()
    assert site.watcher.read() != version
    wait_until(lambda: site.get().status == 200 and len(site.rendered) > known)
    assert site.get().body == Client().get("/").content.decode()


@pytest.fixture(autouse=True)
def nothing_but_notify(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let PostgreSQL not be asked as often as usual, so that a busy machine has time."""
    for name in ("HEARTBEAT", "LEASE"):
        monkeypatch.setattr(versions, name, 10.0)


@pytest.fixture(autouse=True)
def just_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what a test changed count as changed just now until its end, however long that takes."""
    monkeypatch.setattr(pages, "SETTLED", 60.0)


def wait_until(condition: Callable[[], object], seconds: float = 9) -> None:
    """
    Wait for PostgreSQL's NOTIFY; SQLite is not given any time.

    It takes some milliseconds, but machines that run tests are busy. Without it PostgreSQL would
    be asked after ten seconds.
    """
    assert soon(lambda: bool(condition()), seconds if connection.vendor == "postgresql" else 0)


@pytest.mark.skipif("sqlite" in settings.DATABASES["default"]["ENGINE"], reason="PostgreSQL's")
def test_truncate_is_a_change_too(site: Site) -> None:
    question = build.question()
    version = site.watcher.read()
    by_raw_sql("TRUNCATE questions_question CASCADE")()
    assert site.watcher.read() != version
    assert Category.objects.counted()[0].question_count == 0
    assert question.title not in site.get().body


def test_a_change_is_shown_when_it_is_committed_and_not_before(site: Site) -> None:
    build.question(title="What is old?")
    site.get()
    in_transaction, seen = threading.Event(), threading.Event()

    def change() -> None:
        with transaction.atomic():
            Question.objects.update(title="What is new?")
            in_transaction.set()
            seen.wait(5)
        connection.close()

    thread = threading.Thread(target=change)
    thread.start()
    in_transaction.wait(5)
    meanwhile = site.get().body
    seen.set()
    thread.join()
    assert "What is old?" in meanwhile
    wait_until(lambda: "What is new?" in site.get().body)


def test_what_is_rolled_back_was_no_change(site: Site) -> None:
    build.question()
    site.get()
    version = site.watcher.read()
    with transaction.atomic():
        Question.objects.update(title="What is new?")
        transaction.set_rollback(True)
    site.get()
    assert site.watcher.read() == version
    assert len(site.rendered) == 1


def test_versions_never_come_back() -> None:
    """As they would if they were counted, after a rollback or a flush."""
    seen = set()
    build.question()
    for _ in range(5):
        ContentVersion.objects.all().delete()
        Question.objects.update(title="What is it?")
        seen.add(ContentVersion.objects.get().version)
    assert len(seen) == 5


def test_a_change_while_a_page_is_rendered_does_not_get_lost(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    build.question(title="What is old?")
    count = site.count
    changes = iter(["What is newer?", "What is newest?"])

    def change_meanwhile(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        response = count(environ, start_response)
        for title in changes:
            Question.objects.update(title=title)
            break
        return response

    monkeypatch.setattr(site.cache, "application", change_meanwhile)
    assert "What is newest?" in site.get().body
    assert len(site.rendered) == 3


def test_an_edit_elsewhere_leaves_a_page_as_it_was(site: Site) -> None:
    first, second = build.question(), build.question(category=build.category(position=2))
    before = site.get(first.get_absolute_url())
    Question.objects.filter(pk=second.pk).update(answer="Another answer.")
    wait_until(lambda: site.watcher.current() == site.watcher.read())
    after = site.get(first.get_absolute_url(), **{"If-None-Match": before.headers["ETag"]})
    assert after.status == 304
    assert len(site.rendered) == 2


def test_without_its_table_nothing_is_kept_and_everything_served(site: Site) -> None:
    build.question(title="What is served?")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE questions_contentversion RENAME TO elsewhere")
    try:
        for _ in range(2):
            assert "What is served?" in site.get().body
        assert len(site.rendered) == 2
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE elsewhere RENAME TO questions_contentversion")


def test_while_the_database_is_out_of_reach_the_last_page_is_served(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    build.question(title="What is served?")
    site.get()
    monkeypatch.setattr(site.watcher, "current", lambda: None)
    monkeypatch.setattr(site.watcher, "read", lambda: None)
    assert "What is served?" in site.get().body
    assert len(site.rendered) == 1


@pytest.mark.skipif("sqlite" in settings.DATABASES["default"]["ENGINE"], reason="PostgreSQL's")
def test_a_listener_that_lost_its_connection_misses_nothing(site: Site) -> None:
    build.question(title="What is old?")
    site.get()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT "
            "version%' AND pid <> pg_backend_pid()"
        )
        assert cursor.fetchall() == [(True,)]
    Question.objects.update(title="What is new?")
    wait_until(lambda: "What is new?" in site.get().body)


# What a page depends on


def test_unknown_parameters_neither_vary_nor_fill_it(site: Site) -> None:
    question = build.question()
    for path in ("/", question.get_absolute_url(), question.category.get_absolute_url()):
        plain = site.get(path)
        for query in ("utm_source=x", "page=2", "x=1&y=2&q=", "q=%20&level=none&open="):
            assert site.get(f"{path}?{query}").raw == plain.raw
    assert len(site.rendered) == 3
    assert len(site.cache.store) == 3


def test_a_question_page_has_no_parameters(site: Site) -> None:
    address = build.question().get_absolute_url()
    assert site.get(address).raw == site.get(f"{address}?q=word&open=all&level=core").raw
    assert len(site.rendered) == 1


def test_parameters_that_say_the_same_share_a_page(site: Site) -> None:
    build.question(keywords="needle")
    pages = {
        site.get(f"/?{query}").raw for query in ("q=needle&level=core", "level=core&q=+needle+")
    }
    assert len(pages) == len(site.rendered) == 1


def test_each_parameter_makes_another_page(site: Site) -> None:
    build.question(slug="a", category=build.category(slug="here"))
    addresses = ["/", "/?q=a", "/?level=core", "/?category=here", "/?open=a", "/?open=all"]
    assert len({site.get(address).raw for address in addresses}) == len(addresses)


def test_page_and_fragment_are_kept_apart(site: Site) -> None:
    address = build.question().get_absolute_url()
    page, fragment = site.get(address), site.get(address, **HTMX)
    assert "<html" in page.body
    assert fragment.body.startswith('<div class="answer" ')
    for extra in ("HX-Boosted", "HX-History-Restore-Request"):
        assert site.get(address, **HTMX, **{extra: "true"}).raw == page.raw
    assert len(site.rendered) == 2


def test_a_cdn_cannot_take_a_fragment_for_a_page(site: Site) -> None:
    """Most ignore `Vary: HX-Request`."""
    address = build.question().get_absolute_url()
    assert site.get(address, **HTMX).headers["Cache-Control"].startswith("private")
    assert site.get(address).headers["Cache-Control"].startswith("public")


def test_hosts_are_kept_apart(site: Site, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["one.example", "two.example"]
    build.question()
    for host in ("one.example", "two.example", "ONE.example"):
        assert f'rel="canonical" href="http://{host.lower()}/"' in site.get(Host=host).body
    assert len(site.rendered) == 2


def test_a_host_that_is_not_ours_gets_nothing(site: Site, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["one.example"]
    build.question()
    site.get(Host="one.example")
    assert site.get(Host="evil.example").status == 400
    assert len(site.cache.store) == 1


def test_http_and_https_are_kept_apart(site: Site, settings: Any) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    build.question()
    for _ in range(2):
        assert 'href="http://testserver/"' in site.get().body
        assert 'href="https://testserver/"' in site.get(**{"X-Forwarded-Proto": "https"}).body
    assert len(site.rendered) == 2


def test_everybody_gets_the_same_page_staff_too(site: Site, admin_client: Client) -> None:
    build.question()
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in admin_client.cookies.items())
    for headers in ({"Cookie": cookie}, {"Accept-Language": "de"}, {"User-Agent": "x"}, {}):
        assert "Set-Cookie" not in site.get(**headers).headers
    assert len(site.rendered) == 1


def test_the_admin_is_not_kept_and_sees_its_cookies(site: Site, admin_client: Client) -> None:
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in admin_client.cookies.items())
    for _ in range(2):
        assert site.get("/admin/", Cookie=cookie).status == 200
        assert site.get("/admin/").status == 302
    assert len(site.rendered) == 4


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_refused_although_the_page_is_kept(site: Site, method: str) -> None:
    site.get()
    assert site.get(method=method).status in {403, 405}  # 403: no CSRF token


# What is kept


def test_addresses_that_do_not_exist_are_not_kept(site: Site) -> None:
    for number in range(5):
        assert site.get(f"/questions/none-{number}/").status == 404
        assert site.get(f"/none-{number}/").status == 404
    assert not site.cache.store


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_a_search_that_finds_nothing_is_counted_each_time(
    site: Site, headers: dict[str, str]
) -> None:
    build.question(title="What is a needle?")
    for _ in range(3):
        assert "No question matches" in site.get("/?q=xyzzy", **headers).body
        assert "What is a" in site.get("/?q=needle", **headers).body
    assert len(site.rendered) == 4
    misses.recorder.write()
    assert dict(MissedSearch.objects.values_list("text", "count")) == {"xyzzy": 3}


def test_redirects_are_kept_until_they_change(site: Site) -> None:
    build.question(slug="old")
    Question.objects.update(slug="new")
    for _ in range(2):
        answer = site.get("/questions/old/")
        assert (answer.status, answer.headers["Location"]) == (301, "/questions/new/")
    assert len(site.rendered) == 1
    Question.objects.update(slug="newer")
    wait_until(lambda: "newer" in site.get("/questions/old/").headers["Location"])


def test_errors_are_not_kept(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> None:
        raise RuntimeError

    build.question()
    with monkeypatch.context() as broken:
        broken.setattr(views, "list_page", fail)
        assert site.get().status == 500
    assert site.get().status == 200


def test_too_many_parameters_are_refused_by_django(site: Site) -> None:
    assert site.get("/?" + "&open=a" * 2000).status == 400


def test_a_streamed_answer_goes_through_unkept(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        views, "list_page", lambda *args: StreamingHttpResponse(iter([b"much ", b"text"]))
    )
    for _ in range(2):
        assert site.get().raw == b"much text"
        assert site.get(method="HEAD").raw == b""
    assert not site.cache.store


# HTTP


@pytest.mark.parametrize(("accepted", "encoding"), ENCODINGS)
def test_the_best_encoding_that_is_accepted(accepted: str, encoding: str) -> None:
    assert preferred_encoding(accepted) == encoding


@pytest.mark.parametrize("first", ["br", "gzip", "identity"])
def test_a_redirect_serves_all_encodings_too(site: Site, first: str) -> None:
    FormerSlug.objects.create(slug="former", question=build.question(slug="today"))
    for encoding in (first, "br", "gzip", "identity"):
        answer = site.get("/questions/former/", **{"Accept-Encoding": encoding})
        assert (answer.status, answer.headers["Location"]) == (301, "/questions/today/")
    assert len(site.rendered) == 1


def test_one_rendering_serves_all_encodings(site: Site) -> None:
    build.question()
    answers = [site.get(**{"Accept-Encoding": name}) for name in ("gzip", "br", "identity", "gzip")]
    assert [a.headers.get("Content-Encoding") for a in answers] == ["gzip", "br", None, "gzip"]
    assert len({a.body for a in answers}) == 1
    assert len({a.headers["ETag"] for a in answers}) == 3  # strong: each has bytes of its own
    assert [int(a.headers["Content-Length"]) for a in answers] == [len(a.raw) for a in answers]
    assert all("Accept-Encoding" in a.headers["Vary"] for a in answers)
    assert len(site.rendered) == 1


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("{tag}", 304),
        ("W/{tag}", 304),
        ('"other", {tag}', 304),
        ('"other",W/{tag}  , "another"', 304),
        ("*", 304),
        ('"other"', 200),
        ("", 200),
        ("{tag}x", 200),
    ],
)
def test_if_none_match(site: Site, header: str, status: int) -> None:
    build.question()
    first = site.get()
    answer = site.get(**{"If-None-Match": header.format(tag=first.headers["ETag"])})
    assert answer.status == status
    assert answer.headers["ETag"] == first.headers["ETag"]
    assert answer.headers["Cache-Control"] == first.headers["Cache-Control"]
    assert answer.headers["Vary"] == first.headers["Vary"]
    assert answer.raw == (b"" if status == 304 else first.raw)
    assert ("Content-Length" in answer.headers) == (status == 200)


def test_another_encodings_tag_does_not_match(site: Site) -> None:
    build.question()
    tag = site.get(**{"Accept-Encoding": "gzip"}).headers["ETag"]
    assert site.get(**{"If-None-Match": tag}).status == 200


def test_a_changed_page_has_another_tag(site: Site) -> None:
    build.question(title="What is old?")
    tag = site.get().headers["ETag"]
    Question.objects.update(title="What is new?")
    wait_until(lambda: site.watcher.current() == site.watcher.read())
    assert site.get(**{"If-None-Match": tag}).status == 200


def test_last_modified_is_the_time_of_the_change(site: Site) -> None:
    build.question()
    changed = datetime(2026, 1, 2, 3, 4, 5, 600_000, tzinfo=UTC)
    ContentVersion.objects.update(changed=changed)
    stamp = "Fri, 02 Jan 2026 03:04:05 GMT"
    assert site.get().headers["Last-Modified"] == stamp
    for date, status in [
        (stamp, 304),
        ("Fri, 02 Jan 2026 03:04:06 GMT", 304),
        ("Fri, 02 Jan 2026 03:04:04 GMT", 200),
        ("yesterday", 200),
        ("", 200),
    ]:
        assert site.get(**{"If-Modified-Since": date}).status == status
    both = {"If-None-Match": '"other"', "If-Modified-Since": stamp}
    assert site.get(**both).status == 200


def test_a_page_that_was_changed_just_now_has_no_last_modified(site: Site) -> None:
    """It counts seconds: a second change within this one could not be told from the first."""
    build.question()
    assert "Last-Modified" not in site.get().headers
    now = formatdate(time.time() + 60, usegmt=True)
    assert site.get(**{"If-Modified-Since": now}).status == 200


def test_it_has_one_as_soon_as_no_second_change_can_be_taken_for_the_first(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    build.question()
    site.get()
    monkeypatch.setattr(pages, "SETTLED", 0.0)
    stamp = site.get().headers["Last-Modified"]
    assert site.get(**{"If-Modified-Since": stamp}).status == 304
    assert len(site.rendered) == 1


def test_the_time_of_a_change_does_not_go_back_with_the_clock(site: Site) -> None:
    """Or a browser would be told that what it has from before is what there is now."""
    build.question(title="What is old?")
    later = datetime.now(UTC) + timedelta(hours=1)  # as the clock said then
    ContentVersion.objects.update(changed=later)
    site.watcher.read()
    seen = formatdate(later.timestamp(), usegmt=True)
    Question.objects.update(title="What is new?")
    assert ContentVersion.objects.get().changed >= later + timedelta(seconds=1)
    wait_until(lambda: site.watcher.current() == site.watcher.read())
    answer = site.get(**{"If-Modified-Since": seen})
    assert answer.status == 200
    assert "What is new?" in answer.body
    ContentVersion.objects.update(changed=later - timedelta(hours=2))
    Question.objects.update(title="What is newer?")
    assert abs(ContentVersion.objects.get().changed - datetime.now(UTC)) < timedelta(minutes=1)


def test_head_is_get_without_the_body(site: Site) -> None:
    build.question()
    get, head = site.get(), site.get(method="HEAD")
    assert (head.status, head.headers, head.raw) == (200, get.headers, b"")
    assert len(site.rendered) == 1


def test_a_range_gets_the_whole_page(site: Site) -> None:
    build.question()
    answer = site.get(Range="bytes=0-9")
    assert answer.status == 200
    assert "Content-Range" not in answer.headers
    assert answer.body.endswith("</html>\n")


def test_shared_caches_may_keep_pages_and_bridge_a_failure(site: Site) -> None:
    build.question()
    policy = site.get().headers["Cache-Control"]
    assert "public" in policy
    assert re.search(r"stale-while-revalidate=\d+", policy)
    assert re.search(r"stale-if-error=\d+", policy)


def test_security_headers_are_kept_with_the_page(site: Site) -> None:
    build.question()
    for answer in (site.get(), site.get()):
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
