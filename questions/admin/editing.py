"""The form of a question in the admin: saving it, and its preview."""

from contextlib import nullcontext, suppress
from copy import copy
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from questions import history
from questions.admin import unsaved
from questions.admin.forms import QuestionForm, free_slug, position_in
from questions.admin.history import HistoryAdmin
from questions.checking import rules
from questions.markdown import parser
from questions.models import Bank, Category, Question
from questions.pages import views


class EditingAdmin(HistoryAdmin):
    form = QuestionForm
    change_form_template = "admin/questions/question/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        preview = self.admin_site.admin_view(self.preview_view)
        return [
            path("preview/", preview, name="questions_question_preview"),
            path(
                "<int:key>/preview/",
                self.admin_site.admin_view(require_GET(self.stored_preview_view)),
                name="questions_question_preview_of",
            ),
            *super().get_urls(),
        ]

    def changeform_view(
        self, request: Any, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        kept = unsaved.kept_for(request)
        data = request.POST if request.method == "POST" else kept and unsaved.data_of(kept)
        if not data:
            return super().changeform_view(request, object_id, *args, **kwargs)
        # The rules come before the lock, since they take their time.
        request.draft = self.draft(request, data, object_id)
        request.problems = check(request.draft) if request.draft else []
        request.problems_before = problems_before(object_id) if request.draft else []
        with transaction.atomic() if request.method == "POST" else nullcontext():
            with suppress(ValidationError):  # Django itself refuses a key that is no number
                key = Question._meta.pk.to_python(object_id)
                rows = Question.objects.filter(pk=key)
                if request.method == "POST":
                    # Of two saves at once, the second waits for the row and then sees the first.
                    rows = rows.select_for_update()
                is_gone = bool(object_id) and rows.first() is None
                if is_gone and history.deleted(Question).filter(question_id=key).exists():
                    object_id = None  # the form for a new question keeps what was written
            return super().changeform_view(request, object_id, *args, **kwargs)

    def draft(self, request: HttpRequest, data: QueryDict, key: str | None) -> Question | None:
        """Return the question that a form describes; None for a user who may not edit any."""
        if self.has_change_permission(request) or self.has_add_permission(request):
            with suppress(Http404):
                return draft(self.get_form(request)().fields, data, key)
        return None

    def get_form(
        self,
        request: Any,
        obj: Question | None = None,
        change: bool = False,  # noqa: FBT001, FBT002 (Django's signature)
        **kwargs: Any,
    ) -> type[QuestionForm]:
        form: Any = super().get_form(request, obj, change, **kwargs)
        if hasattr(request, "draft"):
            form.draft, form.problems = request.draft, request.problems
            form.problems_before = request.problems_before
        elif obj:
            form.problems = check(obj)
        return form  # type: ignore[no-any-return]

    def save_model(
        self,
        request: Any,
        obj: Question,
        form: Any,
        change: bool,  # noqa: FBT001 (Django's signature)
    ) -> None:
        if change:
            # Only what was edited: other columns may have changed since the row was read.
            names = {field.name for field in Question._meta.concrete_fields}
            changed = set(form.changed_data) | ({"published"} if obj.is_retired else set())
            changed |= {"position"} if "category" in changed else set()
            obj.save(update_fields=names & changed)
        else:
            obj.save()
        request.warnings = []
        if obj.is_retired and {"replaced_by", "published"} & set(form.changed_data):
            request.warnings.append(retired(obj))
        if advice := getattr(form, "advice", []):
            request.warnings.append(summary(advice, obj))

    def response_add(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        return warned(request, super().response_add(request, *args, **kwargs))

    def response_change(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        return warned(request, super().response_change(request, *args, **kwargs))

    def view_on_site(self, question: Question) -> str:
        """Return where a question is seen: on the site, or while it is a draft in its preview."""
        if question.published:
            return question.get_absolute_url()
        return reverse("admin:questions_question_preview_of", args=[question.pk])

    def stored_preview_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """Answer with the public page of a question as it is stored, published or not."""
        question = get_object_or_404(Question, pk=key)
        if not self.has_view_or_change_permission(request, question):
            raise PermissionDenied
        return HttpResponse(render_page(request, question))

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """
        Answer with the public page of the question in the form, which need not be valid.

        The script asks for JSON and gets the page with the problems and the numbers of words.
        """
        if request.method != "POST":  # sent here by a login that came in between
            return redirect("admin:questions_question_changelist")
        if not (self.has_change_permission(request) or self.has_add_permission(request)):
            raise PermissionDenied
        question = draft(self.get_form(request)().fields, request.POST, request.POST.get("key"))
        html = render_page(request, question)
        if request.get_preferred_type(["text/html", "application/json"]) == "text/html":
            return HttpResponse(html)
        return JsonResponse(
            {
                "html": html,
                "slug": "" if question.pk else free_slug(Question, question.title),
                "problems": [
                    {
                        "field": problem.field,
                        "label": problem.label,
                        "message": problem.message,
                        "is_error": problem.is_error,
                    }
                    for problem in check(question)
                ],
                "words": {
                    field: rules.count_words(parser().parse(getattr(question, field)))
                    for field in ("short_answer", "answer")
                },
            }
        )


def check(question: Question) -> list[rules.Problem]:
    """Return the problems of a question, which need not be the stored one."""
    return rules.check_question(question, rules.titles_beside(question), Bank.objects.current())


def problems_before(key: str | None) -> list[rules.Problem]:
    """Return the problems of a question as it is on the site, where a draft is not."""
    with suppress(ValidationError):
        pk = Question._meta.pk.to_python(key)
        if stored := Question.objects.published().filter(pk=pk).first():
            return check(stored)
    return []


def summary(problems: list[rules.Problem], question: Question) -> str:
    """Say which fields of a saved question have the `problems`."""
    said = []
    urgent = "Still to be mended" if question.published else "Before publishing, see to"
    for is_error, what in ((True, urgent), (False, "Have a look at")):
        labels = [problem.label for problem in problems if problem.is_error == is_error]
        if labels:
            said.append(f"{what}: {', '.join(dict.fromkeys(labels))}.")
    return " ".join([*said, "The form says why, at each field."])


def warned(request: Any, response: HttpResponse) -> HttpResponse:
    """Give the warnings of a save, after the message that it succeeded."""
    for warning in request.warnings:
        messages.warning(request, warning)
    return response


def retired(question: Question) -> str:
    """Say what it means for a question that another one replaces it."""
    said = f"“{question}” is retired: it is not published, and its address leads to "
    said += f"“{question.replaced_by}”."
    if not any(replacement.published for replacement in question.replacements()):
        said += " That one is not published either: until it is, the address leads nowhere."
    return said


def draft(form_fields: dict[str, forms.Field], data: QueryDict, key: str | None) -> Question:
    """
    Return the question that `data` describes, unsaved; `key` is that of a stored question, if any.

    A field whose value is invalid keeps the stored value, or that of an empty question.
    """
    first_category = Category.objects.first()
    if first_category is None:
        raise Http404("There is no category yet.")
    now = timezone.now()
    stored = None
    with suppress(ValidationError):
        every = forms.ModelChoiceField(Question.objects.all(), required=False)
        stored = every.clean(key)
    question = stored or Question(category=first_category, created=now, updated=now)
    before = copy(question)
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
    given = question.position if data.get("position") else None
    question.position = position_in(before, question.category, given)
    question.slug = question.slug or "new-question"
    return question


def render_page(request: HttpRequest, question: Question) -> str:
    """Return the public page of a question that may exist only in a form."""
    others = Question.objects.published().exclude(pk=question.pk)
    question.place = others.before(question).count() + 1
    context = views.full_page(request, question, others, counted_with(question))
    return render_to_string("questions/question.html", context, request)


def counted_with(question: Question) -> list[Category]:
    """Return all categories, counted() as they will be when the question is published as it is."""
    stored = Question.objects.published().filter(pk=question.pk).first()
    categories, before = Category.objects.counted(), 0
    for category in categories:
        category.question_count += category.pk == question.category_id
        category.question_count -= stored is not None and category.pk == stored.category_id
        category.questions_before = before
        before += category.question_count
    return categories
