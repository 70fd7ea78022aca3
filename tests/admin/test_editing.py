"""Writing in the admin: the preview, two editors at once, many questions at once, their order."""

import html
import re
from collections.abc import Iterator
from datetime import date, timedelta
from threading import Barrier, Thread
from typing import Any
from urllib.parse import urljoin

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Dialog, Page, Position, expect
from pytest_django.live_server_helper import LiveServer

from questions import history
from questions.admin import diffs
from questions.admin.guide import GUIDES
from questions.checking import rules
from questions.models import ANSWER_LENGTH, LAST_POSITION, Bank, Change, Question, fingerprint
from tests import build
from tests.admin.forms import ADD, LIST, form
from tests.html import one, parse, select

pytestmark = pytest.mark.django_db

PREVIEW = f"{LIST}preview/"


@pytest.fixture
def anna() -> User:
    user = User.objects.create_user("anna", is_staff=True)
    user.groups.add(Group.objects.get(name="Editors"))
    return user


@pytest.fixture
def editor(client: Client, anna: User) -> Client:
    client.force_login(anna)
    return client


def text(response: Any) -> str:
    return response.content.decode()  # type: ignore[no-any-return]


def address(question: Question) -> str:
    return f"{LIST}{question.pk}/change/"


# Preview


def preview(client: Client, data: dict[str, Any]) -> Any:
    response = client.post(PREVIEW, data, headers={"Accept": "application/json"})
    assert response.status_code == 200
    return response.json()


def main(page: str) -> str:
    return re.search(r"<main.*</main>", page, re.DOTALL)[0]  # type: ignore[index]


@pytest.mark.usefixtures("bank")
@pytest.mark.parametrize("number", [1, 15, 30])
def test_the_preview_is_the_page(editor: Client, number: int) -> None:
    question = Question.objects.in_order()[number - 1]
    question.prompt = "What does *this* do?\n\n```python\nprint(1)\n```\n"
    question.asked_as = "Why?\nHow so?\n"
    question.save()
    page = text(editor.get(question.get_absolute_url()))
    fields = {
        name: getattr(question, name) or ""
        for name in ("title", "slug", "level", "position", "short_answer", "answer", "keywords")
    }
    fields |= {"prompt": question.prompt, "asked_as": question.asked_as}
    data = {
        **fields,
        "category": question.category_id,
        "further_reading": question.further_reading,
        "verified_with": question.verified_with,
        "verified_on": question.verified_on,
        "key": question.pk,
    }
    assert main(preview(editor, data)["html"]) == main(page)
    assert main(text(editor.post(PREVIEW, data))) == main(page)


def test_the_preview_shows_what_is_typed_and_saves_nothing(editor: Client) -> None:
    question = build.question()
    answer = preview(editor, form(question, key=question.pk, answer="What is **typed**."))
    assert "What is <strong>typed</strong>." in answer["html"]
    question.refresh_from_db()
    assert question.answer == build.ANSWER


def test_the_preview_tells_the_rules_opinion_and_counts_words(editor: Client) -> None:
    answer = preview(editor, form(title="No question", short_answer="Three short words."))
    problems = {(p["field"], p["is_error"]): p["message"] for p in answer["problems"]}
    assert problems["title", True] == "Word it as a question that ends with “?”."
    assert "it has 3" in problems["short_answer", True]
    assert ("keywords", False) in problems
    assert answer["words"]["short_answer"] == 3
    assert answer["words"]["answer"] > 5


def test_a_new_question_has_the_number_that_it_would_get(editor: Client) -> None:
    category = build.category()
    for position in (1, 2, 4):
        build.question(category=category, position=position)
    shown = preview(editor, form(category=category.pk, position=3))["html"]
    assert "</span>3 of 4" in shown


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"category": "x", "position": "x", "level": "x", "slug": "/", "verified_on": "x"},
        {"category": "9" * 30, "key": "9" * 30, "position": "9" * 30},
        {"key": "²", "category": "²"},
        {"answer": "x" * 200_000, "title": "x" * 1000},
        {"title": "\0", "answer": "\0"},
    ],
)
def test_an_unfinished_or_odd_form_has_a_preview_too(editor: Client, data: Any) -> None:
    build.question()
    preview(editor, data)


