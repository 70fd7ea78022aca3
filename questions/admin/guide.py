"""The guides for editors, docs/*.md, as pages of the admin."""

import re
from pathlib import Path

from django.conf import settings
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import strip_tags
from django.utils.safestring import mark_safe
from django.utils.text import slugify

from questions.markdown import render

GUIDES = ["editing", "writing", "checking"]


class GuideAdmin(admin.ModelAdmin):
    """Shows the guides. Their addresses end like the files, so that links between them lead on."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.guide_view)
        return [
            path("guide/<slug:name>.md", view, name="questions_question_guide"),
            *super().get_urls(),
        ]

    def guide_view(self, request: HttpRequest, name: str) -> HttpResponse:
        file: Path = settings.BASE_DIR / "docs" / f"{name}.md"
        if name not in GUIDES or not file.exists():
            raise Http404("There is no such guide.")
        title, _, text = file.read_text(encoding="utf-8").removeprefix("# ").partition("\n")
        markup = re.sub(r"<(h\d)>(.*?)</\1>", with_id, render(text))
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "guide": mark_safe(markup),  # noqa: S308 (our own files, sanitized)
        }
        return TemplateResponse(request, "admin/questions/guide.html", context)


def with_id(heading: re.Match[str]) -> str:
    """Give a heading the id that GitHub gives it, to which links lead."""
    tag, text = heading.groups()
    return f'<{tag} id="{slugify(strip_tags(text))}">{text}</{tag}>'
