"""
Fields of text that refuse control characters and noncharacters, in Python and in the database.

Neither may stand in XML: one of them in a title would make the feed unreadable. The validator names
the character and its place. `QuerySet.update` and plain SQL call no validator, so the column has a
check constraint too. docs/decisions/015-characters-are-refused-by-the-column.md gives the reasons.
"""

import re
from curses.ascii import controlnames
from typing import Any

import emoji
from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Value
from django.db.models.functions import Length
from django.db.models.lookups import GreaterThan, LessThanOrEqual
from django.db.models.sql.compiler import SQLCompiler
from django.utils.translation import get_language_info

# Code points that are refused: first and last of each run. Tab, line feed and carriage return are
# text. The noncharacters are those of The Unicode Standard, section 23.7.
CONTROLS = [(0x00, 0x08), (0x0B, 0x0C), (0x0E, 0x1F), (0x7F, 0x9F)]
SURROGATES = [(0xD800, 0xDFFF)]  # a JSON file can hold half of a pair; no database can
NONCHARACTERS = [(0xFDD0, 0xFDEF)]
PLANE_ENDS = [(plane + 0xFFFE, plane + 0xFFFF) for plane in range(0, 0x110000, 0x10000)]
REFUSED = frozenset(
    chr(point)
    for first, last in CONTROLS + SURROGATES + NONCHARACTERS + PLANE_ENDS
    for point in range(first, last + 1)
)
WITHOUT_REFUSED = str.maketrans("", "", "".join(REFUSED))


def validate_characters(text: str) -> None:
    """Raise ValidationError with the name and the place of the first character that is refused."""
    for line_number, line in enumerate(text.split("\n"), start=1):
        for column, character in enumerate(line, start=1):
            if character in REFUSED:
                raise ValidationError(
                    f"Take out the character {described(character)} in line {line_number}, "
                    f"column {column}: it can't be seen and has no place in a text.",
                    code="character",
                )


def without_refused(text: str) -> str:
    """Return `text` without the characters that `validate_characters` refuses."""
    return text.translate(WITHOUT_REFUSED)


def described(character: str) -> str:
    """Return the code point of a refused character and its name, such as “U+0007 (BEL)”."""
    point = ord(character)
    if point < ord(" "):
        name = str(controlnames[point])
    elif point <= 0x9F:
        name = "DEL" if point == 0x7F else "a control character"
    elif 0xD800 <= point <= 0xDFFF:
        name = "half of a surrogate pair"
    else:
        name = "a noncharacter"
    return f"U+{point:04X} ({name})"


def sqlite_check(column: str) -> str:
    """Return a condition that is false where `column` holds a refused character."""
    # GLOB reads U+FFFE and U+FFFF as U+FFFD, which is a character, and stops at NUL: `instr` looks
    # for these. It looks for the ends of all planes, which saves GLOB half of its time.
    # No ", ": Django splits the definition of a table there when it reads the columns.
    runs = [
        point for first, last in CONTROLS + NONCHARACTERS for point in (first or 1, ord("-"), last)
    ]
    alone = [0x00, *(point for ends in PLANE_ENDS for point in ends)]
    return " AND ".join(
        [
            f"{column} NOT GLOB '*[' || char({','.join(map(str, runs))}) || ']*'",
            *(f"instr({column},char({point})) = 0" for point in alone),
        ]
    )


def postgresql_check(column: str) -> str:
    """Return a condition that is false where `column` holds a refused character."""
    # No text of PostgreSQL's holds NUL or half of a surrogate pair.
    runs = [
        rf"\U{first or 1:08x}-\U{last:08x}" for first, last in CONTROLS + NONCHARACTERS + PLANE_ENDS
    ]
    return f"{column} !~ '[{''.join(runs)}]'"


CHECKS = {"sqlite": sqlite_check, "postgresql": postgresql_check}


class Plain(models.Field):
    """
    What the fields of text below share: the validator, and a check constraint of the column.

    All of our text columns are of these classes. Django creates the constraint with the table or
    the column, and on SQLite whenever it rebuilds the table. On PostgreSQL it does not add one
    where a migration makes a plain field of a column that is there already: see migration 0015.
    """

    default_validators = [validate_characters]

    def db_check(self, connection: BaseDatabaseWrapper) -> str:
        return CHECKS[connection.vendor](connection.ops.quote_name(str(self.column)))


class PlainCharField(Plain, models.CharField):
    """A CharField without control characters and noncharacters."""


class PlainTextField(Plain, models.TextField):
    """A TextField without control characters and noncharacters."""


class PlainSlugField(Plain, models.SlugField):
    """A SlugField; its column, which would take any text, takes no control characters either."""

    default_validators = [*models.SlugField.default_validators, validate_characters]


# What `str.strip` takes away. Unless told otherwise the databases' TRIM takes away only spaces. All
# white space of Unicode is in the first plane.
WHITE_SPACE = "".join(c for c in map(chr, range(0x10000)) if c.isspace() and c not in REFUSED)


class Stripped(models.Func):
    """What `str.strip` returns for a column, computed by the database."""

    function = "TRIM"

    def __init__(self, text: Any) -> None:
        super().__init__(text, Value(WHITE_SPACE), output_field=models.TextField())

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra_context: Any
    ) -> tuple[str, Any]:
        return self.as_sql(compiler, connection, function="BTRIM", **extra_context)


def not_blank(field: str) -> GreaterThan:
    """Return the condition that a field holds more than white space."""
    return GreaterThan(Length(Stripped(field)), Value(0))


def at_most(characters: int, field: str) -> LessThanOrEqual:
    """Return the condition that a field holds no more than so many characters."""
    return LessThanOrEqual(Length(field), Value(characters))


# The form that RFC 5646 gives. Of a tag that it doesn't know Django looks at the first part only.
LANGUAGE_TAG = re.compile("[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")


def validate_emoji(text: str) -> None:
    """Raise ValidationError unless the text is one emoji, of one or of several code points."""
    if not emoji.is_emoji(text):
        raise ValidationError("Give one emoji, such as 🐍, or nothing.", code="emoji")


def validate_language(tag: str) -> None:
    """Raise ValidationError unless Django knows the language, or that of the tag's first part."""
    try:
        if not LANGUAGE_TAG.fullmatch(tag):
            raise KeyError(tag)
        get_language_info(tag.lower())
    except KeyError as error:
        raise ValidationError(
            f"“{tag}” is no language tag that is known here; write one such as en, de or pt-br.",
            code="language",
        ) from error
