"""Each page of onboarding for its owner, an agent, the neighbour; the timeline, corrections, activation, numbers."""

import pytest
from django.urls import reverse

from onboarding import wizard
from onboarding.enums import ApplicationStatus as Status
from onboarding.enums import StepKind, StepState
from onboarding.models import ChangeRequest, OnboardingApplication, OnboardingStep
from onboarding.services import applications, steps
from tenants.enums import Role
from tenants.tenancy import business_scope, every_business
from tests import builders
from tests.onboarding.test_wizard import no_network  # noqa: F401  no page may ask the network
from tests.onboarding.wizard_answers import Applicant, complete

MANAGER_PAGES = [
    *(f"step/{step.slug}/" for step in wizard.STEPS), "verdict/", "check/", "activation/", "activation/progress/",
    "name/", "name/findings/", "number/facts/",
]  # fmt: skip
MANAGER_POSTS = [
    "start/", "correct/", "again/", "activation/request/", "activation/code/", "activation/pin/",
    "step/company/", "verdict/", "check/", "name/",
]  # fmt: skip


@pytest.fixture
def applicant(acme, olga):
    return Applicant(acme, olga, language="en")


@pytest.fixture
def agent(acme, ana):
    return Applicant(acme, ana, language="en")


@pytest.fixture
def sent(applicant):
    application = complete(applicant.business, applicant.user)
    with business_scope(applicant.business):
        applications.submit(application, actor=applicant.user)
    return applicant.application()


def set_step(application, kind, state, **fields):
    with business_scope(application.business):
        OnboardingStep.objects.filter(application=application, kind=kind).update(state=state, **fields)


@pytest.fixture
def approved(sent, sam):
    """Approved, and everything before the code is done."""
    with business_scope(sent.business):
        applications.approve(sent, actor=sam)
        before = [StepKind.BUSINESS_VERIFICATION, StepKind.WABA, StepKind.WEBHOOKS, StepKind.NUMBER_ADDED]
        OnboardingStep.objects.filter(application=sent, kind__in=before).update(state=StepState.DONE)
        name = steps.get(sent, StepKind.NAME_REVIEW)
        name.application = sent
        steps.done(name)
    return sent


# Who may do what


@pytest.mark.parametrize("path", MANAGER_PAGES)
def test_an_agent_may_not_open_what_managers_fill_in(agent, sent, path):
    assert agent.get(path).status_code == 403


@pytest.mark.parametrize("path", MANAGER_POSTS)
def test_an_agent_changes_nothing(agent, sent, path):
    assert agent.client.post(f"{agent.root}/{path}", {}).status_code == 403


@pytest.mark.parametrize("path", ["", "timeline/", "signature/"])
def test_an_agent_may_see_where_the_application_stands(agent, sent, path):
    response = agent.get(path)

    assert response.status_code == 200
    assert "/activation/" not in response.content.decode()


def test_a_viewer_sees_the_draft_without_links_into_it(acme, applicant):
    applicant.start()
    viewer = Applicant(acme, builders.member(acme, "vera", role=Role.VIEWER), language="en")

    page = viewer.get().content.decode()

    assert "Registered address" in page
    assert "/step/" not in page


def test_the_neighbour_finds_nothing(globex, sent, applicant):
    stranger = Applicant(globex, builders.member(globex, "gina", role=Role.OWNER), language="en")

    for path in ["", "check/", "step/company/", "signature/", "activation/"]:
        assert stranger.client.get(f"{applicant.root}/{path}").status_code == 404
    assert "Envíos del Valle" not in stranger.get().content.decode()


def test_a_copy_of_a_neighbour_s_website_can_not_be_opened_by_its_number(globex, sent):
    with every_business():
        pk = sent.name_checks.latest("pk").pk
    stranger = Applicant(globex, builders.member(globex, "gina", role=Role.OWNER))

    assert stranger.get(f"name/copy/{pk}/").status_code == 404


def test_the_pages_say_nothing_to_strangers(client, sent, applicant):
    assert client.get(f"{applicant.root}/").url.startswith("/accounts/login/")


