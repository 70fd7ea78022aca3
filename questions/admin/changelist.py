"""The list of questions in the admin: what is to do, work on many at once, and their order."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import Action, ActionLocation
from django.contrib.admin.widgets import AdminIntegerFieldWidget
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from questions.checking import reviews, rules
from questions.models import Category, Question, QuestionQuerySet


class ToDoFilter(admin.SimpleListFilter):
    """What waits for an editor."""

    title = "to do"
    parameter_name = "todo"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("publish", "Unpublished"),
            ("review", "Due for review"),
            ("samples", "Samples failing or unchecked"),
        ]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Question]
    ) -> QuerySet[Question] | None:
        if self.value() == "publish":
            return queryset.filter(published=False)
        if self.value() == "review":
            today = timezone.localdate()
            dates = Question.objects.only("verified_on", "verified_with", "checked_with")
            due = [q.pk for q in dates if any(reviews.due(q, today))]
            return queryset.filter(pk__in=due)
        if self.value() == "samples":
            return queryset.filter(pk__in=Question.objects.with_unchecked_samples())
        return None


class ListAdmin(admin.ModelAdmin):
    list_editable = ["position"]
    actions = ["publish", "unpublish"]

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        # The column's head is no label to a screen reader that is in the field.
        widgets = {"position": AdminIntegerFieldWidget(attrs={"aria-label": "Position"})}
        return super().get_changelist_form(request, **kwargs, widgets=widgets)

    def get_actions(
        self, request: HttpRequest, action_location: Any = ActionLocation.CHANGE_LIST
    ) -> dict[str, Action | None]:
        actions = super().get_actions(request, action_location=action_location)
        if "publish" in actions:
            changes = [setting(value, "level", f"Level: {label}") for value, label in LEVELS]
            changes += [
                setting(category, "category", f"Move to {category}")
                for category in Category.objects.all()
            ]
            for change in changes:
                actions[change.__name__] = self.get_action(change, action_location)
        return actions

    @admin.action(description="Publish", permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Question]) -> None:
        """Publish those that the rules for content allow, and say of the others why not."""
        titles = dict(Question.objects.values_list("slug", "title"))
        allowed = []
        for question in locked(queryset.filter(published=False)):
            errors = [problem for problem in rules.check(question, titles) if problem.is_error]
            if errors:
                reason = f"{errors[0].field.replace('_', ' ')}: {errors[0].message}"
                messages.error(request, f"“{question}” stays a draft. {reason}")
            else:
                allowed.append(question.pk)
        told(request, Question.objects.filter(pk__in=allowed).update(published=True), "published")

    @admin.action(description="Unpublish", permissions=["change"])
    def unpublish(self, request: HttpRequest, queryset: QuerySet[Question]) -> None:
        drafts = Question.objects.filter(pk__in=queryset.values("pk"), published=True)
        told(request, drafts.update(published=False), "unpublished")


LEVELS = Question.Level.choices


def setting(value: Any, field: str, description: str) -> Callable[..., None]:
    """Return an action that gives one field of all selected questions a value."""

    @admin.action(description=description.replace("%", "%%"), permissions=["change"])
    def action(model_admin: ListAdmin, request: HttpRequest, queryset: QuerySet[Question]) -> None:
        others = Question.objects.filter(pk__in=queryset.values("pk")).exclude(**{field: value})
        told(request, others.update(**{field: value}), "changed")

    action.__name__ = f"{field}_{getattr(value, 'slug', value)}"
    return action


def locked(queryset: QuerySet[Question]) -> QuestionQuerySet:
    """Return the questions so that nobody changes them until the transaction ends."""
    return Question.objects.filter(pk__in=queryset.values("pk")).select_for_update()


def told(request: HttpRequest, count: int, done: str) -> None:
    messages.success(request, f"{count} question{'' if count == 1 else 's'} {done}.")
