"""Own deliveries in the shape of Meta's, and what the tables say about them by natural keys."""

import copy
import json
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction

from contactcenter.understand import routing
from providers.webhooks.parser import parse_delivery
from providers.webhooks.subscribers import Heard, handle
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


def packed(deliveries, ways):
    """The events of several deliveries in one: each in an ``entry`` or a ``change`` of its own, or ``beside`` the one
    before, in its lists, where Meta could have put them there."""
    first, *others = copy.deepcopy(deliveries)
    for other, way in zip(others, ways, strict=True):
        [entry] = other["entry"]
        [change] = entry["changes"]
        last = first["entry"][-1]["changes"][-1]
        if way == "entry":
            first["entry"].append(entry)
        elif way == "change" or not _goes_beside(last, change):
            first["entry"][-1]["changes"].append(change)
        else:
            for name, value in change["value"].items():
                if isinstance(value, list):
                    last["value"].setdefault(name, []).extend(value)
    return first


def _goes_beside(one, other):
    """A change names each person once, so what it says of somebody holds for all their messages in it."""
    if one["field"] != other["field"] or one["value"]["metadata"] != other["value"]["metadata"]:
        return False
    named = one["value"].get("contacts") or other["value"].get("contacts")
    return not named or _people(one).isdisjoint(_people(other))


def _people(node):
    if isinstance(node, list):
        return set().union(*map(_people, node))
    if not isinstance(node, dict):
        return set()
    return {node[name] for name in _NAMES if name in node} | set().union(*map(_people, node.values()))


_NAMES = ("from", "from_user_id", "to", "to_user_id", "recipient_id", "recipient_user_id", "wa_id", "user_id")


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
        handle(heard)


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
    "conversations": "SELECT phone_number_id, status, last_activity_at, unread_count, last_inbound_at, "
    "last_outbound_at, waiting_since, " + PERSON.format("c") + " FROM contactcenter_conversation c",
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
    "starts": "SELECT l.phone_number_id, l.code, s.message, s.at, "
    + PERSON.format("s")
    + " FROM onboarding_chatstart s JOIN onboarding_chatlink l ON l.id = s.link_id",
    # By what they say: where in which delivery they stood is no matter of the events.
    "unknown": "SELECT DISTINCT kind, reason, field, provider_account, (raw::jsonb - 'position')::text "
    "FROM providers_unknownevent",
}
"""What the events alone decide. Of messages of one moment the last to come is the line of the list: see ``WRONG``."""
_TOLD = (
    "EXISTS (SELECT 1 FROM tenants_liveevent e WHERE e.business_id = c.business_id AND e.type IN ({}) "
    "AND e.data->>'conversation' = c.reference::text)"
)
WRONG = {
    "the line in the list isn't the last of the thread": "SELECT c.id, c.last_message_text, m.text "
    "FROM contactcenter_conversation c CROSS JOIN LATERAL (SELECT * FROM contactcenter_message m "
    "WHERE m.conversation_id = c.id AND m.direction <> 'notice' ORDER BY m.at DESC, m.id DESC LIMIT 1) m "
    "WHERE (c.last_message_text, c.last_message_kind, c.last_message_direction) <> "
    "(CASE WHEN m.deleted_at IS NULL THEN m.text ELSE '' END, "
    "CASE WHEN m.deleted_at IS NULL THEN m.kind ELSE 'deleted' END, m.direction)",
    # When two conversations become one, the news of the one that goes are gone as well, so which kinds of news there
    # were depends on the order. That there were some for each change doesn't.
    "nobody was told of a message or a reaction": "SELECT c.id FROM contactcenter_conversation c "
    "WHERE (EXISTS (SELECT 1 FROM contactcenter_message m WHERE m.conversation_id = c.id "
    "AND m.direction <> 'outbound' AND m.provider_id <> 'wamid.echo') "
    "OR EXISTS (SELECT 1 FROM contactcenter_reaction r WHERE r.conversation_id = c.id)) "
    "AND NOT " + _TOLD.format("'message', 'conversation'"),
    "nobody was told what became of a message": "SELECT c.id FROM contactcenter_conversation c "
    "WHERE EXISTS (SELECT 1 FROM contactcenter_message m WHERE m.conversation_id = c.id "
    "AND coalesce(m.delivered_at, m.read_at, m.played_at, m.failed_at) IS NOT NULL) "
    "AND NOT " + _TOLD.format("'status', 'conversation'"),
}
"""What no order of events may leave behind."""


def tables():
    """Every table that a batch may change, without surrogate keys and processing times, as sorted lists."""
    with every_business(), connection.cursor() as cursor:
        found = {}
        for name, sql in TABLES.items():
            cursor.execute(sql.replace("LIKE 'wrote_first:%'", "~ '^wrote_first:'"))
            found[name] = sorted(cursor.fetchall(), key=repr)
        return found


def wrong():
    """What of ``WRONG`` there is, with its rows."""
    with every_business(), connection.cursor() as cursor:
        found = {}
        for what, sql in WRONG.items():
            cursor.execute(sql)
            if rows := cursor.fetchall():
                found[what] = rows
        return found


def empty():
    """Remove what was heard and said, and the numbers; the businesses stay."""
    with every_business(), connection.cursor() as cursor:
        for table in (
            "contactcenter_outboxitem", "contactcenter_messagemedia", "contactcenter_reaction",
            "contactcenter_pendingupdate", "contactcenter_message", "contactcenter_conversation",
            "sessions_24h_customerservicewindow", "onboarding_chatstart", "providers_unknownevent",
            "contacts_consentevent", "contacts_contacttoken",
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
