"""What becomes of a sent message: sent, delivered, read or failed, each with its webhook and price."""

import json
import time
from datetime import UTC, datetime

from . import payloads, people, present
from .errors import GraphError
from .store import packed

RANK = {"accepted": 0, "sent": 1, "delivered": 2, "read": 3, "played": 4}
# Replies and utility templates inside a window cost money from this day on (Meta's pricing page, 2026-09-11).
CHARGED_FROM = datetime(2026, 10, 1, tzinfo=UTC).timestamp()
FREE_ENTRY = 72 * 3600


def price(category, window_open, free_until, at):
    """The ``pricing`` object of a status."""
    if free_until and at < free_until:
        return {
            "billable": False,
            "pricing_model": "PMP",
            "type": "free_entry_point",
            "category": "referral_conversion",
        }
    if at < CHARGED_FROM and (category == "service" or (category == "utility" and window_open)):
        return {
            "billable": False,
            "pricing_model": "PMP",
            "type": "free_customer_service",
            "category": category,
        }
    return {"billable": True, "pricing_model": "PMP", "type": "regular", "category": category}


def begin(box, number, person, chat, wamid, window_open, refusal):
    """Plan the statuses of an accepted message."""
    store, moment = box.store, time.time()
    if refusal:
        store.update("message", wamid, error=packed(refusal.in_webhook()))
        store.insert("step", message_id=wamid, status="failed", due=moment + box.options["sent_after"])
        box.wake_steps()
        return
    free_until = chat["free_until"]
    now = present.now()
    if chat["referral_at"] and not free_until and now - chat["referral_at"] < 86400:
        # The first answer within 24 hours opens the free entry point (Meta, "Pricing", 2025-12-10).
        free_until = now + FREE_ENTRY
        people.set_chat(store, number["id"], person["id"], free_until=free_until)
    row = store.one("SELECT category FROM message WHERE id = ?", wamid)
    store.update("message", wamid, pricing=packed(price(row["category"], window_open, free_until, now)))
    store.insert("step", message_id=wamid, status="sent", due=moment + box.options["sent_after"])
    if not chat["blocked_by_customer"]:
        store.insert("step", message_id=wamid, status="delivered", due=moment + box.options["delivered_after"])
    box.wake_steps()


def take_steps(box):
    """Take the steps that are due; the seconds until the next one, ``None`` when none waits."""
    store = box.store
    rows = store.all("SELECT * FROM step WHERE due <= ? ORDER BY due, id LIMIT 500", time.time())
    for row in rows:
        store.run("DELETE FROM step WHERE id = ?", row["id"])
        reach(box, row["message_id"], row["status"])
    following = store.value("SELECT MIN(due) FROM step")
    return None if following is None else max(0.0, following - time.time())


def reach(box, wamid, status):
    """Bring a message to a status, unless it is there already, and tell of it. Statuses only climb."""
    store = box.store
    message = store.get("message", wamid)
    if message is None or message["status"] == "failed":
        return
    if status != "failed" and RANK[status] <= RANK.get(message["status"], 0):
        return
    number, person = store.get("number", message["number_id"]), store.get("customer", message["customer_id"])
    store.update("message", wamid, status=status)
    at = present.now()
    error = json.loads(message["error"]) if message["error"] else None
    if message["type"] == "reaction" and status in ("delivered", "read"):
        return
    change, entry = payloads.status(store, number, person, message, status, at, error)
    if message["pricing"] and status in ("sent", "delivered"):
        entry["pricing"] = json.loads(message["pricing"])
        if entry["pricing"]["type"] == "free_entry_point":
            until = people.chat(store, number["id"], person["id"])["free_until"]
            entry["conversation"] = {
                "id": wamid[-32:].lower(),
                "expiration_timestamp": str(int(until)),
                "origin": {"type": "referral_conversion"},
            }
    box.hooks.say(store.get("waba", number["waba_id"]), change, number, stream=f"{number['id']}/{person['id']}")
    box.touched(person["id"])
    if status == "delivered" and box.is_open(person["id"], number["id"]) and person["auto_read"]:
        mark_read(box, number["id"], person["id"])


def mark_read(box, number_id, customer_id):
    """The person looked at the chat: everything delivered becomes read, the rest once it is delivered."""
    store = box.store
    for row in store.all(
        "SELECT id FROM message WHERE customer_id = ? AND number_id = ? AND outbound = 1 AND status = 'delivered' "
        "AND type != 'reaction' ORDER BY seq",
        customer_id,
        number_id,
    ):
        reach(box, row["id"], "read")
    people.set_chat(store, number_id, customer_id, unread=0)


def fail(box, wamid, code, details):
    """Fail a message by hand (control panel), also after it was sent."""
    store = box.store
    message = store.get("message", wamid)
    if message is None or not message["outbound"]:
        raise LookupError("There is no such sent message.")
    store.run("DELETE FROM step WHERE message_id = ?", wamid)
    store.update("message", wamid, error=packed(GraphError(code, details).in_webhook()))
    reach(box, wamid, "failed")
