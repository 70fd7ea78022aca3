"""The tables and columns that the triggers name."""

from questions.models import (
    CHECK_RESULT,
    KEPT_BY_DATABASE,
    Category,
    Change,
    ContentVersion,
    FormerSlug,
    Origin,
    Question,
    Tally,
)
from questions.search.index import INDEXED

CATEGORY = Category._meta.db_table
QUESTION = Question._meta.db_table
FORMER_SLUG = FormerSlug._meta.db_table
TALLY = Tally._meta.db_table
CONTENT_VERSION = ContentVersion._meta.db_table
CHANGE = Change._meta.db_table
ORIGIN = Origin._meta.db_table

# The tables that pages are made of: triggers stand on these and on no others.
CONTENT = (QUESTION, CATEGORY, FORMER_SLUG)

# What has to be there for the triggers to work. All other columns of a question are recorded in
# its history under whatever names the table has.
NEEDED: dict[str, set[str]] = {
    QUESTION: {"position", *KEPT_BY_DATABASE, *INDEXED},
    CATEGORY: set(),
    **{
        model._meta.db_table: {str(field.column) for field in model._meta.concrete_fields}
        for model in (FormerSlug, Tally, ContentVersion, Change, Origin)
    },
}


def edited(columns: list[str]) -> list[str]:
    """Return those of a question's columns whose change is an edit of the question."""
    return [c for c in columns if c not in KEPT_BY_DATABASE | CHECK_RESULT]
