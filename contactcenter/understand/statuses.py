"""What became of our messages: statuses are brought to one fact per message, and each message only climbs its ladder.

Order isn't promised and repeats are normal (docs "Webhooks", December 2025): a "delivered" may come before "sent", or
after a failure. A status of a message whose provider ID we don't know finds it by our reference, which travels as
``biz_opaque_callback_data``; so a sending that ended without an answer is settled.
"""

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from config import bulk
from contactcenter.models.messages import STATUS_RANK, MessageStatus
from contactcenter.understand import changes, consents, conversations, pending, round_trips, routing, windows
from contactcenter.understand.pending import Pending
from tenants import live

STATUS_CHANGED = "status"
WORDS = ("sent", "delivered", "read", "played", "failed")
RANK = {word: STATUS_RANK[MessageStatus(word)] for word in WORDS}


@dataclass(slots=True)
class Fact:
    """All that is known from statuses about one message."""

    times: dict[str, datetime] = field(default_factory=dict)
    error: tuple = ()
    """(when, code, words) of the earliest failure."""
    stopped_at: datetime | None = None
    """When Meta first refused because the person had stopped marketing."""
    price: tuple = (0, "", "")
    """(rung, type, category): the higher rung knows better."""
    references: set[str] = field(default_factory=set)

    def add(self, at, data):
        """Take in one status, as ``_data`` describes it."""
        word = data["status"]
        self.times[word] = min(self.times.get(word, at), at)
        if word == "failed":
            error = (at, data.get("code") or 0, data.get("details", ""))
            self.error = min(self.error or error, error)
            if error[1] == consents.STOPPED_MARKETING:
                self.stopped_at = min(self.stopped_at or at, at)
        if data.get("type") or data.get("category"):
            self.price = max(self.price, (RANK[word], data.get("type", ""), data.get("category", "")))
        if data.get("reference"):
            self.references.add(data["reference"])

    def join(self, other):
        for word, at in other.times.items():
            self.times[word] = min(self.times.get(word, at), at)
        self.error = min(filter(None, [self.error, other.error]), default=())
        self.price = max(self.price, other.price)
        self.stopped_at = min(filter(None, [self.stopped_at, other.stopped_at]), default=None)

    @property
    def best(self):
        return max(self.times, key=RANK.__getitem__)


def known(item):
    """Whether the status is a word that we have a rung for."""
    return item.event.status in RANK


def apply(items):
    """Apply the statuses of a batch; those of unknown messages are kept for later."""
    updates = [
        Pending(
            item.business_id, item.number_id, item.event.provider_id, "status",
            _key(item.event), item.at, _data(item.event), RANK[item.event.status],
        )
        for item in items
    ]  # fmt: skip
    _apply(updates)


def _key(event):
    code = f":{event.errors[0].code}" if event.errors else ""
    return f"{event.status}:{event.at_ms}{code}"


def _data(event):
    data = {"status": event.status}
    if event.errors:
        first = event.errors[0]
        data |= {"code": first.code, "details": first.details or first.title}
    if event.pricing is not None:
        data |= {"type": event.pricing.type, "category": event.pricing.category}
    if reference := _reference(event.reference):
        data["reference"] = reference
    return data


def _reference(text):
    try:
        return str(uuid.UUID(text)) if text else ""
    except ValueError:
        return ""


def apply_pending(pairs):
    """Apply what waits for messages that have just become known: ``[(phone number's key, provider ID)]``."""
    if not pairs:
        return
    routing.lock(number for number, _provider_id in pairs)
    waiting = pending.take(set(pairs))
    _apply([one for one in waiting if one.kind == "status"])
    touched, missing = changes.apply([one for one in waiting if one.kind != "status"])
    pending.keep(missing)
    conversations.recount(touched)


def sweep_pending(limit=500):
    """Apply what still waits although its message is there; returns how many messages were caught up with."""
    pairs = pending.waiting_for_stored(limit)
    apply_pending(pairs)
    return len(pairs)


def _apply(updates):
    if not updates:
        return
    facts = {}
    for one in updates:
        facts.setdefault((one.number_id, one.provider_id), Fact()).add(one.at, one.data)
    messages = _find(facts)
    by_reference, settled = _find_by_reference({key: fact for key, fact in facts.items() if key not in messages})
    messages |= by_reference
    pending.keep([one for one in updates if (one.number_id, one.provider_id) not in messages])
    per_message = {}
    for key, pk in messages.items():
        if pk in per_message:
            per_message[pk].join(facts[key])
        else:
            per_message[pk] = facts[key]
    _write(per_message)
    if settled:
        apply_pending(settled)


def _find(keys):
    keys = sorted(keys)
    source, params = bulk.unnest(
        "k",
        phone_number_id=("bigint", [number for number, _ in keys]),
        provider_id=("text", [provider_id for _, provider_id in keys]),
    )
    rows = bulk.fetch(
        f"SELECT m.phone_number_id, m.provider_id, m.id FROM {source} "
        "JOIN contactcenter_message m USING (phone_number_id, provider_id)",
        params,
    )
    return {(number, provider_id): pk for number, provider_id, pk in rows}


