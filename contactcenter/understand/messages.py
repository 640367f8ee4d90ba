"""Messages of a batch: stored once by number and provider ID, whatever comes twice."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from config import bulk
from config.clock import now
from contactcenter.models import Direction, Message, MessageMedia, MessageSource, MessageStatus
from contactcenter.understand import conversations
from contactcenter.understand.batch import Item, Thread
from providers.webhooks.events import CallEvent, InboundMessage, MessageEcho, SystemChange

_INBOUND, _ECHO, _NOTICE = (one.value for one in (Direction.INBOUND, Direction.ECHO, Direction.NOTICE))
_CONTACT, _APP = MessageSource.CONTACT.value, MessageSource.APP.value
_RECEIVED, _SENT, _SENT_RANK = MessageStatus.RECEIVED.value, MessageStatus.SENT.value, MessageStatus.SENT.rank
"""Plain words: an enumeration's value takes its time to look up, and here it is asked for with every message."""

NOTICES = {"request_welcome"}
"""Types that aren't written by anybody: the person only opened the chat."""


@dataclass(slots=True)
class Row:
    """A message as it will be stored."""

    business_id: int
    number_id: int
    contact_id: int
    provider_id: str
    direction: str
    source: str
    kind: str
    text: str
    content: dict[str, Any]
    at: datetime
    reply_to: str = ""
    from_ad: bool = False
    thread: Thread | None = None
    id: int | None = None

    @property
    def key(self):
        return self.number_id, self.provider_id

    @property
    def place(self):
        return self.number_id, self.contact_id


@dataclass(slots=True)
class Stored:
    """``new`` rows, and those that were there with a later time: their conversations need counting again."""

    new: list[Row] = field(default_factory=list)
    corrected: list[Row] = field(default_factory=list)


def store(items):
    """Store messages in the order in which they arrived. Of one that comes twice the earliest time holds."""
    rows = _rows(items)
    threads, present = _threads(rows)
    new = [row for key, row in rows.items() if key not in present]
    for row in new:
        row.thread = threads[row.place]
    inserted = _insert(new)
    stored = Stored()
    others = []
    for row in rows.values():
        row.id = inserted.get(row.key)
        (others if row.id is None else stored.new).append(row)
    _add_media(stored.new)
    _add_to_calls([row for row in others if row.kind == "call"])
    stored.corrected = _correct(others)
    return stored


def _threads(rows):
    """The conversations of the rows, opened where there is none, and the keys of rows that are stored elsewhere.

    Where there is a conversation, the insert itself finds out what is stored already. None is opened for a repeat.
    """
    threads = conversations.find({row.place for row in rows.values()})
    without = [row for row in rows.values() if row.place not in threads]
    if not without:
        return threads, set()
    present = _present(without)
    first = [row for row in without if row.key not in present]
    first.sort(key=lambda row: row.at, reverse=True)  # the dictionary keeps a conversation's earliest message
    return threads | conversations.begin({row.place: (row.business_id, row.at) for row in first}), present


def _rows(items):
    rows = {}
    for item in items:
        row = _row(item)
        known = rows.get(row.key)
        if known is None:
            rows[row.key] = row
        elif row.kind == "call" == known.kind:
            known.content |= row.content
            known.at = min(known.at, row.at)
        else:
            known.at = min(known.at, row.at)
    return rows


def _row(item: Item):
    event = item.event
    place = (item.business_id, item.number_id, item.contact_id, event.provider_id)
    match event:
        case InboundMessage():
            notice = event.type in NOTICES
            return Row(
                *place,
                _NOTICE if notice else _INBOUND,
                _CONTACT,
                event.type,
                event.text,
                _content(event),
                item.at,
                event.context_id or "",
                from_ad=event.referral is not None and not notice,
            )
        case MessageEcho():
            return Row(
                *place, _ECHO, _APP, event.type, event.text, dict(event.content), item.at,
                event.context_id or "",
            )  # fmt: skip
        case SystemChange():
            content = {"change": event.kind}
            return Row(*place, _NOTICE, _CONTACT, "system", event.body, content, item.at)
        case CallEvent():
            direction = _INBOUND if event.is_inbound else _NOTICE
            return Row(*place, direction, _CONTACT, "call", "", _step(event), item.at)
    raise TypeError(type(event).__name__)


def _content(event):
    content = dict(event.content)
    if event.often_forwarded or event.forwarded:
        content["forwarded"] = "often" if event.often_forwarded else "once"
    if event.referral is not None:
        content["referral"] = event.referral
    if event.referred_product:
        content["referred_product"] = event.referred_product
    if event.errors:
        content["errors"] = _errors(event.errors)
    return content


def _errors(errors):
    return [{"code": error.code, "title": error.title, "details": error.details} for error in errors]


