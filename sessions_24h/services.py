"""Customer service windows: how long free-form replies may be sent, and whether a free entry point makes them free.

The window ends 24 hours after the last message or call of a person to a business number, by the provider's time (docs
"Sending messages", 4 November 2025). A free entry point lasts 72 hours from the business's first answer to somebody
who came through an ad, if that came within 24 hours (docs "Pricing", 10 December 2025). It changes the price only.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from config import bulk
from config.clock import now
from sessions_24h.models import CustomerServiceWindow
from sessions_24h.prices import Price, price_of
from sessions_24h.signals import window_closed, window_opened

__all__ = [
    "Change",
    "Heard",
    "Price",
    "about_to_close",
    "close_due",
    "merge_contacts",
    "note_inbound",
    "price_of",
    "set_ends",
    "set_free_entries",
    "window_for",
]

LENGTH = timedelta(hours=24)
FREE_ENTRY_LENGTH = timedelta(hours=72)
CLOSED_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Heard:
    """Somebody's last message (or call) to a business number."""

    business_id: int
    phone_number_id: int
    contact_id: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """A window that opened or closed."""

    business_id: int
    phone_number_id: int
    contact_id: int
    expires_at: datetime


def window_for(phone_number, contact):
    """The window of a contact with a business number, or ``None`` if they never wrote to it."""
    return CustomerServiceWindow.objects.filter(phone_number=phone_number, contact=contact).first()


def note_inbound(heard):
    """Move ends forward for a batch of messages; older ones change nothing. Returns the windows that opened."""
    newest = {}
    for one in heard:
        key = (one.phone_number_id, one.contact_id)
        if key not in newest or one.at > newest[key].at:
            newest[key] = one
    rows = sorted(newest.values(), key=lambda one: (one.phone_number_id, one.contact_id))
    if not rows:
        return []
    source, params = bulk.unnest(
        "t",
        business_id=("bigint", [row.business_id for row in rows]),
        phone_number_id=("bigint", [row.phone_number_id for row in rows]),
        contact_id=("bigint", [row.contact_id for row in rows]),
        last_inbound_at=("timestamptz", [row.at for row in rows]),
        expires_at=("timestamptz", [row.at + LENGTH for row in rows]),
    )
    written = bulk.fetch(_MOVE_FORWARD.format(source=source), params)
    present = now()
    opened = [
        Change(*row)
        for *row, old in written
        if row[3] > present and (old is None or old <= row[3] - LENGTH)  # there was no window, or a closed one
    ]
    if opened:
        window_opened.send(sender=CustomerServiceWindow, windows=opened)
    return opened


_MOVE_FORWARD = """
WITH heard AS MATERIALIZED (
    SELECT t.*, w.id, w.expires_at AS old FROM {source}
    LEFT JOIN sessions_24h_customerservicewindow w USING (phone_number_id, contact_id)
), moved AS (
    UPDATE sessions_24h_customerservicewindow w SET last_inbound_at = h.last_inbound_at, expires_at = h.expires_at
    FROM heard h WHERE w.id = h.id AND w.expires_at < h.expires_at
    RETURNING w.business_id, w.phone_number_id, w.contact_id, w.expires_at, h.old
), made AS (
    INSERT INTO sessions_24h_customerservicewindow AS w
        (business_id, phone_number_id, contact_id, last_inbound_at, expires_at)
    SELECT business_id, phone_number_id, contact_id, last_inbound_at, expires_at FROM heard WHERE id IS NULL
    ORDER BY phone_number_id, contact_id
    ON CONFLICT (phone_number_id, contact_id) DO UPDATE
    SET last_inbound_at = EXCLUDED.last_inbound_at, expires_at = EXCLUDED.expires_at
    WHERE w.expires_at < EXCLUDED.expires_at
    RETURNING w.business_id, w.phone_number_id, w.contact_id, w.expires_at, NULL::timestamptz
)
SELECT * FROM moved UNION ALL SELECT * FROM made
"""


