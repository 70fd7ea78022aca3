"""Text in the cell of a table, which a spreadsheet must not run as a formula."""

# A cell that begins with one of these, the last four of full width, may be run:
# https://owasp.org/www-community/attacks/CSV_Injection
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def quoted(text: str) -> str:
    """Return a cell that is shown as `text`: an apostrophe stands before what may be a formula."""
    return f"'{text}" if text.lstrip("'").startswith(FORMULA) else text


def unquoted(cell: str) -> str:
    """Return the text that `quoted` made a cell of."""
    text = cell.removeprefix("'")
    return text if text.lstrip("'").startswith(FORMULA) else cell
