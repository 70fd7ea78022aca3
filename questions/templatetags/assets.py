"""Scripts and stylesheets with the hash of what they hold (subresource integrity)."""

import base64
import functools
import hashlib
from pathlib import Path
from typing import NamedTuple

from django import template
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage, staticfiles_storage
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def script(name: str, attributes: str = "") -> SafeString:
    """Load a script; `attributes` may be `defer`."""
    return format_html(
        '<script src="{}" integrity="{}"{}></script>',
        *asset(name),
        f" {attributes}" if attributes else "",
    )


@register.simple_tag
def module(name: str, path: str) -> SafeString:
    """Tell site.js, by an attribute of the page, where a module is that it loads when needed."""
    address, integrity = asset(path)
    return format_html(
        'data-{}="{}" data-{}-integrity="{}"',
        name,
        address,
        name,
        integrity,
    )


@register.simple_tag
def modulepreload(name: str) -> SafeString:
    """
    Load a module that another one imports, along with it.

    An import takes no hash. The browser gives it the very module that was loaded by this one.
    """
    return format_html('<link rel="modulepreload" href="{}" integrity="{}">', *asset(name))


@register.simple_tag
def stylesheet(name: str) -> SafeString:
    return format_html('<link rel="stylesheet" href="{}" integrity="{}">', *asset(name))


class Asset(NamedTuple):
    address: str
    integrity: str  # hash of the file as it is served


def asset(name: str) -> Asset:
    """
    Return where a static file is, and what it holds.

    A collected file is looked up once per process: its name changes with its content. Under DEBUG,
    and in tests, files are served as they are and may change at any time.
    """
    if isinstance(staticfiles_storage, ManifestStaticFilesStorage):
        return collected_asset(name)
    path = finders.find(name)
    if path is None:
        raise ValueError(f"There is no static file {name}.")
    return Asset(staticfiles_storage.url(name), sha256(Path(path).read_bytes()))


@functools.cache
def collected_asset(name: str) -> Asset:
    stored_name = staticfiles_storage.stored_name(name)  # type: ignore[attr-defined]
    with staticfiles_storage.open(stored_name) as file:
        return Asset(staticfiles_storage.url(name), sha256(file.read()))


def sha256(content: bytes) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}"
