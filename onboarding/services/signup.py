"""Embedded Signup from our side of the window: opening it, believing its answer, leaving it (onboarding reference §8).

The ``state`` that goes out is random, kept as a digest, good for one answer within an hour, and only for the login
session that opened the window. Whatever a browser says beside it is a hint; the provider is asked.
"""

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from config import hints
from config.clock import now
from onboarding.enums import ApplicationStatus as Status
from onboarding.enums import StepKind, StepState
from onboarding.exceptions import NotPossible
from onboarding.models import SignupSession
from onboarding.services import screenings, signup_access, signup_launch, statement, steps
from onboarding.services.moves import note
from tenants import audit, live
from tenants.enums import MANAGERS
from tenants.models import Membership
from tenants.tenancy import business_scope, every_business

State = SignupSession.State

LIFE = timedelta(hours=1)
"""How long a window may stay open; somebody may have to wait for a call with the code."""
CLOSED_NOT_SET_UP, CLOSED_SCREENING, CLOSED_SIGNATURE, CLOSED_TOO_LATE = "set_up", "screening", "signature", "late"
SAID_IDS = ("waba_id", "phone_number_id", "business_id")


class NotYours(Exception):
    """An answer came that belongs to nothing that this person opened; nothing was changed."""


class AnsweredBefore(Exception):
    """The answer to this window came before; ``session`` is what it belongs to."""

    def __init__(self, session):
        super().__init__()
        self.session = session


def why_closed(application):
    """Why Facebook's window can't be opened for an application now; empty when it can.

    It opens once the screening allows the activity and the policies are signed (or a reviewer approved), and until
    the account is there.
    """
    if not signup_launch.is_set_up():
        return CLOSED_NOT_SET_UP
    if signup_access.ends_soon(application):
        return ""
    if application.status in {Status.REJECTED, Status.LIVE}:
        return CLOSED_TOO_LATE
    known = steps.by_kind(application)
    if known and known[StepKind.WABA].state in {StepState.DONE, StepState.DUE}:
        return CLOSED_TOO_LATE
    if application.status != Status.APPROVED:
        result = screenings.latest(application)
        if result is None or result.verdict != screenings.ALLOWED:
            return CLOSED_SCREENING
        if not statement.is_valid(application):
            return CLOSED_SIGNATURE
    return ""


@transaction.atomic
def start(application, *, flow, is_popup, actor, login):
    """Open a window: returns the address to send the person to. ``login`` is the key of their login session.

    Raises ``NotPossible`` when the door is closed or an answer is being checked. An older open window ends.
    """
    if why_closed(application):
        raise NotPossible(_("Facebook's window can't be opened now. The page says why."))
    older = application.signups.select_for_update().order_by("-pk").first()
    if older is not None and older.state == State.CONNECTED and not signup_access.ends_soon(application):
        raise NotPossible(_("Your account is connected already."))
    if older is not None and older.state in SignupSession.UNDER_WAY:
        raise NotPossible(_("We are still checking Meta's last answer. It takes seconds."))
    if flow == SignupSession.Flow.COEXISTENCE and not signup_launch.may_coexist(application):
        raise NotPossible(_("Numbers of this country can't stay in the app while they are connected here."))
    application.signups.filter(state=State.OPEN).update(
        state=State.CANCELLED, ended_at=now(), problem="superseded", next_attempt_at=None
    )
    text = secrets.token_urlsafe(32)
    session = SignupSession.objects.create(
        business=application.business,
        application=application,
        started_by=actor,
        flow=flow,
        is_popup=is_popup,
        state_digest=_digest(text),
        browser=_browser(login),
        started_at=now(),
        expires_at=now() + LIFE,
    )
    session.application = application
    _hold_our_door(application)
    note(application, "signup started", actor=actor)
    audit.record(audit.to_translate("Facebook's window opened"), application.code, actor=actor, flow=flow)
    _tell(session)
    return signup_launch.address(session, text)


def _hold_our_door(application):
    """The step that would open an account waits: it comes through the window."""
    step = steps.by_kind(application).get(StepKind.WABA)
    if step is not None and step.state == StepState.BROKEN:
        steps.put(step, StepState.WAITING_FOR_BUSINESS)


