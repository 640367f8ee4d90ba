"""What ``/metrics`` says about sending and about the installation; ``contactcenter.apps`` imports this module.

The same figures as on the health page. Labels hold lanes, states, codes and kinds, never a number or a business: they
stay few however large the installation is.
"""

import re
from collections import Counter

from config import heartbeat, readiness
from config.clock import now
from config.metrics import few, source
from contactcenter.health import figures
from contactcenter.models import Priority
from providers.models import Incident
from tenants.tenancy import every_business

SHOWN_CODES = 20
SHOWN_KEYS = 50
_ID = re.compile(r"[:.][^:.]*[0-9][^:.]*")
"""The part of an incident's key that says which one: ``:41`` of ``poll:waba:41``."""


@source
def sending_metrics():
    """What waits to leave, and what nobody knows about."""
    with every_business():
        waiting = figures.waiting_by_priority()
        oldest_of = figures.oldest_by_priority()
        oldest = figures.oldest_reply_waits()
        unknown, unknown_count = figures.unknown_sends()
    for priority in Priority:
        text = "Messages that wait to leave."
        yield "umbral_outbox_waiting", text, "gauge", {"lane": priority.name.lower()}, waiting.get(priority, 0)
    for priority in Priority:
        text = "How long the oldest message of this lane has waited; 0 when none waits."
        age = oldest_of[priority].total_seconds() if priority in oldest_of else 0
        yield "umbral_outbox_oldest_seconds", text, "gauge", {"lane": priority.name.lower()}, age
    text = "How long the oldest agent's reply that may leave has waited."
    yield "umbral_outbox_oldest_reply_seconds", text, "gauge", {}, oldest.total_seconds() if oldest else 0
    text = "Messages of which nobody knows whether they were sent."
    yield "umbral_unknown_sends", text, "gauge", {}, unknown_count
    tried_at = unknown[0].attempted_at if unknown else None
    text = "How long ago the oldest of the unknown sends was tried."
    age = (now() - tried_at).total_seconds() if tried_at else 0
    yield "umbral_unknown_sends_oldest_seconds", text, "gauge", {}, age


@source
def lane_metrics():
    """What the sender noted about its numbers in the last seconds, all of them together."""
    with every_business():
        total = figures.lane_totals()
    for state, count in total.states.items():
        text = "Numbers by the state of their lane; no_sender: something waits and no sender has the number."
        yield "umbral_lanes", text, "gauge", {"state": state}, count
    for code, count in few(total.resting, SHOWN_CODES).items():
        text = "Numbers that rest because WhatsApp said so, by its code."
        yield "umbral_lanes_resting", text, "gauge", {"code": code}, count
    for name, text, value in (
        ("rest_seconds", "Until the last of the resting numbers goes on.", total.rests_for_seconds),
        ("left_per_second", "Messages that left lately, per second.", total.left_per_second),
        ("allowed_per_second", "Messages that all numbers with a sender may say now, per second.",
            total.allowed_per_second),
        ("claimed", "Messages that the sender has at hand.", total.claimed),
        ("in_flight", "Messages on their way to WhatsApp.", total.in_flight),
    ):  # fmt: skip
        yield f"umbral_lanes_{name}", text, "gauge", {}, value


@source
def installation_metrics():
    """Incidents, processes, readiness."""
    keys = list(Incident.objects.filter(closed_at=None).values_list("key", flat=True))
    yield "umbral_incidents_open", "Incidents that are open.", "gauge", {}, len(keys)
    for key, count in few(Counter(_ID.sub("", key) for key in keys), SHOWN_KEYS).items():
        text = "Open incidents by what they are about, whichever account, number or template it is."
        yield "umbral_incident_open", text, "gauge", {"key": key}, count
    for name, age in sorted(heartbeat.ages().items()):
        text = "Seconds since a process of this kind was seen at work."
        yield "umbral_process_seen_seconds", text, "gauge", {"process": name}, round(age, 1)
    for name, reason in readiness.reasons().items():
        text = "1 when this part is ready, as /readyz says it."
        yield "umbral_ready", text, "gauge", {"part": name}, 0 if reason else 1
