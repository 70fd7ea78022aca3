"""
The bank: categories, their questions, and the words in which the rest of the site asks for them.

What has to hold is a constraint or, where a constraint can't say it, a trigger (`triggers.py`):
`loaddata` and `QuerySet.update` call no `save()`.
"""

import hashlib
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Case, Count, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import SHA256, Coalesce, Length, Now, Trim
from django.db.models.lookups import GreaterThan, LessThanOrEqual
from django.db.models.sql.compiler import SQLCompiler
from django.urls import reverse

TITLE_LENGTH = 250
# Characters. Rendering the worst text of this length takes two seconds, four times as long where
# it is twice as long; the longest answer of ours has 9,000.
SHORT_ANSWER_LENGTH = 5_000
ANSWER_LENGTH = 50_000
FURTHER_READING_LENGTH = 10_000


def not_blank(field: str) -> GreaterThan:
    return GreaterThan(Length(Trim(field)), Value(0))


def at_most(characters: int, field: str) -> LessThanOrEqual:
    return LessThanOrEqual(Length(field), Value(characters))


def fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Fingerprint(SHA256):
    """`fingerprint` of a column."""

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra_context: Any
    ) -> tuple[str, Any]:
        # Django's own wants the extension pgcrypto.
        template = "ENCODE(SHA256(CONVERT_TO(%(expressions)s, 'UTF8')), 'hex')"
        return self.as_sql(compiler, connection, template=template, **extra_context)


class CategoryQuerySet(models.QuerySet["Category"]):
    def get_by_natural_key(self, slug: str) -> "Category":
        return self.get(slug=slug)

    def with_counts(self) -> Self:
        """Annotate `question_count`: how many published questions a category has."""
        return self.annotate(question_count=Count("questions", filter=Q(questions__published=True)))


