"""What the health page shows, gathered from figures and samples."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from config import readiness
from config.clock import now
from contactcenter.health import charts, figures, samples
from providers.errors_text import explain
from providers.models import Incident, ReplayJob
from providers.webhooks import ledger

RANGES = {
    "hour": (_("1 hour"), timedelta(hours=1), 60),
    "day": (_("24 hours"), timedelta(days=1), 96),
    "fortnight": (_("14 days"), timedelta(days=14), 112),
}
PARTS = {
    "database": _("Database"),
    "redis": _("Redis"),
    "sender": _("Sender"),
    "worker": _("Worker"),
    "beat": _("Beat"),
    "ledger": _("Ledger takes deliveries"),
    "digestion": _("Digestion keeps up"),
}
WHERE = {"status": _("told by statuses"), "send": _("answers to sends"), "call": _("answers to other calls")}


@dataclass(slots=True)
class ProviderErrors:
    """Errors of one code in the time that is shown."""

    code: str
    where: Any
    count: int
    explanation: Any
    path: str


def live(range_name):
    """Everything of the page that changes by itself, as the template's context. Inside ``every_business()``."""
    label, length, steps = RANGES[range_name]
    stretch = samples.read(length, steps)
    lanes, all_lanes = figures.lanes()
    unknown, unknown_count = figures.unknown_sends()
    reasons = readiness.reasons()
    return {
        "as_of": now(),
        "range_label": label,
        "lag": ledger.lag(ledger.waiting().values()).total_seconds(),
        "lag_limit": ledger.LAG_LIMIT.total_seconds(),
        "parts": [(PARTS.get(name, name), reason) for name, reason in reasons.items()],
        "not_ready": sum(map(bool, reasons.values())),
        "charts": _charts(stretch),
        "errors": _errors(stretch),
        "lanes": lanes,
        "all_lanes": all_lanes,
        "unknown": unknown,
        "unknown_count": unknown_count,
        "unknown_is_more": unknown_count > len(unknown),
        "letter_groups": figures.letter_groups(),
        "letters": figures.open_letters(),
        "incidents": [_incident(one) for one in Incident.objects.filter(closed_at=None).order_by("opened_at")[:20]],
        "closed_incidents": [
            _incident(one) for one in Incident.objects.exclude(closed_at=None).order_by("-closed_at")[:5]
        ],
        "replays": ReplayJob.objects.order_by("-pk")[:5],
    }


def _incident(row):
    return {"row": row, "title": gettext(row.title)}


def _charts(stretch):
    moments = stretch.moments[1:]
    return [
        charts.draw(
            _("Deliveries"),
            _("per minute"),
            moments,
            [
                (_("Received"), stretch.per_minute("heard")),
                (_("Understood"), stretch.per_minute("digested")),
                (_("Refused at the door"), stretch.per_minute(*stretch.names("refused."))),
            ],
        ),
        charts.draw(
            _("Age of the oldest undigested delivery"), _("seconds"), moments, [(_("Age"), stretch.gauge("lag"))]
        ),
        charts.draw(
            _("Messages sent"),
            _("per minute"),
            moments,
            [
                (_("Accepted by WhatsApp"), stretch.per_minute("sent.accepted")),
                (_("Refused, for good or for now"), stretch.per_minute("sent.failed", "sent.again")),
                (_("Outcome unknown"), stretch.per_minute("sent.unknown")),
            ],
        ),
        charts.draw(
            _("What waits for a person"),
            _("in all"),
            moments,
            [
                (_("Dead letters"), stretch.gauge("open_letters")),
                (_("Unknown sends"), stretch.gauge("unknown_sends")),
            ],
        ),
    ]


def _errors(stretch):
    found = []
    for name in stretch.names("error."):
        count = stretch.change(name)
        if not count:
            continue
        _prefix, where, code = name.split(".", 2)
        number = int(code) if code.isdecimal() else None
        explanation = explain(number) if number is not None else None
        path = charts.sparkline(stretch.per_minute(name))
        found.append(ProviderErrors(code, WHERE.get(where, where), count, explanation, path))
    return sorted(found, key=lambda one: (-one.count, one.code))[:30]
