"""All settings, read from the environment (``config/env.py``). ``manage.py check`` says what is missing."""

import sys
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from config import env, unfold_look

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.text("DATA_DIR", str(BASE_DIR / ".data")))

PRODUCT_NAME = "Umbral"

DEBUG = env.boolean("DEBUG")
TESTING = "pytest" in sys.modules

MISSING_SECRET_KEY = not env.text("SECRET_KEY")
SECRET_KEY = env.text("SECRET_KEY") or "no-secret-key-so-checks-refuse-to-pass"
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
ENCRYPTION_KEYS = env.words("ENCRYPTION_KEYS")
"""Fernet keys for provider tokens, PINs and secrets at rest, the newest first."""

WEB_PORT = env.integer("WEB_PORT", 8000)
SANDBOX_PORT = env.integer("SANDBOX_PORT", 8010)
PUBLIC_URL = env.text("PUBLIC_URL", f"http://127.0.0.1:{WEB_PORT}").rstrip("/")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", [PUBLIC_URL])

# Where the parts of the program are

INSTALLED_APPS = [
    "config",
    "contactcenter",
    "templates_hsm",
    "sessions_24h",
    "onboarding",
    "contacts",
    "tenants",
    "providers",
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]
PAGES = env.boolean("PAGES", True)
"""Off in the sender (``manage.py``): what only pages and webhooks need would be a third of its memory."""
if not PAGES:
    _for_pages = tuple(
        "unfold django.contrib.admin django.contrib.messages django.contrib.staticfiles django.contrib.humanize "
        "django_htmx allauth rest_framework drf_spectacular".split()
    )
    INSTALLED_APPS = [app for app in INSTALLED_APPS if not app.startswith(_for_pages)]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "tenants.middleware.PersonLanguageMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "tenants.middleware.BusinessScopeMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.asgi.django_application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["config.templatetags.ui", "django.templatetags.i18n", "django.templatetags.static"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context_processors.product",
            ],
        },
    },
]

# Data

_database = env.postgres("DATABASE_URL")
MISSING_DATABASE = _database is None
DATABASES = {
    "default": (_database or {"ENGINE": "django.db.backends.postgresql", "NAME": "umbral"})
    | {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True, "TEST": {"NAME": env.text("TEST_DATABASE") or None}}
}
DATABASES["default"].setdefault("OPTIONS", {})
DATABASES["default"]["OPTIONS"].setdefault("connect_timeout", "5")
DATABASES["default"]["OPTIONS"].setdefault("application_name", env.text("PROCESS_NAME", "umbral"))
DATABASE_OWNER = env.postgres("DATABASE_OWNER_URL")
"""The role that owns the tables: for migrations and for building a test database, never for web or workers."""

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.text("REDIS_URL", "redis://127.0.0.1:6379/0")
REDIS_TIMEOUT_SECONDS = 0.5
"""Redis carries hints only, so nobody waits longer than this for it."""

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
    }
}

# People

AUTH_USER_MODEL = "tenants.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "tenants:start"
LOGOUT_REDIRECT_URL = "home"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "tenants.forms.SignupForm"
ACCOUNT_ADAPTER = "tenants.adapter.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = env.text("EMAIL_VERIFICATION", "mandatory")
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = PRODUCT_NAME
INVITATION_DAYS = 14

# Languages

