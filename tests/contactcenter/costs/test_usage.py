"""Usage by day: each message once, on its day, at the price that Meta told or that we expect."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from config.clock import now
from contactcenter.costs import prices, usage
from contactcenter.models import UsageBook, UsageDay, UsageNews
from tenants.models import Business
from tenants.tenancy import business_scope, every_business
from tests import builders
from tests.contactcenter import sending
from tests.contactcenter.costs.scene import (
    COLOMBIA_MARKETING,
    COLOMBIA_UTILITY,
    change,
    counted,
    rows_of,
    sent,
    thread,
    utc,
)  # fmt: skip

pytestmark = pytest.mark.django_db
NOON = utc(2026, 11, 10, 17)


def test_a_delivered_template_costs_what_the_card_says_in_the_category_that_meta_told(acme):
    message = sent(thread(acme), told="regular", category="marketing", at=NOON)

    [row] = counted(acme, message)

    assert (row.day, row.category, row.country, row.pricing_type) == (date(2026, 11, 10), "marketing", "CO", "regular")
    assert (row.messages, row.delivered, row.billable, row.unpriced) == (1, 1, 1, 0)
    assert (row.cost, row.coming) == (COLOMBIA_MARKETING, 0)


def test_counting_again_changes_nothing(acme):
    message = sent(thread(acme), told="regular", category="marketing", at=NOON)
    once = [(row.messages, row.cost) for row in counted(acme, message)]

    assert [(row.messages, row.cost) for row in counted(acme, message, message)] == once == [(1, COLOMBIA_MARKETING)]


def test_before_meta_says_anything_the_price_is_an_expectation_of_its_own_row(acme):
    conversation = thread(acme)
    template = builders.template(acme, category="MARKETING")
    told = sent(conversation, told="regular", category="utility", at=NOON)
    untold = sent(conversation, "accepted", kind="template", template=template, at=NOON)

    rows = counted(acme, told, untold)

    assert [(row.category, row.pricing_type, row.cost, row.coming) for row in rows] == [
        ("marketing", "", 0, COLOMBIA_MARKETING),
        ("utility", "regular", COLOMBIA_UTILITY, 0),
    ]


def test_a_late_status_moves_the_message_to_what_it_says_and_leaves_nothing_behind(acme):
    template = builders.template(acme, category="MARKETING")
    message = sent(thread(acme), "accepted", kind="template", template=template, at=NOON)
    counted(acme, message)
    change(message, status="delivered", rank=5, delivered_at=NOON + timedelta(days=3), pricing_type="regular",
           pricing_category="utility")  # fmt: skip

    [row] = counted(acme, message)

    assert (row.day, row.category, row.cost, row.coming) == (date(2026, 11, 10), "utility", COLOMBIA_UTILITY, 0)


def test_a_failed_message_costs_nothing(acme):
    message = sent(thread(acme), "accepted", told="regular", category="marketing", at=NOON)
    assert counted(acme, message)[0].coming == COLOMBIA_MARKETING
    change(message, status="failed", rank=4)

    assert counted(acme, message) == []


def test_the_day_is_that_of_the_business(acme):
    with every_business():
        Business.objects.filter(pk=acme.pk).update(time_zone="Asia/Kathmandu")
    before, behind = utc(2026, 11, 9, 18, 14, 59), utc(2026, 11, 9, 18, 15)
    conversation = thread(acme)

    rows = counted(acme, sent(conversation, at=before), sent(conversation, at=behind))

    assert [(row.day, row.messages) for row in rows] == [(date(2026, 11, 9), 1), (date(2026, 11, 10), 1)]


def test_another_time_zone_counts_every_message_once_and_on_its_new_day(acme):
    message = sent(thread(acme), at=utc(2026, 11, 10, 2))
    with every_business():
        Business.objects.filter(pk=acme.pk).update(time_zone="America/Bogota")
    assert [row.day for row in counted(acme, message)] == [date(2026, 11, 9)]
    with every_business():
        Business.objects.filter(pk=acme.pk).update(time_zone="Europe/Madrid")

    assert [(row.day, row.messages) for row in counted(acme)] == [(date(2026, 11, 10), 1)]


def test_the_rate_is_that_of_the_day_of_delivery(acme):
    conversation = thread(acme, "525511112222")
    old = sent(conversation, told="regular", category="marketing", at=utc(2026, 9, 30, 18))
    new = sent(conversation, told="regular", category="marketing", at=utc(2026, 10, 1, 18))
    late = sent(conversation, told="regular", category="marketing", at=utc(2026, 9, 30, 18),
                delivered_at=utc(2026, 10, 2))  # fmt: skip

    rows = counted(acme, old, new, late)

    assert [(row.day, row.cost) for row in rows] == [
        (date(2026, 9, 30), Decimal("0.0305") + Decimal("0.0397")),
        (date(2026, 10, 1), Decimal("0.0397")),
    ]


def test_an_answer_is_expected_to_be_free_until_the_last_of_september(acme):
    conversation = thread(acme)

    rows = counted(acme, sent(conversation, at=utc(2026, 9, 30, 18)), sent(conversation, at=utc(2026, 10, 1, 18)))

    assert [(row.category, row.billable, row.cost) for row in rows] == [
        ("service", 0, 0),
        ("service", 1, COLOMBIA_UTILITY),
    ]


@pytest.mark.parametrize("word", ["free_entry_point", "free_customer_service"])
def test_what_meta_calls_free_costs_nothing(acme, word):
    [row] = counted(acme, sent(thread(acme), told=word, category="referral_conversion", at=NOON))

    assert (row.messages, row.billable, row.unpriced, row.cost) == (1, 0, 0, 0)


def test_a_price_that_nobody_knows_is_unknown_and_not_zero(acme):
    [row] = counted(acme, sent(thread(acme, digits=""), told="regular", category="marketing", at=NOON))

    assert (row.country, row.billable, row.unpriced, row.cost) == ("", 1, 1, 0)
    assert prices.price("ai_bot", "regular", "5730", date(2026, 11, 10)) is None
    assert prices.price("marketing", "regular", "5730", date(2020, 1, 1)) is None


@pytest.mark.parametrize(
    ("prefix", "country"),
    [("5730", "CO"), ("1809", "DO"), ("1212", "US"), ("1416", "CA"), ("7701", "KZ"), ("7912", "RU"), ("4477", "GB"),
     ("", ""), ("9999", ""), ("5", "")],
)  # fmt: skip
def test_countries_by_the_first_digits(prefix, country):
    assert prices.country_of(prefix) == country


def test_what_we_receive_is_no_usage(acme):
    message = builders.message(thread(acme), "Hi", at=NOON)

    assert counted(acme, message) == []


def test_a_status_that_is_heard_twice_counts_once_and_leaves_news(acme):
    conversation = thread(acme)
    message = sent(conversation, "accepted", at=now())
    with every_business():
        UsageNews.objects.all().delete()
    for _again in range(2):
        sending.hear_status(
            message.provider_id, message.reference, "delivered",
            phone_number_id=conversation.phone_number.phone_number_id,
        )  # fmt: skip

    with every_business():
        assert UsageNews.objects.count() >= 1
    [row] = counted(acme)
    assert (row.messages, row.delivered) == (1, 1)


def test_only_days_with_news_are_counted(acme):
    conversation = thread(acme)
    first, second = sent(conversation, at=NOON), sent(conversation, at=NOON + timedelta(days=1))
    counted(acme, first, second)
    with every_business():
        UsageDay.objects.update(messages=99)

    assert [row.messages for row in counted(acme, second)] == [99, 1]


def test_messages_from_before_the_table_are_counted_by_the_first_round(acme):
    message = sent(thread(acme), at=now() - timedelta(days=40))

    usage.run_due()

    [row] = rows_of(acme)
    assert row.messages == 1
    assert abs((row.day - message.at.date()).days) <= 1


def test_what_ended_without_a_status_is_seen_after_a_while(acme):
    message = sent(thread(acme), "queued", at=now())
    assert counted(acme, message)[0].coming == COLOMBIA_UTILITY
    change(message, status="failed", rank=4)
    usage.run_due()
    assert len(rows_of(acme)) == 1

    with every_business():
        long_ago = now() - timedelta(minutes=11)
        UsageBook.objects.update(counted_at=long_ago, due_at=long_ago)
    usage.run_due()

    assert rows_of(acme) == []


def test_a_business_rests_between_two_rounds(acme):
    message = sent(thread(acme), at=now())
    with every_business():
        usage.note([(acme.pk, message.at)])
    assert usage.run_due() >= 1
    with every_business():
        usage.note([(acme.pk, message.at)])

    assert usage.run_due() == 0
    with every_business():
        UsageBook.objects.update(due_at=now())
    assert usage.run_due() == 1


def test_rows_of_one_business_are_not_seen_by_another(acme, globex):
    counted(acme, sent(thread(acme), at=NOON))

    with business_scope(globex):
        assert not UsageDay.objects.exists()
