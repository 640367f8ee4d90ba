"""The timeline as a saga: who acts next, what is told by mail and how often, what is asked again, Meta's own words."""

import re
from datetime import timedelta

import pytest

from config.clock import now
from onboarding.enums import ApplicationStatus as Status
from onboarding.enums import StepKind, StepState
from onboarding.exceptions import NotPossible
from onboarding.models import OnboardingStep, Waba
from onboarding.services import applications, overview, polls, step_questions, step_runner, steps, verification
from onboarding.views import road
from providers.base import BusinessVerification, ProviderError
from tenants.models import Mail
from tenants.tenancy import business_scope, every_business
from tests import builders
from tests.onboarding.test_steps import PHONE, PORTFOLIO, decide_name, run_all, step

READER = "carolina@enviosdelvalle.example"


@pytest.fixture
def application(acme):
    return builders.application(
        acme,
        status=Status.SUBMITTED,
        submitted_at=now(),
        brand="Envíos del Valle",
        display_name="Envíos del Valle",
        legal_name="Envíos del Valle S. A. S.",
        facebook_business_id=PORTFOLIO,
        country="CO",
        phone=PHONE,
        website="https://enviosdelvalle.example",
        contact_email=READER,
    )


@pytest.fixture
def begun(application):
    with business_scope(application.business):
        steps.begin(application)
    return application


@pytest.fixture
def approved(begun, sam):
    with business_scope(begun.business):
        applications.approve(begun, actor=sam)
    return begun


def kinds():
    """Which mails were written to the applicant, oldest first."""
    return [mail.key.split(":")[0] for mail in Mail.objects.filter(to=READER).order_by("pk")]


def entry(application, kind):
    with business_scope(application.business):
        application.refresh_from_db()
        return next(line for line in overview.timeline(application) if line["kind"] == kind)


def verify(sandbox, word):
    sandbox.control("business", id=PORTFOLIO, verification_status=word)


# Mail


def test_every_change_on_the_way_is_told_exactly_once(sandbox, begun, sam, olga):
    verify(sandbox, "not_verified")
    run_all(3)
    assert kinds() == ["unverified"]
    verify(sandbox, "pending")
    run_all(3)
    verify(sandbox, "verified")
    run_all(3)
    with business_scope(begun.business):
        applications.approve(begun, actor=sam)
    run_all()
    decide_name(sandbox, approve=False, reason="NAME_NOT_CONSISTENT")
    with business_scope(begun.business):
        steps.propose_name(begun, name="Envíos del Valle Cali", actor=olga)
    run_all(3)
    decide_name(sandbox, approve=True)
    with every_business():
        Waba.objects.update(next_poll_at="2020-01-01T00:00Z")
    polls.poll_due()  # heard a second time
    run_all(3)

    assert kinds() == [
        "unverified", "verification_in_review", "verified", "approved", "name_in_review", "your_turn",
        "name_in_review", "your_turn",
    ]  # fmt: skip


def test_a_company_that_was_verified_all_along_gets_no_mail_about_it(sandbox, begun):
    run_all()

    assert step(begun, StepKind.BUSINESS_VERIFICATION).state == StepState.DONE
    assert kinds() == []


def test_another_word_of_meta_for_the_same_turn_is_told_once(sandbox, begun):
    verify(sandbox, "not_verified")
    run_all(2)
    verify(sandbox, "rejected")
    run_all(3)

    assert kinds() == ["unverified", "unverified"]
    assert "refused the papers" in entry(begun, StepKind.BUSINESS_VERIFICATION)["body"]


def test_no_answer_in_between_is_no_news(sandbox, begun, settings):
    verify(sandbox, "not_verified")
    run_all(1)
    before = step(begun, StepKind.BUSINESS_VERIFICATION)
    settings.WHATSAPP_GRAPH_URL = "http://127.0.0.1:9"
    run_all(2)
    settings.WHATSAPP_GRAPH_URL = sandbox.url
    run_all(2)

    after = step(begun, StepKind.BUSINESS_VERIFICATION)
    assert (after.state, after.since) == (before.state, before.since)
    assert kinds() == ["unverified"]


def test_a_stuck_step_is_told_and_that_it_goes_on_too(approved):
    with business_scope(approved.business):
        waba = steps.get(approved, StepKind.WABA)
        steps.put(waba, StepState.BROKEN, error="no", error_code=100)
        steps.put(waba, StepState.BROKEN, error="no", error_code=100)
        assert kinds() == ["approved", "stuck"]
        steps.done(waba)
    assert kinds() == ["approved", "stuck", "goes_on"]


