"""The history of a question in the admin: its versions, restoring one, and deleted questions."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import PAGE_VAR
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_POST

from questions import history
from questions.admin import diffs
from questions.models import Category, Question

PER_PAGE = 20


@dataclass(frozen=True)
class FieldDifference:
    field: str
    lines: list[diffs.Line]


class HistoryAdmin(admin.ModelAdmin):
    object_history_template = "admin/questions/question/history.html"

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("deleted/", wrap(self.deleted_view), name="questions_question_deleted"),
            path(
                "deleted/<int:change_id>/undelete/",
                wrap(require_POST(self.undelete_view)),
                name="questions_question_undelete",
            ),
            path(
                "<int:question_id>/history/<int:version_id>/restore/",
                wrap(require_POST(self.restore_view)),
                name="questions_question_restore",
            ),
            *super().get_urls(),
        ]

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with recorded(request):
            return super().delete_view(request, *args, **kwargs)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        question = self.get_object(request, unquote(object_id))
        if question is None:
            raise Http404("There is no such question.")
        if not self.has_view_or_change_permission(request, question):
            raise PermissionDenied
        versions = list(history.versions(question))
        page = Paginator(versions, PER_PAGE).get_page(request.GET.get(PAGE_VAR))
        context = {
            **self.admin_site.each_context(request),
            "title": "History",
            "subtitle": str(question),
            "opts": self.opts,
            "question": question,
            "page": page,
            "page_range": page.paginator.get_elided_page_range(page.number),
            "page_var": PAGE_VAR,
            "versions": [(version, differences(version)) for version in page],
            "newest": versions[0],
            "may_restore": self.has_change_permission(request, question),
            **(extra_context or {}),
        }
        return TemplateResponse(request, self.object_history_template, context)

    def restore_view(self, request: HttpRequest, question_id: int, version_id: int) -> HttpResponse:
        with recorded(request):
            # The lock keeps others from changing the question between reading and writing it.
            question = get_object_or_404(Question.objects.select_for_update(), pk=question_id)
            if not self.has_change_permission(request, question):
                raise PermissionDenied
            version = history.version(question, version_id)
            if version is None or version.is_deletion:
                raise Http404("The question has no such version.")
            try:
                with transaction.atomic():
                    history.restore(question, version)
            except ValidationError as error:
                refuse(request, error)
            else:
                self.log_change(request, question, f"Restored the version of {when(version)}.")
                messages.success(request, f"This is the version of {when(version)} again.")
                if question.category_id != version.values["category_id"]:
                    messages.warning(
                        request, f"Its category is gone: it stays in “{question.category}”."
                    )
        return redirect("admin:questions_question_history", question_id)

    def deleted_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        page = Paginator(history.deleted(Question), PER_PAGE).get_page(request.GET.get(PAGE_VAR))
        context = {
            **self.admin_site.each_context(request),
            "title": "Deleted questions",
            "opts": self.opts,
            "page": page,
            "page_range": page.paginator.get_elided_page_range(page.number),
            "page_var": PAGE_VAR,
            "may_undelete": self.has_add_permission(request),
        }
        return TemplateResponse(request, "admin/questions/question/deleted.html", context)

    def undelete_view(self, request: HttpRequest, change_id: int) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        with recorded(request):
            deletion = get_object_or_404(history.deleted(Question), pk=change_id)
            try:
                with transaction.atomic():
                    question = history.undelete(deletion)
            except ValidationError as error:
                refuse(request, error)
                return redirect("admin:questions_question_deleted")
            self.log_addition(request, question, "Brought back.")
        messages.success(request, f"“{question}” is back.")
        if (
            isinstance(question, Question)
            and question.category_id != deletion.before["category_id"]
        ):
            messages.warning(
                request, f"Its category is gone: it is a draft in “{question.category}” now."
            )
        return redirect("admin:questions_question_change", question.pk)


def recorded(request: HttpRequest) -> AbstractContextManager[None]:
    """
    Run the block of a POST in one transaction, and record its changes as made by the user.

    Every view of the admin that changes questions is in such a block; row locks last until its end.
    """
    if request.method != "POST":
        return nullcontext()
    return history.recorded("admin", request.user.get_username())


def refuse(request: HttpRequest, error: ValidationError) -> None:
    messages.error(request, f"That can't be brought back: {' '.join(error.messages)}")


def when(version: history.Version) -> str:
    if version.change is None:
        return "before the recorded history"
    return date_format(timezone.localtime(version.change.at), "j F Y, H:i:s")


def differences(version: history.Version) -> list[FieldDifference]:
    """Return the differences that a change made, by field."""
    return [
        FieldDifference(
            str(history.FIELDS[Question][name].verbose_name),
            list(diffs.compare(as_text(name, before), as_text(name, version.values[name]))),
        )
        for name, before in version.replaced.items()
        if not version.is_deletion
    ]


def as_text(name: str, value: Any) -> str:
    """Return the value of a field as the admin shows it."""
    if name == "category_id":
        category = Category.objects.filter(pk=value).first()
        return str(category or "a category that is gone")
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
