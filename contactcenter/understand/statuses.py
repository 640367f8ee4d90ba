"""What became of our messages: statuses are brought to one fact per message, and each message only climbs its ladder.

Order isn't promised and repeats are normal (docs "Webhooks", December 2025): a "delivered" may come before "sent", or
after a failure. A status of a message whose provider ID we don't know finds it by our reference, which travels as
``biz_opaque_callback_data``; so a sending that ended without an answer is settled.
"""

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from config import bulk
from contactcenter.costs import usage
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
        known = self.times.get(word)
        if known is None or at < known:
            self.times[word] = at
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
        self.references |= other.references

    @property
    def best(self):
        return next(iter(self.times)) if len(self.times) == 1 else max(self.times, key=RANK.__getitem__)


def known(item):
    """Whether the status is a word that we have a rung for."""
    return item.event.status in RANK


def apply(items):
    """Apply the statuses of a batch; those of unknown messages are kept for later."""
    facts, told = {}, {}
    for item in items:
        key = item.number_id, item.event.provider_id
        if key not in facts:
            facts[key], told[key] = Fact(), []
        facts[key].add(item.at, _data(item.event))
        told[key].append(item)
    _apply(facts, lambda key: [_pending(item) for item in told[key]])


def _pending(item):
    event = item.event
    code = f":{event.errors[0].code}" if event.errors else ""
    return Pending(
        item.business_id, item.number_id, event.provider_id, "status",
        f"{event.status}:{event.at_ms}{code}", item.at, _data(event), RANK[event.status],
    )  # fmt: skip


def _data(event):
    data = {"status": event.status}
    if event.errors:
        first = event.errors[0]
        data |= {"code": first.code, "details": first.details or first.title}
    if event.pricing is not None:
        data["type"], data["category"] = event.pricing.type, event.pricing.category
    if event.reference and (reference := _reference(event.reference)):
        data["reference"] = reference
    return data


def _reference(text):
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return ""


def apply_pending(pairs, *, locked=False):
    """Apply what waits for messages that have just become known: ``[(phone number's key, provider ID)]``.

    ``locked``: the caller holds their numbers' locks already (``routing.lock``).
    """
    if not pairs:
        return
    if not locked:
        routing.lock(number for number, _provider_id in pairs)
    waiting = pending.take(set(pairs))
    facts, told = {}, {}
    for one in waiting:
        if one.kind == "status":
            key = one.number_id, one.provider_id
            facts.setdefault(key, Fact()).add(one.at, one.data)
            told.setdefault(key, []).append(one)
    _apply(facts, told.__getitem__)
    touched, missing = changes.apply([one for one in waiting if one.kind != "status"])
    pending.keep(missing)
    conversations.recount(touched)


def sweep_pending(limit=500):
    """Apply what still waits although its message is there; returns how many messages were caught up with."""
    pairs = pending.waiting_for_stored(limit)
    apply_pending(pairs)
    return len(pairs)


def _apply(facts, as_pending):
    """Climb with ``{(number, provider ID): Fact}``; ``as_pending(key)`` gives what to keep of an unknown message."""
    if not facts:
        return
    keys = sorted(facts)
    unknown = _climb(
        [facts[key] for key in keys],
        phone_number_id=("bigint", [number for number, _ in keys]),
        provider_id=("text", [provider_id for _, provider_id in keys]),
    )
    unknown = [keys[place] for place in unknown]
    if not unknown:
        return
    found, settled = _find_by_reference({key: facts[key] for key in unknown})
    pending.keep([one for key in unknown if key not in found for one in as_pending(key)])
    of = {}
    for key, pk in found.items():
        of.setdefault(pk, Fact()).join(facts[key])
    if of:
        pks = sorted(of)
        _climb([of[pk] for pk in pks], id=("bigint", pks))
    if settled:
        apply_pending(settled)


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
_CLIMB = f"""
UPDATE contactcenter_message m SET rank = greatest(m.rank, t.rank),
    status = CASE WHEN t.rank > m.rank THEN t.status ELSE m.status END, {_TIMES},
    error_code = CASE WHEN {_FIRST_FAILURE} THEN t.code ELSE m.error_code END,
    error_details = CASE WHEN {_FIRST_FAILURE} THEN t.details ELSE m.error_details END,
    pricing_rank = CASE WHEN {_PRICE} THEN t.pricing_rank ELSE m.pricing_rank END,
    pricing_type = CASE WHEN {_PRICE} THEN t.pricing_type ELSE m.pricing_type END,
    pricing_category = CASE WHEN {_PRICE} THEN t.pricing_category ELSE m.pricing_category END
FROM {{source}}, contactcenter_conversation c
WHERE {{same}} AND c.id = m.conversation_id AND (t.rank > m.rank OR {_EARLIER} OR {_PRICE} OR {_FIRST_FAILURE})
RETURNING t.place, m.id, c.business_id, c.id, c.reference::text, c.phone_number_id, m.at
"""
"""One pass over the messages: those for which it is news change, and tell whose open pages should know."""


def _source(facts, key):
    times = {word: [fact.times.get(word) for fact in facts] for word in WORDS}
    best = [fact.best for fact in facts]
    return bulk.unnest(
        "t",
        **key,
        place=("integer", list(range(len(facts)))),
        rank=("smallint", [RANK[word] for word in best]),
        status=("text", best),
        **{f"{word}_at": ("timestamptz", times[word]) for word in WORDS},
        code=("integer", [_code(fact) for fact in facts]),
        details=("text", [fact.error[2] if fact.error else "" for fact in facts]),
        pricing_rank=("smallint", [fact.price[0] for fact in facts]),
        pricing_type=("text", [fact.price[1] for fact in facts]),
        pricing_category=("text", [fact.price[2] for fact in facts]),
    )


def _code(fact):
    code = fact.error[1] if fact.error else 0
    return code if 0 < code < 2**31 else None


def _climb(facts, **key):
    """Bring the messages with these keys up to the facts; returns the places of those that nobody knows.

    The sender's note to itself goes too: whatever a status is about has surely left.
    """
    source, params = _source(facts, key)
    same = " AND ".join(f"m.{column} = t.{column}" for column in key)
    changed = bulk.fetch(_CLIMB.format(source=source, same=same), params)
    pk_of = {place: pk for place, pk, *_ in changed}
    if others := [place for place in range(len(facts)) if place not in pk_of]:
        pk_of |= _known(others, key)
    _note_refusals({pk: facts[place].stopped_at for place, pk in pk_of.items() if facts[place].stopped_at is not None})
    if changed:
        _, pks, businesses, threads, _, numbers, moments = zip(*changed, strict=True)
        bulk.run("DELETE FROM contactcenter_outboxitem WHERE message_id = ANY(%s::bigint[])", [bulk.array(sorted(pks))])
        windows.refresh_free_entries(set(threads))
        round_trips.note(set(threads), set(numbers))
        usage.note(zip(businesses, moments, strict=True))
        for business_id, reference in {(row[2], row[4]) for row in changed}:
            live.emit(STATUS_CHANGED, business_id=business_id, conversation=reference)
    return [place for place in others if place not in pk_of]


def _known(places, key):
    """Of those for which there was no news, the ones that are stored: place to primary key."""
    source, params = bulk.unnest(
        "t",
        place=("integer", places),
        **{column: (kind, [values[place] for place in places]) for column, (kind, values) in key.items()},
    )
    return dict(
        bulk.fetch(f"SELECT t.place, m.id FROM {source} JOIN contactcenter_message m USING ({', '.join(key)})", params)
    )


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
