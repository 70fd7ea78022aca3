"""
The group of those who write: just what they need, made and kept by `migrate`.

An account in it that is marked as staff can edit; nothing else in the admin shows. What the owner
adds to the group by hand is taken away again: for more rights make another group.
"""

from typing import Any

from django.apps import apps as all_apps
from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions

EDITORS = "Editors"
PERMISSIONS = {
    "category": ["add", "change", "view"],
    "question": ["add", "change", "delete", "view"],  # what is deleted can be brought back
    "formerslug": ["view"],
    "missedsearch": ["delete", "view"],  # one that has been seen to is deleted
}


def keep_editors(app_config: Any, using: str, apps: Apps = all_apps, **kwargs: Any) -> None:
    """Make the group, or set it right; nothing where the tables of accounts don't exist yet."""
    try:
        group_model = apps.get_model("auth", "Group")
        permission_model = apps.get_model("auth", "Permission")
    except LookupError:
        return
    # Django makes the permissions in the same signal, maybe later.
    create_permissions(app_config, verbosity=0, using=using, apps=apps)
    codenames = [f"{verb}_{model}" for model, verbs in PERMISSIONS.items() for verb in verbs]
    group, _ = group_model.objects.using(using).get_or_create(name=EDITORS)
    group.permissions.set(
        permission_model.objects.using(using).filter(
            content_type__app_label=app_config.label, codename__in=codenames
        )
    )