LANGUAGE_CODE = "es"
LANGUAGES = [("es", _("Spanish")), ("en", _("English")), ("pt-br", _("Portuguese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "language"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# Static files and uploads

STATIC_URL = "/static/"
_collected = BASE_DIR / "staticfiles"
STATIC_ROOT = _collected if _collected.exists() or "collectstatic" in sys.argv else None
STATICFILES_DIRS = [BASE_DIR / "config" / "static"]
WHITENOISE_USE_FINDERS = DEBUG or STATIC_ROOT is None
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if STATIC_ROOT and not TESTING
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
MEDIA_ROOT = env.text("MEDIA_ROOT", str(DATA_DIR / "media"))
MEDIA_URL = "/private-media-is-served-by-views/"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# Mail

EMAIL_BACKEND = env.text("EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
EMAIL_FILE_PATH = env.text("EMAIL_FILE_PATH", str(DATA_DIR / "mail"))
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.integer("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.boolean("EMAIL_USE_TLS")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", f"{PRODUCT_NAME} <no-reply@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
SUPPORT_EMAIL = env.text("SUPPORT_EMAIL")

# The provider

MOVABLE_CLOCK = env.boolean("MOVABLE_CLOCK")
WHATSAPP_PROVIDERS = {"cloud_api": "providers.http.CloudApi", "sandbox": "providers.http.CloudApi"}
WHATSAPP_PROVIDER = env.text("WHATSAPP_PROVIDER", "cloud_api")
WHATSAPP_GRAPH_URL = env.text("WHATSAPP_GRAPH_URL", "https://graph.facebook.com").rstrip("/")
WHATSAPP_GRAPH_VERSION = env.text("WHATSAPP_GRAPH_VERSION", "v26.0")
WHATSAPP_APP_ID = env.text("WHATSAPP_APP_ID")
WHATSAPP_APP_SECRETS = env.words("WHATSAPP_APP_SECRET")
"""One or, during rotation, several app secrets; the first signs, all verify."""
WHATSAPP_VERIFY_TOKEN = env.text("WHATSAPP_VERIFY_TOKEN")
WHATSAPP_ACCESS_TOKEN = env.text("WHATSAPP_ACCESS_TOKEN")
"""The system user's token for the calls made before a business has its own."""
WHATSAPP_CALLBACK_URL = env.text("WHATSAPP_CALLBACK_URL") or (
    (f"http://127.0.0.1:{WEB_PORT}" if WHATSAPP_PROVIDER == "sandbox" else PUBLIC_URL) + "/webhooks/whatsapp/"
)
"""Where the provider has to send its webhooks; the sandbox calls this machine, whatever browsers call it."""
WHATSAPP_SIGNUP_URL = env.text("WHATSAPP_SIGNUP_URL", f"https://www.facebook.com/{WHATSAPP_GRAPH_VERSION}/dialog/oauth")
"""Where Embedded Signup's window opens; in rehearsals the sandbox's."""
WHATSAPP_SIGNUP_CONFIG_ID = env.text("WHATSAPP_SIGNUP_CONFIG_ID")
"""The Facebook Login for Business configuration; without it that door is closed."""
WHATSAPP_SYSTEM_USER_ID = env.text("WHATSAPP_SYSTEM_USER_ID")
"""Our system user, who is let into every account that a client shares; without it the client's own token is used."""
WEBHOOK_MAX_BYTES = 3 * 1024 * 1024
POLL_SECONDS = env.integer("POLL_SECONDS", 60)
"""The shortest pause between two looks at the same thing; it grows while nothing changes."""
REVIEW_UNDO_SECONDS = env.integer("REVIEW_UNDO_SECONDS", 60)
"""How long a reviewer can take a decision back before it leaves the house."""
SITE_FETCH_ALLOW_PRIVATE = env.boolean("SITE_FETCH_ALLOW_PRIVATE")

PREFLIGHT = {
    "policy": "onboarding.screening.preflight",
    "display_name": "onboarding.display_name.preflight",
    "template": "templates_hsm.linter.preflight",
}

# Work behind the pages

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SOFT_TIME_LIMIT = 60
CELERY_TASK_TIME_LIMIT = 90
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {"contactcenter.tasks.digest_deliveries": {"queue": "digest"}}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "socket_timeout": 10,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "health_check_interval": 15,
}
CELERY_TIMEZONE = "UTC"

CELERY_BEAT_SCHEDULE = {
    "digest-what-no-hint-announced": {"task": "contactcenter.tasks.sweep_deliveries", "schedule": 1},
    "sweep-the-outbox": {"task": "contactcenter.tasks.sweep_outbox", "schedule": 5},
    "fetch-media": {"task": "contactcenter.tasks.fetch_media", "schedule": 5},
    "prepare-campaigns": {"task": "contactcenter.tasks.prepare_campaigns", "schedule": 5},
    "run-campaigns": {"task": "contactcenter.tasks.run_campaigns", "schedule": 1},
    "hand-in-campaign-files": {"task": "contactcenter.tasks.hand_in_campaign_files", "schedule": 5},
    "catch-up-with-round-trips": {"task": "contactcenter.tasks.catch_up_round_trips", "schedule": 10},
    "count-usage": {"task": "contactcenter.tasks.count_usage", "schedule": 5},
    "sweep-pending-updates": {"task": "contactcenter.tasks.sweep_pending_updates", "schedule": 60},
    "close-expired-windows": {"task": "sessions_24h.tasks.close_expired_windows", "schedule": 2},
    "let-decisions-go": {"task": "onboarding.tasks.let_decisions_go", "schedule": 2},
    "run-due-onboarding-steps": {"task": "onboarding.tasks.run_due_steps", "schedule": 2},
    "poll-accounts-and-numbers": {"task": "onboarding.tasks.poll_accounts", "schedule": 5},
    "hear-early-news": {"task": "onboarding.tasks.hear_early_news", "schedule": 5},
    "check-waiting-display-names": {"task": "onboarding.tasks.check_waiting_display_names", "schedule": 15},
    "submit-templates": {"task": "templates_hsm.tasks.submit_due_templates", "schedule": 5},
    "poll-templates": {"task": "templates_hsm.tasks.poll_templates", "schedule": 5},
    "remind-of-the-template-queue": {"task": "templates_hsm.tasks.remind_of_the_queue", "schedule": 60},
    "tend-old-templates": {"task": "templates_hsm.tasks.tend_old_templates", "schedule": 3600},
    "prepare-ledger-partitions": {"task": "contactcenter.tasks.prepare_ledger_partitions", "schedule": 3600},
    "forget-old-records": {"task": "providers.tasks.forget_old_records", "schedule": 3600},
    "forget-old-live-events": {"task": "tenants.tasks.forget_old_live_events", "schedule": 300},
    "tend-badges": {"task": "onboarding.tasks.tend_badges", "schedule": 5},
    "remind-of-badges": {"task": "onboarding.tasks.remind_of_badges", "schedule": 60},
    "check-channels": {"task": "onboarding.tasks.check_channels", "schedule": 5},
    "tend-channels": {"task": "onboarding.tasks.tend_channels", "schedule": 30},
    "remind-businesses": {"task": "onboarding.tasks.remind_businesses", "schedule": 20},
    "exchange-signups": {"task": "onboarding.tasks.exchange_signups", "schedule": 2},
    "tend-numbers": {"task": "onboarding.tasks.tend_numbers", "schedule": 5},
    "forget-old-number-records": {"task": "onboarding.tasks.forget_old_number_records", "schedule": 600},
    "watch-steps": {"task": "onboarding.tasks.watch_steps", "schedule": 60},
    "tend-short-links": {"task": "onboarding.tasks.tend_short_links", "schedule": 5},
    "import-consents": {"task": "contacts.tasks.run_imports", "schedule": 5},
    "replay-dead-letters": {"task": "contactcenter.tasks.replay_dead_letters", "schedule": 5},
    "take-a-sample": {"task": "contactcenter.tasks.take_sample", "schedule": 20},
    "watch-the-installation": {"task": "contactcenter.tasks.watch", "schedule": 15},
    "send-mail": {"task": "tenants.tasks.send_due_mail", "schedule": 5},
    "beat-was-here": {"task": "tenants.tasks.note_beat", "schedule": 3},
}
"""One line per task; every task finds its due rows itself, so a short interval costs one indexed query."""
for _entry in CELERY_BEAT_SCHEDULE.values():
    # A tick that nobody took in time is stale: the next one finds the same rows.
    _entry["options"] = {"expires": max(10, 2 * int(str(_entry["schedule"])))}

RETENTION_DAYS = {"webhook_deliveries": 9, "provider_log": 30, "unknown_events": 90, "sent_mail": 30}
LIVE_EVENTS_KEPT_SECONDS = 3600

# The REST API

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "tenants.api_access.ApiKeyAuthentication",
        "tenants.api_access.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["tenants.api_access.InBusinessScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "tenants.api.ScopedSchema",
    "EXCEPTION_HANDLER": "tenants.api.exception_handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": f"{PRODUCT_NAME} API",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {},
}

# Security

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
_https = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SECURE_SSL_REDIRECT = env.boolean("SECURE_SSL_REDIRECT", _https)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = env.integer("SECURE_HSTS_SECONDS", 31536000 if _https else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _https
if env.boolean("BEHIND_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
# Unfold's pages need Alpine's evaluation and inline styles; only staff ever see them.
ADMIN_CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
# Swagger's page starts itself from an inline script.
API_DOCS_CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
)

# The staff admin

UNFOLD = unfold_look.LOOK | {"SITE_TITLE": PRODUCT_NAME, "SITE_HEADER": PRODUCT_NAME, "SHOW_LANGUAGES": True}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {
        "django.server": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
    },
}
