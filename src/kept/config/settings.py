"""Django's settings, made from the environment (see environment.py)."""

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF

from kept import sqlite
from kept.config import secret
from kept.environment import SETTINGS, BadSetting, MailServer, read

sqlite.prefer_sound()

for setting in SETTINGS:  # a bad one stops the start, whoever reads it later
    read(setting.name)

PACKAGE = Path(__file__).resolve().parent.parent
DATA: Path = read("KEPT_DATA")
DEBUG: bool = read("KEPT_DEBUG")
HTTPS: bool = read("KEPT_HTTPS")
SECRET_KEY: str = read("KEPT_SECRET_KEY") or secret.key_in(DATA)
LEDGER_KEY: str = read("KEPT_LEDGER_KEY") or secret.ledger_key_in(DATA)
ALLOWED_HOSTS: list[str] = read("KEPT_HOSTS")
PUBLIC_URL: str = read("KEPT_URL")
FUTURES: int = read("KEPT_FUTURES")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL.startswith("https://") else []
PROXIES: int = read("KEPT_PROXIES")
THREADS: int = read("KEPT_THREADS")
LANES = 12  # receivers that are served side by side, and so many of them by one kind of work:
LANES_OF_A_KIND = 4
LINK_DAYS: int = read("KEPT_LINK_DAYS")
REACHABLE: list[IPv4Network | IPv6Network] = read("KEPT_REACHABLE")
WEBHOOK_DAYS: int = read("KEPT_WEBHOOK_DAYS")


def database(address: str, name: str) -> dict[str, Any]:
    """Return Django's settings of the database at `address`; SQLite in the data folder if empty."""
    if not address:
        DATA.mkdir(mode=0o700, parents=True, exist_ok=True)
        address = f"sqlite:///{DATA / 'kept.sqlite3'}"
    found: dict[str, Any] = dict(environ.Env.db_url_config(address))
    match found.get("ENGINE"):
        case "django.db.backends.sqlite3":
            found["OPTIONS"] = sqlite.options()
            # Tests run on a file as well: in memory there is no journal and no second writer.
            found["TEST"] = {"NAME": str(DATA / "test.sqlite3")}
        case "django.db.backends.postgresql":
            found["ENGINE"] = "kept.tenancy.postgresql"
            pool = {
                "min_size": 1,
                # Each thread that serves has one, and so have the rounds, the outbox, each of its
                # lanes and a file that comes in: nobody waits for another of this process.
                "max_size": THREADS + 3 + LANES,
                # So that who finds no line does so because the server is away, and is told soon.
                "timeout": 3,
                # A server that was away is tried every second or two, not ever more rarely.
                "reconnect_timeout": 3,
            }
            found["OPTIONS"] = {**found.get("OPTIONS", {}), "pool": pool}
            # One that the server ended meanwhile is replaced before it is used.
            found["CONN_HEALTH_CHECKS"] = True
        case _:
            raise BadSetting(name, "…", "a postgres:// or sqlite:// address")
    return found


DATABASES = {"default": database(read("DATABASE_URL"), "DATABASE_URL")}
if read("KEPT_MIGRATE_URL"):
    # Migrations run as the owner of the tables; requests run as a role that owns nothing.
    DATABASES["owner"] = database(read("KEPT_MIGRATE_URL"), "KEPT_MIGRATE_URL")
    DATABASES["owner"]["OPTIONS"].pop("pool", None)
    DATABASES["owner"]["TEST"] = {"MIRROR": "default"}

INSTALLED_APPS = [
    "kept",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "axes",
    "csp",
    "django_htmx",
    "ninja",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "kept.web.doorkeeper.Doorkeeper",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "kept.config.urls"
WSGI_APPLICATION = "kept.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "web" / "templates", PACKAGE / "portal" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "kept.web.tags",
            ],
        },
    }
]

STATIC_URL = "/static/"
STATICFILES_DIRS = [PACKAGE / "web" / "static"]
WHITENOISE_USE_FINDERS = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MEDIA_ROOT = DATA / "uploads"
DATA_UPLOAD_MAX_MEMORY_SIZE = 11 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "kept.web.uploads.Bounded",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE: str = read("KEPT_LANGUAGE")
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [PACKAGE / "locale"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "kept.Login"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "today"
ACCOUNT_ADAPTER = "kept.web.joining.Adapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_RATE_LIMITS = {"login_failed": None}
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_FORM_FIELD = "login"
AXES_USERNAME_CALLABLE = "kept.web.joining.address_tried"
AXES_LOCKOUT_TEMPLATE = "kept/locked_out.html"
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_CLIENT_IP_CALLABLE = "kept.people.throttle.address_of"
SILENCED_SYSTEM_CHECKS = ["axes.W006"]

MAIL_SERVER: MailServer | None = read("KEPT_SMTP_URL")
DEFAULT_FROM_EMAIL: str = read("KEPT_MAIL_FROM") or "kept@localhost.localdomain"
EMAIL_FILE_PATH = DATA / "mail"
EMAIL_TIMEOUT = 20
EMAIL_USE_LOCALTIME = False
if MAIL_SERVER is None:
    EMAIL_BACKEND = "kept.outbox.folder.Folder"
else:
    for needed, expected in (
        ("KEPT_MAIL_FROM", "the address letters come from, since KEPT_SMTP_URL is set"),
        ("KEPT_URL", "the address clients open, since letters carry links to it"),
    ):
        if not read(needed):
            raise BadSetting(needed, "", expected)
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = MAIL_SERVER.host, MAIL_SERVER.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL_SERVER.user, MAIL_SERVER.password
    EMAIL_USE_SSL, EMAIL_USE_TLS = MAIL_SERVER.tls_at_once, MAIL_SERVER.starttls

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
if HTTPS:
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
if PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    }
}

LOG_LEVEL: str = read("KEPT_LOG_LEVEL")
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"secrets": {"()": "kept.config.logs.WithoutSecrets"}},
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["secrets"]}
    },
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django.server": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
    },
}
