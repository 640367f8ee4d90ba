"""Business numbers: add, prove, register, name, profile, badge (WhatsApp docs "Business phone numbers", 2026-03)."""

from collections.abc import Mapping, Sequence
from typing import Any

from providers.base import (
    Badge,
    CodeVerification,
    MessagingLimit,
    NameStatus,
    NumberStatus,
    PhoneNumberReport,
    Profile,
    Quality,
    WebhookAddresses,
)
from providers.cloud_api.accounts import parse_health
from providers.cloud_api.reading import Words, flag, mapping, sequence, text
from providers.cloud_api.request import Request, get, given, path

NUMBER_FIELDS = (
    "id,display_phone_number,verified_name,name_status,new_display_name,new_name_status,code_verification_status,"
    "status,quality_rating,whatsapp_business_manager_messaging_limit,throughput,account_mode,platform_type,"
    "is_official_business_account,official_business_account,is_pin_enabled,is_on_biz_app,last_onboarded_time"
)
PROFILE_FIELDS = (
    "about",
    "address",
    "description",
    "email",
    "websites",
    "vertical",
    "profile_picture_handle",
)
COEXISTENCE_MESSAGES_PER_SECOND = 20
MESSAGES_PER_SECOND = {"STANDARD": 80, "HIGH": 1000}
"""Throughput levels (WhatsApp docs "Throughput", 2026-03)."""


def add(
    waba_id: str,
    *,
    country_code: str,
    number: str,
    display_name: str,
    migrate: bool = False,
) -> Request:
    """Put a number into a WABA, or move it there from another one."""
    body: dict[str, Any] = {
        "cc": country_code.lstrip("+"),
        "phone_number": number,
        "verified_name": display_name,
    }
    if migrate:
        body["migrate_phone_number"] = True
    return Request("POST", path(waba_id, "phone_numbers"), json=body)


def fetch(phone_number_id: str, *, fields: str = NUMBER_FIELDS) -> Request:
    """Ask for one number."""
    return get(phone_number_id, fields=fields)


def list_all(waba_id: str, *, after: str = "", limit: int = 100) -> Request:
    """Ask for the numbers of a WABA, the newest first."""
    return get(waba_id, "phone_numbers", fields=NUMBER_FIELDS, limit=limit, after=after)


def parse(data: Any) -> PhoneNumberReport:
    """A number out of a Graph answer, with whichever fields were asked for."""
    answer = mapping(data)
    word = Words(answer)
    level = text(mapping(answer.get("throughput")).get("level"))
    on_app = flag(answer.get("is_on_biz_app"))
    badge = mapping(answer.get("official_business_account"))
    limit = "whatsapp_business_manager_messaging_limit"
    rate = COEXISTENCE_MESSAGES_PER_SECOND if on_app else MESSAGES_PER_SECOND.get(level.upper())
    return PhoneNumberReport(
        id=text(answer.get("id")),
        display_phone_number=text(answer.get("display_phone_number")),
        verified_name=text(answer.get("verified_name")),
        name_status=word(NameStatus, "name_status"),
        new_display_name=text(answer.get("new_display_name")),
        new_name_status=word(NameStatus, "new_name_status"),
        code_verification=word(CodeVerification, "code_verification_status"),
        status=word(NumberStatus, "status"),
        quality=word(Quality, "quality_rating"),
        messaging_limit=word(MessagingLimit, limit if answer.get(limit) else "messaging_limit_tier"),
        throughput=level,
        messages_per_second=rate,
        account_mode=text(answer.get("account_mode")),
        platform_type=text(answer.get("platform_type")),
        is_official=flag(answer.get("is_official_business_account")),
        badge=word(Badge, "oba_status", badge.get("oba_status")),
        is_pin_enabled=flag(answer.get("is_pin_enabled")),
        is_on_business_app=on_app,
        last_onboarded_at=text(answer.get("last_onboarded_time")),
        health=parse_health(answer) if isinstance(answer.get("health_status"), Mapping) else None,
        unknown_words=word.unknown,
        raw=answer,
    )


def request_code(phone_number_id: str, *, method: str = "SMS", language: str = "en_US") -> Request:
    """Have a code sent to a number by ``SMS`` or ``VOICE``."""
    body = {"code_method": method.upper(), "language": language}
    return Request("POST", path(phone_number_id, "request_code"), json=body)


