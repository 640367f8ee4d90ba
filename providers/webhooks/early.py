"""Events that came before anybody had their account: kept, and heard again when somebody has it.

A provider tells of an account (``PARTNER_ADDED``) while we still write down that it is ours, or before a person comes
back from Embedded Signup. Handlers keep such events with ``subscribers.keep_early``.
"""

from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction

from config.clock import now
from providers.models import UnknownEvent
from providers.webhooks import dispatch, ledger, subscribers
from providers.webhooks.subscribers import EARLY

AT_ONCE = 200
UNUSED = "recognised_but_unused"

_READ = """
SELECT id, received_at, body FROM providers_delivery
WHERE received_at = %s AND shard = ANY(%s) AND id = %s
"""


def hear_again(owned, scope):
    """Hand early events to their subscribers whose account is in ``owned(accounts)`` now; returns how many.

    ``scope()`` opens the caller's rights for one transaction; each event has its own. One that fails ends as a dead
    letter, as it would have. Raises when the database itself is in trouble. Those that the ledger has forgotten are
    left for staff to read.
    """
    since = now() - timedelta(days=settings.RETENTION_DAYS["webhook_deliveries"])
    UnknownEvent.objects.filter(kind=EARLY, received_at__lt=since).update(kind=UNUSED)
    waiting = UnknownEvent.objects.filter(kind=EARLY, received_at__gte=since)
    accounts = set(waiting.values_list("provider_account", flat=True).distinct())
    if not accounts:
        return 0
    with transaction.atomic(), scope():
        mine = owned(accounts)
    rows = waiting.filter(provider_account__in=mine).order_by("received_at", "delivery_id")
    return sum(_hear(pk, scope) for pk in list(rows.values_list("pk", flat=True)[:AT_ONCE]))


def _hear(pk, scope):
    """Handle one again, unless another worker does; whether there was something to handle."""
    delivery, events = None, []
    try:
        with transaction.atomic(), scope():
            kept = UnknownEvent.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
            if kept is None:
                return False
            delivery = _delivery_of(kept)
            events = _events_of(delivery, kept)
            if not events:
                kept.kind = UNUSED
                kept.save(update_fields=["kind"])
                return False
            _wait_for_the_digestion_of(delivery)
            kept.delete()
            subscribers.handle(events)
    except Exception as exc:
        if not events or dispatch.is_nobodys_fault(exc):
            raise
        with transaction.atomic():
            UnknownEvent.objects.filter(pk=pk).delete()
            place = events[0].event.position
            dispatch.bury(delivery, [(place, dispatch.describe_error(exc), dispatch.kind_of(exc))])
        return False
    return True


def _wait_for_the_digestion_of(delivery):
    """Hold the shard of a delivery for the length of the transaction, as a digestion of its account's news does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [ledger.READERS_LOCK, ledger.shard_of(delivery.body)])


def _delivery_of(kept):
    """The row of the ledger that an unknown event came from, or ``None`` when it was dropped."""
    with connection.cursor() as cursor:
        cursor.execute(_READ, [kept.received_at, list(range(ledger.SHARDS)), kept.delivery_id])
        found = cursor.fetchone()
    return ledger.Row(found[0], found[1], bytes(found[2])) if found else None


def _events_of(delivery, kept):
    if delivery is None:
        return []
    return [one for one in subscribers.read_delivery(delivery) if subscribers.place_of(one.event) == kept.position]
