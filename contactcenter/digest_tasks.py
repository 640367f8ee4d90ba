"""Making sense of what was heard: a task that goes round the ledger's shards; a sweep finds what no hint announced."""

import contextlib
import random
import time
from datetime import timedelta

from celery import shared_task
from django.db import connection

from config import hints
from config.heartbeat import seen
from providers import incidents
from providers.webhooks import dispatch, ledger
from tenants.tenancy import every_business

DIGEST = "contactcenter.tasks.digest_deliveries"
PREPARE = "contactcenter.tasks.prepare_ledger_partitions"
HEARTBEAT_SECONDS = 10
PREPARE_SECONDS = 60
LAG = "webhooks:lag"
TURN_SECONDS = 1.0
"""Other tasks wait for the same workers; what is left after a turn queues up again."""
LATE = timedelta(seconds=1)
ROUND_LOCK = 7304

_last: dict[str, float] = {}


@shared_task(name=DIGEST)
def digest_deliveries(*shards):
    """Go round the shards until nothing waits or the turn is over.

    ``shards`` only say why somebody rang. One worker goes round; others join it when deliveries have waited for
    ``LATE``, so that small batches aren't shared out into smaller ones and surplus hints are gone at once. Whoever
    leaves because somebody else is at it may do so: that one looks again after its commit, and after its last round.
    """
    told = {"deliveries": 0, "events": 0, "dead": 0}
    busy, ends = set(), time.monotonic() + TURN_SECONDS
    while waiting := _waiting_but(busy):
        with _going_round() as is_first:
            if not is_first and ledger.lag(waiting.values()) < LATE:
                break
            together = is_first
            while waiting and time.monotonic() < ends:
                together, more = _go_round(list(waiting), together, busy, told)
                # With nothing left in sight the next look comes after the lock is let go of, where it is needed anyway.
                waiting = _waiting_but(busy) if more else {}
        if waiting:
            hints.send(DIGEST, *sorted(waiting))
            break
    return told


def _waiting_but(busy):
    return {shard: since for shard, since in ledger.waiting().items() if shard not in busy}


def _go_round(shards, together, busy, told):
    """One batch of all these shards together, or one of each, beginning anywhere.

    Returns whether the next round may be together, and whether there is reason to look for more at once. Adds to
    ``told``, and to ``busy`` what others hold. A backlog, or a delivery at fault, is dealt with shard by shard.
    """
    if together:
        report = dispatch.digest_together(shards, scope=every_business)
        if report is not None and not report.busy:
            _add(told, report)
            return not report.more, report.more
    first = random.randrange(len(shards))
    for shard in shards[first:] + shards[:first]:
        report = dispatch.digest_shard(shard, scope=every_business, seconds=0)
        if report.busy:
            busy.add(shard)
        _add(told, report)
    return False, True


def _add(told, report):
    for name in told:
        told[name] += getattr(report, name)


@contextlib.contextmanager
def _going_round():
    """Yields whether nobody else goes round. PostgreSQL lets go by itself when the worker dies."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, 0)", [ROUND_LOCK])
        is_first = cursor.fetchone()[0]
    try:
        yield is_first
    finally:
        if is_first:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, 0)", [ROUND_LOCK])


@shared_task(name="contactcenter.tasks.sweep_deliveries")
def sweep_deliveries():
    """Beat, each second: wake a worker for the shards that have rows beyond their cursor."""
    if _is_due("heartbeat", HEARTBEAT_SECONDS):
        seen("digest")
    waiting = ledger.waiting()
    if waiting:
        hints.send(DIGEST, *sorted(waiting))
    lag = ledger.lag(waiting.values())
    if lag > ledger.LAG_LIMIT:
        title = incidents.to_translate("Deliveries wait too long to be digested")
        incidents.open_incident(LAG, title, f"The oldest has waited for {lag.total_seconds():.0f} seconds.")
    elif _is_due("lag", HEARTBEAT_SECONDS):
        incidents.close_incident(LAG)
    if ledger.is_astray() and _is_due("prepare", PREPARE_SECONDS):
        hints.send(PREPARE)
    return {"shards": sorted(waiting)}


@shared_task(name=PREPARE)
def prepare_ledger_partitions():
    """Beat, each hour: partitions for a week ahead, old ones dropped, an incident when the default one was used."""
    return ledger.prepare_partitions()


def _is_due(what, seconds):
    """At most once in so many seconds per process, by a clock that nobody moves."""
    present = time.monotonic()
    if present - _last.get(what, float("-inf")) < seconds:
        return False
    _last[what] = present
    return True
