"""The form in which editors write a question."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format

from questions import history
from questions.admin import diffs
from questions.checking import rules
from questions.models import Change, Question


class MarkdownField(forms.CharField):
    """
    Markdown as fixtures hold it: lines end with a line feed, the last one too.

    Browsers send carriage returns. Were they kept, saving without an edit would be an edit.
    """

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        return text.replace("\r\n", "\n") + "\n" if text else ""


@dataclass(frozen=True)
class Conflict:
    """A field that two editors changed at the same time, with what the other one saved."""

    label: str
    theirs: str
    lines: list[diffs.Line]  # from theirs to one's own


class QuestionForm(forms.ModelForm):
    """
    Refuses to publish what breaks the rules for content. A draft can be saved in any state.

    It also refuses to overwrite what somebody else saved since the form was made. It then shows
    both; what only the other one changed is taken over, and saving again saves.
    """

    # Of which version of the question this is an edit.
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    advice: list[rules.Problem]  # what does not stand in the way of saving
    conflicts: list[Conflict]

    class Meta:
        model = Question
        fields = "__all__"  # noqa: DJ007 (the admin names them)
        field_classes = {
            "short_answer": MarkdownField,
            "answer": MarkdownField,
            "further_reading": MarkdownField,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conflicts = []
        if self.instance.pk:
            self.initial["version"] = history.latest(self.instance.pk)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        self.check_version(cleaned)
        names = {field.name for field in Question._meta.concrete_fields}
        question = Question(**{name: cleaned[name] for name in cleaned.keys() & names})
        titles = dict(Question.objects.exclude(pk=self.instance.pk).values_list("slug", "title"))
        self.advice = []
        for problem in rules.check(question, titles):
            if not (problem.is_error and question.published):
                self.advice.append(problem)
            elif problem.field not in self.errors:
                self.add_error(problem.field, problem.message)
        return cleaned

    def check_version(self, cleaned: dict[str, Any]) -> None:
        edited, newest = cleaned.get("version"), self.initial.get("version")
        if edited is None or edited == newest:
            return
        if newest is None:
            self.put("version", "")
            message = "Somebody deleted this question meanwhile. Saving now adds it as a new one."
            raise ValidationError(message)
        base = history.version(self.instance, edited)
        taken = []
        for name in cleaned.keys() & {field.name for field in history.FIELDS.values()}:
            attribute = Question._meta.get_field(name).attname  # type: ignore[union-attr]
            mine = plain(cleaned[name])
            theirs = plain(getattr(self.instance, attribute))
            before = plain(base.values[attribute]) if base else None
            if theirs in {mine, before}:
                continue
            label = str(self.fields[name].label)
            if mine == before:
                self.put(name, getattr(self.instance, attribute))
                taken.append(label.lower())
            else:
                lines = list(diffs.compare(theirs, mine))
                self.conflicts.append(Conflict(label, theirs, lines))
        self.put("version", newest)
        change = Change.objects.filter(pk=newest).first()  # none where the history was emptied
        who = (change and change.actor) or "Somebody"
        when = date_format(timezone.localtime(self.instance.updated), "H:i:s")
        message = f"{who} changed this question meanwhile, last at {when}. Nothing is saved yet."
        if taken:
            message += f" The {' and '.join(sorted(taken))} below is the other one's now."
        if self.conflicts:
            message += " What you both changed stands next to each other above the form."
        raise ValidationError(f"{message} Look through it, then save again.")

    def put(self, name: str, value: Any) -> None:
        """Let the form that is shown again hold `value`, whatever was sent."""
        data = dict(self.data.items())
        if value is False:
            data.pop(name, None)
        else:
            data[name] = "on" if value is True else "" if value is None else str(value)
        self.data = data


def plain(value: Any) -> str:
    """Return a value as text, however the form, the history and the database spell it."""
    if isinstance(value, models.Model):
        value = value.pk
    return "" if value is None else str(value).strip()
