"""The form of a question in the admin: its preview, and two editors at the same time."""

from contextlib import suppress
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_slug
from django.forms import DateField
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_POST

from questions import history
from questions.admin.forms import QuestionForm
from questions.checking import rules
from questions.markdown import parser
from questions.models import Category, Question
from questions.pages import views


class EditingAdmin(admin.ModelAdmin):
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
        if request.method == "POST" and object_id and object_id.isdecimal():
            # The lock makes two saves at once follow each other: the second sees the first.
            found = Question.objects.select_for_update().filter(pk=object_id)
            if not found and history.deleted().filter(question_id=object_id):
                object_id = None  # the form says so, and keeps what was written
        return super().changeform_view(request, object_id, *args, **kwargs)

    def save_model(
        self,
        request: HttpRequest,
        obj: Question,
        form: Any,
        change: bool,  # noqa: FBT001 (Django's signature)
    ) -> None:
        if change:
            # Nothing but what was edited: the row may have changed since it was read.
            names = {field.name for field in Question._meta.concrete_fields}
            obj.save(update_fields=names & set(form.changed_data))
        else:
            obj.save()
        for problem in getattr(form, "advice", []):
            before = "Before publishing, in" if problem.is_error else "To look at, in"
            messages.warning(
                request, f"{before} {problem.field.replace('_', ' ')}: {problem.message}"
            )

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """Answer with the page that the form would give; to the script with the rules' opinion."""
        if not (self.has_change_permission(request) or self.has_add_permission(request)):
            raise PermissionDenied
        question = draft(request.POST.dict())
        html = page(request, question)
        if request.get_preferred_type(["text/html", "application/json"]) == "text/html":
            return HttpResponse(html)
        titles = dict(Question.objects.exclude(pk=question.pk).values_list("slug", "title"))
        problems = rules.check(question, titles)
        return JsonResponse(
            {
                "html": html,
                "problems": [
                    {
                        "field": problem.field,
                        "label": str(history.FIELDS[problem.field].verbose_name),
                        "message": problem.message,
                        "is_error": problem.is_error,
                    }
                    for problem in problems
                ],
                "words": {
                    field: rules.count_words(parser().parse(getattr(question, field)))
                    for field in ("short_answer", "answer")
                },
            }
        )


def draft(data: dict[str, Any]) -> Question:
    """Return the question that a form describes, valid or not, without saving it."""
    key = data.get("key", "")
    stored = Question.objects.filter(pk=key).first() if key.isdecimal() else None
    now = timezone.now()
    question = stored or Question(created=now, updated=now)
    for name in ("title", "short_answer", "answer", "further_reading", "keywords", "verified_with"):
        field = QuestionForm.base_fields[name]
        text = field.to_python(data.get(name, "")) or ""
        setattr(question, name, text[: history.FIELDS[name].max_length])
    categories = Category.objects.all()
    key = data.get("category", "")
    chosen = categories.filter(pk=key).first() if key.isdecimal() else None
    category = chosen or categories.first()
    if category is None:
        raise Http404("There is no category yet.")
    question.category = category
    question.slug = "new-question"
    with suppress(ValidationError):
        slug = data.get("slug", "")
        validate_slug(slug)
        question.slug = slug
    if data.get("level") in Question.Level.values:
        question.level = data["level"]
    with suppress(ValidationError):
        question.position = history.FIELDS["position"].clean(data.get("position"), None)
    with suppress(ValidationError):
        question.verified_on = DateField(required=False).clean(data.get("verified_on"))
    return question


def page(request: HttpRequest, question: Question) -> str:
    """Return the public page of a question that may exist only in a form."""
    others = Question.objects.published().exclude(pk=question.pk)
    context = views.full_page(request, question, others)
    numbered = Question.objects.published().numbered()
    as_saved = numbered.filter(pk=question.pk).first()
    before = numbered.get(pk=context["previous"].pk).number if context["previous"] else 0
    # It may stand in its former place yet, before the question that it would follow.
    question.number = before + (0 if as_saved and as_saved.number < before else 1)
    context["total"] += 0 if as_saved else 1
    return render_to_string("questions/question.html", context, request)