def test_without_an_application_every_page_leads_to_the_start(applicant):
    assert applicant.get().status_code == 200
    for path in ["step/company/", "verdict/", "check/", "timeline/", "activation/", "name/"]:
        assert applicant.get(path).url == f"{applicant.root}/", path


def test_an_unknown_step_is_not_found(applicant):
    applicant.start()

    assert applicant.get("step/payment/").status_code == 404


# The advisor


def test_the_advisor_is_open_to_everybody_and_remembers(client, db):
    assert client.get("/advisor/").status_code == 200

    response = client.post("/advisor/", {"conversations_per_day": "3", "agents": "1", "platform": "none"})
    page = client.get(response.url.split("#")[0])

    assert page.context["advice"].recommendation == "whatsapp"
    assert "Apply for the API all the same" in page.content.decode()
    assert 'value="3"' in page.content.decode()


def test_the_advisor_keeps_what_was_typed_wrongly(client, db):
    response = client.post("/advisor/", {"conversations_per_day": "many", "agents": "2"})

    assert response.status_code == 422
    assert 'value="many"' in response.content.decode()
    assert {"conversations_per_day", "platform"} == set(response.context["form"].errors)


# The timeline


def test_the_timeline_gives_the_three_answers(applicant, sent):
    page = applicant.get()

    assert page.context["bar"]["who"] == "Our team"
    assert page.context["bar"]["duration"] == "2 to 3 weeks"
    assert "Review by a person" in page.content.decode()
    assert 'data-timeline="/live/' in page.content.decode()


def test_a_provider_that_is_down_is_said_to_be_down_and_asked_again(applicant, approved):
    set_step(approved, StepKind.PROFILE, StepState.DUE, attempts=2, last_error="timed out")

    assert "We go on trying by ourselves" in applicant.get().content.decode()


def test_a_rejected_application_says_why_and_another_one_can_be_started(applicant, sent, sam):
    with business_scope(sent.business):
        applications.reject(sent, "The activity isn't admitted.", actor=sam)

    page = applicant.get().content.decode()
    assert "The activity isn&#x27;t admitted." in page
    applicant.start()
    assert applicant.application().pk != sent.pk


def test_a_live_application_leads_to_the_numbers(applicant, sent):
    with business_scope(sent.business):
        OnboardingApplication.objects.update(status=Status.LIVE)

    assert applicant.get().url == reverse("onboarding:numbers", args=[applicant.business.slug])
    assert applicant.get("timeline/").status_code == 200


# Corrections


@pytest.fixture
def asked(sent, sam):
    with business_scope(sent.business):
        applications.request_changes(sent, {"address": "The certificate says Calle 25 Norte."}, actor=sam)
    return sent


def correct(applicant, **data):
    data = {"seen_version": applicant.version()} | data
    return applicant.client.post(f"{applicant.root}/correct/", data)


def test_a_change_is_asked_for_beside_the_old_value(applicant, asked):
    page = applicant.get().content.decode()

    assert "The certificate says Calle 25 Norte." in page
    assert "<del>Calle 25 Norte # 6-41, bodega 3</del>" in page
    assert 'name="address"' in page
    assert 'name="brand"' not in page


def test_a_correction_is_saved_and_sent_again(applicant, asked):
    assert correct(applicant, address="Calle 25 Norte # 6-41").status_code == 302

    application = applicant.application()
    assert application.address == "Calle 25 Norte # 6-41"
    assert application.status == Status.SUBMITTED
    with business_scope(application.business):
        assert ChangeRequest.objects.get().answered_at is not None


def test_only_what_was_asked_for_can_be_corrected(applicant, asked):
    correct(applicant, address="Calle 25 Norte # 6-41", brand="Otra", city="Otra")

    application = applicant.application()
    assert (application.brand, application.city) == ("Envíos del Valle", "Cali")


def test_a_wrong_correction_comes_back_as_it_was_typed(applicant, asked):
    response = correct(applicant, address="")

    assert response.status_code == 422
    assert 'id="id_address_error"' in response.content.decode()
    assert applicant.application().status == Status.CHANGES_REQUESTED


