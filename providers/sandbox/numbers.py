"""Phone numbers: add, read, rename (Meta, "Phone numbers", 2026); ``activation`` proves and registers them."""

import json
from datetime import UTC, datetime

import phonenumbers

from . import health, people, present, signup_codes
from .accounts import active_restrictions, check_callback, number_cap
from .errors import GraphError, invalid, missing
from .http import as_json, flag
from .own_app import callback
from .router import page, pick, route

NAME_CHANGES, NAME_WINDOW = 10, 30 * 86400


def _digits(cc, written):
    code, number = people.digits_of(cc), people.digits_of(written)
    for candidate in ([number] if number.startswith(code) else []) + [code + number.lstrip("0")]:
        try:
            parsed = phonenumbers.parse(f"+{candidate}")
        except phonenumbers.NumberParseException:
            continue
        if str(parsed.country_code) == code and phonenumbers.is_possible_number(parsed):
            return candidate
    raise GraphError(
        100,
        message="(#100) Invalid parameter",
        details="The phone number is not valid.",
        title="Invalid phone number",
        user_message="The phone number is not valid. Check the country code and the number and try again.",
    )


@route("POST", "waba", "phone_numbers")
def add(call):
    """Add a number: ``cc``, ``phone_number``, ``verified_name``, optional ``migrate_phone_number``."""
    # Some clients in the wild say country_code.
    calling_code = call.params.get("cc") or call.params.get("country_code")
    if not calling_code:
        raise missing("cc")
    for name in ("phone_number", "verified_name"):
        if not call.params.get(name):
            raise missing(name)
    store, waba = call.store, call.store.get("waba", call.node)
    if "RESTRICTED_ADD_PHONE_NUMBER_ACTION" in active_restrictions(waba) or waba["status"] != "ACTIVE":
        raise GraphError(368, "The account may not add phone numbers while it is restricted.")
    digits = _digits(calling_code, call.params["phone_number"])
    name = str(call.params["verified_name"]).strip()
    if not 1 <= len(name) <= 255:
        raise invalid("verified_name must have 1 to 255 characters.")
    if store.one("SELECT id FROM number WHERE waba_id = ? AND digits = ? AND status != 'MIGRATED'", waba["id"], digits):
        raise GraphError(
            100,
            message="Invalid parameter",
            subcode=2388012,
            title="Phone number already in your account",
            user_message="This phone number is already in the list of this account. Use the number you have.",
        )
    migrating = flag(call.params.get("migrate_phone_number"))
    _check_free(store, waba, digits, migrating)
    business = store.get("business", waba["business_id"])
    count = store.value(
        "SELECT COUNT(*) FROM number JOIN waba ON waba.id = number.waba_id WHERE waba.business_id = ? "
        "AND number.status != 'MIGRATED'",
        business["id"],
    )
    if count >= number_cap(business):
        raise GraphError(
            200,
            message="Phone number limit exceeded for this WhatsApp Business Account",
            subcode=1349175,
            title="Limit Exceeded",
            user_message="You have reached the maximum number of phone numbers for this account",
        )
    node = store.new_node("number")
    store.insert(
        "number",
        id=node,
        waba_id=waba["id"],
        digits=digits,
        verified_name=name,
        name_status="PENDING_REVIEW",
        migrating=int(migrating),
        created_at=present.now(),
    )
    call.box.reviewer.ask("names", node)
    return {"id": node}


