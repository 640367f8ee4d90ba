"""Budgets: exactly at the limit, two at once, answers that always go, and campaigns that stop by themselves."""

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from config.clock import now
from contactcenter import gate
from contactcenter.campaigns import lifecycle
from contactcenter.costs import budgets, spending
from contactcenter.costs.months import Month, day_of
from contactcenter.models import Budget, BudgetNotice, Message, UsageNews
from contactcenter.services import messages
from contacts.models import ConsentSource
from contacts.services import consent
from tenants.models import Mail
from tenants.tenancy import business_scope, every_business
from tests import builders
from tests.contactcenter.campaigns.scene import again, feed, made, messages_of, person, scene, settle, started
from tests.contactcenter.costs.scene import COLOMBIA_MARKETING, COLOMBIA_UTILITY, budget, counted, sent, thread

VALUES = {"body": ["Ana", "A-1"]}


def ready(business, **fields):
    """A thread with somebody who agreed, and a template that may be sent to them."""
    number, template = scene(business, **fields)
    conversation = thread(business, number=number)
    with business_scope(business):
        consent.record_opt_in(conversation.contact, source=ConsentSource.PAPER, key="paper")
    return conversation, template


def send(business, conversation, template):
    with business_scope(business):
        return messages.send_template(conversation, template, VALUES)


def spent(business):
    with business_scope(business):
        return spending.spent(business.pk, business.time_zone, Month.of(day_of(now(), business.time_zone)))


@pytest.mark.django_db
def test_a_template_goes_while_it_fits_exactly_and_not_a_micro_more(acme):
    conversation, template = ready(acme)
    row = budget(acme, "0.01")
    with business_scope(acme):
        UsageNews.objects.create(business=acme, phone_number=conversation.phone_number, at=now(),
                                 amount=row.amount - COLOMBIA_UTILITY)  # fmt: skip
        assert gate.may_send(conversation, kind="template", template=template).allowed
        UsageNews.objects.create(business=acme, at=now(), amount=Decimal("0.000001"))
        answer = gate.may_send(conversation, kind="template", template=template)

    assert answer.reason == "budget_used_up"
    assert "budget" in str(answer.text)


@pytest.mark.django_db
def test_what_is_put_out_is_taken_from_the_budget_at_once_and_stays_taken_when_it_is_counted(acme):
    conversation, template = ready(acme, category="MARKETING")
    budget(acme, "0.02")
    message = send(acme, conversation, template)
    assert spent(acme) == COLOMBIA_MARKETING

    with pytest.raises(gate.NotAllowed) as refusal:
        send(acme, conversation, template)
    assert refusal.value.answer.reason == "budget_used_up"

    [row] = counted(acme, message)
    assert row.coming == COLOMBIA_MARKETING
    assert spent(acme) == COLOMBIA_MARKETING
    with every_business():
        assert not UsageNews.objects.exists()


@pytest.mark.django_db
def test_an_answer_goes_whatever_is_left_and_is_counted_in(acme):
    conversation, template = ready(acme)
    builders.window(conversation)
    budget(acme, "0")

    with business_scope(acme):
        assert gate.may_send(conversation, kind="text").allowed
        messages.send_text(conversation, "We are open")
        assert not gate.may_send(conversation, kind="template", template=template).allowed
    assert spent(acme) == COLOMBIA_UTILITY


@pytest.mark.django_db
def test_a_budget_that_only_warns_stops_nothing(acme):
    conversation, template = ready(acme)
    budget(acme, "0", stops=False)

    assert send(acme, conversation, template).pk


@pytest.mark.django_db
def test_the_budget_of_another_number_is_not_asked(acme):
    conversation, template = ready(acme)
    budget(acme, "0", phone_number=builders.phone_number(acme))

    assert send(acme, conversation, template).pk


@pytest.mark.django_db
def test_without_a_budget_nothing_is_noted(acme):
    conversation, template = ready(acme)
    send(acme, conversation, template)

    with every_business():
        assert not UsageNews.objects.exists()


@pytest.mark.django_db
def test_the_money_of_another_month_is_not_this_months(acme):
    conversation, template = ready(acme)
    budget(acme, "0.01")
    old = sent(conversation, told="regular", category="marketing", at=now() - timedelta(days=62))
    counted(acme, old)

    assert send(acme, conversation, template).pk


@pytest.mark.django_db
def test_each_threshold_is_told_once_and_again_for_another_amount(acme, olga):
    conversation, _template = ready(acme)
    row = budget(acme, "0.01")
    counted(acme, sent(conversation, told="regular", category="utility"))
    with every_business():
        assert not Mail.objects.filter(key__startswith="budget:").exists()
    messages_ = [sent(conversation, told="regular", category="utility") for _each in range(10)]
    counted(acme, *messages_)
    counted(acme, *messages_)

    with every_business():
        assert list(BudgetNotice.objects.values_list("percent", flat=True)) == [80]
        count = Mail.objects.filter(key__startswith="budget:").count()
    assert count == 1
    with business_scope(acme):
        assert budgets.warn(acme) == 0
        Budget.objects.filter(pk=row.pk).update(amount=0)
        assert budgets.warn(acme) == 2
    with every_business():
        assert Mail.objects.filter(key__startswith="budget:").count() == 2


@pytest.mark.django_db
def test_a_campaign_sends_what_fits_and_stops_by_itself(acme, olga):
    for n in range(5):
        person(acme, f"57300{n:07}", f"Ana {n}")
    text = "celular,nombre,pedido\n" + "".join(f"300{n:07},Ana,A-{n}\n" for n in range(5))
    campaign = started(made(acme, text))
    with business_scope(acme):
        Budget.objects.create(business=acme, amount=Decimal("0.01"))
        UsageNews.objects.create(business=acme, at=now(), amount=Decimal("0.01") - 3 * COLOMBIA_UTILITY)

    feed(campaign)
    feed(campaign)

    campaign = again(campaign)
    assert (campaign.state, campaign.stop_reason) == ("stopped", "budget_used_up")
    assert len(messages_of(campaign)) == 3
    with every_business():
        assert Mail.objects.filter(key__startswith="campaign-stopped:").count() == 1
        Budget.objects.update(amount=1)
    with business_scope(acme):
        lifecycle.resume(campaign, actor=olga)
    feed(campaign)
    assert len(messages_of(campaign)) == 5
    settle(messages_of(campaign))


@pytest.mark.django_db(transaction=True)
def test_two_at_once_can_not_take_the_same_money(acme):
    conversation, template = ready(acme)
    budget(acme, "0.01")
    with business_scope(acme):
        UsageNews.objects.create(business=acme, at=now(), amount=Decimal("0.01") - COLOMBIA_UTILITY * 2)
    outcomes, begin = [], threading.Barrier(4)

    def one():
        try:
            begin.wait(10)
            send(acme, conversation, template)
            outcomes.append("sent")
        except gate.NotAllowed as refusal:
            outcomes.append(refusal.answer.reason)
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _each in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)

    assert sorted(outcomes) == ["budget_used_up", "budget_used_up", "sent", "sent"]
    assert spent(acme) == Decimal("0.01")
    with every_business():
        assert Message.objects.filter(direction="outbound").count() == 2


def test_marketing_is_dearer_than_utility():
    """Else the tests above would prove less than they say."""
    assert COLOMBIA_MARKETING > COLOMBIA_UTILITY
