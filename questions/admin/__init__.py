"""What editors see under /admin/."""

from typing import Any

from django.contrib import admin
from django.db.models import CharField, Model, QuerySet, TextField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html

from questions.admin.changelist import ListAdmin, StateFilter, ToDoFilter
from questions.admin.editing import EditingAdmin
from questions.admin.forms import CategoryForm
from questions.admin.guide import GuideAdmin
from questions.admin.history import HistoryAdmin
from questions.admin.searches import MissedSearchAdmin
from questions.admin.unsaved import UnsavedAdmin
from questions.models import (
    Bank,
    Category,
    FormerCategorySlug,
    FormerSlug,
    MissedSearch,
    Question,
)

TEXT_FIELDS = [
    field.name
    for field in Question._meta.concrete_fields
    if isinstance(field, CharField | TextField) and field.editable and not field.choices
]

admin.site.index_title = "The bank"
admin.site.register(MissedSearch, MissedSearchAdmin)


@admin.register(Bank)
class BankAdmin(UnsavedAdmin):
    """The one row that says what the bank is: its list leads to its form."""

    fieldsets = [
        (None, {"fields": ["name", "title", "promise", "language"]}),
        ("The answers", {"fields": ["example", "pitfalls", "follow_ups", "requires_style"]}),
        ("Finding them", {"fields": ["other_names"]}),
    ]

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if bank := Bank.objects.first():
            return redirect("admin:questions_bank_change", bank.pk)
        return super().changelist_view(request, *args, **kwargs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not Bank.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Bank | None = None) -> bool:
        return False


class FormerAddressInline(admin.TabularInline):
    """The former addresses of a row. The database adds one when the slug changes."""

    extra = 0
    verbose_name = "former address"
    verbose_name_plural = "former addresses, which redirect here"

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class FormerSlugInline(FormerAddressInline):
    model = FormerSlug


class FormerCategorySlugInline(FormerAddressInline):
    model = FormerCategorySlug


@admin.register(Category)
class CategoryAdmin(HistoryAdmin):
    class Media:
        js = ["js/slugs.js"]

    form = CategoryForm
    fields = ["name", "slug", "emoji", "description", "position"]
    list_display = ["name_with_emoji", "slug", "position", "questions"]
    list_editable = ["position"]
    prepopulated_fields = {"slug": ["name"]}
    search_fields = ["name", "slug", "description"]
    inlines = [FormerCategorySlugInline]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        last = {"position": Category.objects.next_position()}
        return {**last, **super().get_changeform_initial_data(request)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Category]:
        return Category.objects.with_counts()

    def view_on_site(self, category: Category) -> str | None:
        """Return the category's page; None where it has no published question, and so no page."""
        is_seen = Category.objects.published().filter(pk=category.pk).exists()
        return category.get_absolute_url() if is_seen else None

    @admin.display(description="category", ordering="name")
    def name_with_emoji(self, category: Category) -> str:
        return f"{category.emoji} {category.name}".strip()

    @admin.display(description="published questions", ordering="question_count")
    def questions(self, category: Category) -> int:
        return category.question_count


@admin.register(Question)
class QuestionAdmin(EditingAdmin, ListAdmin, GuideAdmin):
    class Media:
        js = ["js/slugs.js", "js/editing.js", "js/ordering.js"]

    list_display = ["number", "title", "category", "level", "position", "updated"]
    list_display_links = ["title"]
    list_filter = [ToDoFilter, StateFilter, "category", "level", "verified_on"]
    list_select_related = ["category"]
    list_per_page = 30  # each row is a form
    # The defaults, a count of all rows and the order of the page, would read the whole bank. The
    # index `question_order` has this order.
    show_full_result_count = False
    ordering = ["category_id", "position", "slug"]
    prepopulated_fields = {"slug": ["title"]}
    search_fields = [*TEXT_FIELDS, "category__name"]
    search_help_text = "Searches all fields."
    autocomplete_fields = ["replaced_by"]
    readonly_fields = ["samples", "created", "updated"]
    inlines = [FormerSlugInline]
    save_on_top = True
    fieldsets = [
        (None, {"fields": ["title", "slug", ("category", "level", "position"), "published"]}),
        ("The question", {"fields": ["prompt", "asked_as"]}),
        ("The answer", {"fields": ["short_answer", "answer", "further_reading"]}),
        ("Finding it", {"fields": ["keywords"]}),
        (
            "Keeping it right",
            {
                "fields": [
                    ("verified_with", "verified_on"),
                    "samples",
                    ("created", "updated"),
                    "replaced_by",
                ]
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Question]:
        return Question.objects.numbered()

    @admin.display(description="code samples")
    def samples(self, question: Question) -> str:
        said = ""
        if question.is_checked:
            said = f"Output checked on {question.checked_with}, {question.checked_on}. "
        if failure := question.sample_failure():
            return format_html(
                "<p>{}Failed on {}. After an edit they wait for the next check.</p>"
                '<pre class="report">{}</pre>',
                said,
                date_format(timezone.localtime(failure.at), "j F Y, H:i"),
                failure.report,
            )
        if said:
            return said
        if question.has_samples:
            return (
                "Not checked as they are now: they wait for a check. Whoever runs the site "
                "starts it, and the result appears here."
            )
        return "There is none."

    @admin.display(description="no.")
    def number(self, question: Question) -> str:
        if question.published:
            return str(question.number)
        return "retired" if question.is_retired else "draft"
