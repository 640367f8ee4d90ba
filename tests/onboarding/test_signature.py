"""The signature as something one can prove later: the kept record, the PDF, the page that recomputes the digest."""

import hashlib
import json

import pytest
from django.test import Client

from onboarding.models import Signature
from onboarding.services import statement
from onboarding.signature_pdf import build, drawable
from tenants.tenancy import business_scope, every_business
from tests.onboarding.wizard_answers import Applicant


@pytest.fixture
def applicant(acme, olga):
    person = Applicant(acme, olga)
    person.start()
    person.answer("screening")
    return person


def signature(acme):
    with business_scope(acme):
        return Signature.objects.latest("pk")


def test_what_was_shown_answered_and_from_where_is_in_the_record(applicant, acme):
    applicant.client.defaults["HTTP_USER_AGENT"] = "Mozilla/5.0 Firefox/140"
    applicant.sign()

    kept = signature(acme)
    record = json.loads(kept.record)

    assert record["agent"] == "Mozilla/5.0 Firefox/140"
    assert record["from"] == "127.0.0.1"
    assert record["language"] == "es"
    assert record["answers"]["activity"] in record["shown"]
    assert record["policy_version"] in record["shown"]
    assert hashlib.sha256(kept.record.encode()).hexdigest() == kept.digest == applicant.application().signed_digest


def test_the_page_recomputes_the_digest_for_whoever_holds_the_paper(applicant, acme):
    applicant.sign()
    kept = signature(acme)
    stranger = Client()

    page = stranger.get(f"/signatures/{kept.reference}/")

    assert page.status_code == 200
    assert page.context["proof"].holds
    assert stranger.get(f"/signatures/{kept.reference}/?digest={kept.digest.upper()}").context["fits"] is True
    assert stranger.get(f"/signatures/{kept.reference}/?digest=abc").context["fits"] is False
    record = stranger.get(f"/signatures/{kept.reference}/record/").content
    assert hashlib.sha256(record).hexdigest() == kept.digest


def test_one_changed_letter_is_seen(applicant, acme):
    applicant.sign()
    kept = signature(acme)
    with business_scope(acme):
        Signature.objects.update(record=kept.record.replace("Cali", "Lima", 1))

    page = Client().get(f"/signatures/{kept.reference}/")

    assert not page.context["proof"].holds
    assert "notice stop" in page.content.decode()


def test_nobody_finds_a_signature_without_its_reference(db):
    assert Client().get("/signatures/5f0c2c5e-0000-4000-8000-000000000000/").status_code == 404
    assert Client().get("/signatures/5f0c2c5e-0000-4000-8000-000000000000/record/").status_code == 404


def test_the_pdf_speaks_the_signer_s_language_and_carries_the_digest(applicant, acme):
    applicant.sign()
    kept = signature(acme)

    response = applicant.get(f"signature/{kept.reference}/pdf/")

    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"].startswith("attachment")
    assert response.content.startswith(b"%PDF-")
    assert kept.digest.encode() in response.content
    with every_business():
        assert build(statement.proof_of(kept)) == response.content


def test_an_earlier_signature_stays_provable_after_a_new_one(applicant, acme):
    applicant.sign()
    first = signature(acme)
    applicant.answer("screening", activity="Recogemos y entregamos paquetes en Bogotá y en Medellín.")
    applicant.sign()

    assert signature(acme).digest != first.digest
    page = Client().get(f"/signatures/{first.reference}/")
    assert page.context["proof"].holds and not page.context["proof"].is_latest
    assert applicant.get(f"signature/{first.reference}/pdf/").status_code == 200
    assert str(first.reference) in applicant.get("signature/").content.decode()


def test_letters_that_the_font_lacks_are_written_as_their_number():
    assert drawable("Envíos ção ñ 📦") == "Envíos ção ñ [U+1F4E6]"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("unix:", None),
        (None, None),
    ],
)
def test_a_network_address_is_kept_in_one_form(given, kept):
    assert statement.plain_address(given) == kept


def test_a_signature_from_an_ipv6_address_holds(applicant, acme):
    applicant.client.defaults["REMOTE_ADDR"] = "2001:DB8:0:0::1"
    applicant.sign()

    with business_scope(acme):
        assert statement.is_valid(applicant.application())
