"""Activation of a number: prove it with a code, register it with a PIN (Meta, "Registration", 2026).

The six-digit code reaches the telephone at ``/phone/`` as an SMS or a call, never the answer.
"""

import secrets

from . import people, present
from .errors import GraphError, invalid, missing
from .numbers import count_of, note, pin_of
from .router import route

CODE_LIFE = 600
CODE_TRIES = 5
REGISTER_LIMIT, REGISTER_WINDOW = 10, 72 * 3600
PIN_GUESSES, PIN_WINDOW = 5, 3600
REGIONS = {"AU", "ID", "IN", "JP", "SG", "KR", "DE", "CH", "GB", "BR", "BH", "ZA", "AE", "CA"}


def _too_often(message, explanation):
    return GraphError(
        4,
        message=message,
        http=429,
        subcode=2446079,
        transient=True,
        title="Too many attempts",
        user_message=explanation,
    )


@route("POST", "number", "request_code")
def request_code(call):
    """Send the code by ``SMS`` or ``VOICE``; 136024 once the number is verified."""
    method, language = str(call.params.get("code_method", "")).upper(), call.params.get("language")
    if not method:
        raise missing("code_method")
    if method not in ("SMS", "VOICE"):
        raise invalid("code_method must be SMS or VOICE.")
    if not language:
        raise missing("language")
    store, number = call.store, call.store.get("number", call.node)
    if number["code_status"] == "VERIFIED":
        raise GraphError(
            136024,
            "The phone number is already verified. Register it now.",
            title="Phone number already verified",
            user_message="Ownership of this phone number has already been verified.",
        )
    options = call.box.options
    if (
        count_of(store, number["id"], "request", 3600) >= options["code_requests_per_hour"]
        or count_of(store, number["id"], "request", 86400) >= options["code_requests_per_day"]
    ):
        raise _too_often(
            "Application request limit reached",
            "You asked for the code too often. Wait a few hours and try again.",
        )
    note(store, number["id"], "request")
    code = new_code(store, number["id"], method)
    if method == "SMS":
        text = f"Your WhatsApp code: {code[:3]}-{code[3:]}"
    else:
        text = "Your WhatsApp code is: " + ". ".join([", ".join(code)] * 3) + "."
    store.insert("sms", digits=number["digits"], method=method, text=text, code=code, at=present.now())
    store.commit()
    return {"success": True}


def new_code(store, number_id, method):
    """Six digits that prove this number; an older code ends."""
    code = f"{secrets.randbelow(10**6):06d}"
    sql = "INSERT OR REPLACE INTO code (number_id, code, method, at, tries) VALUES (?, ?, ?, ?, 0)"
    store.run(sql, number_id, code, method, present.now())
    return code


@route("POST", "number", "verify_code")
def verify_code(call):
    given = people.digits_of(call.params.get("code", ""))
    if not call.params.get("code"):
        raise missing("code")
    store, number = call.store, call.store.get("number", call.node)
    if number["code_status"] == "VERIFIED":
        raise GraphError(136024, "The phone number is already verified. Register it now.")
    row = store.one("SELECT * FROM code WHERE number_id = ?", number["id"])
    if row is None:
        raise GraphError(
            136025,
            "No code was requested for this phone number.",
            title="Code couldn't be verified",
            user_message="Request a code first.",
        )
    if row["tries"] >= CODE_TRIES:
        raise _too_often(
            "Too many verification attempts. Please try again later",
            "You entered a wrong code too often. Request a new one.",
        )
    if present.now() - row["at"] > CODE_LIFE:
        store.update("number", number["id"], code_status="EXPIRED")
        store.commit()
        raise GraphError(
            136025,
            "The verification code has expired.",
            title="Code couldn't be verified",
            user_message="The code has expired. Request a new one.",
        )
    if given != row["code"]:
        store.run("UPDATE code SET tries = tries + 1 WHERE number_id = ?", number["id"])
        store.commit()
        raise GraphError(
            136025,
            "The verification code is incorrect.",
            title="Code couldn't be verified",
            user_message="The code you entered is incorrect. Check it and try again.",
        )
    store.run("DELETE FROM code WHERE number_id = ?", number["id"])
    store.update("number", number["id"], code_status="VERIFIED")
    return {"success": True, "id": number["id"]}


def _limit_registering(store, number_id, kind):
    if count_of(store, number_id, kind, REGISTER_WINDOW) >= REGISTER_LIMIT:
        raise GraphError(
            133016,
            f"{kind.capitalize()} was called 10 times in 72 hours. Wait 72 hours and try again.",
            subcode=2494055,
        )
    note(store, number_id, kind)
    store.commit()


@route("POST", "number", "register")
def register(call):
    """Connect the number with its two-step PIN; an approved new name takes effect here."""
    if call.params.get("messaging_product") != "whatsapp":
        raise missing("messaging_product")
    pin = pin_of(call)
    region = call.params.get("data_localization_region")
    if region and region not in REGIONS:
        raise invalid(f"data_localization_region must be one of {', '.join(sorted(REGIONS))}.")
    store, number = call.store, call.store.get("number", call.node)
    _limit_registering(store, number["id"], "register")
    if number["code_status"] != "VERIFIED":
        raise GraphError(133006, "The phone number needs to be verified before it can be registered.")
    if number["pin"]:
        if count_of(store, number["id"], "pin_guess", PIN_WINDOW) >= PIN_GUESSES:
            raise GraphError(133008, "Too many wrong PINs. Try again in 3600 seconds.")
        if pin != number["pin"]:
            note(store, number["id"], "pin_guess")
            store.commit()
            raise GraphError(133005, "The two-step verification PIN does not match.")
    changes = {"pin": pin, "registered": 1, "status": "CONNECTED", "last_onboarded_at": present.now()}
    if number["quality"] == "UNKNOWN":
        changes["quality"] = "GREEN"
    if number["new_name_status"] == "APPROVED" and present.now() - (number["name_decided_at"] or 0) <= 14 * 86400:
        changes |= {"verified_name": number["new_display_name"], "name_status": "APPROVED"}
    if number["new_name_status"] == "APPROVED":
        changes |= {"new_display_name": None, "new_name_status": None}
    store.update("number", number["id"], **changes)
    if number["migrating"]:
        store.run(
            "UPDATE number SET status = 'MIGRATED', registered = 0 WHERE digits = ? AND id != ?",
            number["digits"],
            number["id"],
        )
        store.update("number", number["id"], migrating=0)
    return {"success": True}


@route("POST", "number", "deregister")
def deregister(call):
    store, number = call.store, call.store.get("number", call.node)
    if not number["registered"]:
        raise GraphError(133010, "Phone number not registered on the WhatsApp Business Platform.")
    _limit_registering(store, number["id"], "deregister")
    store.update("number", number["id"], registered=0, status="DISCONNECTED")
    return {"success": True}