def _find_by_reference(facts):
    """Messages that our reference names; they get the provider's ID if they have none.

    Returns the messages by key, and the keys that became known by this.
    """
    wanted = {}
    for key in sorted(facts):
        for reference in facts[key].references:
            wanted.setdefault(reference, []).append(key)
    if not wanted:
        return {}, []
    found, settled = {}, []
    rows = bulk.fetch(
        "SELECT id, reference::text, phone_number_id, provider_id FROM contactcenter_message "
        "WHERE reference = ANY(%s::uuid[]) AND direction = 'outbound' ORDER BY id FOR NO KEY UPDATE",
        [bulk.array(sorted(wanted))],
    )
    for pk, reference, number, provider_id in rows:
        mine = [key for key in wanted[reference] if key[0] == number]
        if mine and provider_id is None:
            bulk.run("UPDATE contactcenter_message SET provider_id = %s WHERE id = %s", [mine[0][1], pk])
            settled.append(mine[0])
        found |= dict.fromkeys(mine, pk)
    return found, settled


_TIMES = ", ".join(f"{word}_at = least(m.{word}_at, t.{word}_at)" for word in WORDS)
_EARLIER = " OR ".join(f"t.{word}_at < coalesce(m.{word}_at, 'infinity')" for word in WORDS)
_PRICE = (
    '(t.pricing_rank, t.pricing_type COLLATE "C", t.pricing_category COLLATE "C") '
    '> (m.pricing_rank, m.pricing_type COLLATE "C", m.pricing_category COLLATE "C")'
)
_FIRST_FAILURE = (
    '(t.failed_at IS NOT NULL AND (m.failed_at IS NULL OR (t.failed_at, coalesce(t.code, 0), t.details COLLATE "C") '
    '< (m.failed_at, coalesce(m.error_code, 0), m.error_details COLLATE "C")))'
)


def _source(facts):
    rows = sorted(facts.items())
    return bulk.unnest(
        "t",
        id=("bigint", [pk for pk, _ in rows]),
        rank=("smallint", [RANK[fact.best] for _, fact in rows]),
        status=("text", [fact.best for _, fact in rows]),
        **{f"{word}_at": ("timestamptz", [fact.times.get(word) for _, fact in rows]) for word in WORDS},
        code=("integer", [_code(fact) for _, fact in rows]),
        details=("text", [fact.error[2] if fact.error else "" for _, fact in rows]),
        pricing_rank=("smallint", [fact.price[0] for _, fact in rows]),
        pricing_type=("text", [fact.price[1] for _, fact in rows]),
        pricing_category=("text", [fact.price[2] for _, fact in rows]),
    )


def _code(fact):
    code = fact.error[1] if fact.error else 0
    return code if 0 < code < 2**31 else None


def _write(facts):
    """Climb. The sender's note to itself goes too: whatever a status is about has surely left."""
    if not facts:
        return
    _note_refusals({pk: fact.stopped_at for pk, fact in facts.items() if fact.stopped_at is not None})
    source, params = _source(facts)
    changing = bulk.fetch(
        f"SELECT m.id, m.rank FROM {source} JOIN contactcenter_message m ON m.id = t.id "
        f"WHERE t.rank > m.rank OR {_EARLIER} OR {_PRICE} OR {_FIRST_FAILURE} ORDER BY m.id FOR NO KEY UPDATE OF m",
        params,
    )
    if not changing:
        return
    source, params = _source({pk: facts[pk] for pk, _rank in changing})
    changed = bulk.fetch(
        "UPDATE contactcenter_message m SET rank = greatest(m.rank, t.rank), "
        f"status = CASE WHEN t.rank > m.rank THEN t.status ELSE m.status END, {_TIMES}, "
        f"error_code = CASE WHEN {_FIRST_FAILURE} THEN t.code ELSE m.error_code END, "
        f"error_details = CASE WHEN {_FIRST_FAILURE} THEN t.details ELSE m.error_details END, "
        f"pricing_rank = CASE WHEN {_PRICE} THEN t.pricing_rank ELSE m.pricing_rank END, "
        f"pricing_type = CASE WHEN {_PRICE} THEN t.pricing_type ELSE m.pricing_type END, "
        f"pricing_category = CASE WHEN {_PRICE} THEN t.pricing_category ELSE m.pricing_category END "
        f"FROM {source} WHERE m.id = t.id "
        "RETURNING m.conversation_id",
        params,
    )
    low = [pk for pk, rank in changing if rank < STATUS_RANK[MessageStatus.SENT]]
    if low:
        bulk.run("DELETE FROM contactcenter_outboxitem WHERE message_id = ANY(%s::bigint[])", [bulk.array(low)])
    threads = {pk for (pk,) in changed}
    windows.refresh_free_entries(threads)
    round_trips.note(threads)
    for business_id, reference in bulk.fetch(
        "SELECT business_id, reference::text FROM contactcenter_conversation WHERE id = ANY(%s::bigint[])",
        [bulk.array(sorted(threads))],
    ):
        live.emit(STATUS_CHANGED, business_id=business_id, conversation=reference)


def _note_refusals(moments):
    """Remember who stopped marketing, from ``{message: when Meta said so}``."""
    if not moments:
        return
    rows = bulk.fetch(
        "SELECT id, business_id, contact_id, phone_number_id, provider_id FROM contactcenter_message "
        "WHERE id = ANY(%s::bigint[]) AND provider_id IS NOT NULL",
        [bulk.array(sorted(moments))],
    )
    consents.note_refusals([(*row[1:], moments[row[0]]) for row in rows])
