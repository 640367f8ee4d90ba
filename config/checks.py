"""System checks of the installation itself: what is missing and how to set it."""

from django.conf import settings
from django.core.checks import Error, Tags, Warning, register

from config import env


@register()
def check_required_settings(app_configs, **kwargs):
    """Name each missing setting together with the way to set it."""
    problems = []
    if settings.MISSING_DATABASE:
        problems.append(
            Error(
                "DATABASE_URL is not set.",
                hint="Run `make run`, which starts its own PostgreSQL, or set "
                "DATABASE_URL=postgresql://umbral_app:…@host:5432/umbral (the role that owns nothing).",
                id="config.E001",
            )
        )
    if settings.MISSING_SECRET_KEY:
        problems.append(
            Error(
                "SECRET_KEY is not set.",
                hint="Set SECRET_KEY (or SECRET_KEY_FILE) to at least 50 random characters.",
                id="config.E002",
            )
        )
    if not settings.ENCRYPTION_KEYS:
        problems.append(
            Error(
                "ENCRYPTION_KEYS is not set.",
                hint="Set ENCRYPTION_KEYS to one or more Fernet keys, the newest first; make one with "
                "`python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'`.",
                id="config.E003",
            )
        )
    return problems


@register(Tags.security, deploy=True)
def check_deployment(app_configs, **kwargs):
    """What may be on for rehearsals and never where customers are served."""
    problems = []
    if settings.MOVABLE_CLOCK:
        problems.append(Error("MOVABLE_CLOCK is on.", hint="Unset MOVABLE_CLOCK.", id="config.E010"))
    if env.boolean("FAULTS"):
        problems.append(Error("FAULTS is on.", hint="Unset FAULTS.", id="config.E012"))
    if settings.SITE_FETCH_ALLOW_PRIVATE:
        problems.append(
            Error("SITE_FETCH_ALLOW_PRIVATE is on.", hint="Unset SITE_FETCH_ALLOW_PRIVATE.", id="config.E011")
        )
    if settings.DATABASE_OWNER is not None:
        problems.append(
            Warning(
                "DATABASE_OWNER_URL is set for this process.",
                hint="Give it to migrations only; web, sender, worker and beat work as the application role.",
                id="config.W010",
            )
        )
    return problems
