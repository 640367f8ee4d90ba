"""Reminders while the ball is with the business: growing pauses, hours, an end, a way out, no heap after downtime."""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail as outbox

from config import clock
from config.clock import now
from onboarding.enums import ApplicationStatus as Status
from onboarding.enums import StepKind, StepState
from onboarding.models import ApplicationEvent, OnboardingApplication, OnboardingStep, Reminder
from onboarding.services import applications, reminders, steps, turns
from tenants.models import Mail
from tenants.tasks import send_due_mail
from tenants.tenancy import business_scope, every_business
from tests import builders

MONDAY_NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)  # twelve o'clock in Bogotá


@pytest.fixture(autouse=True)
def movable(settings):
    settings.MOVABLE_CLOCK = True


@contextmanager
def day(number, hour=12):
    """The present is ``number`` days after that Monday, at an hour of Bogotá."""
    with clock.frozen(MONDAY_NOON + timedelta(days=number, hours=hour - 12)):
        yield


@pytest.fixture
def draft(acme, olga):
    with day(0):
        return builders.application(
            acme, created_by=olga, contact_email="Contact@Acme.example", updated_at=now(), status_changed_at=now()
        )


def sweep():
    return reminders.run_due()["reminded"]


def letters():
    return Mail.objects.filter(headers__has_key="List-Unsubscribe").order_by("pk")


def row(application):
    with every_business():
        return Reminder.objects.get(application=application)


def test_the_pauses_grow_and_the_last_one_is_the_end(draft, olga):
    olga.language = "en"
    olga.save(update_fields=["language"])
    sent_on = []
    for number in range(1, 120):
        with day(number):
            if sweep():
                sent_on.append(number)

    assert sent_on == [2, 7, 17, 37, 77]
    assert letters().count() == 2 * 5  # the contact person and whoever began it
    assert "Last reminder" in letters().filter(to=olga.email).last().subject
    assert row(draft).next_at is None
    with every_business():
        assert ApplicationEvent.objects.filter(application=draft, kind="stalled").count() == 1


def test_downtime_makes_one_reminder_and_not_a_heap(draft):
    with day(1):
        sweep()
    with day(60):
        assert sweep() == 2
        assert sweep() == 0
        assert row(draft).next_at > now() + timedelta(days=4)


def test_a_turn_that_began_during_downtime_is_counted_from_its_beginning(draft, acme):
    with day(1):
        sweep()
    with day(3), business_scope(acme):
        OnboardingApplication.objects.filter(pk=draft.pk).update(updated_at=now())
    with day(6):
        assert sweep() == 2


def test_whoever_acts_is_reminded_anew_only_after_the_first_pause(draft, acme):
    for number in (1, 2, 7):
        with day(number):
            sweep()
    with day(8):
        with business_scope(acme):
            OnboardingApplication.objects.filter(pk=draft.pk).update(updated_at=now())
        sweep()
        assert row(draft).sent == 0
    with day(9):
        assert sweep() == 0
    with day(10, hour=13):
        assert sweep() == 2


def test_nothing_is_sent_once_the_turn_is_over(draft, acme):
    with day(1):
        sweep()
    with business_scope(acme):
        OnboardingApplication.objects.filter(pk=draft.pk).update(status=Status.REJECTED)
    with day(3):
        assert sweep() == 0
    assert row(draft).next_at is None


def test_no_reminder_leaves_in_the_quiet_hours_of_the_business(draft, acme):
    with day(1):
        sweep()
    with day(2, hour=23):
        assert sweep() == 0
        due = row(draft).next_at.astimezone(ZoneInfo("America/Bogota"))
    assert (due.hour, due.date()) == (8, datetime(2026, 11, 26).date())
    with day(3, hour=8):
        assert sweep() == 2


def test_reminders_know_the_business_clock(acme):
    acme.time_zone = "Asia/Tokyo"

    assert reminders.awake(acme, datetime(2026, 11, 23, 12, tzinfo=UTC)) == datetime(2026, 11, 23, 23, tzinfo=UTC)
    assert reminders.awake(acme, datetime(2026, 11, 23, 3, tzinfo=UTC)) == datetime(2026, 11, 23, 3, tzinfo=UTC)


def test_each_reader_gets_their_own_language(draft, acme, olga):
    olga.language = "en"
    olga.save()
    with day(2):
        sweep()
        words = {mail.to: mail.text for mail in letters()}

    assert "Pause or stop these reminders:" in words[olga.email]
    assert len(words) == 2


