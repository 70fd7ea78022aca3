"""What a text may hold, in every field and by every road (questions/models/fields.py)."""

from collections.abc import Callable
from itertools import batched
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, models, transaction

from questions import history
from questions.models import (
    ANSWER_LENGTH,
    ASKED_AS_LENGTH,
    FURTHER_READING_LENGTH,
    PROMPT_LENGTH,
    SHORT_ANSWER_LENGTH,
    Bank,
    Category,
    Change,
    ContentVersion,
    FormerCategorySlug,
    FormerSlug,
    MissedSearch,
    Origin,
    Question,
    Refreshed,
    SampleFailure,
    Tally,
)
from questions.models.fields import REFUSED, WHITE_SPACE, Plain, validate_characters
from tests import build
from tests.roads import ROADS, by_plain_sql

pytestmark = pytest.mark.django_db

TEXTS = [
    (model, field)
    for model in apps.get_app_config("questions").get_models()
    for field in model._meta.concrete_fields
    if isinstance(field, models.CharField | models.TextField)
]
# A valid row of each model, saved. The triggers write some of them along with a question.
ROWS: dict[type[models.Model], Callable[[], models.Model]] = {
    Bank: Bank.objects.create,
    Category: build.category,
    Question: build.question,
    FormerSlug: lambda: FormerSlug.objects.create(slug="a", question=build.question()),
    FormerCategorySlug: lambda: FormerCategorySlug.objects.create(
        slug="a", category=build.category()
    ),
    SampleFailure: lambda: SampleFailure.objects.create(question_id=1, text_hash="a", report="a"),
    MissedSearch: lambda: MissedSearch.objects.create(text="a"),
    Refreshed: lambda: Refreshed.objects.create(model="a", slug="a", digest="a"),
    Origin: lambda: Origin.objects.create(actor="a", road="a"),
    Change: lambda: Change.objects.filter(question_id=build.question().pk).get(),
    Tally: lambda: Tally.objects.filter(category=build.question().category).get(),
    ContentVersion: ContentVersion.objects.get,
}

every_text = pytest.mark.parametrize(("model", "field"), TEXTS, ids=str)


@every_text
def test_every_field_of_text_is_a_plain_one(
    model: type[models.Model], field: "models.Field[Any, Any]"
) -> None:
    assert isinstance(field, Plain), (
        f"Make {field} a PlainCharField, a PlainTextField or a PlainSlugField "
        "(questions/models/fields.py): the others take control characters."
    )


@every_text
def test_the_database_refuses_control_characters_in_every_column_of_text(
    model: type[models.Model], field: "models.Field[Any, Any]"
) -> None:
    row = ROWS[model]()
    for character in ("\x07", "\x85", "\uffff"):
        with pytest.raises(IntegrityError), transaction.atomic():
            model._base_manager.filter(pk=row.pk).update(**{field.name: f"a{character}b"})


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("character", ["\x07", "\x7f", "\ufdd0", "\ufffe", "\U0001ffff"])
def test_no_road_leads_around_it(road: Callable[[Question, str], None], character: str) -> None:
    question = build.question()
    with pytest.raises(IntegrityError), transaction.atomic():
        road(question, f"What is {character}?")
    with pytest.raises(IntegrityError), transaction.atomic():
        build.question(prompt=character)


def test_the_database_refuses_what_the_validator_refuses() -> None:
    question = build.question()
    for character in REFUSED:
        with pytest.raises(ValidationError):
            validate_characters(character)
        # PostgreSQL's driver refuses NUL, and both refuse half of a surrogate pair.
        with pytest.raises((DatabaseError, ValueError)), transaction.atomic():
            Question.objects.filter(pk=question.pk).update(further_reading=f"a{character}")


