from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


class QuestionsConfig(AppConfig):
    name = "questions"
    verbose_name = "Question bank"

    def ready(self) -> None:
        post_migrate.connect(install_triggers, sender=self)
        post_migrate.connect(keep_editors, sender=self)


def install_triggers(using: str, **kwargs: Any) -> None:
    # Imported here because triggers.py needs the models, which load after this module.
    from questions import triggers  # noqa: PLC0415

    triggers.install(connections[using])


def keep_editors(**kwargs: Any) -> None:
    # For the same reason: it needs the models of accounts.
    from questions.admin import roles  # noqa: PLC0415

    roles.keep_editors(**kwargs)
