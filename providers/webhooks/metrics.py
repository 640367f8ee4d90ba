"""What ``/metrics`` says about hearing; ``providers.apps`` imports this module."""

from config.metrics import source
from providers import tallies
from providers.models import DeadLetter
from providers.webhooks import ledger
from providers.webhooks.door import webhook_door

MANY = 10_000
"""Counting stops here: more open dead letters than this make no difference to anybody."""

_COUNTERS = {
    "written": ("umbral_webhook_rows_total", "Deliveries written to the ledger."),
    "commits": ("umbral_webhook_batches_total", "Group commits of deliveries."),
    "failed_commits": ("umbral_webhook_failures_total", "Group commits that failed and were answered with 503."),
    "digested": ("umbral_digested_deliveries_total", "Deliveries digested."),
    "events": ("umbral_digested_events_total", "Events found in digested deliveries."),
    "unknown": ("umbral_unknown_events_total", "Events that nobody understood or has a use for."),
    "dead": ("umbral_dead_letters_total", "Deliveries that became dead letters."),
}


@source
def installation_metrics():
    """Counters of the whole installation, whichever process answers."""
    totals = tallies.totals()
    for key, (name, text) in _COUNTERS.items():
        yield name, text, "counter", {}, totals.get(key, 0)
    for key, value in totals.items():
        subject, _, rest = key.partition(".")
        if subject == "refused":
            text = "Webhook requests that were refused at the door."
            yield "umbral_webhook_refused_total", text, "counter", {"reason": rest}, value
        elif subject == "sent":
            text = "Attempts to send a message, by outcome."
            yield "umbral_send_attempts_total", text, "counter", {"outcome": rest}, value
        elif subject == "error":
            where, _, code = rest.partition(".")
            text = "Errors of the provider: answers to calls and sends, and statuses that told of one."
            yield "umbral_provider_errors_total", text, "counter", {"where": where, "code": code}, value


@source
def process_metrics():
    """What only the answering process knows."""
    waiting = webhook_door.writer.waiting
    yield "umbral_webhook_waiting", "Deliveries of this web process that wait for their commit.", "gauge", {}, waiting


@source
def ledger_metrics():
    """How far digestion is behind, and what could not be digested."""
    text = "Deliveries ever numbered by the ledger."
    yield "umbral_ledger_deliveries_total", text, "counter", {}, ledger.heard_so_far()
    waiting = ledger.waiting()
    yield "umbral_ledger_waiting_shards", "Shards with undigested deliveries.", "gauge", {}, len(waiting)
    lag = ledger.lag(waiting.values()).total_seconds()
    yield "umbral_ledger_lag_seconds", "Age of the oldest undigested delivery.", "gauge", {}, lag
    dead = DeadLetter.objects.filter(closed_at=None)[:MANY].count()
    yield "umbral_dead_letters_open", "Deliveries that wait among the dead letters.", "gauge", {}, dead
