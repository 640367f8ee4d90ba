"""The address of Facebook's window: our app, what we ask for, and what the application already tells.

Meta, "Embedded Signup" v4 (2025-10-08): ``extras.setup`` fills fields in, and no screen is skipped for it.
"""

import json
from urllib.parse import urlencode, urlsplit

import phonenumbers
from django.conf import settings
from django.urls import reverse

from onboarding.models import SignupSession

FEATURE = {
    SignupSession.Flow.STANDARD: "",
    SignupSession.Flow.COEXISTENCE: "whatsapp_business_app_onboarding",
}
WITHOUT_COEXISTENCE = {234, 27}
"""Calling codes whose numbers can't stay in the app (Meta, "Onboarding WhatsApp Business app users", 2026-02-04)."""


def is_set_up():
    """Whether this installation has a Meta app with a login configuration."""
    return bool(settings.WHATSAPP_APP_ID and settings.WHATSAPP_SIGNUP_CONFIG_ID and settings.WHATSAPP_SIGNUP_URL)


def origin():
    """Where the window is from, for the page's policy and for checking who speaks to it."""
    parts = urlsplit(settings.WHATSAPP_SIGNUP_URL)
    return f"{parts.scheme}://{parts.netloc}"


def return_address():
    """The one address of this installation that Meta sends people back to; it must stand in the app's settings."""
    return settings.PUBLIC_URL + reverse("onboarding:signup_return")


def address(session, state):
    """Where to send the person; ``state`` is the text whose digest the session keeps."""
    query = {
        "client_id": settings.WHATSAPP_APP_ID,
        "config_id": settings.WHATSAPP_SIGNUP_CONFIG_ID,
        "response_type": "code",
        "override_default_response_type": "true",
        "redirect_uri": return_address(),
        "state": state,
        "display": "popup" if session.is_popup else "page",
        "extras": json.dumps(extras(session), ensure_ascii=False, separators=(",", ":")),
    }
    return f"{settings.WHATSAPP_SIGNUP_URL}?{urlencode(query)}"


def extras(session):
    """What the window is opened with, empty values left out."""
    return {"setup": setup(session.application), "featureType": FEATURE[session.flow], "sessionInfoVersion": "3"}


def setup(application):
    """What we fill in for the person: the company, and the profile with its display name."""
    address = {
        "streetAddress1": application.address,
        "city": application.city,
        "state": application.region,
        "zipPostal": application.postal_code,
        "country": application.country or application.business.country,
    }
    business = {
        "id": application.facebook_business_id,
        "name": application.legal_name or application.brand or application.business.name,
        "email": application.contact_email,
        "phone": _phone(application.phone),
        "website": application.website,
        "address": _given(address),
    }
    phone = {
        "displayName": application.display_name or application.brand,
        "category": application.sector,
        "description": application.activity[:256],
    }
    return _given({"business": _given(business), "phone": _given(phone)})


def may_coexist(application):
    """Whether the number of this application can stay in the WhatsApp Business app."""
    parts = _phone(application.phone)
    return not parts or parts["code"] not in WITHOUT_COEXISTENCE


def _phone(e164):
    try:
        parsed = phonenumbers.parse(e164 or "")
    except phonenumbers.NumberParseException:
        return {}
    return {"code": parsed.country_code, "number": phonenumbers.national_significant_number(parsed)}


def _given(values):
    return {name: value for name, value in values.items() if value}
