"""What a signup brought becomes ours: account, number, token, answers, steps. Two businesses never share any of it."""

from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_noop

from config.clock import now
from onboarding.enums import ApplicationStatus as Status
from onboarding.enums import CodeMethod, StepKind, StepState
from onboarding.models import OnboardingApplication, PhoneNumber, ProviderRoute, SignupSession, Waba
from onboarding.services import answers, name_checks, numbers, screenings, signup_access, signup_door, steps
from onboarding.services.moves import note
from providers import incidents
from providers.base import BusinessVerification, CodeVerification, NameStatus, PhoneNumberReport, WabaReport
from tenants import audit, live

State = SignupSession.State
Kind = ProviderRoute.Kind


CLAIMED_TWICE = {"account_taken", "number_taken"}
"""Another business has it. This one learns only that it can't be used; staff see that two claim it."""


class Refused(Exception):
    """What came can't be connected: ``problem`` is a key of ``signup_words.PROBLEMS``, ``text`` is for staff."""

    def __init__(self, problem, text=""):
        super().__init__(problem)
        self.problem, self.text = problem, text


@dataclass(slots=True)
class Found:
    """What the provider told about a signup; ``number`` is None when only an account was shared."""

    waba: WabaReport
    number: PhoneNumberReport | None
    token: str = field(repr=False)
    token_expires_at: datetime | None = None


@transaction.atomic
def connect(session, found):
    """Store what was shared and finish the session. Raises ``Refused`` with nothing stored."""
    application = OnboardingApplication.objects.select_for_update(of=("self",)).get(pk=session.application_id)
    application.business = session.business
    session.application = application
    if signup_access.ends_soon(application):
        _renew(session, found)
        return
    _check(application, found)
    try:
        with transaction.atomic():
            waba = _account(application, found)
            number = _number(application, waba, found.number)
    except IntegrityError as exc:
        raise Refused("number_taken", found.number.digits if found.number else found.waba.id) from exc
    session.differences = _answers(application, found)
    session.state, session.ended_at, session.problem, session.problem_text = State.CONNECTED, now(), "", ""
    session.code = session.token = ""
    session.next_attempt_at = None
    session.token_expires_at = found.token_expires_at if waba.access_token else None
    session.portfolio_id, session.waba_id = found.waba.owner_business_id, found.waba.id
    session.phone_number_id = found.number.id if found.number else ""
    session.save()
    note(application, "signup connected", actor=session.started_by, waba=found.waba.id)
    audit.record(
        audit.to_translate("account connected through Facebook"),
        application.code,
        actor=session.started_by,
        business=session.business,
        waba=found.waba.id,
        number=number.e164 if number else "",
    )
    incidents.close_incident(_claim(session))
    mark_steps(application)
    live.emit("application", business_id=application.business_id, application=str(application.reference))


def _renew(session, found):
    """The same account with a fresh token; another one would be another application."""
    if not signup_access.renew(session, found.waba.id, found.token, found.token_expires_at):
        raise Refused("other_account", found.waba.id)
    session.state, session.ended_at, session.problem, session.problem_text = State.CONNECTED, now(), "", ""
    session.code, session.token, session.next_attempt_at = "", "", None
    session.save()
    note(session.application, "signup renewed", actor=session.started_by, waba=found.waba.id)
    live.emit("application", business_id=session.business_id, application=str(session.application.reference))


def fail(session, problem, text=""):
    """End a session that can't be connected; the code and the token are forgotten."""
    if session.state not in SignupSession.UNDER_WAY:
        return
    session.state, session.problem, session.problem_text, session.ended_at = State.FAILED, problem, text[:1000], now()
    session.code = session.token = ""
    session.next_attempt_at = None
    session.save(update_fields=["state", "problem", "problem_text", "ended_at", "code", "token", "next_attempt_at"])
    note(session.application, "signup failed", reason=text[:300], problem=problem)
    if problem in CLAIMED_TWICE:
        title = gettext_noop("Two businesses claim one WhatsApp account or number")
        incidents.open_incident(_claim(session), title, f"{session.application.code}: {text}")
    reference = str(session.application.reference)
    live.emit("application", business_id=session.business_id, application=reference, signup=str(session.state))


def _claim(session):
    return f"claimed-twice:{session.application_id}"


# Whether it may be connected


def _check(application, found):
    business = application.business
    known = steps.by_kind(application)
    if application.status in {Status.REJECTED, Status.LIVE} or (known and known[StepKind.WABA].state == StepState.DONE):
        raise Refused("too_late")
    if _is_elsewhere(Kind.WABA, found.waba.id, business):
        raise Refused("account_taken", found.waba.id)
    number = found.number
    if number is not None:
        e164 = "+" + number.digits
        if _is_elsewhere(Kind.PHONE_NUMBER, number.id, business) or answers.number_is_taken(business, e164):
            raise Refused("number_taken", e164)
        row = PhoneNumber.objects.select_related("application").filter(business=business, e164=e164).first()
        if row is not None and row.application_id not in {None, application.pk}:
            if row.application.status != Status.REJECTED:
                raise Refused("number_elsewhere", row.application.code)
    if application.status == Status.DRAFT:
        return
    applied = application.facebook_business_id
    if applied and found.waba.owner_business_id and applied != found.waba.owner_business_id:
        raise Refused("other_portfolio", found.waba.owner_business_id)
    if number is not None and application.phone and application.phone != "+" + number.digits:
        raise Refused("other_number", "+" + number.digits)


