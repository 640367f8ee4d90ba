"""What ``/metrics`` says about sending and about the installation; ``contactcenter.apps`` imports this module."""

from config import heartbeat, readiness
from config.metrics import source
from contactcenter.health import figures
from contactcenter.models import Priority
from providers.models import Incident
from tenants.tenancy import every_business


@source
def sending_metrics():
    """What waits to leave, and what nobody knows about."""
    with every_business():
        waiting = figures.waiting_by_priority()
        oldest = figures.oldest_reply_waits()
        _rows, unknown = figures.unknown_sends()
    for priority in Priority:
        text = "Messages that wait to leave."
        yield "umbral_outbox_waiting", text, "gauge", {"lane": priority.name.lower()}, waiting.get(priority, 0)
    text = "How long the oldest agent's reply that may leave has waited."
    yield "umbral_outbox_oldest_reply_seconds", text, "gauge", {}, oldest.total_seconds() if oldest else 0
    yield "umbral_unknown_sends", "Messages of which nobody knows whether they were sent.", "gauge", {}, unknown


@source
def installation_metrics():
    """Incidents, processes, readiness."""
    count = Incident.objects.filter(closed_at=None).count()
    yield "umbral_incidents_open", "Incidents that are open.", "gauge", {}, count
    for name, age in sorted(heartbeat.ages().items()):
        text = "Seconds since a process of this kind was seen at work."
        yield "umbral_process_seen_seconds", text, "gauge", {"process": name}, round(age, 1)
    for name, reason in readiness.reasons().items():
        text = "1 when this part is ready, as /readyz says it."
        yield "umbral_ready", text, "gauge", {"part": name}, 0 if reason else 1
