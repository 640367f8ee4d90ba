"""Finds the provider that a WABA names; ``settings.WHATSAPP_PROVIDERS`` says where each one lives."""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from providers.base import Credentials
from providers.http import CloudApi


def provider_class(slug: str) -> type[CloudApi]:
    """The class of the provider called ``slug``; ``LookupError`` for one that settings don't name."""
    try:
        dotted_path = settings.WHATSAPP_PROVIDERS[slug]
    except KeyError:
        known = ", ".join(sorted(settings.WHATSAPP_PROVIDERS))
        raise LookupError(f"There is no provider {slug!r}; settings.WHATSAPP_PROVIDERS has {known}.") from None
    return import_string(dotted_path)


def provider_for(
    slug: str, credentials: Credentials, log: Callable[[Mapping[str, Any]], None] | None = None
) -> CloudApi:
    """A line to the provider called ``slug`` with ``credentials``; ``log`` gets a record of every question."""
    return provider_class(slug)(credentials, log)


def credentials_for(access_token: str = "") -> Credentials:
    """Credentials for the Graph API of this installation; without a token those of the system user."""
    return Credentials(
        graph_url=settings.WHATSAPP_GRAPH_URL,
        access_token=access_token or settings.WHATSAPP_ACCESS_TOKEN,
        version=settings.WHATSAPP_GRAPH_VERSION,
        app_secret=next(iter(settings.WHATSAPP_APP_SECRETS), ""),
    )
