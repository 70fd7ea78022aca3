"""Scripts and stylesheets with the hash of what they hold (subresource integrity)."""

import base64
import functools
import hashlib
from pathlib import Path

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
        staticfiles_storage.url(name),
        integrity(name),
        f" {attributes}" if attributes else "",
    )


@register.simple_tag
def module(name: str, path: str) -> SafeString:
    """Tell site.js, by an attribute of the page, where a module is that it loads when needed."""
    return format_html(
        'data-{}="{}" data-{}-integrity="{}"',
        name,
        staticfiles_storage.url(path),
        name,
        integrity(path),
    )


@register.simple_tag
def stylesheet(name: str) -> SafeString:
    return format_html(
        '<link rel="stylesheet" href="{}" integrity="{}">',
        staticfiles_storage.url(name),
        integrity(name),
    )


def integrity(name: str) -> str:
    """
    Return the hash of a static file as it is served.

    A collected file is read once per process: its name changes with its content. Under DEBUG, and
    in tests, files are served as they are and may change at any time.
    """
    storage = staticfiles_storage
    if isinstance(storage, ManifestStaticFilesStorage):
        return hash_of_collected(storage.stored_name(name))
    path = finders.find(name)
    if path is None:
        raise ValueError(f"There is no static file {name}.")
    return sha384(Path(path).read_bytes())


@functools.cache
def hash_of_collected(stored_name: str) -> str:
    with staticfiles_storage.open(stored_name) as file:
        return sha384(file.read())


def sha384(content: bytes) -> str:
    return f"sha384-{base64.b64encode(hashlib.sha384(content).digest()).decode()}"
