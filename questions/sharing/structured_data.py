"""What a page says of itself to search engines, in schema.org's terms (JSON-LD)."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from questions import markdown
from questions.markdown import plain
from questions.models import Bank, Question


def question_data(request: HttpRequest, question: Question, bank: Bank) -> dict[str, Any]:
    """Return the article that a question's page is, and the pages that lead to it."""
    address = request.build_absolute_uri(question.get_absolute_url())
    category = question.category
    trail = [
        ("All questions", reverse("home")),
        (category.name, category.get_absolute_url()),
        (plain(question.title), question.get_absolute_url()),
    ]
    return {
        "@context": "https://schema.org",
        "@graph": [
            {
                "@type": "TechArticle",
                "@id": address,
                "url": address,
                "headline": plain(question.title),
                "description": markdown.text(question.short_answer),
                "articleSection": category.name,
                "proficiencyLevel": question.get_level_display(),
                **({"keywords": question.keywords} if question.keywords else {}),
                **({"dependencies": question.verified_with} if question.verified_with else {}),
                "datePublished": question.created.isoformat(timespec="seconds"),
                "dateModified": question.updated.isoformat(timespec="seconds"),
                "image": f"{address}picture.png",
                "inLanguage": bank.language,
                "isPartOf": {
                    "@type": "WebSite",
                    "name": bank.name,
                    "url": request.build_absolute_uri(reverse("home")),
                },
            },
            {
                "@type": "BreadcrumbList",
                "itemListElement": [
                    {
                        "@type": "ListItem",
                        "position": position,
                        "name": name,
                        "item": request.build_absolute_uri(path),
                    }
                    for position, (name, path) in enumerate(trail, start=1)
                ],
            },
        ],
    }
