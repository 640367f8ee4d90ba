"""What ``/metrics`` says about hearing; ``providers.apps`` imports this module."""

from config.metrics import source
from providers.models import DeadLetter
from providers.webhooks import ledger
from providers.webhooks.door import webhook_door


@source
def webhook_metrics():
    """What this process heard and refused."""
    counts = webhook_door.writer.counts
    for name, text in (
        ("rows", "Deliveries that this process wrote to the ledger."),
        ("batches", "Group commits of this process."),
        ("failures", "Group commits of this process that failed and were answered with 503."),
    ):
        yield f"umbral_webhook_{name}_total", text, "counter", {}, counts[name]
    waiting = webhook_door.writer.waiting
    yield "umbral_webhook_waiting", "Deliveries that wait for their commit.", "gauge", {}, waiting
    for reason, count in sorted(webhook_door.refused.items()):
        text = "Webhook requests that this process refused."
        yield "umbral_webhook_refused_total", text, "counter", {"reason": reason}, count


@source
def ledger_metrics():
    """How far digestion is behind, and what could not be digested."""
    waiting = ledger.waiting()
    yield "umbral_ledger_waiting_shards", "Shards with undigested deliveries.", "gauge", {}, len(waiting)
    lag = ledger.lag(waiting.values()).total_seconds()
    yield "umbral_ledger_lag_seconds", "Age of the oldest undigested delivery.", "gauge", {}, lag
    dead = DeadLetter.objects.filter(closed_at=None).count()
    yield "umbral_dead_letters_open", "Deliveries that wait among the dead letters.", "gauge", {}, dead
