"""A badge request against the sandbox over HTTP: sent once, whatever becomes of the answer, and decided there."""

from datetime import timedelta

import pytest

from config.clock import now
from onboarding.models import BadgeRequest, BadgeState, PhoneNumber
from onboarding.services import badge, badge_checks, badge_worker, polls
from providers.http import CloudApi
from providers.models import ProviderCall
from tenants.models import Mail
from tenants.tenancy import business_scope, every_business
from tests import builders
from tests.onboarding.badges import PRESS, attempt, put_on_the_web, ready_number, stored

LONG_AGO = 1_700_000_000


@pytest.fixture
def number(sandbox, acme):
    account = sandbox.waba(name=acme.name)
    node = sandbox.number(account, "3155550190")
    sandbox.control("decide", kind="names", subject=node, approve=True)
    sandbox.control("number", id=node, on_platform_since=LONG_AGO)
    waba = builders.waba(acme, waba_id=account, business_verification="verified")
    return ready_number(acme, waba=waba, phone_number_id=node, e164="+573155550190")


@pytest.fixture
def request_(acme, olga, number):
    row = attempt(number, BadgeState.CHECKED, created_by=olga)
    with business_scope(acme):
        badge.send(row, actor=olga)
    return row


def work():
    with every_business():
        BadgeRequest.objects.exclude(next_attempt_at=None).update(next_attempt_at=now() - timedelta(seconds=1))
    badge_worker.run_due()


def test_it_is_sent_in_words_that_whatsapp_understands(sandbox, number, request_):
    work()

    row = stored(request_)
    assert (row.state, row.was_seen_pending) == (BadgeState.PENDING, True)
    call = ProviderCall.objects.filter(method="POST", path__endswith="official_business_account").get()
    body = call.request.get("json", call.request)
    assert body["primary_country_of_operation"] == "Colombia"
    assert body["primary_language"] == "Spanish"
    assert body["supporting_links"] == [PRESS]
    assert Mail.objects.filter(key__startswith="badge_sent:").count() == 1


def test_the_decision_is_found_by_asking(sandbox, number, request_):
    work()
    work()
    assert stored(request_).state == BadgeState.PENDING
    sandbox.control("decide", kind="badges", subject=number.phone_number_id, approve=False)

    work()

    assert stored(request_).state == BadgeState.REFUSED
    assert stored(request_).retry_from


def test_the_poll_of_the_numbers_finds_an_approval(sandbox, number, request_):
    work()
    sandbox.control("decide", kind="badges", subject=number.phone_number_id, approve=True)
    with every_business():
        number.waba.next_poll_at = now()
        number.waba.save()

    polls.poll_due()

    assert stored(request_).state == BadgeState.APPROVED
    with every_business():
        assert PhoneNumber.objects.get(pk=number.pk).is_official


@pytest.mark.parametrize("fault", ["timeout_after", "reset_after"])
def test_a_lost_answer_sends_nothing_twice(sandbox, number, request_, fault, monkeypatch):
    """The fault strikes the request itself: the look before it goes through."""
    original = CloudApi.request_official_account

    def struck(line, *args, **kwargs):
        sandbox.control("faults", kind=fault, scope="management", count=1, seconds=0.2)
        return original(line, *args, **kwargs)

    monkeypatch.setattr(CloudApi, "request_official_account", struck)

    for _round in range(4):
        work()

    assert stored(request_).state == BadgeState.PENDING
    assert asked_by_sandbox(sandbox) == 1


def asked_by_sandbox(sandbox):
    calls = sandbox.look("calls", limit=500)["calls"]
    return sum(call["method"] == "POST" and "official_business_account" in call["path"] for call in calls)


def test_what_whatsapp_doesnt_take_comes_back_with_its_reason_and_without_a_wait(sandbox, number, request_):
    sandbox.control("number", id=number.phone_number_id, pin="")

    work()

    row = stored(request_)
    assert (row.state, row.retry_from) == (BadgeState.CHECKED, None)
    assert "Two-step" in row.last_error
    assert row.asked_at is None
    assert Mail.objects.filter(key__startswith="badge_not_taken:").count() == 1


def test_while_whatsapp_is_away_the_request_waits(sandbox, number, request_):
    sandbox.control("faults", kind="server_error", scope="management", count=1)
    work()
    assert stored(request_).state == BadgeState.SENDING
    assert stored(request_).attempts == 1

    work()

    assert stored(request_).state == BadgeState.PENDING


def test_the_check_asks_whatsapp_how_the_number_stands(sandbox, acme, olga, number, monkeypatch):
    put_on_the_web(monkeypatch, {})
    sandbox.control("number", id=number.phone_number_id, pin="")
    row = attempt(number, BadgeState.CHECKED)
    with business_scope(acme):
        badge.look_again(row)

    work()

    assert stored(row).state == BadgeState.CHECKED
    assert stored(row).facts["pin"] is False
    with business_scope(acme):
        assert [check.key for check in badge_checks.stopping(stored(row))] == ["pin"]


def test_the_refusal_of_last_time_isnt_taken_for_a_new_one(sandbox, acme, olga, number):
    sandbox.control("number", id=number.phone_number_id, badge="REJECTED", badge_decided_at=LONG_AGO)
    attempt(number, BadgeState.REFUSED, decided_at=now() - timedelta(days=99), retry_from=now().date(), retry_at=now())
    row = attempt(number, BadgeState.CHECKED)
    with business_scope(acme):
        badge.send(row, actor=olga)
    work()
    # WhatsApp shows the old refusal still, for a moment
    with every_business():
        BadgeRequest.objects.filter(pk=row.pk).update(was_seen_pending=False, provider_status="rejected")
    sandbox.control("number", id=number.phone_number_id, badge="REJECTED")

    work()
    assert stored(row).state == BadgeState.PENDING

    sandbox.control("number", id=number.phone_number_id, badge="PENDING")
    work()
    sandbox.control("number", id=number.phone_number_id, badge="REJECTED")
    work()
    assert stored(row).state == BadgeState.REFUSED
