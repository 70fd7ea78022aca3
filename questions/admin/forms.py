"""The form of a question: the rules for content, and edits of two people at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from questions import history, slugs
from questions.admin import diffs
from questions.checking import rules
from questions.models import Bank, Category, Change, FormerCategorySlug, FormerSlug, Question
from questions.models.fields import validate_characters


class MarkdownField(forms.CharField):
    """
    Markdown as fixture files have it: every line ends with a line feed, and with nothing else.

    Browsers send carriage returns; with them, saving without an edit would change the text.
    """

    # Otherwise only the model would refuse such characters, after the rules for content.
    default_validators = [validate_characters]

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        return text.replace("\r\n", "\n") + "\n" if text else ""


@dataclass(frozen=True)
class Conflict:
    """A field that two editors changed at the same time."""

    label: str
    theirs: str  # the value that the other one saved
    mine: str
    budget: diffs.Budget  # of all conflicts together

    def lines(self) -> Iterator[diffs.Line]:
        """
        Compare both values.

        The template calls this when the transaction that saves has ended: on SQLite nobody else
        can write until then.
        """
        return diffs.compare(self.theirs, self.mine, self.budget)


class QuestionForm(forms.ModelForm):
    """
    Refuses to publish a question that breaks the rules for content. A draft is saved in any state,
    and a published question where it breaks no rule that it kept before. A question that gets a
    replacement is unpublished.

    Where somebody else saved the question since the form was opened, it refuses once: it takes over
    the fields that only the other editor changed, and shows both values of those that both changed.
    """

    # The version of the question that was edited.
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    # The admin makes a class of its own for each form, and sets these.
    draft: Question | None = None  # what was sent, as the rules saw it
    problems: list[rules.Problem] = []
    problems_before: list[rules.Problem] = []  # of the question as it is on the site
    advice: list[rules.Problem]  # problems that do not prevent saving
    conflicts: list[Conflict]

    class Meta:
        model = Question
        fields = "__all__"  # noqa: DJ007 (the admin names them)
        field_classes = {
            field.name: MarkdownField
            for field in Question._meta.concrete_fields
            if isinstance(field, models.TextField)
        }
        help_texts = {
            "position": "Order inside the category: 1 comes first. Where it is empty, or only the "
            "category changes, the question comes last.",
            "verified_on": "The day on which somebody did.",
            "replaced_by": "Choosing a question retires this one: saving unpublishes it, and its "
            "address leads to the chosen one for good. Its history stays.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conflicts = []
        if "slug" in self.fields:
            self.fields["slug"].required = False  # clean() proposes one
        if self.instance.pk:
            self.initial["version"] = history.latest(Question, self.instance.pk)
        elif "position" not in (kwargs.get("initial") or {}):
            self.initial["position"] = None
        if "position" in self.fields:
            self.fields["position"].required = False
        if "answer" in self.fields:
            sections = Bank.objects.current().sections
            self.fields["answer"].help_text = answer_help(sections)
            self.fields["answer"].widget.attrs["data-skeleton"] = skeleton(sections)
        if not self.is_bound and not self.instance.pk and "title" in self.fields:
            self.fields["title"].widget.attrs["autofocus"] = True
        if not self.is_bound:
            self.note(self.problems)

    def note(self, problems: list[rules.Problem]) -> None:
        """Show problems at their fields, below the help, as the script does while one types."""
        urgent = "Still to be mended" if self.instance.published else "Before publishing"
        by_field = attrgetter("field")
        for name, of_field in groupby(sorted(problems, key=by_field), key=by_field):
            if name in self.fields:
                notes = format_html_join(
                    "",
                    '<li class="{}">{}: {}</li>',
                    (
                        ("error", urgent, problem.message)
                        if problem.is_error
                        else ("warning", "To look at", problem.message)
                        for problem in of_field
                    ),
                )
                self[name].help_text = format_html(
                    '{} <ul class="notes">{}</ul>', self.fields[name].help_text, notes
                )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        self.check_version(cleaned)
        if "slug" in cleaned and not cleaned["slug"]:
            cleaned["slug"] = free_slug(Question, cleaned.get("title", ""))
        if cleaned.get("replaced_by"):
            cleaned["published"] = False
        if cleaned.get("category") and "position" not in self.errors:
            given = cleaned.get("position")
            cleaned["position"] = position_in(self.instance, cleaned["category"], given)
        refused = []
        if cleaned.get("published"):
            refused = rules.new_errors(self.problems, self.problems_before)
        self.advice = []
        for problem in self.problems:
            if cleaned.get(problem.field) != getattr(self.draft, problem.field):
                continue  # The field or the model refuses what was sent.
            if problem not in refused:
                self.advice.append(problem)
            elif problem.field not in self.errors:
                self.add_error(problem.field, problem.message)
        self.note(self.advice)
        return cleaned

    def check_version(self, cleaned: dict[str, Any]) -> None:
        edited, newest = cleaned.get("version"), self.initial.get("version")
        if edited is None or edited == newest:
            return
        if newest is None:
            self.put("version", "")
            message = "Somebody deleted this question meanwhile. Saving now adds it as a new one."
            raise ValidationError(message)
        taken = self.merge(history.version(self.instance, edited))
        self.put("version", newest)
        change = Change.objects.filter(pk=newest).first()  # None where the history was deleted
        who = (change and change.actor) or "Somebody"
        when = date_format(timezone.localtime(self.instance.updated), "H:i:s")
        message = f"{who} changed this question meanwhile, last at {when}. Nothing is saved yet."
        if taken:
            message += f" The {' and '.join(sorted(taken))} below is the other one's now."
        if self.conflicts:
            message += " What you both changed stands next to each other above the form."
        raise ValidationError(f"{message} Look through it, then save again.")

    def merge(self, base: history.Version | None) -> list[str]:
        """
        Take over the fields that only the other one changed since `base`, and return their labels.

        Fields that both changed become conflicts; without `base`, all that differ do.
        """
        taken, budget = [], diffs.Budget()
        for attribute, field in history.FIELDS[Question].items():
            if field.name not in self.cleaned_data:
                continue
            theirs = getattr(self.instance, attribute)
            mine = as_compared(self.cleaned_data[field.name])
            before = as_compared(base.values[attribute]) if base else None
            if as_compared(theirs) in {mine, before}:
                continue
            label = str(self.fields[field.name].label)
            if mine == before:
                self.put(field.name, theirs)
                taken.append(label.lower())
            else:
                self.conflicts.append(Conflict(label, as_compared(theirs), mine, budget))
        return taken

    def put(self, name: str, value: Any) -> None:
        """Show the form again with `value` in place of the one that was sent."""
        data = dict(self.data.items())
        if value is False:
            data.pop(name, None)
        else:
            data[name] = "on" if value is True else "" if value is None else str(value)
        self.data = data


class CategoryForm(forms.ModelForm):
    """Proposes a slug where there is none: the script in the page knows few scripts of writing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if "slug" in cleaned and not cleaned["slug"]:
            cleaned["slug"] = free_slug(Category, cleaned.get("name", ""))
        return cleaned


