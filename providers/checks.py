"""System checks: a misspelt provider and missing settings are told at start, not at the first message.

``providers.apps`` imports this module.
"""

import ipaddress
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import Error, Tags, Warning, register

from providers.registry import provider_class


@register()
def check_providers(app_configs, **kwargs):
    """Every provider that settings name exists, and the one in use is among them."""
    problems = []
    for slug in settings.WHATSAPP_PROVIDERS:
        try:
            provider_class(slug)
        except ImportError as exc:
            problems.append(Error(f"WHATSAPP_PROVIDERS[{slug!r}]: {exc}", id="providers.E001"))
    if settings.WHATSAPP_PROVIDER not in settings.WHATSAPP_PROVIDERS:
        problems.append(
            Error(
                f"WHATSAPP_PROVIDER={settings.WHATSAPP_PROVIDER!r} is not a provider.",
                hint=f"Use one of {', '.join(sorted(settings.WHATSAPP_PROVIDERS))}.",
                id="providers.E002",
            )
        )
    return problems


@register()
def check_graph_address(app_configs, **kwargs):
    """The address of the Graph API is one."""
    parts = urlsplit(settings.WHATSAPP_GRAPH_URL)
    if parts.scheme in {"http", "https"} and parts.hostname:
        return []
    return [
        Error(
            f"WHATSAPP_GRAPH_URL={settings.WHATSAPP_GRAPH_URL!r} is not an address.",
            hint="Set it to https://graph.facebook.com, or to the sandbox, such as http://127.0.0.1:8010.",
            id="providers.E003",
        )
    ]


@register()
def check_secrets(app_configs, **kwargs):
    """Without these a part of the product is off; say which part and how to switch it on."""
    problems = []
    if not settings.WHATSAPP_APP_SECRETS:
        problems.append(
            Warning(
                "WHATSAPP_APP_SECRET is not set: every webhook delivery is refused.",
                hint="Set WHATSAPP_APP_SECRET (or WHATSAPP_APP_SECRET_FILE) to the secret of your Meta app: "
                "App Dashboard, App settings, Basic. During a rotation set both, the new one first.",
                id="providers.W001",
            )
        )
    if not settings.WHATSAPP_VERIFY_TOKEN:
        problems.append(
            Warning(
                "WHATSAPP_VERIFY_TOKEN is not set: Meta can't confirm the webhook address.",
                hint="Set WHATSAPP_VERIFY_TOKEN (or WHATSAPP_VERIFY_TOKEN_FILE) to any long random word, and "
                "type the same word into the App Dashboard: WhatsApp, Configuration, Webhook.",
                id="providers.W002",
            )
        )
    if not settings.WHATSAPP_ACCESS_TOKEN:
        problems.append(
            Warning(
                "WHATSAPP_ACCESS_TOKEN is not set: no WhatsApp account can be made or read before a business "
                "brings its own token.",
                hint="Set WHATSAPP_ACCESS_TOKEN (or WHATSAPP_ACCESS_TOKEN_FILE) to the token of a system user "
                "with whatsapp_business_management and whatsapp_business_messaging.",
                id="providers.W003",
            )
        )
    return problems


@register(Tags.security, deploy=True)
def check_deployed_provider(app_configs, **kwargs):
    """Where customers are served, the provider is the real one."""
    parts = urlsplit(settings.WHATSAPP_GRAPH_URL)
    problems = []
    if _is_this_machine(parts.hostname or ""):
        problems.append(
            Error(
                f"WHATSAPP_GRAPH_URL={settings.WHATSAPP_GRAPH_URL} is this machine: that is the sandbox.",
                hint="Set WHATSAPP_GRAPH_URL=https://graph.facebook.com.",
                id="providers.E010",
            )
        )
    elif parts.scheme != "https":
        problems.append(
            Error(
                "WHATSAPP_GRAPH_URL doesn't use https: access tokens would travel in the open.",
                hint="Set WHATSAPP_GRAPH_URL=https://graph.facebook.com.",
                id="providers.E011",
            )
        )
    return problems


def _is_this_machine(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return address.is_loopback or address.is_unspecified
