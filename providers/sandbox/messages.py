"""``POST /{phone_number_id}/messages``: what may be sent and to whom (Meta, "Messages", 2025/26)."""

import base64
import secrets
import time

from . import message_rules, people, present, statuses, template_send, templates
from .accounts import active_restrictions, limit_of
from .errors import GraphError, invalid, missing
from .http import as_json
from .router import route
from .store import packed

WINDOW = 24 * 3600
PAIR_BURST, PAIR_PER_SECOND = 45, 1 / 6
SPEEDS = {"STANDARD": 80, "HIGH": 1000}
OLDEST = 30 * 86400


def message_id(digits, outbound):
    """An id as WhatsApp's: ``wamid.`` and base64 over the person's number and random hex."""
    user = digits.encode()
    if outbound:
        tail = b"\x15\x02\x00\x11\x18\x12" + secrets.token_hex(9).upper().encode() + b"\x00"
    else:
        tail = b"\x15\x02\x00\x12\x18\x14" + b"3A" + secrets.token_hex(9).upper().encode() + b"\x00"
    return "wamid." + base64.b64encode(b"\x1c\x18" + bytes([len(user)]) + user + tail).decode()


class Buckets:
    """Token buckets for a number's speed and for a pair; they run on real time, like the network they stand for."""

    def __init__(self):
        self._levels = {}

    def take(self, key, capacity, per_second):
        moment = time.monotonic()
        level, seen = self._levels.get(key, (capacity, moment))
        level = min(capacity, level + (moment - seen) * per_second)
        if level < 1:
            self._levels[key] = (level, moment)
            return False
        self._levels[key] = (level - 1, moment)
        if len(self._levels) > 50_000:
            self._levels.clear()
        return True

    def forget(self):
        self._levels.clear()


@route("POST", "number", "messages")
def send(call):
    """Send a message, or mark one as read (``status: read``)."""
    params = call.params
    if params.get("messaging_product") != "whatsapp":
        raise GraphError(100, message="(#100) The parameter messaging_product is required.")
    number = call.store.get("number", call.node)
    if params.get("status") is not None:
        return _mark_read(call, number)
    return _send(call, number)


@route("POST", "number", "marketing_messages")
def send_marketing(call):
    """The Marketing Messages API: the same body, templates of the category MARKETING only (134100)."""
    number = call.store.get("number", call.node)
    if call.params.get("type") != "template":
        raise GraphError(134100, "Only template messages of the category MARKETING can be sent here.")
    return {**_send(call, number, marketing_only=True), "success": True}


def _send(call, number, marketing_only=False):
    store, params = call.store, call.params
    waba = store.get("waba", number["waba_id"])
    _check_number(call, number, waba)
    kind = params.get("type") or "text"
    if kind not in message_rules.TYPES:
        raise invalid(f"Param type must be one of {{{', '.join(t.upper() for t in message_rules.TYPES)}}}.")
    body = as_json(params.get(kind))
    person, asked = _recipient(call, number)
    template = None
    if kind == "template":
        template = _check_template(call, number, body, asked, marketing_only)
    else:
        message_rules.check(call, number, kind, body)
    _check_speed(call, number, person)
    reference = params.get("biz_opaque_callback_data")
    if reference is not None and len(str(reference)) > 512:
        raise invalid("biz_opaque_callback_data may have up to 512 characters.")
    chat = people.chat(store, number["id"], person["id"])
    moment = present.now()
    window_open = bool(chat["last_inbound_at"]) and moment - chat["last_inbound_at"] < WINDOW
    _check_account(waba, template is not None)
    refusal = _refusal(chat, person, template, window_open)
    if refusal and refusal[1] and call.box.options["refuse_as"] == "answer":
        raise refusal[0]
    reply_to = (as_json(params.get("context")) or {}).get("message_id")
    if kind == "reaction":
        _check_target(store, number, body)
    if refusal is None and not window_open:
        _check_limit(call, waba, person)
    wamid = message_id(person["digits"], outbound=True)
    store.insert(
        "message",
        id=wamid,
        number_id=number["id"],
        customer_id=person["id"],
        outbound=1,
        type=kind,
        body=packed(body),
        at=moment,
        seq=store.next_seq(),
        status="accepted",
        template_id=template and template["id"],
        category=template["category"].lower() if template else "service",
        reference=reference,
        reply_to=reply_to,
    )
    statuses.begin(call.box, number, person, chat, wamid, window_open, refusal and refusal[0])
    if kind == "reaction":
        store.run("UPDATE message SET reaction_out = ? WHERE id = ?", body.get("emoji") or None, body["message_id"])
    else:
        people.set_chat(store, number["id"], person["id"], last_at=moment, unread=chat["unread"] + 1, typing_until=None)
    call.box.touched(person["id"])
    return _answer(store, number, person, asked, wamid)


