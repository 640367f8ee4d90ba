"""Making sense of what was heard: one task per shard of the ledger, and a sweep for what no hint announced."""

import random
import time

from celery import shared_task

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

_last: dict[str, float] = {}


@shared_task(name=DIGEST)
def digest_deliveries(*shards):
    """Digest these shards, one after the other; one whose turn is over with rows left queues up for another turn.

    Workers that were told of the same shards share them out: each begins somewhere else and leaves out what another
    one holds.
    """
    told = {"deliveries": 0, "events": 0, "dead": 0}
    first = random.randrange(len(shards))
    turn = dispatch.TIME_BUDGET_SECONDS / len(shards)
    for shard in shards[first:] + shards[:first]:
        report = dispatch.digest_shard(shard, scope=every_business, seconds=turn)
        if report.more and not report.busy:
            hints.send(DIGEST, shard)
        told = {key: value + getattr(report, key) for key, value in told.items()}
    return told


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
