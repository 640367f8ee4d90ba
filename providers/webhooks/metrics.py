"""What ``/metrics`` says about hearing; ``providers.apps`` imports this module."""

from collections import Counter

from django.db.models import F, Sum

from config.metrics import few, source
from providers import tallies
from providers.models import DeadLetter, ReplayJob
from providers.webhooks import ledger
from providers.webhooks.door import webhook_door

MANY = 10_000
"""Counting stops here: more open dead letters than this make no difference to anybody."""
SHOWN_KINDS = 20

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


@source
def dead_letter_metrics():
    """What could not be digested by kind of error, and how far the replays under way are."""
    open_ones = DeadLetter.objects.filter(closed_at=None).order_by("delivery_id")
    kinds = Counter(kind or "unknown" for kind in open_ones.values_list("kind", flat=True)[:MANY])
    for kind, count in few(kinds, SHOWN_KINDS).items() or [("", 0)]:
        text = "Deliveries that wait among the dead letters, by kind of error."
        yield "umbral_dead_letters_open", text, "gauge", {"kind": kind}, count
    under_way = ReplayJob.objects.filter(finished_at=None)
    sums = under_way.aggregate(
        through=Sum("went_through", default=0),
        again=Sum("failed_again", default=0),
        left=Sum(F("total") - F("went_through") - F("failed_again"), default=0),
    )
    yield "umbral_replays_open", "Replays of dead letters under way.", "gauge", {}, under_way.count()
    text = "Dead letters that the replays under way have still to handle."
    yield "umbral_replay_left", text, "gauge", {}, sums["left"]
    for outcome, count in (("went_through", sums["through"]), ("failed_again", sums["again"])):
        text = "Dead letters that the replays under way have handled, by outcome."
        yield "umbral_replay_done", text, "gauge", {"outcome": outcome}, count
