"""
The settings, read from top to bottom.

Everything that differs between machines comes from an environment variable and has a default
that is safe and lets a fresh checkout run. A value that makes no sense stops the start with one
line that says why. `docs/configuration.md` lists the variables.
"""

import contextlib
import importlib.util
import ipaddress
import os
import re
import secrets
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"  # all that the running site writes: database, key, collected files


def env_bool(name: str, *, default: bool) -> bool:
    """Read a switch; raise ImproperlyConfigured for anything but true or false."""
    value = os.environ.get(name, "").strip().lower()
    if value == "":
        return default
    if value in {"true", "1", "yes", "on"}:
        return True
    if value in {"false", "0", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}.")


def env_list(name: str, *, default: list[str]) -> list[str]:
    """Read a comma-separated list; empty items are dropped."""
    items = [item.strip() for item in os.environ.get(name, "").split(",")]
    return [item for item in items if item] or default


def env_number(name: str, *, default: int) -> int:
    """Read a whole number that is not negative; raise ImproperlyConfigured for anything else."""
    value = os.environ.get(name, "").strip() or str(default)
    if not (value.isascii() and value.isdecimal()):
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.")
    return int(value)


def env_choice(name: str, choices: list[str], *, default: str) -> str:
    """Read one of `choices`; raise ImproperlyConfigured for anything else."""
    value = os.environ.get(name, "").strip() or default
    if value not in choices:
        raise ImproperlyConfigured(f"{name} must be {' or '.join(choices)}, not {value!r}.")
    return value


def env_path(name: str, *, default: str) -> str:
    """Read an address inside the site, as `urls.py` wants it; "" if it is switched off."""
    value = (os.environ.get(name, "").strip() or default).strip("/")
    if not re.fullmatch(r"[\w/-]+", value, re.ASCII):
        raise ImproperlyConfigured(f"{name} must be a path such as {default}, or off.")
    return "" if value == "off" else f"{value}/"


def env_contacts(name: str) -> list[str]:
    """Read addresses for security.txt, which wants them as URLs (RFC 9116)."""
    contacts = env_list(name, default=[])
    for contact in contacts:
        if not re.fullmatch(r"(mailto:|https://|tel:)\S+", contact):
            raise ImproperlyConfigured(f"{name} must begin with mailto:, https:// or tel:.")
    return contacts


