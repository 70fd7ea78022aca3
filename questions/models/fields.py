"""
Text columns that hold text: no control characters and no noncharacters, whichever road it took.

A bell or a vertical tab that is pasted into a form has no place in XML, so that one of them would
break the feed for everybody. The validator names the character and its place; the database refuses
it as well, since `QuerySet.update` and plain SQL call no validator.
"""

from curses.ascii import controlnames
from itertools import chain
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

# First and last code point of each run. Tab, line feed and carriage return are text.
# The noncharacters are those of The Unicode Standard, section 23.7.
CONTROLS = [(0x00, 0x08), (0x0B, 0x0C), (0x0E, 0x1F), (0x7F, 0x9F)]
SURROGATE = (0xD800, 0xDFFF)  # a JSON file can hold half of a pair; no database can
NONCHARACTERS = [
    (0xFDD0, 0xFDEF),
    *((plane + 0xFFFE, plane + 0xFFFF) for plane in range(0, 0x110000, 0x10000)),
]
REFUSED = frozenset(
    chr(point)
    for first, last in [*CONTROLS, SURROGATE, *NONCHARACTERS]
    for point in range(first, last + 1)
)


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


def described(character: str) -> str:
    """Return the code point of a refused character and its name, such as “U+0007 (BEL)”."""
    point = ord(character)
    if point < ord(" "):
        name = str(controlnames[point])
    elif point <= CONTROLS[-1][1]:
        name = "DEL" if point == 0x7F else "a control character"
    elif point <= SURROGATE[1]:
        name = "half of a surrogate pair"
    else:
        name = "a noncharacter"
    return f"U+{point:04X} ({name})"


def sqlite_check(column: str) -> str:
    """Return a condition that is false where `column` holds a refused character."""
    # No space after a comma: Django, which reads tables by their SQL, would stumble over it.
    # GLOB ends at NUL, and takes U+FFFE and U+FFFF for U+FFFD, which is a character.
    alone = [0x00, 0xFFFE, 0xFFFF]
    points = [
        str(point)
        for first, last in chain(CONTROLS, NONCHARACTERS)
        if last not in alone
        for point in (first or 1, ord("-"), last)
    ]
    conditions = [f"instr({column}, char({point})) = 0" for point in alone]
    return " AND ".join(
        [f"{column} NOT GLOB '*[' || char({','.join(points)}) || ']*'", *conditions]
    )


def postgresql_check(column: str) -> str:
    """Return a condition that is false where `column` holds a refused character."""
    runs = [rf"\U{first or 1:08x}-\U{last:08x}" for first, last in chain(CONTROLS, NONCHARACTERS)]
    return f"{column} !~ '[{''.join(runs)}]'"


CHECKS = {"sqlite": sqlite_check, "postgresql": postgresql_check}


class Plain(models.Field):
    """Gives a field of text the validator, and its column the constraint."""

    default_validators = [validate_characters]

    def db_check(self, connection: BaseDatabaseWrapper) -> str:
        return CHECKS[connection.vendor](connection.ops.quote_name(str(self.column)))


class PlainCharField(Plain, models.CharField):
    pass


class PlainTextField(Plain, models.TextField):
    pass


class PlainSlugField(Plain, models.SlugField):
    default_validators = [*models.SlugField.default_validators, validate_characters]


# What `str.strip` takes away. The TRIM of the databases only takes spaces unless it is told.
WHITE_SPACE = "".join(c for c in map(chr, range(0x10000)) if c.isspace() and c not in REFUSED)


class Stripped(models.Func):
    """`str.strip` of a column."""

    function = "TRIM"

    def __init__(self, text: Any) -> None:
        super().__init__(text, Value(WHITE_SPACE), output_field=models.TextField())

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra_context: Any
    ) -> tuple[str, Any]:
        return self.as_sql(compiler, connection, function="BTRIM", **extra_context)


def not_blank(field: str) -> GreaterThan:
    return GreaterThan(Length(Stripped(field)), Value(0))


def at_most(characters: int, field: str) -> LessThanOrEqual:
    return LessThanOrEqual(Length(field), Value(characters))


def validate_emoji(text: str) -> None:
    if not emoji.is_emoji(text):
        raise ValidationError("Give one emoji, such as 🐍, or nothing.", code="emoji")


def validate_language(tag: str) -> None:
    """Raise ValidationError unless Django knows the language, or the one of which it is a kind."""
    try:
        get_language_info(tag.lower())
    except KeyError as error:
        raise ValidationError(
            f"“{tag}” is no language tag that is known here; write one such as en, de or pt-br.",
            code="language",
        ) from error
