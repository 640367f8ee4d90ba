"""Steps that are stuck become incidents, and incidents end by themselves once a step isn't stuck (product row C3).

Some end on a path that knows of no incident (a webhook decides, the first message comes in), so a look over all of them
closes what is over. A step that merely waits for Meta is "stuck" only after a time that no such step needs.
"""

from datetime import timedelta

from config.clock import now
from onboarding.enums import ApplicationStatus, StepKind, StepState
from onboarding.models import OnboardingStep
from providers import incidents
from providers.models import Incident
from tenants.tenancy import every_business

NOBODY_CAME = timedelta(minutes=15)
"""A step that is due for so long was taken by no worker."""
LONGEST_AT_META = {
    StepKind.NAME_REVIEW: timedelta(days=5),
    StepKind.REGISTERED: timedelta(hours=80),
    StepKind.BUSINESS_VERIFICATION: timedelta(days=21),
}
"""How long Meta may take; "a few minutes to 3 days" for names, 72 hours after too many registrations."""
PREFIX = "step:"
LONG = "step-long:"


def look():
    """Open and close incidents; returns how many of each."""
    at = now()
    with every_business():
        steps = OnboardingStep.objects.exclude(state__in=[StepState.DONE, StepState.WAITING])
        steps = steps.exclude(application__status=ApplicationStatus.REJECTED).select_related("application", "business")
        stuck, long = {}, {}
        for step in steps.iterator():
            if step.state == StepState.BROKEN or (step.last_error and step.state != StepState.WAITING_FOR_BUSINESS):
                stuck[f"{PREFIX}{step.pk}"] = step
            if step.state == StepState.DUE and step.next_attempt_at and step.next_attempt_at < at - NOBODY_CAME:
                long[f"{LONG}{step.pk}"] = (step, incidents.to_translate("An onboarding step is taken by no worker"))
            limit = LONGEST_AT_META.get(StepKind(step.kind))
            if limit and step.state == StepState.WAITING_FOR_META and step.since < at - limit:
                long[f"{LONG}{step.pk}"] = (step, incidents.to_translate("Meta takes unusually long for a step"))
    for key, (step, title) in long.items():
        incidents.open_incident(
            key, title, f"{step.business} {step.application.code}: {step.kind}, {step.since:%Y-%m-%d}"
        )
    ended = 0
    for key in Incident.objects.filter(closed_at=None).values_list("key", flat=True):
        over = (key.startswith(PREFIX) and key not in stuck) or (key.startswith(LONG) and key not in long)
        ended += over and incidents.close_incident(key)
    return {"stuck": len(long), "ended": ended}
