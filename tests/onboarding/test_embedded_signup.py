"""Embedded Signup: from the window's address to steps that are done, against the sandbox over HTTP."""

import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from config.clock import now
from onboarding.enums import ApplicationStatus as Status
from onboarding.enums import StepKind, StepState
from onboarding.exceptions import NotPossible
from onboarding.models import OnboardingStep, PhoneNumber, ProviderRoute, SignupSession, Waba
from onboarding.services import applications, signup, signup_door, signup_launch, signup_runner, step_runner, steps
from providers.models import Incident, ProviderCall
from tenants.models import Membership
from tenants.tenancy import business_scope, every_business
from tests import builders
from tests.providers.test_sandbox_signup import Window

APP_ID = "670000000000001"
PORTFOLIO = "506914307656634"
PHONE = "+573155550142"
LOGIN = "the-key-of-a-login-session"
State = SignupSession.State


@pytest.fixture(autouse=True)
def meta_app(settings, sandbox):
    from tests.providers.sandbox_server import SECRET

    settings.WHATSAPP_APP_ID = APP_ID
    settings.WHATSAPP_APP_SECRETS = [SECRET]
    settings.WHATSAPP_SIGNUP_CONFIG_ID = "1"
    settings.WHATSAPP_SIGNUP_URL = f"{sandbox.url}/dialog/oauth"


def an_application(of, person, **fields):
    values = {
        "status": Status.APPROVED,
        "brand": "Envíos del Valle",
        "display_name": "Envíos del Valle",
        "facebook_business_id": PORTFOLIO,
        "phone": PHONE,
        "contact_email": "carolina@enviosdelvalle.example",
        "created_by": person,
    }
    return builders.application(of, **(values | fields))


@pytest.fixture
def application(acme, olga):
    """Approved by a person; nothing was opened at Meta yet."""
    return an_application(acme, olga)


@pytest.fixture
def shared(sandbox):
    """What a person made in the window: an account with a proved number, not registered yet."""
    return an_account(sandbox)


def an_account(sandbox, phone="3155550142", business=PORTFOLIO, prove=True):
    waba = sandbox.waba(business=business)
    sandbox.delete(f"{waba}/subscribed_apps")
    number = sandbox.number(waba, phone, register=False)
    if prove:
        sandbox.verify(number, "57" + phone)
    return waba, number


def opened(application, actor, **options):
    """Open the window; returns the ``state`` in its address."""
    with business_scope(application.business):
        values = {"flow": "standard", "is_popup": False, "actor": actor, "login": LOGIN} | options
        target = signup.start(application, **values)
    return parse_qs(urlsplit(target).query)["state"][0]


def come_back(sandbox, state, user, waba, **more):
    """Meta sends the person back with a code for ``waba``."""
    shared = {"waba": waba, "redirect_uri": signup_launch.return_address()} | more
    code = sandbox.control("signup", **shared)["code"]
    return signup.arrive(state=state, user=user, login=LOGIN, code=code)


def run():
    with every_business():
        SignupSession.objects.exclude(next_attempt_at=None).update(next_attempt_at=now())
    signup_runner.run_due()


def session_of(application):
    with business_scope(application.business):
        return signup_door.latest(application)


def connect(sandbox, application, actor, waba):
    come_back(sandbox, opened(application, actor), actor, waba)
    run()
    return session_of(application)


def states(application):
    with business_scope(application.business):
        return {kind: step.state for kind, step in steps.by_kind(application).items()}


# Going out


def test_the_address_says_what_meta_needs_and_what_the_application_knows(application, olga, acme):
    with business_scope(acme):
        application.legal_name, application.website = "Envíos S. A. S.", "https://envios.example"
        target = signup.start(application, flow="standard", is_popup=True, actor=olga, login=LOGIN)

    query = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
    assert query["client_id"] == APP_ID
    assert query["config_id"] == "1"
    assert (query["response_type"], query["override_default_response_type"]) == ("code", "true")
    assert query["redirect_uri"].endswith("/connect/facebook/")
    setup = json.loads(query["extras"])["setup"]
    assert setup["business"]["id"] == PORTFOLIO
    assert setup["business"]["name"] == "Envíos S. A. S."
    assert setup["business"]["phone"] == {"code": 57, "number": "3155550142"}
    assert setup["phone"]["displayName"] == "Envíos del Valle"


def test_the_state_is_kept_as_a_digest_only(application, olga):
    state = opened(application, olga)

    assert state not in session_of(application).state_digest
    assert len(state) >= 40


