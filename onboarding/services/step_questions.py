"""What each kind of step asks the provider, and what its answer means for the step.

Questions (``ask_…``) get a ``Case`` and run outside any scope; answers (``store_…``) get the step and run inside one.
Before anything that can't be repeated the provider is asked what is already there, so a lost answer doubles nothing.
"""

from dataclasses import dataclass, field
from datetime import timedelta

import phonenumbers
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_noop

from config.clock import now
from onboarding import gateway
from onboarding.enums import StepKind, StepState
from onboarding.models import PhoneNumber, ProviderRoute, Waba
from onboarding.services import channels, notices, numbers, registering, steps
from providers import incidents
from providers.base import BusinessVerification, OutcomeUnknown, ProviderError

SELDOM = timedelta(hours=6)
"""The longest pause between two looks at something that Meta or the business takes days for."""


ALREADY_VERIFIED = 136024


@dataclass(slots=True)
class Case:
    """Plain values of one step, read inside a scope so that the question can be asked outside it."""

    step_pk: int
    kind: StepKind
    portfolio_id: str
    brand: str
    display_name: str
    e164: str
    profile: dict
    business: str = ""
    application: str = ""
    waba_pk: int | None = None
    waba_id: str = ""
    token: str = ""
    number_pk: int | None = None
    phone_number_id: str = ""
    pin: str = ""
    data: dict = field(default_factory=dict)
    code: str = ""


def _line(case):
    return gateway.line(
        access_token=case.token,
        subject=f"step:{case.step_pk}",
        business=case.business,
        application=case.application,
        step=str(case.kind),
    )


# Business verification (onboarding reference §4.1; house rule: verified before anything is opened at Meta)


def ask_verification(case):
    return _line(case).fetch_business(case.portfolio_id)


def store_verification(step, case, report):
    word = str(report.verification)
    if report.verification == BusinessVerification.VERIFIED:
        steps.done(step, verification=word, portfolio=case.portfolio_id)
        return
    looks = step.data.get("looks", 0) + 1
    waits_for_meta = report.verification == BusinessVerification.PENDING
    state = StepState.WAITING_FOR_META if waits_for_meta else StepState.WAITING_FOR_BUSINESS
    same_turn = step.state == state and step.data.get("verification") != word
    data = {"verification": word, "portfolio": case.portfolio_id, "looks": looks, "was_unverified": True}
    steps.put(step, state, next_attempt_at=now() + until_next_look(looks, SELDOM), **data)
    steps.go_on(step.application)  # the house may have stopped asking for it first
    if same_turn and not waits_for_meta:
        notices.your_turn(step.application, step)  # Meta says something else, and it is still the business's to mend


def until_next_look(looks, longest):
    """Until the next look: soon at first, twice as long each time, never longer than ``longest``."""
    return min(timedelta(seconds=settings.POLL_SECONDS) * 2 ** min(looks, 12), longest)


# The account


def ask_waba(case):
    line = _line(case)
    for report in line.list_wabas(case.portfolio_id):
        if report.name == case.brand:
            return report.id
    return line.create_waba(case.portfolio_id, name=case.brand, currency="USD", timezone_id="1")


def store_waba(step, case, waba_id):
    application = step.application
    waba, _made = Waba.objects.get_or_create(
        business=application.business,
        waba_id=waba_id,
        defaults={
            "provider": settings.WHATSAPP_PROVIDER,
            "name": application.brand,
            "portfolio_id": application.facebook_business_id,
            "next_poll_at": now(),
            "next_template_poll_at": now(),
        },
    )
    ProviderRoute.objects.get_or_create(
        kind=ProviderRoute.Kind.WABA,
        provider_id=waba_id,
        defaults={"business": application.business, "target_pk": waba.pk},
    )
    try:
        with transaction.atomic():
            number, _made = PhoneNumber.objects.get_or_create(
                business=application.business,
                application=application,
                defaults={"e164": application.phone, "display_name": application.display_name},
            )
    except IntegrityError:
        # Another business has it; this one learns only that the number can't be used.
        steps.put(step, StepState.BROKEN, error="The number can't be used.")
        incidents.open_incident(f"step:{step.pk}", gettext_noop("Two businesses claim one number"), application.phone)
        return
    number.waba = waba
    number.save(update_fields=["waba"])
    steps.done(step, waba_id=waba_id)


def ask_webhooks(case):
    line = _line(case)
    line.subscribe_app(case.waba_id)
    return line.list_subscribed_apps(case.waba_id)


def store_webhooks(step, case, subscriptions):
    Waba.objects.filter(pk=case.waba_pk).update(subscribed_at=now())
    steps.done(step, apps=[subscription.app_id for subscription in subscriptions])


# The number


def ask_number(case):
    line = _line(case)
    digits = case.e164.lstrip("+")
    for report in line.list_phone_numbers(case.waba_id):
        if report.digits == digits:
            return report.id
    parsed = phonenumbers.parse(case.e164)
    return line.add_phone_number(
        case.waba_id,
        country_code=str(parsed.country_code),
        number=phonenumbers.national_significant_number(parsed),
        display_name=case.display_name,
    )


