"""The checklist's pages: what the business sees and may do, and what our team does in the admin."""

import pytest
from django.contrib.auth.models import Permission

from onboarding.models import ChannelSetup, CheckKind, CheckState, RoundTrip
from onboarding.services import channels, round_trips
from onboarding.services.channel_checks import Finding, failed
from tenants.tenancy import business_scope, every_business
from tests import builders


@pytest.fixture
def number(acme):
    return builders.phone_number(acme, live_at=None, e164="+573155550142", display_name="Acme")


@pytest.fixture
def setup(acme, number):
    with business_scope(acme):
        return channels.begin(number)


def address(number, path=""):
    return f"/b/{number.business.slug}/numbers/{number.reference}/channel/{path}"


def staff_address(setup, path="change/"):
    return f"/admin/onboarding/channelsetup/{setup.pk}/{path}"


def item(setup, kind):
    with every_business():
        return ChannelSetup.objects.get(pk=setup.pk).items.get(kind=kind)


def put(setup, kind, finding):
    with every_business():
        row = setup.items.select_related("setup__phone_number").get(kind=kind)
        channels.write(row, finding)
        channels.settle(setup)


# The business


def test_the_page_says_what_is_left_and_who_acts(client, olga, number, setup):
    put(setup, CheckKind.PIN, failed("pin_off", "us"))
    put(setup, CheckKind.NAME, Finding(CheckState.PASSED, evidence={"name": "Acme"}))
    client.force_login(olga)

    page = client.get(address(number)).content.decode()

    assert "Not live yet" in page
    assert "Two-step verification is off" in page
    assert "Next: Our team" in page
    assert "Start the test" in page
    assert "1 of 9 in order" in page


def test_the_page_never_says_live_before_the_round_trip(client, olga, number, setup):
    for kind in CheckKind:
        if kind != CheckKind.ROUND_TRIP:
            put(setup, kind, Finding(CheckState.PASSED))
    client.force_login(olga)

    for path in (address(number), f"/b/{number.business.slug}/numbers/{number.reference}/"):
        page = client.get(path).content.decode()
        assert "<strong>Live.</strong>" not in page
        assert ">Live<" not in page


def test_the_test_shows_a_word_with_link_and_code_and_then_its_legs(client, olga, number):
    client.force_login(olga)

    client.post(address(number, "test/"))

    with every_business():
        trip = RoundTrip.objects.get()
    page = client.get(address(number)).content.decode()
    assert trip.word in page
    assert f"https://wa.me/573155550142?text={trip.word}" in page
    code = client.get(address(number, "test/code.svg"))
    assert code["Content-Type"] == "image/svg+xml"
    with every_business():
        round_trips.close(RoundTrip.objects.select_related("phone_number__business").get())
    done = client.get(address(number)).content.decode()
    assert "<strong>Live.</strong>" in done
    assert trip.word not in done
    assert client.get(address(number, "test/code.svg")).status_code == 404


def test_a_live_number_that_breaks_says_so_everywhere(client, olga, number, setup):
    with every_business():
        round_trips.from_conversation(
            number, received_at=channels.now(), answered_at=channels.now(), sent_at=None, delivered_at=channels.now()
        )
        setup.phone_number.refresh_from_db()
    put(setup, CheckKind.WEBHOOK, failed("webhook_elsewhere", "us"))
    client.force_login(olga)

    for path in (address(number), f"/b/{number.business.slug}/numbers/{number.reference}/"):
        assert "broken" in client.get(path).content.decode()
    assert "broken" in client.get(f"/b/{number.business.slug}/numbers/").content.decode()


def test_the_platform_is_said_on_the_page(client, olga, number, setup):
    client.force_login(olga)

    refused = client.post(address(number, "platform/"), {"platform": "current", "version": "<b>7</b>"})
    assert refused.status_code == 422
    assert "Write the version as figures" in refused.content.decode()
    client.post(address(number, "platform/"), {"platform": "current", "version": "7.4"})

    assert item(setup, CheckKind.PLATFORM).state == CheckState.PASSED


def test_checking_everything_marks_what_a_worker_looks_at(client, olga, number, setup):
    client.force_login(olga)

    client.post(address(number, "check/"))
    again = client.post(address(number, "check/"), follow=True)

    assert item(setup, CheckKind.WEBHOOK).state == CheckState.CHECKING
    assert item(setup, CheckKind.ROUND_TRIP).state == CheckState.WAITING
    assert "being checked right now" in again.content.decode()