def test_the_door_needs_an_allowed_screening_and_a_signature(acme, olga):
    draft = an_application(acme, olga, status=Status.DRAFT)
    with business_scope(acme):
        assert signup.why_closed(draft) == signup.CLOSED_SCREENING
        with pytest.raises(NotPossible):
            signup.start(draft, flow="standard", is_popup=False, actor=olga, login=LOGIN)


def test_the_door_is_closed_without_a_meta_app(application, acme, settings):
    settings.WHATSAPP_SIGNUP_CONFIG_ID = ""
    with business_scope(acme):
        assert signup.why_closed(application) == signup.CLOSED_NOT_SET_UP


def test_a_newer_window_ends_the_older_one(sandbox, application, olga, shared):
    old = opened(application, olga)
    opened(application, olga)

    with pytest.raises(signup.AnsweredBefore):
        come_back(sandbox, old, olga, shared[0])
    with business_scope(application.business):
        assert [row.state for row in application.signups.order_by("pk")] == [State.CANCELLED, State.OPEN]


# Coming back


def test_what_was_shared_is_ours_and_its_steps_are_done(sandbox, application, olga, shared):
    waba_id, number_id = shared
    with business_scope(application.business):
        steps.begin(application)

    session = connect(sandbox, application, olga, waba_id)

    assert (session.state, session.problem) == (State.CONNECTED, "")
    assert (session.code, session.token) == ("", "")
    with business_scope(application.business):
        number = PhoneNumber.objects.select_related("waba").get()
        assert (number.phone_number_id, number.e164) == (number_id, PHONE)
        assert number.waba.waba_id == waba_id
        assert number.waba.access_token.startswith("EAAG")
    found = states(application)
    done = {StepKind.WABA, StepKind.NUMBER_ADDED, StepKind.CODE_REQUESTED, StepKind.CODE_VERIFIED}
    assert {kind for kind in done if found[kind] == StepState.DONE} == done
    assert found[StepKind.BUSINESS_VERIFICATION] == StepState.DONE
    assert found[StepKind.WEBHOOKS] == StepState.DUE
    assert found[StepKind.REGISTERED] == StepState.WAITING  # its turn comes after the steps before it


def test_the_rest_goes_on_as_usual_with_the_clients_token(sandbox, application, olga, shared):
    with business_scope(application.business):
        steps.begin(application)
    connect(sandbox, application, olga, shared[0])
    sandbox.control("decide", kind="names", subject=shared[1], approve=True)
    for _round in range(8):
        with every_business():
            OnboardingStep.objects.exclude(next_attempt_at=None).update(next_attempt_at="2020-01-01T00:00Z")
        step_runner.run_due()

    found = states(application)
    assert found[StepKind.REGISTERED] == StepState.DONE
    assert sandbox.look("state")["wabas"][0]["subscribed"] == 1
    assert len(sandbox.look("state")["wabas"]) == 1  # we made none beside it
    with business_scope(application.business):
        assert PhoneNumber.objects.get().pin


def test_a_number_that_was_not_proved_gets_its_code_here(sandbox, application, olga):
    waba_id, _number = an_account(sandbox, prove=False)
    with business_scope(application.business):
        steps.begin(application)

    connect(sandbox, application, olga, waba_id)

    found = states(application)
    assert found[StepKind.NUMBER_ADDED] == StepState.DONE
    assert found[StepKind.CODE_REQUESTED] == StepState.WAITING


def test_an_account_without_a_number_is_connected_and_the_number_follows(sandbox, application, olga):
    waba_id = sandbox.waba(business=PORTFOLIO)
    with business_scope(application.business):
        steps.begin(application)

    session = connect(sandbox, application, olga, waba_id)

    assert session.state == State.CONNECTED
    found = states(application)
    assert found[StepKind.WABA] == StepState.DONE
    assert found[StepKind.NUMBER_ADDED] == StepState.WAITING


def test_no_log_and_no_row_has_the_code_or_the_token(sandbox, application, olga, shared):
    state = opened(application, olga)
    with business_scope(application.business):
        waiting = signup_door.latest(application)
    code = sandbox.control("signup", waba=shared[0], redirect_uri=signup_launch.return_address())["code"]
    signup.arrive(state=state, user=olga, login=LOGIN, code=code)
    run()

    with business_scope(application.business):
        token = Waba.objects.get().access_token
    kept = "".join(f"{call.path}{call.request}{call.response}" for call in ProviderCall.objects.all())
    calls = list(ProviderCall.objects.filter(subject=f"signup:{waiting.pk}").values_list("path", flat=True))
    assert "oauth/access_token" in calls and "debug_token" in calls
    assert code not in kept
    assert token not in kept
    from django.db import connection

    with every_business(), connection.cursor() as cursor:
        cursor.execute("SELECT code, token FROM onboarding_signupsession")
        assert cursor.fetchall() == [("", "")]
        cursor.execute("SELECT access_token FROM onboarding_waba")
        assert token not in cursor.fetchone()[0]


