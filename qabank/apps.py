from django.contrib.admin import apps


class AdminConfig(apps.AdminConfig):
    default_site = "qabank.second_factor.BankAdminSite"
