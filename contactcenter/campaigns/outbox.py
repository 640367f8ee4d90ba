"""What of a campaign stands in the outbox: held while it is paused, taken back when it is cancelled.

What is marked as leaving can't be called back; everything else can.
"""

from datetime import UTC, datetime

from django.db import transaction
from django.utils.translation import gettext_noop

from config import bulk, hints
from config.clock import now
from contactcenter.costs import usage
from contactcenter.models import Priority
from contactcenter.sender import CHANNEL

HELD_UNTIL = datetime(9999, 1, 1, tzinfo=UTC)
CANCELLED = gettext_noop("The campaign was cancelled before this message left.")

_OWN = """
SELECT o.id FROM contactcenter_outboxitem o JOIN contactcenter_campaignrecipient r ON r.message_id = o.message_id
WHERE o.phone_number_id = %(number)s AND o.priority = %(priority)s AND r.campaign_id = %(campaign)s
  AND o.state = ANY(%(states)s)
"""
_HOLD = f"""
WITH own AS (SELECT id FROM contactcenter_outboxitem WHERE id = ANY(ARRAY({_OWN})) ORDER BY id FOR UPDATE)
UPDATE contactcenter_outboxitem o
SET state = 'waiting', claimed_by = '', lease_until = NULL, not_before = %(until)s
FROM own WHERE o.id = own.id AND o.state IN ('waiting', 'claimed')
"""
"""A claim that loses its name is not marked by the sender that has it in hand."""
_LOCK_MESSAGES = f"""
SELECT m.id FROM contactcenter_message m JOIN contactcenter_outboxitem o ON o.message_id = m.id
WHERE o.id = ANY(ARRAY({_OWN})) ORDER BY m.id FOR NO KEY UPDATE OF m
"""
_TAKE_BACK = """
DELETE FROM contactcenter_outboxitem WHERE message_id = ANY(%s::bigint[]) AND state IN ('waiting', 'claimed')
RETURNING message_id
"""
_NOT_SENT = """
UPDATE contactcenter_message SET status = 'failed', rank = 4, failed_at = %s, error_details = %s
WHERE id = ANY(%s::bigint[]) AND rank < 2 RETURNING at
"""
_WITHDRAWN = """
UPDATE contactcenter_campaignrecipient SET state = 'withdrawn' WHERE message_id = ANY(%s::bigint[])
"""


def _question(campaign, *states):
    return {
        "number": campaign.phone_number_id,
        "priority": Priority.CAMPAIGN.value,
        "campaign": campaign.pk,
        "states": list(states),
    }


def hold(campaign):
    """Nothing more of it leaves until ``let_go``; how many were held. What is marked as leaving goes on."""
    return bulk.run(_HOLD, _question(campaign, "waiting", "claimed") | {"until": HELD_UNTIL})


def let_go(campaign):
    """What was held may leave again."""
    count = bulk.run(
        f"UPDATE contactcenter_outboxitem SET not_before = %(now)s WHERE id = ANY(ARRAY({_OWN})) "
        "AND not_before = %(until)s",
        _question(campaign, "waiting") | {"now": now(), "until": HELD_UNTIL},
    )
    if count:
        number = str(campaign.phone_number_id)
        transaction.on_commit(lambda: hints.publish(CHANNEL, number), robust=True)
    return count


def take_back(campaign):
    """Messages that haven't left never will; how many. Call it with the campaign's row locked."""
    rows = bulk.fetch(_LOCK_MESSAGES, _question(campaign, "waiting", "claimed"))
    taken = [pk for (pk,) in bulk.fetch(_TAKE_BACK, [bulk.array([pk for (pk,) in rows])])] if rows else []
    if taken:
        moments = bulk.fetch(_NOT_SENT, [now(), CANCELLED, bulk.array(taken)])
        usage.note((campaign.business_id, at) for (at,) in moments)
        bulk.run(_WITHDRAWN, [bulk.array(taken)])
    return len(taken)


def in_outbox(campaign):
    """``(waiting or claimed, marked as leaving)``: what hasn't its outcome yet."""
    rows = dict(
        bulk.fetch(
            "SELECT o.state, count(*) FROM contactcenter_outboxitem o WHERE o.id = ANY(ARRAY("
            f"{_OWN})) GROUP BY o.state",
            _question(campaign, "waiting", "claimed", "attempted"),
        )
    )
    return rows.get("waiting", 0) + rows.get("claimed", 0), rows.get("attempted", 0)


def waiting_of_number(number_pk, most):
    """How many campaign messages of a number wait to leave now, counted up to ``most``."""
    [(count,)] = bulk.fetch(
        "SELECT count(*) FROM (SELECT 1 FROM contactcenter_outboxitem WHERE phone_number_id = %s AND priority = %s "
        "AND state = 'waiting' AND not_before <= %s LIMIT %s) AS few",
        [number_pk, Priority.CAMPAIGN.value, now(), most],
    )
    return count
