"""The external steps on the way to live: what is due, who acts, what went wrong. The only writer of ``OnboardingStep``.

Clicks only write wishes; a worker asks the provider (``services/step_runner.py``). Steps start when those before them
are done and the application was approved; business verification is asked for as soon as the application is in.
"""

import secrets
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from config import hints
from config.clock import now
from onboarding.enums import ApplicationStatus, StepKind, StepState
from onboarding.exceptions import NotPossible
from onboarding.models import AttemptKind, OnboardingStep, PhoneNumber
from onboarding.rulebook.house import house_rule
from onboarding.services import notices, quotas, signup_door
from onboarding.services.moves import go_live, note
from tenants import audit, live

ORDER = list(StepKind)
NEEDS = {
    StepKind.BUSINESS_VERIFICATION: (),
    StepKind.WABA: (StepKind.BUSINESS_VERIFICATION,),
    StepKind.WEBHOOKS: (StepKind.WABA,),
    StepKind.NUMBER_ADDED: (StepKind.WEBHOOKS,),
    StepKind.NAME_REVIEW: (StepKind.NUMBER_ADDED,),
    StepKind.CODE_REQUESTED: (StepKind.NAME_REVIEW,),
    StepKind.CODE_VERIFIED: (StepKind.CODE_REQUESTED,),
    StepKind.REGISTERED: (StepKind.CODE_VERIFIED,),
    StepKind.PROFILE: (StepKind.REGISTERED,),
    StepKind.ROUND_TRIP: (StepKind.REGISTERED,),
}
STARTS_WITH_BUSINESS = {StepKind.CODE_REQUESTED, StepKind.CODE_VERIFIED, StepKind.ROUND_TRIP}
BEFORE_APPROVAL = {StepKind.BUSINESS_VERIFICATION}

WRONG_CODES = 5
"""Wrong attempts with one code, kept by us before the provider's own, unpublished limit bites; see ``quotas``."""


def needs(kind):
    """What has to be done before a step starts; verification only while the house rule asks for it."""
    found = NEEDS[kind]
    if StepKind.BUSINESS_VERIFICATION in found and not house_rule("verification_first"):
        return tuple(other for other in found if other != StepKind.BUSINESS_VERIFICATION)
    return found


def _is_reached(kind, steps):
    """Whether all that comes before a step is done; Embedded Signup brings some steps ahead of earlier ones."""
    return all(steps[needed].state == StepState.DONE and _is_reached(needed, steps) for needed in needs(kind))


def begin(application):
    """Make the steps of a submitted application (those that exist stay as they are) and start what may start."""
    OnboardingStep.objects.bulk_create(
        [
            OnboardingStep(business=application.business, application=application, kind=kind, since=now())
            for kind in ORDER
        ],
        ignore_conflicts=True,
    )
    _ask_about_another_portfolio(application)
    go_on(application)


def _ask_about_another_portfolio(application):
    """A corrected Business ID was never asked about; what Meta said of the old one doesn't count."""
    step = get(application, StepKind.BUSINESS_VERIFICATION)
    asked = step.data.get("portfolio")
    if asked and asked != application.facebook_business_id:
        if get(application, StepKind.WABA).state == StepState.WAITING:
            step.data = {}
            put(step, StepState.WAITING)


def get(application, kind):
    """One step of an application; raises ``OnboardingStep.DoesNotExist`` before submission."""
    return application.steps.get(kind=kind)


def by_kind(application):
    """All steps of an application by kind."""
    return {StepKind(step.kind): step for step in application.steps.all()}


@transaction.atomic
def go_on(application):
    """Start every waiting step whose predecessors are done."""
    steps = by_kind(application)
    approved = application.status in {ApplicationStatus.APPROVED, ApplicationStatus.LIVE}
    for kind, step in steps.items():
        if step.state != StepState.WAITING or not (approved or kind in BEFORE_APPROVAL):
            continue
        if not _is_reached(kind, steps):
            continue
        if kind in STARTS_WITH_BUSINESS or (kind == StepKind.WABA and signup_door.is_chosen(application)):
            put(step, StepState.WAITING_FOR_BUSINESS)
        else:
            due(step)


