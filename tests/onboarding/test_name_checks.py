"""The display name against the company's website: asked once, read by a worker, never lost."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from config.clock import now
from onboarding.display_name.fetch import SiteUnreachable
from onboarding.models import NameCheck, ScreeningResult
from onboarding.services import name_checks, screenings
from tenants.tenancy import business_scope
from tests import builders

PAGE = """<html><head><title>Envíos del Valle | Paquetería</title></head>
<body><h1>Envíos del Valle</h1><footer>© Envíos del Valle S. A. S.</footer></body></html>"""


@pytest.fixture
def application(acme):
    return builders.application(
        acme,
        brand="Envíos del Valle",
        legal_name="Envíos del Valle S. A. S.",
        display_name="Envíos del Valle",
        website="https://enviosdelvalle.example",
        activity="Recogemos y entregamos paquetes en Cali.",
        country="CO",
    )


@pytest.fixture
def site(monkeypatch):
    """The website as a worker reads it; ``read`` counts how often it was asked for."""
    shown = SimpleNamespace(html=PAGE, text="Envíos del Valle. Paquetería", error=None, read=0)

    def fetch(url):
        shown.read += 1
        if shown.error:
            raise shown.error
        return SimpleNamespace(html=shown.html, text=shown.text)

    monkeypatch.setattr(name_checks, "fetch_site", fetch)
    return shown


@pytest.fixture
def scope(acme):
    with business_scope(acme):
        yield


def asked(application, **changes):
    for name, value in changes.items():
        setattr(application, name, value)
    application.save()
    return name_checks.request(application)


def test_the_same_question_is_asked_once(application, scope, site):
    assert name_checks.request(application).pk == name_checks.request(application).pk
    assert site.read == 0


def test_without_a_website_nothing_is_asked(application, scope):
    assert asked(application, website="") is None


def test_a_worker_reads_the_site_and_keeps_what_it_saw(application, acme, site):
    with business_scope(acme):
        check = name_checks.request(application)

    assert name_checks.run(check.pk) == {"checked": True, "readable": True}

    with business_scope(acme):
        check.refresh_from_db()
        assert (check.verdict, check.problem) == ("pass", "")
        assert check.score > 50
        assert check.snapshot == PAGE
        assert {piece["where"] for piece in check.evidence} >= {"title", "footer"}


def test_a_second_run_changes_nothing(application, acme, site):
    with business_scope(acme):
        check = name_checks.request(application)
    name_checks.run(check.pk)

    assert name_checks.run(check.pk) == {"checked": False}
    assert site.read == 1


def test_a_site_that_can_not_be_read_is_said_and_only_the_format_counts(application, acme, site):
    site.error = SiteUnreachable("dns")
    with business_scope(acme):
        check = name_checks.request(application)
    name_checks.run(check.pk)

    with business_scope(acme):
        check.refresh_from_db()
        found = name_checks.findings(application, "Envíos del Valle")
    assert check.problem
    assert check.reasons == [] and check.verdict == "warn"
    assert found["state"] == "unreadable"
    assert [item["look"] for item in found["checks"]] == ["ok"]


def test_an_unforeseen_fault_ends_in_the_row_too(application, acme, site):
    site.error = RuntimeError("broken")
    with business_scope(acme):
        check = name_checks.request(application)

    assert name_checks.run(check.pk) == {"checked": True, "readable": False}


def test_another_name_is_judged_by_the_copy_without_reading_again(application, acme, site):
    with business_scope(acme):
        first = name_checks.request(application)
    name_checks.run(first.pk)
    with business_scope(acme):
        second = asked(application, display_name="Envíos del Valle Cali")

        assert second.checked_at is not None and second.verdict != "pass"
    assert site.read == 1


def test_pressing_check_reads_the_site_again_but_not_every_second(application, acme, site):
    with business_scope(acme):
        first = name_checks.request(application)
    name_checks.run(first.pk)

    with business_scope(acme):
        assert name_checks.request(application, again=True).pk == first.pk
        NameCheck.objects.update(requested_at=now() - timedelta(minutes=2))
        later = name_checks.request(application, again=True)
    assert later.pk != first.pk and later.checked_at is None


def test_a_check_that_no_hint_reached_is_found_by_the_sweep(application, acme, site):
    with business_scope(acme):
        check = name_checks.request(application)
        NameCheck.objects.update(requested_at=now() - timedelta(minutes=2))

    assert name_checks.run_waiting() == {"due": 1}
    with business_scope(acme):
        check.refresh_from_db()
    assert check.checked_at is not None


def test_what_the_site_sells_is_screened_with_what_was_written(application, acme, site):
    site.text = "Vendemos cerveza, vino y aguardiente. Pide tu licor a domicilio."
    with business_scope(acme):
        assert screenings.refresh(application).verdict == "allowed"
        check = name_checks.request(application)
    name_checks.run(check.pk)

    with business_scope(acme):
        assert screenings.latest(application).verdict == "prohibited"
        assert ScreeningResult.objects.count() == 2
        assert not screenings.is_settled(application)
        assert screenings.explained(screenings.latest(application))["site"]


def test_findings_follow_the_name_that_is_typed(application, acme, site):
    with business_scope(acme):
        assert name_checks.findings(application, "Envíos del Valle")["state"] == "no_site"
        check = name_checks.request(application)
        assert name_checks.findings(application, "Envíos del Valle")["state"] == "pending"
    name_checks.run(check.pk)
    with business_scope(acme):
        good = name_checks.findings(application, "Envíos del Valle")
        bad = name_checks.findings(application, "Atención al cliente")

    assert [item["look"] for item in good["checks"]] == ["ok", "ok"]
    assert good["score"] > 50
    assert "stop" in [item["look"] for item in bad["checks"]]
    assert bad["suggestion"] == "Envíos del Valle"
