"""The life of a number: what Meta tells by webhook and poll, whichever first, twice or late (product row C7)."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from config.clock import now
from onboarding import heard
from onboarding.models import NewsKind, NumberNews, PersonWritten, PhoneNumber, Waba
from onboarding.services import account_news, number_news, number_words, numbers, polls, written_first
from providers.base import Health, HealthProblem, HealthReport, PhoneNumberReport, Quality, ReviewDecision, WabaReport
from providers.webhooks.parser import parse_delivery
from providers.words import MessagingLimit
from tenants.models import Mail
from tenants.tenancy import business_scope, every_business
from tests import builders

AT = int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp())


class Heard:
    def __init__(self, event, delivery_id=1):
        self.event, self.delivery_id = event, delivery_id


def tell(number, field, value, at=AT, times=1):
    """The provider says something about the account of a number."""
    body = {
        "object": "whatsapp_business_account",
        "entry": [{"id": number.waba.waba_id, "time": at, "changes": [{"field": field, "value": value}]}],
    }
    for _time in range(times):
        for event in parse_delivery(json.dumps(body).encode()):
            handler = heard._each(heard._HANDLERS[type(event)])
            with every_business():
                handler([Heard(event)])


def restricted(kind, days=3):
    return {
        "event": "ACCOUNT_RESTRICTION",
        "restriction_info": [{"restriction_type": kind, "expiration": int(now().timestamp()) + days * 86400}],
    }


@pytest.fixture
def number(acme, olga):
    long_ago = datetime(2026, 11, 1, tzinfo=UTC)
    waba = builders.waba(acme, portfolio_id="506914307656634", created_at=long_ago)
    return builders.phone_number(acme, waba=waba, quality_rating="green", created_at=long_ago)


def news(number, kind=None):
    with business_scope(number.business):
        rows = NumberNews.objects.order_by("at", "pk")
        return list(rows.filter(kind=kind) if kind else rows)


def fresh(number):
    with every_business():
        return PhoneNumber.objects.select_related("waba").get(pk=number.pk)


def page(client, user, number):
    client.force_login(user)
    return client.get(reverse("onboarding:number", args=[number.business.slug, number.reference]))


def poll(number, **report):
    with every_business():
        row = PhoneNumber.objects.select_related("waba", "business").get(pk=number.pk)
        numbers.store_report(row, PhoneNumberReport(id="1", display_phone_number=row.e164, **report))


def test_a_restriction_is_heard_once_however_often_it_is_told(number):
    tell(number, "account_update", restricted("RESTRICTED_BIZ_INITIATED_MESSAGING"), times=3)

    assert [row.what for row in news(number, NewsKind.RESTRICTION)] == ["RESTRICTED_BIZ_INITIATED_MESSAGING"]
    assert len(fresh(number).waba.restrictions) == 1
    assert Mail.objects.filter(key__startswith="number_news:").count() == 1


def test_the_business_reads_what_a_restriction_stops_until_when_and_where_to_appeal(client, olga, number):
    olga.language = "en"
    olga.save(update_fields=["language"])
    tell(number, "account_update", restricted("RESTRICTED_BIZ_INITIATED_MESSAGING"))

    shown = page(client, olga, number).content.decode()

    assert "may not write first" in shown
    assert "Until" in shown
    assert number_words.APPEAL_URL in shown
    assert "may not write first" in Mail.objects.get(key__startswith="number_news:").text


@pytest.mark.parametrize(
    "kind",
    [
        "RESTRICTED_ADD_PHONE_NUMBER_ACTION", "RESTRICTED_BIZ_INITIATED_MESSAGING",
        "RESTRICTED_CUSTOMER_INITIATED_MESSAGING", "RESTRICTED_BIZ_INITIATED_AND_USER_INITIATED_CALLING",
        "RESTRICTED_BUSINESS_INITIATED_CALLING", "RESTRICTED_USER_INITIATED_CALLING",
        "RESTRICTED_USER_INITIATED_CALLING_CALL_BUTTON_HIDDEN", "RESTRICTED_DIRECT_SEND_UTILITY_TEMPLATES",
        "RESTRICTED_UTILITY_TEMPLATES",
    ],
)  # fmt: skip
def test_every_kind_of_restriction_has_words_of_its_own(number, kind):
    tell(number, "account_update", restricted(kind))

    told = number_words.describe(news(number)[0])

    assert kind not in told.title and told.what_to_do and told.link


def test_a_late_webhook_is_history_and_changes_nothing(number):
    tell(number, "account_update", {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "REINSTATE"}}, at=AT)
    tell(number, "account_update", {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}}, at=AT - 60)

    assert fresh(number).waba.status == "active"
    assert [row.what for row in news(number, NewsKind.BAN)] == ["DISABLE", "REINSTATE"]


def test_a_late_word_on_a_limit_or_a_name_changes_nothing_and_has_the_account_asked(number):
    with business_scope(number.business):
        PhoneNumber.objects.update(registered_at=number.created_at, name_status="pending_review")
    digits = {"display_phone_number": number.e164.lstrip("+")}
    told = (("TIER_10K", 10000, "APPROVED", 20, AT), ("TIER_2K", 2000, "REJECTED", 2, AT - 60))
    for tier, people, decision, most, at in told:
        limits = {"max_daily_conversations_per_business": people, "max_phone_numbers_per_business": most}
        tell(number, "business_capability_update", limits, at=at)
        limit = {"event": "ONBOARDING", "max_daily_conversations_per_business": tier}
        tell(number, "phone_number_quality_update", digits | limit, at=at)
        named = {"decision": decision, "requested_verified_name": number.display_name, "rejection_reason": "X"}
        tell(number, "phone_number_name_update", digits | named, at=at)
        seen = fresh(number)
        assert (seen.waba.max_numbers, seen.waba.messaging_limit, seen.messaging_limit) == (20, "tier_10k", "tier_10k")
        assert seen.name_status == "approved" and seen.waba.next_poll_at is not None
        with business_scope(number.business):
            Waba.objects.update(next_poll_at=None)


def test_two_words_in_one_batch_both_count(number):
    digits = {"display_phone_number": number.e164.lstrip("+"), "event": "ONBOARDING"}
    for tier, at in (("TIER_10K", AT), ("TIER_2K", AT + 1)):
        tell(number, "phone_number_quality_update", digits | {"max_daily_conversations_per_business": tier}, at=at)

    assert fresh(number).messaging_limit == "tier_2k"


def test_a_closed_account_is_said_on_every_page_of_numbers(client, olga, number):
    tell(number, "account_update", {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}})
    client.force_login(olga)

    listed = client.get(reverse("onboarding:numbers", args=[number.business.slug])).content.decode()

    assert "Meta has closed this account" in listed
    assert "Meta has closed this account" in page(client, olga, number).content.decode()


def test_a_violation_names_its_policy_in_words(number):
    tell(
        number, "account_update", {"event": "ACCOUNT_VIOLATION", "violation_info": {"violation_type": "ALCOHOL"}},
    )  # fmt: skip

    told = number_words.describe(news(number)[0])

    assert "alcohol" in told.title and "30 days" in told.what_to_do


def test_a_poll_and_a_webhook_that_say_the_same_make_one_line(number):
    tell(
        number,
        "phone_number_quality_update",
        {
            "display_phone_number": number.e164.lstrip("+"),
            "event": "ONBOARDING",
            "max_daily_conversations_per_business": "TIER_2K",
        },
    )
    poll(number, messaging_limit=MessagingLimit.TIER_2K)

    assert [row.what for row in news(number, NewsKind.LIMIT)] == ["tier_2k"]


def test_quality_over_time_is_drawn_from_its_changes(client, olga, number):
    poll(number, quality=Quality.RED)
    poll(number, quality=Quality.RED)

    with business_scope(number.business):
        points = number_news.quality_over_time(fresh(number))

    assert [word for _moment, word in points] == ["green", "red"]
    shown = page(client, olga, number).content.decode()
    assert '<path class="q" d="M' in shown
    assert Mail.objects.filter(key__startswith="number_news:").count() == 1


def test_the_limit_of_the_portfolio_holds_for_all_its_numbers(number):
    other = builders.phone_number(number.business, waba=number.waba)

    tell(number, "business_capability_update", {"max_daily_conversations_per_business": 10000}, times=2)

    assert {fresh(one).messaging_limit for one in (number, other)} == {"tier_10k"}
    assert len(news(number, NewsKind.LIMIT)) == 1


def test_a_fallen_limit_is_told_and_a_raised_one_is_not_alarming(number):
    tell(number, "business_capability_update", {"max_daily_conversations_per_business": 10000}, at=AT)
    tell(number, "business_capability_update", {"max_daily_conversations_per_business": 2000}, at=AT + 60)

    looks = [number_words.describe(row).look for row in news(number, NewsKind.LIMIT)]

    assert looks == ["ok", "warn"]
    assert Mail.objects.filter(key__startswith="number_news:").count() == 1


@pytest.mark.parametrize("event", ["PIN_RESET_REQUEST", "PIN_CHANGED"])
def test_news_of_the_pin_from_elsewhere_alarms_the_owner(number, event):
    tell(number, "security", {"display_phone_number": number.e164.lstrip("+"), "event": event})

    assert number_words.describe(news(number)[0]).look == "warn"
    assert Mail.objects.filter(key__startswith="number_news:").count() == 1


def test_an_alert_says_what_to_do(number):
    tell(
        number,
        "account_alerts",
        {
            "entity_type": "BUSINESS",
            "entity_id": "506914307656634",
            "alert_info": {
                "alert_severity": "WARNING",
                "alert_status": "ACTIVE",
                "alert_type": "INCREASED_CAPABILITIES_ELIGIBILITY_NEED_MORE_INFO",
                "alert_description": "Send more information.",
            },
        },
    )

    told = number_words.describe(news(number)[0])

    assert "Business Support" in told.what_to_do and told.body == "Send more information."


def health(state, *problems):
    return HealthReport(
        state, tuple(HealthProblem(kind, "1", state, 131031, "Locked.", "Appeal.") for kind in problems)
    )


def test_a_poll_finds_what_no_webhook_told(client, olga, number):
    with every_business():
        waba = Waba.objects.select_related("business").get(pk=number.waba_id)
        for _time in range(2):
            account_news.store_health(waba, health(Health.BLOCKED, "WABA"))

    assert [row.what for row in news(number, NewsKind.HEALTH)] == ["blocked"]
    assert "Locked. Appeal." in page(client, olga, number).content.decode()


def test_a_restriction_lifted_early_ends_with_a_look_at_the_account(number):
    tell(number, "account_update", restricted("RESTRICTED_BIZ_INITIATED_MESSAGING"))
    with every_business():
        NumberNews.objects.update(noted_at=now() - timedelta(hours=1))
        waba = Waba.objects.select_related("business").get(pk=number.waba_id)
        account_news.store_health(waba, health(Health.AVAILABLE))

    assert fresh(number).waba.restrictions == []
    assert [row.what for row in news(number, NewsKind.RESTRICTION)][-1] == "NONE"


def test_an_announced_ban_is_not_forgotten_while_the_account_still_works(number):
    tell(number, "account_update", {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "SCHEDULE_FOR_DISABLE"}})
    with every_business():
        waba = Waba.objects.select_related("business").get(pk=number.waba_id)
        polls.store(waba, WabaReport(id="1", status="ACTIVE", account_review=ReviewDecision.APPROVED), [])

    assert fresh(number).waba.status == "disabling"


def test_a_neighbour_reads_nothing_of_it(client, number, globex):
    tell(number, "account_update", restricted("RESTRICTED_BIZ_INITIATED_MESSAGING"))

    with business_scope(globex):
        assert NumberNews.objects.count() == 0


def test_people_written_to_first_are_counted_over_the_moving_day(client, olga, number):
    with business_scope(number.business):
        PhoneNumber.objects.filter(pk=number.pk).update(messaging_limit="tier_250")
        for hours in (1, 23, 25):
            PersonWritten.objects.create(
                business=number.business,
                portfolio="506914307656634",
                contact=builders.contact(number.business),
                at=now() - timedelta(hours=hours),
            )
        found = written_first.usage(fresh(number))
        assert (found.used, found.left) == (2, 248)

    assert "of 250 people in the last 24 hours" in page(client, olga, number).content.decode()


def test_old_rows_are_swept(number):
    with every_business():
        for hours in (1, 49):
            PersonWritten.objects.create(
                business=number.business, portfolio="p", contact=builders.contact(number.business),
                at=now() - timedelta(hours=hours),
            )  # fmt: skip
        written_first.forget_old()

        assert PersonWritten.objects.count() == 1
