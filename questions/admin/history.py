"""The history in the admin: versions of questions and categories, restoring, what was deleted."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import PAGE_VAR
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html

from questions import history
from questions.admin import diffs
from questions.admin.unsaved import UnsavedAdmin
from questions.models import Question

PER_PAGE = 20


@dataclass(frozen=True)
class FieldDifference:
    field: str
    lines: list[diffs.Line]


class HistoryAdmin(UnsavedAdmin):
    """Shows the history of the model's rows, and records who changes them."""

    change_list_template = "admin/questions/history/change_list.html"
    delete_confirmation_template = "admin/questions/history/delete.html"
    delete_selected_confirmation_template = "admin/questions/history/delete_selected.html"
    object_history_template = "admin/questions/history/versions.html"

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path("deleted/", wrap(self.deleted_view), name=f"{name}_deleted"),
            path(
                "deleted/<int:change_id>/undelete/",
                wrap(self.undelete_view),
                name=f"{name}_undelete",
            ),
            path(
                "<int:key>/history/<int:version_id>/restore/",
                wrap(self.restore_view),
                name=f"{name}_restore",
            ),
            *super().get_urls(),
        ]

    @property
    def pages(self) -> str:
        """What the names of the model's pages in the admin begin with."""
        return f"admin:{self.opts.app_label}_{self.opts.model_name}"

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with recorded(request):
            return super().changelist_view(request, *args, **kwargs)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with recorded(request):
            return super().changeform_view(request, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with recorded(request):
            return super().delete_view(request, *args, **kwargs)

    def response_delete(self, request: HttpRequest, *args: Any) -> HttpResponse:
        response = super().response_delete(request, *args)
        address = reverse(f"{self.pages}_deleted")
        messages.info(
            request,
            format_html(
                'It can be brought back, under <a href="{}">Deleted {}</a>.',
                address,
                self.opts.verbose_name_plural,
            ),
        )
        return response

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        subject = self.get_object(request, unquote(object_id))
        if subject is None:
            raise Http404(f"There is no such {self.opts.verbose_name}.")
        if not self.has_view_or_change_permission(request, subject):
            raise PermissionDenied
        versions = list(history.versions(subject))
        page = Paginator(versions, PER_PAGE).get_page(request.GET.get(PAGE_VAR))
        budget = diffs.Budget()
        context = {
            **self.admin_site.each_context(request),
            "title": "History",
            "subtitle": str(subject),
            "opts": self.opts,
            "subject": subject,
            "page": page,
            "page_range": page.paginator.get_elided_page_range(page.number),
            "page_var": PAGE_VAR,
            "versions": [(version, differences(self.model, version, budget)) for version in page],
            "newest": versions[0],
            "may_restore": self.has_change_permission(request, subject),
            **(extra_context or {}),
        }
        return TemplateResponse(request, self.object_history_template, context)

    def restore_view(self, request: HttpRequest, key: int, version_id: int) -> HttpResponse:
        if request.method != "POST":  # sent here by a login that came in between
            return redirect(f"{self.pages}_history", key)
        with recorded(request):
            # The lock keeps others from changing the row between reading and writing it.
            rows = self.model._default_manager.select_for_update()
            subject = get_object_or_404(rows, pk=key)
            if not self.has_change_permission(request, subject):
                raise PermissionDenied
            version = history.version(subject, version_id)
            if version is None or version.is_deletion:
                raise Http404(f"The {self.opts.verbose_name} has no such version.")
            try:
                with transaction.atomic():
                    history.restore(subject, version)
            except ValidationError as error:
                refuse(request, error)
            else:
                self.log_change(request, subject, f"Restored the version of {when(version)}.")
                messages.success(request, f"This is the version of {when(version)} again.")
                warn_of_lost(request, subject, version.values, "it stays in “{}”")
        return redirect(f"{self.pages}_history", key)

    def deleted_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        deletions = Paginator(history.deleted(self.model), PER_PAGE)
        page = deletions.get_page(request.GET.get(PAGE_VAR))
        context = {
            **self.admin_site.each_context(request),
            "title": f"Deleted {self.opts.verbose_name_plural}",
            "opts": self.opts,
            "page": page,
            "page_range": page.paginator.get_elided_page_range(page.number),
            "page_var": PAGE_VAR,
            "deletions": [
                (deletion, self.model(**history.decoded(self.model, deletion.before)))
                for deletion in page
            ],
            "may_undelete": self.has_add_permission(request),
        }
        return TemplateResponse(request, "admin/questions/history/deleted.html", context)

    def undelete_view(self, request: HttpRequest, change_id: int) -> HttpResponse:
        if request.method != "POST":
            return redirect(f"{self.pages}_deleted")
        if not self.has_add_permission(request):
            raise PermissionDenied
        with recorded(request):
            deletion = get_object_or_404(history.deleted(self.model), pk=change_id)
            try:
                with transaction.atomic():
                    subject = history.undelete(deletion)
            except ValidationError as error:
                refuse(request, error)
                return redirect(f"{self.pages}_deleted")
            self.log_addition(request, subject, "Brought back.")
        messages.success(request, f"“{subject}” is back.")
        warn_of_lost(request, subject, deletion.before, "it is a draft in “{}” now")
        return redirect(f"{self.pages}_change", subject.pk)


def recorded(request: HttpRequest) -> AbstractContextManager[None]:
    """
    Run the block of a POST in one transaction, and record its changes as made by the user.

    Every view of the admin that changes questions or categories is in such a block; row locks last
    until its end.
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


def warn_of_lost(
    request: HttpRequest, subject: history.Subject, wanted: dict[str, Any], outcome: str
) -> None:
    """
    Say which references of a question, by attribute name in `wanted`, lead to rows that are gone.

    `outcome` says what becomes of it; `{}` in it stands for its category.
    """
    if not isinstance(subject, Question):
        return
    if subject.category_id != wanted["category_id"]:
        messages.warning(request, f"Its category is gone: {outcome.format(subject.category)}.")
    if subject.replaced_by_id != wanted.get("replaced_by_id"):
        outcome = (
            f"“{subject.replaced_by}” does now" if subject.replaced_by else "it is a draft now"
        )
        messages.warning(request, f"What replaced it is gone: {outcome}.")


def differences(
    model: type[history.Subject], version: history.Version, budget: diffs.Budget
) -> list[FieldDifference]:
    """Return the differences that a change made, by field."""
    if version.is_deletion:
        return []
    found = []
    for name, before in version.replaced.items():
        field = history.FIELDS[model][name]
        old, new = as_text(field, before), as_text(field, version.values[name])
        lines = list(diffs.compare(old, new, budget))
        found.append(FieldDifference(str(field.verbose_name), lines))
    return found


def as_text(field: models.Field, value: Any) -> str:
    """Return the value of a field as the admin shows it."""
    if isinstance(field, models.ForeignKey) and value is not None:
        row = field.related_model._default_manager.filter(pk=value).first()
        return str(row or f"a {field.related_model._meta.verbose_name} that is gone")
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
