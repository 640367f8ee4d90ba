"""The sandbox's side of the app: its ids, secret and callback, from the environment."""

import os

from config import env


def app_id():
    return env.text("SANDBOX_APP_ID") or env.text("WHATSAPP_APP_ID") or "670000000000001"


def partner_id():
    """The partner's own portfolio: the ``entry.id`` of events about clients joining."""
    return env.text("SANDBOX_PARTNER_ID", "500000000000001")


def system_token():
    """The token of the partner's system user."""
    return env.text("SANDBOX_TOKEN", "sandbox-token")


def secret():
    """The app secret that signs webhooks."""
    return env.text("WHATSAPP_APP_SECRET", "sandbox-app-secret")


def is_secret(given):
    """Whether this is the app's secret; during a rotation there are several."""
    return given in env.words("WHATSAPP_APP_SECRET", [secret()])


def callback():
    """Where the app's webhooks go (``WHATSAPP_CALLBACK_URL``)."""
    port = os.environ.get("WEB_PORT", "8000")
    return env.text("WHATSAPP_CALLBACK_URL", f"http://127.0.0.1:{port}/webhooks/whatsapp/")