def test_our_system_user_is_let_in_where_one_is_named(sandbox, application, olga, shared, settings):
    settings.WHATSAPP_SYSTEM_USER_ID = "1000000000000001"

    connect(sandbox, application, olga, shared[0])

    assert ProviderCall.objects.filter(path=f"{shared[0]}/assigned_users", status=200).exists()
    with business_scope(application.business):
        assert Waba.objects.get().access_token == ""


def test_a_number_of_the_business_app_is_connected_without_a_registration(sandbox, application, olga):
    sandbox.get(PORTFOLIO, fields="verification_status")
    with business_scope(application.business):
        steps.begin(application)
        target = signup.start(application, flow="coexistence", is_popup=False, actor=olga, login=LOGIN)
    launch = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
    window = Window(sandbox, **launch)
    window.press(business=PORTFOLIO).press(waba="new").press(waba_name="Envíos", display_name="Envíos del Valle")
    window.press(phone=PHONE).press(code=window.code_from_phone(PHONE[1:]))
    window.press(whatsapp_business_management="1", whatsapp_business_messaging="1")
    window.press("finish", returns_to=launch["redirect_uri"])
    signup.arrive(state=window.back["state"], user=olga, login=LOGIN, code=window.back["code"])
    run()

    assert session_of(application).state == State.CONNECTED
    found = states(application)
    assert found[StepKind.REGISTERED] == StepState.DONE
    with business_scope(application.business):
        number = PhoneNumber.objects.get()
        assert number.registered_at is not None
        assert number.pin == ""


# What must not work


@pytest.mark.parametrize("state", ["", "made-up", "x" * 150])
def test_a_made_up_state_changes_nothing(application, olga, state):
    opened(application, olga)

    with pytest.raises(signup.NotYours):
        signup.arrive(state=state, user=olga, login=LOGIN, code="stolen")
    assert session_of(application).state == State.OPEN


def test_another_person_and_another_browser_cannot_bring_the_answer(application, acme, olga):
    state = opened(application, olga)
    other = builders.member(acme, "otto", role="owner")

    for user, login in ((other, LOGIN), (olga, "another-login")):
        with pytest.raises(signup.NotYours):
            signup.arrive(state=state, user=user, login=login, code="code")
    assert session_of(application).state == State.OPEN


def test_somebody_who_left_the_business_cannot_bring_the_answer(application, acme, olga):
    state = opened(application, olga)
    acme.members.remove(olga)

    with pytest.raises(signup.NotYours):
        signup.arrive(state=state, user=olga, login=LOGIN, code="code")


def test_somebody_who_is_an_agent_by_now_cannot_bring_the_answer(application, acme, olga):
    state = opened(application, olga)
    Membership.objects.filter(business=acme, user=olga).update(role="agent")

    with pytest.raises(signup.NotYours):
        signup.arrive(state=state, user=olga, login=LOGIN, code="code")


def test_a_state_is_good_for_one_answer(sandbox, application, olga, shared):
    state = opened(application, olga)
    come_back(sandbox, state, olga, shared[0])

    with pytest.raises(signup.AnsweredBefore):
        signup.arrive(state=state, user=olga, login=LOGIN, code="another")
    run()
    assert session_of(application).state == State.CONNECTED


def test_a_window_is_good_for_an_hour(sandbox, application, olga, shared):
    state = opened(application, olga)
    with every_business():
        SignupSession.objects.update(expires_at=now() - timedelta(seconds=1))

    session = come_back(sandbox, state, olga, shared[0])

    assert (session.state, session.problem) == (State.CANCELLED, "abandoned")
    assert session.code == ""


def test_windows_that_nobody_came_back_from_are_closed(application, olga):
    opened(application, olga)
    with every_business():
        SignupSession.objects.update(expires_at=now() - timedelta(seconds=1))

    signup_runner.run_due()

    assert session_of(application).problem == "abandoned"


def test_a_code_that_waited_too_long_here_is_not_even_asked_about(sandbox, application, olga, shared):
    come_back(sandbox, opened(application, olga), olga, shared[0])
    with every_business():
        SignupSession.objects.update(code_at=now() - timedelta(seconds=31))
    run()

    session = session_of(application)
    assert (session.state, session.problem) == (State.FAILED, "late")
    assert session.code == ""
    assert not ProviderCall.objects.filter(path="oauth/access_token").exists()


