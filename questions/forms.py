"""The form in which editors write a question."""

from typing import Any

from django import forms

from questions import rules
from questions.models import Question


class MarkdownField(forms.CharField):
    """
    Markdown as fixtures hold it: lines end with a line feed, the last one too.

    Browsers send carriage returns. Were they kept, saving without an edit would be an edit.
    """

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        return text.replace("\r\n", "\n") + "\n" if text else ""


class QuestionForm(forms.ModelForm):
    """Refuses to publish what breaks the rules for content. A draft can be saved in any state."""

    advice: list[rules.Problem]  # what does not stand in the way of saving

    class Meta:
        model = Question
        fields = "__all__"  # noqa: DJ007 (the admin names them)
        field_classes = {
            "short_answer": MarkdownField,
            "answer": MarkdownField,
            "further_reading": MarkdownField,
        }

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
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
