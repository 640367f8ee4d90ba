"""What the provider tells of an account before anybody here has it is kept, and heard when somebody has."""

import json
from datetime import timedelta

import pytest
from django.db import OperationalError, connection

from config.clock import now
from onboarding.models import NumberNews, PhoneNumber, Waba
from onboarding.tasks import hear_early_news
from providers.models import DeadLetter, UnknownEvent
from providers.webhooks import dispatch, early, ledger
from tenants.tenancy import business_scope, every_business
from tests import builders

WABA_ID = "500000000000071"


def tell(value, field="account_update", entry="900000000000001"):
    """The provider tells; a worker digests it."""
    change = {"field": field, "value": value}
    entries = [{"id": entry, "time": int(now().timestamp()), "changes": [change]}]
    body = json.dumps({"object": "whatsapp_business_account", "entry": entries})
    for shard in ledger.append(body.encode()):
        dispatch.digest_shard(shard, scope=every_business)


def after():
    """A moment that is surely after what was just told; providers tell times in whole seconds."""
    return now() + timedelta(seconds=2)


@pytest.fixture
def partner_added(db):
    tell({"event": "PARTNER_ADDED", "waba_info": {"waba_id": WABA_ID, "owner_business_id": "66"}})


def test_an_account_that_appears_hears_what_came_before_it(partner_added, acme):
    kept = UnknownEvent.objects.get()
    assert (kept.kind, kept.provider_account) == (early.EARLY, WABA_ID)
    assert hear_early_news() == {"heard": 0}

    waba = builders.waba(acme, waba_id=WABA_ID, next_poll_at=None)

    assert hear_early_news() == {"heard": 1}
    assert not UnknownEvent.objects.exists()
    with business_scope(acme):
        assert Waba.objects.get(pk=waba.pk).next_poll_at is not None
    assert hear_early_news() == {"heard": 0}


def test_only_the_account_that_it_is_about_hears_it(partner_added, acme, globex):
    tell({"event": "PARTNER_ADDED", "waba_info": {"waba_id": "500000000000072", "owner_business_id": "66"}})
    builders.waba(globex, waba_id="500000000000072")

    assert hear_early_news() == {"heard": 1}
    assert [one.provider_account for one in UnknownEvent.objects.all()] == [WABA_ID]


def test_a_ban_that_came_too_early_holds_once_the_account_is_ours(db, acme):
    tell({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": ["DISABLE"]}}, entry=WABA_ID)
    waba = builders.waba(acme, waba_id=WABA_ID)

    assert hear_early_news() == {"heard": 1}

    with business_scope(acme):
        assert Waba.objects.get(pk=waba.pk).status == "disabled"
        assert NumberNews.objects.filter(waba=waba).exists()


def test_early_news_of_what_polls_tell_only_has_the_account_asked(db, acme):
    digits = {"display_phone_number": "573155559999"}
    tell(digits | {"event": "ONBOARDING", "max_daily_conversations_per_business": "TIER_250"},
         "phone_number_quality_update", WABA_ID)  # fmt: skip
    tell(digits | {"decision": "REJECTED", "requested_verified_name": "Acme", "rejection_reason": "NAME_FORMAT"},
         "phone_number_name_update", WABA_ID)  # fmt: skip
    tell({"max_daily_conversations_per_business": 250, "max_phone_numbers_per_business": 2},
         "business_capability_update", WABA_ID)  # fmt: skip
    waba = builders.waba(
        acme, waba_id=WABA_ID, next_poll_at=None, max_numbers=20, messaging_limit="tier_10k", created_at=after()
    )
    builders.phone_number(
        acme, waba=waba, e164="+573155559999", name_status="approved", messaging_limit="tier_10k", display_name="Acme"
    )

    assert hear_early_news() == {"heard": 3}

    with business_scope(acme):
        waba, number = Waba.objects.get(pk=waba.pk), PhoneNumber.objects.get()
        assert (waba.max_numbers, waba.messaging_limit) == (20, "tier_10k")
        assert (number.name_status, number.messaging_limit) == ("approved", "tier_10k")
        assert waba.next_poll_at is not None
        assert not NumberNews.objects.exists()


def test_what_no_poll_tells_is_kept_of_early_news(db, acme):
    said = {"display_phone_number": "573155559999", "decision": "REJECTED", "requested_verified_name": "Acme"}
    tell(said | {"rejection_reason": "NAME_FORMAT_UNACCEPTABLE"}, "phone_number_name_update", WABA_ID)
    tell({"max_phone_numbers_per_business": 2}, "business_capability_update", WABA_ID)
    waba = builders.waba(acme, waba_id=WABA_ID, created_at=after())
    builders.phone_number(acme, waba=waba, e164="+573155559999", name_status="pending_review")

    assert hear_early_news() == {"heard": 2}

    with business_scope(acme):
        number = PhoneNumber.objects.get()
        assert (number.name_status, number.name_rejection_reason) == ("pending_review", "NAME_FORMAT_UNACCEPTABLE")
        assert Waba.objects.get(pk=waba.pk).max_numbers == 2


def test_what_fails_when_it_is_heard_again_becomes_a_dead_letter(partner_added, acme, monkeypatch):
    builders.waba(acme, waba_id=WABA_ID)

    def fails(heard):
        raise ValueError("no")

    monkeypatch.setattr(early.subscribers, "handle", fails)

    assert hear_early_news() == {"heard": 0}
    assert DeadLetter.objects.get().kind == "ValueError"
    assert not UnknownEvent.objects.exists()


def test_one_that_fails_opens_the_closed_letter_of_its_delivery_again(partner_added, acme, monkeypatch):
    kept = UnknownEvent.objects.get()
    builders.waba(acme, waba_id=WABA_ID)
    DeadLetter.objects.create(
        delivery_id=kept.delivery_id, received_at=kept.received_at, body=b"{}", error="old", kind="Old", closed_at=now()
    )

    def fails(heard):
        raise ValueError("no")

    monkeypatch.setattr(early.subscribers, "handle", fails)

    assert hear_early_news() == {"heard": 0}
    letter = DeadLetter.objects.get()
    assert (letter.kind, letter.closed_at) == ("ValueError", None)
    assert letter.error.endswith("ValueError: no")


def test_it_waits_for_whoever_digests_the_deliveries_of_its_account(transactional_db, acme):
    tell({"event": "PARTNER_ADDED", "waba_info": {"waba_id": WABA_ID, "owner_business_id": "66"}})
    builders.waba(acme, waba_id=WABA_ID)
    digesting = connection.copy("digesting")
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM providers_delivery")
        shard = ledger.shard_of(bytes(cursor.fetchone()[0]))
        cursor.execute("SET lock_timeout = '200ms'")
    try:
        digesting.cursor().execute("SELECT pg_advisory_lock(%s, %s)", [ledger.READERS_LOCK, shard])
        with pytest.raises(OperationalError, match="lock timeout"):
            hear_early_news()
    finally:
        digesting.close()
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")

    assert hear_early_news() == {"heard": 1}


def test_one_that_is_older_than_the_ledger_is_left_to_be_read(partner_added):
    UnknownEvent.objects.update(received_at=now() - timedelta(days=30))

    assert hear_early_news() == {"heard": 0}
    assert UnknownEvent.objects.get().kind == early.UNUSED


def test_without_its_delivery_it_is_left_to_be_read(partner_added, acme):
    UnknownEvent.objects.update(delivery_id=10**12)
    builders.waba(acme, waba_id=WABA_ID)

    assert hear_early_news() == {"heard": 0}
    assert UnknownEvent.objects.get().kind == early.UNUSED
