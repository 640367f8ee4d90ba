"""The review desk: what staff see and decide, who else gets in, and what happens when two decide at once."""

import threading

import pytest
from django.db import connection
from django.urls import reverse

from onboarding.enums import ApplicationStatus as Status
from onboarding.exceptions import TransitionNotAllowed
from onboarding.models import OnboardingApplication, ReviewDecision
from onboarding.services import applications, review
from tenants.models import AuditEvent, Mail
from tenants.tenancy import business_scope, every_business
from tests import builders
from tests.onboarding.desk import Reviewer, a_minute_later, address, decisions, stored


@pytest.fixture
def submitted(acme, olga):
    return builders.application(
        acme, status=Status.SUBMITTED, brand="Acme", contact_email="olga@acme.example", address="Calle 1"
    )


@pytest.fixture
def sara(db):
    return builders.staff("sara")


@pytest.fixture
def at_desk(sam):
    return Reviewer(sam)


def staff_who_may(*permissions):
    from django.contrib.auth.models import Permission

    person = builders.user("vera", is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return person


def test_the_queue_lists_what_waits(client, sam, submitted):
    client.force_login(sam)

    page = client.get(reverse("admin:onboarding_onboardingapplication_changelist")).content.decode()

    assert submitted.code in page


def test_the_review_page_has_the_facts(at_desk, submitted):
    page = at_desk.open(submitted)

    assert "Calle 1" in page
    assert "olga@acme.example" in page


# Deciding


def test_an_approval_takes_effect_when_its_minute_is_over(at_desk, submitted):
    at_desk.press(submitted, "approve")

    assert stored(submitted).status == Status.SUBMITTED
    assert not Mail.objects.exists()
    assert a_minute_later() == {"left": 1, "overtaken": 0}
    assert stored(submitted).status == Status.APPROVED
    assert Mail.objects.filter(to="olga@acme.example").exists()


def test_a_decision_does_not_leave_before_its_minute_is_over(at_desk, submitted):
    at_desk.press(submitted, "approve")

    assert a_minute_later(50) == {"left": 0, "overtaken": 0}
    assert stored(submitted).status == Status.SUBMITTED


def test_a_decision_leaves_only_once(at_desk, submitted):
    at_desk.press(submitted, "approve")

    a_minute_later()

    assert a_minute_later() == {"left": 0, "overtaken": 0}
    assert Mail.objects.filter(to="olga@acme.example").count() == 1


def test_a_worker_that_dies_while_a_decision_leaves_loses_nothing(at_desk, submitted, monkeypatch):
    at_desk.press(submitted, "approve")

    def dies(name):
        raise RuntimeError(name)

    monkeypatch.setattr(review, "fault_point", dies)
    assert a_minute_later() == {"left": 0, "overtaken": 0}
    assert stored(submitted).status == Status.SUBMITTED
    assert not Mail.objects.exists()

    monkeypatch.undo()
    assert a_minute_later() == {"left": 1, "overtaken": 0}
    assert stored(submitted).status == Status.APPROVED


def test_staff_asks_for_a_change_of_one_answer(at_desk, sam, submitted):
    at_desk.press(submitted, "changes", note_address="Write it as in the certificate.")
    a_minute_later()

    assert stored(submitted).status == Status.CHANGES_REQUESTED
    with every_business():
        [request] = stored(submitted).change_requests.all()
        assert (request.field, request.old_value, request.requested_by) == ("address", "Calle 1", sam)


def test_asking_for_changes_without_naming_one_is_said_and_nothing_happens(at_desk, submitted):
    response = at_desk.press(submitted, "changes")

    assert response.status_code == 422
    assert decisions(submitted) == []


def test_an_approval_with_a_change_noted_is_refused_and_keeps_the_note(at_desk, submitted):
    response = at_desk.press(submitted, "approve", note_brand="Half a thought")

    assert response.status_code == 422
    assert "Half a thought" in response.content.decode()
    assert decisions(submitted) == []


def test_a_rejection_needs_a_reason_and_keeps_what_was_typed(at_desk, submitted):
    response = at_desk.press(submitted, "reject", reason=" ", note_brand="Half a thought")

    assert response.status_code == 422
    assert "Half a thought" in response.content.decode()


def test_notes_are_kept_for_later_without_a_decision(at_desk, submitted, sara):
    at_desk.press(submitted, "save", note_brand="Is this the brand?", right_address="on")

    page = Reviewer(sara).open(submitted)

    assert "Is this the brand?" in page
    assert decisions(submitted) == []


def test_a_tick_on_an_answer_no_longer_counts_when_the_answer_changed(at_desk, submitted, sam):
    at_desk.press(submitted, "save", right_address="on")
    with every_business():
        assert set(review.marks(stored(submitted))) == {"address"}
        OnboardingApplication.objects.filter(pk=submitted.pk).update(address="Calle 2")

        assert review.marks(stored(submitted)) == {}


HOSTILE = ["\x00", "\u202e", "x" * 10_000, "<script>alert(1)</script>", "👩‍👧" * 50, "²"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_any_field_is_a_sentence_and_never_an_error(at_desk, submitted, text):
    fields = {name: text for name in ("note_brand", "canned_brand", "reason", "canned_reason", "message", "why")}
    for decision in ("save", "changes", "reject", "message", "decline", "undo", "take_over", text):
        response = at_desk.press(submitted, decision, again=False, **fields)
        assert response.status_code in {302, 422}
        assert "<script>alert(1)" not in at_desk.open(submitted)
    assert (
        at_desk.client.post(address(submitted, "decide"), {"decision_id": text, "decision": "undo"}).status_code == 422
    )


@pytest.mark.parametrize("query", ["status", "holder", "waits", "risk", "screening", "country", "q"])
def test_a_filter_that_does_not_exist_filters_nothing(at_desk, submitted, query):
    for value in ("\x00", "nonsense", "' OR 1=1"):
        response = at_desk.client.get(
            reverse("admin:onboarding_onboardingapplication_changelist"), {query: value}, follow=True
        )
        assert response.status_code == 200


# Two at once


def test_of_two_reviewers_the_second_is_told_who_decided(at_desk, submitted, sara):
    second = Reviewer(sara)
    second.open(submitted)
    at_desk.press(submitted, "reject", reason="No website")

    response = second.press(submitted, "approve", again=True)

    assert response.status_code == 422
    assert "Sam has just decided" in response.content.decode()
    assert [row.verb for row in decisions(submitted)] == ["reject"]


def test_a_decision_about_answers_that_changed_meanwhile_is_not_kept(at_desk, submitted):
    at_desk.open(submitted)
    with every_business():
        OnboardingApplication.objects.filter(pk=submitted.pk).update(version=7)

    response = at_desk.press(submitted, "approve", again=True)

    assert response.status_code == 422
    assert decisions(submitted) == []


def test_a_form_that_does_not_say_what_it_saw_decides_nothing(client, sam, submitted):
    client.force_login(sam)

    assert client.post(address(submitted, "decide"), {"decision": "approve"}).status_code == 422
    assert decisions(submitted) == []


def test_whoever_clicks_second_is_told_who_has_it(at_desk, submitted, sara):
    second = Reviewer(sara)
    second.open(submitted)
    at_desk.press(submitted, "claim")

    response = second.press(submitted, "claim", again=True)

    assert response.status_code == 422
    assert "Sam has just taken this application." in response.content.decode()
    assert stored(submitted).claimed_by.full_name == "Sam"


def test_a_colleagues_application_is_not_decided(at_desk, submitted, sara):
    at_desk.press(submitted, "claim")

    response = Reviewer(sara).press(submitted, "approve")

    assert response.status_code == 422
    assert "Sam has this application" in response.content.decode()
    assert decisions(submitted) == []


def test_an_application_is_taken_over_from_the_one_who_has_it(at_desk, submitted, sara):
    at_desk.press(submitted, "claim")

    Reviewer(sara).press(submitted, "take_over")

    assert stored(submitted).claimed_by == sara


def test_taking_over_from_somebody_who_no_longer_has_it_says_who_does(at_desk, submitted, sara):
    third = Reviewer(builders.staff("teo"))
    at_desk.press(submitted, "claim")
    third.open(submitted)
    Reviewer(sara).press(submitted, "take_over")

    response = third.press(submitted, "take_over", again=True)

    assert response.status_code == 422
    assert "Sara has it by now" in response.content.decode()
    assert stored(submitted).claimed_by == sara


def test_only_the_one_who_has_it_puts_it_back(at_desk, submitted, sara):
    at_desk.press(submitted, "claim")

    assert Reviewer(sara).press(submitted, "release").status_code == 422
    assert at_desk.press(submitted, "release").status_code == 302
    assert stored(submitted).claimed_by is None


def test_of_two_tabs_the_second_is_told(submitted, sam):
    with business_scope(submitted.business):
        second_tab = OnboardingApplication.objects.get(pk=submitted.pk)
        applications.reject(submitted, "No website", actor=sam)

        with pytest.raises(TransitionNotAllowed, match="Somebody else"):
            applications.approve(second_tab, actor=sam)


@pytest.mark.django_db(transaction=True)
def test_of_two_decisions_in_the_same_instant_one_is_kept():
    business = builders.business("Acme")
    application = builders.application(business, status=Status.SUBMITTED)
    people = [builders.staff("sam"), builders.staff("sara")]
    start, said = threading.Barrier(2), []
    with every_business():
        seen = review.seen_by_now(application)

    def act(person):
        try:
            start.wait(10)
            with every_business():
                review.decide(application, "approve", actor=person, seen=seen)
            said.append("kept")
        except review.Overtaken as exc:
            said.append(str(exc))
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert said.count("kept") == 1
    assert any("has just decided" in text for text in said)
    assert len(decisions(application)) == 1


# Undo


def test_an_undone_decision_leaves_no_trace_outside(at_desk, submitted, acme):
    at_desk.press(submitted, "reject", reason="No website")

    at_desk.press(submitted, "undo")
    a_minute_later()

    assert stored(submitted).status == Status.SUBMITTED
    assert not Mail.objects.exists()
    with business_scope(acme):
        assert not AuditEvent.objects.filter(staff_only=False).exists()


def test_an_undone_refusal_keeps_its_words_for_the_next_try(at_desk, submitted):
    at_desk.press(submitted, "reject", reason="No website")

    at_desk.press(submitted, "undo")

    assert "No website" in at_desk.open(submitted)


def test_undoing_a_decision_that_left_says_that_it_is_too_late(at_desk, submitted):
    at_desk.press(submitted, "approve")
    at_desk.open(submitted)
    a_minute_later()

    response = at_desk.press(submitted, "undo", again=True)

    assert response.status_code == 422
    assert "Too late: the decision left the house at" in response.content.decode()
    assert stored(submitted).status == Status.APPROVED


def test_a_decision_still_in_the_house_can_be_undone_however_late_the_worker_is(at_desk, submitted):
    at_desk.press(submitted, "approve")
    with every_business():
        ReviewDecision.objects.update(leaves_at=submitted.created_at)

    at_desk.press(submitted, "undo")

    assert [row.state for row in decisions(submitted)] == ["undone"]


def test_a_colleague_does_not_undo_a_decision(at_desk, submitted, sara):
    at_desk.press(submitted, "approve")

    assert Reviewer(sara).press(submitted, "undo").status_code == 422
    assert [row.state for row in decisions(submitted)] == ["leaving"]


def test_a_decision_that_was_overtaken_does_nothing_and_says_so(at_desk, submitted, sam):
    at_desk.press(submitted, "approve")
    with business_scope(submitted.business):
        applications.reject(stored(submitted), "Decided elsewhere", actor=sam)

    assert a_minute_later() == {"left": 0, "overtaken": 1}
    assert "came too late" in at_desk.open(submitted)


# Four eyes


@pytest.fixture
def four_eyes(monkeypatch):
    rule = review.house_rule
    monkeypatch.setattr(review, "house_rule", lambda name: True if name == "refusals_need_two" else rule(name))


def test_a_refusal_waits_for_a_second_reviewer(at_desk, submitted, sara, four_eyes):
    at_desk.press(submitted, "reject", reason="No website")
    assert a_minute_later() == {"left": 0, "overtaken": 0}

    Reviewer(sara).press(submitted, "confirm")
    assert a_minute_later() == {"left": 1, "overtaken": 0}

    assert stored(submitted).status == Status.REJECTED
    assert stored(submitted).rejection_reason == "No website"


def test_nobody_confirms_their_own_refusal(at_desk, submitted, four_eyes):
    at_desk.press(submitted, "reject", reason="No website")

    response = at_desk.press(submitted, "confirm")

    assert response.status_code == 422
    assert [row.state for row in decisions(submitted)] == ["second"]


def test_a_refusal_that_is_not_confirmed_goes_back_with_the_reason(at_desk, submitted, sara, four_eyes):
    at_desk.press(submitted, "reject", reason="No website")

    Reviewer(sara).press(submitted, "decline", why="The site is up again")

    assert "The site is up again" in at_desk.open(submitted)
    assert stored(submitted).status == Status.SUBMITTED
    assert at_desk.press(submitted, "approve").status_code == 302


def test_other_decisions_need_no_second_reviewer(at_desk, submitted, four_eyes):
    at_desk.press(submitted, "approve")

    assert a_minute_later() == {"left": 1, "overtaken": 0}


# Who gets in


@pytest.mark.parametrize("action", ["change", "decide", "mark"])
def test_members_of_a_business_do_not_get_in(client, olga, submitted, action):
    client.force_login(olga)

    assert client.get(address(submitted, action)).status_code == 302
    client.post(address(submitted, "decide"), {"decision": "approve"})
    assert decisions(submitted) == []


def test_staff_who_may_only_look_see_the_page_and_no_button(client, submitted):
    viewer = Reviewer(staff_who_may("view_onboardingapplication"))

    page = viewer.open(submitted)

    assert "Calle 1" in page
    assert 'name="decision"' not in page


@pytest.mark.parametrize("decision", ["approve", "changes", "reject", "save", "claim", "undo", "confirm", "message"])
def test_staff_who_may_only_look_can_not_act(submitted, decision):
    viewer = Reviewer(staff_who_may("view_onboardingapplication"))

    response = viewer.press(submitted, decision, reason="x", message="x", note_brand="x")

    assert response.status_code == 403
    assert decisions(submitted) == []
    with every_business():
        assert not submitted.messages.exists()


@pytest.mark.parametrize("action", ["change", "mark"])
def test_staff_without_the_right_to_look_see_nothing(client, submitted, action):
    client.force_login(staff_who_may())

    assert client.get(address(submitted, action)).status_code == 403
    assert client.get(reverse("admin:onboarding_onboardingapplication_workload")).status_code == 403


def test_what_reviewers_do_among_themselves_is_audited_for_staff_only(client, at_desk, submitted, olga):
    at_desk.press(submitted, "claim")
    at_desk.press(submitted, "approve")
    at_desk.press(submitted, "undo")

    with every_business():
        verbs = list(AuditEvent.objects.order_by("pk").values_list("verb", "staff_only"))
    assert verbs == [("application taken", True), ("application decided", True), ("decision undone", True)]
    client.force_login(olga)
    trail = client.get(f"/b/{submitted.business.slug}/audit/")
    assert "decision undone" not in trail.content.decode()
