"""
The settings, read from top to bottom.

Everything that differs between machines comes from an environment variable and has a default
that is safe and lets a fresh checkout run. A value that makes no sense stops the start with one
line that says why. `docs/configuration.md` lists the variables.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

from qabank import headers
from qabank.environment import (
    env_bool,
    env_choice,
    env_contacts,
    env_database,
    env_dsn,
    env_hosts,
    env_networks,
    env_number,
    env_origins,
    env_path,
    env_report_url,
    env_secret,
    env_server,
    env_token,
    require_package,
)
from qabank.private_files import PrivateConnection, private_folder, stored_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
# All that the running site writes: database, key, collected files.
VAR_DIR = private_folder(BASE_DIR / "var")

# Core

DEBUG = env_bool("DEBUG", default=False)
SECRET_KEY = env_secret("SECRET_KEY") or stored_secret_key(VAR_DIR / "secret-key")
ALLOWED_HOSTS = env_hosts("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env_origins("CSRF_TRUSTED_ORIGINS")
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
    "qabank.incoming.middleware",  # before all that reads the headers of a request
    "qabank.clients.middleware",
    "qabank.probes.middleware",
    "django.middleware.security.SecurityMiddleware",
    "qabank.static_files.StaticFilesMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # the admin; public pages: questions/pagecache
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",  # last: it answers a refused login
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "questions.sharing.site.bank",
                # For the admin. Public templates must not touch either: both end shared caching.
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Data

DATABASES = {"default": env_database("DATABASE_URL", default=str(VAR_DIR / "db.sqlite3"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FIXTURE_DIRS = [BASE_DIR / "fixtures"]
DATABASE_POOL = env_number("DATABASE_POOL", default=8, minimum=1, maximum=1000)
STATEMENT_TIMEOUT = env_number("STATEMENT_TIMEOUT", default=10, maximum=100_000)

if DATABASES["default"]["ENGINE"] == "qabank.sqlite":
    # One connection for good per thread: a new one has to read the schema again.
    DATABASES["default"]["CONN_MAX_AGE"] = None
    DATABASES["default"]["OPTIONS"] = {
        "factory": PrivateConnection,
        # IMMEDIATE takes the write lock at BEGIN. The default takes it at the first write and
        # fails at once, without waiting, where another writer came in between.
        "transaction_mode": "IMMEDIATE",
        "timeout": 10,
        # WAL: readers go on while somebody writes.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    from qabank.postgresql import Connection, connect_again

    # A pool instead of CONN_MAX_AGE: gunicorn's threads share few connections, and the health
    # check notices one that died before it is handed out.
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"]["OPTIONS"] |= {
        "pool": {
            "connection_class": Connection,
            "min_size": 1,
            "max_size": DATABASE_POOL,
            "timeout": 2,  # seconds to wait for a free connection; then it is a 503
            # Its own attempts would come after longer and longer pauses.
            "reconnect_timeout": 0,
            "reconnect_failed": connect_again,
        },
        "connect_timeout": 5,
        # Without these a request waits two hours for a server that vanished from the network.
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,  # milliseconds
        # No page needs as long as that. `prepare` lifts it for migrations.
        "options": f"-c statement_timeout={STATEMENT_TIMEOUT}s"
        " -c idle_in_transaction_session_timeout=60s",
    }

# Language and time

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False  # the site's own words are English only

# Static files: hashed names, kept for a year, compressed once by collectstatic.

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_ALLOW_ALL_ORIGINS = False  # they are for our own pages (headers.py)
WHITENOISE_KEEP_ONLY_HASHED_FILES = True  # half the files to compress; nothing asks for the others
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG
            else "qabank.static_files.HashedStaticFilesStorage"
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
HSTS_PRELOAD = env_bool("HSTS_PRELOAD", default=False)
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = headers.HSTS_SECONDS
    # Binds every subdomain, and for years: the owner of the domain decides.
    SECURE_HSTS_PRELOAD = SECURE_HSTS_INCLUDE_SUBDOMAINS = HSTS_PRELOAD
    SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
    SESSION_COOKIE_NAME = "__Host-session"
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_NAME = "__Host-csrf"
    CSRF_COOKIE_SECURE = True
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "questions.admin.unsaved.csrf_failure"  # loses nothing that an editor wrote

# headers.py holds the values. Django's own middleware is to send no others.
SECURE_CSP = headers.CONTENT_SECURITY_POLICY
SECURE_CROSS_ORIGIN_OPENER_POLICY = headers.RESPONSE_HEADERS["Cross-Origin-Opener-Policy"]
SECURE_REFERRER_POLICY = headers.RESPONSE_HEADERS["Referrer-Policy"]
X_FRAME_OPTIONS = headers.RESPONSE_HEADERS["X-Frame-Options"]

ADMIN_PATH = env_path("ADMIN_PATH", default="admin")  # urls.py knows which folders are taken
LOGIN_REDIRECT_URL = "admin:index"  # where an empty `next` leads
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
    "axes.backends.AxesStandaloneBackend",  # refuses who has used up the tries
    "qabank.lockout.CountingBackend",
]
AXES_HANDLER = "qabank.lockout.Handler"
AXES_LOCKOUT_PARAMETERS = ["ip_address"]
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = timedelta(minutes=15)
LOGINS_WAITING = env_server().threads // 4  # the other threads are for readers
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # refused tries do not prolong the wait
AXES_LOCKOUT_CALLABLE = "qabank.lockout.refused"
AXES_CLIENT_IP_CALLABLE = "qabank.clients.client_address"
AXES_DISABLE_ACCESS_LOG = True  # it would grow for ever
AXES_VERBOSE = False
TRUSTED_PROXIES = env_networks("TRUSTED_PROXIES")  # whose X-Forwarded-For is believed

# Where it is not required, each editor may choose to have a second factor.
REQUIRE_SECOND_FACTOR = env_bool("REQUIRE_SECOND_FACTOR", default=False)


def bank_name(device: Any) -> str:
    """Return the name of the bank, under which authenticator apps list their codes."""
    from questions.models import Bank  # noqa: PLC0415 (models need the settings)

    return Bank.objects.current().name


OTP_TOTP_ISSUER = bank_name
OTP_ADMIN_HIDE_SENSITIVE_DATA = True  # the owner may remove a device but not copy it

# Watching: see docs/operating.md

# A secret that Prometheus sends; without it nothing is counted and /metrics does not exist.
METRICS_TOKEN = env_token("METRICS_TOKEN")
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
        "stdout": {"class": "qabank.request_log.StandardOutput", "formatter": LOG_FORMAT},
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

if SENTRY_DSN := env_dsn("SENTRY_DSN"):
    require_package("sentry_sdk", wanted_by="SENTRY_DSN")
    from qabank.sentry import report_errors_to

    report_errors_to(SENTRY_DSN)