def verify_code(phone_number_id: str, *, code: str) -> Request:
    """Prove a number with the code; people type it as ``123-830``, Meta wants the digits."""
    digits = "".join(sign for sign in code if sign.isdecimal())
    return Request(
        "POST",
        path(phone_number_id, "verify_code"),
        json={"code": digits},
        secret_fields=frozenset({"code"}),
    )


def register(phone_number_id: str, *, pin: str, region: str = "") -> Request:
    """Connect a number to the Cloud API; the PIN becomes its PIN or has to be the one it has. 10 times in 72 hours."""
    body = {"messaging_product": "whatsapp", "pin": pin} | given({"data_localization_region": region})
    return Request("POST", path(phone_number_id, "register"), json=body)


def deregister(phone_number_id: str) -> Request:
    """Disconnect a number from the Cloud API. 10 times in 72 hours."""
    return Request("POST", path(phone_number_id, "deregister"))


def set_pin(phone_number_id: str, *, pin: str) -> Request:
    """Set or change the two-step PIN."""
    return Request("POST", path(phone_number_id), json={"pin": pin}, idempotent=True)


def change_display_name(phone_number_id: str, *, display_name: str) -> Request:
    """Ask for another display name; it is reviewed, and the number has to register again within 14 days after."""
    return Request("POST", path(phone_number_id), query={"new_display_name": display_name})


def fetch_webhook_addresses(phone_number_id: str) -> Request:
    """Ask where the messages of a number go (docs "Override callback URLs", 2025-12): number, then WABA, then app."""
    return get(phone_number_id, fields="webhook_configuration")


def parse_webhook_addresses(data: Any) -> WebhookAddresses:
    """The addresses of a number's messages at its three levels; empty where nothing is set or said."""
    answer = mapping(mapping(data).get("webhook_configuration"))
    return WebhookAddresses(
        application=text(answer.get("application")),
        waba=text(answer.get("whatsapp_business_account")),
        number=text(answer.get("phone_number")),
    )


def clear_webhook_address(phone_number_id: str) -> Request:
    """Take a number's own callback away, so that its messages go where those of its WABA go."""
    body = {"webhook_configuration": {"override_callback_uri": ""}}
    return Request("POST", path(phone_number_id), json=body, idempotent=True)


def fetch_profile(phone_number_id: str) -> Request:
    """Ask for the business profile of a number."""
    fields = "about,address,description,email,profile_picture_url,websites,vertical"
    return get(phone_number_id, "whatsapp_business_profile", fields=fields)


def update_profile(phone_number_id: str, **fields: Any) -> Request:
    """Change the given fields of a profile; ``ValueError`` for a field that a profile doesn't have."""
    if unknown := set(fields) - set(PROFILE_FIELDS):
        raise ValueError(f"A profile has no {', '.join(sorted(unknown))}.")
    body = {"messaging_product": "whatsapp", **fields}
    return Request(
        "POST",
        path(phone_number_id, "whatsapp_business_profile"),
        json=body,
        idempotent=True,
    )


def parse_profile(data: Any) -> Profile:
    """A profile; Graph wraps it in a list of one."""
    answer = mapping(data)
    answer = mapping(next(iter(sequence(answer.get("data"))), answer))
    return Profile(
        about=text(answer.get("about")),
        address=text(answer.get("address")),
        description=text(answer.get("description")),
        email=text(answer.get("email")),
        websites=tuple(filter(None, map(text, sequence(answer.get("websites"))))),
        vertical=text(answer.get("vertical")),
        picture_url=text(answer.get("profile_picture_url")),
    )


def request_official_account(
    phone_number_id: str,
    *,
    website: str,
    country: str,
    language: str,
    parent_brand: str = "",
    links: Sequence[str] = (),
    more: str = "",
) -> Request:
    """Apply for the mark of an Official Business Account; up to five links to press (WhatsApp docs, 2026-04)."""
    body = given(
        {
            "business_website_url": website,
            "primary_country_of_operation": country,
            "primary_language": language,
            "parent_business_or_brand": parent_brand,
            "supporting_links": list(links) or None,
            "additional_supporting_information": more,
        }
    )
    return Request("POST", path(phone_number_id, "official_business_account"), json=body)


def fetch_official_account(phone_number_id: str) -> Request:
    """Ask how the application for the mark stands."""
    return get(phone_number_id, fields="official_business_account,is_official_business_account")
