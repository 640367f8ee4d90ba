"""Every delivery behind the cursor was understood, or is kept as unknown, or lies among the dead letters.

The raw ledger is read again with the parser of today and each event is looked for: a message by its provider ID, a
status on its message or among the pending ones, a reaction, an edit, a deletion. Events that leave no row of their own
(a template's verdict, an account's state) count as understood when their delivery did.
"""

import uuid
from datetime import timedelta

from config import bulk
from config.clock import now
from contactcenter.invariants.base import Broken, Invariant
from contactcenter.understand.batch import moment_of
from contactcenter.understand.statuses import RANK
from onboarding.models import ProviderRoute
from providers.webhooks import ledger
from providers.webhooks.events import (
    CallEvent,
    Edit,
    InboundMessage,
    MessageEcho,
    Reaction,
    Revoke,
    StatusUpdate,
    SystemChange,
    Unknown,
)
from providers.webhooks.parser import parse_delivery
from providers.webhooks.subscribers import Heard

READ_ROWS = 500

_PAGE = """
SELECT d.id, d.received_at, d.body FROM providers_delivery d
WHERE d.shard = %s AND d.id > %s AND d.id <= %s AND d.received_at >= %s ORDER BY d.id LIMIT %s
"""
_STATUS_KNOWN = " ".join(f"WHEN '{word}' THEN m.{word}_at <= k.at" for word in RANK)


def _look(limits, facts):
    since = now() - timedelta(hours=limits.ledger_hours)
    facts |= {"deliveries": 0, "events": 0}
    lost, count = [], 0
    for shard in range(ledger.SHARDS):
        after, upto = 0, ledger.position_of(shard)
        while rows := bulk.fetch(_PAGE, [shard, after, upto, since, READ_ROWS]):
            after = rows[-1][0]
            missing = _missing([ledger.Row(pk, at, bytes(body)) for pk, at, body in rows], facts)
            count += len(missing)
            lost += missing[: limits.examples - len(lost)]
    yield Broken("Every event behind the cursor was understood or is kept.", count, lost)
    yield from _cursors(limits)


def _cursors(limits):
    """A cursor ahead of the ledger would skip what is yet to come."""
    rows = bulk.fetch(
        "SELECT c.shard, c.position FROM providers_deliverycursor c, "
        "(SELECT last_value FROM pg_sequences WHERE sequencename = 'providers_delivery_id_seq' "
        "AND last_value IS NOT NULL) s WHERE c.position > s.last_value"
    )
    ahead = [f"shard {shard}, position {position}" for shard, position in rows]
    yield Broken("No cursor is ahead of the ledger.", len(ahead), ahead[: limits.examples])


def _missing(rows, facts):
    """The events of these deliveries that left no trace, in words."""
    kept = _kept([row.id for row in rows])
    buried = _buried([row.id for row in rows])
    asked = {"message": [], "status": [], "reaction": [], "change": []}
    heard = []
    for row in rows:
        facts["deliveries"] += 1
        if row.id in buried:
            continue
        for event in parse_delivery(row.body):
            facts["events"] += 1
            if (row.id, ".".join(map(str, event.position))) not in kept:
                heard.append(Heard(event, row.received_at, row.id))
    routes = _routes({one.event.phone_number_id for one in heard} - {None})
    missing = []
    for one in heard:
        kind = _kind(one.event)
        if kind is None:
            continue
        number = routes.get(one.event.phone_number_id)
        if kind == "unknown" or number is None:
            missing.append(_words(one))
        else:
            asked[kind].append((number, one))
    for kind, find in _FIND.items():
        missing += [_words(one) for one in find(asked[kind])]
    return missing


def _kind(event):
    """Where to look for the event's trace; ``None`` when it leaves no row that is its own."""
    match event:
        case Unknown():
            return "unknown"
        case InboundMessage() | SystemChange() | CallEvent():
            return "message"
        case MessageEcho():
            return "message" if event.target_id is None else "change"
        case StatusUpdate():
            return "status"
        case Reaction():
            return "reaction"
        case Edit() | Revoke():
            return "change"
    return None


def _messages(asked):
    known = _stored(asked, [one.event.provider_id for _number, one in asked])
    return [one for (number, one) in asked if (number, one.event.provider_id) not in known]


def _stored(asked, provider_ids):
    return _known(
        asked,
        provider_ids,
        "SELECT m.phone_number_id, m.provider_id FROM {source} "
        "JOIN contactcenter_message m USING (phone_number_id, provider_id)",
    )


