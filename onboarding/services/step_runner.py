"""Runs the steps that are due: reads what a question needs, asks the provider outside any scope, writes the answer.

A step is taken under a lease by moving its ``next_attempt_at``; a worker that dies leaves it to the next one. What is
asked, and what an answer means, is in ``step_questions``.
"""

from datetime import timedelta

from django.utils.translation import gettext_noop

from config.clock import now
from onboarding.enums import ApplicationStatus, StepKind, StepState
from onboarding.models import OnboardingStep
from onboarding.services import channels, refusals, steps
from onboarding.services.moves import note
from onboarding.services.step_questions import ANSWERS, QUESTIONS, SELDOM, Case
from providers import incidents
from providers.base import Action, OutcomeUnknown, ProviderError, ProviderUnavailable
from tenants.tenancy import acting_for, every_business

LEASE = timedelta(seconds=90)
STUCK_AFTER_ATTEMPTS = 6
LONGEST_PAUSE = timedelta(minutes=30)
BUSINESS_FIXES = {StepKind.CODE_REQUESTED, StepKind.CODE_VERIFIED, StepKind.NAME_REVIEW, StepKind.BUSINESS_VERIFICATION}
"""Steps whose refusals the business can do something about; the others go to staff."""


def run_due():
    """Run every step that is due; return how many were run and how many of them failed."""
    with every_business():
        pks = list(
            OnboardingStep.objects.filter(next_attempt_at__lte=now())
            .exclude(state=StepState.DONE)
            .exclude(application__status=ApplicationStatus.REJECTED)
            .order_by("next_attempt_at")
            .values_list("pk", flat=True)[:50]
        )
    failed = sum(not run(pk) for pk in pks)
    return {"run": len(pks), "failed": failed}


def run(pk):
    """Take one due step, ask, and store the answer. Returns whether it went well."""
    with acting_for(OnboardingStep, pk) as step:
        at = now()
        taken = OnboardingStep.objects.filter(pk=pk, next_attempt_at__lte=at).update(next_attempt_at=at + LEASE)
        if not taken:
            return True
        case = read(step)
    try:
        answer = QUESTIONS[case.kind](case)
    except ProviderError as error:
        with acting_for(OnboardingStep, pk) as step:
            refused(step, error)
        return False
    with acting_for(OnboardingStep, pk) as step:
        if step.state != StepState.DONE:
            OnboardingStep.objects.filter(pk=pk).update(attempts=0)
            ANSWERS[case.kind](step, case, answer)
            incidents.close_incident(f"step:{pk}")
    return True


def read(step):
    """The values that the question of this step needs."""
    application = step.application
    number = application.phone_numbers.select_related("waba").first()
    waba = number.waba if number else None
    return Case(
        step_pk=step.pk,
        kind=StepKind(step.kind),
        portfolio_id=application.facebook_business_id,
        brand=application.brand,
        display_name=application.display_name,
        e164=application.phone,
        profile=channels.profile_of(application),
        business=application.business.slug,
        application=application.code,
        waba_pk=waba.pk if waba else None,
        waba_id=(waba.waba_id or "") if waba else "",
        token=waba.access_token if waba else "",
        number_pk=number.pk if number else None,
        phone_number_id=(number.phone_number_id or "") if number else "",
        pin=number.pin if number else "",
        data=dict(step.data),
        code=step.data.get("code", ""),
    )


def refused(step, error):
    """The provider said no or nothing: try again later, hand the step to the business, or call staff."""
    step.attempts += 1
    OnboardingStep.objects.filter(pk=step.pk).update(attempts=step.attempts)
    text = error.details or error.message or str(error)
    kind = StepKind(step.kind)
    if refusals.handled(step, error):
        note(step.application, "step refused", reason=text, step=step.kind, code=error.code)
        return
    pause = min(timedelta(seconds=5 * 2 ** min(step.attempts, 10)), LONGEST_PAUSE)
    if error.retry_after:
        pause = max(pause, timedelta(seconds=min(error.retry_after, 72 * 3600)))
    if isinstance(error, (ProviderUnavailable, OutcomeUnknown)) or error.action in {Action.RETRY, Action.WAIT}:
        # Whoever acts next stays the same: no answer is no news about the step.
        steps.put(step, step.state, error=text, error_code=error.code, next_attempt_at=now() + pause)
        if step.attempts >= STUCK_AFTER_ATTEMPTS:
            incidents.open_incident(f"step:{step.pk}", gettext_noop("An onboarding step gets no answer"), text)
    elif kind in BUSINESS_FIXES:
        again = now() + SELDOM if kind == StepKind.BUSINESS_VERIFICATION else None
        steps.put(step, StepState.WAITING_FOR_BUSINESS, error=text, error_code=error.code, next_attempt_at=again)
    else:
        steps.put(step, StepState.BROKEN, error=text, error_code=error.code, next_attempt_at=now() + LONGEST_PAUSE)
        incidents.open_incident(f"step:{step.pk}", gettext_noop("An onboarding step was refused"), f"{step}: {text}")
    note(step.application, "step refused", reason=text, step=step.kind, code=error.code)