def test_a_correction_from_an_old_tab_is_refused_and_kept(applicant, asked):
    with business_scope(asked.business):
        OnboardingApplication.objects.update(version=99, address="Calle 1")

    response = correct(applicant, seen_version=3, address="Calle 2")

    assert response.status_code == 422
    assert 'value="Calle 2"' in response.content.decode()
    assert applicant.application().address == "Calle 1"


def test_a_second_click_on_send_changes_nothing(applicant, asked):
    version = applicant.version()
    for _click in range(2):
        assert correct(applicant, seen_version=version, address="Calle 9").status_code == 302

    assert applicant.application().version == version + 1


def test_correcting_what_was_signed_asks_for_the_signature_again(applicant, sent, sam):
    with business_scope(sent.business):
        applications.request_changes(sent, {"website": "It doesn't open."}, actor=sam)

    response = correct(applicant, website="https://www.enviosdelvalle.example")

    assert response.url == f"{applicant.root}/step/signing/"
    assert applicant.sign().status_code == 302
    assert correct(applicant, website="https://www.enviosdelvalle.example").url == f"{applicant.root}/"
    assert applicant.application().status == Status.SUBMITTED


def test_a_corrected_number_is_read_like_the_first_one(applicant, sent, sam):
    with business_scope(sent.business):
        applications.request_changes(sent, {"phone": "It belongs to somebody else."}, actor=sam)

    page = applicant.get().content.decode()
    assert 'name="phone_region"' in page
    wrong = correct(applicant, phone_region="CO", phone="315 555", code_method="SMS")
    assert wrong.status_code == 422
    correct(applicant, phone_region="CO", phone="315 555 0142", code_method="SMS")

    assert applicant.application().phone == "+573155550142"
    assert applicant.application().status == Status.SUBMITTED


# Activation


def activate(applicant, **data):
    data = {"method": "VOICE", "language": "es", "key": "first"} | data
    return applicant.client.post(f"{applicant.root}/activation/request/", data)


def test_it_is_not_time_for_the_code_before_the_steps_in_front_of_it(applicant, sent):
    assert applicant.get("activation/").url == f"{applicant.root}/"


def test_asking_for_a_code_writes_a_wish_and_the_page_waits(applicant, approved):
    assert applicant.get("activation/").context["state"] == "ask"

    assert activate(applicant).url == f"{applicant.root}/activation/"

    page = applicant.get("activation/")
    assert page.context["state"] == "asking"
    assert "activation-wait" in page.content.decode()
    assert '<meta http-equiv="refresh"' in page.content.decode()


def test_a_double_click_asks_for_one_code(applicant, approved):
    for _click in range(2):
        assert activate(applicant).status_code == 302

    with business_scope(approved.business):
        assert len(steps.get(approved, StepKind.CODE_REQUESTED).data["asked"]) == 1


def test_a_second_tab_is_told_that_a_code_is_on_its_way(applicant, approved):
    activate(applicant)

    response = activate(applicant, key="second")

    assert response.status_code == 422
    assert "one is already on its way" in response.content.decode()


def code_sent(approved):
    set_step(approved, StepKind.CODE_REQUESTED, StepState.DONE)
    set_step(approved, StepKind.CODE_VERIFIED, StepState.WAITING_FOR_BUSINESS)


def enter(applicant, code, key="one"):
    return applicant.client.post(f"{applicant.root}/activation/code/", {"code": code, "key": key})


def test_the_code_is_handed_to_a_worker(applicant, approved):
    code_sent(approved)
    assert applicant.get("activation/").context["state"] == "enter"

    assert enter(applicant, "123-830").status_code == 302

    with business_scope(approved.business):
        assert steps.get(approved, StepKind.CODE_VERIFIED).data["code"] == "123830"
    assert applicant.get("activation/").context["state"] == "checking"


def test_a_code_that_is_none_is_refused_beside_the_field_and_kept(applicant, approved):
    code_sent(approved)

    response = enter(applicant, "12a")

    assert response.status_code == 422
    assert 'value="12a"' in response.content.decode()
    assert "The code has six figures" in response.content.decode()


