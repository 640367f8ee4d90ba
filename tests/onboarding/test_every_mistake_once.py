"""An applicant who makes every mistake once, at every page, and still gets through to a submitted application."""

import pytest

from onboarding import wizard
from onboarding.enums import ApplicationStatus as Status
from onboarding.services import answers, applications
from tenants.tenancy import business_scope
from tests import builders
from tests.onboarding.test_documents import archive, png
from tests.onboarding.wizard_answers import ANSWERS, Applicant, upload

MISTAKES = {
    "screening": [
        {"activity": ""},
        {"activity": "Envíos"},
        {"activity": "x" * 2001},
        {"sector": ""},
        {"sector": "NOPE"},
        {"recipient_countries": [], "other_countries": ""},
        {"other_countries": "Atlántida"},
        {"website": ""},
        {"website": "una web"},
        {"website": "ftp://enviosdelvalle.example"},
    ],
    "company": [
        {"brand": ""},
        {"brand": "x" * 101},
        {"legal_name": ""},
        {"legal_name": "Envíоs del Valle"},  # noqa: RUF001
        {"country": ""},
        {"tax_id": ""},
        {"tax_id": "213.123.432-9"},
        {"tax_id": "1"},
        {"country": "MX"},
    ],
    "address": [{"address": ""}, {"city": ""}, {"postal_code": "76004"}, {"postal_code": ""}, {"city": "Cali 📦"}],
    "facebook": [
        {"facebook_page": ""},
        {"facebook_page": "instagram.com/enviosdelvalle"},
        {"facebook_page": "facebook.com"},
        {"facebook_business_id": ""},
        {"facebook_business_id": "enviosdelvalle"},
        {"facebook_business_id": "123"},
    ],
    "number": [
        {"phone": ""},
        {"phone": "123"},
        {"phone": "ochocientos"},
        {"phone": "+1 900 555 1234"},
        {"phone": "602 485 01"},
        {"phone": "602 485 0198"},
        {"code_method": ""},
        {"code_method": "PIGEON"},
    ],
    "display-name": [{"display_name": ""}, {"display_name": "ab"}, {"name_is_permanent": ""}],
    "contact": [
        {"contact_name": ""},
        {"contact_email": "carolina"},
        {"contact_email": ""},
        {"contact_phone": "12"},
        {"contact_phone": ""},
    ],
}


@pytest.fixture
def applicant(acme, olga, globex):
    builders.phone_number(globex, e164="+576024850198")
    return Applicant(acme, olga)


def err(applicant, slug):
    for mistake in MISTAKES.get(slug, []):
        before = applicant.version()
        response = applicant.answer(slug, **mistake)
        assert response.status_code == 422, (slug, mistake)
        form = response.context["form"]
        assert set(form.errors) & {*mistake, "recipient_countries", "tax_id"}, (mistake, form.errors)
        kept = {name: value for name, value in ANSWERS[slug].items() if name not in mistake and isinstance(value, str)}
        for name, value in kept.items():
            assert str(form[name].value()) in {value, "True"}, f"{mistake}: {name} was lost"
        assert applicant.version() == before, "nothing wrong is saved"


def test_every_mistake_once_and_still_through(applicant, acme, sam):
    applicant.start()
    err(applicant, "screening")

    # An activity that the policies forbid, and a contest that says nothing.
    applicant.answer("screening", activity="Vendemos cerveza y aguardiente a domicilio en toda Cali.")
    assert applicant.get("step/signing/").status_code == 302
    assert applicant.client.post(f"{applicant.root}/verdict/", {"contest_text": "No"}).status_code == 422
    applicant.answer("screening")

    # Signing: without a family name, without the box, a statement that isn't the one shown.
    for wrong in ({"signed_name": "Carolina"}, {"signed_name": ""}, {"agreed": ""}, {"shown": "0" * 64}):
        assert applicant.sign(**wrong).status_code == 422
    assert applicant.sign().url == f"{applicant.root}/step/company/"

    for slug in ("company", "address"):
        err(applicant, slug)
        assert applicant.answer(slug).status_code == 302

    # Documents: none, the wrong ones, one good beside a bad one, a wrong one taken back.
    assert applicant.hand_in().status_code == 422
    assert applicant.hand_in(incorporation=upload("acta.docx", archive())).status_code == 422
    assert applicant.hand_in(incorporation=upload("foto.png", png(30_000, 30_000))).status_code == 422
    assert applicant.hand_in(incorporation=upload("otra.pdf"), tax_record=upload("rut.pdf", b"")).status_code == 422
    with business_scope(acme):
        wrong_one = applicant.application().documents.get()
    applicant.client.post(f"{applicant.root}/step/documents/", {"remove": str(wrong_one.reference)})
    assert applicant.hand_in(incorporation=upload("camara.pdf"), tax_record=upload("rut.pdf")).status_code == 302

    # Sending too early, from an old tab, and twice.
    assert applicant.send().status_code == 422
    for slug in ("facebook", "number", "display-name", "contact"):
        err(applicant, slug)
        assert applicant.answer(slug).status_code == 302, slug
    applicant.answer("company", brand="Envios")
    assert applicant.answer("company", version=1).status_code == 422
    assert applicant.answer("company").status_code == 302
    with business_scope(acme):
        assert [str(item) for item in wizard.missing(applicant.application())] == []
    assert applicant.send(version=1).status_code == 422
    assert applicant.send().url == f"{applicant.root}/"
    applicant.send()
    assert applicant.application().status == Status.SUBMITTED

    # A correction: wrong once more, then right; it changes what was signed, so it is signed again.
    with business_scope(acme):
        application = answers.current(acme)
        application.business = acme
        applications.request_changes(application, {"tax_id": "Falta un dígito.", "website": "No abre."}, actor=sam)
    correct = f"{applicant.root}/correct/"
    data = {"seen_version": applicant.version(), "tax_id": "1", "website": "enviosdelvalle.example/inicio"}
    assert applicant.client.post(correct, data).status_code == 422
    data["tax_id"] = "800197268-4"
    assert applicant.client.post(correct, data).url == f"{applicant.root}/step/signing/"
    applicant.sign()
    applicant.client.post(correct, data | {"seen_version": applicant.version()})

    application = applicant.application()
    assert application.status == Status.SUBMITTED
    assert application.tax_id == "800197268-4"
