"""A colleague fills in one page through a link: that page, once, while it is a draft, and it is written down."""

import re
from datetime import timedelta

import pytest
from django.core import signing
from django.test import Client

from config.clock import now
from onboarding import wizard
from onboarding.models import ApplicationDocument, ApplicationEvent, PartInvitation
from onboarding.services import parts
from tenants.models import AuditEvent, Mail
from tenants.tenancy import business_scope, every_business
from tests import builders
from tests.onboarding.wizard_answers import ANSWERS, Applicant, upload

COLLEAGUE = "contadora@enviosdelvalle.example"


@pytest.fixture
def applicant(acme, olga):
    person = Applicant(acme, olga)
    person.start()
    person.answer("screening")
    return person


def ask(applicant, step="company", email=COLLEAGUE, text="Tú tienes el RUT a la mano."):
    return applicant.client.post(f"{applicant.root}/colleagues/", {"step": step, "email": email, "text": text})


def link():
    mail = Mail.objects.filter(to=COLLEAGUE).latest("pk")
    return re.search(r"https?://[^/]+(/part/\S+)", mail.text)[1]


def save(client, path, slug, **changed):
    page = client.get(path)
    form = page.context["form"]
    version = form["seen_version"].value() if "seen_version" in form.fields else 0
    return client.post(path, ANSWERS[slug] | {"seen_version": version} | changed)


def test_somebody_without_an_account_fills_in_just_that_page(applicant, acme, olga):
    assert ask(applicant).status_code == 302
    stranger, path = Client(), link()

    page = stranger.get(path)
    assert page.status_code == 200
    assert "Tú tienes el RUT a la mano." in page.content.decode()
    assert "Recogemos paquetes" not in page.content.decode()
    answer = save(stranger, path, "company")

    assert answer.context["form"] is None
    application = applicant.application()
    assert application.legal_name == ANSWERS["company"]["legal_name"]
    assert stranger.get(f"{applicant.root}/").status_code == 302
    assert COLLEAGUE in applicant.get().content.decode()
    assert COLLEAGUE in applicant.get("check/").content.decode()
    assert Mail.objects.filter(to=olga.email, text__contains=COLLEAGUE).exists()
    with business_scope(acme):
        assert ApplicationEvent.objects.filter(kind="part_filled", data__email=COLLEAGUE).exists()
        assert AuditEvent.objects.filter(verb="page filled in by a colleague", details__by=COLLEAGUE).exists()


def test_a_member_who_is_logged_in_is_named(applicant, acme, ana):
    ask(applicant)
    person = Client()
    person.force_login(ana)

    save(person, link(), "company")

    with business_scope(acme):
        assert PartInvitation.objects.get().filled_by_id == ana.pk
    assert ana.full_name in applicant.get().content.decode()


def test_somebody_logged_in_elsewhere_counts_as_the_person_of_the_mail(applicant, acme, globex):
    ask(applicant)
    person = Client()
    person.force_login(builders.member(globex, "gus", role="owner"))

    save(person, link(), "company")

    with business_scope(acme):
        assert PartInvitation.objects.get().filled_by_id is None


def test_mistakes_come_back_with_what_was_typed(applicant):
    ask(applicant)
    path = link()

    answer = save(Client(), path, "company", tax_id="213.123.432-9")

    assert answer.status_code == 422
    assert "213.123.432-9" in answer.content.decode()
    assert save(Client(), path, "company").status_code == 200
    assert applicant.application().tax_id == "213.123.432-1"


def test_documents_can_be_handed_in_by_the_colleague(applicant, acme):
    applicant.answer("company")
    ask(applicant, step="documents")
    stranger, path = Client(), link()

    stranger.post(path, {"incorporation": upload("camara.pdf"), "tax_record": upload("x.pdf", b"MZ")})
    stranger.post(path, {"tax_record": upload("rut.pdf")})

    with business_scope(acme):
        assert {row.kind for row in ApplicationDocument.objects.all()} == {"incorporation", "tax_record"}
        assert PartInvitation.objects.get().filled_at
    assert stranger.post(path, {"other": upload("more.pdf")}).status_code == 200
    with business_scope(acme):
        assert ApplicationDocument.objects.count() == 2


@pytest.mark.parametrize("slug", [step.slug for step in wizard.STEPS if step.slug != "signing"])
def test_every_page_but_the_signature_can_be_asked_for(applicant, slug):
    applicant.answer_all()
    assert ask(applicant, step=slug).status_code == 302

    assert Client().get(link()).status_code == 200


def test_the_signature_can_not_be_asked_for(applicant):
    assert ask(applicant, step="signing").status_code == 422


def test_a_used_a_revoked_and_an_expired_link_say_so_and_save_nothing(applicant, acme):
    ask(applicant)
    path = link()
    save(Client(), path, "company")
    assert Client().get(path).context["form"] is None
    Client().post(path, ANSWERS["company"] | {"brand": "Otra", "seen_version": applicant.version()})
    assert applicant.application().brand == ANSWERS["company"]["brand"]

    ask(applicant, step="address")
    revoked = link()
    with business_scope(acme):
        row = PartInvitation.objects.latest("pk")
    applicant.client.post(f"{applicant.root}/colleagues/{row.reference}/revoke/")
    assert Client().get(revoked).context["form"] is None

    ask(applicant, step="address")
    with business_scope(acme):
        PartInvitation.objects.filter(filled_at=None).update(expires_at=now() - timedelta(seconds=1))
    assert Client().get(link()).context["form"] is None


def test_after_sending_a_link_opens_nothing(applicant):
    applicant.answer_all()
    ask(applicant)
    applicant.send()

    assert Client().get(link()).context["form"] is None


def test_asking_again_for_a_page_replaces_the_first_link(applicant):
    ask(applicant)
    first = link()
    ask(applicant)

    assert Client().get(first).context["form"] is None
    assert Client().get(link()).context["form"] is not None


@pytest.mark.parametrize(
    "forge", [lambda t: t[:-1] + ("A" if t[-1] != "A" else "B"), lambda t: "x", lambda t: signing.dumps("x")]
)
def test_a_forged_link_is_not_found(applicant, forge):
    ask(applicant)
    token = link().removeprefix("/part/").rstrip("/")

    assert Client().get(f"/part/{forge(token)}/").status_code == 404


def test_a_link_does_not_travel_to_other_sites(applicant):
    """``no-referrer`` would go too far: the browser then sends no origin with the form, and it is refused."""
    ask(applicant)

    assert Client().get(link())["Referrer-Policy"] == "same-origin"


def test_nobody_can_make_us_mail_the_world(applicant, acme, monkeypatch):
    monkeypatch.setattr(parts, "AT_MOST_A_DAY", 2)
    assert [ask(applicant, step=slug).status_code for slug in ("company", "address", "contact")] == [302, 302, 422]


def test_an_agent_and_a_neighbour_can_not_ask(applicant, acme, ana, globex):
    agent = Applicant(acme, ana)
    assert ask(agent).status_code == 403
    with every_business():
        assert not PartInvitation.objects.exists()