def test_the_mail_carries_a_one_click_way_out_that_really_leaves(draft, client, olga):
    with day(2):
        sweep()
        send_due_mail()
    letter = next(letter for letter in outbox.outbox if letter.to == [olga.email])
    assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = letter.extra_headers["List-Unsubscribe"].strip("<>")
    path = link.split("://", 1)[1].split("/", 1)[1]

    looked = client.get(f"/{path}")
    assert looked.status_code == 200
    assert not reminders.is_quiet(row(draft), olga.email, now())  # opening a link changes nothing

    assert client.post(f"/{path}", {"List-Unsubscribe": "One-Click"}).status_code == 204
    assert reminders.is_quiet(row(draft), olga.email, None)
    with day(7):
        assert sweep() == 1  # the other reader still gets theirs


def test_a_pause_ends_by_itself_and_a_stop_can_be_taken_back(draft, client, olga):
    with day(2):
        sweep()
        link = "/" + reminders.link(row(draft), olga.email).split("://", 1)[1].split("/", 1)[1]
        client.post(link, {"wish": "pause"})
        assert reminders.is_quiet(row(draft), olga.email, now())
    with day(17):
        assert not reminders.is_quiet(row(draft), olga.email, now())
    client.post(link, {"wish": "stop"})
    assert reminders.is_quiet(row(draft), olga.email, None)
    client.post(link, {"wish": "again"})
    assert not reminders.is_quiet(row(draft), olga.email, None)


def test_a_forged_link_finds_nothing(draft, client):
    assert client.get("/reminders/forged/").status_code == 404
    assert client.post("/reminders/forged/", {"wish": "stop"}).status_code == 404


def test_when_everybody_stopped_the_house_is_told_and_nothing_leaves(draft, olga, sam):
    with every_business():
        OnboardingApplication.objects.filter(pk=draft.pk).update(claimed_by=sam)
    with day(1):
        sweep()
    for address in (olga.email, "contact@acme.example"):
        with business_scope(draft.business):
            reminders.be_quiet(Reminder.objects.get(), address)
    with day(2):
        assert sweep() == 0

    assert row(draft).ended_at is not None
    assert Mail.objects.filter(to=sam.email, key__startswith="stalled:").count() == 1


def test_corrections_and_steps_are_turns_of_the_business(acme, olga, sam):
    with day(0):
        application = builders.application(
            acme, status=Status.SUBMITTED, facebook_business_id="506914307656634", created_by=olga
        )
        with business_scope(acme):
            steps.begin(application)
            assert turns.turn_of(application) is None
            steps.put(steps.get(application, StepKind.BUSINESS_VERIFICATION), StepState.WAITING_FOR_BUSINESS)
            assert turns.turn_of(application).what == StepKind.BUSINESS_VERIFICATION
    with day(2):
        assert sweep() == 1
    with day(3):
        with business_scope(acme):
            application.refresh_from_db()
            applications.request_changes(application, {"address": "Add the floor."}, actor=sam)
        sweep()
        assert (row(application).turn, row(application).sent) == (turns.CORRECTIONS, 0)
    with day(4), business_scope(acme):
        OnboardingApplication.objects.filter(pk=application.pk).update(status=Status.SUBMITTED, status_changed_at=now())
    with day(4):
        sweep()
        assert row(application).turn == StepKind.BUSINESS_VERIFICATION
        assert row(application).next_at >= now() + timedelta(days=1, hours=23)
    with day(6, hour=13):
        assert sweep() == 1


def test_following_twice_changes_nothing(draft):
    with day(1):
        assert reminders.follow() == 1
        assert reminders.follow() == 0


def test_staff_sees_what_has_stalled(client, acme, olga, sam):
    with clock.frozen(now() - timedelta(days=60)):
        old = builders.application(
            acme, status=Status.CHANGES_REQUESTED, brand="Forgotten", updated_at=now(), status_changed_at=now()
        )
    fresh = builders.application(acme, status=Status.CHANGES_REQUESTED, brand="Fresh")
    with every_business():
        assert set(turns.stalled()) == {old}
        OnboardingStep.objects.create(
            business=acme, application=fresh, kind=StepKind.NAME_REVIEW, state=StepState.WAITING_FOR_BUSINESS
        )
        assert set(turns.stalled()) == {old}
    client.force_login(sam)

    page = client.get("/admin/onboarding/onboardingapplication/?waits=stalled").content.decode()
    assert "Forgotten" in page
    assert "Fresh" not in page