def _is_elsewhere(kind, provider_id, business):
    return ProviderRoute.objects.filter(kind=kind, provider_id=provider_id).exclude(business=business).exists()


# Rows


def _account(application, found):
    report = found.waba
    words = {
        "business_verification": report.business_verification,
        "account_review": report.account_review,
        "messaging_limit": report.messaging_limit,
    }
    # Our system user was let in, and its token doesn't end; the client's own is needed only without one.
    token = "" if settings.WHATSAPP_SYSTEM_USER_ID else found.token
    waba, _made = Waba.objects.update_or_create(
        business=application.business,
        waba_id=report.id,
        defaults={
            "provider": settings.WHATSAPP_PROVIDER,
            "name": (report.name or application.brand or application.business.name)[:120],
            "portfolio_id": report.owner_business_id[:40],
            "access_token": token,
            "currency": (report.currency or "USD")[:3],
            "next_poll_at": now(),
            "next_template_poll_at": now(),
            **{name: str(word) for name, word in words.items() if word is not None},
        },
    )
    _route(Kind.WABA, report.id, application.business, waba.pk)
    return waba


def _number(application, waba, report):
    if report is None:
        return None
    number, _made = PhoneNumber.objects.update_or_create(
        business=application.business,
        e164="+" + report.digits,
        defaults={
            "application": application,
            "waba": waba,
            "phone_number_id": report.id,
            "display_name": (report.verified_name or application.display_name or application.brand)[:100],
            "next_poll_at": now(),
        },
    )
    numbers.store_report(number, report)
    if report.is_on_business_app and number.status == "connected":
        number.registered_at = number.registered_at or now()
        number.save(update_fields=["registered_at"])
    _route(Kind.PHONE_NUMBER, report.id, application.business, number.pk)
    return number


def _route(kind, provider_id, business, target_pk):
    ProviderRoute.objects.update_or_create(
        kind=kind, provider_id=provider_id, defaults={"business": business, "target_pk": target_pk}
    )


def _answers(application, found):
    """Let a draft say what was connected; later the reviewer's answers stand. Returns what differed."""
    told = {"facebook_business_id": found.waba.owner_business_id}
    if found.number is not None:
        told |= {"phone": "+" + found.number.digits, "display_name": found.number.verified_name}
    told = {name: value for name, value in told.items() if value}
    before = {name: getattr(application, name) for name in told}
    differing = {name: [before[name], value] for name, value in told.items() if before[name] not in {"", value}}
    if application.status != Status.DRAFT:
        return differing
    if found.number is not None and not application.code_method:
        told["code_method"] = CodeMethod.SMS
    if "display_name" in differing:
        told["name_is_permanent"] = False
    fresh = answers.save(application, told, seen_version=application.version)
    screenings.refresh(fresh)
    name_checks.request(fresh)
    return differing


# Steps


def mark_steps(application):
    """Mark the steps done that the provider says are done; called when steps are made and when a signup arrives."""
    session = signup_door.connected(application)
    known = steps.by_kind(application)
    if session is None or not known:
        return
    number = application.phone_numbers.select_related("waba").first()
    waba = number.waba if number else Waba.objects.filter(waba_id=session.waba_id).first()
    done = {StepKind.WABA: {"waba_id": session.waba_id}}
    if waba is not None and waba.business_verification == BusinessVerification.VERIFIED:
        word = {"verification": str(BusinessVerification.VERIFIED), "portfolio": session.portfolio_id}
        done[StepKind.BUSINESS_VERIFICATION] = word
    if number is not None and number.phone_number_id:
        done[StepKind.NUMBER_ADDED] = {"phone_number_id": number.phone_number_id}
        if NameStatus(number.name_status or "none").is_usable:
            done[StepKind.NAME_REVIEW] = {"name_status": number.name_status}
        if number.code_verification == CodeVerification.VERIFIED:
            done |= {StepKind.CODE_REQUESTED: {}, StepKind.CODE_VERIFIED: {}}
        if number.registered_at is not None:
            done[StepKind.REGISTERED] = {}
    for kind, data in done.items():
        if known[kind].state != StepState.DONE:
            steps.put(known[kind], StepState.DONE, by="embedded_signup", **data)
            note(application, "step", step=kind)
    steps.go_on(application)


def let_go(application):
    """The application was refused: what it had connected can be used by another one."""
    for number in application.phone_numbers.filter(registered_at=None, live_at=None):
        ProviderRoute.objects.filter(kind=Kind.PHONE_NUMBER, target_pk=number.pk).delete()
        number.delete()
    session = signup_door.connected(application)
    if session is None:
        return
    for waba in Waba.objects.filter(waba_id=session.waba_id, subscribed_at=None, phone_numbers=None):
        ProviderRoute.objects.filter(kind=Kind.WABA, target_pk=waba.pk).delete()
        waba.delete()