def test_a_code_that_ran_out_at_meta_is_said(sandbox, application, olga, shared):
    sandbox.control("clock", advance_seconds=-40)
    try:
        come_back(sandbox, opened(application, olga), olga, shared[0])
        sandbox.control("clock", reset=True)
        run()
    finally:
        sandbox.control("clock", reset=True)
    assert session_of(application).problem == "late"


def test_a_code_that_was_used_is_said(sandbox, application, olga, shared):
    state = opened(application, olga)
    code = sandbox.control("signup", waba=shared[0], redirect_uri=signup_launch.return_address())["code"]
    from onboarding import gateway

    gateway.line().exchange_code(app_id=APP_ID, code=code, redirect_uri=signup_launch.return_address())
    signup.arrive(state=state, user=olga, login=LOGIN, code=code)
    run()

    assert session_of(application).problem == "used"


def test_a_made_up_code_is_refused(application, olga):
    signup.arrive(state=opened(application, olga), user=olga, login=LOGIN, code="AQ-invented")
    run()

    session = session_of(application)
    assert (session.state, session.problem) == (State.FAILED, "refused")
    with business_scope(application.business):
        assert not Waba.objects.exists()


def test_an_account_of_another_business_is_refused_without_saying_whose(sandbox, application, olga, globex, shared):
    with business_scope(globex):
        theirs = Waba.objects.create(business=globex, provider="sandbox", waba_id=shared[0], name="Globex")
    ProviderRoute.objects.create(kind="waba", provider_id=shared[0], business=globex, target_pk=theirs.pk)

    session = connect(sandbox, application, olga, shared[0])

    assert (session.state, session.problem) == (State.FAILED, "account_taken")
    with business_scope(application.business):
        assert not Waba.objects.exists() and not PhoneNumber.objects.exists()
    from onboarding.services import signup_words

    words = signup_words.problem_of(session)
    assert "Globex" not in f"{words.title}{words.way_on}"
    assert Incident.objects.filter(key__startswith="claimed-twice", closed_at=None).exists()  # staff know


def test_a_number_of_another_business_is_refused_and_nothing_is_kept(sandbox, application, olga, globex, shared):
    builders.phone_number(globex, e164=PHONE)

    session = connect(sandbox, application, olga, shared[0])

    assert (session.state, session.problem) == (State.FAILED, "number_taken")
    with business_scope(application.business):
        assert not Waba.objects.exists()
    assert not ProviderRoute.objects.filter(provider_id=shared[0]).exists()


def test_another_number_or_portfolio_than_the_reviewed_ones_is_refused(sandbox, application, olga):
    waba_id, _number = an_account(sandbox, phone="3155550199")
    assert connect(sandbox, application, olga, waba_id).problem == "other_number"

    waba_id, _number = an_account(sandbox, business="777777777777722")
    assert connect(sandbox, application, olga, waba_id).problem == "other_portfolio"


def test_ids_from_the_browser_count_only_when_the_token_reaches_them(sandbox, application, olga, shared):
    foreign = sandbox.waba(business="888888888888822")
    state = opened(application, olga)
    come_back(sandbox, state, olga, shared[0])
    with business_scope(application.business):
        signup.note_event(application, event="FINISH", data={"waba_id": foreign}, login=LOGIN)
    run()

    session = session_of(application)
    assert (session.state, session.problem) == (State.FAILED, "not_shared")


def test_a_missing_permission_is_said(sandbox, application, olga, shared):
    state = opened(application, olga)
    come_back(sandbox, state, olga, shared[0], scopes=["whatsapp_business_management"])
    run()

    assert session_of(application).problem == "no_permission"


# Leaving


def test_leaving_is_recorded_with_its_screen_and_the_next_window_is_possible(application, olga):
    opened(application, olga)
    with business_scope(application.business):
        signup.note_event(application, event="CANCEL", data={"current_step": "PHONE_NUMBER_SETUP"}, login=LOGIN)

    session = session_of(application)
    assert (session.state, session.problem, session.screen) == (State.CANCELLED, "left", "PHONE_NUMBER_SETUP")
    opened(application, olga)
    assert session_of(application).state == State.OPEN


def test_a_screen_that_is_told_after_the_redirect_is_still_kept(application, olga):
    state = opened(application, olga)
    signup.arrive(state=state, user=olga, login=LOGIN, error="Permissions error")
    with business_scope(application.business):
        signup.note_event(application, event="CANCEL", data={"current_step": "PERMISSIONS"}, login=LOGIN)

    assert session_of(application).screen == "PERMISSIONS"


