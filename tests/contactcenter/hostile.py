"""Deliveries that nobody should send: own ones in Meta's shape, and every way in which a value can be wrong."""

import copy
import itertools
import json

TEXT = "x" * 65_536
DEEP: list = []
for _ in range(150):
    DEEP = [DEEP]

HOSTILE = {
    "null": None,
    "true": True,
    "zero": 0,
    "minus one": -1,
    "just past 32 bits": 2**31,
    "just past 64 bits": 2**63,
    "a number of forty digits": 10**40,
    "a fraction": 1.5,
    "NaN": float("nan"),
    "1e999": float("inf"),
    "nothing written": "",
    "NUL": "a\x00b",
    "a lone surrogate": "a\ud800b",
    "half of an emoji after another": "\udfff\ud83d",
    "65 k of text": TEXT,
    "a word nobody knows": "SOMETHING_NEW",
    "digits of another script": "٣٤٥",
    "eighteen digits": "9" * 18,
    "a list": [],
    "a list in a list": [[None]],
    "an object": {},
    "an object in an object": {"id": {"id": {}}},
    "deep nesting": DEEP,
}
MISSING = object()

_numbers = itertools.count(1)


def fresh(word="wamid.hostile"):
    return f"{word}{next(_numbers)}"


def _change(field, value):
    return {"field": field, "value": value}


def changes(phone_number_id):
    """One change of every kind that something here makes use of, rich in fields; new IDs each time."""
    metadata = {"display_phone_number": "15550001111", "phone_number_id": phone_number_id}
    person = {"profile": {"name": "Rosa", "username": "rosa"}, "wa_id": "573001112233", "user_id": "CO.1"}
    base = {"messaging_product": "whatsapp", "metadata": metadata, "contacts": [person]}

    def message(kind, **content):
        sender = {"from": "573001112233", "from_user_id": "CO.1"}
        told = sender | {"id": fresh(), "timestamp": "1790000000", "type": kind} | content
        return _change("messages", copy.deepcopy(base) | {"messages": [told]})

    file = {"id": "1", "mime_type": "image/png", "sha256": "ab", "caption": "Look", "filename": "a.png"}
    error = {"code": 131026, "title": "Undeliverable", "message": "m", "error_data": {"details": "d"}}
    status = {
        "id": fresh(), "status": "failed", "timestamp": "1790000001", "recipient_id": "573001112233",
        "recipient_user_id": "CO.1", "biz_opaque_callback_data": "6d3c9a3e-6f1c-4c3e-9d5e-1f2a3b4c5d6e",
        "conversation": {"id": "c", "expiration_timestamp": "1790086400", "origin": {"type": "service"}},
        "pricing": {"billable": True, "pricing_model": "PMP", "type": "regular", "category": "service"},
        "errors": [error],
    }  # fmt: skip
    referral = {"source_url": "https://fb.me/1", "source_type": "ad", "source_id": "9", "ctwa_clid": "c"}
    template = {"message_template_id": 1, "message_template_name": "n", "message_template_language": "es"}
    return [
        message("text", text={"body": "Hola"}, context={"id": "wamid.x", "from": "1"}, referral=referral),
        message("image", image=file),
        message("location", location={"latitude": 4.6, "longitude": -74.1, "name": "n", "address": "a"}),
        message("contacts", contacts=[{"name": {"formatted_name": "A"}, "phones": [{"phone": "1", "wa_id": "1"}]}]),
        message("interactive", interactive={"type": "list_reply", "list_reply": {"id": "1", "title": "t"}}),
        message("button", button={"payload": "p", "text": "t"}),
        message("order", order={"catalog_id": "1", "product_items": [{"quantity": 1, "item_price": 2.5}]}),
        message("reaction", reaction={"message_id": "wamid.x", "emoji": "👍"}),
        message("edit", edit={"original_message_id": "wamid.x", "message": {"type": "text", "text": {"body": "b"}}}),
        message("revoke", revoke={"original_message_id": "wamid.x"}),
        message("system", system={"type": "user_changed_number", "wa_id": "573001112299", "body": "b"}),
        message("unsupported", errors=[error]),
        _change("messages", copy.deepcopy(base) | {"statuses": [status]}),
        _change("messages", copy.deepcopy(base) | {"errors": [error]}),
        _change(
            "smb_message_echoes",
            base
            | {
                "message_echoes": [
                    {
                        "id": fresh(), "from": "15550001111", "to": "573001112233", "timestamp": "1790000000",
                        "type": "text", "text": {"body": "b"},
                    }
                ]
            },
        ),
        _change(
            "calls",
            base
            | {
                "calls": [
                    {
                        "id": fresh(), "from": "573001112233", "to": "15550001111", "event": "terminate",
                        "direction": "USER_INITIATED", "timestamp": "1790000000", "start_time": "1790000000",
                        "end_time": "1790000009", "duration": 9, "status": "COMPLETED",
                    }
                ]
            },
        ),
        _change(
            "user_preferences",
            base
            | {
                "user_preferences": [
                    {
                        "wa_id": "573001112233", "category": "marketing_messages", "value": "stop",
                        "detail": "d", "timestamp": 1790000000,
                    }
                ]
            },
        ),
        _change("message_template_status_update", template | {"event": "REJECTED", "reason": "ABUSIVE_CONTENT"}),
        _change("message_template_quality_update", template | {"previous_quality_score": "RED"}),
        _change("template_category_update", template | {"previous_category": "UTILITY", "new_category": "MARKETING"}),
        _change(
            "account_update",
            {
                "event": "ACCOUNT_RESTRICTION",
                "restriction_info": [{"restriction_type": "RESTRICTED_BIZ", "expiration": 1790000000}],
                "ban_info": {"waba_ban_state": "DISABLE", "waba_ban_date": "2026-11-22"},
                "waba_info": {"waba_id": "1", "owner_business_id": "2"},
            },
        ),
        _change("account_review_update", {"decision": "APPROVED"}),
        _change(
            "phone_number_name_update",
            {"display_phone_number": "15550001111", "decision": "APPROVED", "requested_verified_name": "n"},
        ),
        _change(
            "phone_number_quality_update",
            {"display_phone_number": "15550001111", "event": "ONBOARDING", "current_limit": "TIER_250"},
        ),
        _change("business_capability_update", {"max_daily_conversation_per_phone": 250, "max_phone_numbers": 2}),
        _change("security", {"display_phone_number": "15550001111", "event": "PIN_CHANGED", "requester": "1"}),
    ]  # fmt: skip


def delivery(*changed, waba_id="100200300"):
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": waba_id, "time": 1790000000, "changes": list(changed)}],
    }


def places(node, path=()):
    """Every place in a delivery, as the steps that lead to it."""
    if path:
        yield path
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, value in inner:
        yield from places(value, (*path, step))


def with_value(body, path, value):
    """The delivery with another value at a place, or without that place (``MISSING``)."""
    body = copy.deepcopy(body)
    node = body
    for step in path[:-1]:
        node = node[step]
    if value is MISSING:
        del node[path[-1]]
    else:
        node[path[-1]] = copy.deepcopy(value) if isinstance(value, dict | list) else value
    return body


def as_bytes(body):
    """As a stranger would write it: ``NaN``, lone surrogates as escapes, NUL as an escape."""
    return json.dumps(body).encode()
