"""What the desk does over time: decisions by day and reviewer, outcomes, how old the queue is, how fast it is.

Counted from the history, which every decision writes when it leaves the house.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median

from django.db.models import F, OuterRef, Subquery
from django.utils.timezone import localdate

from config.clock import now
from onboarding.enums import ApplicationStatus as Status
from onboarding.models import ApplicationEvent, OnboardingApplication
from onboarding.services import queue

DAYS = 28
OUTCOMES = (Status.APPROVED, Status.CHANGES_REQUESTED, Status.REJECTED)
AGES = (4, 12, 24, 48)
"""Upper ends in hours of the groups in which waiting applications are counted; the last group is open."""


@dataclass
class Workload:
    """The last ``DAYS`` days, oldest first."""

    days: list
    by_outcome: dict = field(default_factory=dict)
    """Outcome to a count a day."""
    by_reviewer: dict = field(default_factory=dict)
    """Reviewer's name to a count a day, the busiest first."""
    hours: list = field(default_factory=list)
    """Median hours to a decision for each day, None without decisions."""
    median_hours: float | None = None
    ages: list = field(default_factory=list)
    """How many applications wait in each group of ``AGES``."""
    waiting: int = 0
    late: int = 0

    @property
    def decisions(self):
        return sum(map(sum, self.by_outcome.values()))


def measure():
    """The ``Workload`` over all businesses (inside a scope that sees them)."""
    today = localdate(now())
    days = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    found = Workload(days, by_outcome={outcome: [0] * DAYS for outcome in OUTCOMES})
    place = {day: index for index, day in enumerate(days)}
    reviewers, took = {}, [[] for _day in days]
    for event in _decisions(now() - timedelta(days=DAYS)):
        index = place.get(localdate(event.at))
        if index is None:
            continue
        found.by_outcome[Status(event.new_status)][index] += 1
        if event.actor:
            reviewers.setdefault(str(event.actor), [0] * DAYS)[index] += 1
        if event.sent_at:
            took[index].append(queue.worked(event.sent_at, event.at).total_seconds() / 3600)
    found.by_reviewer = dict(sorted(reviewers.items(), key=lambda pair: (-sum(pair[1]), pair[0])))
    found.hours = [median(values) if values else None for values in took]
    every = [value for values in took for value in values]
    found.median_hours = median(every) if every else None
    _ages(found)
    return found


def _decisions(since):
    sent = ApplicationEvent.objects.filter(
        application=OuterRef("application"), kind="status", new_status=Status.SUBMITTED, pk__lt=OuterRef("pk")
    )
    rows = ApplicationEvent.objects.filter(
        kind="status", old_status=Status.SUBMITTED, new_status__in=OUTCOMES, at__gte=since
    )
    rows = rows.annotate(sent_at=Subquery(sent.order_by("-pk").values("at")[:1])).select_related("actor")
    return rows.order_by(F("at").asc()).iterator(chunk_size=1000)


def _ages(found):
    counts = Counter()
    waiting = OnboardingApplication.objects.filter(status=Status.SUBMITTED).values_list("status_changed_at", flat=True)
    for since in waiting:
        waited = queue.worked(since)
        hours = waited.total_seconds() / 3600
        counts[next((index for index, end in enumerate(AGES) if hours < end), len(AGES))] += 1
        found.late += waited > queue.target()
        found.waiting += 1
    found.ages = [counts[index] for index in range(len(AGES) + 1)]