def test_hints_from_another_login_are_dropped(application, olga):
    opened(application, olga)
    with business_scope(application.business):
        signup.note_event(application, event="CANCEL", data={"current_step": "PERMISSIONS"}, login="somebody else's")
        signup.window_closed(application, login="somebody else's")

    assert session_of(application).state == State.OPEN


def test_a_window_that_closed_at_the_end_is_told_apart(application, olga):
    opened(application, olga)
    with business_scope(application.business):
        signup.note_event(application, event="FINISH", data={"waba_id": "123"}, login=LOGIN)
        signup.window_closed(application, login=LOGIN)

    assert session_of(application).problem == "no_code"


def test_our_own_door_waits_while_the_other_was_chosen_and_opens_when_it_is_given_up(sandbox, application, olga):
    opened(application, olga)
    with business_scope(application.business):
        steps.begin(application)
    step_runner.run_due()  # the business is verified

    assert states(application)[StepKind.WABA] == StepState.WAITING_FOR_BUSINESS
    with business_scope(application.business):
        signup.give_up(application, actor=olga)
    assert states(application)[StepKind.WABA] == StepState.DUE
    with business_scope(application.business):
        assert signup.why_closed(application) == signup.CLOSED_TOO_LATE


# A provider that doesn't answer


def test_silence_after_the_token_is_patience_and_before_it_an_end(sandbox, application, olga, shared):
    come_back(sandbox, opened(application, olga), olga, shared[0])
    sandbox.control("faults", kind="server_error", scope="management", count=1)
    run()
    assert session_of(application).state == State.CODE
    sandbox.control("faults", kind="server_error", scope="management", count=1)
    with every_business():
        SignupSession.objects.update(code_at=now() - timedelta(seconds=28), next_attempt_at=now())
    signup_runner.run_due()

    session = session_of(application)
    assert (session.state, session.problem) == (State.FAILED, "no_answer")


def test_a_lost_answer_after_the_exchange_is_asked_for_again(sandbox, application, olga, shared, monkeypatch):
    come_back(sandbox, opened(application, olga), olga, shared[0])
    from providers.base import ProviderUnavailable

    real, calls = signup_runner.ask, []

    def first_silent(case):
        calls.append(case.pk)
        if len(calls) == 1:
            raise ProviderUnavailable("Nobody answers.")
        return real(case)

    monkeypatch.setattr(signup_runner, "ask", first_silent)
    run()
    assert session_of(application).state == State.ASKING
    run()

    assert session_of(application).state == State.CONNECTED
    assert ProviderCall.objects.filter(path="oauth/access_token").count() == 1


# After a refusal by our reviewers


def test_what_a_refused_application_had_connected_is_free_again(sandbox, acme, olga, sam, shared):
    first = an_application(acme, olga)
    connect(sandbox, first, olga, shared[0])
    with business_scope(acme):
        type(first).objects.filter(pk=first.pk).update(status=Status.SUBMITTED)
        first.refresh_from_db()
        applications.reject(first, "Not this activity.", actor=sam)

    second = an_application(acme, olga)
    assert connect(sandbox, second, olga, shared[0]).state == State.CONNECTED


# Access that ends


def test_access_that_ends_is_said_in_time_and_renewed_with_the_same_account(sandbox, application, olga, shared):
    connect(sandbox, application, olga, shared[0])
    with business_scope(application.business):
        before = Waba.objects.get().access_token
    with every_business():
        SignupSession.objects.update(token_expires_at=now() + timedelta(days=10))
    signup_runner.run_due()
    signup_runner.run_due()
    from tenants.models import Mail

    told = Mail.objects.filter(key__startswith="access_ends:", to=application.contact_email)
    assert told.count() == 1
    assert Incident.objects.filter(key=f"access-ends:{application.pk}", closed_at=None).exists()

    other, _number = an_account(sandbox, phone="3155550199")
    assert connect(sandbox, application, olga, other).problem == "other_account"
    with business_scope(application.business):
        assert Waba.objects.get().access_token == before
    assert connect(sandbox, application, olga, shared[0]).state == State.CONNECTED
    with business_scope(application.business):
        assert Waba.objects.get().access_token not in {"", before}
    assert not Incident.objects.filter(key=f"access-ends:{application.pk}", closed_at=None).exists()


def test_a_connected_application_cannot_be_connected_twice(sandbox, application, olga, shared):
    connect(sandbox, application, olga, shared[0])

    with pytest.raises(NotPossible):
        opened(application, olga)
