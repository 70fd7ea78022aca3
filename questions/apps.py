from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class QuestionsConfig(AppConfig):
    name = "questions"
    verbose_name = "Question bank"

    def ready(self) -> None:
        # Not above: both need models, and none is loaded yet when Django reads this module.
        from questions import triggers  # noqa: PLC0415
        from questions.admin import roles  # noqa: PLC0415

        pre_migrate.connect(triggers.before_migrate, sender=self)
        post_migrate.connect(triggers.after_migrate, sender=self)
        post_migrate.connect(roles.keep_editors, sender=self)
