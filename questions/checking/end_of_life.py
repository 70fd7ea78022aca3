"""
The last days of support of the versions that answers are verified with.

Copied by hand on `AS_OF` from:

- CPython: https://devguide.python.org/versions/ (by month: support lasts until its last day)
- Django: https://www.djangoproject.com/download/#supported-versions
- PostgreSQL: https://www.postgresql.org/support/versioning/
- pytest supports its newest release only and announces no dates:
  https://docs.pytest.org/en/stable/backwards-compatibility.html
"""

from datetime import date

AS_OF = date(2026, 11, 23)

# By product and series. None: supported, and no end is announced.
LAST_DAY: dict[str, dict[str, date | None]] = {
    "CPython": {
        "3.9": date(2025, 10, 31),
        "3.10": date(2026, 10, 31),
        "3.11": date(2027, 10, 31),
        "3.12": date(2028, 10, 31),
        "3.13": date(2029, 10, 31),
        "3.14": date(2030, 10, 31),
        "3.15": date(2031, 10, 31),
    },
    "Django": {
        "4.2": date(2026, 4, 30),
        "5.0": date(2025, 4, 2),
        "5.1": date(2025, 12, 3),
        "5.2": date(2028, 4, 30),
        "6.0": date(2027, 4, 30),
        "6.1": date(2027, 12, 31),
    },
    "PostgreSQL": {
        "13": date(2025, 11, 13),
        "14": date(2026, 11, 12),
        "15": date(2027, 11, 11),
        "16": date(2028, 11, 9),
        "17": date(2029, 11, 8),
        "18": date(2030, 11, 14),
    },
    "pytest": {
        "9": None,
    },
}