def test_without_a_category_there_is_no_preview(editor: Client) -> None:
    assert editor.post(PREVIEW, {"title": "x"}).status_code == 404


def test_the_preview_is_for_editors_by_post_with_a_token(client: Client, anna: User) -> None:
    build.question()
    assert client.post(PREVIEW).status_code == 302
    reader = User.objects.create_user("reader", is_staff=True)
    client.force_login(reader)
    assert client.post(PREVIEW).status_code == 403
    client.force_login(anna)
    assert client.get(PREVIEW).headers["Location"] == LIST
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(anna)
    assert strict.post(PREVIEW).status_code == 403


# Two editors at once


def edited(client: Client, question: Question, **changes: Any) -> Any:
    """Save a form that was made from the newest version before `changes`."""
    return client.post(address(question), opened(question, **changes))


def opened(question: Question, **changes: Any) -> dict[str, Any]:
    names = ("title", "slug", "level", "position", "short_answer", "answer", "further_reading")
    fields = {name: getattr(question, name) for name in (*names, "keywords")}
    version = history.latest(Question, question.pk)
    return form(question, **{**fields, "version": version, **changes})


def test_the_form_carries_the_version_that_it_was_made_from(editor: Client) -> None:
    question = build.question()
    page = text(editor.get(address(question)))
    assert f'name="version" value="{history.latest(Question, question.pk)}"' in page


def test_the_later_save_is_told_and_sees_both_texts(editor: Client) -> None:
    question = build.question()
    mine = opened(question, short_answer=f"Mine. {build.SHORT_ANSWER}")
    theirs = f"Theirs. {build.SHORT_ANSWER}"
    with history.recorded("admin", "ben"):
        Question.objects.update(short_answer=theirs)
    response = editor.post(address(question), mine)
    page = text(response)
    assert response.status_code == 200
    assert "ben changed this question meanwhile" in page
    assert "Theirs" in page
    assert "Mine. A question is" in page
    assert "<ins><b>Mine</b>" in page
    assert Question.objects.get().short_answer == theirs
    # Saving again overwrites knowingly, and the other text is in the history.
    version = re.search(r'name="version" value="(\d+)"', page)[1]  # type: ignore[index]
    assert editor.post(address(question), {**mine, "version": version}).status_code == 302
    assert Question.objects.get().short_answer.startswith("Mine.")
    change = Change.objects.filter(question_id=question.pk).first()
    assert change
    assert change.before == {"short_answer": theirs}


