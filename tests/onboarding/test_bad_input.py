"""Hostile text in every field of every page: a clear sentence, what was typed kept and escaped, never an error."""

import html

import pytest

from onboarding import forms
from onboarding.forms.plain import check_letters, check_visible, tidy
from onboarding.models import OnboardingApplication
from tests.onboarding.wizard_answers import ANSWERS, Applicant

LURKING = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>{{ 7|add:7 }}{% now 'Y' %}"
HOSTILE = {
    "script": LURKING,
    "right to left": "Envios \u202eellaV led\u202c",
    "marks": "\u200f\u200eEnvi\u200bos\ufeff",
    "look-alikes": "Envíоs dеl Vаlle",  # noqa: RUF001 - Cyrillic letters on purpose
    "disguise": "𝐄𝐧𝐯𝐢́𝐨𝐬 Ｖａｌｌｅ",  # noqa: RUF001
    "10,000 characters": "A" * 10_000,
    "10,000 figures": "9" * 10_000,
    "emoji": "📦👩‍👩‍👧‍👦🇨🇴 ❤️",
    "null": "Envíos\x00del\x00Valle",
    "control": "Envíos\x1b[31m\x07\x85",
    "zalgo": "E\u0300\u0301\u0302\u0303\u0304\u0305nvios",
    "blank": " \t\n\u00a0\u3000 ",
    "superscript figures": "²³¹²³¹²³¹²",
    "arabic figures": "٠١٢٣٤٥٦٧٨٩",
    "broken address": "http://[::1",
    "another scheme": "javascript:alert(1)//.com",
    "percent": "%s%n%00%0d%0aSet-Cookie: a=b",
    "path": "../../../../etc/passwd",
    "sql": "'); DROP TABLE onboarding_onboardingapplication; --",
    "lone surrogate": "\udc80".encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
    "arabic": "شركة الشحن السريع",
}
FIELDS = [(slug, name) for slug, values in ANSWERS.items() for name in values]


@pytest.fixture
def applicant(acme, olga, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("A page asked the network.")

    monkeypatch.setattr("onboarding.services.name_checks.fetch_site", refuse)
    person = Applicant(acme, olga, language="en")
    person.answer_all()
    return person


@pytest.mark.parametrize(("slug", "name"), FIELDS)
def test_hostile_text_is_answered_with_a_sentence_or_kept_as_text(applicant, slug, name):
    for what, typed in HOSTILE.items():
        response = applicant.answer(slug, **{name: typed})

        assert response.status_code in {302, 422}, what
        if response.status_code == 422:
            said_so_and_kept(response, name, typed, what)
    for path in ("", f"step/{slug}/", "check/", "signature/", "verdict/"):
        page = applicant.get(path)
        assert page.status_code in {200, 302}
        assert LURKING not in page.content.decode()


def said_so_and_kept(response, name, typed, what):
    page, bound = response.content.decode(), response.context["form"][name]
    errors = [
        text for found in response.context["form"].errors.as_data().values() for e in found for text in e.messages
    ]
    assert errors and all(10 < len(text) < 300 for text in errors), (what, errors)
    assert LURKING not in page, what
    kind = getattr(bound.field.widget, "input_type", "")
    if bound.errors and kind in {"text", "tel", "email"}:
        assert html.escape(typed) in page, f"{what}: what was typed is kept"


def test_hostile_text_stays_text_on_every_page(applicant):
    """Fields that take any words, filled with markup: each page that shows them shows them escaped."""
    applicant.answer("company", brand=LURKING[:90])
    applicant.answer("address", address=LURKING, city=LURKING[:90], region=LURKING[:90])
    applicant.answer("screening", activity=f"Repartimos paquetes. {LURKING}")
    applicant.sign(signed_name=f"Carolina {LURKING}")

    for path in ("", "check/", "verdict/", "step/company/", "step/address/", "step/display-name/", "signature/"):
        page = applicant.get(path).content.decode()
        assert "<script>alert" not in page and "<img src=x" not in page, path
    assert "&lt;script&gt;alert" in applicant.get("check/").content.decode()


def test_hostile_text_in_the_signature_and_the_contest(applicant):
    applicant.answer("screening", activity="Vendemos cerveza y aguardiente a domicilio en toda Cali.")
    for what, typed in HOSTILE.items():
        response = applicant.client.post(f"{applicant.root}/verdict/", {"contest_text": typed})
        assert response.status_code in {302, 422}, what
    assert LURKING not in applicant.get("verdict/").content.decode()

    applicant.answer("screening", activity="Recogemos paquetes en Cali y los llevamos a Palmira.")
    shown = applicant.get("step/signing/").context["form"]["shown"].value()
    for what, typed in HOSTILE.items():
        response = applicant.sign(signed_name=typed, shown=shown, agreed="")
        assert response.status_code == 422, what
        assert LURKING not in response.content.decode(), what


@pytest.mark.parametrize("version", ["²", "9" * 5000, "-1", "99999999999999999999", "\x00", "1e3"])
def test_a_forged_version_overwrites_nothing(applicant, version):
    before = applicant.application()

    response = applicant.answer("company", version=version, brand="Otra marca")

    assert response.status_code in {302, 422}
    assert applicant.application().version == before.version


@pytest.mark.parametrize("path", ["number/facts/", "name/findings/", "timeline/", "activation/progress/"])
def test_forged_queries_of_fragments_are_no_error(applicant, path):
    for query in ("n=²", "n=" + "9" * 6000, "phone=%00&phone_region=%00", "display_name=%00"):
        assert applicant.get(f"{path}?{query}").status_code < 500


def test_a_name_that_only_looks_right_is_named_with_its_letter(applicant):
    response = applicant.answer("company", legal_name="Envíоs del Valle")  # noqa: RUF001

    assert "only looks like the one you mean" in str(response.context["form"].errors["legal_name"])
    assert applicant.application().legal_name == ANSWERS["company"]["legal_name"]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("\u202a+57 602\u202c", "+57 602"),
        ("Envi\u200bos\ufeff", "Envios"),
        ("Cafe\u0301", "Café"),
        ("a\u2028b", "a\nb"),
        ("नमस्\u200dते", "नमस्\u200dते"),
    ],
)
def test_signs_that_nobody_sees_are_taken_out(typed, kept):
    assert tidy(typed) == kept


@pytest.mark.parametrize(
    "fine",
    ["Ñandú & Cía. Ltda.", "Niño's 1.º piso, N° 4ª", "Łódź Çelik São", "Компания", "شركة", "µTorrent", "ΑΒΓ Α.Ε."],
)
def test_real_names_pass(fine):
    check_visible(fine)
    check_letters(fine)


def test_every_text_field_of_the_wizard_is_guarded(acme):
    application = OnboardingApplication(business=acme)
    for form in (forms.CompanyForm, forms.AddressForm, forms.FacebookForm, forms.NumberForm, forms.ContactForm):
        for name, field in form(instance=application).fields.items():
            if hasattr(field, "max_length"):
                assert check_visible in field.validators, name
