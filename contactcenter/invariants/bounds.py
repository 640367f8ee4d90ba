"""Queues are short: nothing that could be worked on has waited for long, and no table grows without an end."""

from datetime import timedelta

from django.db import connection

from config.clock import now
from contactcenter.invariants.base import Broken, Invariant, Rule
from contactcenter.understand import pending
from providers.webhooks import ledger
from tenants import live

CONNECTIONS_SHARE = 0.9


def _ago(seconds):
    return (now() - timedelta(seconds=seconds),)


RULES = (
    Rule(
        "No reply of an agent is due for long.",
        "SELECT o.id, o.phone_number_id AS number, greatest(o.not_before, o.created_at) AS since, o.last_error "
        "FROM contactcenter_outboxitem o WHERE o.state = 'waiting' AND o.priority < 2 "
        "AND greatest(o.not_before, o.created_at) < %s",
        lambda limits: _ago(limits.due),
    ),
    Rule(
        "Old live events are forgotten.",
        "SELECT business_id AS business, count(*) AS events, min(at) AS oldest FROM tenants_liveevent WHERE at < %s "
        "GROUP BY 1",
        lambda limits: _ago(live.kept_seconds() + 3600),
    ),
    Rule(
        "Updates whose message never came are forgotten.",
        "SELECT id, provider_id, created_at FROM contactcenter_pendingupdate WHERE created_at < %s",
        lambda limits: (now() - pending.KEPT - timedelta(hours=1),),
    ),
    Rule(
        "Every delivery lies in the partition of its day.",
        "SELECT id, received_at FROM providers_delivery_default",
    ),
    Rule(
        "No file waits for its next attempt for long.",
        "SELECT id, next_attempt_at, last_error FROM contactcenter_messagemedia WHERE next_attempt_at < %s",
        lambda limits: _ago(max(limits.due, 300.0)),
    ),
)


def _look(limits, facts):
    waiting = ledger.waiting()
    lag = ledger.lag(waiting.values()).total_seconds()
    facts |= {"undigested_shards": len(waiting), "undigested_seconds": round(lag, 1)}
    late = [f"shard {shard}, since {since}" for shard, since in sorted(waiting.items())]
    if lag > limits.undigested:
        yield Broken("No delivery waits long to be digested.", len(late), late[: limits.examples])
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), current_setting('max_connections')::int FROM pg_stat_activity")
        used, most = cursor.fetchone()
        cursor.execute("SELECT state, count(*) FROM contactcenter_outboxitem GROUP BY state")
        facts |= {"connections": used, "outbox": dict(cursor.fetchall())}
        cursor.execute("SELECT count(*) FROM providers_deadletter WHERE closed_at IS NULL")
        facts["dead_letters_open"] = cursor.fetchone()[0]
    if used > most * CONNECTIONS_SHARE:
        yield Broken("There are connections to spare.", 1, [f"{used} of {most} are in use"])


INVARIANT = Invariant("bounds", "Queues, connections and tables stay within their bounds.", RULES, _look)
