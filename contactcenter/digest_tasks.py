"""Making sense of what was heard: one task per shard of the ledger, and a sweep for what no hint announced."""

import time
from datetime import timedelta

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
LAG_LIMIT = timedelta(minutes=5)

_last: dict[str, float] = {}


@shared_task(name=DIGEST)
def digest_deliveries(shard):
    """Digest one shard; when its turn is over with rows left, queue up for another turn."""
    report = dispatch.digest_shard(shard, scope=every_business)
    if report.more and not report.busy:
        hints.send(DIGEST, shard)
    return {"deliveries": report.deliveries, "events": report.events, "dead": report.dead}


@shared_task(name="contactcenter.tasks.sweep_deliveries")
def sweep_deliveries():
    """Beat, each second: wake a worker for every shard that has rows beyond its cursor."""
    if _is_due("heartbeat", HEARTBEAT_SECONDS):
        seen("digest")
    waiting = ledger.waiting()
    for shard in waiting:
        hints.send(DIGEST, shard)
    lag = ledger.lag(waiting.values())
    if lag > LAG_LIMIT:
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