def env_networks(name: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Read a comma-separated list of addresses and networks, such as 10.0.0.0/8."""
    try:
        return [ipaddress.ip_network(item, strict=False) for item in env_list(name, default=[])]
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{name} must list IP addresses or networks: {error}."
        ) from error


def env_database(name: str, *, default: str) -> dict[str, Any]:
    """Read a database URL; raise ImproperlyConfigured unless it is SQLite or PostgreSQL."""
    url = os.environ.get(name) or default
    expected = f"{name} must be postgres://... or sqlite:///path"
    try:
        database = dict(environ.Env.db_url_config(url))
    except (ImproperlyConfigured, ValueError) as error:
        raise ImproperlyConfigured(f"{expected}: {error}") from error
    engine = str(database.get("ENGINE", "")).rpartition(".")[2]
    if engine not in {"sqlite3", "postgresql"} or not database.get("NAME"):
        raise ImproperlyConfigured(f"{expected}, not {url.partition(':')[0]!r}.")
    return database


def env_report_url(name: str) -> str:
    """Read a link's address with {slug} and {version} in it; empty if it is not set."""
    url = os.environ.get(name, "").strip()
    if url and not url.startswith(("https://", "http://", "mailto:")):
        raise ImproperlyConfigured(f"{name} must begin with https://, http:// or mailto:.")
    if unknown := set(re.findall(r"{.*?}", url)) - {"{slug}", "{version}"}:
        raise ImproperlyConfigured(f"{name} may hold {{slug}} and {{version}}, not {min(unknown)}.")
    return url


def require_package(name: str, *, wanted_by: str) -> None:
    """Raise ImproperlyConfigured where an optional package is not installed."""
    if importlib.util.find_spec(name) is None:
        raise ImproperlyConfigured(
            f"{wanted_by} needs a package that is not installed: make run "
            "LOCK=requirements-watching.txt, or leave it unset."
        )


def connect_again(pool: Any) -> None:
    """Let the pool of connections to a PostgreSQL that is away try again in a moment."""
    time.sleep(0.25)  # in a thread of the pool
    # Growing by one is how a pool can be asked for it.
    pool.resize(0, pool.max_size)
    pool.resize(1, pool.max_size)


def kept_secret_key(path: Path) -> str:
    """Return the key kept in `path`, made at the first start, readable by its owner only."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # mkstemp makes a file that only its owner can read. The link appears whole or not at
        # all, so that two processes that start at once agree on the first one's key.
        descriptor, temporary = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(50))
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)
        Path(temporary).unlink()
    return path.read_text()


# Core

DEBUG = env_bool("DEBUG", default=False)
SECRET_KEY = os.environ.get("SECRET_KEY") or kept_secret_key(VAR_DIR / "secret-key")
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS", default=[])
ROOT_URLCONF = "qabank.urls"
WSGI_APPLICATION = "qabank.wsgi.application"

INSTALLED_APPS = [
    "questions",  # first: its loaddata replaces Django's
    "qabank.apps.AdminConfig",  # Django's, with our login
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
    "axes",
    "django_htmx",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
]

MIDDLEWARE = [
    # These two first: what they add has to be on static files and refused requests as well.
    "qabank.headers.response_headers",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "qabank.probes.middleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # the admin; public pages: questions/pagecache
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",  # last: it answers a refused login
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "qabank.templates.Loader",  # of the folders in DIRS
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                # For the admin. Public templates must not touch either: both end shared caching.
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Data

DATABASES = {"default": env_database("DATABASE_URL", default=f"sqlite:///{VAR_DIR}/db.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FIXTURE_DIRS = [BASE_DIR / "fixtures"]

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        # IMMEDIATE takes the write lock at BEGIN. The default takes it at the first write and
        # fails at once, without waiting, where another writer came in between.
        "transaction_mode": "IMMEDIATE",
        "timeout": 10,
        # WAL: readers go on while somebody writes.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
    # One kept connection per thread: a new one has to read the schema again.
    DATABASES["default"]["CONN_MAX_AGE"] = None
else:
    # A pool instead of CONN_MAX_AGE: gunicorn's threads share few connections, and the health
    # check notices one that died before it is handed out.
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"].setdefault("OPTIONS", {})
    DATABASES["default"]["OPTIONS"] |= {
        "pool": {
            "min_size": 1,
            "max_size": env_number("DATABASE_POOL", default=8),
            "timeout": 2,  # seconds to wait for a free connection; then it is a 503
            # It would try again after longer and longer pauses.
            "reconnect_timeout": 0,
            "reconnect_failed": connect_again,
        },
        "connect_timeout": 5,
        # A server that vanished from the network would otherwise be waited for for two hours.
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,  # milliseconds
        # No page needs as long as that. `prepare` lifts it for migrations.
        "options": f"-c statement_timeout={env_number('STATEMENT_TIMEOUT', default=10)}s"
        " -c idle_in_transaction_session_timeout=60s",
    }

# Language and time

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True

# Static files: hashed names, kept for a year, compressed once by collectstatic.

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_ALLOW_ALL_ORIGINS = False  # they are for our own pages (RESPONSE_HEADERS)
WHITENOISE_KEEP_ONLY_HASHED_FILES = True  # half the files to compress; nothing asks for the others
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}

# What the pages offer

# Where "Report a problem" leads: an issue form or a mail. Without it there is no such link.
REPORT_URL = env_report_url("REPORT_URL")

# A service worker keeps visited pages for reading offline. Switched off, it removes itself from
# the browsers that have it. It relies on hashed names, which static files lack under DEBUG.
OFFLINE = env_bool("OFFLINE", default=not DEBUG)

# Security

HTTPS = env_bool("HTTPS", default=False)  # served over TLS by a proxy that sets X-Forwarded-Proto
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    # Binds every subdomain, and for years: the owner of the domain decides.
    SECURE_HSTS_PRELOAD = SECURE_HSTS_INCLUDE_SUBDOMAINS = env_bool("HSTS_PRELOAD", default=False)
    SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
    SESSION_COOKIE_NAME = "__Host-session"
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_NAME = "__Host-csrf"
    CSRF_COOKIE_SECURE = True
CSRF_COOKIE_HTTPONLY = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# On every answer. SecurityMiddleware knows three of them too, but not on a request that it refuses.
RESPONSE_HEADERS = {
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": SECURE_CROSS_ORIGIN_OPENER_POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(
        f"{feature}=()"
        for feature in (
            *("accelerometer", "autoplay", "camera", "display-capture", "encrypted-media"),
            *("geolocation", "gyroscope", "hid", "idle-detection", "magnetometer", "microphone"),
            *("midi", "payment", "picture-in-picture", "publickey-credentials-get"),
            *("screen-wake-lock", "serial", "usb", "xr-spatial-tracking"),
        )
    ),
    "Referrer-Policy": SECURE_REFERRER_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": X_FRAME_OPTIONS,
}

# Everything from this site, nothing inline, and no nonce: pages stay the same for everybody.
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "connect-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
    "img-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
}

ADMIN_PATH = env_path("ADMIN_PATH", default="admin")
SECURITY_CONTACTS = env_contacts("SECURITY_CONTACT")

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# Login: after a few wrong passwords an address is refused for a while, whatever name it tries. The
# count is in the database, which all processes share. It is not kept by name: then anybody could
# lock the owner out.

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AXES_LOCKOUT_PARAMETERS = ["ip_address"]
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_TEMPLATE = "admin/locked_out.html"
AXES_CLIENT_IP_CALLABLE = "qabank.lockout.client_address"
AXES_DISABLE_ACCESS_LOG = True  # it would grow for ever
AXES_VERBOSE = False
TRUSTED_PROXIES = env_networks("TRUSTED_PROXIES")  # whose X-Forwarded-For is believed

# Where it is not required, each editor may choose to have a second factor.
REQUIRE_SECOND_FACTOR = env_bool("REQUIRE_SECOND_FACTOR", default=False)
OTP_TOTP_ISSUER = "QA Bank"
OTP_ADMIN_HIDE_SENSITIVE_DATA = True  # the owner may remove a device but not copy it

# Watching: see docs/operating.md

# A secret that Prometheus sends; without it nothing is counted and /metrics does not exist.
METRICS_TOKEN = os.environ.get("METRICS_TOKEN", "").strip()
if METRICS_TOKEN:
    require_package("prometheus_client", wanted_by="METRICS_TOKEN")

# The line for each request goes to standard output, everything else to standard error.
LOG_FORMAT = env_choice("LOG_FORMAT", ["json", "plain"], default="plain" if DEBUG else "json")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": "qabank.request_log.JSONFormatter"},
        "plain": {"()": "qabank.request_log.PlainFormatter"},
    },
    "filters": {"briefly": {"()": "qabank.unavailable.Briefly"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT},
        "stdout": {
            "class": "qabank.request_log.BatchHandler",
            "formatter": LOG_FORMAT,
            "stream": "ext://sys.stdout",
        },
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        # Each of these requests has its line anyway: 404s and the like, and odd hosts.
        "django.request": {"level": "ERROR", "filters": ["briefly"]},
        # It would tell of each attempt to connect; each 503 has its line.
        "psycopg.pool": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        # runserver's own line for a request would be a second one.
        "django.server": {"level": "ERROR"},
        "qabank.requests": {
            "handlers": ["stdout"],
            "level": "INFO" if env_bool("ACCESS_LOG", default=True) else "WARNING",
            "propagate": False,
        },
    },
}

if SENTRY_DSN := os.environ.get("SENTRY_DSN", "").strip():
    require_package("sentry_sdk", wanted_by="SENTRY_DSN")
    import sentry_sdk

    from qabank.request_log import without_visitor

    sentry_sdk.init(
        dsn=SENTRY_DSN,
        send_default_pii=False,
        max_request_body_size="never",
        include_local_variables=False,  # a password may be among them
        before_send=without_visitor,
    )
