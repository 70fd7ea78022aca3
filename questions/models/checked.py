"""How many questions have checked samples, and which interpreters ran them."""

from collections import Counter
from typing import Any, NamedTuple

from django.db import models
from django.db.models import Case, Q, Value, When

from questions.models import numbering
from questions.models.bank import CHECKED_TEXT, HAS_SAMPLE, Fingerprint, Question
from questions.products import listed, releases_in


class SampleChecks(NamedTuple):
    """What the site can say of the samples of all published questions."""

    checked: int  # questions whose samples printed what they show
    total: int  # questions with samples
    interpreters: str  # those that ran the samples of all checked ones; "" if there are none

    @property
    def are_all_checked(self) -> bool:
        return bool(self.interpreters) and self.checked == self.total


def sample_checks() -> SampleChecks:
    """
    Return how many questions with samples were checked as they are now, and on what.

    Reads every published question: hashes it if it was checked, and looks for samples in the
    others. That takes 10 µs each.
    """
    counts = Counter(interpreters for (interpreters,) in sample_rows())
    counts.pop(None, 0)  # without samples
    total = counts.total()
    unchecked = counts.pop("", 0)
    common = [set(releases_in(interpreters)) for interpreters in counts]
    interpreters = listed(set.intersection(*common)) if common else ""
    return SampleChecks(total - unchecked, total, interpreters)


@numbering.compiled
def sample_rows() -> models.QuerySet[Any, Any]:
    is_checked = ~Q(checked_hash="") & Q(checked_hash=Fingerprint(CHECKED_TEXT))
    # In this order: what was checked has samples, and is not searched for them.
    interpreters = Case(When(is_checked, then="checked_with"), When(HAS_SAMPLE, then=Value("")))
    return Question.objects.published().order_by().values_list(interpreters)
