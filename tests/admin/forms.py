"""Where the admin keeps the questions, and what its form for one sends."""

from typing import Any

from questions.models import Question
from tests import build

LIST = "/admin/questions/question/"
ADD = f"{LIST}add/"


def form(question: Question | None = None, **changes: Any) -> dict[str, object]:
    """Return what the form of a question sends, with `changes`."""
    fields = {
        "title": "What does an editor write?",
        "slug": "editor",
        "category": (question.category if question else build.category()).pk,
        "level": "core",
        "position": 1,
        "published": "on",
        "short_answer": build.SHORT_ANSWER,
        "answer": build.ANSWER,
        "further_reading": "- [The documentation](https://docs.python.org/3/)",
        "keywords": "",
        "verified_with": "",
        "verified_on": "",
        "former_slugs-TOTAL_FORMS": 0,
        "former_slugs-INITIAL_FORMS": 0,
    }
    if question:
        fields |= {name: getattr(question, name) for name in ("title", "slug", "level", "position")}
    return {**fields, **changes}
