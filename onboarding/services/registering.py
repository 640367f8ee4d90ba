"""Registering a number: the PIN is made and kept before it is used, and our own count comes before the provider's."""

from django.db import transaction
from django.utils.translation import gettext as _

from config.clock import now
from onboarding.enums import StepKind, StepState
from onboarding.exceptions import NotPossible
from onboarding.models import AttemptKind, PhoneNumber
from onboarding.services import pins, quotas, steps
from providers.base import Action, OutcomeUnknown, ProviderError
from tenants import audit
from tenants.tenancy import acting_for

NOT_REGISTERED = 133010
TOO_OFTEN = 133016


def register(case, line):
    """Register the number of a ``step_questions.Case`` over ``line``; returns what Meta says of it then.

    Raises ``ProviderError`` 133016 of our own when the quota is used up. A PIN that the provider took and we forgot
    would lock the number, so it is stored first.
    """
    with acting_for(PhoneNumber, case.number_pk) as number:
        left = quotas.left(number, AttemptKind.REGISTER)
        if left.next_at is not None:
            raise ProviderError(
                "Registered too often, by our own count.",
                code=TOO_OFTEN,
                action=Action.WAIT,
                retry_after=max(60.0, (left.next_at - now()).total_seconds()),
            )
        quotas.note(number, AttemptKind.REGISTER)
        if not number.pin:
            number.pin = pins.new_pin()
            number.save(update_fields=["pin"])
        pin = number.pin
    if case.data.get("deregister"):
        _leave_first(line, case.phone_number_id)
    if case.data.get("overwrite_pin"):
        line.set_pin(case.phone_number_id, pin=pin)
    try:
        line.register(case.phone_number_id, pin=pin)
    except OutcomeUnknown:
        pass  # the report below tells whether it took effect
    return line.fetch_phone_number(case.phone_number_id)


def _leave_first(line, phone_number_id):
    """An earlier disconnection didn't end (133000): end it."""
    try:
        line.deregister(phone_number_id)
    except OutcomeUnknown:
        pass
    except ProviderError as error:
        if error.code != NOT_REGISTERED:
            raise


@transaction.atomic
def use_pin(application, *, pin, actor):
    """The business knows the PIN that its number has: try again with it. Raises ``NotPossible``."""
    step, number = _waiting_for_pin(application)
    digits = "".join(sign for sign in pin if sign.isdigit())
    if len(digits) != 6:
        raise NotPossible(_("The PIN has six digits."))
    quotas.require(number, AttemptKind.PIN)
    number.pin, number.pin_shown_at = digits, now()  # whoever typed it has seen it
    number.save(update_fields=["pin", "pin_shown_at"])
    steps.due(step, overwrite_pin=False, trouble="")
    audit.record(audit.to_translate("existing PIN entered"), application.code, actor=actor)
    return step


@transaction.atomic
def overwrite_pin(application, *, actor):
    """Nobody knows the PIN: set a new one and register with it. Raises ``NotPossible``."""
    step, number = _waiting_for_pin(application)
    quotas.require(number, AttemptKind.PIN)
    number.pin, number.pin_shown_at = pins.new_pin(), None
    number.save(update_fields=["pin", "pin_shown_at"])
    steps.due(step, overwrite_pin=True, trouble="")
    audit.record(audit.to_translate("PIN replaced"), application.code, actor=actor)
    return step


def _waiting_for_pin(application):
    step = application.steps.select_for_update().filter(kind=StepKind.REGISTERED).first()
    number = application.phone_numbers.select_for_update().first()
    if step is None or number is None or step.state != StepState.WAITING_FOR_BUSINESS:
        raise NotPossible(_("The number isn't waiting for a PIN."))
    return step, number


@transaction.atomic
def number_is_free(application, *, actor):
    """The business says that its number left WhatsApp: try to add it now. Raises ``NotPossible``."""
    step = application.steps.select_for_update().filter(kind=StepKind.NUMBER_ADDED).first()
    if step is None or step.state != StepState.WAITING_FOR_BUSINESS:
        raise NotPossible(_("The number isn't waiting for you."))
    asked = step.data.get("tried_at", 0)
    if asked > now().timestamp() - steps.ASK_AGAIN_AFTER.total_seconds():
        raise NotPossible(_("We asked a moment ago. A number is free up to three minutes after it left WhatsApp."))
    steps.due(step, tried_at=now().timestamp(), looks=0)
    audit.record(audit.to_translate("number said to be free"), application.code, actor=actor)
    return step
