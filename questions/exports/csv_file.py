"""CSV for spreadsheets: a row for each question, the long texts as Markdown."""

import csv
import io
from typing import Any

from questions.exports.selection import QUESTION_FIELDS, Selection, data

BYTE_ORDER_MARK = "\ufeff"  # without it Excel takes UTF-8 for the code page of the machine

# A cell that begins with one of these, the last four of full width, may be run as a formula:
# https://owasp.org/www-community/attacks/CSV_Injection
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def write(selection: Selection) -> bytes:
    file = io.StringIO(newline="")
    rows = csv.writer(file)
    rows.writerow([*QUESTION_FIELDS, "url"])
    for question in selection.questions:
        values = [*data(question, QUESTION_FIELDS).values(), selection.address(question)]
        rows.writerow(map(cell, values))
    return (BYTE_ORDER_MARK + file.getvalue()).encode()


def cell(value: Any) -> str:
    """Return text that a spreadsheet shows as it is: an apostrophe before what may be a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
