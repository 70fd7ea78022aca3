"""Scripts and stylesheets with the hash of what they hold (subresource integrity)."""

import base64
import functools
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from django import template
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage, staticfiles_storage
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString

register = template.Library()


def asset_tag(markup: Callable[..., SafeString]) -> Callable[..., SafeString]:
    """
    Register a tag that names static files, and make its markup once per process.

    The name of a collected file changes with its content. Under DEBUG, and in tests, files are
    served as they are and may change at any time: their markup is made each time.
    """
    cached = functools.cache(markup)

    @functools.wraps(markup)
    def tag(*args: str) -> SafeString:
        return cached(*args) if are_collected() else markup(*args)

    return register.simple_tag(tag)


@asset_tag
def address(name: str) -> SafeString:
    """Return where a static file is, as Django's `static` does, which looks it up each time."""
    return conditional_escape(staticfiles_storage.url(name))


@asset_tag
def script(name: str, attributes: str = "") -> SafeString:
    """Load a script; `attributes` may be `defer`."""
    return format_html(
        '<script src="{}" integrity="{}"{}></script>',
        *asset(name),
        f" {attributes}" if attributes else "",
    )


@asset_tag
def module(name: str, path: str) -> SafeString:
    """Return the attributes that tell site.js where a module is, which it loads when needed."""
    address, integrity = asset(path)
    return format_html(
        'data-{}="{}" data-{}-integrity="{}"',
        name,
        address,
        name,
        integrity,
    )


@asset_tag
def modulepreload(name: str) -> SafeString:
    """
    Load a module that another one imports, along with it.

    An import can't carry a hash. It gets the module that this link has loaded and checked.
    """
    return format_html('<link rel="modulepreload" href="{}" integrity="{}">', *asset(name))


@asset_tag
def stylesheet(name: str) -> SafeString:
    return format_html('<link rel="stylesheet" href="{}" integrity="{}">', *asset(name))


class Asset(NamedTuple):
    address: str
    integrity: str  # hash of the file as it is served


def asset(name: str) -> Asset:
    """Return where a static file is, and what it holds."""
    if are_collected():
        stored_name = staticfiles_storage.stored_name(name)  # type: ignore[attr-defined]
        with staticfiles_storage.open(stored_name) as file:
            return Asset(staticfiles_storage.url(name), sha256(file.read()))
    path = finders.find(name)
    if path is None:
        raise ValueError(f"There is no static file {name}.")
    return Asset(staticfiles_storage.url(name), sha256(Path(path).read_bytes()))


def are_collected() -> bool:
    """Whether static files are served as collectstatic left them, by names with a hash."""
    return isinstance(staticfiles_storage, ManifestStaticFilesStorage)


def sha256(content: bytes) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}"
