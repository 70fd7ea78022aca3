"""The tables and columns that the triggers name."""

from typing import NamedTuple

from django.db.backends.utils import CursorWrapper

from questions.models import (
    CHECK_RESULT,
    KEPT_BY_DATABASE,
    Bank,
    Category,
    Change,
    ContentVersion,
    FormerCategorySlug,
    FormerSlug,
    Origin,
    Question,
    Tally,
)
from questions.search.index import INDEXED

CATEGORY = Category._meta.db_table
QUESTION = Question._meta.db_table
BANK = Bank._meta.db_table
FORMER_SLUG = FormerSlug._meta.db_table
FORMER_CATEGORY_SLUG = FormerCategorySlug._meta.db_table
TALLY = Tally._meta.db_table
CONTENT_VERSION = ContentVersion._meta.db_table
CHANGE = Change._meta.db_table
ORIGIN = Origin._meta.db_table

# The tables that pages are made of: triggers stand on these and on no others.
CONTENT = (QUESTION, CATEGORY, FORMER_SLUG, FORMER_CATEGORY_SLUG, BANK)

# The time, to the millisecond and in the form that Django reads from SQLite.
SQLITE_NOW = "strftime('%Y-%m-%d %H:%M:%f', 'now')"

# The columns of the subjects' tables, by table.
type Columns = dict[str, list[str]]


class Subject(NamedTuple):
    """A table whose rows have a history, and whose slugs go on leading to them."""

    table: str
    key: str  # the column that names one of its rows in another table
    former_slugs: str  # the table of them


SUBJECTS = (
    Subject(QUESTION, "question_id", FORMER_SLUG),
    Subject(CATEGORY, "category_id", FORMER_CATEGORY_SLUG),
)

# What has to be there for the triggers to work. All other columns of a question or a category are
# recorded in its history under whatever names the table has.
NEEDED: dict[str, set[str]] = {
    QUESTION: {"position", *KEPT_BY_DATABASE, *INDEXED},
    CATEGORY: {"id", "slug"},
    BANK: set(),
    **{
        model._meta.db_table: {str(field.column) for field in model._meta.concrete_fields}
        for model in (FormerSlug, FormerCategorySlug, Tally, ContentVersion, Change, Origin)
    },
}


def edited(columns: list[str]) -> list[str]:
    """Return those of a subject's columns whose change is an edit of it."""
    return [c for c in columns if c not in KEPT_BY_DATABASE | CHECK_RESULT]


def column_names(cursor: CursorWrapper, table: str) -> list[str]:
    """
    Return the names of the columns of `table`, in their order.

    Django's introspection parses the definition of an SQLite table for that, which takes a tenth
    of a second with the constraints that ours have.
    """
    cursor.execute(f"SELECT * FROM {table} LIMIT 0")
    return [column[0] for column in cursor.description]
