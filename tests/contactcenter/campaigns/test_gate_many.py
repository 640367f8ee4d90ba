"""The gate for many says of everybody what the gate says of one."""

import itertools
from datetime import timedelta

import pytest

from config.clock import now
from contactcenter import gate, gate_many
from contacts.models import ConsentSource, Contact, Identity, IdentityKind
from contacts.services import consent
from sessions_24h.models import CustomerServiceWindow
from tenants.tenancy import business_scope
from tests import builders
from tests.contactcenter.campaigns.scene import scene

pytestmark = pytest.mark.django_db

LEDGERS = [(), ("in",), ("in", "out"), ("out", "in"), ("in", "promo-out"), ("promo-out",), ("later",)]
WINDOWS = [None, 5, -5]
ADDRESSES = [("wa_id",), ("bsuid",), (), ("wa_id", "bsuid")]


def somebody(business, number, ledger, hours, kinds, blocked, n):
    contact = Contact.objects.create(business=business, name="Ana", blocked_at=now() if blocked else None)
    for kind in kinds:
        value = f"57300{n:07}" if kind == "wa_id" else f"CO.{n}"
        Identity.objects.create(business=business, contact=contact, kind=IdentityKind(kind), value=value)
    for place, step in enumerate(ledger):
        at = now() + timedelta(hours=3) if step == "later" else now() - timedelta(hours=10 - place)
        record = consent.record_opt_out if step.endswith("out") else consent.record_opt_in
        scope = consent.MARKETING if step.startswith("promo") else consent.ALL
        record(contact, source=ConsentSource.PAPER, key=f"{n}:{place}", occurred_at=at, scope=scope)
    if hours is not None:
        ends = now() + timedelta(hours=hours)
        CustomerServiceWindow.objects.create(
            business=business, phone_number=number, contact=contact, last_inbound_at=ends, expires_at=ends
        )
    return contact


@pytest.mark.parametrize("category", ["UTILITY", "MARKETING"])
def test_everybody_gets_the_answer_that_they_would_get_alone(acme, category):
    number, template = scene(acme, category=category)
    with business_scope(acme):
        people = [
            somebody(acme, number, *facts, n)
            for n, facts in enumerate(itertools.product(LEDGERS, WINDOWS, ADDRESSES, [False, True]))
        ]
        at = now()
        alone = {p.pk: gate.may_send((number, p), kind="template", template=template, at=at) for p in people}
        together = gate_many.may_send_many(
            number, gate_many.facts_of(number, alone.keys(), at), template=template, at=at
        )

    assert together == alone
    assert len({answer.reason for answer in alone.values()}) >= 5


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": "banned"}, "number_cant_send"),
        ({"status": "restricted"}, "number_restricted"),
        ({"registered_at": None}, "number_not_registered"),
        ({}, "allowed"),
    ],
)
def test_what_stops_a_number_stops_it_for_everybody(acme, change, reason):
    number, template = scene(acme)
    contact = builders.contact(acme)
    for field, value in change.items():
        setattr(number, field, value)
    with business_scope(acme):
        consent.record_opt_in(contact, source=ConsentSource.PAPER, key="paper")
        alone = gate.may_send((number, contact), kind="template", template=template)
        facts = gate_many.facts_of(number, [contact.pk])
        together = gate_many.may_send_many(number, facts, template=template)[contact.pk]

    assert (alone.reason, together.reason) == (reason, reason)


@pytest.mark.parametrize("field", ["status", "waba"])
def test_a_template_that_cant_be_sent_is_refused_for_everybody(acme, field):
    number, template = scene(acme)
    contact = builders.contact(acme)
    if field == "status":
        template.status = "paused"
    else:
        template.waba = builders.waba(acme)
    with business_scope(acme):
        alone = gate.may_send((number, contact), kind="template", template=template)

    assert gate_many.number_refusal(number, template) == alone.reason != "allowed"
