"""Several numbers under one Business ID: asked for with a reason, decided one by one, each on its own way."""

import pytest

from onboarding.enums import ApplicationStatus as Status
from onboarding.enums import NumberDecision as Decision
from onboarding.enums import StepKind, StepState
from onboarding.exceptions import NotPossible
from onboarding.models import NumberRequest, OnboardingApplication, OnboardingStep, PhoneNumber
from onboarding.services import answers, applications, estimates, further_numbers, step_runner, steps
from tenants.models import Mail
from tenants.tenancy import business_scope, every_business
from tests import builders
from tests.onboarding.wizard_answers import Applicant

WISH = {
    "phone_region": "CO",
    "phone": "601 744 0188",
    "code_method": "VOICE",
    "area": "Bogotá",
    "justification": "La sede de Bogotá tiene otro equipo y otro horario de atención que la de Cali.",
    "display_name": "Envíos del Valle Bogotá",
}
E164 = "+576017440188"


@pytest.fixture
def applicant(acme, olga):
    person = Applicant(acme, olga)
    person.answer_all()
    return person


def ask(applicant, **changed):
    return applicant.client.post(f"/b/{applicant.business.slug}/numbers/further/", WISH | changed)


def asked(acme):
    with business_scope(acme):
        row = NumberRequest.objects.select_related("application").latest("pk")
        row.application.business = acme
        return row


def decide(acme, sam, decision=Decision.APPROVED, note=""):
    row = asked(acme)
    with business_scope(acme):
        return further_numbers.decide_number(row, decision, note, by=sam)


def approve_application(applicant, acme, sam):
    applicant.send()
    with business_scope(acme):
        application = answers.current(acme)
        application.business = acme
        applications.approve(application, actor=sam)


def child(acme):
    with business_scope(acme):
        return OnboardingApplication.objects.exclude(parent=None).get()


def test_the_price_is_shown_and_kept_with_the_wish(applicant, acme):
    page = applicant.client.get(f"/b/{acme.slug}/numbers/further/").content.decode()
    assert "US$" in page and "15" in page

    assert ask(applicant).status_code == 302

    row = asked(acme)
    assert (row.e164, row.area, row.decision) == (E164, "Bogotá", Decision.PENDING)
    assert row.cost["monthly"] == "15.00" and row.cost["source"]
    assert "Bogotá" in applicant.get("check/").content.decode()
    assert "Bogotá" in applicant.get("step/number/").content.decode()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"phone": "123"}, "phone"),
        ({"phone": "602 485 0199"}, "phone"),
        ({"area": ""}, "area"),
        ({"justification": "Porque sí"}, "justification"),
        ({"display_name": "ab"}, "display_name"),
        ({"area": "<b>\u202e</b>"}, "area"),
        ({"justification": "x" * 10_000}, "justification"),
    ],
)
def test_a_wish_with_a_mistake_is_answered_and_kept(applicant, acme, changed, field):
    response = ask(applicant, **changed)

    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert "otro equipo" in response.content.decode() or field == "justification"


def test_the_same_number_twice_and_a_neighbour_s_number_are_refused(applicant, acme, globex):
    ask(applicant)
    assert ask(applicant).status_code == 422
    builders.phone_number(globex, e164="+576017440199")

    response = ask(applicant, phone="601 744 0199")

    assert response.status_code == 422
    assert "Globex" not in response.content.decode()


def test_a_wish_can_be_withdrawn_until_somebody_decides(applicant, acme, sam):
    ask(applicant)
    address = f"/b/{acme.slug}/numbers/further/{asked(acme).reference}/withdraw/"
    applicant.client.post(address)
    assert asked(acme).withdrawn_at
    assert ask(applicant).status_code == 302

    decide(acme, sam, Decision.REFUSED, "Una sola sede basta.")
    applicant.client.post(f"/b/{acme.slug}/numbers/further/{asked(acme).reference}/withdraw/")

    assert asked(acme).withdrawn_at is None


def test_a_refusal_needs_a_reason_which_the_business_reads(applicant, acme, sam):
    ask(applicant)
    with pytest.raises(ValueError):
        decide(acme, sam, Decision.REFUSED, " ")

    decide(acme, sam, Decision.REFUSED, "Una sola sede basta.")

    assert "Una sola sede basta." in applicant.client.get(f"/b/{acme.slug}/numbers/further/").content.decode()
    assert Mail.objects.filter(text__contains="Una sola sede basta.").exists()
    with pytest.raises(NotPossible):
        decide(acme, sam)


