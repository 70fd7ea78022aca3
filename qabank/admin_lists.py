"""What an address may ask the admin's lists for: what their filters and their search offer."""

import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from django import forms
from django.contrib.admin import ModelAdmin
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import (
    ERROR_FLAG,
    SEARCH_VAR,
    ChangeList,
    ChangeListSearchForm,
)
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse

SEARCH_LENGTH = 200  # characters; SQLite refuses an expression of a thousand words


class SearchForm(ChangeListSearchForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[SEARCH_VAR] = forms.CharField(
            required=False, strip=False, max_length=SEARCH_LENGTH
        )


class OfferedChangeList(ChangeList):
    """
    Django's list, without the lookups that Django allows on any field of the model.

    `?answer__regex=` would run a pattern of a stranger's link inside the database: on SQLite that
    is Python's `re`, which can take for ever and holds the interpreter's lock meanwhile.
    """

    search_form_class = SearchForm

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        try:
            super().__init__(request, *args)
        except (DataError, OverflowError, ValueError) as error:
            if request.GET.keys() <= {ERROR_FLAG}:
                raise  # It is not the address's fault.
            # A number or a date that no database can hold. Django shows the list without filters.
            raise IncorrectLookupParameters(error) from error

    def get_filters(self, request: HttpRequest) -> Any:
        found = super().get_filters(request)
        # The filters took what their links say, the date hierarchy left what it made of its part,
        # and a filter's field may be named without a lookup.
        offered: set[Any] = {f"{self.date_hierarchy}__gte", f"{self.date_hierarchy}__lt"}
        offered |= {
            item[0] if isinstance(item, list | tuple) else item for item in self.list_filter
        }
        if not_offered := found[2].keys() - offered:
            raise DisallowedModelAdminLookup(f"No filter offers {min(not_offered)}.")
        return found


class KeySelect(AutocompleteSelect):
    """Django's, which would ask the database for any text that a form or an address holds."""

    def optgroups(self, name: str, value: Sequence[str], attr: Any = None) -> Any:
        return super().optgroups(name, list(filter(self.may_be_key, value)), attr)

    def may_be_key(self, text: str) -> bool:
        key = self.field.remote_field.model._meta.pk
        with suppress(ValidationError):
            key.run_validators(key.to_python(text))
            return True
        return False


class OfferedListAdmin(ModelAdmin):  # type: ignore[type-arg]
    """What the site's admins, those of other packages too, have in common: see BankAdminSite."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", KeySelect(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return OfferedChangeList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        edited = re.compile(rf"form-\d+-{self.opts.pk.name}")
        try:
            for name, keys in request.POST.lists():
                if name == ACTION_CHECKBOX_NAME or edited.fullmatch(name):
                    for key in keys:
                        self.opts.pk.to_python(key)
        except ValidationError as error:
            raise Http404("No row has such a key.") from error
        return super().changelist_view(request, extra_context)