def answer_help(sections: list[str]) -> SafeString:
    *first, last = (f"“## {name}”" for name in sections)
    return format_html(
        "Markdown: the detail, then {} and {}; or nothing, where the short answer says all. The "
        '<a href="{}" target="_blank">guide to writing</a> explains the conventions.',
        ", ".join(first),
        last,
        reverse("admin:questions_question_guide", args=["writing"]),
    )


def skeleton(sections: list[str]) -> str:
    """Return the sections of an answer, to be filled in; the rules refuse them as they are."""
    example, *lists = sections
    code = "```python run\n\n```\n\n```text output\n\n```\n"
    return f"\n\n## {example}\n\n{code}" + "".join(f"\n## {name}\n\n- \n" for name in lists)


def position_in(stored: Question, category: Category, given: int | None) -> int:
    """
    Return the position of a question in a category, for which a form gave `given`.

    Without a number it comes last. So does a question that is `stored` in another category, unless
    it was given another position as well.
    """
    is_moved = stored.pk and stored.category_id != category.pk and stored.position == given
    if given is None or is_moved:
        return Question.objects.exclude(pk=stored.pk).next_position(category)
    return given


def free_slug(model: type[Question] | type[Category], title: str) -> str:
    """Return a slug for a new row, which none has or had; "" without a title."""
    if not title.strip():
        return ""
    otherwise = str(model._meta.verbose_name)
    base = slugs.unique(title, (), otherwise)
    former = FormerSlug if model is Question else FormerCategorySlug
    taken = {
        slug
        for some in (model, former)
        for slug in some._default_manager.filter(slug__startswith=base).values_list(
            "slug", flat=True
        )
    }
    return slugs.unique(title, taken, otherwise)


def as_compared(value: Any) -> str:
    """Return a value as text: equal for equal values of the form, history and database."""
    if isinstance(value, models.Model):
        value = value.pk
    return "" if value is None else str(value).strip()
