"""The person writes: every message the telephone can send, as the webhook the business gets."""

import json

from . import media, messages, payloads, people, present
from .store import packed


class NotPossible(ValueError):
    """The telephone can't do this; the message says why."""


def _open_chat(box, number_id, customer_id):
    store = box.store
    number, person = store.get("number", number_id), store.get("customer", customer_id)
    if person is None:
        raise NotPossible("There is no such person.")
    if number is None or not number["registered"]:
        raise NotPossible("This number is not on WhatsApp (not registered).")
    chat = people.chat(store, number_id, customer_id)
    if chat["blocked_by_business"]:
        raise NotPossible("The business has blocked this person.")
    if chat["blocked_by_customer"]:
        raise NotPossible("Unblock the business first.")
    return number, person, chat


def receive(box, number_id, customer_id, kind, body, *, reply_to=None, referral=None, forwarded=False, at=None):
    """Let a person send one message; its id. ``at`` backdates it (a webhook that comes late)."""
    store = box.store
    number, person, chat = _open_chat(box, number_id, customer_id)
    moment = present.now() if at is None else float(at)
    wamid = messages.message_id(person["digits"], outbound=False)
    shown = {**body} if isinstance(body, dict) else body
    message = {"id": wamid, "timestamp": str(int(moment)), "type": kind, kind: shown}
    if reply_to:
        message["context"] = {"id": reply_to, "from": _author(store, reply_to, number, person)}
    if forwarded:
        message["context"] = {**message.get("context", {}), "forwarded": True}
    if referral:
        message["referral"] = referral
    if kind in ("button", "interactive", "reaction"):
        forwarded = False
    store.insert(
        "message",
        id=wamid,
        number_id=number_id,
        customer_id=customer_id,
        outbound=0,
        type=kind,
        body=packed(body),
        at=moment,
        seq=store.next_seq(),
        status="sent",
        reply_to=reply_to,
    )
    changes = {"last_inbound_at": max(moment, chat["last_inbound_at"] or 0), "last_at": moment}
    if referral:
        changes |= {"referral_at": moment, "free_until": None}
    people.set_chat(store, number_id, customer_id, **changes)
    if kind == "reaction":
        store.run("UPDATE message SET reaction_in = ? WHERE id = ?", body.get("emoji") or None, body["message_id"])
    change = payloads.inbound(store, number, person, message)
    box.hooks.say(store.get("waba", number["waba_id"]), change, number, stream=f"{number_id}/{customer_id}")
    box.touched(customer_id)
    return wamid


def _author(store, wamid, number, person):
    outbound = store.value("SELECT outbound FROM message WHERE id = ?", wamid)
    return person["digits"] if outbound == 0 else number["digits"]


def receive_file(box, number_id, customer_id, file, *, caption=None, voice=False, reply_to=None, at=None):
    """Let a person send a file; raises ``NotPossible`` for kinds that WhatsApp doesn't take."""
    kind = media.kind_of(file.mime) or "document"
    if not file.content:
        raise NotPossible("The file is empty.")
    node = media.keep(box.store, file.content, file.mime, file.name, "customer", number_id)
    row = box.store.get("media", node)
    body = {
        "mime_type": file.mime,
        "sha256": row["sha256"],
        "id": node,
        "url": media.address(box.origin, node),
    }
    if kind == "audio":
        body["voice"] = voice
    if kind == "document":
        body["filename"] = file.name
    if kind == "sticker":
        body["animated"] = False
    if caption and kind in ("image", "video", "document"):
        body["caption"] = caption
    return receive(box, number_id, customer_id, kind, body, reply_to=reply_to, at=at)


def press(box, wamid, position, at=None):
    """Press an answer button or choose a row of the message ``wamid``; ``position`` counts from 0 over all choices."""
    store = box.store
    message = store.get("message", wamid)
    if message is None or not message["outbound"]:
        raise NotPossible("There is no such message.")
    body = json.loads(message["body"])
    choices = list(choices_of(store, message, body))
    if not 0 <= position < len(choices):
        raise NotPossible("There is no such button.")
    kind, reply = choices[position]
    store.update("message", wamid, answered=str(position))
    return receive(box, message["number_id"], message["customer_id"], kind, reply, reply_to=wamid, at=at)


def choices_of(store, message, body):
    """``(type, typed object)`` of each answer that a message offers, in the order shown."""
    if message["type"] == "interactive":
        action = body.get("action") or {}
        if body["type"] == "button":
            for row in action["buttons"]:
                yield "interactive", {"type": "button_reply", "button_reply": dict(row["reply"])}
        elif body["type"] == "list":
            for section in action["sections"]:
                for row in section["rows"]:
                    reply = {key: row[key] for key in ("id", "title", "description") if row.get(key)}
                    yield "interactive", {"type": "list_reply", "list_reply": reply}
    elif message["type"] == "template":
        template = store.get("template", message["template_id"])
        parts = {part["type"]: part for part in json.loads(template["components"])} if template else {}
        sent = body.get("components") or []
        yield from _quick_replies(parts, sent)
        cards = next((row.get("cards") for row in sent if str(row.get("type", "")).lower() == "carousel"), None) or []
        for made, card in zip(parts.get("CAROUSEL", {}).get("cards") or [], cards, strict=False):
            own = {part["type"]: part for part in made["components"]}
            yield from _quick_replies(own, card.get("components") or [])


def _quick_replies(parts, sent):
    payloads_sent = {
        int(row.get("index", 0)): row.get("parameters") or []
        for row in sent
        if str(row.get("type", "")).lower() == "button"
    }
    for index, button in enumerate(parts.get("BUTTONS", {}).get("buttons") or []):
        if button["type"] == "QUICK_REPLY":
            given = next((row.get("payload") for row in payloads_sent.get(index, ()) if row.get("payload")), None)
            yield "button", {"payload": given or button["text"], "text": button["text"]}


def set_marketing(box, number_id, customer_id, stopped):
    """Stop or resume marketing messages of a business (webhook ``user_preferences``)."""
    store = box.store
    number, person = store.get("number", number_id), store.get("customer", customer_id)
    people.chat(store, number_id, customer_id)
    people.set_chat(store, number_id, customer_id, marketing_stopped=int(stopped))
    change = payloads.user_preference(store, number, person, "stop" if stopped else "resume")
    box.hooks.say(store.get("waba", number["waba_id"]), change, number, stream=f"{number_id}/{customer_id}")
    box.touched(customer_id)


def set_blocked(box, number_id, customer_id, blocked):
    """Block or unblock the business; it is told nothing, its messages just stay at one tick."""
    people.chat(box.store, number_id, customer_id)
    people.set_chat(box.store, number_id, customer_id, blocked_by_customer=int(blocked))
    box.touched(customer_id)
