"""The consent pages: who agreed, how that can be shown, and writing it down by hand."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.clock import now
from contacts.models import ConsentEvent
from contacts.services import consent
from contacts.services.tokens import index_contacts
from tenants.models import AuditEvent
from tenants.tenancy import business_scope
from tests import builders

KEY = "5f0c2c5e-0000-4000-8000-00000000000b"


@pytest.fixture
def rosa(acme):
    return builders.contact(acme, "Rosa Paz")


@pytest.fixture
def agent(client, ana):
    client.force_login(ana)
    return client


def ledger(contact, tail=""):
    return f"/b/{contact.business.slug}/contacts/{contact.reference}/{tail}"


def line(**changes):
    return {"kind": "opt_in", "source": "paper", "wording": "Signed in the shop", "key": KEY} | changes


def may(contact, category="utility"):
    with business_scope(contact.business_id):
        return consent.may_message(contact, category=category).allowed


def test_the_list_says_who_agreed(agent, acme, rosa):
    leo = builders.contact(acme, "Leo")
    with business_scope(acme):
        consent.record_opt_in(rosa, source="paper", key="1", wording="yes", occurred_at=now() - timedelta(days=2))
        consent.record_opt_out(rosa, source="keyword", key="2")
        consent.record_opt_in(leo, source="web_form", key="3", wording="yes")

    html = agent.get(f"/b/{acme.slug}/contacts/").content.decode()

    assert "Asked to stop" in html.split("Rosa Paz")[1]
    assert "Web form" in html


def test_the_list_is_searched_by_name_and_paged_by_key(agent, acme, rosa, monkeypatch):
    from contacts import queries

    monkeypatch.setattr(queries, "PAGE", 2)
    others = [builders.contact(acme, name) for name in ("Ana", "Berta", "Carla", "Dora")]
    with business_scope(acme):
        index_contacts([person.pk for person in [rosa, *others]])

    found = agent.get(f"/b/{acme.slug}/contacts/?q=paz").content.decode()
    seen, address = [], f"/b/{acme.slug}/contacts/"
    while address:
        html = agent.get(address).content.decode()
        seen += [name for name in ("Ana<", "Berta<", "Carla<", "Dora<", "Rosa Paz<") if name in html.split("<table")[1]]
        link = html.split('rel="next" href="')
        address = f"/b/{acme.slug}/contacts/" + link[1].split('"')[0].replace("&amp;", "&") if len(link) > 1 else ""

    assert "Rosa Paz" in found and "Berta" not in found
    assert seen == ["Ana<", "Berta<", "Carla<", "Dora<", "Rosa Paz<"]


def test_the_list_costs_the_same_for_one_and_for_three(agent, acme, rosa):
    def cost():
        with CaptureQueriesContext(connection) as context:
            agent.get(f"/b/{acme.slug}/contacts/")
        return len(context)

    cost()
    one = cost()
    builders.contact(acme, "Two")
    builders.contact(acme, "Three")

    assert cost() == one


def test_the_ledger_shows_each_line_with_its_proof(agent, acme, rosa):
    with business_scope(acme):
        consent.record_opt_in(rosa, source="wrote_first", key="1", proof={"message": "wamid.abc"})

    html = agent.get(ledger(rosa)).content.decode()

    assert "wamid.abc" in html
    assert "May be sent" in html


def test_an_opt_in_and_an_opt_out_are_written_down_and_audited(agent, acme, ana, rosa):
    for _ in range(2):
        assert agent.post(ledger(rosa, "consent/"), line()).status_code == 302
    assert may(rosa)
    with business_scope(acme):
        [written] = ConsentEvent.objects.all()
    assert (written.actor, written.wording, written.source) == (ana, "Signed in the shop", "paper")

    agent.post(ledger(rosa, "consent/"), line(kind="opt_out", wording="", key=""))
    assert not may(rosa)
    with business_scope(acme):
        verbs = list(AuditEvent.objects.order_by("pk").values_list("verb", flat=True))
    assert verbs == ["opt-in recorded", "opt-out recorded"]


@pytest.mark.parametrize(
    "changes",
    [
        {"wording": ""},
        {"source": "wrote_first"},
        {"kind": "nonsense"},
        {"occurred_at": "2999-01-01T10:00"},
        {"occurred_at": "x"},
    ],
)
def test_a_line_that_proves_nothing_is_refused_and_what_was_typed_stays(agent, acme, rosa, changes):
    response = agent.post(ledger(rosa, "consent/"), line(wording="Kept words") | changes)

    assert response.status_code == 422
    if "wording" not in changes:
        assert "Kept words" in response.content.decode()
    assert not may(rosa)


def test_a_viewer_reads_and_does_not_write(client, acme, rosa):
    client.force_login(builders.member(acme, "vera", role="viewer"))

    assert '<form method="post" class="stack' not in client.get(ledger(rosa)).content.decode()
    assert client.post(ledger(rosa, "consent/"), line()).status_code == 403


def test_the_neighbour_finds_nothing(client, globex, rosa):
    client.force_login(builders.member(globex, "nora"))

    assert client.get(ledger(rosa)).status_code == 404
    assert client.get(f"/b/{globex.slug}/contacts/{rosa.reference}/").status_code == 404
    assert client.post(f"/b/{globex.slug}/contacts/{rosa.reference}/consent/", line()).status_code == 404


def test_an_old_address_of_a_merged_contact_shows_the_one_that_stayed(agent, acme, rosa):
    double = builders.contact(acme, "Rosa P.", merged_into=rosa)

    assert "Rosa Paz" in agent.get(ledger(double)).content.decode()
