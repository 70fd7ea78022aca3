"""Searches that found little, in the admin: what came first, and what an editor does about it."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.test import Client

from questions.admin import searches
from questions.models import Change, MissedSearch, Question
from tests import build
from tests.html import one, page, parse, select, text
from tests.pages.lists import links

pytestmark = pytest.mark.django_db

LIST = "/admin/questions/missedsearch/"


def left() -> set[str]:
    """Return the searches that are still in the list."""
    return set(MissedSearch.objects.values_list("text", flat=True))


def messages(response: Any) -> list[str]:
    return [text(message) for message in select(parse(response.content), ".messagelist li")]


# The list


def test_the_list_says_what_happened_and_what_came_first(editor: Client) -> None:
    question = build.question(title="What does Celery do?")
    weak, corrected = MissedSearch.Outcome.WEAK, MissedSearch.Outcome.CORRECTED
    MissedSearch.objects.create(text="celery kafka", outcome=weak, question=question, count=3)
    MissedSearch.objects.create(text="sellery", outcome=corrected, question=question, count=2)
    MissedSearch.objects.create(text="xyzzy", count=1)
    found = page(editor, LIST)
    assert text(one(found, "#content h1")) == "Searches that found little"
    rows = [[text(cell) for cell in row] for row in select(found, "#result_list tbody tr")]
    assert [row[1:4] for row in rows] == [
        ["celery kafka", "lacks a word: What does Celery do?", "3"],
        ["sellery", "was corrected: What does Celery do?", "2"],
        ["xyzzy", "found nothing", "1"],
    ]


def test_phrases_are_added_from_the_list(editor: Client) -> None:
    question = build.question(slug="a", published=False, keywords="thread", asked_as="Is it?\n")
    for action, typed in (("add_to_keywords", "Sewing"), ("add_to_phrasings", "who sews")):
        key = MissedSearch.objects.create(text=typed, question=question).pk
        response = editor.post(LIST, {"action": action, "_selected_action": [key]}, follow=True)
        assert len(messages(response)) == 1
        assert question.title in messages(response)[0]
    question.refresh_from_db()
    assert question.keywords == "thread, sewing"
    assert question.asked_as == "Is it?\nWho sews?\n"
    assert left() == set()
    assert Change.objects.filter(question_id=question.pk, actor="ben").count() == 2


def test_a_phrase_that_fits_nowhere_stays_and_is_told(editor: Client) -> None:
    question = build.question(slug="a", title="What is full?", keywords="k" * 495)
    keys = [
        MissedSearch.objects.create(text="too long", question=question).pk,
        MissedSearch.objects.create(text="xyzzy").pk,
    ]
    data = {"action": "add_to_keywords", "_selected_action": keys}
    response = editor.post(LIST, data, follow=True)
    assert set(messages(response)) == {
        "“xyzzy”: Choose its question first.",
        (
            "“too long”: Ensure this value has at most 500 characters (it has 505). "
            "Make room in “What is full?”, then try again."
        ),
    }
    assert left() == {"too long", "xyzzy"}


def test_a_question_that_plain_sql_deleted_has_to_be_chosen_anew(editor: Client) -> None:
    search = MissedSearch.objects.create(text="sewing", question_id=404)
    rows = select(page(editor, LIST), "#result_list tbody tr")
    assert [text(cell) for cell in rows[0]][2] == "found nothing"
    data = {"action": "add_to_keywords", "_selected_action": [search.pk]}
    response = editor.post(LIST, data, follow=True)
    assert messages(response) == ["“sewing”: Choose its question first."]
    form = parse(send(editor, search, question="", _keywords="Add").content)
    assert text(one(form, ".field-question .errorlist")) == "Choose its question first."


def test_a_question_that_is_deleted_meanwhile_has_to_be_chosen_anew() -> None:
    with pytest.raises(ValidationError, match="Choose its question first"):
        searches.with_phrase(Question(pk=404), "keywords", "sewing")


def test_an_editor_starts_a_question_from_a_search(editor: Client) -> None:
    search = MissedSearch.objects.create(text="who sews")
    for address, link in (
        (LIST, ".field-new_question a"),
        (f"{LIST}{search.pk}/change/", ".submit-row .closelink"),
    ):
        form = page(editor, links(page(editor, address), link)[0])
        assert one(form, "[name=title]").get("value") == "Who sews?"
        assert one(form, "[name=keywords]").get("value") == "who sews"


def test_who_may_not_add_questions_is_offered_none(client: Client) -> None:
    user = User.objects.create_user("viewer", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_missedsearch"))
    client.force_login(user)
    search = MissedSearch.objects.create(text="who sews")
    found = page(client, LIST)
    assert text(one(found, ".field-searched_for")) == "who sews"
    assert "Start a question" not in text(one(found, "#result_list"))
    assert select(page(client, f"{LIST}{search.pk}/change/"), ".submit-row") == []


def test_searches_are_read_and_deleted_and_never_made_up(editor: Client) -> None:
    search = MissedSearch.objects.create(text="xyzzy", count=7)
    assert editor.get(f"{LIST}add/").status_code == 403
    form = page(editor, f"{LIST}{search.pk}/change/")
    assert select(form, "[name=text]") == []
    assert links(form, ".viewsitelink") == ["/?q=xyzzy"]
    editor.post(f"{LIST}{search.pk}/delete/", {"post": "yes"})
    assert left() == set()


# The form


def send(client: Client, search: MissedSearch, **fields: Any) -> HttpResponse:
    """Send the form of a search with the values that it has, but for `fields`."""
    address = f"{LIST}{search.pk}/change/"
    form = page(client, address)
    chosen = [option.get("value", "") for option in select(form, "[name=question] option")]
    sent = {"question": chosen[-1], "phrase": one(form, "[name=phrase]").get("value", "")}
    return client.post(address, {**sent, **fields}, follow=True)  # type: ignore[return-value]


def test_the_form_adds_a_phrase_as_the_editor_words_it(editor: Client) -> None:
    wrong, right = build.question(), build.question(title="Who sews?", asked_as="")
    search = MissedSearch.objects.create(text="n 1 needles", question=wrong)
    response = send(editor, search, question=right.pk, phrase="N+1 needles?", _asked_as="Add")
    assert messages(response) == [
        "“N+1 needles?” was added to “also asked as” of Who sews?, and the search left this list."
    ]
    right.refresh_from_db()
    assert right.asked_as == "N+1 needles?\n"
    assert Change.objects.filter(question_id=right.pk, actor="ben", kind="edited").count() == 1
    assert left() == set()


@pytest.mark.parametrize(
    ("phrase", "name"),
    [
        ("Sewing?", "sewing"),
        ("Sewing, needles", "sewing, needles"),
        ("Sewing?, , Thread, sewing", "sewing"),
    ],
)
def test_the_form_adds_a_keyword(editor: Client, phrase: str, name: str) -> None:
    question = build.question(keywords="thread,")
    search = MissedSearch.objects.create(text="sewing", question=question)
    response = send(editor, search, phrase=phrase, _keywords="Add")
    assert f"“{name}” was added to the keywords of" in messages(response)[0]
    question.refresh_from_db()
    assert question.keywords == f"thread, {name}"


@pytest.mark.parametrize(
    ("keywords", "phrase", "said"),
    [
        ("a", " ", "Write what is to be added."),
        ("a", " , ?", "Write what is to be added."),
        ("a, Sewing", "sewing?", "has it already."),
        ("k" * 495, "too long", "Make room in"),
    ],
)
def test_what_cannot_be_added_is_told_and_nothing_is_lost(
    editor: Client, keywords: str, phrase: str, said: str
) -> None:
    question = build.question(keywords=keywords)
    search = MissedSearch.objects.create(text="sewing", question=question)
    form = parse(send(editor, search, phrase=phrase, _keywords="Add").content)
    assert said in text(one(form, ".field-phrase .errorlist"))
    assert one(form, "[name=phrase]").get("value") == phrase
    assert left() == {"sewing"}
    question.refresh_from_db()
    assert question.keywords == keywords


@pytest.mark.parametrize("phrase", ["Who *sews*?", "s" * 161, "What is the title?"])
def test_what_is_wrong_with_a_phrase_is_no_matter_of_room(editor: Client, phrase: str) -> None:
    question = build.question(title="What is the title?", asked_as="Is it?\n")
    search = MissedSearch.objects.create(text="sewing", question=question)
    form = parse(send(editor, search, phrase=phrase, _asked_as="Add").content)
    assert "room" not in text(one(form, ".field-phrase .errorlist"))
    question.refresh_from_db()
    assert question.asked_as == "Is it?\n"


def test_a_retired_question_is_given_no_phrase(editor: Client) -> None:
    new = build.question(title="Who sews?")
    old = build.question(title="Who sewed?", published=False, replaced_by=new, keywords="")
    search = MissedSearch.objects.create(text="sewing", question=old)
    form = parse(send(editor, search, _keywords="Add").content)
    said = "“Who sewed?” is retired: choose “Who sews?”."
    assert text(one(form, ".field-question .errorlist")) == said
    response = editor.post(
        LIST, {"action": "add_to_keywords", "_selected_action": [search.pk]}, follow=True
    )
    assert messages(response) == [f"“sewing”: {said}"]
    assert left() == {"sewing"}


EIGHT = [f"How is it asked, {number}?" for number in range(8)]


def test_of_eight_phrasings_the_editor_chooses_the_one_that_goes(editor: Client) -> None:
    full = build.question(title="What is full?", asked_as="".join(f"{line}\n" for line in EIGHT))
    search = MissedSearch.objects.create(text="who sews", question=full)
    form = page(editor, f"{LIST}{search.pk}/change/")
    assert [radio.get("value") for radio in select(form, "[name=instead]")] == EIGHT
    assert "“What is full?” has 8 phrasings" in text(one(form, ".field-instead .help"))
    refused = parse(send(editor, search, _asked_as="Add").content)
    assert text(one(refused, ".field-instead .errorlist")) == (
        "“What is full?” has 8 phrasings already: choose the one that goes."
    )
    assert one(refused, "[name=phrase]").get("value") == "Who sews?"
    response = send(editor, search, instead=EIGHT[2], _asked_as="Add")
    [said] = messages(response)
    assert said.startswith("“Who sews?” was added to “also asked as” of What is full? in place of")
    assert said.endswith(f" “{EIGHT[2]}”, and the search left this list.")
    full.refresh_from_db()
    assert full.asked_as.splitlines() == [*EIGHT[:2], "Who sews?", *EIGHT[3:]]
    assert Change.objects.get(question_id=full.pk, kind="edited").before.keys() == {"asked_as"}
    assert left() == set()


def test_what_goes_is_chosen_of_the_question_that_is_chosen_now(editor: Client) -> None:
    few = build.question(asked_as="Is it?\n")
    full = build.question(asked_as="".join(f"{line}\n" for line in EIGHT))
    search = MissedSearch.objects.create(text="who sews", question=few)
    form = page(editor, f"{LIST}{search.pk}/change/")
    assert [field.get("type") for field in select(form, "[name=instead]")] == ["hidden"]
    refused = parse(send(editor, search, question=full.pk, instead="Is it?", _asked_as="").content)
    assert text(one(refused, ".field-instead .errorlist")) == "Choose the phrasing that goes."
    assert [radio.get("value") for radio in select(refused, "[name=instead]")] == EIGHT
    MissedSearch.objects.update(question=full)
    send(editor, search, question=few.pk, instead=EIGHT[0], _asked_as="Add")
    few.refresh_from_db()
    assert few.asked_as == "Is it?\nWho sews?\n"


def test_a_keyword_takes_nothing_from_the_phrasings(editor: Client) -> None:
    full = build.question(keywords="", asked_as="".join(f"{line}\n" for line in EIGHT))
    search = MissedSearch.objects.create(text="who sews", question=full)
    response = send(editor, search, instead=EIGHT[2], _keywords="Add")
    assert "in place of" not in messages(response)[0]
    full.refresh_from_db()
    assert (full.keywords, full.asked_as.splitlines()) == ("who sews", EIGHT)


def test_the_list_leads_to_the_form_where_a_phrasing_has_to_go(editor: Client) -> None:
    full = build.question(title="What is full?", asked_as="".join(f"{line}\n" for line in EIGHT))
    search = MissedSearch.objects.create(text="who sews", question=full)
    data = {"action": "add_to_phrasings", "_selected_action": [search.pk]}
    told = parse(editor.post(LIST, data, follow=True).content)
    assert text(one(told, ".messagelist li")) == (
        "“who sews”: “What is full?” has 8 phrasings already: choose the one that goes. Choose it "
        "in the form."
    )
    assert links(told, ".messagelist a") == [f"{LIST}{search.pk}/change/"]
    assert left() == {"who sews"}


def test_a_phrase_needs_its_question(editor: Client) -> None:
    search = MissedSearch.objects.create(text="sewing")
    form = parse(send(editor, search, question="", _keywords="Add").content)
    assert text(one(form, ".field-question .errorlist")) == "Choose its question first."


def test_the_choice_alone_can_be_saved(editor: Client) -> None:
    question = build.question(keywords="")
    search = MissedSearch.objects.create(text="sewing")
    send(editor, search, question=question.pk, _save="Save")
    search.refresh_from_db()
    assert search.question == question
    assert Question.objects.get().keywords == ""


def allowed(client: Client, *permissions: str) -> Client:
    """Log in somebody with these permissions only."""
    user = User.objects.create_user("reader", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    return client


@pytest.mark.parametrize(
    "permissions",
    [
        ("view_missedsearch", "change_missedsearch", "delete_missedsearch"),
        ("view_missedsearch", "view_question", "change_question"),
    ],
)
def test_who_may_not_change_both_is_offered_no_addition(
    client: Client, permissions: tuple[str, ...]
) -> None:
    allowed(client, *permissions)
    question = build.question(keywords="")
    search = MissedSearch.objects.create(text="sewing", question=question)
    form = page(client, f"{LIST}{search.pk}/change/")
    assert select(form, "[name=_keywords]") + select(form, ".field-phrase") == []
    sent = {"question": question.pk, "phrase": "Sewing?", "_keywords": "Add"}
    client.post(f"{LIST}{search.pk}/change/", sent)
    client.post(LIST, {"action": "add_to_keywords", "_selected_action": [search.pk]})
    assert Question.objects.get().keywords == ""
    assert left() == {"sewing"}
