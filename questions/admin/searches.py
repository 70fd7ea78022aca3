"""Searches that found little: what came first, and how an editor makes the next one find more."""

from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminRadioSelect, AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from questions.admin.history import recorded
from questions.admin.unsaved import UnsavedAdmin
from questions.checking.rules import PHRASINGS, check_question
from questions.models import ASKED_AS_LENGTH, Bank, MissedSearch, Question
from questions.models.fields import validate_characters

# The fields that a phrase can be added to, and what the pages call them.
FIELDS = {"asked_as": "“also asked as”", "keywords": "the keywords"}
FULL = "full"  # the code of the error where one of the phrasings has to go


class SearchForm(forms.ModelForm):
    """Chooses the question that should come first, and adds a phrase to one of its FIELDS."""

    phrase = forms.CharField(
        required=False,
        max_length=ASKED_AS_LENGTH,
        validators=[validate_characters],
        widget=AdminTextInputWidget,
        help_text="What one of the buttons below adds to the question. Word it as people would "
        "ask; for the keywords, as a name: keywords become lower-case "
        "and lose their question mark.",
    )

    instead = forms.ChoiceField(
        required=False,
        label="In place of",
        widget=AdminRadioSelect(attrs={"class": "radiolist"}),
        error_messages={"invalid_choice": "Choose the phrasing that goes."},
    )

    # The admin makes a class of its own for each form, and sets this.
    may_edit = False  # whether the user may change questions

    class Meta:
        model = MissedSearch
        fields = ["question"]
        labels = {"question": "Should come first"}
        help_texts = {
            "question": "The question that answers this search. What came first is chosen already; "
            "choose another one where that is not it."
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.addition: Addition | None = None
        self.field = next((name for name in FIELDS if f"_{name}" in self.data), "")
        self.initial["phrase"] = sentence(self.instance.text)
        if "question" in self.fields:
            widget: Any = self.fields["question"].widget
            # To add or delete one from here would be a mistake; to change one makes room in it.
            widget.can_add_related = widget.can_delete_related = widget.can_view_related = False
        self.offer_room()

    def offer_room(self) -> None:
        """Let the editor choose what goes from a question that has all phrasings it may have."""
        question = Question.objects.filter(pk=self.instance.question_id).first()
        if self.is_bound and "question" in self.fields:
            with suppress(ValidationError):
                question = self.fields["question"].clean(self.data.get("question"))
        field: Any = self.fields["instead"]
        lines = question.asked_as.splitlines() if question else []
        if len(lines) >= PHRASINGS:
            field.choices = [(line, line) for line in lines]
            field.help_text = format_html(
                "“{}” has {} phrasings, the most that are allowed. Choose the one whose place the "
                "new one takes; the history keeps it.",
                question,
                len(lines),
            )
        else:
            self.fields["instead"] = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if self.field and self.may_edit and not self.errors:
            try:
                self.addition = with_phrase(
                    cleaned["question"], self.field, cleaned["phrase"], cleaned["instead"]
                )
            except ValidationError as error:
                at = {"question": "question", FULL: "instead"}
                self.add_error(at.get(error.code or "", "phrase"), error)
        return cleaned


class MissedSearchAdmin(UnsavedAdmin):
    """
    Searches that found little, and what came first.

    The database gets new ones by itself. An editor chooses the question that should have come
    first and adds the phrase to it, starts a question from it, or deletes it.
    """

    form = SearchForm
    list_display = ["searched_for", "came_first", "times", "new_question"]
    list_filter = ["outcome"]
    list_select_related = ["question"]
    search_fields = ["text"]
    fields = ["outcome", ("times", "last_made"), "question", "phrase", "instead"]
    readonly_fields = ["outcome", "times", "last_made"]
    autocomplete_fields = ["question"]
    actions = ["add_to_phrasings", "add_to_keywords"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_edit_permission(self, request: HttpRequest) -> bool:
        """Whether phrases can be added to questions, which settles searches."""
        may_change: bool = self.has_change_permission(request)
        return may_change and request.user.has_perm("questions.change_question")

    # The list

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"title": "Searches that found little", **(extra_context or {})}
        return super().changelist_view(request, context)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        may_add = request.user.has_perm("questions.add_question")
        return [name for name in self.list_display if may_add or name != "new_question"]

    @admin.display(description="searched for", ordering="text")
    def searched_for(self, search: MissedSearch) -> str:
        return search.text

    @admin.display(description="what came first", ordering="outcome")
    def came_first(self, search: MissedSearch) -> str:
        said = search.get_outcome_display()
        return f"{said}: {search.question}" if search.question else said

    @admin.display(description="times", ordering="count")
    def times(self, search: MissedSearch) -> int:
        return search.count

    @admin.display(description="")
    def new_question(self, search: MissedSearch) -> SafeString:
        return format_html('<a href="{}">Start a question</a>', address_of_new(search))

    @admin.action(description="Add to “also asked as” of the question", permissions=["edit"])
    def add_to_phrasings(self, request: HttpRequest, searches: QuerySet[MissedSearch]) -> None:
        self.add(request, searches, "asked_as")

    @admin.action(description="Add to the keywords of the question", permissions=["edit"])
    def add_to_keywords(self, request: HttpRequest, searches: QuerySet[MissedSearch]) -> None:
        self.add(request, searches, "keywords")

    def add(self, request: HttpRequest, searches: QuerySet[MissedSearch], field: str) -> None:
        """Add each search to a field of its question, and delete those that this settles."""
        for search in searches:
            try:
                with recorded(request):
                    said = with_phrase(search.question, field, sentence(search.text)).save()
                    search.delete()
            except ValidationError as error:
                problem = format_html("“{}”: {}", search.text, error.message)
                if error.code == FULL:
                    form = reverse("admin:questions_missedsearch_change", args=[search.pk])
                    choose = format_html('<a href="{}">Choose it in the form</a>.', form)
                    problem = format_html("{} {}", problem, choose)
                self.message_user(request, problem, messages.WARNING)
            else:
                self.message_user(request, said, messages.SUCCESS)

    # The form

    def get_fields(self, request: HttpRequest, *args: Any) -> list[Any]:
        may_edit = self.has_edit_permission(request)
        return [name for name in self.fields if may_edit or name not in {"phrase", "instead"}]

    def view_on_site(self, search: MissedSearch) -> str:
        return f"{reverse('home')}?{urlencode({'q': search.text})}"

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = {
            "title": "Search that found little",
            "may_edit": self.has_edit_permission(request),
            **(extra_context or {}),
        }
        with recorded(request):
            return super().changeform_view(request, object_id, form_url, context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if (search := kwargs.get("obj")) and request.user.has_perm("questions.add_question"):
            context["new_question"] = address_of_new(search)
        return super().render_change_form(request, context, *args, **kwargs)

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, *args, **kwargs)
        form.may_edit = self.has_edit_permission(request)
        return form

    def save_model(self, request: Any, obj: MissedSearch, form: Any, *args: Any) -> None:
        super().save_model(request, obj, form, *args)
        request.said = ""
        if form.addition:
            request.said = form.addition.save()

    def response_change(self, request: Any, obj: MissedSearch) -> HttpResponse:
        if not request.said:
            return super().response_change(request, obj)
        obj.delete()
        self.message_user(request, request.said, messages.SUCCESS)
        return redirect("admin:questions_missedsearch_changelist")


class Addition(NamedTuple):
    """A question, locked and not saved yet, with a text added to one of its FIELDS."""

    question: Question
    field: str
    text: str
    replaced: str  # the phrasing in whose place it stands, if any

    def save(self) -> SafeString:
        """Save the question; return what to say."""
        self.question.save(update_fields=[self.field])
        return format_html(
            '“{}” was added to {} of <a href="{}">{}</a>{}, and the search left this list.',
            self.text,
            FIELDS[self.field],
            reverse("admin:questions_question_change", args=[self.question.pk]),
            self.question,
            f" in place of “{self.replaced}”" if self.replaced else "",
        )


def with_phrase(question: Question | None, field: str, phrase: str, instead: str = "") -> Addition:
    """
    Return a question as it is now, with a phrase added to one of its FIELDS.

    Of a phrase with commas each part is a keyword. Among the phrasings it stands in the place of
    `instead`, if there is such a one. Raises ValidationError with what is wrong instead, if
    anything; its code is "question" where another one has to be chosen, FULL where a phrasing has
    to go.
    """
    key = question.pk if question else 0
    edited = Question.objects.select_for_update().filter(pk=key).first()
    if edited is None:
        raise ValidationError("Choose its question first.", code="question")
    if edited.is_retired:
        other = edited.replaced_by
        raise ValidationError(f"“{edited}” is retired: choose “{other}”.", code="question")
    text: str = getattr(edited, field)
    if field == "keywords":
        there, parts = text.split(","), [as_name(part) for part in phrase.split(",")]
    else:
        there, parts = text.splitlines(), [phrase.strip()]
    there = [name.strip() for name in there if name.strip()]
    parts = list(filter(None, dict.fromkeys(parts)))
    if not parts:
        raise ValidationError("Write what is to be added.")
    known = {name.casefold() for name in there}
    new = [part for part in parts if part.casefold() not in known]
    if not new:
        raise ValidationError(f"“{edited}” has it already.")
    replaced = instead if field == "asked_as" and instead in there else ""
    if field == "asked_as" and len(there) >= PHRASINGS and not replaced:
        said = f"“{edited}” has {len(there)} phrasings already: choose the one that goes."
        raise ValidationError(said, code=FULL)
    bank = Bank.objects.current()
    for message in errors(Question(title=edited.title, **{field: joined(new, field)}), field, bank):
        raise ValidationError(message)
    before = errors(edited, field, bank)
    place = there.index(replaced) if replaced else len(there)
    setattr(edited, field, joined([*there[:place], *new, *there[place + 1 :]], field))
    try:
        edited.clean_fields(exclude={f.name for f in Question._meta.fields} - {field})
    except ValidationError as error:
        raise no_room(edited, " ".join(error.messages)) from error
    for message in errors(edited, field, bank):
        if message not in before:
            raise no_room(edited, message)
    return Addition(edited, field, ", ".join(new), replaced)


def joined(parts: list[str], field: str) -> str:
    """Return the text of one of the FIELDS."""
    return ", ".join(parts) if field == "keywords" else "".join(f"{line}\n" for line in parts)


def errors(question: Question, field: str, bank: Bank) -> list[str]:
    """Return what the rules say is wrong in one of the FIELDS."""
    problems = check_question(question, {}, bank)
    return [problem.message for problem in problems if problem.field == field and problem.is_error]


def no_room(question: Question, reason: str) -> ValidationError:
    address = reverse("admin:questions_question_change", args=[question.pk])
    return ValidationError(
        format_html(
            '{} <a href="{}" target="_blank">Make room in “{}”</a>, then try again.',
            reason,
            address,
            question,
        )
    )


def address_of_new(search: MissedSearch) -> str:
    """Return the address of the form for a new question that this search asks."""
    query = urlencode({"title": sentence(search.text), "keywords": as_name(search.text)})
    return f"{reverse('admin:questions_question_add')}?{query}"


def sentence(text: str) -> str:
    """Return a search as the question that it asks."""
    return f"{text[:1].upper()}{text[1:]}?"


def as_name(text: str) -> str:
    """Return a phrase as a keyword is written."""
    return text.strip().rstrip(" .?!\uff1f\u3002").lower()
