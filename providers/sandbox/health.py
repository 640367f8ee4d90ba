"""``health_status`` of numbers, WABAs and templates (Meta, "Health status", 2025): the worst entity decides."""

import json

from . import present
from .own_app import app_id

_RANK = {"AVAILABLE": 0, "LIMITED": 1, "BLOCKED": 2}
_NAME_PENDING = (
    "Your display name has not been approved yet. Your message limit will increase after the display name is approved."
)


def _restricted(waba):
    rows = json.loads(waba["restrictions"])
    return any(row["expiration"] > present.now() for row in rows)


def _waba_entity(waba):
    entity = {"entity_type": "WABA", "id": waba["id"], "can_send_message": "AVAILABLE"}
    if waba["status"] != "ACTIVE" or waba["review_status"] == "REJECTED":
        entity["can_send_message"] = "BLOCKED"
        entity["errors"] = [
            {
                "error_code": 131031,
                "error_description": "The account has been locked.",
                "possible_solution": "Request a review in Business Support Home.",
            }
        ]
    elif _restricted(waba):
        entity["can_send_message"] = "LIMITED"
        entity["additional_info"] = ["The account is restricted for a policy violation."]
    return entity


def _business_entity(store, waba):
    business = store.get("business", waba["business_id"])
    entity = {"entity_type": "BUSINESS", "id": business["id"], "can_send_message": "AVAILABLE"}
    if business["verification_status"] != "verified":
        entity["can_send_message"] = "LIMITED"
        entity["additional_info"] = [
            "The business has not been verified yet. Its messaging limit stays low until then."
        ]
    return entity


def _summary(entities):
    worst = max(entities, key=lambda entity: _RANK[entity["can_send_message"]])
    return {"can_send_message": worst["can_send_message"], "entities": entities}


def _app_entity():
    return {
        "entity_type": "APP",
        "id": app_id(),
        "can_send_message": "AVAILABLE",
        "can_receive_call_sip": "AVAILABLE",
    }


def of_waba(store, waba):
    return _summary([_waba_entity(waba), _business_entity(store, waba), _app_entity()])


def of_number(store, number):
    waba = store.get("waba", number["waba_id"])
    entity = {
        "entity_type": "PHONE_NUMBER",
        "id": number["id"],
        "can_send_message": "AVAILABLE",
        "can_receive_call_sip": "AVAILABLE",
    }
    if number["status"] in ("BANNED", "RESTRICTED", "MIGRATED", "DISCONNECTED") or not number["registered"]:
        entity["can_send_message"] = "BLOCKED"
        entity["errors"] = [
            {
                "error_code": 133010,
                "error_description": "The phone number is not registered or may not send.",
                "possible_solution": "Register the phone number.",
            }
        ]
    elif number["name_status"] not in ("APPROVED", "AVAILABLE_WITHOUT_REVIEW"):
        entity["can_send_message"] = "LIMITED"
        entity["additional_info"] = [_NAME_PENDING]
    return _summary([entity, _waba_entity(waba), _business_entity(store, waba), _app_entity()])


def of_template(store, template):
    waba = store.get("waba", template["waba_id"])
    entity = {"entity_type": "MESSAGE_TEMPLATE", "id": template["id"], "can_send_message": "AVAILABLE"}
    if template["status"] != "APPROVED":
        entity["can_send_message"] = "BLOCKED"
        entity["errors"] = [
            {
                "error_code": 141002,
                "error_description": "Message templates can only be sent out if they are approved.",
                "possible_solution": "Edit or appeal the message template review decision.",
            }
        ]
    return _summary([entity, _waba_entity(waba), _business_entity(store, waba), _app_entity()])
