"""From an approved application to a registered number, against the sandbox over HTTP."""

import pytest

from onboarding.enums import ApplicationStatus as Status
from onboarding.enums import StepKind, StepState
from onboarding.exceptions import NotPossible
from onboarding.models import OnboardingStep, PhoneNumber, Waba
from onboarding.services import applications, overview, polls, step_runner, steps
from providers.models import Incident, ProviderCall
from tenants.models import Mail
from tenants.tenancy import business_scope, every_business
from tests import builders

PORTFOLIO = "506914307656634"
PHONE = "+573155550142"


@pytest.fixture
def application(acme, olga):
    return builders.application(
        acme,
        status=Status.SUBMITTED,
        brand="Envíos del Valle",
        display_name="Envíos del Valle",
        facebook_business_id=PORTFOLIO,
        phone=PHONE,
        website="https://enviosdelvalle.example",
        contact_email="carolina@enviosdelvalle.example",
        created_by=olga,
    )


@pytest.fixture
def approved(application, sam):
    with business_scope(application.business):
        steps.begin(application)
        applications.approve(application, actor=sam)
    return application


def run_all(rounds=8):
    for _round in range(rounds):
        with every_business():
            OnboardingStep.objects.exclude(next_attempt_at=None).update(next_attempt_at="2020-01-01T00:00Z")
        if not step_runner.run_due()["run"]:
            break


def step(application, kind):
    with business_scope(application.business):
        return steps.get(application, kind)


def decide_name(sandbox, approve, reason=None):
    with every_business():
        number = PhoneNumber.objects.get()
        Waba.objects.update(next_poll_at="2020-01-01T00:00Z")
    sandbox.control("decide", kind="names", subject=number.phone_number_id, approve=approve, reason=reason)
    polls.poll_due()


def test_an_approved_application_gets_its_account_and_number(sandbox, approved):
    run_all()

    with business_scope(approved.business):
        number = PhoneNumber.objects.select_related("waba").get()
    assert number.waba.subscribed_at is not None
    assert [row["digits"] for row in sandbox.look("state")["numbers"]] == ["573155550142"]
    assert step(approved, StepKind.NAME_REVIEW).state == StepState.WAITING_FOR_META


def test_nothing_is_opened_at_meta_before_staff_approves(sandbox, application):
    with business_scope(application.business):
        steps.begin(application)

    run_all()

    assert step(application, StepKind.BUSINESS_VERIFICATION).state == StepState.DONE
    assert step(application, StepKind.WABA).state == StepState.WAITING
    assert sandbox.look("state")["wabas"] == []


def test_an_unverified_business_waits_and_goes_on_by_itself(sandbox, approved):
    sandbox.control("business", id=PORTFOLIO, verification_status="not_verified")
    run_all(2)
    waiting = step(approved, StepKind.BUSINESS_VERIFICATION)
    assert waiting.state == StepState.WAITING_FOR_BUSINESS

    sandbox.control("business", id=PORTFOLIO, verification_status="verified")
    run_all()

    assert step(approved, StepKind.BUSINESS_VERIFICATION).state == StepState.DONE
    assert step(approved, StepKind.NUMBER_ADDED).state == StepState.DONE


def test_the_number_is_activated_with_the_code_and_a_pin(sandbox, approved, olga):
    run_all()
    decide_name(sandbox, approve=True)
    with business_scope(approved.business):
        steps.request_code(approved, method="SMS", language="es", key="click-1", actor=olga)
    run_all()
    code = sandbox.look("sms", phone="573155550142")["sms"][0]["code"]

    with business_scope(approved.business):
        steps.enter_code(approved, code=f"{code[:3]}-{code[3:]}", key="click-2", actor=olga)
    run_all()

    with business_scope(approved.business):
        number = PhoneNumber.objects.get()
        assert number.registered_at is not None
        assert steps.reveal_pin(approved, actor=olga) == number.pin
        assert steps.reveal_pin(approved, actor=olga) is None
    assert step(approved, StepKind.ROUND_TRIP).state == StepState.WAITING_FOR_BUSINESS


def test_a_wrong_code_is_said_and_the_right_one_still_works(sandbox, approved, olga):
    run_all()
    decide_name(sandbox, approve=True)
    with business_scope(approved.business):
        steps.request_code(approved, method="SMS", language="es", key="a", actor=olga)
    run_all()
    code = sandbox.look("sms", phone="573155550142")["sms"][0]["code"]
    wrong = f"{(int(code) + 1) % 1_000_000:06}"

    with business_scope(approved.business):
        steps.enter_code(approved, code=wrong, key="b", actor=olga)
    run_all()
    refused = step(approved, StepKind.CODE_VERIFIED)
    assert (refused.state, refused.data["wrong"]) == (StepState.WAITING_FOR_BUSINESS, 1)
    assert overview.error_of(refused)

    with business_scope(approved.business):
        steps.enter_code(approved, code=code, key="c", actor=olga)
    run_all()

    assert step(approved, StepKind.REGISTERED).state == StepState.DONE


