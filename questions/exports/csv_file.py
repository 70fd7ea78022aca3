"""CSV for spreadsheets: a row for each question, the long texts as Markdown."""

import csv
import io

from questions.exports.selection import QUESTION_FIELDS, Selection, data
from questions.spreadsheets import quoted

BYTE_ORDER_MARK = "\ufeff"  # without it Excel takes UTF-8 for the code page of the machine


def write(selection: Selection) -> bytes:
    file = io.StringIO(newline="")
    rows = csv.writer(file)
    rows.writerow([*QUESTION_FIELDS, "url"])
    for question in selection.questions:
        values = [*data(question, QUESTION_FIELDS).values(), selection.address(question)]
        rows.writerow(quoted(value) if isinstance(value, str) else value for value in values)
    return (BYTE_ORDER_MARK + file.getvalue()).encode()
