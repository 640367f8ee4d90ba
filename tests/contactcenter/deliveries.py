"""Own deliveries in the shape of Meta's, and what the tables say about them by natural keys."""

import json
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction

from contactcenter.understand import handlers, routing
from providers.webhooks.parser import parse_delivery
from providers.webhooks.subscribers import Heard
from tenants.tenancy import every_business

BEGIN = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
"""A Monday noon; tests count seconds from here."""


def frame(number, field="messages", **value):
    """One delivery with one change for a business number (its ``phone_number_id``)."""
    metadata = {"display_phone_number": "15550001111", "phone_number_id": number}
    change = {"field": field, "value": {"messaging_product": "whatsapp", "metadata": metadata} | value}
    return {"object": "whatsapp_business_account", "entry": [{"id": "100200300", "changes": [change]}]}


def stamp(seconds):
    return str(int((BEGIN + timedelta(seconds=seconds)).timestamp()))


def profile(wa_id=None, bsuid=None, name=None, username=None):
    """An entry of ``contacts``."""
    told = {"profile": {"name": name} | ({"username": username} if username else {})} if name else {}
    return told | ({"wa_id": wa_id} if wa_id else {}) | ({"user_id": bsuid} if bsuid else {})


def sender(wa_id=None, bsuid=None):
    return ({"from": wa_id} if wa_id else {}) | ({"from_user_id": bsuid} if bsuid else {})


def inbound(number, provider_id, at, text="Hola", *, wa_id=None, bsuid=None, name=None, username=None, **more):
    """Somebody writes."""
    message = sender(wa_id, bsuid) | {"id": provider_id, "timestamp": stamp(at)}
    if "type" not in more:
        message |= {"type": "text", "text": {"body": text}}
    people = [profile(wa_id, bsuid, name, username)] if name else []
    return frame(number, contacts=people, messages=[message | more])


def status(number, provider_id, word, at, *, wa_id=None, bsuid=None, reference=None, **more):
    """Something became of a message of ours."""
    told = {"id": provider_id, "status": word, "timestamp": stamp(at)} | more
    told |= ({"recipient_id": wa_id} if wa_id else {}) | ({"recipient_user_id": bsuid} if bsuid else {})
    if reference:
        told["biz_opaque_callback_data"] = str(reference)
    return frame(number, statuses=[told])


def echo(number, provider_id, at, text="Ya va", *, wa_id=None, bsuid=None, **more):
    """The business writes in its app."""
    told = {"id": provider_id, "from": "15550001111", "timestamp": stamp(at)}
    told |= ({"to": wa_id} if wa_id else {}) | ({"to_user_id": bsuid} if bsuid else {})
    if "type" not in more:
        told |= {"type": "text", "text": {"body": text}}
    return frame(number, "smb_message_echoes", message_echoes=[told | more])


def reaction(number, provider_id, at, target, emoji, *, wa_id=None, bsuid=None):
    told = {"message_id": target} | ({"emoji": emoji} if emoji else {})
    return inbound(number, provider_id, at, wa_id=wa_id, bsuid=bsuid, type="reaction", reaction=told)


def edit(number, provider_id, at, target, text, *, wa_id):
    told = {"original_message_id": target, "message": {"type": "text", "text": {"body": text}}}
    return inbound(number, provider_id, at, wa_id=wa_id, type="edit", edit=told)


def revoke(number, provider_id, at, target, *, wa_id):
    return inbound(number, provider_id, at, wa_id=wa_id, type="revoke", revoke={"original_message_id": target})


def changed_number(number, provider_id, at, old, new):
    told = {"type": "user_changed_number", "wa_id": new, "body": f"User changed from {old} to {new}"}
    return inbound(number, provider_id, at, wa_id=old, type="system", system=told)


def call(number, call_id, at, *, wa_id, event="connect", direction="USER_INITIATED", **more):
    told = {"id": call_id, "from": wa_id, "to": "15550001111", "event": event, "timestamp": stamp(at)}
    told |= {"direction": direction} | more
    return frame(number, "calls", calls=[told])


def preference(number, at, value, *, wa_id):
    told = {"wa_id": wa_id, "category": "marketing_messages", "value": value, "timestamp": int(stamp(at))}
    return frame(number, "user_preferences", contacts=[profile(wa_id)], user_preferences=[told])


def hear(*deliveries, received_at=None, first_id=1):
    """Digest deliveries as one batch, through the real parser; ``received_at`` in seconds or as a moment."""
    if received_at is None:
        received_at = BEGIN + timedelta(days=1)
    elif not isinstance(received_at, datetime):
        received_at = BEGIN + timedelta(seconds=received_at)
    heard = [
        Heard(event, received_at, first_id + place)
        for place, delivery in enumerate(deliveries)
        for event in parse_delivery(json.dumps(delivery).encode())
    ]
    digest(heard)


