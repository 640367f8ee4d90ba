"""The worker's part: exchange the code in its thirty seconds, ask what was shared, hand it to ``signup_store``.

A session is taken under a lease by moving its ``next_attempt_at``, asked about outside any scope, and stored. The code
can't be exchanged twice, so the token is kept (encrypted) before anything else is asked; from there on every question
may be repeated. The browser's hints choose among what the token reaches, and never add to it.
"""

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext_noop

from config.clock import now
from onboarding import gateway
from onboarding.models import SignupSession
from onboarding.services import signup, signup_access, signup_launch, signup_store
from onboarding.services.signup_store import Found, Refused
from providers import incidents
from providers.base import Action, OutcomeUnknown, ProviderError, ProviderUnavailable
from tenants.tenancy import acting_for, every_business

logger = logging.getLogger(__name__)

State = SignupSession.State

CODE_LIFE = timedelta(seconds=30)
"""Meta, "Embedded Signup" (2025-12)."""
LEASE = timedelta(seconds=60)
STUCK_AFTER_ATTEMPTS = 6
LONGEST_PAUSE = timedelta(minutes=5)
EXPIRED, USED = 36007, 36009


@dataclass(slots=True)
class Case:
    """Plain values of one session, read inside a scope so that the questions can be asked outside it."""

    pk: int
    code: str = field(repr=False)
    token: str = field(repr=False)
    age: timedelta
    waba_id: str
    phone_number_id: str
    wanted_digits: str


def run_due():
    """Deal with every session that is due; returns how many."""
    with every_business():
        pks = list(
            SignupSession.objects.filter(next_attempt_at__lte=now(), state__in=SignupSession.UNDER_WAY)
            .order_by("next_attempt_at")
            .values_list("pk", flat=True)[:50]
        )
    for pk in pks:
        run(pk)
    signup.close_abandoned()
    signup_access.watch()
    return len(pks)


def run(pk):
    """Take one session to its next resting place: connected, failed, or waiting for another try."""
    with acting_for(SignupSession, pk) as session:
        at = now()
        due = SignupSession.objects.filter(pk=pk, state__in=SignupSession.UNDER_WAY, next_attempt_at__lte=at)
        if not due.update(next_attempt_at=at + LEASE):
            return
        case = _read(session)
    try:
        if not case.token:
            case.token = _exchanged(case)
        found = ask(case)
    except Refused as refusal:
        _failed(pk, refusal.problem, refusal.text)
    except ProviderError as error:
        _not_now(pk, error)
    else:
        try:
            with acting_for(SignupSession, pk) as session:
                signup_store.connect(session, found)
        except Refused as refusal:
            _failed(pk, refusal.problem, refusal.text)
        incidents.close_incident(f"signup:{pk}")


def _read(session):
    said = session.said
    return Case(
        pk=session.pk,
        code=session.code,
        token=session.token,
        age=now() - (session.code_at or session.started_at),
        waba_id=said.get("waba_id", ""),
        phone_number_id=said.get("phone_number_id", ""),
        wanted_digits=session.application.phone.lstrip("+"),
    )


def _line(case, token=""):
    return gateway.line(access_token=token, subject=f"signup:{case.pk}")


def _exchanged(case):
    """The token for the code, stored before it is used. Raises ``Refused`` or ``ProviderError``."""
    if case.age > CODE_LIFE:
        raise Refused("late")
    try:
        grant = _line(case).exchange_code(
            app_id=settings.WHATSAPP_APP_ID, code=case.code, redirect_uri=signup_launch.return_address()
        )
    except (ProviderUnavailable, OutcomeUnknown):
        raise
    except ProviderError as error:
        problem = {EXPIRED: "late", USED: "used"}.get(error.subcode, "refused")
        raise Refused(problem, str(error)) from error
    ends = now() + timedelta(seconds=grant.expires_in) if grant.expires_in else None
    with acting_for(SignupSession, case.pk) as session:
        session.token, session.token_expires_at = grant.access_token, ends
        session.code, session.state, session.attempts = "", State.ASKING, 0
        session.save(update_fields=["token", "token_expires_at", "code", "state", "attempts"])
    return grant.access_token


def ask(case):
    """What the token reaches, as the provider tells it. Raises ``Refused`` or ``ProviderError``."""
    ours = _line(case)
    told = ours.debug_token(case.token)
    if not told.is_valid or (told.app_id and told.app_id != settings.WHATSAPP_APP_ID):
        raise Refused("refused", "The token isn't valid for our app.")
    if told.lacks:
        raise Refused("no_permission", ", ".join(told.lacks))
    if not told.shared_wabas:
        raise Refused("no_account")
    if case.waba_id and case.waba_id not in told.shared_wabas:
        raise Refused("not_shared", f"The browser said {case.waba_id}.")
    waba_id = case.waba_id or told.shared_wabas[0]
    client = _line(case, case.token)
    waba = client.fetch_waba(waba_id)
    numbers = client.list_phone_numbers(waba_id)
    number = _chosen(case, numbers)
    if number is not None:
        number = client.fetch_phone_number(number.id)
    if settings.WHATSAPP_SYSTEM_USER_ID:
        ours.assign_user(waba_id, user_id=settings.WHATSAPP_SYSTEM_USER_ID)
    ends = datetime.fromtimestamp(told.expires_at, UTC) if told.expires_at else None
    return Found(waba=waba, number=number, token=case.token, token_expires_at=ends)


def _chosen(case, numbers):
    """The number of this signup: the one the window named, else the one applied for, else the newest."""
    if case.phone_number_id:
        named = next((number for number in numbers if number.id == case.phone_number_id), None)
        if named is None:
            raise Refused("not_shared", f"The browser said the number {case.phone_number_id}.")
        return named
    wanted = next((number for number in numbers if number.digits == case.wanted_digits), None)
    return wanted or next(iter(numbers), None)


def _not_now(pk, error):
    """No usable answer: try again, the code only as long as it lives; a refusal is told."""
    later = isinstance(error, (ProviderUnavailable, OutcomeUnknown)) or error.action in {Action.RETRY, Action.WAIT}
    if not later:
        _failed(pk, "refused", str(error))
        return
    with acting_for(SignupSession, pk) as session:
        session.attempts += 1
        pause = min(timedelta(seconds=2 ** min(session.attempts, 10)), LONGEST_PAUSE)
        if error.retry_after:
            pause = max(pause, timedelta(seconds=min(error.retry_after, 3600)))
        ends = (session.code_at or now()) + CODE_LIFE
        if session.state == State.CODE and now() + pause > ends:
            signup_store.fail(session, "no_answer", str(error))
            return
        session.next_attempt_at = now() + pause
        session.problem_text = str(error)
        session.save(update_fields=["attempts", "next_attempt_at", "problem_text"])
        if session.attempts >= STUCK_AFTER_ATTEMPTS:
            title = gettext_noop("A Facebook signup gets no answer from Meta")
            incidents.open_incident(f"signup:{pk}", title, str(error))


def _failed(pk, problem, text):
    with acting_for(SignupSession, pk) as session:
        signup_store.fail(session, problem, text)
    incidents.close_incident(f"signup:{pk}")