def _check_number(call, number, waba):
    if not number["registered"] or number["status"] in ("BANNED", "MIGRATED"):
        raise GraphError(133010, "The phone number is not registered on the WhatsApp Business Platform.")
    if number["status"] == "RESTRICTED":
        raise GraphError(368, "The phone number is restricted.")
    if waba["status"] != "ACTIVE" or waba["review_status"] == "REJECTED":
        raise GraphError(131031, "Business account has been locked.")
    if number["digits"].startswith("1555") and number["name_status"] not in (
        "APPROVED",
        "AVAILABLE_WITHOUT_REVIEW",
    ):
        raise GraphError(131037, "The number's display name is not approved.")


def _check_account(waba, is_template):
    kinds = active_restrictions(waba)
    if "RESTRICTED_CUSTOMER_INITIATED_MESSAGING" in kinds or (
        is_template and "RESTRICTED_BIZ_INITIATED_MESSAGING" in kinds
    ):
        raise GraphError(368, "The account is restricted for policy violations.")


def _recipient(call, number):
    """Who gets it: ``to`` (a phone) wins over ``recipient`` (a BSUID)."""
    params = call.params
    if params.get("recipient_type", "individual") != "individual":
        raise invalid("The sandbox has no groups: recipient_type must be individual.")
    if params.get("to"):
        digits = people.digits_of(params["to"])
        if (
            not 7 <= len(digits) <= 15
            or not str(params["to"]).strip("+ ()-.").replace(" ", "").replace("-", "").isdigit()
        ):
            raise GraphError(131009, "Parameter to is not a phone number.")
        if digits == number["digits"]:
            raise GraphError(131021, "Recipient phone number cannot be the sender phone number.")
        return people.ensure(call.store, digits), str(params["to"])
    if params.get("recipient"):
        person = people.by_user_id(call.store, str(params["recipient"]))
        if person is None:
            raise GraphError(131009, "Parameter recipient is not a known user id.")
        return person, str(params["recipient"])
    raise missing("to")


def _check_template(call, number, body, asked, marketing_only):
    if not isinstance(body, dict):
        raise GraphError(131008, "Parameter template is required.")
    language = body.get("language") or {}
    code = language.get("code") if isinstance(language, dict) else language
    if not body.get("name") or not code:
        raise GraphError(131008, "Parameters template['name'] and template['language']['code'] are required.")
    if isinstance(language, dict) and language.get("policy", "deterministic") != "deterministic":
        raise GraphError(131009, "template['language']['policy'] must be deterministic.")
    row = templates.find_sendable(call.store, number, body["name"], code)
    if marketing_only and row["category"] != "MARKETING":
        raise GraphError(134100, "Only templates of the category MARKETING can be sent here.")
    if row["category"] == "AUTHENTICATION" and not call.params.get("to"):
        raise GraphError(131062, "Authentication templates can't be sent to a user id.")
    template_send.check(call, number, row, body.get("components"))
    return row


