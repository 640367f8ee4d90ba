"""Pages of campaigns: step by step to a start, and the report."""

import csv
import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from config.clock import now
from contactcenter.campaigns import lifecycle, preparing
from contactcenter.models import Campaign, CampaignRules, Segment
from tenants.models import AuditEvent
from tenants.tenancy import business_scope
from tests import builders
from tests.contactcenter.campaigns.scene import (
    again,
    checked,
    feed,
    made,
    messages_of,
    person,
    scene,
    settle,
    started,
    stops,
)  # fmt: skip

pytestmark = pytest.mark.django_db
LIST = "celular,nombre,pedido\n3001110001,Rosa,A-1\n3001110002,Leo,A-2\n12,x,y\n"


@pytest.fixture
def boss(client, acme, olga):
    client.force_login(olga)
    client.base = f"/b/{acme.slug}/campaigns/"
    return client


def the_campaign(business):
    with business_scope(business):
        return lifecycle.locked(Campaign.objects.get())


def test_the_first_page_says_what_belongs_there(boss):
    page = boss.get(boss.base).content.decode()

    assert "No campaign yet" in page
    assert "campaigns/new/" in page


def test_without_a_number_or_template_the_page_says_what_is_missing(boss, acme):
    assert "No number yet" in boss.get(boss.base + "new/").content.decode()
    builders.phone_number(acme)
    assert "No approved template" in boss.get(boss.base + "new/").content.decode()


def test_step_by_step_to_a_start(boss, acme):
    number, template = scene(acme)
    person(acme, "573001110001", "Rosa Paz")
    stops(acme, person(acme, "573001110002", "Leo"))

    answer = boss.post(boss.base + "new/", {"name": "", "number": number.reference, "template": template.reference})
    assert answer.status_code == 422
    answer = boss.post(
        boss.base + "new/", {"name": "Spring", "number": number.reference, "template": template.reference}
    )
    campaign = the_campaign(acme)
    here = f"{boss.base}{campaign.reference}/"
    assert answer.url == here + "people/"

    assert boss.post(here + "people/", {"audience": "csv"}).status_code == 422
    answer = boss.post(here + "people/", {"audience": "csv", "file": SimpleUploadedFile("l.csv", LIST.encode())})
    assert answer.url == here + "values/"
    page = boss.get(here + "values/").content.decode()
    assert "Hello" in page and "Rosa" in page and "A-1" in page

    empty = {"phone": 0, "name": 1, "country": "CO", "from_0": "text", "text_0": "", "from_1": "column:2"}
    assert boss.post(here + "values/", empty).status_code == 422
    answer = boss.post(here + "values/", empty | {"from_0": "first_name", "text_0": "cliente"})
    assert answer.url == here
    assert "htmx" not in answer.content.decode()
    assert "being checked" in boss.get(here).content.decode().lower()
    preparing.run_due()

    page = boss.get(here).content.decode()
    assert "1 person gets it" in page
    assert "This person asked not to be written to." in page
    assert "US$" in page and "0.0008" in page
    assert page.count('class="chat-preview"') == 1

    when = {"when": "later", "day": "2020-01-01", "hour": "10:00", "time_zone": "America/Bogota"}
    answer = boss.post(here + "start/", when)
    assert answer.status_code == 422 and "This moment has passed." in answer.content.decode()
    seen = the_campaign(acme).checked_at.isoformat()
    answer = boss.post(here + "start/", {"when": "now", "time_zone": "America/Bogota", "seen": seen})
    assert answer.url == here
    campaign = the_campaign(acme)
    assert (campaign.state, campaign.quiet_from, campaign.started_by.email[:4]) == ("running", None, "olga")


def test_a_later_start_is_read_in_its_time_zone(boss, acme):
    person(acme, "573001110001")
    campaign = checked(made(acme, LIST))
    day = (now() + timedelta(days=2)).date()
    boss.post(
        f"{boss.base}{campaign.reference}/start/",
        {"when": "later", "day": day.isoformat(), "hour": "10:30", "time_zone": "America/Sao_Paulo",
         "quiet_from": "21:00", "quiet_until": "07:00"},
    )  # fmt: skip

    campaign = again(campaign)
    assert (campaign.state, f"{campaign.start_at:%H:%M}") == ("scheduled", "13:30")
    assert f"{campaign.quiet_from:%H}" == "21"


def test_a_spreadsheet_is_refused_with_what_to_do(boss, acme):
    campaign = made(acme, LIST)
    answer = boss.post(
        f"{boss.base}{campaign.reference}/people/",
        {"audience": "csv", "file": SimpleUploadedFile("l.xlsx", b"PK\x03\x04rest")},
    )

    assert answer.status_code == 422
    assert "Save it as CSV" in answer.content.decode()


def test_a_filter_can_be_kept_as_a_segment_and_chosen_again(boss, acme):
    number, template = scene(acme)
    with business_scope(acme):
        campaign = lifecycle.create("One", number, template)
    here = f"{boss.base}{campaign.reference}/"
    boss.post(here + "people/", {"audience": "filter", "languages": ["es"], "wrote_within": 30, "save_as": "Lately"})
    with business_scope(acme):
        segment = Segment.objects.get()
    assert segment.rules == {"languages": ["es"], "wrote_within": 30}

    boss.post(here + "people/", {"audience": "segment", "segment": segment.reference})
    assert again(campaign).segment == segment
    assert "Lately" in boss.get(boss.base + "rules/").content.decode()
    boss.post(f"{boss.base}segments/{segment.reference}/delete/")
    with business_scope(acme):
        assert not Segment.objects.exists()


