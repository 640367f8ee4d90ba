"""Housekeeping of what was heard and said. Digestion itself needs tenants' rights and starts in ``contactcenter``."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings

from config.clock import now
from providers.models import ProviderCall, UnknownEvent


@shared_task
def forget_old_records():
    """Drop provider calls and unknown events that nobody will look up any more (``RETENTION_DAYS``)."""
    present, kept = now(), settings.RETENTION_DAYS
    calls, _ = ProviderCall.objects.filter(at__lt=present - timedelta(days=kept["provider_log"])).delete()
    unknown, _ = UnknownEvent.objects.filter(received_at__lt=present - timedelta(days=kept["unknown_events"])).delete()
    return {"calls": calls, "unknown": unknown}
