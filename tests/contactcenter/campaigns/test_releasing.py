"""Letting a campaign go: bounded slices, each person once, pause and cancel at once, and stopping by itself."""

import threading
from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import connection

from config.clock import now
from contactcenter.campaigns import lifecycle, outbox, releasing
from contactcenter.models import Conversation, Message, OutboxItem, Priority
from onboarding.models import PersonWritten
from onboarding.services import written_first
from templates_hsm.models import MessageTemplate
from tenants.models import AuditEvent, Mail
from tenants.tenancy import business_scope, every_business
from tests import builders
from tests.contactcenter.campaigns.scene import (
    again,
    checked,
    feed,
    made,
    messages_of,
    person,
    reasons,
    recipients,
    scene,
    settle,
    started,
    stops,
)  # fmt: skip

pytestmark = pytest.mark.django_db
HEAD = "celular,nombre,pedido\n"


def crowd(business, count, **fields):
    """A campaign that was started for so many people who agreed."""
    people = [person(business, f"57300{n:07}", f"Ana {n}") for n in range(count)]
    text = HEAD + "".join(f"300{n:07},Ana,A-{n}\n" for n in range(count))
    return started(made(business, text, **fields)), people


def test_each_person_gets_the_template_with_their_own_values(acme):
    campaign, _people = crowd(acme, 3)

    assert feed(campaign) == 3

    messages = messages_of(campaign)
    assert [message.text for message in messages] == [f"Hello Ana, your order A-{n} is on its way." for n in range(3)]
    parameters = messages[2].content["components"][0]["parameters"]
    assert [one["text"] for one in parameters] == ["Ana", "A-2"]
    assert {message.source for message in messages} == {"campaign"}
    with business_scope(acme):
        assert set(OutboxItem.objects.values_list("priority", flat=True)) == {Priority.CAMPAIGN}
    assert feed(campaign) == 0
    assert again(campaign).state == "running"
    settle(messages)
    feed(campaign)
    assert again(campaign).state == "done"


def test_only_a_bounded_number_waits_in_the_outbox(acme):
    number, template = scene(acme)
    with business_scope(acme):
        type(number).objects.filter(pk=number.pk).update(throughput=10)
    campaign, _people = crowd(acme, 45, number=number, template=template)

    feed(campaign)
    assert len(messages_of(campaign)) == 20
    feed(campaign)
    assert len(messages_of(campaign)) == 20
    settle(messages_of(campaign)[:5])
    feed(campaign)
    assert len(messages_of(campaign)) == 25


def test_a_campaign_is_no_answer_and_opens_no_new_work(acme):
    campaign, people = crowd(acme, 2)
    waiting = builders.conversation(acme, contact=people[0], phone_number=campaign.phone_number)
    since = now() - timedelta(hours=3)
    with business_scope(acme):
        Conversation.objects.filter(pk=waiting.pk).update(waiting_since=since, last_activity_at=since)
    feed(campaign)

    with business_scope(acme):
        waiting.refresh_from_db()
        other = Conversation.objects.get(contact=people[1])
    assert (waiting.waiting_since, waiting.last_activity_at, waiting.status) == (since, since, "open")
    assert other.status == "resolved"


def test_who_said_stop_since_the_check_is_left_out(acme):
    campaign, people = crowd(acme, 2)
    stops(acme, people[0])

    feed(campaign)

    assert reasons(campaign) == {2: "opted_out"}
    assert [message.contact_id for message in messages_of(campaign)] == [people[1].pk]


def test_pausing_holds_what_hasnt_left_and_going_on_lets_it_go(acme):
    campaign, _people = crowd(acme, 30)
    feed(campaign)
    with business_scope(acme):
        first, second = OutboxItem.objects.order_by("pk")[:2]
        OutboxItem.objects.filter(pk=first.pk).update(state="attempted", lease_until=now(), attempted_at=now())
        OutboxItem.objects.filter(pk=second.pk).update(state="claimed", claimed_by="me", lease_until=now())
        _row, leaving = lifecycle.pause(campaign, actor=None)
        states = dict(OutboxItem.objects.values_list("pk", "state"))
        held = OutboxItem.objects.filter(not_before=outbox.HELD_UNTIL).count()

    assert leaving == 1
    assert (states[first.pk], states[second.pk], held) == ("attempted", "waiting", 29)
    assert feed(campaign) == 0

    with business_scope(acme):
        lifecycle.resume(campaign, actor=None)
        assert not OutboxItem.objects.filter(not_before=outbox.HELD_UNTIL).exists()
    assert again(campaign).state == "running"