def test_pause_go_on_and_cancel_by_button(boss, acme):
    person(acme, "573001110001")
    campaign = started(made(acme, LIST))
    here = f"{boss.base}{campaign.reference}/"
    feed(campaign)

    assert "Paused. Nothing more leaves" in boss.post(here + "pause/", follow=True).content.decode()
    assert "It goes on." in boss.post(here + "resume/", follow=True).content.decode()
    assert "Cancelled." in boss.post(here + "cancel/", follow=True).content.decode()
    assert "Only a paused campaign can go on." in boss.post(here + "resume/", follow=True).content.decode()
    with business_scope(acme):
        verbs = set(AuditEvent.objects.filter(business=acme).values_list("verb", flat=True))
    assert {"campaign started", "campaign paused", "campaign resumed", "campaign cancelled"} - verbs <= {
        "campaign started"
    }


def test_the_report_says_what_became_of_everybody(boss, acme):
    number, template = scene(acme)
    people = [person(acme, f"57300111000{n}", f"Ana {n}") for n in range(1, 5)]
    text = "celular,nombre,pedido\n" + "".join(f"300111000{n},a,{n}\n" for n in range(1, 5)) + "12,=cmd,x\n"
    campaign = started(made(acme, text, number=number, template=template))
    feed(campaign)
    read, delivered, failed, queued = messages_of(campaign)
    settle([read], "read", pricing_type="regular", pricing_category="utility", sent_at=now(), delivered_at=now())
    settle([delivered], "delivered", pricing_type="free_entry_point", sent_at=now())
    settle([failed], "failed", error_code=131026, error_details="Undeliverable")
    with business_scope(acme):
        thread = read.conversation
    builders.message(thread, "Thanks", at=now() + timedelta(minutes=5))

    page = boss.get(f"{boss.base}{campaign.reference}/").content.decode()
    assert "Delivered to 50%, read by 25%" in page
    assert "131026" in page
    assert "Charged so far: US$\u00a00.0008" in page
    progress = boss.get(f"{boss.base}{campaign.reference}/progress/?state=running")
    assert 'data-figure="failed" class="stop">1<' in progress.content.decode()
    assert "HX-Refresh" not in progress
    assert boss.get(f"{boss.base}{campaign.reference}/progress/?state=paused")["HX-Refresh"] == "true"

    export = boss.get(f"{boss.base}{campaign.reference}/export.csv")
    rows = list(csv.reader(io.StringIO(export.getvalue().decode("utf-8-sig"))))
    assert [row[3] for row in rows[1:]] == ["Read", "Delivered", "Not sent", "Waiting to leave", "Left out"]
    assert rows[5][0] == "6" and rows[5][8].startswith("12,")
    only = boss.get(f"{boss.base}{campaign.reference}/export.csv?only=left-out").getvalue().decode("utf-8-sig")
    assert len(list(csv.reader(io.StringIO(only)))) == 2
    assert queued and people


def test_agents_may_look_and_not_act(client, acme, ana):
    person(acme, "573001110001")
    campaign = started(made(acme, LIST))
    client.force_login(ana)
    here = f"/b/{acme.slug}/campaigns/{campaign.reference}/"

    assert client.get(here).status_code == 200
    assert "/pause/" not in client.get(here).content.decode()
    for path in ("pause/", "cancel/", "start/", "check/", "resume/", "delete/"):
        assert client.post(here + path).status_code == 403
    for path in ("people/", "values/", "export.csv"):
        assert client.get(here + path).status_code == 403
    assert client.get(f"/b/{acme.slug}/campaigns/new/").status_code == 403


def test_a_neighbour_finds_no_campaign(client, acme, globex):
    campaign = made(acme, LIST)
    client.force_login(builders.member(globex, "gus", role="owner"))

    assert client.get(f"/b/{globex.slug}/campaigns/{campaign.reference}/").status_code == 404
    assert client.post(f"/b/{globex.slug}/campaigns/{campaign.reference}/cancel/").status_code == 404


def test_the_rules_of_the_business_are_kept(boss, acme):
    answer = boss.post(
        boss.base + "rules/",
        {"frequency_count": 1, "frequency_days": 30, "quiet_from": "22:00", "quiet_until": "07:00",
         "error_percent": 10},
    )  # fmt: skip

    assert answer.status_code == 302
    with business_scope(acme):
        row = CampaignRules.objects.get()
    assert (row.frequency_count, row.frequency_days, row.error_percent) == (1, 30, 10)
    assert boss.post(boss.base + "rules/", {"frequency_count": -1}).status_code == 422


def test_a_draft_is_thrown_away_and_a_started_one_is_not(boss, acme):
    person(acme, "573001110001")
    campaign = checked(made(acme, LIST))
    boss.post(f"{boss.base}{campaign.reference}/delete/")
    with business_scope(acme):
        assert not Campaign.objects.exists()

    campaign = started(made(acme, LIST))
    boss.post(f"{boss.base}{campaign.reference}/delete/")
    assert again(campaign).state == "running"


def test_from_a_contact_one_goes_to_writing_first(client, acme, ana):
    contact = person(acme, "573001110001")
    client.force_login(ana)

    page = client.get(f"/b/{acme.slug}/contacts/{contact.reference}/").content.decode()

    assert f"/b/{acme.slug}/inbox/new/?to=%2B573001110001" in page