def _check_free(store, waba, digits, migrating):
    elsewhere = store.one(
        "SELECT * FROM number WHERE digits = ? AND waba_id != ? AND registered = 1 AND status != 'MIGRATED'",
        digits,
        waba["id"],
    )
    if migrating:
        problem = None
        if elsewhere is None:
            problem = "The phone number is not registered on another account; add it in the usual way."
        elif elsewhere["name_status"] != "APPROVED" or elsewhere["new_name_status"] == "PENDING_REVIEW":
            problem = "The display name of the phone number is not approved."
        elif people.business_of(store, elsewhere) != waba["business_id"]:
            problem = "The phone number belongs to another business."
        elif not waba["subscribed"]:
            problem = "The destination account has no app subscribed to its webhooks."
        if problem:
            raise GraphError(
                100,
                message="Invalid parameter",
                subcode=2388103,
                title="Can't migrate phone number",
                user_message=problem,
            )
        if elsewhere["pin"]:
            raise GraphError(
                100,
                message="Invalid parameter",
                subcode=2388001,
                title="Can't create certificate",
                user_message="Two-step verification is on. Turn it off before migrating.",
            )
        return
    customer = store.one("SELECT * FROM customer WHERE digits = ? AND made_by_hand = 1 AND on_whatsapp = 1", digits)
    if elsewhere or customer or store.one("SELECT * FROM taken WHERE digits = ?", digits):
        raise GraphError(
            100,
            message="Invalid parameter",
            subcode=2388001,
            title="Phone number in use on WhatsApp",
            user_message=(
                "This phone number is registered to an existing WhatsApp account. Disconnect it from that account, "
                "wait up to 3 minutes, then try again."
            ),
        )