def arrive(*, state, user, login, code="", error=""):
    """Meta sent the person back: store the code for a worker, or that they left. Returns the session.

    Raises ``NotYours`` for a state that nobody knows or that another person or browser opened, ``AnsweredBefore`` for
    one that was answered. It is called outside any scope, because the address names no business.
    """
    with every_business():
        session = SignupSession.objects.select_related("business").filter(state_digest=_digest(state)).first()
    if (
        session is None
        or session.started_by_id != user.pk
        or not constant_time_compare(session.browser, _browser(login))
    ):
        raise NotYours
    if not Membership.objects.filter(business=session.business, user=user, role__in=MANAGERS).exists():
        raise NotYours
    with business_scope(session.business):
        mine = SignupSession.objects.select_for_update().filter(pk=session.pk)
        session = mine.select_related("application", "business").get()
        if session.state != State.OPEN:
            raise AnsweredBefore(session)
        if now() > session.expires_at:
            _end(session, State.CANCELLED, problem="abandoned")
        elif code:
            session.state, session.code, session.code_at = State.CODE, code[:1000], now()
            session.next_attempt_at = now()
            session.save(update_fields=["state", "code", "code_at", "next_attempt_at"])
            hints.after_commit("onboarding.tasks.exchange_signups")
            _tell(session)
        else:
            _end(session, State.CANCELLED, problem="left", text=error[:300])
    return session


@transaction.atomic
def note_event(application, *, event, data, login):
    """Keep what the window told our page: the screen somebody left on, an error they reported, the ids at the end.

    ``data`` is text by name from a browser. Ids are kept as hints until the provider says the same.
    """
    session = _mine(application, login)
    if session is None or session.state == State.CONNECTED or not isinstance(data, dict):
        return
    said = {name: str(data[name]) for name in SAID_IDS if str(data.get(name, "")).isdigit()}
    said = {name: value for name, value in said.items() if len(value) <= 40}
    said |= {name: str(data[name])[:300] for name in ("error_message", "error_id", "session_id") if data.get(name)}
    session.said = session.said | said | {"event": str(event)[:60]}
    if event == "CANCEL":
        session.screen = str(data.get("current_step", ""))[:60] or session.screen
    session.save(update_fields=["said", "screen"])
    if event == "CANCEL" and session.state == State.OPEN:
        _end(session, State.CANCELLED, problem="reported" if said.get("error_message") else "left")
    elif event == "CANCEL":
        _tell(session)


@transaction.atomic
def window_closed(application, *, login):
    """The page saw the window close without an answer."""
    session = _mine(application, login)
    if session is not None and session.state == State.OPEN:
        finished = str(session.said.get("event", "")).startswith("FINISH")
        _end(session, State.CANCELLED, problem="no_code" if finished else "left")


@transaction.atomic
def give_up(application, *, actor):
    """The business wants us to open the account after all. Raises ``NotPossible`` while an answer is being checked."""
    session = application.signups.select_for_update(of=("self",)).order_by("-pk").first()
    if session is None or session.state == State.GIVEN_UP:
        return
    if session.state == State.CONNECTED or session.state in SignupSession.UNDER_WAY:
        raise NotPossible(_("The account is connected or about to be; there is nothing to give up."))
    _end(session, State.GIVEN_UP, problem=session.problem)
    note(application, "signup given up", actor=actor)
    step = steps.by_kind(application).get(StepKind.WABA)
    if step is not None and step.state == StepState.WAITING_FOR_BUSINESS:
        steps.due(step)


def close_abandoned():
    """End the windows that nobody came back from within the hour."""
    with every_business():
        old = SignupSession.objects.filter(state=State.OPEN, expires_at__lt=now())
        return old.update(state=State.CANCELLED, ended_at=now(), problem="abandoned")


def _mine(application, login):
    """The newest session, held, if this login session opened it; else None."""
    session = application.signups.select_for_update(of=("self",)).order_by("-pk").first()
    return session if session is not None and constant_time_compare(session.browser, _browser(login)) else None


def _end(session, state, *, problem="", text=""):
    session.state, session.problem, session.problem_text = state, problem, text or session.problem_text
    session.ended_at, session.code, session.next_attempt_at = now(), "", None
    session.save(update_fields=["state", "problem", "problem_text", "ended_at", "code", "next_attempt_at"])
    if state == State.CANCELLED:
        note(session.application, "signup left", reason=text, screen=session.screen, problem=problem)
    _tell(session)


def _tell(session):
    live.emit(
        "application",
        business_id=session.business_id,
        application=str(session.application.reference),
        signup=str(session.state),
    )


def _digest(text):
    return hashlib.sha256(str(text).encode()).hexdigest()


def _browser(login):
    return salted_hmac("onboarding.signup", login or "").hexdigest()
