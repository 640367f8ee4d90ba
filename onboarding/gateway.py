"""The line to the provider for onboarding's questions; every question is kept in the redacted provider log."""

from django.conf import settings

from providers import call_log
from providers.registry import credentials_for, provider_for


def line(*, access_token="", provider="", subject="", business="", application="", step="", asked=None):
    """A provider client with a WABA's token, or the system user's without one. Never call it inside a scope.

    ``subject``, ``business`` (its slug), ``application`` (its code) and ``step`` say in the log what it was about.
    ``asked``, a list, gets the path of each question.
    """

    def log(record):
        if asked is not None:
            asked.append(record.get("path", ""))
        keep(record, subject, business=business, application=application, step=step)

    return provider_for(provider or settings.WHATSAPP_PROVIDER, credentials_for(access_token), log=log)


def keep(record, subject="", **about):
    """Store one redacted question and its answer for staff to read."""
    return call_log.keep(record, subject=subject, **about)
