"""News about messages that aren't stored yet: kept, and given back when the message appears."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from config import bulk
from contactcenter.models import PendingUpdate

KEPT = timedelta(days=8)
"""Meta repeats deliveries for up to seven days; what hasn't found its message then is about somebody else's."""


@dataclass(slots=True)
class Pending:
    """Something that happened to a message: ``kind`` is ``status``, ``edit`` or ``revoke``; ``data`` says what."""

    business_id: int
    number_id: int
    provider_id: str
    kind: str
    key: str
    at: datetime
    data: dict
    rank: int = 0


def keep(updates):
    """Remember updates. Of one that comes twice the earliest time holds, and of an edit the latest.

    That is what happens to one whose message is there: otherwise it would matter which of them came first.
    """
    holds = {}
    for one in updates:
        key = (one.number_id, one.provider_id, one.kind, one.key)
        known = holds.get(key)
        if known is None or (one.at > known.at if one.kind == "edit" else one.at < known.at):
            holds[key] = one
    rows = list(holds.values())
    bulk.insert(
        PendingUpdate,
        {
            "business_id": [row.business_id for row in rows],
            "phone_number_id": [row.number_id for row in rows],
            "provider_id": [row.provider_id for row in rows],
            "kind": [row.kind for row in rows],
            "key": [row.key for row in rows],
            "rank": [row.rank for row in rows],
            "at": [row.at for row in rows],
            "data": [row.data for row in rows],
        },
        order=["phone_number_id", "provider_id", "kind", "key"],
        conflict="(phone_number_id, provider_id, kind, key) DO UPDATE SET at = EXCLUDED.at, data = EXCLUDED.data "
        "WHERE CASE contactcenter_pendingupdate.kind WHEN 'edit' THEN contactcenter_pendingupdate.at < EXCLUDED.at "
        "ELSE contactcenter_pendingupdate.at > EXCLUDED.at END",
    )


def take(keys):
    """Remove and return what waits for these messages, pairs of (number, provider ID)."""
    if not keys:
        return []
    keys = sorted(keys)
    source, params = bulk.unnest(
        "k",
        phone_number_id=("bigint", [number for number, _ in keys]),
        provider_id=("text", [provider_id for _, provider_id in keys]),
    )
    rows = bulk.fetch(
        f"DELETE FROM contactcenter_pendingupdate p USING {source} "
        "WHERE p.phone_number_id = k.phone_number_id AND p.provider_id = k.provider_id "
        "RETURNING p.business_id, p.phone_number_id, p.provider_id, p.kind, p.key, p.at, p.data, p.rank",
        params,
    )
    return [Pending(*row[:6], bulk.from_json(row[6]), row[7]) for row in rows]


def forget_old(present):
    """Drop updates whose message never came; returns how many."""
    return PendingUpdate.objects.filter(created_at__lt=present - KEPT).delete()[0]


def waiting_for_stored(limit=500):
    """Messages that are stored although updates still wait for them: two transactions missed each other."""
    return bulk.fetch(
        "SELECT DISTINCT p.phone_number_id, p.provider_id FROM contactcenter_pendingupdate p "
        "JOIN contactcenter_message m USING (phone_number_id, provider_id) LIMIT %s",
        [limit],
    )