def _known(asked, provider_ids, sql):
    if not asked:
        return set()
    source, params = bulk.unnest(
        "k",
        phone_number_id=("bigint", [number for number, _one in asked]),
        provider_id=("text", provider_ids),
    )
    return {(number, provider_id) for number, provider_id in bulk.fetch(sql.format(source=source), params)}


def _statuses(asked):
    """On the message with that provider ID or our reference, not later than told; or still pending."""
    asked = [(number, one) for number, one in asked if one.event.status in RANK]
    if not asked:
        return []
    source, params = bulk.unnest(
        "k",
        place=("integer", list(range(len(asked)))),
        number=("bigint", [number for number, _one in asked]),
        provider_id=("text", [one.event.provider_id for _number, one in asked]),
        reference=("uuid", [_uuid(one.event.reference) for _number, one in asked]),
        word=("text", [one.event.status for _number, one in asked]),
        at=("timestamptz", [moment_of(one) for _number, one in asked]),
    )
    found = bulk.fetch(
        f"SELECT k.place FROM {source} WHERE EXISTS (SELECT 1 FROM contactcenter_message m WHERE "
        "m.phone_number_id = k.number AND m.provider_id = k.provider_id "
        f"AND CASE k.word {_STATUS_KNOWN} END) "
        "OR EXISTS (SELECT 1 FROM contactcenter_message m WHERE m.reference = k.reference "
        f"AND m.phone_number_id = k.number AND CASE k.word {_STATUS_KNOWN} END) "
        "OR EXISTS (SELECT 1 FROM contactcenter_pendingupdate p WHERE p.phone_number_id = k.number "
        "AND p.provider_id = k.provider_id AND p.kind = 'status' AND p.data->>'status' = k.word AND p.at <= k.at)",
        params,
    )
    places = {place for (place,) in found}
    return [one for place, (_number, one) in enumerate(asked) if place not in places]


def _reactions(asked):
    known = _known(
        asked,
        [one.event.target_id for _number, one in asked],
        "SELECT k.phone_number_id, k.provider_id FROM {source} JOIN contactcenter_reaction r "
        "ON r.phone_number_id = k.phone_number_id AND r.target_provider_id = k.provider_id AND r.direction = 'inbound'",
    )
    return [one for number, one in asked if (number, one.event.target_id) not in known]


def _changes(asked):
    targets = [one.event.target_id for _number, one in asked]
    known = _known(
        asked,
        targets,
        "SELECT m.phone_number_id, m.provider_id FROM {source} JOIN contactcenter_message m "
        "USING (phone_number_id, provider_id) WHERE m.edited_at IS NOT NULL OR m.deleted_at IS NOT NULL",
    ) | _known(
        asked,
        targets,
        "SELECT p.phone_number_id, p.provider_id FROM {source} JOIN contactcenter_pendingupdate p "
        "USING (phone_number_id, provider_id)",
    )
    return [one for number, one in asked if (number, one.event.target_id) not in known]


_FIND = {"message": _messages, "status": _statuses, "reaction": _reactions, "change": _changes}


def _kept(pks):
    rows = bulk.fetch(
        "SELECT delivery_id, position FROM providers_unknownevent WHERE delivery_id = ANY(%s::bigint[])",
        [bulk.array(pks)],
    )
    return set(rows)


def _buried(pks):
    rows = bulk.fetch(
        "SELECT delivery_id FROM providers_deadletter WHERE delivery_id = ANY(%s::bigint[])", [bulk.array(pks)]
    )
    return {pk for (pk,) in rows}


def _routes(wanted):
    rows = ProviderRoute.objects.filter(
        kind=ProviderRoute.Kind.PHONE_NUMBER, provider_id__in=wanted, target_pk__isnull=False
    )
    return dict(rows.values_list("provider_id", "target_pk"))


def _uuid(text):
    try:
        return str(uuid.UUID(text)) if text else None
    except ValueError:
        return None


def _words(one):
    event = one.event
    name = getattr(event, "provider_id", "")
    word = getattr(event, "status", "")
    return f"delivery {one.delivery_id} at {'.'.join(map(str, event.position))}: {type(event).__name__} {name} {word}"


INVARIANT = Invariant(
    "no_loss", "Every delivery behind the cursor was understood, is kept as unknown, or is a dead letter.", (), _look
)
