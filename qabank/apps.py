from django.contrib.admin import apps
from django.core import checks

from qabank import clients


class AdminConfig(apps.AdminConfig):
    default_site = "qabank.admin_site.BankAdminSite"

    def ready(self) -> None:
        super().ready()
        checks.register(clients.check_proxies, checks.Tags.security, deploy=True)
