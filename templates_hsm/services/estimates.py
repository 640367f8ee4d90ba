"""How long Meta takes to decide: from our own history, and by Meta's own word while it is short (issue row Approval).

Only durations of all businesses together leave this module, and none while they come from fewer than ``ENOUGH`` cases.
"""

from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from statistics import median

from django.core.cache import cache

from templates_hsm.models import MessageTemplate
from templates_hsm.services import platform
from tenants.tenancy import every_business

ENOUGH = 5
NEWEST = 500
"""Older cases say little about Meta's present pace."""
_KEY, _KEPT_SECONDS = "templates-decided-hours", 60


@dataclass(frozen=True, slots=True)
class Estimate:
    """Hours until a decision; ``cases`` is 0 when Meta's own word speaks. ``whose``: own, all, platform."""

    whose: str
    cases: int
    median: float
    p90: float


def estimate():
    """The ``Estimate`` for the business of the scope: its own cases, else those of all businesses, else the usual."""
    own = _hours(MessageTemplate.objects.all())
    if len(own) >= ENOUGH:
        return of(own, "own")
    known = cache.get(_KEY)
    if known is None:
        with every_business():
            known = _hours(MessageTemplate.objects.all())
        cache.set(_KEY, known, _KEPT_SECONDS)
    return of(known, "all")


def of(hours, whose):
    """The ``Estimate`` of these durations."""
    if len(hours) < ENOUGH:
        usual = platform.newest("review")["usual_hours"]
        return Estimate("platform", 0, usual, usual)
    hours = sorted(hours)
    return Estimate(whose, len(hours), median(hours), hours[ceil(len(hours) * 0.9) - 1])


def _hours(rows):
    decided = rows.exclude(submitted_at=None).exclude(decided_at=None).order_by("-decided_at")
    pairs = decided.values_list("submitted_at", "decided_at")[:NEWEST]
    return [(end - start) / timedelta(hours=1) for start, end in pairs if end > start]
