"""The line to the provider for onboarding's questions; every question is kept in the redacted provider log."""

from django.conf import settings

from providers import call_log
from providers.registry import credentials_for, provider_for


def line(*, access_token="", provider="", subject="", business="", application="", step=""):
    """A provider client with a WABA's token, or the system user's without one. Never call it inside a scope.

    ``subject``, ``business`` (its slug), ``application`` (its code) and ``step`` say in the log what it was about.
    """
    return provider_for(
        provider or settings.WHATSAPP_PROVIDER,
        credentials_for(access_token),
        log=lambda record: keep(record, subject, business=business, application=application, step=step),
    )


def keep(record, subject="", **about):
    """Store one redacted question and its answer for staff to read."""
    return call_log.keep(record, subject=subject, **about)
