"""What the site stores besides the bank: history, searches, failed samples, last refresh."""

from django.db import models
from django.db.models.functions import Now

from questions.models.fields import PlainCharField, PlainTextField

MISSED_LENGTH = 100  # characters of a search that found little


class MissedSearch(models.Model):
    """A search of the whole bank that found little, and how often it was made."""

    class Outcome(models.TextChoices):
        NOTHING = "nothing", "found nothing"
        CORRECTED = "corrected", "was corrected"
        WEAK = "weak", "lacks a word"

    text = PlainCharField(max_length=MISSED_LENGTH, unique=True)
    outcome = PlainCharField(max_length=10, choices=Outcome, default=Outcome.NOTHING)
    # Without a constraint: whoever deletes a question by plain SQL need not know of searches.
    question = models.ForeignKey(
        "Question",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_constraint=False,
        related_name="+",
        help_text="What came first, until you choose the question that should have.",
    )
    count = models.PositiveIntegerField(default=0)
    last_made = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-count", "-last_made", "text"]
        verbose_name = "search that found little"
        verbose_name_plural = "searches that found little"

    def __str__(self) -> str:
        return self.text


class ContentVersion(models.Model):
    """
    The one row that says which content the bank has: another value after every change.

    The database writes it itself (`questions/triggers/content_version.py`). The values are random,
    so that none ever comes back: a counter would after a rollback or a restored backup.
    """

    version = PlainCharField(max_length=36)
    changed = models.DateTimeField()

    def __str__(self) -> str:
        return self.version


class Refreshed(models.Model):
    """
    What `loaddata` or a refresh last wrote for a slug.

    A row that no longer has its digest was edited in the database since.
    """

    model = PlainCharField(max_length=40)
    slug = PlainCharField(max_length=80)
    digest = PlainCharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["model", "slug"], name="refreshed_once")]

    def __str__(self) -> str:
        return f"{self.model} {self.slug}"


class SampleFailure(models.Model):
    """
    What `check_samples` reported of a question whose samples failed.

    It counts while the prompt and the answer are those that were run. No foreign key: a question
    that was deleted can come back.
    """

    question_id = models.BigIntegerField(unique=True, editable=False)
    text_hash = PlainCharField(max_length=64, editable=False)
    at = models.DateTimeField(db_default=Now(), editable=False)
    report = PlainTextField(editable=False)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"question {self.question_id}"


class Change(models.Model):
    """
    One change to a question or a category: what was there before, who made it, and by what.

    The database writes these rows itself (`questions/triggers/history.py`), and
    `questions/history.py` reads them.
    """

    class Kind(models.TextChoices):
        ADDED = "added"
        EDITED = "edited"
        DELETED = "deleted"

    # One of them. No foreign keys: the history of a question or a category outlives it.
    question_id = models.BigIntegerField(null=True, editable=False)
    category_id = models.BigIntegerField(null=True, editable=False)
    kind = PlainCharField(max_length=10, choices=Kind, editable=False)
    at = models.DateTimeField(db_default=Now(), editable=False)
    actor = PlainCharField(max_length=150, blank=True, editable=False)
    road = PlainCharField(max_length=40, blank=True, editable=False)  # “admin”, or a command
    # By column, what the change replaced; everything where it deleted the row.
    before = models.JSONField(editable=False)

    class Meta:
        default_permissions = ()
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["question_id", "id"], name="change_question"),
            models.Index(fields=["category_id", "id"], name="change_category"),
            models.Index(fields=["kind", "id"], name="change_kind"),
        ]
        constraints = [
            models.CheckConstraint(
                name="change_of_one_row",
                condition=models.Q(question_id=None) ^ models.Q(category_id=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} by {self.actor or 'somebody'}"


class Origin(models.Model):
    """
    Who is changing questions in the open transaction, and by what: the admin or a command.

    The triggers copy the newest row into each change. `history.recorded` removes its row before
    the transaction ends, so none is ever committed and no other connection sees one.
    """

    actor = PlainCharField(max_length=150, blank=True)
    road = PlainCharField(max_length=40)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.actor} by {self.road}"
