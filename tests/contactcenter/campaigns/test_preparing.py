"""Checking a campaign: everybody has a place, a price and values, or a reason."""

import time
from collections import Counter
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from config.clock import now
from contactcenter.campaigns import lifecycle, preparing, report
from contactcenter.models import CampaignRecipient, CampaignRules, OutboxItem, Segment
from contacts.models import Contact
from contacts.services import consent
from tenants.tenancy import business_scope
from tests.contactcenter.campaigns.scene import checked, made, person, reasons, recipients, scene, started, stops

pytestmark = pytest.mark.django_db

HEAD = "Celular,Nombre,Pedido\n"


def test_everybody_who_may_get_it_waits_with_values_price_and_zone(acme):
    person(acme, "573001112233", "Rosa Paz")
    campaign = checked(made(acme, HEAD + "+57 300 111 2233,Rosa,A-1\n"))

    [row] = recipients(campaign)
    assert (campaign.state, campaign.counts, campaign.zones) == ("ready", {"waiting": 1}, ["America/Bogota"])
    assert (row.state, row.phone, row.zone, row.market) == ("waiting", "573001112233", "America/Bogota", "Colombia")
    assert row.values == {"body": {"1": "Rosa", "2": "A-1"}}
    assert row.price_micros == 800 and row.price_why == "charged"


def test_each_reason_to_be_left_out_is_named_with_its_line(acme):
    number, template = scene(acme, category="MARKETING")
    person(acme, "573001110001")
    stops(acme, person(acme, "573001110002"))
    person(acme, "573001110003", agrees=False)
    person(acme, "573001110004", blocked_at=now())
    stops(acme, person(acme, "573001110005"), consent.MARKETING)
    person(acme, "573001110007", name="")
    person(acme, "573001110008")
    lines = [
        "3001110001,A-1",
        "3001110002,A-1",
        "3001110003,A-1",
        "3001110004,A-1",
        "3001110005,A-1",
        "3001110006,A-1",
        "3001110007,A-1",
        "3001110008,",
        "12345,A-1",
        "300 111 0001,A-2",
        '3001110001,"A-1',
        "3001110001,A-1,more",
    ]
    mapping = {
        "body.1": {"from": "first_name", "text": ""},
        "body.2": {"from": "column", "column": 1, "text": ""},
    }

    campaign = checked(
        made(acme, "celular,pedido\n" + "\n".join(lines), number=number, template=template, mapping=mapping)
    )

    assert reasons(campaign) == {
        3: "opted_out",
        4: "no_opt_in",
        5: "blocked",
        6: "marketing_opt_out",
        7: "unknown_person",
        8: "missing_value",
        9: "missing_value",
        10: "bad_phone",
        11: "twice",
        12: "open_quote",
        13: "too_many_cells",
    }
    assert [row.line for row in recipients(campaign, state="waiting")] == [2]
    assert all(str(sentence) for _reason, sentence, _count in _left_out(campaign))


def _left_out(campaign):
    with business_scope(campaign.business_id):
        return report.left_out(campaign)


def test_values_that_whatsapp_would_refuse_are_told_apart(acme):
    number, template = scene(acme)
    person(acme, "573001110001")
    person(acme, "573001110002")
    mapping = {"body.1": {"from": "column", "column": 1, "text": ""}, "body.2": {"from": "text", "text": "x"}}

    campaign = checked(
        made(
            acme,
            f"celular,pedido\n3001110001,{'y' * 1100}\n3001110002,two     words",
            number=number,
            template=template,
            mapping=mapping,
        )
    )

    assert reasons(campaign) == {2: "value_too_long"}
    assert recipients(campaign, state="waiting")[0].values["body"]["1"] == "two words"


def test_who_got_enough_campaigns_lately_is_left_out(acme):
    number, template = scene(acme)
    contact = person(acme, "573001110001")
    with business_scope(acme):
        CampaignRules.objects.create(
            business=acme, frequency_count=1, frequency_days=7, error_percent=20, quiet_from=None, quiet_until=None
        )
    text = "celular,nombre\n3001110001,Rosa"
    first = checked(made(acme, text, number=number, template=template))
    with business_scope(acme):
        CampaignRecipient.objects.filter(campaign=first).update(state="released", released_at=now())

    assert reasons(checked(made(acme, text, number=number, template=template))) == {2: "frequency"}

    with business_scope(acme):
        CampaignRecipient.objects.filter(campaign=first).update(released_at=now() - timedelta(days=8))
    assert reasons(checked(made(acme, text, number=number, template=template))) == {}
    assert contact.pk