def test_cancelling_takes_back_what_hasnt_left(acme):
    campaign, _people = crowd(acme, 30)
    feed(campaign)
    with business_scope(acme):
        first = OutboxItem.objects.order_by("pk").first()
        OutboxItem.objects.filter(pk=first.pk).update(state="attempted", lease_until=now(), attempted_at=now())
        row, taken = lifecycle.cancel(campaign, actor=None)
        assert list(OutboxItem.objects.values_list("pk", flat=True)) == [first.pk]
        assert Message.objects.filter(status="failed").count() == 29
        assert lifecycle.cancel(campaign, actor=None)[1] == 0

    assert (row.state, taken) == ("cancelled", 29)
    assert feed(campaign) == 0
    assert sorted({one.state for one in recipients(campaign)}) == ["released", "withdrawn"]
    with business_scope(acme), pytest.raises(lifecycle.NotPossible):
        lifecycle.resume(campaign, actor=None)


@pytest.mark.django_db(transaction=True)
def test_several_feeders_and_a_dying_one_send_to_nobody_twice(acme, monkeypatch):
    monkeypatch.setattr(releasing, "SLICE", 7)
    number, template = scene(acme)
    campaign, people = crowd(acme, 60, number=number, template=template)
    hits, lock = [], threading.Lock()

    def strike(name):
        with lock:
            hits.append(name)
            if len(hits) in (2, 5):
                raise RuntimeError("struck")

    monkeypatch.setattr(releasing, "fault_point", strike)

    def work():
        try:
            for _turn in range(12):  # past the lock that keeps to one feeder: the rows alone have to hold
                try:
                    releasing.release_slice(campaign.pk, acme.pk)
                except RuntimeError:
                    continue
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    messages = messages_of(campaign)
    assert sorted(message.contact_id for message in messages) == sorted(one.pk for one in people)
    with business_scope(acme):
        assert OutboxItem.objects.count() == 60


def test_a_message_that_is_there_already_is_not_made_again(acme):
    campaign, people = crowd(acme, 2)
    thread = builders.conversation(acme, contact=people[0], phone_number=campaign.phone_number)
    builders.message(thread, "x", "outbound", idempotency_key=releasing.key_of(campaign, people[0].pk))

    assert feed(campaign) == 1
    assert reasons(campaign) == {2: "twin"}


def test_quiet_hours_hold_people_where_it_is_night(acme, monkeypatch):
    number, template = scene(acme)
    person(acme, "573001110001")
    person(acme, "34612345678")
    campaign = checked(made(acme, HEAD + "+573001110001,a,1\n+34612345678,b,2\n", number=number, template=template))
    noon_in_bogota = datetime(2026, 11, 24, 17, 30, tzinfo=UTC)
    monkeypatch.setattr(releasing, "now", lambda: noon_in_bogota)
    with business_scope(acme):
        lifecycle.start(campaign, actor=None, quiet=(time(18), time(8)))
        type(campaign).objects.filter(pk=campaign.pk).update(started_at=noon_in_bogota)

    feed(campaign)

    assert [row.phone for row in recipients(campaign, state="released")] == ["573001110001"]
    row = again(campaign)
    assert (row.waits_for, row.waits_until) == ("quiet_hours", datetime(2026, 11, 25, 7, 0, tzinfo=UTC))
    monkeypatch.setattr(releasing, "now", lambda: datetime(2026, 11, 25, 7, 1, tzinfo=UTC))
    feed(campaign)
    assert {row.phone for row in recipients(campaign, state="released")} == {"573001110001", "34612345678"}


def test_a_scheduled_campaign_waits_for_its_moment(acme, monkeypatch):
    person(acme, "573001110001")
    campaign = checked(made(acme, HEAD + "3001110001,a,1\n"))
    later = now() + timedelta(hours=2)
    with business_scope(acme):
        lifecycle.start(campaign, actor=None, start_at=later)
    assert feed(campaign) == 0
    assert again(campaign).state == "scheduled"

    monkeypatch.setattr(releasing, "now", lambda: later + timedelta(seconds=1))
    assert feed(campaign) == 1
    assert again(campaign).state == "running"


def test_the_messaging_limit_of_the_portfolio_holds(acme):
    number, template = scene(acme)
    with business_scope(acme):
        type(number).objects.filter(pk=number.pk).update(messaging_limit="tier_250")
        number.refresh_from_db()
        people = written_first.limit_of(number).people_per_day
        portfolio = written_first.portfolio_of(number.waba)
        PersonWritten.objects.bulk_create(
            PersonWritten(business=acme, portfolio=portfolio, contact_id=10**9 + n, at=now() - timedelta(hours=1))
            for n in range(people - 2)
        )
    campaign, everybody = crowd(acme, 5, number=number, template=template)
    feed(campaign)

    assert len(messages_of(campaign)) == 2
    row = again(campaign)
    assert (row.state, row.waits_for) == ("running", "messaging_limit")
    with business_scope(acme):
        PersonWritten.objects.filter(contact_id__gte=10**9).delete()
    feed(campaign)
    assert len(messages_of(campaign)) == len(everybody)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": "paused"}, "template_not_approved"),
        ({"quality": "red"}, "template_quality"),
        ({"category": "MARKETING"}, "category_changed"),
        ({"components": [{"type": "BODY", "text": "Other"}]}, "template_changed"),
    ],
)
def test_it_stops_by_itself_when_the_template_loses_its_footing(acme, olga, change, reason):
    campaign, _people = crowd(acme, 25)
    with business_scope(acme):
        MessageTemplate.objects.filter(pk=campaign.template_id).update(**change)

    assert feed(campaign) == 0

    row = again(campaign)
    assert (row.state, row.stop_reason) == ("stopped", reason)
    [mail] = Mail.objects.filter(to=olga.email)
    assert "Spring" in mail.subject
    assert f"/campaigns/{campaign.reference}/" in mail.text


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"quality_rating": "red"}, "number_quality"), ({"status": "flagged"}, "number_quality"),
     ({"status": "restricted"}, "number_restricted"), ({"status": "banned"}, "number_cant_send")],
)  # fmt: skip
def test_it_stops_by_itself_when_the_number_does(acme, change, reason):
    campaign, _people = crowd(acme, 2)
    with business_scope(acme):
        type(campaign.phone_number).objects.filter(pk=campaign.phone_number_id).update(**change)

    assert feed(campaign) == 0
    assert again(campaign).stop_reason == reason