def test_a_double_click_asks_for_one_code(sandbox, approved, olga):
    run_all()
    decide_name(sandbox, approve=True)
    with business_scope(approved.business):
        for _click in range(2):
            steps.request_code(approved, method="SMS", language="es", key="same", actor=olga)
    run_all()

    assert len(sandbox.look("sms", phone="573155550142")["sms"]) == 1


def test_impatience_is_stopped_before_the_provider_stops_it(sandbox, approved, olga):
    run_all()
    decide_name(sandbox, approve=True)
    for click in range(3):
        with business_scope(approved.business):
            steps.request_code(approved, method="SMS", language="es", key=str(click), actor=olga)
        run_all()

    with business_scope(approved.business), pytest.raises(NotPossible):
        steps.request_code(approved, method="SMS", language="es", key="one too many", actor=olga)


def test_a_refused_name_waits_for_another_proposal(sandbox, approved, olga):
    run_all()
    decide_name(sandbox, approve=False, reason="NAME_NOT_CONSISTENT")
    refused = step(approved, StepKind.NAME_REVIEW)
    assert refused.state == StepState.WAITING_FOR_BUSINESS

    with business_scope(approved.business):
        steps.propose_name(approved, name="Envíos del Valle Cali", actor=olga)
    run_all(2)
    decide_name(sandbox, approve=True)

    assert step(approved, StepKind.NAME_REVIEW).state == StepState.DONE
    with business_scope(approved.business):
        assert PhoneNumber.objects.get().display_name == "Envíos del Valle Cali"


def test_while_the_provider_is_down_the_step_waits_and_goes_on_by_itself(sandbox, approved, settings):
    settings.WHATSAPP_GRAPH_URL = "http://127.0.0.1:9"
    run_all(1)
    waiting = step(approved, StepKind.BUSINESS_VERIFICATION)
    assert waiting.state == StepState.DUE
    assert waiting.attempts == 1
    assert "Meta" in overview.body_of(waiting)

    settings.WHATSAPP_GRAPH_URL = sandbox.url
    run_all()

    assert step(approved, StepKind.NUMBER_ADDED).state == StepState.DONE


def test_a_step_that_gets_no_answer_opens_an_incident_that_ends_by_itself(sandbox, approved, settings):
    settings.WHATSAPP_GRAPH_URL = "http://127.0.0.1:9"
    run_all(step_runner.STUCK_AFTER_ATTEMPTS + 1)
    assert Incident.objects.get().closed_at is None

    settings.WHATSAPP_GRAPH_URL = sandbox.url
    run_all(1)

    assert Incident.objects.get().closed_at is not None


def test_a_lost_answer_makes_no_second_account_and_no_second_number(sandbox, approved):
    sandbox.control("faults", kind="timeout_after", scope="management", count=1)
    run_all()
    run_all()

    state = sandbox.look("state")
    assert (len(state["wabas"]), len(state["numbers"])) == (1, 1)


def test_the_round_trip_makes_the_application_live(sandbox, approved, olga):
    run_all()
    decide_name(sandbox, approve=True)
    with business_scope(approved.business):
        steps.request_code(approved, method="SMS", language="es", key="a", actor=olga)
    run_all()
    code = sandbox.look("sms", phone="573155550142")["sms"][0]["code"]
    with business_scope(approved.business):
        steps.enter_code(approved, code=code, key="b", actor=olga)
    run_all()

    with business_scope(approved.business):
        steps.note_round_trip(PhoneNumber.objects.get())
        approved.refresh_from_db()

    assert approved.status == Status.LIVE
    assert Mail.objects.filter(key__startswith="live:").exists()


def test_the_provider_log_keeps_no_secret(sandbox, approved, olga):
    run_all()
    decide_name(sandbox, approve=True)
    with business_scope(approved.business):
        steps.request_code(approved, method="SMS", language="es", key="a", actor=olga)
    run_all()
    code = sandbox.look("sms", phone="573155550142")["sms"][0]["code"]
    with business_scope(approved.business):
        steps.enter_code(approved, code=code, key="b", actor=olga)
    run_all()

    with business_scope(approved.business):
        pin = PhoneNumber.objects.get().pin
    kept = "".join(str(call.request) + str(call.response) for call in ProviderCall.objects.all())
    assert ProviderCall.objects.count() > 5
    assert pin not in kept
    assert code not in kept