@pytest.mark.parametrize("path", ["check/", "test/", "platform/"])
def test_an_agent_looks_but_does_not_act(client, ana, number, setup, path):
    client.force_login(ana)

    assert client.post(address(number, path)).status_code == 403
    page = client.get(address(number))
    assert page.status_code == 200
    assert 'action="/b/' not in page.content.decode().split("data-channel")[1].split("</main>")[0]


def test_a_number_without_registration_has_no_checklist(client, acme, olga):
    number = builders.phone_number(acme, registered_at=None, live_at=None)
    client.force_login(olga)

    assert client.get(address(number)).status_code == 404


def test_a_neighbour_s_number_is_not_found(client, globex, ana, number):
    other = builders.phone_number(globex)
    client.force_login(ana)

    assert client.get(f"/b/{number.business.slug}/numbers/{other.reference}/channel/").status_code == 404


# Our team


@pytest.fixture
def desk(client, sam):
    client.force_login(sam)
    return client


def act(client, setup, act, **fields):
    return client.post(staff_address(setup, "act/"), {"act": act, **fields}, follow=True)


def test_the_list_shows_the_overdue_ones_first(desk, acme, globex, setup):
    late = builders.phone_number(
        globex, live_at=None, e164="+573155550777", registered_at=channels.now() - channels.timedelta(days=20)
    )
    with business_scope(globex):
        channels.begin(late)

    page = desk.get("/admin/onboarding/channelsetup/").content.decode()

    assert page.index("555&nbsp;0777" if "555&nbsp;0777" in page else "0777") < page.index("0142")
    assert "overdue by" in page
    only_late = desk.get("/admin/onboarding/channelsetup/?stage=overdue").content.decode()
    assert "0777" in only_late and "0142" not in only_late


def test_staff_see_evidence_and_act_on_one_item(desk, setup):
    put(
        setup, CheckKind.WEBHOOK,
        failed("webhook_elsewhere", "us", expected="https://us.example", actual="https://them.example", level="waba"),
    )  # fmt: skip

    page = desk.get(staff_address(setup)).content.decode()
    assert "https://them.example instead of https://us.example" in page
    assert "repair:webhook" in page

    act(desk, setup, "repair:webhook")

    row = item(setup, CheckKind.WEBHOOK)
    assert (row.state, row.repair_asked) == (CheckState.CHECKING, True)


def test_staff_waive_with_a_reason_on_the_page(desk, setup):
    short = act(desk, setup, "waive:payment", reason_payment="ok")
    assert short.status_code == 422
    act(desk, setup, "waive:payment", reason_payment="The partner pays for this account.")

    assert item(setup, CheckKind.PAYMENT).state == CheckState.WAIVED
    assert "The partner pays" in desk.get(staff_address(setup)).content.decode()
    assert act(desk, setup, "waive:round_trip", reason_round_trip="It works, believe me.").status_code == 422
    assert act(desk, setup, "nonsense").status_code == 422


def test_staff_start_the_test_and_check_everything(desk, setup):
    act(desk, setup, "test")
    act(desk, setup, "check_all")
    act(desk, setup, "platform", platform="none", version="")

    with every_business():
        word = RoundTrip.objects.get().word
    assert word in desk.get(staff_address(setup)).content.decode()
    assert desk.get(staff_address(setup, "code.svg"))["Content-Type"] == "image/svg+xml"
    assert item(setup, CheckKind.NUMBER).state == CheckState.CHECKING
    assert item(setup, CheckKind.PLATFORM).state == CheckState.PASSED


def test_staff_who_may_only_look_can_not_act(client, setup):
    viewer = builders.user("viewer", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_channelsetup"))
    client.force_login(viewer)

    page = client.get(staff_address(setup))
    assert page.status_code == 200
    assert "Check everything now" not in page.content.decode()
    assert act(client, setup, "check_all").status_code == 403


def test_staff_without_the_right_see_nothing(client, setup):
    client.force_login(builders.user("clerk", is_staff=True))

    assert client.get(staff_address(setup)).status_code == 403
    assert client.get(staff_address(setup, "code.svg")).status_code == 403


def test_a_reason_full_of_markup_is_text(desk, setup):
    act(desk, setup, "waive:profile", reason_profile="<script>alert(1)</script> \u202e and more words")

    page = desk.get(staff_address(setup)).content.decode()

    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
