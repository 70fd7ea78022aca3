"""The Atom feed: what is new in the bank and what was corrected, the latest first."""

from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.contrib.syndication.views import Feed
from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils.feedgenerator import Atom1Feed

from questions import markdown
from questions.markdown import plain, renderer
from questions.models import Bank, Question, QuestionQuerySet

ENTRIES = 30  # questions


class AtomFeed(Atom1Feed):
    """Atom in the language of the bank, where Django's view gives it that of the interface."""

    def __init__(self, *args: Any, bank: Bank, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "language": bank.language})


class Changes(Feed):
    feed_type = AtomFeed
    link = reverse_lazy("home")

    def get_object(self, request: HttpRequest) -> Bank:
        return Bank.objects.current()

    def title(self, bank: Bank) -> str:
        return f"{bank.name}: new and corrected questions"

    def feed_guid(self, bank: Bank) -> str:
        return identity("")

    def subtitle(self, bank: Bank) -> str:
        return f"{bank.title}. {bank.promise}".rstrip()

    def feed_extra_kwargs(self, bank: Bank) -> dict[str, Any]:
        return {"bank": bank}

    def items(self) -> QuestionQuerySet:
        # `updated` moves with any edit, a new verified_on included (questions/triggers).
        questions = Question.objects.published().select_related("category")
        return questions.order_by("-updated", "slug").defer("answer")[:ENTRIES]

    def item_title(self, question: Question) -> str:
        return plain(question.title)

    def item_guid(self, question: Question) -> str:
        return identity(question.slug)

    def item_description(self, question: Question) -> str:
        said = markdown.render(question.short_answer) + verified(question)
        if not question.prompt:
            return said
        prompt = markdown.render(question.prompt).replace(renderer.COPY, "")
        return f"<h4>Scenario</h4>\n{prompt}<h4>Short answer</h4>\n{said}"

    def item_pubdate(self, question: Question) -> datetime:
        return question.created

    def item_updateddate(self, question: Question) -> datetime:
        return question.updated

    def item_categories(self, question: Question) -> list[str]:
        return [question.category.name, question.get_level_display()]


def identity(slug: str) -> str:
    """
    Return the id of a question in the feed, or of the feed: the same under each scheme and host.

    With its address as its id, everything in the feed would be new to readers when the site moves.
    """
    return uuid5(NAMESPACE_URL, f"/questions/{slug}").urn


def verified(question: Question) -> str:
    """Return a paragraph that says what the answer was checked with, if it was."""
    if not question.verified_with:
        return ""
    day = f" on {question.verified_on:%Y-%m-%d}" if question.verified_on else ""
    return markdown.render(f"Verified with {question.verified_with}{day}.")