def test_it_stops_by_itself_when_too_many_of_the_last_fail_and_a_person_may_go_on(acme):
    campaign, _people = crowd(acme, 200)
    feed(campaign)
    messages = messages_of(campaign)
    settle(messages[:30])
    settle(messages[30:37], "failed", error_code=131026)
    feed(campaign)
    assert again(campaign).state == "running"  # 7 of 37 is less than a fifth

    settle(messages[37:40], "failed", error_code=131026)
    feed(campaign)
    row = again(campaign)
    assert (row.state, row.stop_reason, row.stop_details) == (
        "stopped",
        "errors",
        {"failed": 10, "of": 40, "percent": 20},
    )
    with business_scope(acme):
        assert not OutboxItem.objects.exclude(not_before=outbox.HELD_UNTIL).exists()

        lifecycle.resume(campaign, actor=None)
    feed(campaign)
    assert again(campaign).state == "running"


def test_few_failures_say_nothing(acme):
    campaign, _people = crowd(acme, 60)
    feed(campaign)
    settle(messages_of(campaign)[:29], "failed", error_code=131026)
    feed(campaign)

    assert again(campaign).state == "running"


def test_another_category_waits_for_somebody_who_agrees_to_its_price(acme, olga):
    campaign, _people = crowd(acme, 2)
    with business_scope(acme):
        MessageTemplate.objects.filter(pk=campaign.template_id).update(category="MARKETING")
    feed(campaign)
    assert again(campaign).state == "stopped"

    with business_scope(acme):
        lifecycle.resume(campaign, actor=olga)
        line = AuditEvent.objects.filter(business=acme, verb="campaign resumed").get()
    assert line.details["category_agreed"] == "MARKETING"
    assert feed(campaign) == 2


def test_an_edited_template_cant_go_on(acme):
    campaign, _people = crowd(acme, 2)
    with business_scope(acme):
        MessageTemplate.objects.filter(pk=campaign.template_id).update(components=[{"type": "BODY", "text": "Other"}])
    feed(campaign)

    with business_scope(acme), pytest.raises(lifecycle.NotPossible):
        lifecycle.resume(campaign, actor=None)


@pytest.mark.parametrize("act", [lifecycle.pause, lifecycle.resume])
def test_a_draft_can_neither_be_paused_nor_resumed(acme, act):
    campaign = made(acme, HEAD + "3001110001,a,1\n")
    with business_scope(acme), pytest.raises(lifecycle.NotPossible):
        act(campaign, actor=None)


def test_what_was_seen_is_what_is_started(acme):
    person(acme, "573001110001")
    campaign = checked(made(acme, HEAD + "3001110001,a,1\n"))
    with business_scope(acme), pytest.raises(lifecycle.NotPossible):
        lifecycle.start(campaign, actor=None, seen=campaign.checked_at - timedelta(seconds=1))
    with business_scope(acme):
        lifecycle.start(campaign, actor=None, seen=campaign.checked_at)
        assert lifecycle.start(campaign, actor=None).state == "running"


def test_the_invariants_hold_with_a_campaign_on_its_way(acme):
    from contactcenter.invariants.counters import INVARIANT

    campaign, people = crowd(acme, 3)
    thread = builders.conversation(acme, contact=people[0], phone_number=campaign.phone_number)
    at = now() - timedelta(hours=1)
    builders.message(thread, "Hello", at=at)
    with business_scope(acme):
        Conversation.objects.filter(pk=thread.pk).update(
            waiting_since=at,
            last_inbound_at=at,
            last_activity_at=at,
            unread_count=1,
            last_message_kind="text",
            last_message_text="Hello",
            last_message_direction="inbound",
        )
    feed(campaign)
    with every_business(), connection.cursor() as cursor:
        for rule in INVARIANT.rules:
            cursor.execute(rule.sql)
            assert cursor.fetchall() == [], rule
