"""Contacts and segments by machine, and a campaign of a segment from the first call to the last."""

import pytest

from contactcenter.api.paging import encode
from contactcenter.campaigns import preparing
from contactcenter.models import Campaign, Segment
from tenants.services import api_keys
from tenants.tenancy import business_scope
from tests import builders
from tests.contactcenter.campaigns.scene import again, feed, made, messages_of, person, recipients, scene, settle, stops

pytestmark = pytest.mark.django_db
SEGMENTS = "/api/v1/segments/"


@pytest.fixture
def machine(client, acme, olga):
    with business_scope(acme):
        key = api_keys.create(acme, "Test", actor=olga)[1]
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {key}"
    return client


def post(client, url, data=None, **headers):
    return client.post(url, data or {}, content_type="application/json", headers=headers)


def put(client, url, data):
    return client.put(url, data, content_type="application/json")


def test_contacts_come_by_name_with_what_they_agreed_to(machine, acme, globex):
    rosa = person(acme, "573001110001", "Rosa Paz", language="es")
    stops(acme, person(acme, "573001110002", "Abel Sanz"))
    builders.contact(globex, "Secret", wa_id="573009999999")

    first = machine.get("/api/v1/contacts/?limit=1").json()
    rest = machine.get(f"/api/v1/contacts/?limit=1&after={first['next']}").json()
    one = machine.get("/api/v1/contacts/?to=%2B573001110001").json()["data"]
    detail = machine.get(f"/api/v1/contacts/{rosa.reference}/").json()

    assert [row["name"] for row in (*first["data"], *rest["data"])] == ["Abel Sanz", "Rosa Paz"]
    assert rest["next"] is None
    assert first["data"][0]["consent"]["kind"] == "opt_out"
    assert one == [detail] and detail["phone_number"] == "+573001110001" and detail["consent"]["source"] == "paper"


def test_a_contact_that_became_another_one_is_found_under_it(machine, acme):
    rosa, twin = person(acme, "573001110001"), builders.contact(acme, "Rosa P.")
    with business_scope(acme):
        twin.merged_into = rosa
        twin.save()

    assert machine.get(f"/api/v1/contacts/{twin.reference}/").json()["reference"] == str(rosa.reference)


def test_a_segment_is_made_once_changed_and_forgotten(machine, acme):
    person(acme, "573001110001", language="es")
    person(acme, "5511911110002", language="pt")
    asked = {"name": "Colombia", "rules": {"languages": ["ES"], "countries": ["co"], "wrote_within": 30}}

    made, again_, other = (
        post(machine, SEGMENTS, asked),
        post(machine, SEGMENTS, asked),
        post(machine, SEGMENTS, {**asked, "rules": {}}),
    )
    here = f"{SEGMENTS}{made.json()['reference']}/"

    assert (made.status_code, again_.status_code, other.status_code) == (201, 200, 409)
    assert made.json()["rules"] == {"languages": ["es"], "countries": ["CO"], "wrote_within": 30}
    assert again_.json()["reference"] == made.json()["reference"]
    changed = put(machine, here, {"name": "Spanish", "rules": {"languages": ["es"]}}).json()
    assert (changed["name"], changed["contacts"]) == ("Spanish", 1)
    assert [row["name"] for row in machine.get(SEGMENTS).json()["data"]] == ["Spanish"]
    assert machine.delete(here).status_code == 204 and machine.get(here).status_code == 404


@pytest.mark.parametrize("rules", [{"countries": ["Colombia"]}, {"silent_for": 0}, {"languages": "es"}, None])
def test_rules_that_make_no_sense_are_named(machine, acme, rules):
    answer = post(machine, SEGMENTS, {"name": "x", "rules": rules})

    assert answer.status_code == 400 and answer.json()["error"]["fields"]


def campaign_of(machine, number, template, **fields):
    return post(
        machine,
        "/api/v1/campaigns/",
        {
            "name": "Spring",
            "phone_number": str(number.reference),
            "template": str(template.reference),
            "values": {"body.1": {"source": "first_name", "text": "you"}, "body.2": {"text": "48"}},
            **fields,
        },
    )


def test_a_campaign_of_a_segment_from_the_first_call_to_the_last(machine, acme):
    number, template = scene(acme)
    person(acme, "573001110001", language="es")
    stops(acme, person(acme, "573001110002", "Leo", language="es"))
    person(acme, "5511911110003", language="pt")
    segment = post(machine, SEGMENTS, {"name": "Spanish", "rules": {"languages": ["es"]}}).json()["reference"]

    made = campaign_of(machine, number, template, segment=segment).json()
    here = f"/api/v1/campaigns/{made['reference']}/"
    preparing.run_due()
    assert made["segment"] == segment
    assert machine.get(here + "preview/").json()["will_get"] == 1

    start = {"quiet_from": None, "quiet_until": None, "time_zone": "America/Bogota"}
    running = post(machine, here + "start/", start).json()
    assert (running["state"], running["time_zone"], running["quiet_from"]) == ("running", "America/Bogota", None)
    campaign = Campaign(pk=_pk(acme), business_id=acme.pk)
    feed(campaign)
    settle(messages_of(campaign))
    feed(campaign)

    assert machine.get(here).json()["state"] == "done"
    assert post(machine, here + "start/", start).json()["state"] == "done"
    assert len(messages_of(campaign)) == 1
    assert machine.get(here + "report/").json()["figures"]["delivered"] == 1
    left = machine.get(here + "recipients/?state=left_out").json()["data"]
    assert [row["reason"] for row in left] == ["opted_out"]
    assert machine.get(here + "recipients/?reason=twice").json()["data"] == []
    assert machine.get(here + "recipients/?state=lost").status_code == 400


