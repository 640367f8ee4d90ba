"""Turns any delivery into typed events. Pure: no database, no settings, no clock; and it never raises.

``parse_delivery`` reads the whole, ``routing_key`` takes a quick look before that.
"""

from typing import Any

from providers.webhooks.events import Event, Unknown
from providers.webhooks.parser import accounts, messages, templates
from providers.webhooks.parser.frame import Frame
from providers.webhooks.parser.reading import Unreadable, excerpt, read, routing_key
from providers.webhooks.parser.values import identifier, moment, safe, text

__all__ = ["parse_delivery", "routing_key"]

MAX_EVENTS = 20_000
"""Meta puts up to 1,000 updates into a delivery; past this the rest is kept as one piece."""

_READERS = {
    "messages": messages.read_messages,
    "message_echoes": messages.read_echoes,
    "smb_message_echoes": messages.read_echoes,
    "calls": messages.read_calls,
    "user_preferences": messages.read_preferences,
    "message_template_status_update": templates.read_template,
    "message_template_quality_update": templates.read_template,
    "message_template_components_update": templates.read_template,
    "template_category_update": templates.read_template,
    "template_correct_category_detection": templates.read_template,
    "account_update": accounts.read_account_update,
    "account_review_update": accounts.read_account_review,
    "account_alerts": accounts.read_account_alert,
    "phone_number_name_update": accounts.read_number_name,
    "phone_number_quality_update": accounts.read_number_quality,
    "business_capability_update": accounts.read_capability,
    "security": accounts.read_security,
}

UNUSED = frozenset(
    {
        "account_settings_update",
        "automatic_events",
        "business_status_update",
        "business_username_updates",
        "flows",
        "group_lifecycle_update",
        "group_participants_update",
        "group_settings_update",
        "group_status_update",
        "history",
        "messaging_handovers",
        "partner_solutions",
        "payment_configuration_update",
        "smb_app_state_sync",
        "standby",
        "tracking_events",
    }
)
"""Fields that Meta documents or was seen sending, and that nothing here uses. The messages in ``history`` are old:
taken for new ones they would open windows."""


def parse_delivery(raw: bytes) -> list[Event]:
    """The events in the body of one delivery, in its order.

    What can't be understood becomes an ``Unknown`` with the piece, and everything beside it is still read. A body
    that isn't JSON is one ``Unknown``; a body with nothing in it is no event at all.
    """
    try:
        data = read(raw)
    except Unreadable as exc:
        return [Unknown(kind="unreadable", reason=str(exc), piece=excerpt(raw))]
    if type(data) is not dict or type(data.get("entry")) is not list:
        return [Unknown(kind="unexpected_shape", reason="there are no entries", piece=safe(data))]
    events: list[Event] = []
    for number, entry in enumerate(data["entry"]):
        if len(events) >= MAX_EVENTS:
            left = len(data["entry"]) - number
            events.append(Unknown(kind="too_many", reason=f"{left} more entries", position=(number, 0, 0)))
            break
        _read_entry(number, entry, events)
    return events


def _read_entry(number: int, entry: Any, events: list[Event]) -> None:
    if type(entry) is not dict or type(entry.get("changes")) is not list:
        entry_id = identifier(entry.get("id")) if type(entry) is dict else None
        events.append(
            Unknown(
                kind="unexpected_shape",
                reason="an entry without changes",
                waba_id=entry_id,
                position=(number, 0, 0),
                piece=safe(entry),
            )
        )
        return
    entry_id = identifier(entry.get("id"))
    at_ms, problem = moment(entry.get("time"))
    for place, change in enumerate(entry["changes"]):
        if len(events) >= MAX_EVENTS:
            left = len(entry["changes"]) - place
            events.append(
                Unknown(
                    kind="too_many",
                    reason=f"{left} more changes",
                    waba_id=entry_id,
                    position=(number, place, 0),
                )
            )
            return
        frame = Frame(
            waba_id=entry_id,
            entry=number,
            change=place,
            entry_id=entry_id,
            entry_at_ms=at_ms,
            entry_time_problem=problem,
            events=events,
        )
        try:
            _read_change(frame, entry, change)
        except Exception as exc:  # whatever a stranger thought of, the other changes still count
            frame.unknown("unexpected_shape", type(exc).__name__, change)


def _read_change(frame: Frame, entry: dict[str, Any], change: Any) -> None:
    if type(change) is not dict or type(change.get("value")) is not dict:
        return frame.unknown("unexpected_shape", "a change without a value", change)
    value = change["value"]
    field = change.get("field")
    if type(field) is not str:
        # Two samples of Meta's have it in the value or in the entry.
        field = text(value.get("field")) or text(entry.get("field")) or _guess(value)
    frame.field = field[:100]
    metadata = value.get("metadata")
    if type(metadata) is dict:
        frame.phone_number_id = identifier(metadata.get("phone_number_id"))
        frame.display_phone_number = text(metadata.get("display_phone_number"))[:64] or None
    contacts = value.get("contacts")
    if type(contacts) is list:
        frame.single = sum(len(items) for key in _LISTS if type(items := value.get(key)) is list) == 1
        frame.read_contacts(contacts)
    reader = _READERS.get(field)
    if reader is None:
        known = field in UNUSED
        kind = "recognised_but_unused" if known else "unknown_field"
        return frame.unknown(kind, field[:100] or "no field", value)
    if type(value.get("rejection_info")) is not dict and type(change.get("rejection_info")) is dict:
        value = {**value, "rejection_info": change["rejection_info"]}
    before = len(frame.events)
    reader(frame, value)
    if len(frame.events) == before:
        frame.unknown("unexpected_shape", "nothing in it", value)
    return None


_LISTS = ("messages", "statuses", "message_echoes", "user_preferences", "calls")


def _guess(value: dict[str, Any]) -> str:
    """The field of a value that came without one."""
    if "messages" in value or "statuses" in value:
        return "messages"
    if "message_echoes" in value:
        return "smb_message_echoes"
    if "user_preferences" in value:
        return "user_preferences"
    return "message_template_status_update" if "message_template_id" in value else ""
