"""News for open pages: small events written in the transaction that made them; Redis only rings afterwards.

Events are numbered per business. The numbers are given just before the commit of the outermost scope, so a busy
business isn't locked longer than needed and numbers become visible in their order.
"""

from django.conf import settings
from django.db import connection, transaction

from config import bulk, hints
from config.clock import now
from config.faults import fault_point
from tenants.tenancy import current_scope

CHANNEL = "live"
MAX_DATA_BYTES = 2000

_COUNT = """
INSERT INTO tenants_livecounter (business_id, last)
SELECT * FROM unnest(%s::bigint[], %s::bigint[]) AS t(business_id, n) ORDER BY business_id
ON CONFLICT (business_id) DO UPDATE SET last = tenants_livecounter.last + EXCLUDED.last
RETURNING business_id, last
"""
_STORE = """
INSERT INTO tenants_liveevent (business_id, number, type, data, at)
SELECT business_id, number, type, data, %s
FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::jsonb[]) AS t(business_id, number, type, data)
"""


class _Flush:
    """The events of one transaction, written once at its end."""

    def __init__(self):
        self.events = {}

    def add(self, business_id, type, data):
        """Keep one event; an equal one that already waits in this transaction is enough."""
        import orjson  # only processes that emit need it

        key = (business_id, type, orjson.dumps(data, option=orjson.OPT_SORT_KEYS).decode())
        if len(key[2]) > MAX_DATA_BYTES:
            raise ValueError("A live event carries ids, not content.")
        self.events[key] = None

    def __call__(self):
        events, self.events = sorted(self.events, key=lambda key: key[0]), {}
        if not events:
            return
        with connection.cursor() as cursor:
            fault_point("live.before_numbers")
            counts = store(cursor, events)
            fault_point("live.before_commit")
        transaction.on_commit(lambda: ring(counts), robust=True)


def store(cursor, events):
    """Number and write ``events`` (business, type, JSON text; sorted by business) as the last act of a transaction.

    For processes that speak SQL themselves; everybody else calls ``emit``. Returns the businesses to ``ring`` for once
    the transaction is committed.
    """
    counts = {}
    for business_id, _type, _data in events:
        counts[business_id] = counts.get(business_id, 0) + 1
    if not counts:
        return counts
    cursor.execute(_COUNT, [bulk.array(list(counts)), bulk.array(list(counts.values()))])
    next_number = {business_id: last - counts[business_id] for business_id, last in cursor.fetchall()}
    numbers = []
    for business_id, _type, _data in events:
        next_number[business_id] += 1
        numbers.append(next_number[business_id])
    ids, types, data = zip(*events, strict=True)
    cursor.execute(_STORE, [now(), *map(bulk.array, (ids, numbers, types, data))])
    return counts


def emit(type, *, business_id=None, **data):
    """Tell the open pages of a business that something changed (ids and versions, never content).

    Must be called inside a scope; ``business_id`` is needed inside ``every_business()``. The event becomes visible
    with the commit, or not at all.
    """
    scope = current_scope()
    business_id = business_id or scope.business_id
    if business_id is None:
        raise ValueError("Inside every_business() an event must name its business.")
    scope.before_commit.setdefault("live", _Flush()).add(business_id, type, data)


def current_number():
    """The number of the last event of the business whose scope is open: a page made now opens its stream with
    ``?last=`` and this, and misses nothing that happens in between. Read it before what the page shows."""
    from tenants.models import LiveCounter  # models import tenancy, and so does this module's caller

    pk = current_scope().business_id
    return LiveCounter.objects.filter(pk=pk).values_list("last", flat=True).first() or 0


def ring(business_ids):
    """Wake the processes that stream to open pages; a lost ring costs at most a second."""
    fault_point("live.before_ring")
    hints.publish(CHANNEL, " ".join(str(pk) for pk in business_ids))


def kept_seconds():
    """How far back a page may resume."""
    return settings.LIVE_EVENTS_KEPT_SECONDS
