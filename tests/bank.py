"""The bank that the site ships, and what is stored of a bank."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.forms.models import model_to_dict

from questions.models import Category, FormerSlug, Question

SHIPPED: Path = settings.BASE_DIR / "fixtures" / "bank.yaml"


def state() -> list[dict[str, Any]]:
    """Return everything that is stored, timestamps and primary keys included."""
    return [
        {
            **model_to_dict(row),
            **{name: getattr(row, name, None) for name in ("created", "updated")},
        }
        for model in (Category, Question, FormerSlug, User)
        for row in model._default_manager.order_by("pk")
    ]