class Category(models.Model):
    name = models.CharField(max_length=80)
    slug = models.SlugField(
        max_length=80,
        unique=True,
        help_text="The category's address. Changing it breaks links to the category.",
    )
    emoji = models.CharField(max_length=16, blank=True, help_text="Shown before the name.")
    description = models.CharField(max_length=300, blank=True, help_text="One plain sentence.")
    position = models.PositiveSmallIntegerField(
        default=1, db_index=True, help_text="Order on the page: 1 comes first."
    )

    question_count: int  # where the queryset was with_counts()

    objects = CategoryQuerySet.as_manager()

    class Meta:
        ordering = ["position", "slug"]
        verbose_name_plural = "categories"
        constraints = [
            models.CheckConstraint(
                name="category_name_not_blank",
                condition=not_blank("name"),
                violation_error_message="Give the category a name.",
            ),
            models.CheckConstraint(
                name="category_slug_usable",
                # "all" means every category in `?open=all`.
                condition=not_blank("slug") & ~Q(slug="all"),
                violation_error_message="Choose another slug: not empty, and not “all”.",
            ),
            models.CheckConstraint(
                name="category_position_from_one",
                condition=Q(position__gte=1),
                violation_error_message="Positions start at 1.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("category", args=[self.slug])

    def natural_key(self) -> tuple[str]:
        return (self.slug,)


class QuestionQuerySet(models.QuerySet["Question"]):
    def get_by_natural_key(self, slug: str) -> "Question":
        """Find by slug; a slug that the question had before finds it too."""
        return self.filter(slug=slug).first() or self.get(former_slugs__slug=slug)

    def published(self) -> Self:
        return self.filter(published=True)

    def in_category(self, slug: str) -> Self:
        return self.filter(category__slug=slug)

    def at_level(self, level: str) -> Self:
        return self.filter(level=level)

    def containing(self, text: str) -> Self:
        """Keep questions in which every word of `text` occurs, in whatever field."""
        questions = self
        for word in text.split():
            questions = questions.filter(
                Q(title__icontains=word)
                | Q(short_answer__icontains=word)
                | Q(answer__icontains=word)
                | Q(keywords__icontains=word)
            )
        return questions

    def with_unchecked_samples(self) -> Self:
        """Keep questions with a sample that was not checked as it is now."""
        return self.filter(answer__regex=r"(```|~~~) *python +run").exclude(
            checked_hash=Fingerprint("answer")
        )

    def in_order(self) -> Self:
        """Sort by the order of the page, and fetch the category along."""
        return self.select_related("category").order_by(
            "category__position", "category__slug", "position", "slug"
        )

    def all_checked_with(self) -> str:
        """
        Return the interpreter that printed what the samples of all these answers show.

        "" where an answer was not checked as it is now, or where there were several interpreters.
        Hashes every answer that was checked: 6 µs each.
        """
        is_checked = ~Q(checked_hash="") & Q(checked_hash=Fingerprint("answer"))
        checked = Case(When(is_checked, then="checked_with"), default=Value(""))
        interpreters = set(self.order_by().values_list(checked, flat=True).distinct())
        return interpreters.pop() if len(interpreters) == 1 else ""

    def previous_to(self, question: "Question") -> "Question | None":
        """Return the question before `question` in the order of the page."""
        category = question.category
        here = self.filter(category=category).filter(
            Q(position__lt=question.position)
            | Q(position=question.position, slug__lt=question.slug)
        )
        earlier = self.filter(
            Q(category__position__lt=category.position)
            | Q(category__position=category.position, category__slug__lt=category.slug)
        )
        return here.in_order().last() or earlier.in_order().last()

    def next_to(self, question: "Question") -> "Question | None":
        """Return the question after `question` in the order of the page."""
        category = question.category
        here = self.filter(category=category).filter(
            Q(position__gt=question.position)
            | Q(position=question.position, slug__gt=question.slug)
        )
        later = self.filter(
            Q(category__position__gt=category.position)
            | Q(category__position=category.position, category__slug__gt=category.slug)
        )
        return here.in_order().first() or later.in_order().first()

    def numbered(self) -> Self:
        """
        Annotate `number`: the question's place among all published ones, from 1.

        The number stays the same however the queryset is filtered. A draft has the number that
        it would get. Costs one index scan of what stands before, per row.
        """
        published = Question.objects.published().order_by()
        in_category = published.filter(category=OuterRef("category")).filter(
            Q(position__lt=OuterRef("position"))
            | Q(position=OuterRef("position"), slug__lt=OuterRef("slug"))
        )
        in_earlier_categories = published.filter(
            Q(category__position__lt=OuterRef("category__position"))
            | Q(
                category__position=OuterRef("category__position"),
                category__slug__lt=OuterRef("category__slug"),
            )
        )
        return self.annotate(number=Value(1) + count(in_category) + count(in_earlier_categories))


def count(questions: QuestionQuerySet) -> Coalesce:
    """Return the number of rows of a correlated queryset as an expression."""
    rows = questions.annotate(rows=models.Func(F("pk"), function="COUNT")).values("rows")
    return Coalesce(Subquery(rows, output_field=models.IntegerField()), 0)


class Question(models.Model):
    class Level(models.TextChoices):
        CORE = "core"
        ADVANCED = "advanced"
        EXPERT = "expert"

    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="questions")
    title = models.CharField(
        max_length=TITLE_LENGTH, help_text="The question in one sentence that ends with “?”."
    )
    slug = models.SlugField(
        max_length=80,
        unique=True,
        help_text="The question's address. After a change the old one goes on redirecting.",
    )
    level = models.CharField(max_length=10, choices=Level)
    position = models.PositiveIntegerField(
        default=1, help_text="Order inside the category: 1 comes first."
    )
    published = models.BooleanField(
        default=False, help_text="Unpublished questions are drafts: nobody sees them on the site."
    )
    short_answer = models.TextField(
        max_length=SHORT_ANSWER_LENGTH,
        blank=True,
        help_text="Markdown, one paragraph of 40 to 80 words: what a good candidate says first.",
    )
    answer = models.TextField(
        max_length=ANSWER_LENGTH,
        blank=True,
        help_text="Markdown: the detail, then “## Example”, “## Pitfalls” and “## Follow-ups”. "
        "docs/writing.md explains the conventions.",
    )
    further_reading = models.TextField(
        max_length=FURTHER_READING_LENGTH,
        blank=True,
        help_text="Markdown, one link a line: - [Name of the page](https://…)",
    )
    keywords = models.CharField(
        max_length=500,
        blank=True,
        help_text="Other names that people search for, lower-case, separated by commas.",
    )
    verified_with = models.CharField(
        max_length=200,
        blank=True,
        help_text="What the answer was checked with, such as “CPython 3.13.0, Django 6.1.3”.",
    )
    verified_on = models.DateField(null=True, blank=True)
    # What `check_samples` found. The mark on the page shows only while the hash is the answer's.
    checked_with = models.CharField(max_length=60, blank=True, editable=False)
    checked_on = models.DateField(null=True, blank=True, editable=False)
    checked_hash = models.CharField(max_length=64, blank=True, editable=False)
    # The database keeps both (triggers.py), whichever road an edit takes.
    created = models.DateTimeField(db_default=Now(), editable=False)
    updated = models.DateTimeField(db_default=Now(), editable=False)

    number: int  # where the queryset was numbered()

    objects = QuestionQuerySet.as_manager()

    class Meta:
        ordering = ["category__position", "category__slug", "position", "slug"]
        indexes = [
            # The page's order inside a category, and the count of what stands before.
            models.Index(
                fields=["category", "position", "slug", "published"], name="question_order"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="question_title_not_blank",
                condition=not_blank("title"),
                violation_error_message="Give the question a title.",
            ),
            models.CheckConstraint(
                name="question_slug_usable",
                # "all" means every question in `?open=all`.
                condition=not_blank("slug") & ~Q(slug="all"),
                violation_error_message="Choose another slug: not empty, and not “all”.",
            ),
            models.CheckConstraint(
                name="question_level_known",
                condition=Q(level__in=["core", "advanced", "expert"]),
                violation_error_message="The level is core, advanced or expert.",
            ),
            models.CheckConstraint(
                name="question_position_from_one",
                condition=Q(position__gte=1),
                violation_error_message="Positions start at 1.",
            ),
            models.CheckConstraint(
                name="question_published_with_short_answer",
                condition=Q(published=False) | Q(not_blank("short_answer")),
                violation_error_message="A published question needs a short answer.",
            ),
            models.CheckConstraint(
                name="question_published_with_answer",
                condition=Q(published=False) | Q(not_blank("answer")),
                violation_error_message="A published question needs an answer.",
            ),
            *(
                models.CheckConstraint(
                    name=f"question_{field}_length",
                    condition=at_most(length, field),
                    violation_error_message=f"Shorten the {field.replace('_', ' ')} to {length:,} "
                    "characters.",
                )
                for field, length in (
                    ("short_answer", SHORT_ANSWER_LENGTH),
                    ("answer", ANSWER_LENGTH),
                    ("further_reading", FURTHER_READING_LENGTH),
                )
            ),
            models.CheckConstraint(
                name="question_checked_wholly",
                condition=Q(checked_hash="", checked_with="", checked_on=None)
                | Q(not_blank("checked_hash"), not_blank("checked_with"), ~Q(checked_on=None)),
                violation_error_message="checked_with, checked_on and checked_hash go together.",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("question", args=[self.slug])

    def natural_key(self) -> tuple[str]:
        return (self.slug,)

    @property
    def is_checked(self) -> bool:
        """Whether the samples were run in exactly this answer and printed what it shows."""
        return self.checked_hash == fingerprint(self.answer)

    def clean(self) -> None:
        taken = FormerSlug.objects.filter(slug=self.slug).exclude(question=self.pk)
        if taken.exists():
            raise ValidationError(
                {"slug": "This was another question's address and redirects there. Choose another."}
            )


class FormerSlug(models.Model):
    """
    A slug that a question had before, which goes on redirecting to it.

    The database writes these rows itself when a slug changes (triggers.py).
    """

    slug = models.SlugField(max_length=80, unique=True)
    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="former_slugs")

    def __str__(self) -> str:
        return self.slug


class Change(models.Model):
    """
    One change to a question: what was there before, and who made it by which road.

    The database writes these rows itself (history_triggers.py); `history.py` reads them.
    """

    class Kind(models.TextChoices):
        ADDED = "added"
        EDITED = "edited"
        DELETED = "deleted"

    # No foreign key: the history of a question outlives it.
    question_id = models.BigIntegerField(editable=False)
    kind = models.CharField(max_length=10, choices=Kind, editable=False)
    at = models.DateTimeField(db_default=Now(), editable=False)
    actor = models.CharField(max_length=150, blank=True, editable=False)
    road = models.CharField(max_length=40, blank=True, editable=False)
    # By column, what the change replaced; everything where the question was deleted.
    before = models.JSONField(editable=False)

    class Meta:
        default_permissions = ()
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["question_id", "id"], name="change_question"),
            models.Index(fields=["kind", "id"], name="change_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} by {self.actor or 'somebody'}"


class Origin(models.Model):
    """
    Who is changing questions in the open transaction, and by which road.

    The triggers copy the newest row into each change. `history.recorded` removes its row before
    the transaction ends, so none is ever committed and no other connection sees one.
    """

    actor = models.CharField(max_length=150, blank=True)
    road = models.CharField(max_length=40)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.actor} by {self.road}"