def test_the_database_takes_every_other_character() -> None:
    question = build.question(published=False)
    others = (chr(point) for point in range(0x110000) if chr(point) not in REFUSED)
    for some in batched(others, 10_000):
        text = "".join(some)
        validate_characters(text)
        Question.objects.filter(pk=question.pk).update(further_reading=text)
        assert Question.objects.get(pk=question.pk).further_reading == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\x00", r"U\+0000 \(NUL\) in line 1, column 1"),
        ("One.\n\nTw\x07o.", r"U\+0007 \(BEL\) in line 3, column 3"),
        ("a\x7f", r"U\+007F \(DEL\) in line 1, column 2"),
        ("\x85", r"U\+0085 \(a control character\)"),
        ("\ud83d", r"U\+D83D \(half of a surrogate pair\)"),
        ("\ufdd0", r"U\+FDD0 \(a noncharacter\)"),
        ("\U0010ffff", r"U\+10FFFF \(a noncharacter\)"),
    ],
)
def test_the_validator_names_the_character_and_its_place(text: str, message: str) -> None:
    for field in ("prompt", "answer"):
        question = build.question()
        setattr(question, field, text)
        with pytest.raises(ValidationError, match=message) as caught:
            question.full_clean()
        assert list(caught.value.message_dict) == [field]


def test_a_line_end_and_a_tab_are_text() -> None:
    question = build.question(answer="One.\r\n\tTwo.\n")
    question.full_clean()
    assert Question.objects.get().answer == "One.\r\n\tTwo.\n"


def test_whoever_changes_something_may_be_called_anything() -> None:
    with history.recorded("a command", "an\x07na"):
        question = build.question()
    assert Change.objects.get(question_id=question.pk).actor == "anna"


# What is blank


@pytest.mark.parametrize("space", WHITE_SPACE)
def test_white_space_of_any_kind_is_blank(space: str) -> None:
    question = build.question()
    for field in ("title", "short_answer", "slug"):
        with pytest.raises(IntegrityError), transaction.atomic():
            Question.objects.filter(pk=question.pk).update(**{field: space * 2})
    with pytest.raises(IntegrityError), transaction.atomic():
        Category.objects.update(name=space)
    Question.objects.update(title=f"{space}a{space}", answer=space)


def test_what_is_blank_is_what_python_strips() -> None:
    stripped = {chr(point) for point in range(0x110000) if not chr(point).strip()}
    assert stripped - REFUSED == set(WHITE_SPACE)


# Lengths and positions


@pytest.mark.parametrize(
    ("field", "most"),
    [
        ("prompt", PROMPT_LENGTH),
        ("asked_as", ASKED_AS_LENGTH),
        ("short_answer", SHORT_ANSWER_LENGTH),
        ("answer", ANSWER_LENGTH),
        ("further_reading", FURTHER_READING_LENGTH),
    ],
)
def test_no_text_is_longer_than_its_field_allows(field: str, most: int) -> None:
    question = build.question()
    Question.objects.update(**{field: "é" * most})
    with pytest.raises(IntegrityError), transaction.atomic():
        Question.objects.filter(pk=question.pk).update(**{field: "é" * (most + 1)})


@pytest.mark.parametrize(
    ("model", "most"), [(Question, 2**31 - 1), (Category, 2**15 - 1)], ids=["question", "category"]
)
@pytest.mark.parametrize("road", ROADS)
def test_positions_have_the_same_bounds_on_both_databases(
    model: type[Question | Category], most: int, road: Any
) -> None:
    build.question()
    for position in (1, most):
        road(model._default_manager.get(), position, "position")
    for position in (0, -1, most + 1, 2**40):
        row = model._default_manager.get()
        row.position = position
        with pytest.raises(ValidationError) as caught:
            row.full_clean()
        assert caught.value.message_dict
        with pytest.raises(DatabaseError), transaction.atomic():
            road(row, position, "position")
    assert model._default_manager.get().position == most


# One bank


def test_a_database_without_a_row_has_a_bank_with_defaults() -> None:
    assert not Bank.objects.exists()  # and no migration made one
    bank = Bank.objects.current()
    assert (bank.name, bank.language, bank.requires_style) == ("QA Bank", "en", True)
    bank.full_clean()


def by_create() -> None:
    Bank.objects.create(name="Another")


def by_another_key() -> None:
    Bank.objects.create(id=2, name="Another")


def by_bulk_create() -> None:
    Bank.objects.bulk_create([Bank(id=2, name="Another")])


def by_moving() -> None:
    Bank.objects.update(id=2)