def put(step, state, *, error="", error_code=None, next_attempt_at=None, **data):
    """Write a step's state, tell open pages, and write the mail that belongs to a change of state.

    The time in ``since`` moves only when the state does.
    """
    at, old = now(), step.state
    if old != state:
        step.state, step.since = state, at
    live.emit(
        "application",
        business_id=step.business_id,
        application=str(step.application.reference),
        step=step.kind,
        state=str(state),
    )
    step.last_error, step.last_error_code = error, error_code
    step.next_attempt_at = next_attempt_at
    step.data = step.data | data
    if state == StepState.DONE:
        step.done_at = at
    step.save(update_fields=["state", "since", "last_error", "last_error_code", "next_attempt_at", "data", "done_at"])
    if old != state:
        notices.step_changed(step.application, step, old)


def due(step, *, after=None, **data):
    """Let a worker run the step now, or ``after`` a pause (timedelta)."""
    put(step, StepState.DUE, next_attempt_at=now() + (after or timedelta()), **data)
    hints.after_commit("onboarding.tasks.run_due_steps")


def done(step, **data):
    """The step is finished; start what waited for it."""
    put(step, StepState.DONE, **data)
    note(step.application, "step", step=step.kind)
    go_on(step.application)
    if step.kind == StepKind.ROUND_TRIP:
        go_live(step.application)


# What the business does


@transaction.atomic
def request_code(application, *, method, language, key, actor):
    """Ask for a code by ``SMS`` or ``VOICE`` in ``language`` (``es``, ``en_US``…).

    The same ``key`` again (a double click) changes nothing. Raises ``NotPossible`` when it isn't the business's turn,
    or when too many codes were asked for.
    """
    step = _locked(application, StepKind.CODE_REQUESTED)
    verified = _locked(application, StepKind.CODE_VERIFIED)
    if step.request_key == key:
        return step
    if verified.state == StepState.DONE:
        raise NotPossible(_("The number is already confirmed."))
    if step.state not in {StepState.WAITING_FOR_BUSINESS, StepState.DONE}:
        raise NotPossible(_("It isn't time for the code yet, or one is already on its way."))
    blocked_until = step.data.get("blocked_until", 0)
    if blocked_until > now().timestamp():
        raise NotPossible(quotas.used_up(AttemptKind.CODE, datetime.fromtimestamp(blocked_until, UTC)))
    number = application.phone_numbers.first()
    for kind in (AttemptKind.CODE, AttemptKind.WRONG_CODE):
        quotas.require(number, kind)
    quotas.note(number, AttemptKind.CODE)
    step.request_key = key
    step.save(update_fields=["request_key"])
    due(step, method=method, language=language, asked=[now().timestamp()], trouble="", blocked_until=0)
    if verified.state != StepState.WAITING:
        put(verified, StepState.WAITING, wrong=0)
    audit.record(audit.to_translate("code requested"), application.code, actor=actor, method=method)
    return step


@transaction.atomic
def enter_code(application, *, code, key, actor):
    """Hand in the six digits. Raises ``NotPossible`` when they can't be a code or it isn't time for them."""
    digits = "".join(sign for sign in code if sign.isdigit())
    if len(digits) != 6:
        raise NotPossible(_("The code has six digits, for example 123-830."))
    step = _locked(application, StepKind.CODE_VERIFIED)
    if step.request_key == key or step.state == StepState.DONE:
        return step
    if step.state != StepState.WAITING_FOR_BUSINESS:
        raise NotPossible(_("Ask for a code first, or wait for the answer to the one you entered."))
    if step.data.get("wrong", 0) >= WRONG_CODES:
        raise NotPossible(_("This code can't be used any more. Ask for a new one."))
    quotas.require(application.phone_numbers.first(), AttemptKind.WRONG_CODE)
    step.request_key = key
    step.save(update_fields=["request_key"])
    due(step, code=digits)
    audit.record(audit.to_translate("code entered"), application.code, actor=actor)
    return step


