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
from typing import Any, NamedTuple
from urllib.parse import unquote


class Misconfigured(Exception):  # noqa: N818 (as Django's ImproperlyConfigured)
    """The value of a variable makes no sense; the message says so in one line."""


def env_text(name: str, *, default: str = "") -> str:
    """Read a text, without the space around it."""
    value = os.environ.get(name, "").strip()
    if not value.isprintable():  # half of a letter of two bytes, or a line break
        raise Misconfigured(f"{name} must be text in one line.")
    return value or default


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


def env_number(name: str, *, default: int, minimum: int = 0, maximum: int) -> int:
    """Read a whole number."""
    value = env_text(name, default=str(default))
    if not re.fullmatch(r"\d{1,9}", value, re.ASCII) or not minimum <= int(value) <= maximum:
        raise Misconfigured(
            f"{name} must be a whole number from {minimum} to {maximum}, not {value!r}."
        )
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


# A name, an IPv4 address, or an IPv6 address in brackets: without scheme, port or path.
HOST = r"(?:[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\])"


def env_hosts(name: str, *, default: list[str]) -> list[str]:
    """Read host names as Django matches them: .example.org stands for all subdomains, * for all."""
    hosts = env_list(name, default=default)
    for host in hosts:
        if not re.fullmatch(rf"\*|\.?{HOST}", host, re.IGNORECASE):
            raise Misconfigured(
                f"{name} must list host names such as qa.example.org, without https:// or a port, "
                f"not {host!r}."
            )
    return hosts


def env_origins(name: str) -> list[str]:
    """Read a comma-separated list of origins: a scheme and a host, and a port if there is one."""
    origins = env_list(name, default=[])
    for origin in origins:
        if not re.fullmatch(rf"https?://(\*\.)?{HOST}(:\d{{1,5}})?", origin, re.IGNORECASE):
            raise Misconfigured(
                f"{name} must list origins such as https://qa.example.org, not {origin!r}."
            )
    return origins


def env_secret(name: str) -> str:
    """Read a secret; empty if it is not set. A word, or a row of equal letters, is refused."""
    secret = env_text(name)
    if secret and (len(secret) < SECRET_LENGTH or len(set(secret)) < SECRET_LETTERS):
        raise Misconfigured(
            f"{name} must be {SECRET_LENGTH} characters or more that nobody can guess."
        )
    return secret


SECRET_LENGTH = 32  # characters
SECRET_LETTERS = 5  # different ones, as Django's security.W009 asks


def env_token(name: str) -> str:
    """Read what a client sends in a header; empty if it is not set."""
    token = env_text(name)
    if not re.fullmatch(r"[!-~]*", token):
        raise Misconfigured(f"{name} must be letters, digits and signs of ASCII, without spaces.")
    return token


def env_dsn(name: str) -> str:
    """Read the address of a Sentry project; empty if it is not set."""
    dsn = env_text(name)
    if dsn and not re.fullmatch(r"https?://\w+(:\w+)?@[\w.:-]+/([\w./-]+/)?\d+", dsn):
        raise Misconfigured(f"{name} must be an address such as https://key@sentry.example/1.")
    return dsn


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
    if not re.fullmatch(r"\w[\w-]*(/\w[\w-]*)*", value, re.ASCII):
        raise Misconfigured(f"{name} must be a path such as {default}, or off.")
    return "" if value == "off" else f"{value}/"


def env_report_url(name: str) -> str:
    """Read a link's address with {slug} and {version} in it; empty if it is not set."""
    url = env_text(name)
    if url and not re.fullmatch(r"(https?://\w|mailto:)\S*", url):
        raise Misconfigured(f"{name} must begin with https://, http:// or mailto:.")
    if unknown := set(re.findall(r"{.*?}", url)) - {"{slug}", "{version}"}:
        raise Misconfigured(f"{name} may hold {{slug}} and {{version}}, not {min(unknown)}.")
    return url


def env_database(name: str, *, default: str) -> dict[str, Any]:
    """
    Read a database's URL as an entry of Django's DATABASES; `default` is SQLite's file.

    That of PostgreSQL is read by libpq, so it may be all that `psql` understands: a socket's
    folder is a host written with %2F, and options such as sslmode follow a question mark.
    """
    url = env_text(name)
    if not url:
        return sqlite(default)
    if re.fullmatch(r"sqlite:///[^?#]+", url) and (file := unquote(url[10:])).isprintable():
        return sqlite(file)
    parts = libpq_parts(url) if url.startswith(("postgres://", "postgresql://")) else {}
    if not parts.get("dbname") or not are_sound(parts):
        # The value is not repeated: there may be a password in it.
        raise Misconfigured(
            f"{name} must be postgres://user:password@host/name or sqlite:///path, with special "
            "characters such as @ written as %40."
        )
    return {
        "ENGINE": "qabank.postgresql",
        "NAME": parts.pop("dbname"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "OPTIONS": parts,
    }


def sqlite(file: str) -> dict[str, Any]:
    return {"ENGINE": "qabank.sqlite", "NAME": file}


def libpq_parts(url: str) -> dict[str, Any]:
    """Return a PostgreSQL URL as libpq's keywords; {} if libpq cannot read it."""
    import psycopg.conninfo  # noqa: PLC0415 (takes a tenth of a second, which SQLite can do without)

    try:
        return dict(psycopg.conninfo.conninfo_to_dict(url))
    except psycopg.ProgrammingError:
        return {}


def are_sound(parts: dict[str, Any]) -> bool:
    """
    Whether a host, a port and a name can be these, and not pieces of a password.

    libpq ends the password at the first @ or /, so that an error would show the rest of it.
    """
    return (
        re.fullmatch(r"[\d,]*", parts.get("port", "")) is not None
        and "@" not in parts.get("host", "")
        and not re.search(r"[@/]", parts["dbname"])
    )


class Server(NamedTuple):
    """Where gunicorn listens, and with how much."""

    host: str
    port: int
    workers: int
    threads: int  # of a worker


def env_server() -> Server:
    """Read what the server and the settings both want to know."""
    host = env_text("HOST", default="127.0.0.1")
    if not re.fullmatch(r"[\w.:-]+", host):
        raise Misconfigured(f"HOST must be an address such as 127.0.0.1, not {host!r}.")
    return Server(
        host,
        env_number("PORT", default=8000, minimum=1, maximum=65_535),
        env_number("WEB_CONCURRENCY", default=2, minimum=1, maximum=1000),
        env_number("WEB_THREADS", default=256, minimum=1, maximum=10_000),
    )


def require_package(name: str, *, wanted_by: str) -> None:
    """Raise Misconfigured where an optional package is not installed."""
    if importlib.util.find_spec(name) is None:
        raise Misconfigured(
            f"{wanted_by} needs a package that is not installed: make run "
            "LOCK=requirements-watching.txt, or leave it unset."
        )
