"""The list of questions in the admin: its filters, actions on many questions, their order."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import Action, ActionLocation
from django.contrib.admin.widgets import AdminIntegerFieldWidget
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from questions.admin.history import HistoryAdmin
from questions.amounts import amount
from questions.checking import reviews, rules
from questions.models import LAST_POSITION, Bank, Category, Question, QuestionQuerySet


class ToDoFilter(admin.SimpleListFilter):
    """Keeps the questions that need an editor."""

    title = "to do"
    parameter_name = "todo"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("publish", "Unpublished"),
            ("review", "Due for review"),
            ("samples", "Samples waiting for a check"),
            ("failed", "Samples that failed"),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuestionQuerySet | None:
        questions: QuestionQuerySet = queryset
        if self.value() == "publish":
            return questions.drafts()
        if self.value() == "review":
            return questions.active().filter(reviews.due(timezone.localdate()))
        if self.value() == "samples":
            return questions.filter(pk__in=Question.objects.with_waiting_samples().values("pk"))
        if self.value() == "failed":
            failed = Question.objects.active().with_failed_samples()
            return questions.filter(pk__in=failed.values("pk"))
        return None


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("published", "Published"), ("draft", "Draft"), ("retired", "Retired")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuestionQuerySet | None:
        questions: QuestionQuerySet = queryset
        if self.value() == "published":
            return questions.published()
        if self.value() == "draft":
            return questions.drafts()
        if self.value() == "retired":
            return questions.retired()
        return None


class ListAdmin(HistoryAdmin):
    list_editable = ["position"]
    actions = ["publish", "unpublish"]

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        # A screen reader does not read the column's header as the label of a field.
        widgets = {"position": AdminIntegerFieldWidget(attrs={"aria-label": "Position"})}
        return super().get_changelist_form(request, **kwargs, widgets=widgets)

    def get_actions(
        self, request: HttpRequest, action_location: Any = ActionLocation.CHANGE_LIST
    ) -> dict[str, Action | None]:
        actions = super().get_actions(request, action_location=action_location)
        if "publish" in actions:
            levels = Question.Level.choices
            setters = [set_action(value, "level", f"Level: {label}") for value, label in levels]
            setters += [move_action(category) for category in Category.objects.all()]
            for setter in setters:
                actions[setter.__name__] = self.get_action(setter, action_location)
        return actions

    @admin.action(description="Publish", permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Question]) -> None:
        """Publish the questions that keep the rules for content; name an error of each other."""
        bank = Bank.objects.current()
        allowed = []
        for question in locked(queryset.filter(published=False)):
            if question.is_retired:
                reason = f"Take “{question.replaced_by}” out of “replaced by” first."
                messages.error(request, f"“{question}” stays retired. {reason}")
                continue
            problems = rules.check_question(question, rules.titles_beside(question), bank)
            if problems and problems[0].is_error:  # errors come first
                reason = f"{problems[0].label}: {problems[0].message}"
                messages.error(request, f"“{question}” stays a draft. {reason}")
            else:
                allowed.append(question.pk)
        report(request, Question.objects.filter(pk__in=allowed).update(published=True), "published")

    @admin.action(description="Unpublish", permissions=["change"])
    def unpublish(self, request: HttpRequest, queryset: QuerySet[Question]) -> None:
        questions = Question.objects.published().filter(pk__in=queryset.values("pk"))
        report(request, questions.update(published=False), "unpublished")


def set_action(value: str, field: str, description: str) -> Callable[..., None]:
    """Return an action that gives one field of all selected questions a value."""

    @admin.action(description=description, permissions=["change"])
    def action(model_admin: ListAdmin, request: HttpRequest, queryset: QuerySet[Question]) -> None:
        others = Question.objects.filter(pk__in=queryset.values("pk")).exclude(**{field: value})
        report(request, others.update(**{field: value}), "changed")

    action.__name__ = f"{field}_{value}"
    return action


def move_action(category: Category) -> Callable[..., None]:
    """Return an action that moves the selected questions to the end of a category."""

    @admin.action(
        description=f"Move to {category}".replace("%", "%%"),
        permissions=["change"],
    )
    def action(model_admin: ListAdmin, request: HttpRequest, queryset: QuerySet[Question]) -> None:
        selected = Question.objects.filter(pk__in=queryset.values("pk")).exclude(category=category)
        moved = list(
            selected.in_order().select_for_update(of=("self",)).only("category", "position")
        )
        first = Question.objects.next_position(category)
        for position, question in enumerate(moved, first):
            question.category = category
            question.position = min(position, LAST_POSITION)
        Question.objects.bulk_update(moved, ["category", "position"], batch_size=500)
        report(request, len(moved), f"moved to the end of “{category}”")

    action.__name__ = f"category_{category.slug}"
    return action


def locked(queryset: QuerySet[Question]) -> QuestionQuerySet:
    """Lock the questions until the transaction ends, so that nobody else changes them."""
    return Question.objects.filter(pk__in=queryset.values("pk")).select_for_update()


def report(request: HttpRequest, count: int, done: str) -> None:
    messages.success(request, f"{amount(count, 'question')} {done}.")
