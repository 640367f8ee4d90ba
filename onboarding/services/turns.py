"""Whose turn it is: what an application waits for from its business, and since when."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from config.clock import now
from onboarding.enums import ApplicationStatus as Status
from onboarding.enums import StepKind, StepState
from onboarding.models import OnboardingApplication, OnboardingStep
from onboarding.rulebook.house import house_rule

DRAFT, CORRECTIONS = "draft", "corrections"
WITH_STEPS = (Status.SUBMITTED, Status.APPROVED)
"""Statuses in which a step may wait for the business."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Something that only the business can do. ``since`` moves whenever it acts."""

    what: str
    since: datetime


def turn_of(application):
    """The ``Turn`` of the business, or None while somebody else acts or nobody has to."""
    if application.status == Status.DRAFT:
        return Turn(DRAFT, application.updated_at)
    if application.status == Status.CHANGES_REQUESTED:
        # A correction saved but not yet sent is an act, too.
        return Turn(CORRECTIONS, max(application.status_changed_at, application.updated_at))
    if application.status not in WITH_STEPS:
        return None
    waiting = [step for step in application.steps.all() if step.state == StepState.WAITING_FOR_BUSINESS]
    if not waiting:
        return None
    order = list(StepKind)
    step = min(waiting, key=lambda step: order.index(StepKind(step.kind)))
    return Turn(step.kind, step.since)


def name_of(what):
    """What a turn asks of the business, as the subject of a mail says it."""
    if what == DRAFT:
        return _("Finish your application")
    if what == CORRECTIONS:
        return _("Correct what our reviewer asked for")
    words = {
        StepKind.BUSINESS_VERIFICATION: _("Get your company verified by Meta"),
        StepKind.NAME_REVIEW: _("Propose another display name"),
        StepKind.CODE_REQUESTED: _("Activate your number"),
        StepKind.CODE_VERIFIED: _("Enter the code"),
        StepKind.NUMBER_ADDED: _("Free your number for WhatsApp"),
        StepKind.REGISTERED: _("Give the two-step PIN of your number"),
        StepKind.ROUND_TRIP: _("Test your number with one message"),
    }
    return words.get(what) or str(dict(StepKind.choices).get(what, what))


def with_the_business(queryset=None, *, before=None):
    """Applications that wait for their business; with ``before`` only those that do since before that moment."""
    rows = OnboardingApplication.objects.all() if queryset is None else queryset
    before = before or now()
    step = OnboardingStep.objects.filter(
        application=OuterRef("pk"), state=StepState.WAITING_FOR_BUSINESS, since__lte=before
    )
    return rows.filter(
        Q(status=Status.DRAFT, updated_at__lte=before)
        | Q(status=Status.CHANGES_REQUESTED, status_changed_at__lte=before, updated_at__lte=before)
        | Q(Exists(step), status__in=WITH_STEPS)
    )


def stalled(queryset=None):
    """Applications whose business hasn't acted for longer than the house rule ``stalled_after_days``."""
    return with_the_business(queryset, before=now() - timedelta(days=house_rule("stalled_after_days")))