def by_sql() -> None:
    columns = [str(f.column) for f in Bank._meta.concrete_fields if f.column != "id"]
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO questions_bank (id, {names})"  # noqa: S608
            f" SELECT 2, {names} FROM questions_bank"
        )


@pytest.mark.parametrize("road", [by_create, by_another_key, by_bulk_create, by_moving, by_sql])
def test_no_road_makes_a_second_bank(road: Callable[[], None]) -> None:
    Bank.objects.create(name="Ours")
    with pytest.raises(IntegrityError), transaction.atomic():
        road()
    assert Bank.objects.current().name == "Ours"
    with pytest.raises(ValidationError, match="already"):
        Bank(name="Another").full_clean()


@pytest.mark.parametrize(
    "field", ["name", "title", "language", "example", "pitfalls", "follow_ups"]
)
def test_a_bank_says_everything_but_a_promise(field: str) -> None:
    Bank.objects.create()
    with pytest.raises(IntegrityError), transaction.atomic():
        Bank.objects.update(**{field: "\xa0"})
    Bank.objects.update(promise="")


@pytest.mark.parametrize("tag", ["en", "de", "pt-br", "DE", "de-at", "zh-hans", "ar"])
def test_languages_that_are_known(tag: str) -> None:
    Bank(language=tag).full_clean()


@pytest.mark.parametrize("tag", ["", "xx", "english", "en_US", "de-", "de- x", "en-<b>"])
def test_other_languages_are_refused(tag: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Bank(language=tag).full_clean()
    assert list(caught.value.message_dict) == ["language"]


@pytest.mark.parametrize("emoji", ["", "🐍", "🏗️", "🏗", "👩🏽\u200d💻", "🇩🇪", "1️⃣"])
def test_emoji(emoji: str) -> None:
    build.category(emoji=emoji).full_clean()


@pytest.mark.parametrize("emoji", ["a", "🐍🐍", " 🐍", "1", "\u200d", "<b>", "©x"])
def test_what_is_no_emoji(emoji: str) -> None:
    category = build.category()
    category.emoji = emoji
    with pytest.raises(ValidationError, match="one emoji"):
        category.full_clean()


# Retired questions


def retire(road: Any, question: Question, other: Question) -> None:
    if road is by_plain_sql:
        road(question, other.pk, "replaced_by_id")
    else:
        road(question, other, "replaced_by")


@pytest.mark.parametrize("road", ROADS)
def test_a_question_that_is_retired_is_not_published(road: Any) -> None:
    retired, other = build.question(), build.question()
    with pytest.raises(IntegrityError), transaction.atomic():
        retire(road, retired, other)
    Question.objects.filter(pk=retired.pk).update(published=False, replaced_by=other)
    retired.refresh_from_db()
    with pytest.raises(IntegrityError), transaction.atomic():
        road(retired, True, "published")  # noqa: FBT003


def test_a_question_does_not_replace_itself() -> None:
    question = build.question(published=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        Question.objects.update(replaced_by=question)
    question.replaced_by = question
    with pytest.raises(ValidationError, match="leads back to this one"):
        question.full_clean()


def test_retired_questions_do_not_lead_in_a_circle() -> None:
    last = build.question(published=False)
    middle = build.question(published=False, replaced_by=last)
    first = build.question(published=False, replaced_by=middle)
    first.full_clean()
    assert list(first.replacements()) == [middle, last]
    last.replaced_by = first
    with pytest.raises(ValidationError, match="leads back to this one") as caught:
        last.full_clean()
    assert list(caught.value.message_dict) == ["replaced_by"]
    # Past the model's code a circle can be made; nobody goes around in it for ever.
    Question.objects.filter(pk=last.pk).update(replaced_by=first)
    assert len(list(Question.objects.get(pk=first.pk).replacements())) == 3


def test_what_replaces_a_question_cannot_be_deleted() -> None:
    other = build.question()
    build.question(published=False, replaced_by=other)
    with pytest.raises(models.ProtectedError):
        other.delete()


def test_a_retired_question_may_be_unfinished() -> None:
    other = build.question()
    build.question(published=False, replaced_by=other, answer="", short_answer="").full_clean()