def set_ends(heard):
    """Set ends to exactly 24 hours after these messages, also backwards: a time turned out to be too late."""
    rows = sorted(heard, key=lambda one: (one.phone_number_id, one.contact_id))
    for row in rows:
        CustomerServiceWindow.objects.filter(
            business_id=row.business_id, phone_number_id=row.phone_number_id, contact_id=row.contact_id
        ).exclude(expires_at=row.at + LENGTH).update(last_inbound_at=row.at, expires_at=row.at + LENGTH)


def set_free_entries(entries):
    """Write free entry points: ``(phone_number_id, contact_id, from, until or None)``; equal ones aren't written."""
    rows = sorted(entries, key=lambda row: row[:2])
    if not rows:
        return 0
    numbers, contacts, begins, ends = zip(*rows, strict=True)
    source, params = bulk.unnest(
        "t",
        phone_number_id=("bigint", numbers),
        contact_id=("bigint", contacts),
        begins=("timestamptz", begins),
        ends=("timestamptz", ends),
    )
    return bulk.run(
        "UPDATE sessions_24h_customerservicewindow w "
        f"SET free_entry_from = t.begins, free_entry_expires_at = t.ends FROM {source} "
        "WHERE w.phone_number_id = t.phone_number_id AND w.contact_id = t.contact_id "
        "AND (w.free_entry_from, w.free_entry_expires_at) IS DISTINCT FROM (t.begins, t.ends)",
        params,
    )


def close_due(at=None):
    """Announce up to ``CLOSED_AT_ONCE`` windows whose end has passed; returns them.

    Several sweeps may run at once: each takes what the others left, and a window that a new message has just moved is
    left alone. If a receiver fails, nothing was announced and the next sweep tries again.
    """
    at = at or now()
    rows = bulk.fetch(
        # By place and not by key: for a set of keys the planner may prefer to read the whole table.
        "UPDATE sessions_24h_customerservicewindow w SET announced_expiry_of = w.expires_at WHERE w.ctid = ANY(ARRAY("
        "SELECT ctid FROM sessions_24h_customerservicewindow WHERE expires_at <= %s "
        # In the very words of the partial index "window_to_announce".
        "AND (announced_expiry_of IS NULL "
        "OR NOT (announced_expiry_of = expires_at AND announced_expiry_of IS NOT NULL)) "
        f"ORDER BY expires_at LIMIT {CLOSED_AT_ONCE} FOR UPDATE SKIP LOCKED)) AND w.expires_at <= %s "
        "RETURNING w.business_id, w.phone_number_id, w.contact_id, w.expires_at",
        [at, at],
    )
    closed = [Change(*row) for row in rows]
    if closed:
        window_closed.send(sender=CustomerServiceWindow, windows=closed)
    return closed


def about_to_close(business, within, at=None):
    """The open windows of a business that end within this time, the next one first."""
    at = at or now()
    return (
        CustomerServiceWindow.objects.filter(business=business, expires_at__gt=at, expires_at__lte=at + within)
        .select_related("contact", "phone_number")
        .order_by("expires_at", "pk")
    )


def merge_contacts(*, survivor_id, loser_id):
    """Two contacts are one: per number the later end holds."""
    for window in CustomerServiceWindow.objects.select_for_update().filter(contact_id=loser_id).order_by("pk"):
        other = CustomerServiceWindow.objects.filter(
            phone_number_id=window.phone_number_id, contact_id=survivor_id
        ).first()
        if other is None:
            window.contact_id = survivor_id
            window.save(update_fields=["contact"])
            continue
        later = max(window, other, key=lambda one: one.expires_at)
        other.last_inbound_at, other.expires_at = later.last_inbound_at, later.expires_at
        other.announced_expiry_of = later.announced_expiry_of
        for field in ("free_entry_from", "free_entry_expires_at"):
            moments = filter(None, [getattr(window, field), getattr(other, field)])
            setattr(other, field, max(moments, default=None))
        other.save()
        window.delete()
