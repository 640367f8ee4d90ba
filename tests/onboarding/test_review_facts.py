"""What the desk tells a reviewer: age and risk, twins elsewhere, differences, history in sentences, charts."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from config import clock
from onboarding.admin import charts, wording
from onboarding.enums import ApplicationStatus as Status
from onboarding.likeness import folded, keys_of, site
from onboarding.models import ApplicationEvent, CannedReason, OnboardingApplication, ScreeningResult
from onboarding.services import applications, duplicates, queue, workload
from onboarding.services.moves import note
from tenants.tenancy import business_scope, every_business
from tests import builders
from tests.onboarding.desk import Reviewer, a_minute_later, stored

FRIDAY_NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def submitted(acme, olga):
    return builders.application(
        acme, status=Status.SUBMITTED, brand="Acme", address="Calle 1", country="CO", recipient_countries=["CO", "EC"]
    )


@pytest.fixture
def at_desk(sam):
    return Reviewer(sam)


@pytest.fixture
def the_clock(settings):
    settings.MOVABLE_CLOCK = True


def listed(client, **query):
    return client.get(reverse("admin:onboarding_onboardingapplication_changelist"), query).content.decode()


# Age


@pytest.mark.parametrize(
    ("hours_later", "worked"),
    [(5, 5), (12, 12), (24, 12), (60, 12), (62, 14)],
    ids=["same day", "midnight", "on Saturday", "Sunday midnight", "Monday two o'clock"],
)
def test_weekends_do_not_count_towards_the_target(hours_later, worked):
    until = FRIDAY_NOON + timedelta(hours=hours_later)

    assert queue.worked(FRIDAY_NOON, until) == timedelta(hours=worked)


@pytest.mark.parametrize("hours", [0, 1, 13, 30, 61, 85, 110])
def test_what_the_filter_calls_late_is_late_on_the_row_as_well(the_clock, hours):
    with clock.frozen(FRIDAY_NOON + timedelta(hours=hours)):
        limit = queue.overdue_before()

        assert queue.worked(limit) == queue.target()
        assert queue.worked(limit - timedelta(minutes=1)) >= queue.target()


def test_the_house_may_count_weekends(monkeypatch):
    monkeypatch.setattr(queue, "house_rule", lambda name: {"review_target_counts_weekends": True}[name])

    assert queue.worked(FRIDAY_NOON, FRIDAY_NOON + timedelta(days=3)) == timedelta(days=3)


def test_the_queue_says_how_long_each_waits_and_which_are_late(client, sam, submitted, globex, the_clock):
    fresh = builders.application(globex, status=Status.SUBMITTED, status_changed_at=FRIDAY_NOON + timedelta(days=5))
    with every_business():
        OnboardingApplication.objects.filter(pk=submitted.pk).update(status_changed_at=FRIDAY_NOON)
    client.force_login(sam)

    with clock.frozen(FRIDAY_NOON + timedelta(days=5, hours=3)):
        late, everything = listed(client, waits="late"), listed(client)

    assert submitted.code in late and fresh.code not in late
    assert "3 h of 24" in everything
    assert "75 h of 24, late" in everything


# Filters and search


def test_the_queue_is_narrowed_by_who_has_it_country_risk_and_screening(client, sam, submitted, globex):
    other = builders.application(globex, status=Status.SUBMITTED, country="MX", claimed_by=sam)
    with every_business():
        ScreeningResult.objects.create(
            business=globex, application=other, input={}, verdict="prohibited", category="weapons", rulebook_version=""
        )
    client.force_login(sam)

    for query in ({"holder": "mine"}, {"country": "MX"}, {"risk": "high"}, {"screening": "prohibited"}):
        page = listed(client, **query)
        assert other.code in page and submitted.code not in page, query
    page = listed(client, holder="nobody")
    assert submitted.code in page and other.code not in page


@pytest.mark.parametrize(
    "term",
    [
        "900.123.456-7",
        "9001234567",
        "+57 315 555 0142",
        "https://www.acme.example/contact",
        "Ferretería",
        "ferreteria ac",
    ],
)
def test_an_application_is_found_by_its_traits_however_they_are_written(client, sam, acme, term):
    found = builders.application(
        acme,
        status=Status.SUBMITTED,
        brand="Ferretería Acmé S.A.S.",
        tax_id="900123456-7",
        phone="+573155550142",
        website="http://acme.example",
    )
    hidden = builders.application(builders.business("Other"), status=Status.SUBMITTED, brand="Something else")
    with every_business():
        duplicates.index(found)
        duplicates.index(hidden)
    client.force_login(sam)

    page = listed(client, q=term)

    assert found.code in page
    assert hidden.code not in page


# Twins


TRAITS = {
    "tax_id": ("900.123.456-7", "900123456 7"),
    "phone": ("+573155550142", "+573155550142"),
    "facebook_business_id": ("506914307656634", "506914307656634"),
    "website": ("https://www.twin.example/es/", "http://twin.example"),
    "brand": ("Panadería Río S.A.S.", "PANADERIA RIO"),
}


@pytest.mark.parametrize("field", TRAITS)
def test_a_twin_in_another_business_is_shown_to_staff(at_desk, submitted, globex, field):
    mine, theirs = TRAITS[field]
    twin = builders.application(globex, **({"brand": "Globex twin"} | {field: theirs}))
    with every_business():
        duplicates.index(twin)
        OnboardingApplication.objects.filter(pk=submitted.pk).update(**{field: mine})

    page = at_desk.open(submitted)

    assert twin.code in page
    assert "Looks like another application" in page


def test_the_same_number_elsewhere_makes_the_risk_high(at_desk, submitted, globex):
    twin = builders.application(globex, brand="Globex twin", phone="+573155550142")
    with every_business():
        OnboardingApplication.objects.filter(pk=submitted.pk).update(phone="+573155550142")
        duplicates.index(twin)
        duplicates.index(stored(submitted))

    at_desk.open(submitted)

    with every_business():
        row = queue.annotated(OnboardingApplication.objects.filter(pk=submitted.pk)).get()
    assert row.risk == queue.HIGH


def test_two_applications_of_one_business_are_no_twins(at_desk, submitted, acme):
    builders.application(acme, brand="Acme", status=Status.REJECTED)

    assert "Looks like another application" not in at_desk.open(submitted)


def test_the_business_never_learns_of_a_twin(client, submitted, globex, olga, acme):
    twin = builders.application(globex, brand="Globex twin", phone="+573155550142", website="https://acme.example")
    with every_business():
        OnboardingApplication.objects.filter(pk=submitted.pk).update(
            phone="+573155550142", website="https://acme.example"
        )
        duplicates.index(twin)
        duplicates.index(stored(submitted))
    client.force_login(olga)

    for path in ("", "timeline/", "check/", "number/facts/?phone=%2B573155550142"):
        page = client.get(f"/b/{acme.slug}/onboarding/{path}", follow=True).content.decode()
        assert "Globex" not in page and twin.code not in page, path
    with business_scope(acme):
        from onboarding.models import ApplicationKey

        assert {key.business_id for key in ApplicationKey.objects.all()} == {acme.pk}


def test_answers_that_are_saved_are_searchable_at_once_and_old_ones_no_longer(submitted):
    with every_business():
        duplicates.index(submitted)
        submitted.brand = "Another"
        duplicates.index(submitted)

        assert duplicates.search("Another") == {submitted.pk}
        assert duplicates.search("Acme") == set()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://WWW.Acme.example/x?y", "acme.example"),
        ("facebook.com/acme", "facebook.com/acme"),
        ("http://127.0.0.1:8010/sites/acme/", "127.0.0.1:8010/sites/acme"),
        ("http://[broken", ""),
        ("", ""),
    ],
)
def test_websites_are_compared_by_host_unless_many_share_it(url, expected):
    assert site(url) == expected


def test_legal_forms_and_accents_do_not_hide_a_twin():
    assert folded("Envíos del Valle S. A. S.") == folded("ENVIOS DEL VALLE SAS") == "envios del valle"


def test_an_empty_answer_makes_nobody_a_twin(submitted):
    assert all(value for _kind, value in keys_of(OnboardingApplication()))


# What changed, and the history


def test_a_second_submission_shows_old_and_new_in_words(at_desk, submitted, sam):
    with business_scope(submitted.business):
        note(submitted, "submitted", changed={"recipient_countries": [["CO"], ["CO", "EC"]], "address": ["A 1", "A 2"]})

    page = at_desk.open(submitted)

    assert "Changed since the last submission" in page
    assert "Ecuador" in page
    difference = wording.difference("address", "Calle 25 Norte # 6-41", "Calle 25 Norte # 6-42, bodega 3")
    assert ("# 6-41", True) not in difference["old"]
    assert [part.strip() for part, is_changed in difference["old"] if is_changed] == ["6-41"]
    assert [part.strip() for part, is_changed in difference["new"] if is_changed] == ["6-42, bodega 3"]


def test_countries_and_sectors_have_names(at_desk, submitted):
    page = at_desk.open(submitted)

    assert "Colombia, Ecuador" in page
    assert "[&#x27;CO&#x27;" not in page


@pytest.mark.parametrize("kind", ["claimed", "released", "started", "status", "decided", "step", "something new"])
def test_the_history_speaks_in_sentences(kind, submitted, sam):
    event = ApplicationEvent(
        kind=kind,
        actor=sam,
        old_status=Status.SUBMITTED,
        new_status=Status.APPROVED,
        data={"verb": "approve", "step": "waba"},
    )

    text = wording.event_line(event)["text"]

    assert " " in text
    assert "_" not in text and "→" not in text


def test_the_history_names_answers_and_not_columns(at_desk, submitted):
    at_desk.press(submitted, "changes", note_facebook_business_id="Copy it again.")
    a_minute_later()

    page = at_desk.open(submitted)

    assert "asked the business for changes" in page
    assert "facebook_business_id</blockquote>" not in page


def test_words_that_the_screening_found_are_marked_in_the_text(at_desk, acme):
    with business_scope(acme):
        from onboarding.services import screenings

        application = builders.application(acme, status=Status.SUBMITTED, activity="We sell rifles and ammunition.")
        screenings.refresh(application)

    assert "<mark>rifles</mark>" in at_desk.open(application)


def test_the_evidence_for_the_name_stands_beside_the_page_as_it_was_read(at_desk, submitted):
    with business_scope(submitted.business):
        submitted.name_checks.create(
            business=submitted.business,
            display_name="Acme",
            website="https://acme.example",
            verdict="pass",
            score=90,
            evidence=[{"where": "site_name", "snippet": "Acme hardware"}],
            snapshot="<title>Acme</title><body><script>alert(1)</script>All about Acme tools",
            checked_at=submitted.created_at,
        )

    page = at_desk.open(submitted)

    assert "Site name" in page and "site_name" not in page
    assert "All about <mark>Acme</mark> tools" in page
    assert "alert(1)" not in page


# Canned reasons


def test_the_first_reasons_are_there_in_three_languages(db):
    assert CannedReason.objects.filter(use="changes").count() >= 5
    assert all(row.text_en and row.text_es and row.text_pt for row in CannedReason.objects.all())


def test_a_canned_reason_is_asked_in_the_applicants_language(at_desk, submitted, acme):
    acme.language = "es"
    acme.save(update_fields=["language"])

    at_desk.press(submitted, "changes", canned_website="website-does-not-open")
    a_minute_later()

    with every_business():
        [request] = stored(submitted).change_requests.all()
    assert (request.field, request.note.split(".")[0]) == ("website", "Tu sitio web no nos abre")


def test_staff_adds_a_reason_and_the_desk_offers_it(client, at_desk, sam, submitted):
    client.force_login(sam)
    client.post(
        reverse("admin:onboarding_cannedreason_add"),
        {
            "code": "new-one", "use": "changes", "field": "brand", "text_en": "Spell the brand as on the sign.",
            "text_es": "Escribe la marca como en el letrero.", "text_pt": "Escreva a marca como na placa.",
            "position": "5", "is_active": "on",
        },
    )  # fmt: skip

    assert "new-one" in at_desk.open(submitted)


# Workload


def test_decisions_are_counted_by_day_outcome_and_reviewer(at_desk, submitted, globex, sam, the_clock):
    sent = clock.now()
    with every_business():
        submitted.events.create(
            business=submitted.business, kind="status", old_status="draft", new_status=Status.SUBMITTED, at=sent
        )
    at_desk.press(submitted, "approve")
    a_minute_later()
    waiting = builders.application(globex, status=Status.SUBMITTED)

    with every_business():
        found = workload.measure()

    assert found.decisions == sum(found.by_outcome[Status.APPROVED]) == 1
    assert list(found.by_reviewer) == ["Sam"]
    assert (found.waiting, sum(found.ages)) == (1, 1)
    assert found.median_hours is not None and found.median_hours < 1
    assert waiting.status == Status.SUBMITTED


def test_the_workload_page_draws_and_tells_the_same_in_tables(client, sam, submitted):
    with business_scope(submitted.business):
        applications.approve(submitted, actor=sam)
    client.force_login(sam)

    page = client.get(reverse("admin:onboarding_onboardingapplication_workload")).content.decode()

    assert page.count("<svg viewBox") >= 4
    assert page.count("<table>") == 4
    assert "1 decision in 28 days" in page


def test_bars_stack_from_the_axis_up():
    chart = charts.stacked("t", "s", ["Mon"], [("a", [1]), ("b", [3])], heading="Day")

    first, second = chart.bars
    assert first["y"] == second["y"] + second["height"]
    assert round(second["height"] / first["height"], 2) == 3


def test_a_line_breaks_where_a_day_has_no_value():
    chart = charts.line("t", "s", ["a", "b", "c", "d", "e"], [1, 2, None, 3, 4], heading="Day", label="Hours")

    assert len(chart.lines) == 2
    assert chart.rows[2] == ["c", "–"]
