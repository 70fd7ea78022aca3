"""
Questions in tables and data: CSV, JSON, and the text that Anki exports.

A column or a key is known by its name. Where a table names none, the first column is the question
and the second the answer.
"""

import csv
import json
import re
from collections.abc import Iterator, Mapping
from io import StringIO
from itertools import takewhile
from typing import Any

from questions.checking.rules import QUESTION_MARKS
from questions.importing import html
from questions.importing.drafts import Draft, Found, draft
from questions.importing.sources import stem
from questions.importing.texts import parser, plain, short_answer, with_our_headings
from questions.importing.vocabulary import COLUMNS, LOOSE
from questions.refreshing.files import FIELDS, QUESTION
from questions.spreadsheets import unquoted

FIELD_OF = {name: field for field, names in COLUMNS.items() for name in names}
TEXTS = ("prompt", "short_answer", "answer")
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
BY_LAST_WORD = ("title", "answer", "category", "level")
WORDS = 3  # of the name of a column
LONGEST_FIELD = 1_000_000  # characters


class UnreadableError(Exception):
    """The reason why a file can't be imported, in one line."""


def csv_drafts(name: str, text: str, found: Found) -> Iterator[Draft]:
    try:
        dialect: Any = csv.Sniffer().sniff(text[:10_000], delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    dialect.doublequote = True
    rows = csv_rows(name, text, dialect=dialect, strict=True)
    if rows := [(line, row) for line, row in rows if any(map(str.strip, row))]:
        yield from table_drafts(name, rows, found)


def csv_rows(name: str, text: str, skipped: int = 0, **form: Any) -> list[tuple[int, list[str]]]:
    """
    Return the rows of a text, each with the number of its last line, without empty lines.

    So many lines of the file were `skipped`; `form` says how fields are separated, as csv.reader
    takes it. Raises UnreadableError.
    """
    csv.field_size_limit(LONGEST_FIELD)
    reader = csv.reader(StringIO(text, newline=""), **form)
    try:
        return [(reader.line_num + skipped, row) for row in reader if row]
    except csv.Error as error:
        raise UnreadableError(f"{name}: line {reader.line_num + skipped}: {error}.") from error


def table_drafts(
    name: str,
    rows: list[tuple[int, list[str]]],
    found: Found,
    columns: dict[int, str] | None = None,
) -> Iterator[Draft]:
    """Yield a draft of each row; `columns` say which field stands where, if no first row does."""
    if columns is None:
        columns = fields_named(rows[0][1])
        if "title" in columns.values():
            for index, cell in enumerate(rows[0][1]):
                if index not in columns and cell.strip():
                    found.losses.add("columns that are not known", f"{name}: line 1", cell)
            rows = rows[1:]
        else:
            columns = {0: "title", 1: "answer", 2: "category"}
    for line, row in rows:
        # Of two columns of a field the first one counts.
        in_order = sorted(columns.items(), reverse=True)
        cells = list(map(unquoted, row))
        values = {field: cells[index] for index, field in in_order if index < len(row)}
        if one := record_draft(values, f"{name}: line {line}", stem(name), found):
            yield one


def fields_named(names: list[str]) -> dict[int, str]:
    """
    Return the fields that columns or keys hold, by their places.

    A name of a few words says it with the last one, such as “Ideal answer”, where no other column
    is called so.
    """
    folded = [re.sub(r"\W+", "_", CAMEL.sub("_", name.strip())).lower() for name in names]
    found = {index: FIELD_OF[name] for index, name in enumerate(folded) if name in FIELD_OF}
    for index, (name, shown) in enumerate(zip(folded, names, strict=True)):
        words = [word for word in name.split("_") if word]
        while len(words) > 1 and words[-1] in LOOSE:
            words.pop()
        if not 0 < len(words) <= WORDS or shown.strip().endswith(QUESTION_MARKS):
            continue
        field = FIELD_OF.get(words[-1]) if len(words[-1]) > 1 else None
        field = field if field in BY_LAST_WORD else LOOSE.get(name)
        if index not in found and field and field not in found.values():
            found[index] = field
    return found


def record_draft(
    values: Mapping[str, Any], place: str, category: str, found: Found
) -> Draft | None:
    """Return the draft of a row or an object, by the names of our fields."""
    fields: dict[str, Any] = {name: as_text(name, value) for name, value in values.items()}
    title = fields.pop("title", "").strip()
    if not title:
        found.losses.add("rows without a question", place, ", ".join(filter(None, fields.values())))
        return None
    if "<" in title:
        title = plain(parser().parseInline(title)[0])
    title = title.replace("**", "")
    category = fields.pop("category", "").strip().rpartition("::")[2] or category
    for name in TEXTS:
        if name in fields:
            source = fields[name].replace("\r\n", "\n")
            text = html.without_html(source, parser(), place, found.losses)
            text = with_our_headings(text.strip("\n"), bold=name == "prompt")
            fields[name] = f"{text}\n" if text.strip() else ""
    if "short_answer" not in fields:
        fields["short_answer"], fields["answer"] = short_answer(fields.get("answer", ""))
    fields = {name: value for name, value in fields.items() if value or name in TEXTS}
    return draft(title, category, place, found.losses, **fields)


def as_text(name: str, value: Any) -> str:
    """Return a value of a table or of JSON as the text of a field."""
    if value is None:
        return ""
    if name == "further_reading":
        links = value if isinstance(value, list) else str(value).strip().split("\n")
        return "".join(f"{link_line(link)}\n" for link in links if link)
    if name == "keywords":
        words = value if isinstance(value, list) else re.split(r"[,;]|\s+(?=#)", str(value))
        return ", ".join(filter(None, (str(word).strip().lstrip("#").lower() for word in words)))
    if isinstance(value, list):
        lines = [str(item) for item in value]
        return "\n".join(lines) + "\n" if name == "asked_as" else "\n".join(f"- {x}" for x in lines)
    if isinstance(value, Mapping):
        return str(value.get("name") or value.get("title") or value.get("text") or "")
    return str(value)


def link_line(link: Any) -> str:
    if isinstance(link, Mapping):
        address = link.get("url") or link.get("href") or ""
        return f"- [{link.get('title') or link.get('name') or address}]({address})"
    text = str(link).strip()
    return f"- <{text}>" if re.fullmatch(r"https?://\S+", text) else text


# JSON


def json_drafts(name: str, text: str, found: Found) -> Iterator[Draft]:
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        lines = [line for line in text.splitlines() if line.strip()]
        try:
            content = [json.loads(line) for line in lines]
        except ValueError:
            where = f"line {error.lineno}, column {error.colno}"
            raise UnreadableError(f"{name}: {where}: {error.msg}.") from error
    except ValueError as error:  # a number of 5,000 digits
        raise UnreadableError(f"{name}: {error}.") from error
    if isinstance(content, dict) and isinstance(content.get("questions"), list):
        yield from our_drafts(name, content, found)
    else:
        yield from (one for _, one in objects(name, content, stem(name), found))


def our_drafts(name: str, content: dict[str, Any], found: Found) -> Iterator[Draft]:
    """Yield the questions of an export, with what it says of its categories and its bank."""
    listed = content.get("categories")
    known = [c for c in listed if is_row(c, "slug", "name")] if isinstance(listed, list) else []
    found.categories |= {category["slug"]: category for category in known}
    if isinstance(content.get("bank"), dict):
        found.bank = content["bank"]
    names = {category["slug"] for category in known}
    for number, values in enumerate(content["questions"], 1):
        place = f"{name}: question {number}"
        if not isinstance(values, dict):
            found.losses.add("what is no question", place, str(values))
            continue
        if not is_row(values, "slug", "title", "category") or values["category"] not in names:
            if one := object_draft(values, place, stem(name), found):
                yield one
            continue
        # One of ours: nothing is changed.
        kept = set(FIELDS[QUESTION]) - {"title", "category", "published", "position", "replaced_by"}
        fields = {key: value for key, value in values.items() if key in kept}
        yield Draft(values["title"], values["category"], place, fields)


def is_row(values: Any, *texts: str) -> bool:
    """Whether these are the values of a row as an export writes it, with these `texts`."""
    return (
        isinstance(values, dict)
        and all(isinstance(value, str | int | None) for value in values.values())
        and all(isinstance(values.get(name), str) for name in texts)
    )


def objects(
    name: str, content: Any, category: str, found: Found, number: int = 0
) -> Iterator[tuple[int, Draft]]:
    """Yield the questions of lists of objects, and of lists by the names of their categories."""
    if isinstance(content, list):
        for value in content:
            number += 1
            nested = lists_of_objects(value)
            if nested:
                named = value.get("category") or value.get("name") or value.get("title")
                for inner in nested:
                    yield from objects(name, inner, as_text("", named) or category, found, number)
            elif isinstance(value, dict):
                place = f"{name}: question {number}"
                if one := object_draft(value, place, category, found):
                    yield number, one
            else:
                found.losses.add("what is no question", f"{name}: question {number}", str(value))
    elif isinstance(content, dict) and is_question(content):
        yield from objects(name, [content], category, found)
    elif isinstance(content, dict):
        for key, value in content.items():
            if isinstance(value, list | dict):
                yield from objects(name, value, str(key), found, number)
            else:
                yield from objects(name, [{"question": key, "answer": value}], category, found)


def lists_of_objects(value: Any) -> list[list[Any]]:
    """Return the lists in an object that hold questions rather than values of one."""
    values = value.values() if isinstance(value, dict) else ()
    lists = [inner for inner in values if isinstance(inner, list) and inner]
    return [inner for inner in lists if isinstance(inner[0], dict) and has_title(inner[0])]


def is_question(value: dict[str, Any]) -> bool:
    """Whether an object is a question rather than questions and categories by their names."""
    return {"title", "answer"} <= {*fields_named(list(value)).values()} and not lists_of_objects(
        value
    )


def has_title(value: dict[str, Any]) -> bool:
    return "title" in fields_named(list(map(str, value))).values()


def object_draft(value: dict[str, Any], place: str, category: str, found: Found) -> Draft | None:
    fields = fields_named(list(value))
    for index, key in enumerate(value):
        if index not in fields:
            found.losses.add("keys that are not known", place, key)
    # Of two keys of a field the first one counts.
    items = reversed(list(enumerate(value.values())))
    values = {fields[index]: item for index, item in items if index in fields}
    return record_draft(values, place, category, found)


# Anki


def is_anki(text: str) -> bool:
    return bool(re.match(r"#(separator|html|tags|columns|notetype|deck)", text))


SEPARATORS = {"tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "colon": ":"}
# The columns that the settings of a file can name, and the fields that they hold; "" for none.
NAMED_COLUMNS = {"deck": "category", "tags": "keywords", "guid": "", "notetype": ""}


def anki_drafts(name: str, text: str, found: Found) -> Iterator[Draft]:
    """Yield the notes of Anki's “Notes in Plain Text”."""
    lines = text.splitlines(keepends=True)
    head = list(takewhile(lambda line: line.startswith("#"), lines))
    settings = dict(map(anki_setting, head))
    separator = settings.get("separator", "tab")
    delimiter = SEPARATORS.get(separator.lower(), separator)[:1] or "\t"
    if delimiter in '"\r\n':
        raise UnreadableError(f"{name}: {delimiter!r} can't separate the fields of a note.")
    rows = csv_rows(name, "".join(lines[len(head) :]), len(head), delimiter=delimiter)
    columns, others = anki_columns(settings, max((len(row) for _, row in rows), default=0))
    for line, row in rows:
        for index in others:
            if index < len(row) and row[index].strip():
                kind = "fields of notes beyond the second"
                found.losses.add(kind, f"{name}: line {line}", row[index])
    if settings.get("html", "").lower() == "true":
        texts = {index for index, field in columns.items() if field in {"title", "answer"}}
        rows = [
            (line, [html.markdown(cell) if i in texts else cell for i, cell in enumerate(row)])
            for line, row in rows
        ]
    yield from table_drafts(name, rows, found, columns)


def anki_setting(line: str) -> tuple[str, str]:
    key, _, value = line[1:].strip().partition(":")
    return key.lower(), value


def anki_columns(settings: dict[str, str], width: int) -> tuple[dict[int, str], list[int]]:
    """Return the fields by their columns, of which there are `width`, and the columns left over."""
    numbers = {name: settings.get(f"{name} column", "") for name in NAMED_COLUMNS}
    named = {
        int(number) - 1: NAMED_COLUMNS[name]
        for name, number in numbers.items()
        if re.fullmatch("[0-9]{1,4}", number)
    }
    others = [index for index in range(width) if index not in named]
    columns = {index: field for index, field in named.items() if field}
    columns |= dict(zip(others, ("title", "answer"), strict=False))
    return columns, others[2:]
