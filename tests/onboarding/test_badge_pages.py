"""The page of a badge for its owner, an agent and the neighbour, with everything people type; and the admin."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from config.clock import now
from onboarding.forms.badge import LINKS
from onboarding.models import BadgeRequest, BadgeState
from onboarding.services import badge, badge_facts
from onboarding.views.badge import RULES
from tenants.models import AuditEvent, Mail
from tenants.tenancy import business_scope
from tests.onboarding.badges import ANSWERS, PRESS, attempt, newest, pending, ready_number, refuse, stored

FORM = ANSWERS | {"link_1": PRESS}
HOSTILE = [
    "<script>alert(1)</script>",
    "\u202eevil",
    "a" * 10_000,
    "nul\x00nul",
    "😀" * 50,
    "Envíos del V\u0430lle",
    "' OR 1=1 --",
    "{{ 7|add:7 }}",
]


@pytest.fixture
def number(acme):
    return ready_number(acme)


def as_(user):
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


@pytest.fixture
def owner(olga):
    return as_(olga)


@pytest.fixture
def at(acme, number):
    return lambda action="": f"/b/{acme.slug}/numbers/{number.reference}/badge/{action}"


def text(client, url, status=200):
    response = client.get(url)
    assert response.status_code == status
    return " ".join(response.content.decode().split())


def test_before_anything_the_page_says_what_the_badge_is_and_isnt(owner, at):
    page = text(owner, at())

    assert "changes nothing in how the channel works" in page
    assert "WhatsApp decides alone" in page
    assert "A verified company is something else" in page
    assert "Prepare a request" in page


def test_the_source_of_the_rules_is_named_in_the_readers_words(owner, at):
    assert "Source: Meta&#x27;s rules for official business accounts, as of Dec. 12, 2025." in text(owner, at())
    for row in badge_facts._told()["platform"]:
        assert str(RULES[row["rule"]]), "each text of the platform has a name on the page"


def test_the_number_page_leads_there(owner, acme, number, at):
    assert at() in text(owner, f"/b/{acme.slug}/numbers/{number.reference}/")


def test_from_the_first_click_to_whatsapp(owner, olga, number, at):
    assert owner.post(at("start/")).status_code == 302
    assert newest(number).state == BadgeState.DRAFT

    assert owner.post(at(), FORM).status_code == 302
    row = newest(number)
    assert (row.state, row.urls, row.country) == (BadgeState.CHECKING, [PRESS], "CO")
    assert "hx-get" in text(owner, at())

    put(row, BadgeState.CHECKED)
    assert owner.post(at("send/"), {}).status_code == 422  # the box isn't ticked
    assert newest(number).state == BadgeState.CHECKED
    assert owner.post(at("send/"), {"understood": "on"}).status_code == 302

    row = newest(number)
    assert (row.state, row.confirmed_by_id) == (BadgeState.SENDING, olga.pk)
    assert row.confirmed_at


def put(row, state):
    with business_scope(row.business):
        BadgeRequest.objects.filter(pk=row.pk).update(state=state, next_attempt_at=None)


def test_a_page_that_was_left_open_sends_nothing_twice(owner, number, at):
    attempt(number, BadgeState.SENDING)

    owner.post(at("send/"), {"understood": "on"})
    owner.post(at(), FORM | {"more": "anders"})
    owner.post(at("start/"))

    row = newest(number)
    assert (row.state, row.attempt, row.more) == (BadgeState.SENDING, 1, ANSWERS["more"])


@pytest.mark.parametrize("field", ["website", "parent_brand", "more", "link_1", "country"])
@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_is_kept_as_text_or_refused_with_a_sentence(owner, number, at, field, hostile):
    owner.post(at("start/"))

    response = owner.post(at(), FORM | {field: hostile})

    assert response.status_code in {302, 422}
    page = text(owner, at()) if response.status_code == 302 else response.content.decode()
    assert "<script>alert" not in page
    if response.status_code == 422:
        assert 'aria-invalid="true"' in page
        assert ANSWERS["website"] in page or field == "website"  # what was typed elsewhere is still there


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "ftp://diario.example/x",
        "http://user:pass@diario.example/",
        "http://127.0.0.1/admin",
        "http://[::1]/",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/",
        "diario",
        "https://diario.example:8443/x",
        "https://diario.example/" + "x" * 600,
    ],
)
def test_an_address_that_leads_nowhere_or_inside_is_refused_beside_its_field(owner, number, at, url):
    owner.post(at("start/"))

    response = owner.post(at(), FORM | {"link_2": url})

    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {"link_2"}
    assert newest(number).state == BadgeState.DRAFT


def test_an_address_without_its_scheme_gets_one_and_the_same_twice_is_said(owner, number, at):
    owner.post(at("start/"))
    response = owner.post(at(), FORM | {"link_1": "diario.example/a", "link_2": "https://diario.example/a/"})
    assert response.context["form"].errors.keys() == {"link_2"}

    owner.post(at(), FORM | {"link_1": "diario.example/a"})
    assert newest(number).urls == ["https://diario.example/a"]


def test_there_are_as_many_fields_as_whatsapp_reads_links(owner, at):
    owner.post(at("start/"))
    page = text(owner, at())

    assert all(f'name="{name}"' in page for name in LINKS)
    assert 'name="link_6"' not in page


def test_what_is_missing_stops_the_sending_and_names_the_way(owner, acme, at, number):
    row = attempt(number, BadgeState.CHECKED)
    with business_scope(acme):
        number.waba.business_verification = "not_verified"
        number.waba.save()

    page = text(owner, at())
    assert "Meta has not verified your company" in page
    assert at("send/") not in page

    owner.post(at("send/"), {"understood": "on"})
    assert stored(row).state == BadgeState.CHECKED


def test_a_refusal_shows_the_day_and_whose_rule_it_is(owner, number, at):
    row = pending(number)
    refuse(row)
    page = text(owner, at())

    assert "This wait is ours, not the platform's: 3 months" in page
    assert "What has to be better next time" in page
    assert "Prepare a request" not in page and at("start/") not in page


def test_after_the_wait_one_asks_again_with_last_times_answers(owner, number, at):
    row = pending(number)
    refuse(row)
    with business_scope(row.business):
        BadgeRequest.objects.update(retry_at=now() - timedelta(hours=1), retry_from=now().date() - timedelta(days=1))
    assert at("start/") in text(owner, at())

    owner.post(at("start/"))

    page = text(owner, at())
    assert PRESS in page and ANSWERS["more"] in page
    assert "What has to be better than last time" in page
    assert newest(number).attempt == 2


def test_what_whatsapp_didnt_take_is_no_refusal_of_the_badge(owner, number, at):
    attempt(number, BadgeState.CHECKED, last_error="Two-step verification is off.", last_error_code=100)

    page = text(owner, at())

    assert "no refusal of the badge" in page and "Two-step verification is off." in page


@pytest.mark.parametrize("state", list(BadgeState))
def test_every_state_has_a_page_and_a_live_part(owner, ana, number, at, state):
    asked = now() - timedelta(days=3)
    row = attempt(number, state, asked_at=asked, sent_at=asked, decided_at=now())
    if state == BadgeState.REFUSED:
        put(row, BadgeState.PENDING)
        refuse(row)
    for client in (owner, as_(ana)):
        assert f'data-state="{state}"' in text(client, at())
        assert f'data-state="{state}"' in text(client, at("state/"))


def test_an_agent_sees_how_it_stands_and_can_do_nothing(ana, number, at):
    attempt(number, BadgeState.CHECKED)
    agent = as_(ana)
    page = text(agent, at())

    assert "<form" not in page.partition('id="badge-state"')[2].partition('class="stack stack-l badge-more"')[0]
    for action in ("start/", "check/", "send/", "withdraw/", ""):
        assert agent.post(at(action), FORM).status_code == 403


def test_the_neighbours_number_isnt_found_from_ones_own_business(globex, owner, acme):
    theirs = ready_number(globex, e164="+573155559999")
    pending(theirs)

    for action in ("", "state/"):
        assert owner.get(f"/b/{acme.slug}/numbers/{theirs.reference}/badge/{action}").status_code == 404
    for action in ("start/", "send/", "withdraw/", "check/"):
        assert owner.post(f"/b/{acme.slug}/numbers/{theirs.reference}/badge/{action}").status_code == 404


# Our team


@pytest.fixture
def staff(sam):
    return as_(sam)


def change(row):
    return reverse("admin:onboarding_badgerequest_change", args=[row.pk])


def test_staff_see_the_list_and_everything_about_one_request(staff, number):
    row = pending(number, more="<b>bold</b>")
    refuse(row)

    assert "Envíos del Valle" in text(staff, reverse("admin:onboarding_badgerequest_changelist"))
    page = text(staff, change(row))

    assert PRESS in page and "&lt;b&gt;bold" in page and "<b>bold</b>" not in page
    assert "Lift our wait" in page


def test_staff_pass_a_request_on_or_give_it_back(staff, number, olga):
    row = attempt(number, BadgeState.WITH_US, created_by=olga)

    assert staff.post(change(row), {"outcome": "give_back", "advice": "", "staff_note": ""}).status_code == 200
    staff.post(change(row), {"outcome": "give_back", "advice": "Busca otra nota.", "staff_note": "Poco."})
    assert (stored(row).state, stored(row).advice, stored(row).staff_note) == (
        BadgeState.CHECKED, "Busca otra nota.", "Poco.",
    )  # fmt: skip
    assert "Busca otra nota." in Mail.objects.get(key__startswith="badge_returned:").text

    put(row, BadgeState.WITH_US)
    staff.post(change(row), {"outcome": "pass_on", "advice": "", "staff_note": ""})
    assert stored(row).state == BadgeState.SENDING


def test_staff_lift_the_houses_wait(staff, number, acme):
    row = pending(number)
    refuse(row)
    before = stored(row).retry_from

    staff.post(change(row), {"outcome": "lift", "advice": "", "staff_note": ""})

    assert stored(row).retry_from < before
    with business_scope(acme):
        assert AuditEvent.objects.filter(verb="wait for the badge lifted").exists()


def test_what_staff_note_stays_with_them(staff, owner, number, at):
    row = attempt(number, BadgeState.PENDING, asked_at=now(), sent_at=now())

    staff.post(change(row), {"outcome": "", "advice": "", "staff_note": "Marca poco conocida."})

    assert stored(row).staff_note == "Marca poco conocida."
    assert "Marca poco conocida." not in text(owner, at())


def test_only_one_of_two_tabs_begins_a_request(owner, number, at):
    owner.post(at("start/"))
    owner.post(at("start/"))

    with business_scope(number.business):
        assert badge.history(number).count() == 1
