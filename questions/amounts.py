"""A number with its noun, as messages say it."""


def amount(number: int, noun: str, nouns: str = "") -> str:
    """Return such as “1 question” or “1,024 categories”; `nouns` where an s is not enough."""
    return f"{number:,} {noun if number == 1 else nouns or f'{noun}s'}"