def _step(event):
    """One step of a call under its own name, so that steps add up in any order."""
    step = {
        "status": event.status,
        "direction": event.direction,
        "at_ms": event.at_ms,
        "started_at_ms": event.started_at_ms,
        "ended_at_ms": event.ended_at_ms,
        "seconds": event.duration_seconds,
        "errors": _errors(event.errors),
    }
    name = event.event if event.event != "status" else f"status {event.status}"
    return {name: {key: value for key, value in step.items() if value not in (None, "", [])}}


def _keys(rows):
    keys = sorted(row.key for row in rows)
    return bulk.unnest(
        "k",
        phone_number_id=("bigint", [number for number, _ in keys]),
        provider_id=("text", [provider_id for _, provider_id in keys]),
    )


def _present(rows):
    """The keys of those rows that are stored."""
    source, params = _keys(rows)
    return set(
        bulk.fetch(
            f"SELECT m.phone_number_id, m.provider_id FROM {source} "
            "JOIN contactcenter_message m USING (phone_number_id, provider_id)",
            params,
        )
    )


def _insert(rows):
    """Insert new messages; primary keys by (number, provider ID).

    In the order of arrival, which their keys keep: of one second's messages a thread shows first what came first. No
    other batch can wait for one of these keys, because the numbers are locked.
    """
    if not rows:
        return {}
    inserted = bulk.insert(
        Message,
        {
            "business_id": [row.business_id for row in rows],
            "conversation_id": [row.thread.id for row in rows],
            "phone_number_id": [row.number_id for row in rows],
            "contact_id": [row.contact_id for row in rows],
            "direction": [row.direction for row in rows],
            "source": [row.source for row in rows],
            "provider_id": [row.provider_id for row in rows],
            "kind": [row.kind for row in rows],
            "text": [row.text for row in rows],
            "content": [row.content for row in rows],
            "reply_to_provider_id": [row.reply_to for row in rows],
            "at": [row.at for row in rows],
            "status": [_SENT if row.direction == _ECHO else _RECEIVED for row in rows],
            "rank": [_SENT_RANK if row.direction == _ECHO else 0 for row in rows],
            "sent_at": [row.at if row.direction == _ECHO else None for row in rows],
            "from_ad": [row.from_ad for row in rows],
        },
        order=[],
        conflict="(phone_number_id, provider_id) DO NOTHING",
        returning=["phone_number_id", "provider_id", "id"],
        computed={"reference": "gen_random_uuid()"},
    )
    return {(number, provider_id): pk for number, provider_id, pk in inserted}


def _add_media(rows):
    rows = sorted((row for row in rows if row.content.get("media_id")), key=lambda row: row.id)
    bulk.insert(
        MessageMedia,
        {
            "business_id": [row.business_id for row in rows],
            "message_id": [row.id for row in rows],
            "provider_media_id": [row.content["media_id"] for row in rows],
            "mime_type": [row.content.get("mime_type", "")[:200] for row in rows],
            "file_name": [row.content.get("filename", "")[:255] for row in rows],
            "sha256": [row.content.get("sha256", "")[:64] for row in rows],
            "next_attempt_at": [now() for _ in rows],
        },
        order=["message_id"],
        conflict="(message_id) DO NOTHING",
    )


def _add_to_calls(rows):
    """Further steps of calls that are known already."""
    for row in sorted(rows, key=lambda row: row.key):
        bulk.run(
            "UPDATE contactcenter_message SET content = content || %s::jsonb WHERE phone_number_id = %s "
            "AND provider_id = %s AND kind = 'call' AND NOT content @> %s::jsonb",
            [text := bulk.json_text(row.content), row.number_id, row.provider_id, text],
        )


def _correct(rows):
    """Move times back to the earliest one told; returns the rows that changed, with their conversation and contact."""
    if not rows:
        return []
    rows = {row.key: row for row in sorted(rows, key=lambda row: row.key)}
    source, params = bulk.unnest(
        "t",
        phone_number_id=("bigint", [row.number_id for row in rows.values()]),
        provider_id=("text", [row.provider_id for row in rows.values()]),
        at=("timestamptz", [row.at for row in rows.values()]),
    )
    changed = bulk.fetch(
        "UPDATE contactcenter_message m SET at = t.at, "
        f"sent_at = CASE WHEN m.direction = 'echo' THEN least(m.sent_at, t.at) ELSE m.sent_at END FROM {source} "
        "WHERE m.phone_number_id = t.phone_number_id AND m.provider_id = t.provider_id AND m.at > t.at "
        "AND m.direction <> 'outbound' "
        "RETURNING m.phone_number_id, m.provider_id, m.id, m.conversation_id, m.contact_id, m.direction",
        params,
    )
    corrected = []
    for number, provider_id, pk, conversation_id, contact_id, direction in changed:
        row = rows[number, provider_id]
        row.id, row.contact_id, row.direction = pk, contact_id, direction
        row.thread = Thread(conversation_id)
        corrected.append(row)
    return corrected