@pytest.mark.django_db(transaction=True)
def test_both_texts_are_compared_when_others_can_write_again(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(User.objects.create_superuser("anna"))
    question = build.question()
    mine = opened(question, short_answer=f"Mine. {build.SHORT_ANSWER}")
    Question.objects.update(short_answer=f"Theirs. {build.SHORT_ANSWER}")
    holds_lock = []

    def compare(*args: Any) -> Iterator[diffs.Line]:
        holds_lock.append(connection.in_atomic_block)
        return original(*args)

    original = diffs.compare
    monkeypatch.setattr(diffs, "compare", compare)
    assert "module conflict" in text(client.post(address(question), mine))
    assert holds_lock == [False]


def test_what_only_the_other_one_changed_is_taken_over(editor: Client) -> None:
    question = build.question(published=True)
    mine = opened(question, keywords="mine")
    other = build.category()
    Question.objects.update(
        title="What did the other one write?",
        published=False,
        category=other,
        verified_on=date(2026, 1, 2),
    )
    page = text(editor.post(address(question), mine))
    assert "The category and published and title and verified on below is the other" in page
    assert 'value="What did the other one write?"' in page
    assert 'value="2026-01-02"' in page
    assert f'<option value="{other.pk}" selected>' in page
    assert not re.search(r'name="published"[^>]* checked', page)
    assert 'value="mine"' in page
    assert Question.objects.get().keywords == ""


def test_an_unknown_version_is_told_too(editor: Client) -> None:
    question = build.question()
    mine = opened(question, keywords="mine", version=10**20)
    assert "changed this question meanwhile" in text(editor.post(address(question), mine))
    Change.objects.all().delete()
    assert "changed this question meanwhile" in text(editor.post(address(question), mine))


def test_the_same_edit_twice_is_no_conflict_in_a_field(editor: Client) -> None:
    question = build.question()
    mine = opened(question, keywords="same")
    Question.objects.update(keywords="same")
    page = text(editor.post(address(question), mine))
    assert "changed this question meanwhile" in page
    assert "module conflict" not in page


def test_a_question_deleted_meanwhile_keeps_what_was_written(editor: Client) -> None:
    question = build.question()
    build.question(title="What else is there?")
    mine = opened(question, title="What must not be lost?")
    where = address(question)
    question.delete()
    page = text(editor.post(where, mine))
    assert "Somebody deleted this question meanwhile." in page
    assert "What must not be lost?" in page
    assert not Question.objects.filter(title="What must not be lost?").exists()
    assert editor.post(where, {**mine, "version": ""}).status_code == 302
    assert Question.objects.filter(title="What must not be lost?").exists()


def test_a_save_without_an_edit_is_no_change(editor: Client) -> None:
    question = build.question()
    count = Change.objects.count()
    edited(editor, question)
    assert Change.objects.count() == count


def test_only_edited_columns_are_written(editor: Client) -> None:
    question = build.question()
    edited(editor, question, keywords="one, two")
    change = Change.objects.filter(question_id=question.pk).first()
    assert change
    assert change.before == {"keywords": ""}


@pytest.mark.django_db(transaction=True)
def test_of_two_saves_at_the_same_moment_one_is_told() -> None:
    question = build.question()
    editors = []
    for name in ("anna", "ben"):
        client = Client()
        client.force_login(User.objects.create_superuser(name))
        editors.append((client, opened(question, keywords=name)))
    barrier = Barrier(2)
    codes = []

    def save(client: Client, data: dict[str, Any]) -> None:
        barrier.wait()
        codes.append(client.post(address(question), data).status_code)
        connections.close_all()

    threads = [Thread(target=save, args=arguments) for arguments in editors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [200, 302]


# The form


def texts(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def test_a_saved_draft_tells_success_first_and_then_one_summary(editor: Client) -> None:
    build.category()
    data = form(title="No question", short_answer="", further_reading="", _continue="")
    del data["published"]
    response = editor.post(ADD, data, follow=True)
    success, summary = texts(response)
    assert "was added successfully" in success
    assert summary == (
        "Before publishing, see to: title, short answer, further reading. Have a look at: keywords,"
        " verified with, verified on. The form says why, at each field."
    )
    page = parse(response.content)
    for field, note in (
        ("title", "Before publishing: Word it as a question"),
        ("further_reading", "Before publishing: Give 1 to 4 links"),
        ("verified_on", "To look at: Say when"),
    ):
        [notes] = select(page, f"#id_{field}_helptext")
        assert note in "".join(notes.itertext())


def test_a_question_without_a_problem_is_saved_with_one_message(editor: Client) -> None:
    build.category()
    data = form(title="What does a question ask?", keywords="editing")
    data |= {"verified_with": "CPython 3.13.0", "verified_on": "2026-01-01"}
    assert len(texts(editor.post(ADD, data, follow=True))) == 1


def test_a_new_form_begins_with_the_title_and_has_no_errors(editor: Client) -> None:
    build.category()
    page = text(editor.get(ADD))
    assert re.search(r'<input type="text" name="title"[^>]* autofocus', page)
    assert "change_form.js" not in page
    assert 'class="notes"' not in page
    # One that was begun does not steal the focus.
    assert "autofocus" not in text(editor.post(ADD, form(title="")))


def test_an_empty_answer_is_offered_the_banks_own_sections(editor: Client) -> None:
    Bank.objects.update_or_create(defaults={"example": "Beispiel", "pitfalls": "Fallen"})
    build.category()
    page = html.unescape(text(editor.get(ADD)))
    offered = re.search(r'data-skeleton="([^"]*)"', page)
    assert offered
    assert re.findall(r"^## (.*)$", offered[1], re.MULTILINE) == [
        "Beispiel",
        "Fallen",
        "Follow-ups",
    ]
    data = form(answer=offered[1])
    assert "Begin with the detail" in text(editor.post(ADD, data))  # not to be published as it is
    assert "“## Beispiel”, “## Fallen” and “## Follow-ups”" in page


def test_every_help_text_leads_where_an_editor_gets_to(editor: Client) -> None:
    question = build.question()
    page = text(editor.get(address(question)))
    for unreachable in ("docs/", "manage.py", "check_samples", "fixtures/"):
        assert unreachable not in page
    for link in re.findall(r'href="(/admin/[^"#]*/guide/[^"#]*)', page):
        assert editor.get(link).status_code == 200


@pytest.mark.parametrize("name", GUIDES)
def test_the_guides_are_in_the_admin_and_each_link_between_them_leads_on(
    editor: Client, name: str
) -> None:
    where = reverse("admin:questions_question_guide", args=[name])
    page = text(editor.get(where))
    for link in re.findall(r'href="([^":/]*\.md(?:#[^"]*)?|#[^"]+)"', page):
        file, _, part = link.partition("#")
        there = text(editor.get(urljoin(where, file)))
        assert not part or f'id="{part}"' in there, link
    assert Client().get(where).status_code == 302
    assert editor.get(where.replace(name, "operating")).status_code == 404


def test_view_on_site_of_a_draft_leads_to_its_preview(editor: Client, client: Client) -> None:
    def link(page: str) -> str:
        return re.search(r'<a href="([^"]+)" class="viewsitelink"', page)[1]  # type: ignore[index]

    question = build.question(published=False, title="What is a draft?")
    where = link(text(editor.get(address(question))))
    assert "What is a draft?" in main(text(editor.get(where)))
    assert Client().get(where).status_code == 302
    Question.objects.update(published=True)
    where = link(text(editor.get(address(question))))
    assert where == question.get_absolute_url()


def test_deleting_says_that_it_can_be_undone(editor: Client) -> None:
    question, other = build.question(), build.question()
    where = f"{LIST}{question.pk}/delete/"
    assert "This can be undone" in text(editor.get(where))
    response = editor.post(where, {"post": "yes"}, follow=True)
    assert "It can be brought back" in text(response)
    assert f'href="{LIST}deleted/"' in text(response)
    assert "This can be undone" in act(editor, "delete_selected", other)


@pytest.mark.django_db(transaction=True)
def test_the_rules_are_applied_before_the_save_takes_its_lock(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(User.objects.create_superuser("anna"))
    question = build.question()
    original, holds_lock = rules.check_question, []

    def check(*args: Any) -> list[rules.Problem]:
        holds_lock.append(connection.in_atomic_block)
        return original(*args)

    monkeypatch.setattr(rules, "check_question", check)
    client.get(address(question))
    client.post(address(question), opened(question, keywords="one"))
    assert Question.objects.get().keywords == "one"
    assert set(holds_lock) == {False}


# Many at once


def act(client: Client, action: str, *questions: Question) -> str:
    data = {"action": action, "_selected_action": [q.pk for q in questions]}
    return text(client.post(LIST, data, follow=True))


def test_publishing_many_leaves_out_what_the_rules_refuse(editor: Client) -> None:
    good = build.question(published=False, title="What is a closure good for?")
    bad = build.question(published=False, title="No question")
    untouched = build.question(published=False)
    page = act(editor, "publish", good, bad)
    assert "1 question published." in page
    assert "“No question” stays a draft. title: Word it as a question" in page
    assert list(Question.objects.published()) == [good]
    assert not Question.objects.get(pk=untouched.pk).published


def test_publishing_many_leaves_out_what_is_retired(editor: Client) -> None:
    instead = build.question(title="What is a closure good for?")
    old = build.question(title="What was a closure?", published=False, replaced_by=instead)
    page = act(editor, "publish", old)
    assert "“What was a closure?” stays retired. Take “What is a closure good for?” out" in page
    assert "0 questions published." in page
    assert list(Question.objects.published()) == [instead]


def test_unpublishing_many(editor: Client) -> None:
    one, two, three = build.question(), build.question(), build.question()
    assert "2 questions unpublished." in act(editor, "unpublish", one, two)
    assert list(Question.objects.published()) == [three]
    newest = Change.objects.first()
    assert newest
    assert (newest.actor, newest.road) == ("anna", "admin")


def test_moving_many_to_a_category_and_setting_their_level(editor: Client) -> None:
    category = build.category(name="100 % new", slug="new")
    one, two = build.question(category=build.category()), build.question(category=category)
    page = text(editor.get(LIST))
    assert "Move to 100 % new" in page
    assert "1 question moved to the end of “100 % new”." in act(editor, "category_new", one, two)
    assert set(Question.objects.values_list("category", flat=True)) == {category.pk}
    assert "2 questions changed." in act(editor, "level_expert", one, two)
    assert set(Question.objects.values_list("level", flat=True)) == {"expert"}


def test_a_reader_can_do_none_of_it(client: Client) -> None:
    question = build.question()
    user = User.objects.create_user("reader", is_staff=True)
    group = Group.objects.create(name="Readers")
    editors = Group.objects.get(name="Editors")
    group.permissions.set(editors.permissions.filter(codename__startswith="view_"))
    user.groups.add(group)
    client.force_login(user)
    page = act(client, "unpublish", question)
    assert 'value="unpublish"' not in page
    assert Question.objects.get().published


def test_the_order_can_be_typed(editor: Client) -> None:
    first, second = build.question(position=1), build.question(position=2)
    editor.post(
        LIST,
        {
            "form-TOTAL_FORMS": 2,
            "form-INITIAL_FORMS": 2,
            "form-0-id": first.pk,
            "form-0-position": 5,
            "form-1-id": second.pk,
            "form-1-position": 2,
            "_save": "Save",
        },
    )
    assert list(Question.objects.in_order()) == [second, first]
    assert history.latest(Question, second.pk) < history.latest(Question, first.pk)


def test_the_list_finds_what_is_to_do(editor: Client) -> None:
    today = timezone.localdate()
    fresh: dict[str, Any] = {"verified_on": today, "verified_with": "CPython 3.13.0"}
    build.question(title="What is a draft?", published=False, **fresh)
    old = today - timedelta(days=400)
    build.question(title="What is old?", **{**fresh, "verified_on": old})
    build.question(title="What has no support?", **{**fresh, "verified_with": "CPython 3.8.1"})
    for question in Question.objects.exclude(title="What is old?"):
        question.checked_hash = fingerprint(question.answer)
        question.checked_with, question.checked_on = "CPython 3.13.0", today
        question.save()

    def titles(todo: str) -> set[str]:
        page = text(editor.get(f"{LIST}?todo={todo}"))
        return set(re.findall(r">(What [^<]*\?)</a>", page))

    assert titles("publish") == {"What is a draft?"}
    assert titles("review") == {"What is old?", "What has no support?"}
    assert titles("samples") == {"What is old?"}
    # Nobody has to do anything about a retired one.
    instead = build.question(answer="", **fresh)
    Question.objects.exclude(pk=instead.pk).update(published=False, replaced_by=instead)
    assert [titles(todo) for todo in ("publish", "review", "samples")] == [set()] * 3


@pytest.mark.parametrize("field", ["title", "keywords", "further_reading", "verified_with"])
def test_the_search_reads_all_fields(editor: Client, field: str) -> None:
    build.question(**{field: "needle"})
    build.question()
    assert "1 result" in text(editor.get(f"{LIST}?q=needle"))


def test_the_list_costs_the_same_for_many_questions(editor: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            editor.get(LIST)
        return len(captured)

    build.question()
    one = queries()
    for _ in range(10):
        build.question()
    assert queries() == one


def test_a_text_that_is_too_long_is_refused(editor: Client) -> None:
    question = build.question()
    page = text(edited(editor, question, answer="x" * (ANSWER_LENGTH + 1)))
    assert "Ensure this value has at most 50000 characters" in page


# Positions


def test_a_new_question_comes_last_and_renumbers_no_other(editor: Client) -> None:
    category = build.category()
    for position in (3, 7):
        build.question(category=category, position=position)
    build.question(category=build.category(), position=20)
    assert 'name="position" value="1"' not in text(editor.get(ADD))
    assert "</span>3 of 4" in preview(editor, form(category=category.pk, position=""))["html"]
    editor.post(ADD, form(category=category.pk, position=""))
    assert Question.objects.get(slug="editor").position == 8


def test_an_emptied_position_puts_a_question_last(editor: Client) -> None:
    question = build.question(position=1)
    build.question(position=2)
    edited(editor, question, position="")
    question.refresh_from_db()
    assert question.position == 3


def test_a_question_comes_last_in_the_category_that_it_moves_to(editor: Client) -> None:
    question, stays = build.question(position=1), build.question(position=5)
    other = build.category()
    build.question(category=other, position=4)
    shown = preview(editor, opened(question, category=other.pk, key=question.pk))["html"]
    assert "</span>3 of 3" in shown
    edited(editor, question, category=other.pk)
    question.refresh_from_db()
    assert (question.category, question.position) == (other, 5)
    # Unless the editor says where.
    shown = preview(editor, opened(stays, category=other.pk, position=1, key=stays.pk))["html"]
    assert "</span>1 of 3" in shown
    edited(editor, stays, category=other.pk, position=1)
    assert Question.objects.filter(category=other).in_order().first() == stays


def test_a_question_that_leaves_its_category_empty_comes_after_those_before_it(
    editor: Client,
) -> None:
    first, alone, last = (
        build.question(category=build.category(position=n), position=9) for n in (1, 2, 3)
    )
    data = opened(alone, category=last.category_id, position=1, key=alone.pk)
    shown = preview(editor, data)["html"]
    assert "</span>2 of 3" in shown
    links = {name: one(parse(shown), f".step[rel={name}]").get("href") for name in ("prev", "next")}
    assert links == {"prev": first.get_absolute_url(), "next": last.get_absolute_url()}


def test_many_that_are_moved_come_last_in_their_order(editor: Client) -> None:
    category = build.category(slug="new", position=2)
    there = [build.question(category=category, position=n) for n in (1, 2)]
    first = build.category(position=1)
    moved = [build.question(category=first, position=n) for n in (1, 3, 3)]
    draft = build.question(category=first, position=9, published=False)
    act(editor, "category_new", draft, *reversed(moved))
    assert list(Question.objects.filter(category=category).in_order()) == [*there, *moved, draft]


def test_the_last_position_of_all_is_no_failure(editor: Client) -> None:
    last = build.question(position=LAST_POSITION)
    editor.post(ADD, form(last, slug="editor", position="", title="What is added?"))
    assert Question.objects.get(slug="editor").position == LAST_POSITION


# In a browser


@pytest.fixture
def logged_in(page: Page, live_server: LiveServer, anna: User) -> Page:
    client = Client()
    client.force_login(anna)
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    return page


def test_the_preview_follows_the_typing(logged_in: Page) -> None:
    question = build.question()
    logged_in.goto(address(question))
    page = logged_in.frame_locator("#preview iframe")
    expect(page.get_by_role("heading", name=question.title)).to_be_visible()
    expect(page.locator("main")).to_have_css("max-width", "700px")  # the public stylesheet
    logged_in.get_by_label("Title").fill("What changes at once?")
    expect(page.get_by_role("heading", name="What changes at once?")).to_be_visible()
    logged_in.get_by_label("Short answer").fill("Far too short.")
    expect(logged_in.locator("#id_short_answer_helptext")).to_contain_text("it has 3")
    expect(logged_in.locator("#preview-problems")).to_contain_text("short answer")
    expect(logged_in.locator("#preview-words")).to_contain_text("3 in the short answer")


def test_a_new_question_is_begun_without_a_surprise(logged_in: Page) -> None:
    build.category(name="First")
    logged_in.goto(ADD)
    title = logged_in.get_by_label("Title")
    expect(title).to_be_focused()
    expect(logged_in.locator("#preview-words")).to_contain_text("as you type")
    expect(logged_in.locator(".notes")).to_have_count(0)
    words = "collector of CPython decide which objects of a long-lived process are unreachable"
    title.press_sequentially(f"How does the {words}?")
    preview = logged_in.frame_locator("#preview iframe")
    expect(preview.get_by_role("heading", name=f"How does the {words}?")).to_be_visible()
    slug = logged_in.get_by_label("Slug").input_value()
    assert len(slug) <= 80
    assert f"how-does-the-{words}-".lower().replace(" ", "-").startswith(f"{slug}-")
    offer = logged_in.get_by_role("button", name="Start with the sections")
    offer.click()
    expect(logged_in.locator("#id_answer")).to_have_value(re.compile("## Follow-ups"))
    expect(offer).to_be_hidden()
    expect(logged_in.locator("#id_answer_helptext")).to_contain_text("Begin with the detail")


def test_nothing_runs_in_the_preview(logged_in: Page) -> None:
    question = build.question()
    logged_in.goto(address(question))
    logged_in.locator("#id_answer").fill("<script>top.hit = 1</script><img src=x>")
    page = logged_in.frame_locator("#preview iframe")
    expect(page.locator(".answer")).to_contain_text("<script>top.hit = 1</script>")
    assert logged_in.evaluate("window.hit") is None
    assert page.locator("script").count() == 0


def test_rows_can_be_dragged_inside_their_category(logged_in: Page) -> None:
    category = build.category(position=1)
    questions = [build.question(category=category, position=n) for n in (1, 2, 3)]
    build.question(category=build.category(position=2))
    logged_in.goto(LIST)
    rows = logged_in.locator("#result_list tbody tr")
    box = rows.nth(2).bounding_box()
    assert box
    below: Position = {"x": box["width"] / 2, "y": box["height"] - 3}
    rows.nth(0).locator(".drag-handle").drag_to(rows.nth(2), target_position=below)
    rows.nth(0).locator(".drag-handle").drag_to(rows.nth(3))  # another category: stays
    logged_in.get_by_role("button", name="Save").click()
    expect(logged_in.get_by_text("were changed successfully")).to_be_visible()
    order = list(Question.objects.filter(category=category).in_order())
    assert order == [questions[1], questions[2], questions[0]]
    assert [q.position for q in order] == [1, 2, 3]


def test_no_column_of_the_list_is_cut_on_a_usual_screen(logged_in: Page) -> None:
    title = (
        "A long-lived worker keeps growing: when does CPython free an object, and what stops it?"
    )
    category = build.category(name="Architecture & System Design")
    build.question(title=title, category=category, level="advanced")
    logged_in.set_viewport_size({"width": 1280, "height": 800})
    logged_in.goto(LIST)
    table = logged_in.locator(".results")
    assert table.evaluate("table => table.scrollWidth - table.clientWidth") == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_editors_pages_are_accessible(
    logged_in: Page, assert_accessible: Any, scheme: Any
) -> None:
    question = build.question()
    Question.objects.update(title="What was changed?", answer="Something *else*.")
    logged_in.emulate_media(color_scheme=scheme)
    logged_in.goto(f"{LIST}{question.pk}/history/")
    assert_accessible(logged_in)


def test_an_editor_does_not_leave_by_mistake(logged_in: Page) -> None:
    question = build.question()
    logged_in.goto(address(question))
    logged_in.get_by_label("Keywords").fill("unsaved")
    asked = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    logged_in.on("dialog", answer)
    logged_in.goto(LIST)
    assert asked == ["beforeunload"]


# The slug


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        (
            "\u7ebf\u7a0b\u6c60\u6709\u54ea\u4e9b\u53c2\u6570\uff1f",
            "xian-cheng-chi-you-na-xie-can-shu",
        ),
        (
            "\u0645\u0627 \u0647\u0648 \u0627\u0644\u0625\u063a\u0644\u0627\u0642\u061f",
            "m-hw-lghlq",
        ),
        ("What is question one?", "what-is-question-one-2"),
    ],
)
def test_a_new_question_gets_a_slug_in_every_script(editor: Client, title: str, slug: str) -> None:
    build.question(slug="what-is-question-one")
    fields = form(title=title, slug="", published="")
    assert preview(editor, fields)["slug"] == slug
    assert editor.post(ADD, fields).status_code == 302
    assert Question.objects.get(title=title).slug == slug


def test_without_a_title_there_is_no_slug(editor: Client) -> None:
    page = text(editor.post(ADD, form(title=" ", slug="")))
    assert "This field is required." in page
    assert not Question.objects.exists()
