"""Tasks around sending: leases that ended, and files to fetch. ``contactcenter.tasks`` imports them for Celery."""

from celery import shared_task
from django.db import connection

from config import hints
from config.faults import fault_point
from contactcenter.sender import CHANNEL
from contactcenter.services import STATUS_CHANGED, fetching, receipts
from contactcenter.understand import round_trips
from tenants import live
from tenants.tenancy import every_business

SWEPT_AT_ONCE = 500

_ENDED = """
SELECT message_id FROM contactcenter_outboxitem
WHERE state IN ('claimed', 'attempted') AND lease_until < clock_timestamp()
ORDER BY lease_until LIMIT %s
"""
_LOCK = """
SELECT id FROM contactcenter_message WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
"""
"""Messages before outbox items, as everybody does who touches both."""
_BACK = """
UPDATE contactcenter_outboxitem SET state = 'waiting', lease_until = NULL, claimed_by = ''
WHERE message_id = ANY(%s) AND state = 'claimed' AND lease_until < clock_timestamp() RETURNING message_id
"""
_SETTLED = """
DELETE FROM contactcenter_outboxitem o USING contactcenter_message m
WHERE m.id = ANY(%s) AND o.message_id = m.id AND o.state = 'attempted' AND m.rank > 1
"""
_UNKNOWN = """
UPDATE contactcenter_outboxitem SET state = 'unknown', lease_until = NULL
WHERE message_id = ANY(%s) AND state = 'attempted' AND lease_until < clock_timestamp() RETURNING message_id
"""
_UNKNOWN_MESSAGES = "UPDATE contactcenter_message SET status = 'unknown', rank = 1 WHERE id = ANY(%s) AND rank < 1"
_THREADS = """
SELECT DISTINCT v.business_id, v.reference::text
FROM contactcenter_message m JOIN contactcenter_conversation v ON v.id = m.conversation_id WHERE m.id = ANY(%s)
"""


@shared_task(name="contactcenter.tasks.sweep_outbox")
def sweep_outbox():
    """What a dead sender left: claims without an attempt mark wait again, attempts become unknown and stay so.

    Leases are read by the database's own clock, which is never moved.
    """
    with every_business(), connection.cursor() as cursor:
        cursor.execute(_ENDED, [SWEPT_AT_ONCE])
        cursor.execute(_LOCK, [[pk for (pk,) in cursor.fetchall()]])
        ended = [pk for (pk,) in cursor.fetchall()]
        if not ended:
            return {"waiting": 0, "unknown": 0}
        cursor.execute(_BACK, [ended])
        waiting = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(_SETTLED, [ended])
        cursor.execute(_UNKNOWN, [ended])
        unknown = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(_UNKNOWN_MESSAGES, [unknown])
        cursor.execute(_THREADS, [waiting + unknown])
        for business_id, conversation in cursor.fetchall():
            live.emit(STATUS_CHANGED, business_id=business_id, conversation=conversation)
        fault_point("sweep.before_commit")
    if waiting:
        hints.publish(CHANNEL, "swept")
    return {"waiting": len(waiting), "unknown": len(unknown)}


@shared_task(name="contactcenter.tasks.fetch_media")
def fetch_media(message_pk=None):
    """Fetch the files that are due (or the one of this message) from the provider."""
    return fetching.fetch_due(message_pk)


@shared_task(name="contactcenter.tasks.send_read_receipt")
def send_read_receipt(business_pk, conversation_pk):
    """Show the person that what they wrote was read; returns whether the provider was told."""
    return receipts.send(business_pk, conversation_pk)


@shared_task(name="contactcenter.tasks.catch_up_round_trips")
def catch_up_round_trips():
    """Tests of numbers whose answer ended without a webhook, because the sender was surely refused."""
    return {"ended": round_trips.catch_up()}
