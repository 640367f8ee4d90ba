"""What Meta's refusals mean on the way from "number added" to "registered": each has its own way on (product row C4).

Codes and reactions: Meta, "Error codes" (15 May 2026) and "Registration" (June 2026). ``handled`` writes the step and
says whether it knew what to do; other refusals go the common way of ``services/step_runner.py``. What happened is in
``step.data["trouble"]``, a word of ``services/activation_words.py``.
"""

import re
from datetime import timedelta

from config.clock import now
from onboarding.enums import StepKind, StepState
from onboarding.models import AttemptKind, PhoneNumber
from onboarding.services import number_rules, quotas, steps
from providers import incidents
from providers.base import OutcomeUnknown, ProviderUnavailable

IN_USE = {2388001, 2388012}
TOO_OFTEN = {2446079, 2446080}
LATEST_LOOK = timedelta(hours=6)
_SECONDS = re.compile(r"(\d+)\s*(second|minute|hour)", re.IGNORECASE)


def handled(step, error):
    """Write what a refusal means for a step of the activation; ``False`` for what isn't special to it."""
    handler = _HANDLERS.get(StepKind(step.kind))
    return bool(handler and handler(step, error, _codes(error)))


def _codes(error):
    return {number for number in (error.code, error.subcode) if number is not None}


def _words(error):
    return error.details or error.message or str(error)


def _back(step, error, trouble, *, again=None, code=None, **data):
    """It is the business's turn; ``again`` is when we look by ourselves."""
    step.data = {key: value for key, value in step.data.items() if key != "code"}
    steps.put(
        step,
        StepState.WAITING_FOR_BUSINESS,
        error=_words(error),
        error_code=code or error.code,
        next_attempt_at=again,
        trouble=trouble,
        **data,
    )
    return True


def _pause(step, error, trouble, pause):
    """Nobody can do anything but wait; then we go on by ourselves."""
    until = now() + pause
    steps.put(
        step,
        StepState.WAITING_FOR_META,
        error=_words(error),
        error_code=error.code,
        next_attempt_at=until,
        trouble=trouble,
        until=until.timestamp(),
    )
    return True


def _number_added(step, error, codes):
    if IN_USE & codes:
        # Freed numbers are free within minutes, so we look again by ourselves, less and less often.
        looks = step.data.get("looks", 0) + 1
        pause = min(timedelta(minutes=5) * 2 ** min(looks - 1, 10), LATEST_LOOK)
        return _back(step, error, "in_use", again=now() + pause, code=2388001, looks=looks)
    if 133015 in codes:
        return _pause(step, error, "deleted_now", number_rules.pause("deleted"))
    return False


def _code_requested(step, error, codes):
    if isinstance(error, OutcomeUnknown):
        return False
    if 613 in codes or TOO_OFTEN & codes:
        until = now() + number_rules.pause("code")
        return _back(step, error, "too_often", code=613, blocked_until=until.timestamp())
    if 133015 in codes:
        return _pause(step, error, "deleted_now", number_rules.pause("deleted"))
    return False


def _code_verified(step, error, codes):
    if 136024 in codes:
        steps.done(step)
        return True
    words = f"{error.details} {error.message} {error.user_title}".lower()
    if TOO_OFTEN & codes or 613 in codes or (error.http_status == 429 and "attempt" in words):
        return _back(step, error, "too_many_wrong", code=136025, wrong=steps.WRONG_CODES)
    if isinstance(error, ProviderUnavailable | OutcomeUnknown):
        return False
    if "expired" in words or "no code" in words:
        return _back(step, error, "expired", code=136025, wrong=steps.WRONG_CODES)
    number = _number(step)
    if number is not None:
        quotas.note(number, AttemptKind.WRONG_CODE)
    wrong = step.data.get("wrong", 0) + 1
    return _back(step, error, "wrong_code", wrong=wrong)


def _registered(step, error, codes):
    number = _number(step)
    if {133005, 131031} & codes:
        if number is not None and 133005 in codes:
            quotas.note(number, AttemptKind.PIN)
        return _back(step, error, "pin_wrong", overwrite_pin=False)
    if {133008, 133009} & codes:
        return _pause(step, error, "pin_wait", _named(error) or number_rules.pause("pin"))
    if 133016 in codes:
        incidents.open_incident(
            f"step:{step.pk}", incidents.to_translate("A number was registered too often"), f"{step}: {_words(error)}"
        )
        pause = timedelta(seconds=error.retry_after) if error.retry_after else number_rules.pause("register")
        return _pause(step, error, "register_limit", pause)
    if 133006 in codes:
        return _prove_again(step, error)
    if 133015 in codes:
        return _pause(step, error, "deleted_now", number_rules.pause("deleted"))
    if 133000 in codes:
        step.data = step.data | {"deregister": True}
        return _pause(step, error, "still_leaving", timedelta(minutes=1))
    if 131045 in codes and step.attempts < 3:
        return _pause(step, error, "again", timedelta(minutes=1))
    return False


def _prove_again(step, error):
    """Meta wants the number proved once more: back to asking for a code."""
    application = step.application
    PhoneNumber.objects.filter(application=application).update(code_verification="not_verified")
    verified, asked = steps.get(application, StepKind.CODE_VERIFIED), steps.get(application, StepKind.CODE_REQUESTED)
    steps.put(step, StepState.WAITING)
    steps.put(verified, StepState.WAITING, wrong=0)
    return _back(asked, error, "verify_first", code=133006)


def _number(step):
    return step.application.phone_numbers.first()


def _named(error):
    """The wait that Meta's sentence names, if it names one."""
    found = _SECONDS.search(_words(error))
    if found is None:
        return None
    unit = {"second": 1, "minute": 60, "hour": 3600}[found[2].lower()]
    return timedelta(seconds=min(int(found[1]) * unit, 72 * 3600))


_HANDLERS = {
    StepKind.NUMBER_ADDED: _number_added,
    StepKind.CODE_REQUESTED: _code_requested,
    StepKind.CODE_VERIFIED: _code_verified,
    StepKind.REGISTERED: _registered,
}