def number_fields(call, number):
    store = call.store
    waba = store.get("waba", number["waba_id"])
    business = store.get("business", waba["business_id"])
    hooks = {"application": callback()}
    if waba["override_uri"]:
        hooks["whatsapp_business_account"] = waba["override_uri"]
    if number["override_uri"]:
        hooks["phone_number"] = number["override_uri"]
    country = people.country_of(number["digits"])
    last = number["last_onboarded_at"]
    return {
        "id": lambda: number["id"],
        "display_phone_number": lambda: people.pretty(number["digits"]),
        "verified_name": lambda: number["verified_name"],
        "code_verification_status": lambda: number["code_status"],
        "name_status": lambda: number["name_status"],
        "new_display_name": lambda: number["new_display_name"],
        "new_name_status": lambda: number["new_name_status"],
        "status": lambda: number["status"],
        "quality_rating": lambda: number["quality"],
        "quality_score": lambda: {"score": number["quality"]},
        "account_mode": lambda: "LIVE" if number["registered"] else "SANDBOX",
        "platform_type": lambda: "CLOUD_API" if number["registered"] else "NOT_APPLICABLE",
        "throughput": lambda: {"level": number["throughput"] if number["registered"] else "NOT_APPLICABLE"},
        "whatsapp_business_manager_messaging_limit": lambda: business["limit_tier"],
        "messaging_limit_tier": lambda: business["limit_tier"],
        "is_official_business_account": lambda: number["oba_status"] == "APPROVED",
        "official_business_account": lambda: {"oba_status": number["oba_status"]},
        "is_on_biz_app": lambda: signup_codes.is_on_business_app(store, number["id"]),
        "is_pin_enabled": lambda: bool(number["pin"]),
        "is_preverified_number": lambda: False,
        "last_onboarded_time": lambda: last and datetime.fromtimestamp(last, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000"),
        "certificate": lambda: None,
        "new_certificate": lambda: None,
        "search_visibility": lambda: "VISIBLE" if number["oba_status"] == "APPROVED" else "HIDDEN",
        "eligibility_for_api_business_global_search": lambda: "NON_ELIGIBLE_UNDEFINED_COUNTRY",
        "webhook_configuration": lambda: hooks,
        "health_status": lambda: health.of_number(store, number),
        "country_code": lambda: country,
        "country_dial_code": lambda: str(phonenumbers.country_code_for_region(country)),
        "conversational_automation": lambda: json.loads(number["settings"]).get("conversational_automation"),
        "settings": lambda: json.loads(number["settings"]) or None,
        "username": lambda: None,
    }


DEFAULT_FIELDS = [
    "verified_name",
    "code_verification_status",
    "display_phone_number",
    "quality_rating",
    "platform_type",
    "throughput",
    "webhook_configuration",
    "id",
]
NODE_TYPE = "WhatsAppBusinessPhoneNumber"


@route("GET", "number")
def read(call):
    return pick(call, number_fields(call, call.store.get("number", call.node)), DEFAULT_FIELDS, NODE_TYPE)


@route("GET", "waba", "phone_numbers")
def list_numbers(call):
    rows = call.store.all(
        "SELECT * FROM number WHERE waba_id = ? AND status != 'MIGRATED' ORDER BY created_at DESC, id",
        call.node,
    )
    for rule in as_json(call.params.get("filtering")) or []:
        if rule.get("field") == "account_mode":
            live = rule.get("value") == "LIVE"
            rows = [row for row in rows if bool(row["registered"]) == live]
    sort = str(call.params.get("sort", ""))
    if "last_onboarded_time" in sort:
        rows.sort(key=lambda row: row["last_onboarded_at"] or 0, reverse="descending" in sort)
    data = []
    for row in rows:
        item = pick(call, number_fields(call, row), [*DEFAULT_FIELDS, "last_onboarded_time"], NODE_TYPE)
        data.append({**item, "_cursor": row["id"]})
    return page(call, data, f"/{call.node}/phone_numbers")


def count_of(store, number_id, kind, seconds):
    """How often something was done with a number within the last seconds."""
    return store.value(
        "SELECT COUNT(*) FROM number_event WHERE number_id = ? AND kind = ? AND at > ?",
        number_id,
        kind,
        present.now() - seconds,
    )


def note(store, number_id, kind):
    """Count one more."""
    store.insert("number_event", number_id=number_id, kind=kind, at=present.now())


def pin_of(call, required=True):
    """The PIN of a request; raises when it is none."""
    pin = str(call.params.get("pin", "") or "")
    if not pin and required:
        raise missing("pin")
    if pin and not (len(pin) == 6 and pin.isdigit() and pin.isascii()):
        raise GraphError(100, message="Invalid PIN format. PIN must be exactly 6 digits")
    return pin


@route("POST", "number")
async def change(call):
    """Set the PIN, ask for another name, or set an own callback for this number."""
    store, number = call.store, call.store.get("number", call.node)
    hooks = as_json(call.params.get("webhook_configuration"))
    if isinstance(hooks, dict):
        uri = hooks.get("override_callback_uri") or None
        if uri:
            await check_callback(uri, hooks.get("verify_token"))
        store.update("number", number["id"], override_uri=uri)
    pin = pin_of(call, required=False)
    if pin:
        store.update("number", number["id"], pin=pin)
        value = {"display_phone_number": number["digits"], "event": "PIN_CHANGED"}
        call.box.hooks.say(store.get("waba", number["waba_id"]), {"field": "security", "value": value})
    name = call.params.get("new_display_name")
    if name:
        _ask_for_name(call, number, str(name).strip())
    if not (pin or name or isinstance(hooks, dict)):
        raise invalid("Name what to change: pin, new_display_name or webhook_configuration.")
    return {"success": True}


def _ask_for_name(call, number, name):
    if not 2 <= len(name) <= 75:
        raise invalid("new_display_name must have 2 to 75 characters.")
    if "PENDING_REVIEW" in (number["new_name_status"], number["name_status"]):
        raise GraphError(
            100,
            message="Invalid parameter",
            title="Display name already under review",
            user_message="A display name is under review. Wait for the decision.",
        )
    if count_of(call.store, number["id"], "rename", NAME_WINDOW) >= NAME_CHANGES:
        raise GraphError(
            100,
            message="Invalid parameter",
            title="Too many display name changes",
            user_message="The display name can be changed 10 times in 30 days.",
        )
    note(call.store, number["id"], "rename")
    call.store.update("number", number["id"], new_display_name=name, new_name_status="PENDING_REVIEW")
    call.box.reviewer.ask("names", number["id"])