def test_the_registration_and_what_follows_it_are_one_mail(approved):
    with business_scope(approved.business):
        steps.put(steps.get(approved, StepKind.CODE_VERIFIED), StepState.DONE)
        steps.done(steps.get(approved, StepKind.REGISTERED))

    assert kinds() == ["approved", "registered"]


def test_people_with_an_account_read_their_own_language(acme, olga):
    olga.language = "pt-br"
    olga.save()
    application = builders.application(acme, created_by=olga, contact_email=olga.email.upper(), code="UM-77")
    from onboarding.services import notices

    found = notices.readers(application)

    assert [(reader.address, reader.language) for reader in found] == [(olga.email, "pt-br")]


# Who acts, and what isn't broken


def test_waiting_for_meta_is_something_else_than_broken(approved):
    with business_scope(approved.business):
        name = steps.get(approved, StepKind.NAME_REVIEW)
        steps.put(name, StepState.WAITING_FOR_META, next_attempt_at=now() + timedelta(minutes=3))
        waba = steps.get(approved, StepKind.WABA)
        steps.put(waba, StepState.BROKEN, error="(#100) Invalid", error_code=100)
        shown = {line["title"]: line for line in road.timeline(approved, may_act=True)}

    waits = shown["Display name reviewed"]
    broken = shown["Account and number at WhatsApp"]
    assert (waits["state"], waits["who"]) == ("waiting", "Waiting for Meta")
    assert (broken["state"], broken["who"]) == ("blocked", "Stuck, our team is on it")
    assert any("We ask Meta again by ourselves" in fact for fact in waits["facts"])
    assert waits["again"] == StepKind.NAME_REVIEW
    assert "again" not in broken
    assert ("error.code", "100") in broken["details"]


def test_a_registration_that_meta_still_looks_at_is_waiting_and_not_broken(approved, monkeypatch):
    with business_scope(approved.business):
        number = builders.phone_number(approved.business, application=approved, status="pending", registered_at=None)
        registered = steps.get(approved, StepKind.REGISTERED)
        report = type("Report", (), {})()
        monkeypatch.setattr(step_questions.numbers, "store_report", lambda number, report: {})
        case = step_questions.Case(registered.pk, StepKind.REGISTERED, "", "", "", "", "", "", "", number_pk=number.pk)
        for _look in range(5):
            step_questions.store_registration(registered, case, report)

        assert registered.state == StepState.WAITING_FOR_META
        assert registered.next_attempt_at > now()
        assert "That is normal" in overview.body_of(registered)


def test_other_modules_can_add_lines_to_the_timeline(begun, monkeypatch):
    line = overview.entry("Channel checked", "current", overview.US, now())
    monkeypatch.setattr(overview, "_SOURCES", [lambda application: [line]])

    with business_scope(begun.business):
        assert overview.timeline(begun)[-1] == line
        assert road.timeline(begun, may_act=True)[-1]["title"] == "Channel checked"


# Asking again


def test_the_business_may_ask_again_but_not_all_the_time(sandbox, begun, olga):
    verify(sandbox, "not_verified")
    run_all(1)
    with business_scope(begun.business):
        asked = steps.ask_again(begun, StepKind.BUSINESS_VERIFICATION, actor=olga)
        assert asked.next_attempt_at <= now()
        with pytest.raises(NotPossible):
            steps.ask_again(begun, StepKind.BUSINESS_VERIFICATION, actor=olga)
    verify(sandbox, "verified")
    step_runner.run_due()

    assert step(begun, StepKind.BUSINESS_VERIFICATION).state == StepState.DONE


def test_only_staff_may_push_a_stuck_step(approved, sam, olga):
    with business_scope(approved.business):
        waba = steps.get(approved, StepKind.WABA)
        steps.put(waba, StepState.BROKEN, error="no", error_code=100)
        with pytest.raises(NotPossible):
            steps.ask_again(approved, StepKind.WABA, actor=olga)

        assert steps.ask_again(approved, StepKind.WABA, actor=sam, by_staff=True).next_attempt_at <= now()


