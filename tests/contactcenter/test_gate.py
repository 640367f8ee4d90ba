"""The gate: what may be sent, as what, at what price, until when."""

from datetime import timedelta
from decimal import Decimal

import pytest

from config.clock import now
from contactcenter import gate, gate_many
from contactcenter.sender.options import Options
from contactcenter.sender.store import Store, connection_parameters
from contacts.models import ConsentSource
from contacts.services import consent
from templates_hsm.services import categories, templates
from tenants.tenancy import NoBusinessScope, business_scope, every_business
from tests import builders
from tests.contactcenter.sending import queue, thread

pytestmark = pytest.mark.django_db

MILLISECOND = timedelta(milliseconds=1)


def agrees(conversation, key="paper", **more):
    with every_business():
        consent.record_opt_in(conversation.contact, source=ConsentSource.PAPER, key=key, **more)


def stops(conversation, key="stop", **more):
    with every_business():
        consent.record_opt_out(conversation.contact, source=ConsentSource.KEYWORD, key=key, **more)


def ask(conversation, **question):
    with business_scope(conversation.business):
        return gate.may_send(conversation, **question)


def test_inside_the_window_a_reply_may_be_sent_until_it_ends(acme):
    conversation = thread(acme)

    answer = ask(conversation)

    assert (answer.allowed, answer.as_what, answer.reason) == (True, "free_form", "allowed")
    with business_scope(acme):
        assert answer.until == conversation.contact.windows.get().expires_at


def test_the_window_is_closed_at_exactly_24_hours(acme):
    conversation = thread(acme)
    with business_scope(acme):
        end = conversation.contact.windows.get().expires_at

    assert ask(conversation, at=end - MILLISECOND).allowed
    assert ask(conversation, at=end).reason == ask(conversation, at=end + MILLISECOND).reason == "window_closed"


def test_somebody_who_never_wrote_gets_templates_only_and_is_told_so(acme):
    conversation = builders.conversation(acme)

    answer = ask(conversation)

    assert answer.reason == "window_never_opened"
    assert "template" in str(answer.text) and str(answer.what_to_do)
    assert answer.as_data()["allowed"] is False


def test_an_opt_out_does_not_forbid_answering_in_an_open_window(acme):
    conversation = thread(acme)
    stops(conversation)

    assert ask(conversation).allowed


def test_a_template_needs_approval_the_same_account_and_an_opt_in(acme):
    conversation = builders.conversation(acme)
    account = conversation.phone_number.waba
    good = builders.template(acme, name="good", waba=account)
    pending = builders.template(acme, name="pending", waba=account, status="pending")
    foreign = builders.template(acme, name="foreign")

    assert ask(conversation, kind="template", template=good).reason == "no_opt_in"
    agrees(conversation)
    assert ask(conversation, kind="template", template=good).as_what == "template"
    assert ask(conversation, kind="template", template=pending).reason == "template_not_approved"
    assert ask(conversation, kind="template", template=foreign).reason == "template_of_other_account"
    assert ask(conversation, kind="template").reason == "no_template"


def test_who_asked_to_stop_gets_no_template_and_who_stopped_marketing_no_marketing(acme):
    conversation = thread(acme)
    account = conversation.phone_number.waba
    useful = builders.template(acme, name="useful", waba=account)
    offer = builders.template(acme, name="offer", waba=account, category="MARKETING")
    agrees(conversation)
    stops(conversation, key="marketing", scope=consent.MARKETING)

    assert ask(conversation, kind="template", template=useful).allowed
    assert ask(conversation, kind="template", template=offer).reason == "marketing_opt_out"
    stops(conversation, key="all")
    assert ask(conversation, kind="template", template=useful).reason == "opted_out"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"registered_at": None}, "number_not_registered"),
        ({"phone_number_id": None}, "number_not_registered"),
        ({"status": "banned"}, "number_cant_send"),
        ({"status": "disconnected"}, "number_cant_send"),
        ({"status": "flagged"}, "allowed"),
        ({"status": "restricted"}, "allowed"),
    ],
)
def test_the_number_must_be_able_to_send(acme, fields, reason):
    assert ask(thread(acme, phone_number=builders.phone_number(acme, **fields))).reason == reason


def test_a_restricted_number_answers_but_does_not_write_first(acme):
    number = builders.phone_number(acme, status="restricted")
    conversation = thread(acme, phone_number=number)
    agrees(conversation)
    template = builders.template(acme, waba=number.waba)

    assert ask(conversation, kind="template", template=template).reason == "number_restricted"


def test_a_blocked_contact_gets_nothing(acme):
    conversation = thread(acme)
    with business_scope(acme):
        conversation.contact.blocked_at = now()
        conversation.contact.save()

    assert ask(conversation).reason == "blocked"


def test_a_one_time_code_needs_a_phone_number(acme):
    conversation = thread(acme)
    template = builders.template(acme, name="code", waba=conversation.phone_number.waba, category="AUTHENTICATION")
    agrees(conversation)
    with business_scope(acme):
        conversation.contact.identities.update(kind="bsuid", value="CO.1")

    assert ask(conversation).allowed
    assert ask(conversation, kind="template", template=template).reason == "needs_phone_number"
    with business_scope(acme):
        conversation.contact.identities.all().delete()
    assert ask(conversation).reason == "no_address"