def test_an_approved_number_waits_for_the_application_and_then_starts_by_itself(applicant, acme, sam):
    ask(applicant)
    decide(acme, sam)
    with business_scope(acme):
        assert not OnboardingApplication.objects.exclude(parent=None).exists()

    approve_application(applicant, acme, sam)

    own = child(acme)
    assert (own.status, own.phone, own.display_name) == (Status.APPROVED, E164, "Envíos del Valle Bogotá")
    assert own.facebook_business_id == applicant.application().facebook_business_id or own.parent_id
    with business_scope(acme):
        assert own.steps.count() == len(StepKind)
        assert answers.current(acme).parent_id is None
        assert applications.start(acme, actor=sam).parent_id is None


def test_each_number_is_decided_by_itself(applicant, acme, sam):
    ask(applicant)
    decide(acme, sam, Decision.REFUSED, "No hace falta.")
    ask(applicant, phone="604 444 0177", area="Medellín", display_name="Envíos del Valle Medellín")
    decide(acme, sam)

    approve_application(applicant, acme, sam)

    assert child(acme).phone == "+576044440177"


def test_it_goes_through_the_provider_s_steps_beside_the_first_number(sandbox, applicant, acme, sam):
    sandbox.control("mood", mood="approve")
    ask(applicant)
    decide(acme, sam)
    approve_application(applicant, acme, sam)
    for _round in range(8):
        with every_business():
            OnboardingStep.objects.exclude(next_attempt_at=None).update(next_attempt_at="2020-01-01T00:00Z")
        if not step_runner.run_due()["run"]:
            break

    assert {row["digits"] for row in sandbox.look("state")["numbers"]} == {"576024850199", "576017440188"}
    with business_scope(acme):
        assert PhoneNumber.objects.count() == 2
        assert PhoneNumber.objects.values("waba").distinct().count() == 1
        own = child(acme)
        own.business = acme
        assert PhoneNumber.objects.get(e164=E164).application_id == own.pk
        assert steps.get(own, StepKind.NUMBER_ADDED).state == StepState.DONE
        OnboardingStep.objects.filter(kind=StepKind.NAME_REVIEW).update(state=StepState.DONE)
        steps.go_on(own)

    page = applicant.get(f"timeline/?number={own.reference}")
    assert page.status_code == 200
    activation = applicant.get(f"activation/?number={own.reference}")
    assert activation.status_code == 200
    assert "7440188" in activation.content.decode()
    applicant.client.post(
        f"{applicant.root}/activation/request/?number={own.reference}",
        {"method": "VOICE", "language": "es", "key": "k"},
    )
    with business_scope(acme):
        assert steps.get(own, StepKind.CODE_REQUESTED).state == StepState.DUE
        assert steps.get(answers.current(acme), StepKind.CODE_REQUESTED).state != StepState.DUE


def test_a_neighbour_can_not_name_the_application_of_a_number(applicant, acme, globex, sam):
    ask(applicant)
    decide(acme, sam)
    approve_application(applicant, acme, sam)
    other = Applicant(globex, builders.member(globex, "gus", role="owner"))
    other.start()

    assert other.get(f"timeline/?number={child(acme).reference}").url == f"{other.root}/"
    assert other.get("timeline/?number=nonsense").url == f"{other.root}/"


def test_further_numbers_do_not_count_as_cases_of_the_estimate(applicant, acme, sam):
    ask(applicant)
    decide(acme, sam)
    approve_application(applicant, acme, sam)
    with every_business():
        OnboardingApplication.objects.exclude(parent=None).update(status=Status.LIVE, live_at="2026-11-01T00:00Z")

    assert estimates.estimate().cases == 0


def test_staff_decides_in_the_admin(applicant, acme, sam, client):
    ask(applicant)
    client.force_login(sam)
    address = f"/admin/onboarding/numberrequest/{asked(acme).pk}/change/"
    assert "otro equipo" in client.get(address).content.decode()

    refused = client.post(address, {"decision": "refused", "decision_note": ""})
    assert refused.status_code == 200 and asked(acme).decision == Decision.PENDING

    client.post(address, {"decision": "approved", "decision_note": ""})
    row = asked(acme)
    assert row.decision == Decision.APPROVED and row.decided_by_id == sam.pk
    assert client.post(address, {"decision": "refused", "decision_note": "x"}).status_code == 403
