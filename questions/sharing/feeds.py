"""The Atom feed: what is new in the bank and what was corrected, the latest first."""

from datetime import datetime

from django.contrib.syndication.views import Feed
from django.urls import reverse_lazy
from django.utils.feedgenerator import Atom1Feed

from questions import markdown
from questions.markdown import plain
from questions.models import Question, QuestionQuerySet
from questions.sharing import site

LENGTH = 30


class Changes(Feed):
    feed_type = Atom1Feed
    title = f"{site.NAME}: new and corrected questions"
    subtitle = f"{site.SUBJECT}, with answers that are checked."
    link = reverse_lazy("home")

    def items(self) -> QuestionQuerySet:
        # `updated` moves with any edit, a new verified_on included (questions/triggers).
        questions = Question.objects.published().select_related("category")
        return questions.order_by("-updated", "slug").defer("answer")[:LENGTH]

    def item_title(self, question: Question) -> str:
        return plain(question.title)

    def item_description(self, question: Question) -> str:
        return markdown.render(question.short_answer) + verified(question)

    def item_pubdate(self, question: Question) -> datetime:
        return question.created

    def item_updateddate(self, question: Question) -> datetime:
        return question.updated

    def item_categories(self, question: Question) -> list[str]:
        return [question.category.name, question.get_level_display()]


def verified(question: Question) -> str:
    """Return a paragraph that says what the answer was checked with, if it was."""
    if not question.verified_with:
        return ""
    day = f" on {question.verified_on:%Y-%m-%d}" if question.verified_on else ""
    return markdown.render(f"Verified with {question.verified_with}{day}.")
