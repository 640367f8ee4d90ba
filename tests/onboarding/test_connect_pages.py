"""The pages of Embedded Signup: what they say, whom they refuse, and that no secret stands in them."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse

from onboarding.enums import ApplicationStatus as Status
from onboarding.models import OnboardingApplication, SignupSession
from onboarding.services import applications, screenings, signup_door, signup_launch, signup_runner, statement
from tenants.tenancy import business_scope, every_business
from tests import builders
from tests.onboarding.test_embedded_signup import an_account, an_application, meta_app, run  # noqa: F401
from tests.onboarding.wizard_answers import SAVED

State = SignupSession.State


@pytest.fixture
def application(acme, olga):
    return an_application(acme, olga)


@pytest.fixture
def draft(acme, olga):
    """Screened, allowed and signed; the questions about Facebook and the number are still open."""
    asked = {"facebook_business_id": "", "phone": "", "display_name": "", "code_method": "", "name_is_permanent": False}
    with business_scope(acme):
        application = applications.start(acme, actor=olga)
        OnboardingApplication.objects.filter(pk=application.pk).update(**(SAVED | asked))
        application.refresh_from_db()
        screenings.refresh(application)
        shown = statement.shown_digest(statement.text(application))
        statement.sign(application, name="Olga", shown=shown, address="127.0.0.1", actor=olga)
        application.refresh_from_db()
    return application


@pytest.fixture
def owner(client, olga):
    client.force_login(olga)
    return client


def url(name, business):
    return reverse(f"onboarding:{name}", args=[business.slug])


def session_of(application):
    with business_scope(application.business):
        return signup_door.latest(application)


def go_out(owner, acme, **posted):
    answer = owner.post(url("signup_start", acme), {"flow": "standard", **posted})
    assert answer.status_code == 302
    return parse_qs(urlsplit(answer.url).query)["state"][0]


def a_code(sandbox, waba):
    return sandbox.control("signup", waba=waba, redirect_uri=signup_launch.return_address())["code"]


def test_the_page_says_what_happens_and_who_owns_what(owner, acme, application, sandbox):
    page = owner.get(url("connect", acme))

    text = page.content.decode()
    assert "Your company owns the portfolio" in text
    assert "reviews your application first" in text
    assert f"form-action 'self' {sandbox.url}" in page.headers["Content-Security-Policy"]
    assert page.headers["Cross-Origin-Opener-Policy"] == "same-origin-allow-popups"


def test_the_form_leads_to_the_window(owner, acme, application, sandbox):
    answer = owner.post(url("signup_start", acme), {"flow": "coexistence", "popup": "1"})

    assert answer.url.startswith(f"{sandbox.url}/dialog/oauth?")
    assert answer.headers["Cross-Origin-Opener-Policy"] == "unsafe-none"
    session = session_of(application)
    assert (session.flow, session.is_popup) == ("coexistence", True)


def test_an_agent_may_not_connect(client, acme, ana, application):
    client.force_login(ana)

    for name in ("connect", "signup_progress"):
        assert client.get(url(name, acme)).status_code == 403
    for name in ("signup_start", "signup_event", "signup_closed", "signup_give_up"):
        assert client.post(url(name, acme)).status_code == 403


@pytest.mark.parametrize(("signed", "words"), [(False, "policy check"), (True, "signed the policies")])
def test_a_closed_door_says_what_opens_it(owner, acme, olga, draft, signed, words):
    with business_scope(acme):
        if signed:
            OnboardingApplication.objects.filter(pk=draft.pk).update(signed_at=None)
        else:
            draft.screenings.all().delete()

    assert words in owner.get(url("connect", acme)).content.decode()
    answer = owner.post(url("signup_start", acme), {"flow": "standard"})
    assert answer.url == url("connect", acme)
    assert session_of(draft) is None


def test_a_draft_gets_its_answers_from_the_window(owner, acme, olga, draft, sandbox):
    waba, number = an_account(sandbox)
    state = go_out(owner, acme)
    back = owner.get("/connect/facebook/", {"code": a_code(sandbox, waba), "state": state})
    assert back.url == url("connect", acme)
    assert "asking Meta what you shared" in owner.get(url("connect", acme)).content.decode()
    run()

    page = owner.get(url("connect", acme)).content.decode()
    assert "Your WhatsApp account is connected" in page
    with business_scope(acme):
        draft.refresh_from_db()
        assert draft.facebook_business_id == "506914307656634"
        assert draft.phone == "+573155550142"
        assert draft.display_name == "Envíos del Valle"
        assert draft.status == Status.DRAFT  # our own review is still to come
        assert not draft.steps.exists()


def test_sending_the_draft_marks_what_is_there_and_waits_for_our_review(owner, acme, olga, draft, sandbox):
    waba, _number = an_account(sandbox)
    state = go_out(owner, acme)
    owner.get("/connect/facebook/", {"code": a_code(sandbox, waba), "state": state})
    run()
    from onboarding.services import steps

    with business_scope(acme):
        draft.refresh_from_db()
        OnboardingApplication.objects.filter(pk=draft.pk).update(status=Status.SUBMITTED)
        draft.refresh_from_db()
        steps.begin(draft)
        from onboarding.services import signup_store

        signup_store.mark_steps(draft)
        found = {kind: step.state for kind, step in steps.by_kind(draft).items()}
    assert found["waba"] == found["number_added"] == found["code_verified"] == "done"
    assert found["webhooks"] == found["registered"] == "waiting"


def test_the_code_and_the_token_stand_in_no_page(owner, acme, application, sandbox):
    waba, _number = an_account(sandbox)
    state = go_out(owner, acme, popup="1")
    code = a_code(sandbox, waba)
    back = owner.get("/connect/facebook/", {"code": code, "state": state})
    assert back.url == "/connect/facebook/done/"
    seen = back.content.decode() + back.url
    for address in (back.url, url("connect", acme), url("signup_progress", acme)):
        seen += owner.get(address).content.decode()
    with business_scope(acme):
        assert session_of(application).code == code
    run()
    with business_scope(acme):
        token = application.phone_numbers.get().waba.access_token
    seen += owner.get(url("connect", acme)).content.decode()
    assert code not in seen and state not in seen and token not in seen


def test_a_forged_a_foreign_and_a_repeated_state_change_nothing(owner, client, acme, globex, application, sandbox):
    waba, _number = an_account(sandbox)
    state = go_out(owner, acme)
    forged = owner.get("/connect/facebook/", {"code": "stolen", "state": "made-up"})
    assert forged.status_code == 400
    from django.test import Client

    stranger = Client()
    assert stranger.get("/connect/facebook/", {"code": "c", "state": state}).status_code == 400
    stranger.force_login(builders.member(globex, "gus", role="owner"))
    assert stranger.get("/connect/facebook/", {"code": "c", "state": state}).status_code == 400
    assert session_of(application).state == State.OPEN

    owner.get("/connect/facebook/", {"code": a_code(sandbox, waba), "state": state})
    again = owner.get("/connect/facebook/", {"code": "another", "state": state})
    assert again.url == url("connect", acme)
    run()
    assert session_of(application).state == State.CONNECTED


def test_cancelling_there_is_said_here_with_the_screen_and_a_way_on(owner, acme, application):
    state = go_out(owner, acme)
    told = '{"type": "WA_EMBEDDED_SIGNUP", "event": "CANCEL", "data": {"current_step": "PHONE_NUMBER_SETUP"}}'
    assert owner.post(url("signup_event", acme), {"event": told}).status_code == 204
    owner.get(
        "/connect/facebook/", {"error": "access_denied", "error_description": "Permissions error", "state": state}
    )

    page = owner.get(url("connect", acme)).content.decode()
    assert "You left before the end." in page
    assert "adding the phone number" in page
    assert "Open the window again" in page


def test_an_error_that_was_reported_is_kept_for_staff(owner, acme, application, client, sam):
    go_out(owner, acme)
    told = (
        '{"type": "WA_EMBEDDED_SIGNUP", "event": "CANCEL", "data": {"error_message": "Number in use <b>",'
        ' "error_id": "524126", "session_id": "f34b", "timestamp": "1746041036"}}'
    )
    owner.post(url("signup_event", acme), {"event": told})

    assert "Number in use &lt;b&gt;" in owner.get(url("connect", acme)).content.decode()
    client.force_login(sam)
    page = client.get(f"/admin/onboarding/onboardingapplication/{application.pk}/change/").content.decode()
    assert "Number in use &lt;b&gt;" in page and "524126" in page


@pytest.mark.parametrize(
    "told",
    ["", "not json", "[]", "null", '{"type": "OTHER", "event": "CANCEL"}', '{"type": "WA_EMBEDDED_SIGNUP"}',
     '{"type": "WA_EMBEDDED_SIGNUP", "event": "CANCEL", "data": [1]}', "x" * 9000,
     '{"type": "WA_EMBEDDED_SIGNUP", "event": ["a"], "data": {"waba_id": {"a": 1}, "current_step": null}}'],
)  # fmt: skip
def test_rubbish_from_a_browser_is_dropped(owner, acme, application, told):
    go_out(owner, acme)

    assert owner.post(url("signup_event", acme), {"event": told}).status_code == 204
    assert session_of(application).said.get("waba_id") is None


def test_staff_see_by_which_door_it_came_and_what_was_asked(owner, client, acme, application, sam, sandbox):
    waba, _number = an_account(sandbox)
    state = go_out(owner, acme)
    owner.get("/connect/facebook/", {"code": a_code(sandbox, waba), "state": state})
    run()

    client.force_login(sam)
    page = client.get(f"/admin/onboarding/onboardingapplication/{application.pk}/change/").content.decode()
    assert "Embedded Signup" in page
    assert waba in page
    assert "oauth/access_token" in page
    assert "EAAG" not in page


def test_an_open_page_follows_the_state(owner, acme, application):
    go_out(owner, acme)
    mark = owner.get(url("connect", acme)).context["mark"]
    waiting = owner.get(url("signup_progress", acme), {"mark": mark})
    assert waiting.status_code == 200 and "HX-Refresh" not in waiting.headers
    with every_business():
        SignupSession.objects.update(state=State.CANCELLED, problem="left")

    assert owner.get(url("signup_progress", acme), {"mark": mark}).headers["HX-Refresh"] == "true"


def test_the_usual_way_stays_open(owner, acme, application):
    go_out(owner, acme)

    owner.post(url("signup_give_up", acme))

    assert session_of(application).state == State.GIVEN_UP
    assert owner.get(url("connect", acme)).status_code == 200


def test_the_worker_is_told_at_once(owner, acme, application, sandbox, hints_sent, django_capture_on_commit_callbacks):
    waba, _number = an_account(sandbox)
    state = go_out(owner, acme)
    with django_capture_on_commit_callbacks(execute=True):
        owner.get("/connect/facebook/", {"code": a_code(sandbox, waba), "state": state})

    assert ("task", "onboarding.tasks.exchange_signups", ()) in hints_sent
    assert signup_runner.CODE_LIFE.total_seconds() == 30


def test_an_answer_that_contradicts_what_was_connected_holds_the_application(owner, acme, draft, sandbox):
    from onboarding import wizard

    waba, _number = an_account(sandbox)
    state = go_out(owner, acme)
    owner.get("/connect/facebook/", {"code": a_code(sandbox, waba), "state": state})
    run()
    with business_scope(acme):
        OnboardingApplication.objects.filter(pk=draft.pk).update(phone="+573155550199")
        draft.refresh_from_db()
        assert any("+573155550142" in str(problem) for problem in wizard.missing(draft))
        OnboardingApplication.objects.filter(pk=draft.pk).update(phone="+573155550142")
        draft.refresh_from_db()
        assert not any("+573155550142" in str(problem) for problem in wizard.missing(draft))


def test_the_worker_knows_the_task_under_the_name_that_hints_use():
    from onboarding import tasks

    assert tasks.exchange_signups.name == "onboarding.tasks.exchange_signups"