def test_checking_sends_nothing_and_checking_again_starts_over(acme):
    person(acme, "573001112233")
    campaign = checked(made(acme, HEAD + "3001112233,Rosa,A-1\n12,x,y\n"))
    campaign = checked(campaign)

    assert campaign.counts == {"waiting": 1, "bad_phone": 1}
    assert len(recipients(campaign)) == 2
    with business_scope(acme):
        assert not OutboxItem.objects.exists()


def test_a_filter_takes_contacts_by_language_country_and_last_message(acme):
    number, template = scene(acme)
    person(acme, "573001110001", language="es_CO", last_seen_at=now() - timedelta(days=2))
    person(acme, "573001110002", language="es", last_seen_at=now() - timedelta(days=40))
    person(acme, "5511987654321", language="pt_BR", last_seen_at=now() - timedelta(days=2))
    person(acme, "573001110004", language="es", last_seen_at=None)
    stops(acme, person(acme, "573001110005", language="es", last_seen_at=now()))

    def phones(**rules):
        mapping = {f"body.{n}": {"from": "text", "text": "x"} for n in (1, 2)}
        with business_scope(acme):
            row = lifecycle.create("Filter", number, template)
            row = lifecycle.choose_contacts(row, rules)
            row = lifecycle.choose_values(row, mapping)
        return {one.phone[-4:] for one in recipients(checked(row), state="waiting")}

    assert phones(wrote_within=30) == {"0001", "4321"}
    assert phones(wrote_within=30, languages=["es"]) == {"0001"}
    assert phones(countries=["BR"]) == {"4321"}
    assert phones(silent_for=30) == {"0002", "0004"}
    assert phones() == {"0001", "0002", "4321", "0004"}


def test_a_segment_holds_what_it_says_when_it_is_checked(acme):
    number, template = scene(acme)
    person(acme, "573001110001", language="es")
    with business_scope(acme):
        segment = Segment.objects.create(business=acme, name="Portuguese", rules={"languages": ["pt"]})
        row = lifecycle.create("Segment", number, template)
        row = lifecycle.choose_contacts(row, {}, segment=segment)
        row = lifecycle.choose_values(row, {f"body.{n}": {"from": "text", "text": "x"} for n in (1, 2)})
    assert recipients(checked(row)) == []

    with business_scope(acme):
        Segment.objects.filter(pk=segment.pk).update(rules={"languages": ["es"]})
    assert len(recipients(checked(row), state="waiting")) == 1


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_loses_and_doubles_nothing(acme, monkeypatch):
    monkeypatch.setattr(preparing, "CHUNK", 10)
    for n in range(35):
        person(acme, f"57300111{n:04}")
    text = HEAD + "".join(f"300111{n:04},x,A-{n}\n" for n in range(35)) + "nobody,,\n"
    campaign = made(acme, text)
    with business_scope(acme):
        lifecycle.check(campaign)
    dying, hits = preparing.fault_point, []

    def strike(name):
        hits.append(name)
        if len(hits) == 3:
            raise SystemExit  # as a kill does: nothing behind this point runs, the transaction is lost
        return dying(name)

    monkeypatch.setattr(preparing, "fault_point", strike)
    with pytest.raises(SystemExit):
        preparing.work(campaign.pk, acme.pk, time.monotonic() + 60)
    assert len(recipients(campaign)) == 20
    preparing.work(campaign.pk, acme.pk, time.monotonic() + 60)

    states = Counter(row.state for row in recipients(campaign))
    assert states == {"waiting": 35, "left_out": 1}
    with business_scope(acme):
        campaign.refresh_from_db()
    assert (campaign.state, campaign.counts) == ("ready", {"waiting": 35, "bad_phone": 1})


def test_a_cancelled_check_stops(acme):
    campaign = made(acme, HEAD + "3001112233,x,y\n")
    with business_scope(acme):
        lifecycle.check(campaign)
        lifecycle.cancel(campaign, actor=None)
    preparing.run_due()

    assert recipients(campaign) == []


