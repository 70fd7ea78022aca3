"""What editors see under /admin/."""

from django.contrib import admin
from django.db.models import CharField, QuerySet, TextField
from django.http import HttpRequest

from questions.admin.changelist import ListAdmin, ToDoFilter
from questions.admin.editing import EditingAdmin
from questions.admin.history import HistoryAdmin
from questions.models import Category, FormerSlug, MissedSearch, Question

TEXT_FIELDS = [
    field.name
    for field in Question._meta.concrete_fields
    if isinstance(field, CharField | TextField) and field.editable and not field.choices
]

admin.site.site_header = "QA Bank"
admin.site.site_title = "QA Bank"
admin.site.index_title = "The bank"


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin):
    fields = ["name", "slug", "emoji", "description", "position"]
    list_display = ["name_with_emoji", "slug", "position", "questions"]
    list_editable = ["position"]
    prepopulated_fields = {"slug": ["name"]}
    search_fields = ["name", "slug", "description"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Category]:
        return Category.objects.with_counts()

    @admin.display(description="category", ordering="name")
    def name_with_emoji(self, category: Category) -> str:
        return f"{category.emoji} {category.name}".strip()

    @admin.display(description="published questions", ordering="question_count")
    def questions(self, category: Category) -> int:
        return category.question_count


class FormerSlugInline(admin.TabularInline):
    """The former addresses of a question. The database adds one when the slug changes."""

    model = FormerSlug
    extra = 0
    verbose_name = "former address"
    verbose_name_plural = "former addresses, which redirect here"

    def has_add_permission(self, request: HttpRequest, obj: Question | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Question | None = None) -> bool:
        return False


@admin.register(Question)
class QuestionAdmin(HistoryAdmin, EditingAdmin, ListAdmin):
    class Media:
        css = {"all": ["css/admin.css"]}
        js = ["js/editing.js", "js/ordering.js"]

    list_display = ["number", "title", "category", "level", "position", "updated"]
    list_display_links = ["title"]
    list_filter = [ToDoFilter, "category", "level", "verified_on"]
    list_select_related = ["category"]
    list_per_page = 30  # each row is a form
    # The defaults, a count of all rows and the order of the page, would read the whole bank. The
    # index `question_order` has this order.
    show_full_result_count = False
    ordering = ["category_id", "position", "slug"]
    prepopulated_fields = {"slug": ["title"]}
    search_fields = [*TEXT_FIELDS, "category__name"]
    search_help_text = "Searches all fields."
    readonly_fields = ["samples", "created", "updated"]
    inlines = [FormerSlugInline]
    save_on_top = True
    fieldsets = [
        (None, {"fields": ["title", "slug", ("category", "level", "position"), "published"]}),
        ("The answer", {"fields": ["short_answer", "answer", "further_reading"]}),
        ("Finding it", {"fields": ["keywords"]}),
        (
            "Keeping it right",
            {"fields": [("verified_with", "verified_on"), "samples", ("created", "updated")]},
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Question]:
        return Question.objects.numbered()

    @admin.display(description="code samples")
    def samples(self, question: Question) -> str:
        if question.is_checked:
            return f"Output checked on {question.checked_with}, {question.checked_on}"
        return "Not checked as they are now: run “manage.py check_samples”"

    @admin.display(description="no.")
    def number(self, question: Question) -> str:
        # A draft has no number on the site.
        return str(question.number) if question.published else "draft"


@admin.register(MissedSearch)
class MissedSearchAdmin(admin.ModelAdmin):
    """Searches without a hit. They can be deleted, but neither added nor changed."""

    list_display = ["text", "count", "last_made"]
    search_fields = ["text"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: MissedSearch | None = None) -> bool:
        return False