def _check_speed(call, number, person):
    if not call.box.options["enforce_throughput"]:
        return
    speed = SPEEDS.get(number["throughput"], 80)
    if not call.box.buckets.take(number["id"], speed, speed):
        raise GraphError(130429, "Cloud API message throughput has been reached.", subcode=2494055)
    if not call.box.buckets.take((number["id"], person["id"]), PAIR_BURST, PAIR_PER_SECOND):
        raise GraphError(
            131056,
            "Message failed to send because there were too many messages sent from this phone "
            "number to the same phone number in a short period of time.",
        )


def _check_limit(call, waba, person):
    """People reached outside a window in a moving 24 hours, over the whole portfolio (Meta, since 2025-10-07).

    Meta doesn't say which code marks the end of the limit; 131048 fits best.
    """
    store, since = call.store, present.now() - 86400
    business = store.get("business", waba["business_id"])
    limit = limit_of(business["limit_tier"])
    known = store.value(
        "SELECT at FROM reached WHERE business_id = ? AND customer_id = ?", business["id"], person["id"]
    )
    if not known or known < since:
        if limit is not None and call.box.options["enforce_messaging_limit"]:
            count = store.value("SELECT COUNT(*) FROM reached WHERE business_id = ? AND at > ?", business["id"], since)
            if count >= limit:
                raise GraphError(131048, f"The messaging limit of {limit} people in 24 hours has been reached.")
        store.run("INSERT OR REPLACE INTO reached VALUES (?, ?, ?)", business["id"], person["id"], present.now())


def _refusal(chat, person, template, window_open):
    """``(error, may be an HTTP answer)`` for a message that won't arrive, or ``None``."""
    if chat["blocked_by_business"]:
        return GraphError(130403, "The business has blocked this user."), True
    if template is None and not window_open:
        return GraphError(
            131047,
            "Message failed to send because more than 24 hours have passed since the customer last replied to "
            "this number.",
        ), True
    if template is not None and template["category"] == "MARKETING" and chat["marketing_stopped"]:
        return GraphError(131050, "The recipient chose to stop marketing messages from this business."), True
    if not person["on_whatsapp"]:
        return GraphError(131026, "Message undeliverable."), False
    return None


def _check_target(store, number, body):
    row = store.one("SELECT at FROM message WHERE id = ? AND number_id = ?", body["message_id"], number["id"])
    if row is None:
        raise GraphError(131009, "reaction['message_id'] is not a message of this chat.")
    if present.now() - row["at"] > OLDEST:
        raise GraphError(131009, "The message is older than 30 days.")


def _answer(store, number, person, asked, wamid):
    contact = {"input": asked}
    user = people.user_id(store, person, people.business_of(store, number))
    if asked == user:
        contact["user_id"] = user
    else:
        contact |= {"wa_id": person["digits"], "user_id": user}
    return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": wamid}]}


def _mark_read(call, number):
    """Mark an inbound message and those before it as read, with a typing indicator for up to 25 seconds."""
    params, store = call.params, call.store
    if params["status"] != "read":
        raise invalid("status must be read.")
    if not params.get("message_id"):
        raise missing("message_id")
    row = store.one(
        "SELECT * FROM message WHERE id = ? AND number_id = ? AND outbound = 0",
        params["message_id"],
        number["id"],
    )
    if row is None:
        raise GraphError(131009, "message_id is not a message received by this number.")
    if present.now() - row["at"] > OLDEST:
        raise GraphError(131009, "The message is older than 30 days.")
    store.run(
        "UPDATE message SET status = 'read' WHERE customer_id = ? AND number_id = ? AND outbound = 0 AND seq <= ?",
        row["customer_id"],
        number["id"],
        row["seq"],
    )
    typing = as_json(params.get("typing_indicator"))
    if typing is not None:
        if not isinstance(typing, dict) or typing.get("type") != "text":
            raise GraphError(131009, "typing_indicator['type'] must be text.")
        people.set_chat(store, number["id"], row["customer_id"], typing_until=time.time() + 25)
    call.box.touched(row["customer_id"])
    return {"success": True}
