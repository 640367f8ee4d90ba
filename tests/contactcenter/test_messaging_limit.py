"""The messaging limit: people written to first are counted as messages leave, and what has no place waits."""

from datetime import timedelta

import pytest

from config.clock import now
from contactcenter import gate
from contactcenter.sender.first_contacts import Wait
from contactcenter.sender.options import Options
from contactcenter.sender.store import Store, connection_parameters
from contacts.models import ConsentSource
from contacts.services import consent
from onboarding.models import PersonWritten, PhoneNumber
from onboarding.services import written_first
from tenants.tenancy import business_scope, every_business
from tests import builders
from tests.contactcenter.sending import queue, thread

PORTFOLIO = "506914307656634"


@pytest.fixture
def number(acme):
    return builders.phone_number(acme, waba=builders.waba(acme, portfolio_id=PORTFOLIO), messaging_limit="tier_50")


def written(number, count, hours_ago=1.0):
    with every_business():
        for _one in range(count):
            PersonWritten.objects.create(
                business=number.business,
                portfolio=PORTFOLIO,
                contact=builders.contact(number.business),
                at=now() - timedelta(hours=hours_ago),
            )


def people(number):
    with every_business():
        return set(PersonWritten.objects.filter(portfolio=PORTFOLIO).values_list("contact_id", flat=True))


def stranger(number, **fields):
    return thread(number.business, phone_number=number, hours_left=-1, **fields)


def mark(number, *, twice=False):
    """What the sender would let leave now: message to verdict."""
    store = Store("me", Options(), connection_parameters())
    try:
        facts = store.facts([number.pk])[number.pk]
        items = store.claim([(number.pk, 500, 9)])
        marked = store.mark(items, [facts] * len(items))
        return {item.message: marked[item.id] for item in items}
    finally:
        store.close()


@pytest.fixture
def template(number):
    return builders.template(number.business, waba=number.waba)


@pytest.mark.django_db(transaction=True)
def test_whoever_is_written_to_first_is_counted_once(number, template):
    first, answered = stranger(number), thread(number.business, phone_number=number)
    queue(first, "one", template=template)
    queue(first, "two", template=template)
    queue(answered, "inside the window", template=template)
    queue(answered, "a reply")

    verdicts = mark(number)

    assert set(verdicts.values()) == {""}
    assert people(number) == {first.contact_id}


@pytest.mark.django_db(transaction=True)
def test_beyond_the_limit_messages_wait_and_replies_leave(number, template):
    written(number, 49)
    chosen = [queue(stranger(number), "notice", template=template) for _one in range(3)]
    reply = queue(thread(number.business, phone_number=number), "a reply")

    verdicts = mark(number)

    assert verdicts[reply.pk] == ""
    waiting = [verdicts[message.pk] for message in chosen if isinstance(verdicts[message.pk], Wait)]
    assert len(waiting) == 2
    assert all(60 <= wait <= 3600 for wait in waiting)
    assert len(people(number)) == 50


@pytest.mark.django_db(transaction=True)
def test_somebody_who_counts_already_is_written_to_again(number, template):
    known = stranger(number)
    written(number, 49)
    with every_business():
        PersonWritten.objects.create(
            business=number.business, portfolio=PORTFOLIO, contact=known.contact, at=now() - timedelta(hours=3)
        )
    message = queue(known, "again", template=template)

    assert mark(number)[message.pk] == ""


@pytest.mark.django_db(transaction=True)
def test_places_become_free_after_a_day(number, template):
    written(number, 50, hours_ago=24.1)
    message = queue(stranger(number), "notice", template=template)

    assert mark(number)[message.pk] == ""


@pytest.mark.django_db(transaction=True)
def test_all_numbers_of_a_portfolio_share_its_places(acme, number, template):
    written(number, 50)
    other = builders.phone_number(acme, waba=builders.waba(acme, portfolio_id=PORTFOLIO), messaging_limit="tier_50")
    message = queue(stranger(other), "notice", template=builders.template(acme, waba=other.waba))

    assert isinstance(mark(other)[message.pk], Wait)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("limit", ["unlimited", "", "unknown"])
def test_without_a_known_limit_nothing_waits_but_all_is_counted(number, template, limit):
    with every_business():
        PhoneNumber.objects.filter(pk=number.pk).update(messaging_limit=limit)
    written(number, 60)
    message = queue(stranger(number), "notice", template=template)

    assert mark(number)[message.pk] == ""
    assert len(people(number)) == 61


@pytest.mark.django_db(transaction=True)
def test_two_senders_of_one_portfolio_give_no_place_away_twice(acme, number, template):
    written(number, 49)
    other = builders.phone_number(acme, waba=number.waba, messaging_limit="tier_50")
    messages = [queue(stranger(one), "notice", template=template) for one in (number, other)]

    verdicts = mark(number) | mark(other)

    assert [verdicts[message.pk] for message in messages].count("") == 1


def ask(conversation, template):
    conversation.refresh_from_db()
    return gate.may_send(conversation, kind="template", template=template)


def test_the_gate_says_when_a_place_is_free(number, template):
    row = stranger(number)
    written(number, 50, hours_ago=23)
    with business_scope(number.business):
        consent.record_opt_in(row.contact, source=ConsentSource.PAPER, wording="Yes", key="k", proof={"file": "a.pdf"})
        answer = ask(row, template)

    assert (answer.allowed, answer.reason) == (False, "limit_reached")
    assert timedelta(minutes=50) < answer.again_at - now() < timedelta(minutes=70)
    assert answer.text and answer.what_to_do and answer.as_data()["again_at"]


def test_the_gate_and_the_sender_count_under_one_key(number):
    with every_business():
        waba = number.waba
        assert written_first.portfolio_of(waba) == PORTFOLIO
        waba.portfolio_id = ""
        assert written_first.portfolio_of(waba) == f"waba:{waba.pk}"