def digest(heard):
    """One batch in one transaction, as the workers do it."""
    routing.forget()
    with transaction.atomic(), every_business():
        handlers.understand(heard)


PERSON = """
(SELECT string_agg(i.kind || '=' || i.value, ' ' ORDER BY i.kind COLLATE "C", i.value COLLATE "C")
 FROM contacts_identity i WHERE i.contact_id = {}.contact_id)
"""
TABLES = {
    "contacts": "SELECT "
    + PERSON.replace("{}.contact_id", "c.id")
    + ", c.business_id, c.name, c.name_key, c.profile_name, c.profile_at, c.username, c.username_at, "
    "c.last_seen_at, "
    "(SELECT string_agg(token, ' ' ORDER BY token COLLATE \"C\") FROM contacts_contacttoken t "
    "WHERE t.contact_id = c.id) "
    "FROM contacts_contact c WHERE c.merged_into_id IS NULL",
    "windows": "SELECT phone_number_id, last_inbound_at, expires_at, free_entry_from, free_entry_expires_at, "
    + PERSON.format("w")
    + " FROM sessions_24h_customerservicewindow w",
    "conversations": "SELECT phone_number_id, status, last_activity_at, last_message_text, last_message_kind, "
    "last_message_direction, unread_count, last_inbound_at, last_outbound_at, waiting_since, "
    + PERSON.format("c")
    + " FROM contactcenter_conversation c",
    "messages": "SELECT m.phone_number_id, m.provider_id, m.direction, m.source, m.kind, m.text, m.content::text, "
    "m.at, "
    "m.status, m.rank, m.sent_at, m.delivered_at, m.read_at, m.played_at, m.failed_at, m.error_code, m.error_details, "
    "m.pricing_type, m.pricing_category, m.pricing_rank, m.edited_at, m.edit_provider_id, m.deleted_at, m.from_ad, "
    "m.reply_to_provider_id, m.contact_id = c.contact_id, "
    + PERSON.format("m")
    + " FROM contactcenter_message m JOIN contactcenter_conversation c ON c.id = m.conversation_id",
    "media": "SELECT m.provider_id, f.provider_media_id, f.mime_type, f.file_name, f.next_attempt_at IS NOT NULL "
    "FROM contactcenter_messagemedia f JOIN contactcenter_message m ON m.id = f.message_id",
    "reactions": "SELECT r.phone_number_id, r.target_provider_id, r.direction, r.emoji, r.provider_id, r.at, "
    + PERSON.format("c")
    + " FROM contactcenter_reaction r JOIN contactcenter_conversation c ON c.id = r.conversation_id",
    "pending": "SELECT phone_number_id, provider_id, kind, key, rank, at, data::text FROM contactcenter_pendingupdate",
    "ledger": "SELECT split_part(e.key, ':', 1), CASE WHEN e.key LIKE 'wrote_first:%' THEN '' ELSE e.key END, e.kind, "
    "e.scope, e.source, e.proof::text, e.occurred_at, " + PERSON.format("e") + " FROM contacts_consentevent e",
    "outbox": "SELECT count(*) FROM contactcenter_outboxitem",
}


def tables():
    """Every table that a batch may change, without surrogate keys and processing times, as sorted lists."""
    with every_business(), connection.cursor() as cursor:
        found = {}
        for name, sql in TABLES.items():
            cursor.execute(sql.replace("LIKE 'wrote_first:%'", "~ '^wrote_first:'"))
            found[name] = sorted(cursor.fetchall(), key=repr)
        return found


def empty():
    """Remove what was heard and said, and the numbers; the businesses stay."""
    with every_business(), connection.cursor() as cursor:
        for table in (
            "contactcenter_outboxitem", "contactcenter_messagemedia", "contactcenter_reaction",
            "contactcenter_pendingupdate", "contactcenter_message", "contactcenter_conversation",
            "sessions_24h_customerservicewindow", "contacts_consentevent", "contacts_contacttoken",
            "contacts_identity", "contacts_contact",
        ):  # fmt: skip
            cursor.execute(f"DELETE FROM {table}")


class _Undo(Exception):
    pass


def undone(function, *args):
    """Run a function in a transaction that is taken back, so that the next example starts from the same tables."""
    answer = None
    try:
        with transaction.atomic():
            answer = function(*args)
            raise _Undo
    except _Undo:
        return answer
