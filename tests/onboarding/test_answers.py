"""What a company answers, held to the rules that ask for it."""

import pytest

from onboarding.enums import ApplicationStatus as Status
from onboarding.forms import AddressForm, CompanyForm, FacebookForm, ScreeningForm
from onboarding.forms.company import mail_advice, tax_id_problem
from onboarding.forms.screening import country_named
from onboarding.models import OnboardingApplication
from onboarding.services import answers
from onboarding.services.highlight import marked
from tenants.tenancy import business_scope
from tests import builders


@pytest.mark.parametrize(
    ("country", "number"),
    [
        ("CO", "213.123.432-1"),
        ("MX", "GODE 561231 GR8"),
        ("AR", "20-05536168-2"),
        ("CL", "76086428-5"),
        ("PE", "20512333797"),
        ("ES", "54362315K"),
        ("BR", "16.727.230/0001-97"),
        ("EC", "1792060346-001"),
        ("US", "91-1144442"),
        ("BO", "anything goes where nobody can tell"),
    ],
)
def test_tax_numbers_are_taken_as_people_write_them(country, number):
    assert tax_id_problem(country, number) is None


@pytest.mark.parametrize(("country", "number"), [("CO", "213.123.432-9"), ("ES", "54362315X"), ("CL", "76086428-4")])
def test_a_wrong_check_digit_is_named(country, number):
    assert "check digit" in str(tax_id_problem(country, number))


def test_a_tax_number_of_another_length_is_named():
    assert "another number of characters" in str(tax_id_problem("CO", "2131234321000000000"))


@pytest.mark.parametrize(
    ("country", "code", "fits"),
    [
        ("CO", "760045", True),
        ("CO", "76004", False),
        ("AR", "C1043AAZ", True),
        ("AR", "1043", True),
        ("BR", "01310-100", True),
        ("ES", "53013", False),
        ("MX", "", False),
        ("BO", "", True),
        ("BO", "whatever", True),
    ],
)
def test_postal_codes_follow_the_country(acme, country, code, fits):
    application = OnboardingApplication(business=acme, country=country)
    form = AddressForm({"address": "Calle 1", "city": "X", "region": "", "postal_code": code}, instance=application)

    assert form.is_valid() is fits, form.errors


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("facebook.com/enviosdelvalle", "https://www.facebook.com/enviosdelvalle"),
        ("https://m.facebook.com/enviosdelvalle/", "https://www.facebook.com/enviosdelvalle"),
        ("https://www.facebook.com/profile.php?id=1000", "https://www.facebook.com/profile.php?id=1000"),
    ],
)
def test_a_facebook_page_is_stored_in_one_form(acme, typed, stored):
    application = OnboardingApplication(business=acme)
    form = FacebookForm({"facebook_page": typed, "facebook_business_id": "1234567890"}, instance=application)

    assert form.is_valid(), form.errors
    assert form.answers["facebook_page"] == stored


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("506 914 307 656 634", "506914307656634"), ("123456789", None), ("1" * 21, None), ("12345x67890", None)],
)
def test_a_business_id_has_ten_to_twenty_figures(acme, typed, stored):
    application = OnboardingApplication(business=acme)
    form = FacebookForm({"facebook_page": "facebook.com/a", "facebook_business_id": typed}, instance=application)

    assert form.is_valid() is (stored is not None)
    if stored:
        assert form.answers["facebook_business_id"] == stored


@pytest.mark.parametrize(("name", "code"), [("panama", "PA"), ("Alemania", "DE"), ("Brazil", "BR"), ("uy", "UY")])
def test_countries_are_understood_in_three_languages(name, code):
    assert country_named(name) == code


def test_what_is_saved_passes_the_form_that_asked_for_it(acme):
    application = OnboardingApplication(
        business=acme,
        activity="Recogemos y entregamos paquetes",
        sector="TRAVEL",
        recipient_countries=["CO", "PA"],
        website="https://enviosdelvalle.example",
    )
    form = ScreeningForm(ScreeningForm.saved(application), instance=application)

    assert form.is_valid(), form.errors
    assert form.answers["recipient_countries"] == ["CO", "PA"]


@pytest.mark.parametrize(
    ("mail", "has_advice"),
    [
        ("a@enviosdelvalle.example", False),
        ("a@mail.enviosdelvalle.example", False),
        ("a@gmail.com", True),
        ("a@other.example", True),
    ],
)
def test_a_mail_address_elsewhere_gives_a_hint_and_stops_nobody(acme, mail, has_advice):
    application = OnboardingApplication(
        business=acme, contact_email=mail, website="https://www.enviosdelvalle.example/inicio"
    )

    assert bool(mail_advice(application)) is has_advice


def test_words_are_marked_whatever_their_accents():
    parts = marked("Vendemos Cócteles a domicilio", ["cocteles"])

    assert ("Cócteles", True) in parts
    assert "".join(text for text, _hit in parts) == "Vendemos Cócteles a domicilio"


def test_a_part_of_a_word_is_not_marked():
    assert marked("El vinilo", ["vin"]) == [("El vinilo", False)]


def test_answers_of_a_sent_application_can_not_be_saved(acme):
    application = builders.application(acme, status=Status.SUBMITTED)
    with business_scope(acme), pytest.raises(answers.NotEditable):
        answers.save(application, {"brand": "X"}, seen_version=application.version)


def test_two_at_the_same_moment_have_one_winner(acme):
    application = builders.application(acme)
    with business_scope(acme):
        answers.save(application, {"brand": "First"}, seen_version=1)
        with pytest.raises(answers.StaleAnswers):
            answers.save(application, {"brand": "Second"}, seen_version=1)

        assert OnboardingApplication.objects.get().brand == "First"


def test_a_country_decides_how_the_tax_number_is_checked(acme):
    application = OnboardingApplication(business=acme)
    data = {"brand": "A", "legal_name": "A S. A.", "country": "CO", "tax_id": "213.123.432-1"}

    assert CompanyForm(data, instance=application).is_valid()
    assert "tax_id" in CompanyForm(data | {"country": "CL"}, instance=application).errors
