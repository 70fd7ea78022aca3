"""
Numbers and counts: how they are added up without reading the bank.

`Tally` is the one table behind them, which triggers keep (`triggers/`).
"""

from django.db import models
from django.db.models import OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

BLOCK = 256  # positions that one row of the tally stands for


class TallyQuerySet(models.QuerySet["Tally"]):
    def total(self) -> int:
        counted: int = self.aggregate(total=Coalesce(Sum("questions"), 0))["total"]
        return counted


class Tally(models.Model):
    """
    How many published questions of a level stand in one stretch of a category.

    The database keeps the tally itself (`questions/triggers/tally.py`). It is what a list's counts
    and numbers are added up from, so that they cost the same whether the bank holds thirty
    questions or a hundred thousand.
    """

    # No constraint: it would lock the category, and rows that count nothing do no harm.
    category = models.ForeignKey(
        "questions.Category",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,  # the constraint below has one
        related_name="+",
    )
    level = models.CharField(max_length=10)
    block = models.PositiveIntegerField()  # the position divided by BLOCK
    questions = models.IntegerField()

    objects = TallyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["category", "block", "level"], name="tally_unique")
        ]

    def __str__(self) -> str:
        return f"{self.questions} {self.level} in {self.category_id}/{self.block}"


def tallied(tally: TallyQuerySet) -> Coalesce:
    """Return an expression for how many questions of a category `tally` counts."""
    own = tally.filter(category=OuterRef("pk")).values("category")
    return Coalesce(Subquery(own.annotate(total=Sum("questions")).values("total")), 0)


# Written out, because the ORM takes longer to compile such an expression than a database to
# evaluate it for a whole page. What stands in the same category is counted in two parts: the tally
# of the blocks before, and the questions before in the same block.
PLACE = f"""
    1 + COALESCE((SELECT SUM(tally.questions) FROM questions_tally AS tally
                  WHERE tally.category_id = questions_question.category_id
                    AND tally.block < questions_question.position / {BLOCK}), 0)
      + (SELECT COUNT(*) FROM questions_question AS other
         WHERE other.published AND other.category_id = questions_question.category_id
           AND other.position BETWEEN questions_question.position
                                      - questions_question.position %% {BLOCK}
                                  AND questions_question.position
           AND (other.position < questions_question.position
                OR other.slug < questions_question.slug))"""  # noqa: S608
BEFORE = """
    COALESCE((SELECT SUM(tally.questions) FROM questions_category AS own
              JOIN questions_category AS earlier
                ON (earlier.position, earlier.slug) < (own.position, own.slug)
              JOIN questions_tally AS tally ON tally.category_id = earlier.id
              WHERE own.id = questions_question.category_id), 0)"""
