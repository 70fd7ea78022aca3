"""
The group “Editors” and its permissions, which every `migrate` sets again.

An account needs to be in it and marked as staff to edit the bank. Permissions that somebody adds to
the group by hand are removed: for more rights, make another group.
"""

from typing import Any

from django.apps import apps as all_apps
from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions

EDITORS = "Editors"
PERMISSIONS = {
    "bank": ["change", "view"],
    "category": ["add", "change", "view"],
    "question": ["add", "change", "delete", "view"],  # deleted questions can be restored
    "formerslug": ["view"],
    "formercategoryslug": ["view"],
    "missedsearch": ["change", "delete", "view"],  # editors delete those that they dealt with
}


def keep_editors(app_config: Any, using: str, apps: Apps = all_apps, **kwargs: Any) -> None:
    """Create the group or correct its permissions, once the tables of accounts exist."""
    try:
        group_model = apps.get_model("auth", "Group")
        permission_model = apps.get_model("auth", "Permission")
    except LookupError:
        return
    # Django creates the permissions on the same signal, possibly after this receiver.
    create_permissions(app_config, verbosity=0, using=using, apps=apps)
    codenames = [f"{verb}_{model}" for model, verbs in PERMISSIONS.items() for verb in verbs]
    group, _ = group_model.objects.using(using).get_or_create(name=EDITORS)
    group.permissions.set(
        permission_model.objects.using(using).filter(
            content_type__app_label=app_config.label, codename__in=codenames
        )
    )