def test_staff_pushes_a_stuck_step_from_the_review_page(client, approved, sam):
    with business_scope(approved.business):
        steps.put(steps.get(approved, StepKind.WABA), StepState.BROKEN, error="no", error_code=100)
    client.force_login(sam)
    page = f"/admin/onboarding/onboardingapplication/{approved.pk}/"
    assert 'name="kind" value="waba"' in client.get(f"{page}change/").content.decode()

    answer = client.post(f"{page}decide/", {"decision": "ask_again", "kind": "waba"})
    assert answer.status_code == 302

    assert step(approved, StepKind.WABA).next_attempt_at <= now()


# Business verification (B2)


def test_polling_is_quick_at_first_and_seldom_later(settings):
    pauses = [step_questions.until_next_look(looks, step_questions.SELDOM) for looks in range(1, 20)]

    assert pauses[0] == timedelta(seconds=2 * settings.POLL_SECONDS)
    assert pauses == sorted(pauses)
    assert pauses[-1] == step_questions.SELDOM


def test_a_refusal_to_tell_is_asked_again_by_itself(begun):
    with business_scope(begun.business):
        asked = steps.get(begun, StepKind.BUSINESS_VERIFICATION)
        step_runner.refused(asked, ProviderError("(#100) Unknown object", code=100))

    assert asked.state == StepState.WAITING_FOR_BUSINESS
    assert asked.next_attempt_at > now()


def test_a_corrected_business_id_is_asked_about_anew(sandbox, begun):
    run_all()
    assert step(begun, StepKind.BUSINESS_VERIFICATION).state == StepState.DONE
    with business_scope(begun.business):
        begun.facebook_business_id = "718203344120957"
        begun.save(update_fields=["facebook_business_id"])
        steps.begin(begun)

    assert step(begun, StepKind.BUSINESS_VERIFICATION).state == StepState.DUE


def test_a_rejected_application_asks_meta_nothing_more(sandbox, begun, sam):
    with business_scope(begun.business):
        applications.reject(begun, "Not admitted.", actor=sam)
    with every_business():
        OnboardingStep.objects.exclude(next_attempt_at=None).update(next_attempt_at="2020-01-01T00:00Z")

    assert step_runner.run_due()["run"] == 0


@pytest.mark.parametrize("word", [*BusinessVerification, None, "something_new"])
def test_every_word_of_meta_has_a_meaning_and_an_advice(word):
    said, act = verification.meaning(word)

    assert said.endswith(".")
    assert act.endswith(".")


def test_the_papers_are_called_as_in_the_country():
    colombia, nowhere = verification.way("CO"), verification.way("ZZ")

    assert any(paper.name == "RUT" and paper.issuer == "DIAN" for paper in colombia.papers)
    assert [paper.what for paper in colombia.papers] == [paper.what for paper in nowhere.papers]
    assert colombia.days[0] < colombia.days[1]
    assert colombia.source


def test_the_page_shows_the_exact_way_and_metas_own_word(client, sandbox, begun):
    owner = builders.member(begun.business, "olga", role="owner", language="en")
    verify(sandbox, "pending_need_more_info")
    run_all(1)
    client.force_login(owner)

    page = client.get(f"/b/{begun.business.slug}/onboarding/", headers={"Accept-Language": "en"}).content.decode()

    assert "<code>pending_need_more_info</code>" in page
    assert "Certificado de existencia" in page
    assert "Envíos del Valle S. A. S." in page
    assert "Meta wants to know more." in page


# Following by itself


def test_open_pages_hear_of_every_change(begun, sam):
    from tenants.models import LiveEvent

    def heard():
        with business_scope(begun.business):
            return LiveEvent.objects.filter(type="application").count()

    before = heard()
    with business_scope(begun.business):
        applications.request_changes(begun, {"address": "Add the floor."}, actor=sam)
    assert heard() > before
    before = heard()
    with business_scope(begun.business):
        steps.put(steps.get(begun, StepKind.BUSINESS_VERIFICATION), StepState.DUE, error="no answer")
    assert heard() > before  # the state is the same, what the page says is not


def test_the_page_names_its_stream_and_all_its_parts(client, begun, sam):
    owner = builders.member(begun.business, "olga", role="owner")
    with business_scope(begun.business):
        applications.request_changes(begun, {"address": "Add the floor."}, actor=sam)
    client.force_login(owner)

    page = client.get(f"/b/{begun.business.slug}/onboarding/").content.decode()

    assert f'data-timeline="/live/{begun.business.slug}/"' in page
    assert set(re.findall(r'data-part="(\w+)"', page)) == {
        "outcome", "answers", "corrections", "path", "verify", "thread", "side",
    }  # fmt: skip
    assert "<noscript><p" in page
