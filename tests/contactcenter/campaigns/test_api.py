"""Campaigns by machine."""

import pytest

from contactcenter.campaigns import preparing
from contactcenter.models import Campaign
from tenants.services import api_keys
from tenants.tenancy import business_scope
from tests import builders
from tests.contactcenter.campaigns.scene import feed, person, scene, stops

pytestmark = pytest.mark.django_db
URL = "/api/v1/campaigns/"


@pytest.fixture
def machine(client, acme, olga):
    """A client that speaks with an API key."""
    with business_scope(acme):
        made = api_keys.create(acme, "Test", actor=olga)
    key = made[1] if isinstance(made, tuple) else made
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {key}"
    return client


def asked(number, template, **fields):
    return {
        "name": "Spring",
        "phone_number": str(number.reference),
        "template": str(template.reference),
        "csv": "celular,nombre,pedido\n+573001110001,Rosa,A-1\n+573001110002,Leo,A-2\n",
        "columns": {"phone": "celular"},
        "values": {"body.1": {"source": "column", "column": "nombre"}, "body.2": {"source": "column", "column": "2"}},
    } | fields


def post(client, url, data=None, **headers):
    return client.post(url, data or {}, content_type="application/json", headers=headers)


def test_from_a_list_to_a_report(machine, acme):
    number, template = scene(acme)
    person(acme, "573001110001")
    stops(acme, person(acme, "573001110002"))

    answer = post(machine, URL, asked(number, template), **{"Idempotency-Key": "one"})
    assert answer.status_code == 201, answer.content
    assert answer.json()["state"] == "preparing"
    here = f"{URL}{answer.json()['reference']}/"
    preparing.run_due()

    preview = machine.get(here + "preview/").json()
    assert (preview["state"], preview["will_get"]) == ("ready", 1)
    assert [one["reason"] for one in preview["left_out"]] == ["opted_out"]
    assert preview["samples"] == [{"phone_number": "573001110001", "text": "Hello Rosa, your order A-1 is on its way."}]
    assert preview["cost"]["amount"] == "0.000800"

    answer = post(machine, here + "start/", {"quiet_from": None, "quiet_until": None})
    assert answer.json()["state"] == "running"
    with business_scope(acme):
        feed(Campaign.objects.get())
    assert post(machine, here + "pause/").json()["state"] == "paused"
    assert post(machine, here + "resume/").json()["state"] == "running"
    report = machine.get(here + "report/").json()
    assert report["figures"]["queued"] == 1 and report["figures"]["left_out"] == 1
    rows = machine.get(here + "recipients/").json()["data"]
    assert [(row["state"], row["reason"], row["status"]) for row in rows] == [
        ("released", "", "queued"),
        ("left_out", "opted_out", ""),
    ]
    assert post(machine, here + "cancel/").json()["state"] == "cancelled"
    conflict = post(machine, here + "resume/")
    assert conflict.status_code == 409 and conflict.json()["error"]["code"] == "conflict"
    assert machine.get(URL).json()["data"][0]["reference"] in here
    assert machine.get(here).json()["state"] == "cancelled"


def test_the_same_key_makes_one_campaign_and_another_request_is_told(machine, acme):
    number, template = scene(acme)
    key = {"Idempotency-Key": "same"}
    first = post(machine, URL, asked(number, template), **key).json()
    second = post(machine, URL, asked(number, template), **key).json()
    other = post(machine, URL, asked(number, template, name="Other"), **key)

    assert first["reference"] == second["reference"]
    assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_conflict")


@pytest.mark.parametrize(
    "change",
    [
        {"csv": "PK\x03\x04"},
        {"filter": {}},
        {"values": {"body.9": {"text": "x"}}},
        {"values": {"body.1": {"source": "column", "column": "nope"}}},
        {"columns": {"phone": "nope"}},
    ],
)
def test_what_doesnt_fit_is_named_and_nothing_stays(machine, acme, change):
    number, template = scene(acme)

    answer = post(machine, URL, asked(number, template, **change))

    assert answer.status_code == 400
    assert answer.json()["error"]["fields"]
    with business_scope(acme):
        assert not Campaign.objects.exists()


def test_a_template_that_cant_be_sent_is_a_conflict(machine, acme):
    number, template = scene(acme, status="paused")

    assert post(machine, URL, asked(number, template)).status_code == 409


def test_a_filter_and_later_a_start(machine, acme):
    number, template = scene(acme)
    person(acme, "573001110001", language="es")
    body = asked(number, template, filter={"languages": ["es"]})
    del body["csv"], body["columns"]
    body["values"] = {"body.1": {"source": "first_name", "text": "you"}, "body.2": {"text": "48"}}
    here = f"{URL}{post(machine, URL, body).json()['reference']}/"
    preparing.run_due()

    answer = post(machine, here + "start/", {"start_at": "2099-01-01T10:00:00Z"})

    assert answer.json()["state"] == "scheduled"


def test_an_agent_may_look_and_not_run(client, acme, ana):
    number, template = scene(acme)
    client.force_login(ana)
    header = {"X-Business": acme.slug}

    assert client.get(URL, headers=header).status_code == 200
    assert post(client, URL, asked(number, template), **header).status_code == 403


def test_a_neighbours_campaign_is_not_there(machine, acme, globex):
    number, template = scene(globex)

    assert post(machine, URL, asked(number, template)).status_code == 404
    assert builders.contact(acme)
