"""
The bank: categories, their questions, and the words in which the rest of the site asks for them.

What has to hold is a constraint or, where a constraint can't say it, a trigger
(`questions/triggers/`): `loaddata` and `QuerySet.update` call no `save()`.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Exists, F, Max, OuterRef, Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import SHA256, Concat, Now
from django.db.models.sql.compiler import SQLCompiler
from django.urls import reverse

from questions import search
from questions.markdown import parser
from questions.markdown.renderer import OutputCheck
from questions.markdown.syntax import is_sample
from questions.models import numbering
from questions.models.fields import (
    PlainCharField,
    PlainSlugField,
    PlainTextField,
    at_most,
    not_blank,
    validate_emoji,
    validate_language,
)
from questions.models.numbering import Tally
from questions.models.records import SampleFailure

TITLE_LENGTH = 250
# The largest numbers that PostgreSQL's columns hold; SQLite's would hold any.
LAST_CATEGORY_POSITION = 32_767
LAST_POSITION = 2_147_483_647
# Limits in characters. The worst text of ANSWER_LENGTH takes two seconds to render, and one of
# twice the length four times as long. The longest answer of the shipped bank has 9,000.
SHORT_ANSWER_LENGTH = 5_000
ANSWER_LENGTH = 50_000
PROMPT_LENGTH = 5_000
ASKED_AS_LENGTH = 1_300  # eight lines of 160 characters
FURTHER_READING_LENGTH = 10_000
OTHER_NAMES_LENGTH = 20_000
# Fields that no editor writes. The database and its triggers keep the first set, `check_samples`
# the second: that samples were run again is no edit of an answer.
KEPT_BY_DATABASE = frozenset({"id", "created", "updated"})
CHECK_RESULT = frozenset({"checked_with", "checked_on", "checked_hash"})


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


SAMPLE_FIELDS = ("prompt", "answer")  # where the samples of a question stand
CHECKED_TEXT = Concat(*SAMPLE_FIELDS)
# Nearly what `has_samples` says of a question, for the database.
SAMPLE = r"(```|~~~) *python +run( |\n)"
HAS_SAMPLE = Q(prompt__regex=SAMPLE) | Q(answer__regex=SAMPLE)

# The fields of the bank that name the sections of an answer, in the order of the sections.
SECTIONS = ("example", "pitfalls", "follow_ups")


class BankQuerySet(models.QuerySet["Bank"]):
    def get_by_natural_key(self) -> "Bank":
        """Return the one row: its natural key is empty."""
        return self.get()

    def current(self) -> "Bank":
        """
        Return the row, or where there is none an unsaved one with the defaults.

        Each page asks, so the query is compiled once only.
        """
        rows = bank_rows()
        if not rows:
            return self.model()
        fields = self.model._meta.concrete_fields
        values = [field.to_python(value) for field, value in zip(fields, rows[0], strict=True)]
        return self.model.from_db(self.db, [field.attname for field in fields], values)


@numbering.compiled
def bank_rows() -> models.QuerySet[Any, Any]:
    return Bank.objects.values_list()


class Bank(models.Model):
    """
    What the bank says of itself.

    There is one row at most, with the key 1. Where there is none, the defaults hold: pages ask
    `Bank.objects.current()`.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    name = PlainCharField(
        max_length=40, default="QA Bank", help_text="Stands in the header of each page."
    )
    title = PlainCharField(
        max_length=80,
        default="Interview questions",
        help_text="The heading of the home page: what the questions are about.",
    )
    promise = PlainCharField(
        max_length=160,
        default="A short answer to say first, and the detail behind it.",
        help_text="One sentence: what a reader gets.",
    )
    language = PlainCharField(
        max_length=20,
        default="en",
        validators=[validate_language],
        help_text="In which the questions are written: a tag such as en, de or pt-br.",
    )
    example = PlainCharField("name of the section “Example”", max_length=40, default="Example")
    pitfalls = PlainCharField("name of the section “Pitfalls”", max_length=40, default="Pitfalls")
    follow_ups = PlainCharField(
        "name of the section “Follow-ups”", max_length=40, default="Follow-ups"
    )
    requires_style = models.BooleanField(
        "requires the house style",
        default=True,
        help_text="Whether a question has to follow the style of writing before it is published: "
        "sections, lengths and links. Otherwise the style only gives advice.",
    )

    other_names = PlainTextField(
        max_length=OTHER_NAMES_LENGTH,
        blank=True,
        help_text="Words that mean the same to those who search, one thing a line: "
        "“k8s = kubernetes”. A search for one finds the others.",
    )

    objects = BankQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "bank"
        constraints = [
            models.CheckConstraint(
                name="bank_once",
                condition=Q(id=1),
                violation_error_message="There is one bank already.",
            ),
            models.CheckConstraint(
                name="bank_filled_in",
                condition=Q(
                    *map(not_blank, ("name", "title", "language", *SECTIONS)),
                ),
                violation_error_message="Give the bank a name, a title, a language and the names "
                "of its sections.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[()]:
        return ()

    def search_names(self, categories: Iterable["Category"]) -> search.Names:
        """Return the names that a search knows besides the words of the questions."""
        return search.Names(self.other_names, {c.pk: c.name for c in categories})

    @property
    def sections(self) -> list[str]:
        """The names of the three sections of an answer, in their order."""
        return [getattr(self, field) for field in SECTIONS]


class CategoryQuerySet(models.QuerySet["Category"]):
    def get_by_natural_key(self, slug: str) -> "Category":
        """Find by slug; a slug that the category had before finds it too."""
        return self.filter(slug=slug).first() or self.get(former_slugs__slug=slug)

    def published(self) -> Self:
        """Keep those with a published question; nobody sees the others on the site."""
        return self.filter(Exists(Tally.objects.filter(category=OuterRef("pk"), questions__gt=0)))

    def next_position(self) -> int:
        """Return the position after the last of the categories."""
        last: int = self.aggregate(last=Max("position"))["last"] or 0
        return min(last + 1, LAST_CATEGORY_POSITION)

    def with_counts(self) -> Self:
        """Annotate `question_count`: how many published questions a category has."""
        return self.annotate(question_count=numbering.tallied())

    def counted(self, level: str = "") -> "list[Category]":
        """
        Return all categories in order, with the counts that are annotated on Category.

        What matches is of `level`, if one is given. `has_namesake` is set as well. The sums
        are those of the tally: the cost does not grow with the bank.
        """
        tables = self.model._meta.db_table, Question._meta.db_table
        columns = [field.attname for field in self.model._meta.concrete_fields]
        levels = Question.Level.values
        with connections[self.db].cursor() as cursor:
            cursor.execute(numbering.counted(*tables, columns, levels))
            rows = cursor.fetchall()
        categories, before = [], 0
        for row in rows:
            category = self.model.from_db(self.db, columns, row[: len(columns)])
            category.has_namesake, *counts = row[len(columns) :]
            category.level_counts = dict(zip(levels, counts, strict=True))
            category.question_count = sum(counts)
            category.match_count = category.level_counts.get(level, category.question_count)
            category.questions_before = before
            before += category.question_count
            categories.append(category)
        return categories

    def shown(self, level: str = "") -> "list[Category]":
        """Return those of counted() that have a published question: pages show no others."""
        return [category for category in self.counted(level) if category.question_count]


class Category(models.Model):
    slug = PlainSlugField(
        max_length=80,
        unique=True,
        help_text="The category's address. After a change the old one goes on redirecting.",
    )
    name = PlainCharField(max_length=80)
    emoji = PlainCharField(
        max_length=16, blank=True, validators=[validate_emoji], help_text="Shown before the name."
    )
    description = PlainCharField(max_length=300, blank=True, help_text="One plain sentence.")
    position = models.PositiveSmallIntegerField(
        default=1, db_index=True, help_text="Order on the page: 1 comes first."
    )

    question_count: int  # where the queryset was with_counts() or counted()
    level_counts: dict[str, int]  # by level, where they were counted()
    match_count: int  # of the level asked for, where they were counted()
    questions_before: int  # in the categories before it, where they were counted()
    has_namesake: bool  # whether a question has the same slug, where they were counted()

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
                name="category_position_in_range",
                condition=Q(position__range=(1, LAST_CATEGORY_POSITION)),
                violation_error_message=f"Positions go from 1 to {LAST_CATEGORY_POSITION:,}.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("category", args=[self.slug])

    @property
    def open_name(self) -> str:
        """
        What `?open=…` calls the category as a whole; it has to be counted().

        A slug stands for the question, where both a question and a category have it.
        """
        return f"{self.slug}.all" if self.has_namesake else self.slug

    def natural_key(self) -> tuple[str]:
        return (self.slug,)

    def clean(self) -> None:
        if FormerCategorySlug.objects.filter(slug=self.slug).exclude(category=self.pk).exists():
            message = "This was another category's address and redirects there. Choose another."
            raise ValidationError({"slug": message})


class QuestionQuerySet(models.QuerySet["Question"]):
    def get_by_natural_key(self, slug: str) -> "Question":
        """Find by slug; a slug that the question had before finds it too."""
        return self.filter(slug=slug).first() or self.get(former_slugs__slug=slug)

    def published(self) -> Self:
        return self.filter(published=True)

    def active(self) -> Self:
        """Keep all but the retired ones: those that are published, and drafts."""
        return self.filter(replaced_by=None)

    def drafts(self) -> Self:
        return self.active().filter(published=False)

    def retired(self) -> Self:
        return self.exclude(replaced_by=None)

    def in_category(self, slug: str) -> Self:
        return self.filter(category__slug=slug)

    def at_level(self, level: str) -> Self:
        return self.filter(level=level)

    def search(self, text: str) -> Self:
        """Keep what `text` asks for, the most relevant first; at most a thousand rows."""
        names = Bank.objects.current().search_names(Category.objects.all())
        return search.find(self, text, names=names).sort(self)

    def last_change(self) -> datetime | None:
        """Return when one of the questions was last added or edited; None if there is none."""
        last: datetime | None = self.aggregate(last=Max("updated"))["last"]
        return last

    def next_position(self, category: Category) -> int:
        """Return the position after the last question of a category, drafts included."""
        last: int = self.filter(category=category).aggregate(last=Max("position"))["last"] or 0
        return min(last + 1, LAST_POSITION)

    def with_unchecked_samples(self) -> Self:
        """Keep questions with a sample that was not checked as it is now."""
        return self.filter(HAS_SAMPLE).exclude(checked_hash=Fingerprint(CHECKED_TEXT))

    def with_failed_samples(self) -> Self:
        """Keep questions whose samples, as they are now, failed when they were last run."""
        failed = SampleFailure.objects.filter(
            question_id=OuterRef("pk"), text_hash=OuterRef("current_hash")
        )
        return self.alias(current_hash=Fingerprint(CHECKED_TEXT)).filter(Exists(failed))

    def with_waiting_samples(self) -> Self:
        """Keep questions, but no retired ones, with samples that were not run as they are now."""
        unchecked = self.active().with_unchecked_samples()
        return unchecked.exclude(pk__in=self.with_failed_samples().values("pk"))

    def in_order(self) -> Self:
        """Sort by the order of the page, and fetch the category along."""
        return self.select_related("category").order_by(
            "category__position", "category__slug", "position", "slug"
        )

    def before(self, question: "Question") -> Self:
        """Keep what stands before `question` in its category, the nearest first."""
        # The bound on the position alone is what an index can be searched for.
        return self.filter(
            Q(position__lt=question.position) | Q(slug__lt=question.slug),
            category=question.category_id,
            position__lte=question.position,
        ).order_by("-position", "-slug")

    def after(self, question: "Question") -> Self:
        """Keep what stands after `question` in its category, the nearest first."""
        return self.filter(
            Q(position__gt=question.position) | Q(slug__gt=question.slug),
            category=question.category_id,
            position__gte=question.position,
        ).order_by("position", "slug")

    def first_of_each(self, categories: Iterable[int], start: int, stop: int) -> Self:
        """
        Return of each category, by its key, the questions from place `start` (from 0) to `stop`.

        They come in the order of the page, whatever the queryset's own.
        """
        first = numbering.in_first_of_each(self, categories, start, stop)
        # Not self.filter(): a database may prefer to go through all that matches self.
        return type(self)(self.model, using=self.db).filter(first).in_order()

    def last_places(self, slugs: Iterable[str]) -> dict[int, int]:
        """Return how far down `slugs` reach in each category: numbering.last_places()."""
        return numbering.last_places(self, slugs)

    def numbered(self) -> Self:
        """
        Annotate `number`: the question's place among all published ones, from 1.

        The number stays the same however the queryset is filtered. A draft has the number that
        it would get. Costs per row a look at the tally of all that stands before.
        """
        table = self.model._meta.db_table
        earlier = numbering.in_earlier_categories(table, Category._meta.db_table)
        place = numbering.place(table)
        return self.annotate(number=RawSQL(f"{place} + {earlier}", []))  # noqa: S611 (all ours)

    def placed(self) -> Self:
        """
        Annotate `place`: the question's place among the published ones of its category, from 1.

        Where the categories are counted() this is the quicker way to the numbers of a list.
        """
        return self.annotate(place=RawSQL(numbering.place(self.model._meta.db_table), []))  # noqa: S611

    def columns_of(self, keys: Collection[int], columns: Iterable[str]) -> list[tuple[Any, ...]]:
        """
        Return `columns` of the questions with `keys`, in any order; the filters don't count.

        "place" is what placed() annotates. What a search found is read by this: the ORM would
        compile a query for each set of keys, which takes six times as long as all of it.
        """
        if not keys:
            return []
        table = self.model._meta.db_table
        expressions = [numbering.place(table) if name == "place" else name for name in columns]
        with connections[self.db].cursor() as cursor:
            cursor.execute(numbering.columns_of(table, keys, expressions), list(keys))
            return list(cursor.fetchall())

    def counts_of(self, keys: Collection[int]) -> list[tuple[int, str, int]]:
        """
        Return how many of the questions with `keys` each category, by its key, has at each level.

        The filters don't count. Of a thousand it takes two thirds of the time of their columns.
        """
        if not keys:
            return []
        with connections[self.db].cursor() as cursor:
            cursor.execute(numbering.counts_of(self.model._meta.db_table, keys), list(keys))
            return list(cursor.fetchall())


class Question(models.Model):
    class Level(models.TextChoices):
        CORE = "core"
        ADVANCED = "advanced"
        EXPERT = "expert"

    # In this order a fixture file has the fields (`refreshing/files.py`): long texts come last. An
    # entry may leave out those with blank=True. A new field needs it, a boolean too: without it all
    # files from before would be refused.
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="questions")
    slug = PlainSlugField(
        max_length=80,
        unique=True,
        help_text="The question's address. After a change the old one goes on redirecting.",
    )
    position = models.PositiveIntegerField(
        default=1, help_text="Order inside the category: 1 comes first."
    )
    title = PlainCharField(
        max_length=TITLE_LENGTH, help_text="The question in one sentence that ends with “?”."
    )
    level = PlainCharField(max_length=10, choices=Level)
    published = models.BooleanField(
        default=False, help_text="Unpublished questions are drafts: nobody sees them on the site."
    )
    replaced_by = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="replaces",
        help_text="Retires this question: its address leads to that one from then on.",
    )
    keywords = PlainCharField(
        max_length=500,
        blank=True,
        help_text="Other names that people search for, lower-case, separated by commas.",
    )
    verified_with = PlainCharField(
        max_length=200,
        blank=True,
        help_text="What the answer was checked with, such as “CPython 3.13.0, Django 6.1.3”.",
    )
    verified_on = models.DateField(null=True, blank=True)
    # What `check_samples` found. The page shows the mark only while the hash is that of today's
    # prompt and answer.
    checked_with = PlainCharField(max_length=200, blank=True, editable=False)
    checked_on = models.DateField(null=True, blank=True, editable=False)
    checked_hash = PlainCharField(max_length=64, blank=True, editable=False)
    asked_as = PlainTextField(
        "also asked as",
        max_length=ASKED_AS_LENGTH,
        blank=True,
        help_text="Other ways in which the question is asked: one a line, eight at most.",
    )
    prompt = PlainTextField(
        max_length=PROMPT_LENGTH,
        blank=True,
        help_text="Markdown: what an interviewer adds, such as a scenario, a piece of code or a "
        "table. It must not give the answer away.",
    )
    short_answer = PlainTextField(
        max_length=SHORT_ANSWER_LENGTH,
        blank=True,
        help_text="Markdown, one paragraph of 45 to 75 words, to be spoken: what it is first.",
    )
    answer = PlainTextField(
        max_length=ANSWER_LENGTH,
        blank=True,
        help_text="Markdown: the detail, then “## Example”, “## Pitfalls” and “## Follow-ups”. "
        "docs/writing.md explains the conventions.",
    )
    further_reading = PlainTextField(
        max_length=FURTHER_READING_LENGTH,
        blank=True,
        help_text="Markdown, one link a line: - [Name of the page](https://…)",
    )
    # The database keeps both (questions/triggers/), however an edit is made.
    created = models.DateTimeField(db_default=Now(), editable=False)
    updated = models.DateTimeField(db_default=Now(), editable=False)

    number: int  # where the queryset was numbered()
    place: int  # where it was placed()

    objects = QuestionQuerySet.as_manager()

    class Meta:
        ordering = ["category__position", "category__slug", "position", "slug"]
        indexes = [
            # The page's order inside a category, and the count of what stands before.
            models.Index(
                fields=["category", "position", "slug", "published"], name="question_order"
            ),
            # What feed and sitemap read, without a look at the texts. If it began with `published`,
            # SQLite would go through all of it instead of looking a few keys up.
            models.Index(fields=["updated", "slug", "published"], name="question_changes"),
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
                name="question_position_in_range",
                condition=Q(position__range=(1, LAST_POSITION)),
                violation_error_message=f"Positions go from 1 to {LAST_POSITION:,}.",
            ),
            models.CheckConstraint(
                name="question_replaced_is_not_published",
                condition=Q(replaced_by=None) | Q(published=False),
                violation_error_message="A question that another one replaces is not published.",
            ),
            models.CheckConstraint(
                name="question_replaced_by_another",
                condition=~Q(replaced_by=F("id")),
                violation_error_message="A question can't replace itself.",
            ),
            models.CheckConstraint(
                name="question_published_with_short_answer",
                condition=Q(published=False) | Q(not_blank("short_answer")),
                violation_error_message="A published question needs a short answer.",
            ),
            *(
                models.CheckConstraint(
                    name=f"question_{field}_length",
                    condition=at_most(length, field),
                    violation_error_message=f"Shorten the {field.replace('_', ' ')} to {length:,} "
                    "characters.",
                )
                for field, length in (
                    ("prompt", PROMPT_LENGTH),
                    ("asked_as", ASKED_AS_LENGTH),
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
    def is_retired(self) -> bool:
        """Whether another question replaces it; one that is not published is a draft otherwise."""
        return self.replaced_by_id is not None

    @property
    def text_hash(self) -> str:
        """The fingerprint of the texts in which the samples stand."""
        return fingerprint("".join(getattr(self, name) for name in SAMPLE_FIELDS))

    @property
    def is_checked(self) -> bool:
        """Whether the samples of exactly this prompt and answer printed what they show."""
        return self.checked_hash == self.text_hash

    @property
    def has_samples(self) -> bool:
        """Whether prompt or answer has code that is to be run; parses both."""
        texts = [getattr(self, name) for name in SAMPLE_FIELDS]
        return any(is_sample(token) for text in texts for token in parser().parse(text))

    @property
    def output_check(self) -> OutputCheck | None:
        """What its page says of the outputs in prompt and answer, if they were checked."""
        if self.is_checked and self.checked_on:
            return OutputCheck(self.checked_with, self.checked_on)
        return None

    def sample_failure(self) -> SampleFailure | None:
        """Return how the samples of exactly this prompt and answer failed, if they did."""
        failures = SampleFailure.objects.filter(question_id=self.pk, text_hash=self.text_hash)
        return failures.first()

    def replacements(self) -> "Iterator[Question]":
        """
        Yield what replaces a retired question, what replaces that one, and so on.

        Costs a query each. Ends in a circle too, which `clean` refuses and plain SQL can make.
        """
        seen = set()
        question = self.replaced_by
        while question is not None and question.pk not in seen:
            seen.add(question.pk)
            yield question
            question = question.replaced_by

    def clean(self) -> None:
        # A browser sends CRLF and a form cuts the last line end: an export should show neither.
        for field in self._meta.concrete_fields:
            if isinstance(field, models.TextField):
                lines = getattr(self, field.name).replace("\r\n", "\n").rstrip("\n")
                setattr(self, field.name, f"{lines}\n" if lines else "")
        if any(question.pk == self.pk for question in self.replacements()):
            raise ValidationError(
                {"replaced_by": "That question leads back to this one. Choose another."}
            )
        taken = FormerSlug.objects.filter(slug=self.slug).exclude(question=self.pk)
        if taken.exists():
            raise ValidationError(
                {"slug": "This was another question's address and redirects there. Choose another."}
            )


class FormerSlug(models.Model):
    """
    A slug that a question had before, which still redirects to it.

    The database writes these rows itself when a slug changes (questions/triggers/).
    """

    slug = PlainSlugField(max_length=80, unique=True)
    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="former_slugs")

    def __str__(self) -> str:
        return self.slug


class FormerCategorySlug(models.Model):
    """A slug that a category had before, which still redirects to it, like `FormerSlug`."""

    slug = PlainSlugField(max_length=80, unique=True)
    category = models.ForeignKey(Category, on_delete=models.CASCADE, related_name="former_slugs")

    def __str__(self) -> str:
        return self.slug