def test_the_price_is_shown_before_the_click(acme):
    conversation = thread(acme, contact=builders.contact(acme, wa_id="573001112233"))
    agrees(conversation)
    template = builders.template(acme, waba=conversation.phone_number.waba)

    reply = ask(conversation).price
    assert (reply.market, reply.amount) == ("Colombia", Decimal("0.0008"))
    assert ask(conversation, kind="template", template=template).price.amount == Decimal("0.0008")
    with business_scope(acme):
        conversation.contact.windows.update(free_entry_expires_at=now() + timedelta(hours=60))
    assert ask(conversation).price.is_free


def test_a_pair_can_be_asked_about_before_there_is_a_conversation(acme):
    number, contact = builders.phone_number(acme), builders.contact(acme)

    with business_scope(acme):
        assert gate.may_send((number, contact)).reason == "window_never_opened"
        with pytest.raises(gate.NotAllowed) as refusal:
            gate.require((number, contact))
    assert refusal.value.answer.reason == "window_never_opened"


def test_nobody_asks_outside_a_scope(acme):
    with pytest.raises(NoBusinessScope):
        gate.may_send(thread(acme))


CHANGES = {
    "nothing": lambda row, template: None,
    "the window closed": lambda row, template: row.contact.windows.update(expires_at=now()),
    "blocked": lambda row, template: type(row.contact).objects.filter(pk=row.contact_id).update(blocked_at=now()),
    "opted out": lambda row, template: stops(row),
    "stopped marketing": lambda row, template: stops(row, scope=consent.MARKETING),
    "agreed again": lambda row, template: (stops(row), agrees(row, key="again")),
    "paused": lambda row, template: type(template).objects.filter(pk=template.pk).update(status="paused"),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("category", ["UTILITY", "MARKETING"])
@pytest.mark.parametrize("change", CHANGES)
def test_the_senders_last_look_agrees_with_the_gate(acme, change, category):
    conversation = thread(acme)
    agrees(conversation)
    template = builders.template(acme, waba=conversation.phone_number.waba, category=category)
    reply, notice = queue(conversation, "reply"), queue(conversation, "notice", template=template)
    with every_business():
        CHANGES[change](conversation, template)
        conversation.contact.refresh_from_db()
        template.refresh_from_db()
    store = Store("me", Options(), connection_parameters())

    items = {item.message: item for item in store.claim([(conversation.phone_number_id, 10, 9)])}
    marked = store.mark(list(items.values()))
    store.close()

    for message, question in ((reply, {}), (notice, {"kind": "template", "template": template})):
        assert (marked[items[message.pk].id] == "") == ask(conversation, **question).allowed


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("after", "verdict"), [(-MILLISECOND, ""), (timedelta(0), "window"), (MILLISECOND, "window")])
def test_the_senders_last_look_closes_the_window_at_exactly_24_hours_too(acme, monkeypatch, after, verdict):
    conversation = thread(acme)
    queue(conversation, "reply")
    with business_scope(acme):
        end = conversation.contact.windows.get().expires_at
    store = Store("me", Options(), connection_parameters())
    monkeypatch.setattr("contactcenter.sender.store.now", lambda: end + after)

    [item] = store.claim([(conversation.phone_number_id, 10, 9)])
    marked = store.mark([item])
    store.close()

    assert marked == {item.id: verdict}


@pytest.mark.parametrize(
    ("kind", "ends", "reply", "template"),
    [
        ("RESTRICTED_CUSTOMER_INITIATED_MESSAGING", None, "account_restricted", "account_restricted"),
        ("RESTRICTED_CUSTOMER_INITIATED_MESSAGING", 1, "account_restricted", "account_restricted"),
        ("RESTRICTED_CUSTOMER_INITIATED_MESSAGING", -1, "allowed", "allowed"),
        ("RESTRICTED_BIZ_INITIATED_MESSAGING", 1, "allowed", "account_may_only_answer"),
        ("RESTRICTED_BIZ_INITIATED_MESSAGING", 0, "allowed", "allowed"),
        ("RESTRICTED_UTILITY_TEMPLATES", 1, "allowed", "allowed"),
        ("RESTRICTED_ADD_PHONE_NUMBER_ACTION", None, "allowed", "allowed"),
    ],
)
def test_a_restricted_account_sends_what_meta_still_allows_until_the_restriction_ends(
    acme, kind, ends, reply, template
):
    at = now() + timedelta(minutes=5)
    ends_at = None if ends is None else int(at.timestamp() * 1000) + ends * 60_000
    account = builders.waba(acme, restrictions=[{"type": kind, "expires_at_ms": ends_at, "text": ""}])
    conversation = thread(acme, phone_number=builders.phone_number(acme, waba=account))
    approved = builders.template(acme, waba=account)
    agrees(conversation)

    assert ask(conversation, at=at).reason == reply
    assert ask(conversation, kind="template", template=approved, at=at).reason == template


def test_a_template_in_a_dearer_category_waits_for_a_consent(acme):
    conversation = thread(acme)
    agrees(conversation)
    template = builders.template(acme, waba=conversation.phone_number.waba)
    assert ask(conversation, kind="template", template=template).allowed

    with business_scope(acme):
        templates.recategorise(template, "MARKETING")
    answer = ask(conversation, kind="template", template=template)
    with business_scope(acme):
        many = gate_many.number_refusal(conversation.phone_number, template)

    assert (answer.allowed, answer.reason, many) == (False, "category_not_agreed", "category_not_agreed")
    assert "agrees on the template's page" in str(answer.what_to_do)
    with business_scope(acme):
        categories.agree(template, categories.latest(template).pk, actor=builders.member(acme, role="owner"))
        template.refresh_from_db()
    assert ask(conversation, kind="template", template=template).allowed
