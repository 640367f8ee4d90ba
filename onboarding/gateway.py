"""The line to the provider for onboarding's questions; every question is kept in the redacted provider log."""

from django.conf import settings
from django.db import transaction

from config.clock import now
from providers import tallies
from providers.models import ProviderCall
from providers.registry import credentials_for, provider_for


def line(*, access_token="", provider="", subject=""):
    """A provider client with a WABA's token, or the system user's without one. Never call it inside a scope."""
    return provider_for(
        provider or settings.WHATSAPP_PROVIDER,
        credentials_for(access_token),
        log=lambda record: keep(record, subject),
    )


def keep(record, subject=""):
    """Store one redacted question and its answer for staff to read."""
    with transaction.atomic():
        ProviderCall.objects.create(
            at=now(),
            method=record.get("method", "")[:8],
            path=str(record.get("path", ""))[:300],
            subject=subject[:60],
            status=record.get("status") or None,
            error_code=record.get("code"),
            milliseconds=int(record.get("ms") or 0),
            request=_as_object(record.get("request")),
            response=_as_object(record.get("response")),
        )
        if record.get("code") is not None:
            tallies.add({tallies.error_name("call", record["code"]): 1})


def _as_object(value):
    if isinstance(value, dict):
        return value
    return {"text": value} if value else {}