def test_broken_lines_of_a_list_are_told_by_number_and_a_draft_can_be_thrown_away(machine, acme):
    number, template = scene(acme)
    person(acme, "573001110001")
    text = 'celular,nombre\n+573001110001,Rosa\nnobody,Leo\n+573001110001,"a\n\n+573001110009,Ana,too,many\n'

    made = campaign_of(machine, number, template, csv=text, columns={"phone": "celular"}).json()
    here = f"/api/v1/campaigns/{made['reference']}/"
    preparing.run_due()

    rows = machine.get(here + "recipients/?state=left_out").json()["data"]
    assert [row["line"] for row in rows] and all(row["line"] > 2 and row["text"] for row in rows)
    assert machine.delete(here).status_code == 204
    assert machine.get(here).status_code == 404


def test_a_campaign_whose_segment_was_deleted_goes_to_nobody_else(machine, acme):
    number, template = scene(acme)
    person(acme, "573001110001", language="es")
    person(acme, "5511911110003", language="pt")
    segment = post(machine, SEGMENTS, {"name": "Spanish", "rules": {"languages": ["es"]}}).json()["reference"]
    made = campaign_of(machine, number, template, segment=segment).json()
    preparing.run_due()

    assert machine.delete(f"{SEGMENTS}{segment}/").status_code == 204
    post(machine, f"/api/v1/campaigns/{made['reference']}/check/")
    preparing.run_due()

    campaign = again(Campaign(pk=_pk(acme), business_id=acme.pk))
    assert (campaign.audience, campaign.filter, campaign.will_get) == ("filter", {"languages": ["es"]}, 1)
    assert [row.phone for row in recipients(campaign)] == ["573001110001"]


def test_agents_look_at_segments_and_dont_make_them(client, acme, ana):
    client.force_login(ana)
    header = {"X-Business": acme.slug}

    assert client.get(SEGMENTS, headers=header).status_code == 200
    assert post(client, SEGMENTS, {"name": "x", "rules": {}}, **header).status_code == 403
    with business_scope(acme):
        assert not Segment.objects.exists()


def _pk(acme):
    with business_scope(acme):
        return Campaign.objects.get().pk


def test_a_campaign_tells_the_filter_or_the_segment_that_holds_and_no_other(machine, acme):
    number, template = scene(acme)
    segment = post(machine, SEGMENTS, {"name": "Mexico", "rules": {"countries": ["MX"]}}).json()
    values = {"body.1": {"text": "you"}, "body.2": {"text": "A-1"}}
    asked = {"name": "May", "phone_number": str(number.reference), "template": str(template.reference),
             "segment": segment["reference"], "values": values}  # fmt: skip
    new = post(machine, "/api/v1/campaigns/", asked).json()
    assert (new["audience"], new["segment"], new["filter"]) == ("segment", segment["reference"], {})

    with business_scope(acme):
        Campaign.objects.update(audience="csv")
    row = machine.get(f"/api/v1/campaigns/{new['reference']}/").json()
    assert (row["segment"], row["filter"]) == (None, {})
    with business_scope(acme):
        Campaign.objects.update(audience="filter")
    row = machine.get(f"/api/v1/campaigns/{new['reference']}/").json()
    assert (row["segment"], row["filter"]) == (None, {"countries": ["MX"]})


@pytest.mark.parametrize("address", ["/api/v1/contacts/", SEGMENTS])
def test_a_cursor_that_somebody_made_up_is_the_caller_s_error(machine, address):
    for values in (["a\0b", 1], ["a\0b"], [{"a": 1}], [None]):
        assert machine.get(address, {"after": encode(values)}).status_code in (200, 400), values
    assert machine.get(address, {"after": encode(["a\0b", 1])}).status_code == 400


def test_signs_that_no_text_has_are_the_caller_s_error(machine, acme):
    number, template = scene(acme)
    campaign = made(acme, "celular\n+573001110001\n", number=number, template=template)
    assert machine.get(f"/api/v1/campaigns/{campaign.reference}/recipients/", {"reason": "a\0b"}).status_code == 400
    assert machine.get("/api/v1/contacts/", {"to": "+57\0"}).status_code in (200, 400, 422)
