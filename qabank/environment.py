"""
The only reader of environment variables, for settings.py and gunicorn.conf.py.

A variable that is not set, or is empty, has its default. A value that makes no sense raises
Misconfigured with one line that names the variable. Nothing of Django is imported here:
gunicorn.conf.py says why.
"""

import importlib.util
import ipaddress
import os
import re
from typing import Any
from urllib.parse import unquote


class Misconfigured(Exception):  # noqa: N818 (as Django's ImproperlyConfigured)
    """The value of a variable makes no sense; the message says so in one line."""


def env_text(name: str, *, default: str = "") -> str:
    """Read a text, without the space around it."""
    return os.environ.get(name, "").strip() or default


def env_bool(name: str, *, default: bool) -> bool:
    """Read a switch."""
    value = env_text(name).lower()
    if value == "":
        return default
    if value in {"true", "1", "yes", "on"}:
        return True
    if value in {"false", "0", "no", "off"}:
        return False
    raise Misconfigured(f"{name} must be true or false, not {value!r}.")


def env_number(name: str, *, default: int, minimum: int = 0) -> int:
    """Read a whole number of at most nine digits."""
    value = env_text(name, default=str(default))
    if not re.fullmatch(r"\d{1,9}", value, re.ASCII) or int(value) < minimum:
        raise Misconfigured(f"{name} must be a whole number and at least {minimum}, not {value!r}.")
    return int(value)


def env_choice(name: str, choices: list[str], *, default: str) -> str:
    """Read one of `choices`."""
    value = env_text(name, default=default)
    if value not in choices:
        raise Misconfigured(f"{name} must be {' or '.join(choices)}, not {value!r}.")
    return value


def env_list(name: str, *, default: list[str]) -> list[str]:
    """Read a comma-separated list; empty items are dropped."""
    items = [item.strip() for item in env_text(name).split(",")]
    return [item for item in items if item] or default


def env_networks(name: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Read a comma-separated list of addresses and networks, such as 10.0.0.0/8."""
    try:
        return [ipaddress.ip_network(item, strict=False) for item in env_list(name, default=[])]
    except ValueError as error:
        raise Misconfigured(f"{name} must list IP addresses or networks: {error}.") from error


def env_contacts(name: str) -> list[str]:
    """Read addresses for security.txt, which wants them as URLs (RFC 9116)."""
    contacts = env_list(name, default=[])
    for contact in contacts:
        if not re.fullmatch(r"(mailto:|https://|tel:)\S+", contact):
            raise Misconfigured(f"{name} must begin with mailto:, https:// or tel:.")
    return contacts


def env_path(name: str, *, default: str) -> str:
    """Read an address inside the site, as `urls.py` wants it; "" if it is switched off."""
    value = env_text(name, default=default).strip("/")
    if not re.fullmatch(r"[\w/-]+", value, re.ASCII):
        raise Misconfigured(f"{name} must be a path such as {default}, or off.")
    return "" if value == "off" else f"{value}/"


def env_report_url(name: str) -> str:
    """Read a link's address with {slug} and {version} in it; empty if it is not set."""
    url = env_text(name)
    if url and not url.startswith(("https://", "http://", "mailto:")):
        raise Misconfigured(f"{name} must begin with https://, http:// or mailto:.")
    if unknown := set(re.findall(r"{.*?}", url)) - {"{slug}", "{version}"}:
        raise Misconfigured(f"{name} may hold {{slug}} and {{version}}, not {min(unknown)}.")
    return url


def env_database(name: str, *, default: str) -> dict[str, Any]:
    """
    Read a database's URL as an entry of Django's DATABASES.

    That of PostgreSQL is read by libpq, so it may be all that `psql` understands: a socket's
    folder is a host written with %2F, and options such as sslmode follow a question mark.
    """
    url = env_text(name, default=default)
    if re.fullmatch(r"sqlite:///[^?#]+", url):
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": unquote(url.removeprefix("sqlite:///")),
        }
    parts = libpq_parts(url) if url.startswith(("postgres://", "postgresql://")) else {}
    if not parts.get("dbname") or not re.fullmatch(r"[\d,]*", parts.get("port", "")):
        # The value is not repeated: there may be a password in it.
        raise Misconfigured(
            f"{name} must be postgres://user:password@host/name or sqlite:///path, with special "
            "characters such as @ written as %40."
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "OPTIONS": parts,
    }


def libpq_parts(url: str) -> dict[str, Any]:
    """Return a PostgreSQL URL as libpq's keywords; {} if libpq cannot read it."""
    import psycopg.conninfo  # noqa: PLC0415 (takes a tenth of a second, which SQLite can do without)

    try:
        return dict(psycopg.conninfo.conninfo_to_dict(url))
    except psycopg.ProgrammingError:
        return {}


def require_package(name: str, *, wanted_by: str) -> None:
    """Raise Misconfigured where an optional package is not installed."""
    if importlib.util.find_spec(name) is None:
        raise Misconfigured(
            f"{wanted_by} needs a package that is not installed: make run "
            "LOCK=requirements-watching.txt, or leave it unset."
        )