def store_number(step, case, phone_number_id):
    number = PhoneNumber.objects.get(pk=case.number_pk)
    number.phone_number_id = phone_number_id
    number.next_poll_at = now()
    number.save(update_fields=["phone_number_id", "next_poll_at"])
    ProviderRoute.objects.get_or_create(
        kind=ProviderRoute.Kind.PHONE_NUMBER,
        provider_id=phone_number_id,
        defaults={"business": number.business, "target_pk": number.pk},
    )
    Waba.objects.filter(pk=case.waba_pk).update(next_poll_at=now())
    steps.done(step, phone_number_id=phone_number_id)


def ask_name(case):
    line = _line(case)
    proposed = case.data.get("propose")
    if proposed:
        report = line.fetch_phone_number(case.phone_number_id)
        if proposed not in {report.verified_name, report.new_display_name}:
            line.change_display_name(case.phone_number_id, display_name=proposed)
    return line.fetch_phone_number(case.phone_number_id)


def store_name(step, case, report):
    number = PhoneNumber.objects.get(pk=case.number_pk)
    step.data = {key: value for key, value in step.data.items() if key != "propose"}
    step.save(update_fields=["data"])
    numbers.store_report(number, report)
    step.refresh_from_db()
    if step.state == StepState.DUE:
        wait_for_name(step)


def wait_for_name(step):
    """Nothing was decided yet: Meta acts, and we look again in a while."""
    looks = step.data.get("looks", 0) + 1
    steps.put(
        step,
        StepState.WAITING_FOR_META,
        next_attempt_at=now() + until_next_look(looks, timedelta(hours=2)),
        looks=looks,
    )


# Activation (onboarding reference §5.5, 5.6)


def ask_code(case):
    try:
        _line(case).request_code(
            case.phone_number_id, method=case.data.get("method", "SMS"), language=case.data.get("language", "es")
        )
    except ProviderError as error:
        if error.code == ALREADY_VERIFIED:
            return "already verified"
        if isinstance(error, OutcomeUnknown):
            return "perhaps sent"  # asking again by ourselves might send a second code; the business may
        raise
    return "sent"


def store_code(step, case, answer):
    steps.done(step, answer=answer, sent_at=now().timestamp())
    verified = steps.get(step.application, StepKind.CODE_VERIFIED)
    if answer == "already verified" and verified.state != StepState.DONE:
        steps.done(verified)


def ask_code_verified(case):
    line = _line(case)
    try:
        line.verify_code(case.phone_number_id, code=case.code)
    except OutcomeUnknown:
        report = line.fetch_phone_number(case.phone_number_id)
        if str(report.code_verification) != "verified":
            raise
    return True


def store_code_verified(step, case, _answer):
    step.data = {key: value for key, value in step.data.items() if key != "code"}
    PhoneNumber.objects.filter(pk=case.number_pk).update(code_verification="verified")
    steps.done(step)


def ask_registration(case):
    line = _line(case)
    if case.data.get("registered"):
        return line.fetch_phone_number(case.phone_number_id)  # each registration costs one of ten in 72 hours
    return registering.register(case, line)


def store_registration(step, case, report):
    number = PhoneNumber.objects.get(pk=case.number_pk)
    numbers.store_report(number, report)
    if number.status == "connected":
        number.registered_at = number.registered_at or now()
        number.save(update_fields=["registered_at"])
        steps.done(step)
        channels.begin(number)
        return
    # Meta takes the registration and may still look at the name or the account; that is waiting and no fault.
    looks = step.data.get("looks", 0) + 1
    if looks < 4:
        steps.due(step, after=timedelta(seconds=5), looks=looks, registered=True)
    else:
        again = now() + until_next_look(looks - 4, timedelta(hours=1))
        steps.put(step, StepState.WAITING_FOR_META, next_attempt_at=again, looks=looks, status=number.status)


def ask_profile(case):
    _line(case).update_profile(case.phone_number_id, **{name: value for name, value in case.profile.items() if value})
    return True


def store_profile(step, _case, _answer):
    steps.done(step)


QUESTIONS = {
    StepKind.BUSINESS_VERIFICATION: ask_verification,
    StepKind.WABA: ask_waba,
    StepKind.WEBHOOKS: ask_webhooks,
    StepKind.NUMBER_ADDED: ask_number,
    StepKind.NAME_REVIEW: ask_name,
    StepKind.CODE_REQUESTED: ask_code,
    StepKind.CODE_VERIFIED: ask_code_verified,
    StepKind.REGISTERED: ask_registration,
    StepKind.PROFILE: ask_profile,
}


ANSWERS = {
    StepKind.BUSINESS_VERIFICATION: store_verification,
    StepKind.WABA: store_waba,
    StepKind.WEBHOOKS: store_webhooks,
    StepKind.NUMBER_ADDED: store_number,
    StepKind.NAME_REVIEW: store_name,
    StepKind.CODE_REQUESTED: store_code,
    StepKind.CODE_VERIFIED: store_code_verified,
    StepKind.REGISTERED: store_registration,
    StepKind.PROFILE: store_profile,
}
