"""The guides for editors, docs/*.md, as pages of the admin."""

from pathlib import Path

from django.conf import settings
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import mark_safe

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
        # Headings have the ids that GitHub gives them, to which the files' links lead.
        markup = render(text, page=name).replace(f'id="{name}:', 'id="')
        markup = markup.replace(f'href="#{name}:', 'href="#')
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "guide": mark_safe(markup),  # noqa: S308 (our own files, sanitized)
        }
        return TemplateResponse(request, "admin/questions/guide.html", context)