def test_a_list_that_is_gone_is_said_after_some_tries(acme):
    campaign = made(acme, HEAD + "3001112233,x,y\n")
    with business_scope(acme):
        lifecycle.check(campaign)
        campaign.refresh_from_db()
        campaign.file.storage.delete(campaign.file.name)
        type(campaign).objects.filter(pk=campaign.pk).update(failures=preparing.GIVE_UP_AFTER - 1)
    preparing.run_due()

    with business_scope(acme):
        campaign.refresh_from_db()
    assert (campaign.state, campaign.problem) == ("failed", "gone")


def test_the_estimate_is_by_country_from_the_dated_card(acme):
    number, template = scene(acme)
    for digits in ("573001110001", "573001110002", "5511987654321"):
        person(acme, digits)
    text = "celular,nombre\n+573001110001,a\n+573001110002,b\n+5511987654321,c"
    campaign = checked(made(acme, text, number=number, template=template))

    with business_scope(acme):
        cost = report.estimated(campaign)
    assert [(row[0], row[2]) for row in cost.rows] == [("Colombia", 2), ("Brazil", 1)]
    assert f"{cost.amount:.4f}" == "0.0084"
    assert str(cost.card_date) == "2026-10-01"


def test_a_neighbours_contacts_are_unknown(acme, globex):
    person(globex, "573001112233")

    assert reasons(checked(made(acme, HEAD + "3001112233,x,y\n"))) == {2: "unknown_person"}


def test_two_contacts_that_become_one_stay_in_a_campaign_once(acme):
    from contacts.services import merging

    one, other = person(acme, "573001110001"), person(acme, "573001110002")
    campaign = started(made(acme, "celular,nombre\n3001110001,a\n3001110002,b"))
    with business_scope(acme):
        CampaignRecipient.objects.filter(contact=other).update(state="released", released_at=now())
        merging.merge_by_hand(Contact.objects.get(pk=one.pk), Contact.objects.get(pk=other.pk))

    rows = recipients(campaign)
    assert sorted((row.state, row.reason) for row in rows) == [("left_out", "merged"), ("released", "")]
    assert [row.contact_id for row in rows if row.state == "released"] == [one.pk]


def _hostile_list(encoding):
    """Good lines between cells that nobody expects: NUL, ten thousand characters, letters of other alphabets."""
    lines = [
        "celular;nombre;pedido",
        "+573001110001;José Peña;A-1",
        f"+573001110002;{'x' * 10_000};A-2",
        f"{'9' * 10_000};Leo;A-3",
        "+57300\x001110003;Ana;A-4",
        "+573001110004;\x00;A-5",
        '+573001110005;"open;A-6',
        "+573001110006;" + ";".join("abcdefgh") + ";A-7",
        "",
        f"+573001110007;Zoë;{'y' * 30_000}",
        "+573001110008;Ñandú;A-9",
    ]
    return "\r\n".join(lines).encode(encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16", "utf-16-le", "utf-16-be"])
def test_broken_cells_in_any_encoding_are_told_by_number_and_the_rest_goes_on(acme, encoding):
    for n in range(1, 9):
        person(acme, f"57300111000{n}")
    number, template = scene(acme)
    rules = {
        "body.1": {"from": "column", "column": 1, "text": "you"},
        "body.2": {"from": "column", "column": 2, "text": ""},
    }
    with business_scope(acme):
        row = lifecycle.create("Spring", number, template)
        lifecycle.choose_list(row, SimpleUploadedFile("list.csv", _hostile_list(encoding)))
        row = lifecycle.choose_values(row, rules, columns={"phone": 0}, country="CO")

    campaign = checked(row)

    assert campaign.state == "ready", campaign.problem
    waiting = {row.line: row.values["body"] for row in recipients(campaign, state="waiting")}
    assert waiting[2] == {"1": "José Peña", "2": "A-1"} and waiting[11]["1"] == "Ñandú"
    told = reasons(campaign)
    assert told[3] == "value_too_long" and told[4] == "bad_phone" and told[7] == "open_quote"
    assert set(waiting) | set(told) == {2, 3, 4, 5, 6, 7, 8, 10, 11}
    assert not any("\x00" in str(row.values) + row.text for row in recipients(campaign))
    with business_scope(acme):
        shown = report.lines_of(campaign, most=1)
    assert shown["open_quote"] == ([7], False)