@transaction.atomic
def propose_name(application, *, name, actor):
    """Propose another display name after WhatsApp refused the first one."""
    step = _locked(application, StepKind.NAME_REVIEW)
    if step.state != StepState.WAITING_FOR_BUSINESS:
        raise NotPossible(_("The display name isn't waiting for you."))
    application.display_name = name
    application.save(update_fields=["display_name"])
    due(step, propose=name)
    audit.record(audit.to_translate("display name proposed"), name, actor=actor)
    return step


ASK_AGAIN_AFTER = timedelta(seconds=30)
"""Between two questions that people ask; each costs us one of the provider's."""


@transaction.atomic
def ask_again(application, kind, *, actor, by_staff=False):
    """Let a worker ask the provider about a step now instead of at its next turn.

    The business may while something is under way, staff also when a step is stuck. The state stays what it is until
    the answer. Raises ``NotPossible`` when there is nothing to ask, or somebody has just asked.
    """
    step = _locked(application, kind)
    if not may_ask_again(step, by_staff=by_staff):
        raise NotPossible(_("There is nothing to ask about this step now."))
    if step.data.get("asked_again_at", 0) > (now() - ASK_AGAIN_AFTER).timestamp():
        raise NotPossible(_("We asked a moment ago. The answer appears here."))
    step.data = step.data | {"asked_again_at": now().timestamp(), "looks": 0}
    step.next_attempt_at = now()
    step.save(update_fields=["data", "next_attempt_at"])
    audit.record(
        audit.to_translate("asked again"),
        application.code,
        actor=actor,
        business=application.business,
        staff_only=by_staff,
        step=step.kind,
    )
    live.emit("application", business_id=step.business_id, application=str(application.reference), step=step.kind)
    hints.after_commit("onboarding.tasks.run_due_steps")
    return step


def may_ask_again(step, *, by_staff=False):
    """Whether asking the provider again can help a step on."""
    if step.state == StepState.BROKEN:
        return by_staff
    if step.kind == StepKind.BUSINESS_VERIFICATION and step.state == StepState.WAITING_FOR_BUSINESS:
        return True
    if step.kind == StepKind.ROUND_TRIP:
        return False
    return step.state == StepState.WAITING_FOR_META or (step.state == StepState.DUE and bool(step.last_error))


@transaction.atomic
def reveal_pin(application, *, actor):
    """The two-step PIN, once: the second call gives ``None``."""
    number = application.phone_numbers.select_for_update().exclude(pin="").first()
    if number is None or number.pin_shown_at is not None:
        return None
    number.pin_shown_at = now()
    number.save(update_fields=["pin_shown_at"])
    audit.record(audit.to_translate("PIN shown"), application.code, actor=actor)
    return number.pin


def note_round_trip(phone_number):
    """A message was received on this number and its answer delivered: it is live (``services.round_trips.close``)."""
    if PhoneNumber.objects.filter(pk=phone_number.pk, live_at=None).update(live_at=now()):
        live.emit("number", business_id=phone_number.business_id, number=str(phone_number.reference))
    step = (
        OnboardingStep.objects.filter(application__phone_numbers=phone_number, kind=StepKind.ROUND_TRIP)
        .exclude(state__in=[StepState.WAITING, StepState.DONE])
        .first()
    )
    if step is not None:
        done(step)


def new_pin():
    """Six digits from the operating system's random source."""
    return f"{secrets.randbelow(1_000_000):06}"


def _locked(application, kind):
    step = application.steps.select_for_update().filter(kind=kind).first()
    if step is None:
        raise NotPossible(_("The application isn't that far yet."))
    return step