def test_the_provider_s_refusal_is_told_in_plain_words(applicant, approved):
    code_sent(approved)
    set_step(approved, StepKind.CODE_VERIFIED, StepState.WAITING_FOR_BUSINESS, last_error="limit", last_error_code=613)

    page = applicant.get("activation/").content.decode()

    assert "Too many codes were asked for" in page


def test_the_open_page_loads_itself_again_when_something_happened(applicant, approved):
    activate(applicant)
    mark = applicant.get("activation/").context["mark"]

    same = applicant.client.get(f"{applicant.root}/activation/progress/", {"mark": mark, "n": "9"})
    set_step(approved, StepKind.CODE_REQUESTED, StepState.DONE)
    other = applicant.client.get(f"{applicant.root}/activation/progress/", {"mark": mark})

    assert "HX-Refresh" not in same.headers and same.context["seconds"] > 2
    assert other.headers["HX-Refresh"] == "true"


def test_the_pin_is_shown_once(applicant, approved):
    set_step(approved, StepKind.CODE_REQUESTED, StepState.DONE)
    set_step(approved, StepKind.CODE_VERIFIED, StepState.DONE)
    set_step(approved, StepKind.REGISTERED, StepState.DONE)
    builders.phone_number(approved.business, application=approved, pin="049318")

    assert "049318" not in applicant.get("activation/").content.decode()
    first = applicant.client.post(f"{applicant.root}/activation/pin/")
    second = applicant.client.post(f"{applicant.root}/activation/pin/", follow=True)

    assert "049318" in first.content.decode()
    assert "no-store" in first.headers["Cache-Control"]
    assert "049318" not in second.content.decode()


# Another name


def test_a_refused_name_can_be_replaced_once_it_is_the_business_s_turn(applicant, approved):
    assert applicant.get("name/").url == f"{applicant.root}/"
    set_step(approved, StepKind.NAME_REVIEW, StepState.WAITING_FOR_BUSINESS, last_error="It differs from your brand.")

    assert "It differs from your brand." in applicant.get("name/").content.decode()
    assert applicant.client.post(f"{applicant.root}/name/", {"name": "Ab"}).status_code == 422
    assert applicant.client.post(f"{applicant.root}/name/", {"name": "Envíos Valle"}).status_code == 302
    assert applicant.application().display_name == "Envíos Valle"


# Numbers


def test_the_numbers_page_begins_with_a_way_to_one(applicant):
    assert "Apply for WhatsApp" in applicant.client.get(f"/b/{applicant.business.slug}/numbers/").content.decode()


def test_a_number_shows_its_state_quality_and_limit_in_words(agent, acme, globex):
    number = builders.phone_number(
        acme, status="flagged", quality_rating="red", messaging_limit="tier_1k", live_at=None
    )
    theirs = builders.phone_number(globex)

    page = agent.client.get(f"/b/{acme.slug}/numbers/").content.decode()
    one = agent.client.get(f"/b/{acme.slug}/numbers/{number.reference}/").content.decode()

    assert "Flagged" in page and "Low" in page and "1,000 people in 24 hours" in page
    assert "Write only to people who agreed" in one
    assert theirs.display_name not in page
    assert agent.client.get(f"/b/{acme.slug}/numbers/{theirs.reference}/").status_code == 404


# Fragments


def test_a_number_is_described_while_it_is_typed(applicant):
    url = f"{applicant.root}/number/facts/"

    page = applicant.client.get(url, {"phone": "6024850199", "phone_region": "CO"}).content.decode()

    assert "+57" in page and "Landline" in page and "We recommend the call." in page
    assert applicant.client.get(url, {"phone": "60", "phone_region": "CO"}).content.decode().strip() == ""


def test_a_name_is_judged_while_it_is_typed(applicant):
    applicant.answer_all()

    page = applicant.client.get(f"{applicant.root}/name/findings/", {"display_name": "WhatsApp Ventas"})

    assert "A brand of Meta" in page.content.decode()
