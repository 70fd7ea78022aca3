"""The form of a question in the admin: saving it, and its preview."""

from contextlib import suppress
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_POST

from questions import history
from questions.admin.forms import QuestionForm, free_slug
from questions.admin.history import HistoryAdmin
from questions.checking import rules
from questions.markdown import parser
from questions.models import Bank, Category, Question
from questions.pages import views


class EditingAdmin(HistoryAdmin):
    form = QuestionForm
    change_form_template = "admin/questions/question/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        preview = self.admin_site.admin_view(require_POST(self.preview_view))
        return [
            path("preview/", preview, name="questions_question_preview"),
            *super().get_urls(),
        ]

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        with transaction.atomic():
            if request.method == "POST" and object_id:
                with suppress(ValidationError):  # a key that is no number is Django's to refuse
                    key = Question._meta.pk.to_python(object_id)
                    # Of two saves at once, the second waits for the row and then sees the first.
                    found = Question.objects.select_for_update().filter(pk=key)
                    if not found and history.deleted(Question).filter(question_id=key):
                        object_id = None  # the form for a new question keeps what was written
            return super().changeform_view(request, object_id, *args, **kwargs)

    def save_model(
        self,
        request: HttpRequest,
        obj: Question,
        form: Any,
        change: bool,  # noqa: FBT001 (Django's signature)
    ) -> None:
        if change:
            # Only what was edited: other columns may have changed since the row was read.
            names = {field.name for field in Question._meta.concrete_fields}
            changed = set(form.changed_data) | ({"published"} if obj.replaced_by else set())
            obj.save(update_fields=names & changed)
        else:
            obj.save()
        if obj.replaced_by and {"replaced_by", "published"} & set(form.changed_data):
            messages.warning(request, retired(obj))
        for problem in getattr(form, "advice", []):
            when = "To look at, in"
            if problem.is_error:
                when = "Still to be mended, in" if obj.published else "Before publishing, in"
            messages.warning(request, f"{when} {problem.label}: {problem.message}")

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """
        Answer with the public page of the question in the form, which need not be valid.

        The script asks for JSON and gets the page with the problems and the numbers of words.
        """
        if not (self.has_change_permission(request) or self.has_add_permission(request)):
            raise PermissionDenied
        question = draft(self.get_form(request)().fields, request.POST)
        html = render_page(request, question)
        if request.get_preferred_type(["text/html", "application/json"]) == "text/html":
            return HttpResponse(html)
        titles, bank = rules.titles_beside(question), Bank.objects.current()
        return JsonResponse(
            {
                "html": html,
                "slug": "" if question.pk else free_slug(question.title),
                "problems": [
                    {
                        "field": problem.field,
                        "label": problem.label,
                        "message": problem.message,
                        "is_error": problem.is_error,
                    }
                    for problem in rules.check_question(question, titles, bank)
                ],
                "words": {
                    field: rules.count_words(parser().parse(getattr(question, field)))
                    for field in ("short_answer", "answer")
                },
            }
        )


def retired(question: Question) -> str:
    """Say what it means for a question that another one replaces it."""
    said = f"“{question}” is retired: it is not published, and its address leads to "
    said += f"“{question.replaced_by}”."
    if not any(replacement.published for replacement in question.replacements()):
        said += " That one is not published either: until it is, the address leads nowhere."
    return said


def draft(form_fields: dict[str, forms.Field], data: QueryDict) -> Question:
    """
    Return the question that `data` describes, unsaved; its `key` is that of a stored question.

    A field whose value is invalid keeps the stored value, or that of an empty question.
    """
    first_category = Category.objects.first()
    if first_category is None:
        raise Http404("There is no category yet.")
    now = timezone.now()
    stored = None
    with suppress(ValidationError):
        every = forms.ModelChoiceField(Question.objects.all(), required=False)
        stored = every.clean(data.get("key"))
    question = stored or Question(category=first_category, created=now, updated=now)
    for field in Question._meta.concrete_fields:
        form_field = form_fields.get(field.name)
        if form_field is None:
            continue
        form_field.required = False
        with suppress(ValidationError):
            value = form_field.clean(form_field.widget.value_from_datadict(data, {}, field.name))
            field.run_validators(value)
            if value is not None or field.null:
                setattr(question, field.name, value)
    question.slug = question.slug or "new-question"
    return question


def render_page(request: HttpRequest, question: Question) -> str:
    """Return the public page of a question that may exist only in a form."""
    others = Question.objects.published().exclude(pk=question.pk)
    context = views.full_page(request, question, others)
    numbered = Question.objects.published().numbered()
    as_saved = numbered.filter(pk=question.pk).first()
    before = numbered.get(pk=context["previous"].pk).number if context["previous"] else 0
    # Where it moves down the list, its stored row is still counted before its new place.
    question.number = before + (0 if as_saved and as_saved.number < before else 1)
    context["total"] += 0 if as_saved else 1
    return render_to_string("questions/question.html", context, request)
