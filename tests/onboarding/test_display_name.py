"""Evidence, reasons, score and suggestion of the display-name check."""

import pytest
from django.utils import translation

from onboarding.display_name import check_display_name, extract_evidence

PAGE = "<html><head><title>{title}</title></head><body><p>{text}</p><footer>{footer}</footer></body></html>"


def check(name, brand="Envíos del Valle", legal="Envíos del Valle S.A.S.", html=None, **parts):
    page = html or PAGE.format(**{"title": "Envíos del Valle", "text": "Paquetería", "footer": "Palmira"} | parts)
    return check_display_name(name, brand, legal, "https://enviosdelvalle.example", page, "CO")


def codes(verdict):
    return {reason.code for reason in verdict.reasons}


def test_the_brand_as_the_site_writes_it_passes():
    found = check("Envíos del Valle")
    assert (found.verdict, codes(found)) == ("pass", set())
    assert found.evidence[0].place == "title"
    assert found.suggestion == ""


def test_an_added_word_is_doubtful_and_the_brand_is_suggested():
    found = check("Envíos del Valle Premium")
    assert (found.verdict, codes(found)) == ("warn", {"not_on_website"})
    assert found.suggestion == "Envíos del Valle"


def test_a_branch_counts_only_if_the_site_lists_it():
    assert check("Envíos del Valle Cali").verdict == "warn"
    assert check("Envíos del Valle Cali", text="Sedes: Cali, Palmira").verdict == "pass"


def test_a_department_beside_the_brand_passes():
    assert check("Envíos del Valle Soporte").verdict == "pass"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("ENVÍOS DEL VALLE", "all_caps"),
        ("Envíos del Valle!!", "punctuation_format"),
        ("Envíos  del  Valle", "spacing"),
        ("Envíos del Valle ®", "bad_characters"),
        ("Envíos del Valle 📦", "emoji"),
        ("www.enviosdelvalle.com", "url_in_name"),
        ("Envíos del Valle 3104567890", "phone_in_name"),
        ("WhatsApp Envíos del Valle", "meta_brand"),
        ("Еnvíos del Valle", "homoglyph"),
        ("Ev", "too_short"),
        ("Atención al cliente", "generic_word"),
        ("Bogotá", "location_only"),
        ("Tu paquete, siempre a tiempo", "slogan"),
        ("Prueba 1", "test_name"),
        ("Carlos Andrés Gómez", "person_name_only"),
    ],
)
def test_each_fault_of_form_is_named_alone(name, code):
    found = check(name)
    assert (found.verdict, codes(found)) == ("fail", {code})


def test_capitals_pass_when_the_site_writes_the_brand_in_capitals():
    assert check("COPAZ", brand="COPAZ", legal="Cooperativa La Paz", title="COPAZ | Ahorro").verdict == "pass"


def test_an_agency_named_in_the_footer_is_not_the_business():
    found = check("Nube Creativa", footer="Sitio web por Nube Creativa")
    assert (found.verdict, codes(found)) == ("fail", {"unrelated_to_brand"})


def test_an_unreadable_page_shows_nothing():
    found = check("Envíos del Valle", html="<title>404 Not Found</title>")
    assert (found.verdict, codes(found), found.score, found.evidence) == ("fail", {"not_on_website"}, 0, ())


def test_more_places_score_higher():
    everywhere = check("Envíos del Valle", text="Envíos del Valle entrega hoy", footer="Envíos del Valle S.A.S.")
    assert 0 < check("Envíos del Valle").score < everywhere.score <= 100


def test_a_suggestion_always_passes_where_the_site_shows_the_brand():
    for name in ("Envíos", "ENVÍOS DEL VALLE!!", "Valle Exprés", "Soporte"):
        suggested = check(name).suggestion
        assert suggested and check(suggested).verdict == "pass"


def test_evidence_is_found_in_every_place_of_a_page():
    html = """
      <title>Sol</title><meta property="og:site_name" content="Sol">
      <script type="application/ld+json">{"@graph":[{"@type":"Organization","name":"Sol"}]}</script>
      <header><img alt="Sol"></header><h2>Sol</h2><a class="navbar-brand">Sol</a><footer>Sol</footer><p>Sol</p>
      <script>var x = "Luna"</script>"""
    page = extract_evidence(html)
    places = {e.place for e in page.mentions(("sol",))}
    assert places == {"title", "site_name", "structured_data", "logo", "heading", "brand_link", "footer", "text"}
    assert page.mentions(("luna",)) == []


def test_broken_structured_data_still_gives_its_name():
    page = extract_evidence('<script type="application/ld+json">{"name": "Sol Azul", }</script>')
    assert page.texts["structured_data"] == ["Sol Azul"]


def test_reasons_speak_the_active_language():
    with translation.override("pt-br"):
        assert check("Envíos del Valle 📦").reasons[0].text == "O nome não pode conter emojis."


@pytest.mark.parametrize("name", ["", " ", "\u200b", "!!!", "🙂🙂🙂", "a" * 5000, "\x00abc", "((((", "by", "X by"])
def test_odd_names_never_break_the_check(name):
    assert check(name).verdict in {"pass", "warn", "fail"}


@pytest.mark.parametrize("html", ["", "<", "<title>", "<!--", "<script type='application/ld+json'>[[[[", "\x00"])
def test_odd_pages_never_break_the_check(html):
    verdict = check_display_name("Sol Azul", "Sol Azul", "", "", html, "")
    assert verdict.verdict == "fail"
