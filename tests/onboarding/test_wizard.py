"""The questions of the application, answered as a browser does it."""

import pytest

from config.clock import now
from onboarding import wizard
from onboarding.enums import ApplicationStatus as Status
from onboarding.models import ApplicationEvent, NameCheck, OnboardingApplication, ScreeningResult
from onboarding.services import answers, statement
from tenants.models import AuditEvent
from tenants.tenancy import business_scope
from tests import builders
from tests.onboarding.wizard_answers import ANSWERS, Applicant


@pytest.fixture
def applicant(acme, olga):
    return Applicant(acme, olga)


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Whatever a page does, it may not ask the outside."""

    def refuse(*args, **kwargs):
        raise AssertionError("A page asked the network.")

    monkeypatch.setattr("onboarding.services.name_checks.fetch_site", refuse)
    monkeypatch.setattr("onboarding.gateway.line", refuse)
    monkeypatch.setattr("socket.create_connection", refuse)


def test_the_whole_application_in_spanish(applicant):
    assert applicant.get().context["may_act"] is True
    assert applicant.start().url == f"{applicant.root}/step/screening/"
    assert applicant.answer("screening").url == f"{applicant.root}/verdict/"
    assert applicant.get("verdict/").status_code == 200
    assert applicant.sign().url == f"{applicant.root}/step/company/"
    slugs = list(ANSWERS)[1:]
    for slug, following in zip(slugs, [*slugs[1:], None], strict=True):
        assert applicant.get(f"step/{slug}/").status_code == 200
        response = applicant.answer(slug)
        assert response.status_code == 302, (slug, response.context["form"].errors)
        assert response.url == f"{applicant.root}/" + (f"step/{following}/" if following else "check/")

    page = applicant.get("check/")
    assert page.context["missing"] == []
    assert "Calle 25 Norte # 6-41" in page.content.decode()
    assert applicant.send().url == f"{applicant.root}/"

    application = applicant.application()
    assert application.status == Status.SUBMITTED
    assert application.recipient_countries == ["CO", "EC", "PA"]
    assert application.website == "https://enviosdelvalle.example"
    assert application.facebook_page == "https://www.facebook.com/enviosdelvalle"
    assert application.phone == "+576024850199"
    assert application.contact_phone == "+573155550142"
    assert applicant.get().status_code == 200


def test_a_draft_goes_on_where_it_was_left_on_another_device(applicant, acme, olga):
    applicant.start()
    applicant.answer("screening")
    applicant.sign()

    other_device = Applicant(acme, olga)

    assert other_device.start().url == f"{applicant.root}/step/company/"
    assert OnboardingApplication.objects is not None
    assert "Recogemos paquetes" in other_device.get("step/screening/").content.decode()


def test_a_second_start_finds_the_same_draft(applicant):
    applicant.start()
    first = applicant.application().pk
    applicant.start()

    assert applicant.application().pk == first


@pytest.mark.parametrize(
    ("slug", "field", "typed"),
    [
        ("screening", "activity", "Nada"),
        ("screening", "website", "no es una web"),
        ("screening", "other_countries", "Atlantis"),
        ("company", "tax_id", "213.123.432-9"),
        ("address", "postal_code", "76"),
        ("facebook", "facebook_business_id", "12345"),
        ("facebook", "facebook_page", "https://example.com/marca"),
        ("number", "phone", "602 485 01"),
        ("display-name", "display_name", "Ab"),
        ("contact", "contact_email", "carolina en casa"),
        ("contact", "contact_phone", "12"),
    ],
)
def test_an_answer_that_can_not_stand_is_refused_beside_the_field_and_kept(applicant, slug, field, typed):
    applicant.answer_all()

    response = applicant.answer(slug, **{field: typed})

    assert response.status_code == 422
    assert field in response.context["form"].errors
    page = response.content.decode()
    assert f'id="id_{field}_error"' in page
    assert f'href="#id_{field}"' in page
    assert typed in page


def test_saved_answers_are_held_to_the_rule_that_asked_for_them(applicant, acme):
    applicant.answer_all()
    with business_scope(acme):
        OnboardingApplication.objects.update(tax_id="213.123.432-9")
        application = OnboardingApplication.objects.get()
        assert [problem.step.slug for problem in wizard.missing(application)] == ["company"]

    response = applicant.send()

    assert response.status_code == 422
    assert applicant.application().status == Status.DRAFT


def test_a_tab_left_open_can_not_overwrite_newer_answers(applicant):
    applicant.answer_all()
    old = applicant.version()
    applicant.answer("company", brand="Envíos del Valle Exprés")

    response = applicant.answer("company", version=old, brand="Otra cosa")

    assert response.status_code == 422
    page = response.content.decode()
    assert "Otra cosa" in page
    assert "Envíos del Valle Exprés" in page
    assert applicant.application().brand == "Envíos del Valle Exprés"
    assert response.context["form"]["seen_version"].value() == applicant.version()


def test_saving_once_more_after_the_warning_is_a_decision(applicant):
    applicant.answer_all()
    old = applicant.version()
    applicant.answer("company", brand="Primera")
    shown = applicant.answer("company", version=old, brand="Segunda").context["form"]["seen_version"].value()

    assert applicant.answer("company", version=shown, brand="Segunda").status_code == 302
    assert applicant.application().brand == "Segunda"


def test_a_double_click_saves_once_and_goes_on(applicant):
    applicant.answer_all()
    version = applicant.version()

    for _click in range(2):
        assert applicant.answer("company", version=version, brand="Envíos").status_code == 302

    assert applicant.version() == version + 1


def test_a_double_click_sends_once(applicant, acme):
    applicant.answer_all()
    version = applicant.version()

    for _click in range(2):
        assert applicant.send(version).status_code == 302

    with business_scope(acme):
        assert ApplicationEvent.objects.filter(kind="status").count() == 1


def test_what_was_checked_is_what_is_sent(applicant):
    applicant.answer_all()
    checked = applicant.version()
    applicant.answer("company", brand="Cambiada")

    response = applicant.send(checked)

    assert response.status_code == 422
    assert applicant.application().status == Status.DRAFT


def test_after_sending_the_questions_are_closed(applicant):
    applicant.answer_all()
    applicant.send()

    assert applicant.get("step/company/").url == f"{applicant.root}/"
    applicant.answer("company", brand="Tarde")
    assert applicant.application().brand == "Envíos del Valle"


# Screening


def prohibited(applicant):
    applicant.start()
    applicant.answer("screening", activity="Vendemos cerveza y aguardiente a domicilio en toda Cali.")


def test_a_forbidden_activity_shows_the_rule_and_the_words(applicant):
    prohibited(applicant)

    page = applicant.get("verdict/")

    assert page.context["result"].verdict == "prohibited"
    assert page.context["explained"]["reasons"][0]["source"]
    assert '<mark class="bad">cerveza</mark>' in page.content.decode()


def test_a_forbidden_activity_stops_until_a_person_is_asked(applicant, acme):
    prohibited(applicant)
    assert applicant.get("step/signing/").url == f"{applicant.root}/step/screening/"

    text = "La cerveza es sin alcohol y el aguardiente es el nombre de la calle."
    response = applicant.client.post(f"{applicant.root}/verdict/", {"contest_text": text})

    assert response.status_code == 302
    assert applicant.get("step/signing/").status_code == 200
    with business_scope(acme):
        assert ScreeningResult.objects.get().contest_text == text


def test_a_contest_needs_a_reason(applicant):
    prohibited(applicant)

    response = applicant.client.post(f"{applicant.root}/verdict/", {"contest_text": "No"})

    assert response.status_code == 422
    assert ">No</textarea>" in response.content.decode().replace("\n", "")


def test_other_words_are_screened_anew(applicant, acme):
    prohibited(applicant)
    applicant.answer("screening")

    assert applicant.get("verdict/").context["result"].verdict == "allowed"
    with business_scope(acme):
        assert ScreeningResult.objects.count() == 2


# Signing


def test_the_signature_covers_what_was_shown_and_answered(applicant, acme):
    applicant.start()
    applicant.answer("screening")
    applicant.sign()

    application = applicant.application()
    assert application.signed_name == "Carolina Rengifo"
    assert application.signed_from == "127.0.0.1"
    assert abs((now() - application.signed_at).total_seconds()) < 60
    assert "Recogemos paquetes" in application.signed_statement
    with business_scope(acme):
        assert statement.is_valid(application)
        for field in ("signed_statement", "signed_name", "activity", "policy_version"):
            changed = OnboardingApplication.objects.get()
            setattr(changed, field, "x")
            assert not statement.is_valid(changed), field
        assert AuditEvent.objects.filter(verb="policies signed").count() == 1


def test_changing_what_was_signed_asks_for_a_new_signature(applicant):
    applicant.answer_all()
    applicant.answer("screening", activity="Recogemos y entregamos paquetes en Bogotá y en Medellín.")

    assert [item.step.slug for item in applicant.get("check/").context["missing"]] == ["signing"]
    assert applicant.send().status_code == 422
    applicant.sign()
    assert applicant.send().status_code == 302


def test_a_statement_that_changed_meanwhile_is_not_signed(applicant):
    applicant.start()
    applicant.answer("screening")
    shown = applicant.get("step/signing/").context["form"]["shown"].value()
    applicant.answer("screening", activity="Otra actividad: reparamos bicicletas a domicilio.")

    response = applicant.sign(shown=shown)

    assert response.status_code == 422
    assert applicant.application().signed_at is None
    assert "Carolina Rengifo" in response.content.decode()


def test_a_single_name_or_an_empty_box_signs_nothing(applicant):
    applicant.start()
    applicant.answer("screening")

    response = applicant.sign(signed_name="Carolina", agreed="")

    assert response.status_code == 422
    assert {"signed_name", "agreed"} <= set(response.context["form"].errors)
    assert applicant.application().signed_at is None


def test_the_signed_statement_can_be_printed(applicant):
    applicant.answer_all()

    page = applicant.get("signature/").content.decode()

    assert applicant.application().signed_digest in page
    assert "Recogemos paquetes" in page


# Number


def test_a_number_of_another_business_is_refused_without_saying_whose(applicant, globex):
    builders.phone_number(globex, e164="+576024850199")
    applicant.start()

    response = applicant.answer("number")

    assert response.status_code == 422
    assert "phone" in response.context["form"].errors
    assert "Globex" not in response.content.decode()


@pytest.mark.parametrize("typed", ["123", "+1 900 555 1234"])
def test_short_and_premium_numbers_are_refused(applicant, typed):
    applicant.start()

    assert "phone" in applicant.answer("number", phone=typed).context["form"].errors


# Display name


def test_checking_the_name_keeps_it_and_asks_a_worker(applicant, acme, hints_sent, django_capture_on_commit_callbacks):
    applicant.answer_all()
    pressed = {"display_name": "Envíos del Valle Cali", "name_is_permanent": "", "check": "1"}

    with django_capture_on_commit_callbacks(execute=True):
        response = applicant.answer("display-name", **pressed)

    assert response.url == f"{applicant.root}/step/display-name/"
    assert applicant.application().display_name == "Envíos del Valle Cali"
    with business_scope(acme):
        check = NameCheck.objects.latest("pk")
    assert check.checked_at is None
    assert ("task", "onboarding.tasks.check_display_name", (check.pk,)) in hints_sent


def test_the_advisor_s_answers_travel_with_the_application(applicant):
    applicant.client.post(
        "/advisor/", {"conversations_per_day": "140", "agents": "6", "platform": "current", "sends_notifications": "on"}
    )
    applicant.start()

    application = applicant.application()
    assert application.advisor_answers["agents"] == 6
    assert application.advice["recommendation"] == "business_api"


def test_an_answer_nobody_asked_to_correct_stays(applicant, acme, sam):
    from onboarding.services import applications

    applicant.answer_all()
    applicant.send()
    with business_scope(acme):
        application = OnboardingApplication.objects.get()
        applications.request_changes(application, {"address": "Calle 25, no Carrera 8."}, actor=sam)
        with pytest.raises(answers.NotEditable):
            answers.save(application, {"brand": "Otra"}, seen_version=application.version)
