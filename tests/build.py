"""Builders of rows with valid defaults: a test sets only what it is about."""

from itertools import count
from typing import Any

from questions.models import Category, Question

numbers = count(1)

SHORT_ANSWER = """\
A question is what an interviewer asks, and a short answer says in one paragraph what a good
candidate says first: the rule, its reason and its limit. It stands on its own, and it can be read
aloud. It is about as long as these three sentences, which nobody has to read twice.
"""

ANSWER = """\
The detail behind the short answer.

## Example

```python run
print("two", 2)
```

```text output
two 2
```

## Pitfalls

- One that is real.

## Follow-ups

- What comes next?

  A hint about it.
"""


def category(**fields: Any) -> Category:
    number = next(numbers)
    values = {"name": f"Category {number}", "slug": f"category-{number}", "emoji": "🐍"}
    return Category.objects.create(**{**values, **fields})


def question(**fields: Any) -> Question:
    number = next(numbers)
    values = {
        "title": f"What is question {number}?",
        "slug": f"question-{number}",
        "level": "core",
        "published": True,
        "short_answer": SHORT_ANSWER,
        "answer": ANSWER,
        "further_reading": "- [The documentation](https://docs.python.org/3/)\n",
    }
    if "category" not in fields:
        fields["category"] = Category.objects.first() or category()
    return Question.objects.create(**{**values, **fields})
