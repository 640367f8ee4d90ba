"""Another display name for a number in use: reviewed by the house, then by Meta, then put into use (product row C7)."""

from datetime import timedelta

import pytest
from django.urls import reverse

from config.clock import now
from onboarding import gateway
from onboarding.exceptions import NotPossible
from onboarding.models import ActivationAttempt, NewsKind, NumberNews, PhoneNumber, Renaming
from onboarding.models import RenamingState as State
from onboarding.services import polls, renamings
from providers.models import Incident
from tenants.models import Mail
from tenants.tenancy import business_scope, every_business
from tests import builders
from tests.onboarding.test_number_life import tell

PHONE = "+573155550142"
NAME = "Envíos del Valle Cali"


@pytest.fixture
def number(sandbox, acme, olga):
    """A number that is registered at the sandbox and here."""
    line = gateway.line()
    waba_id = line.create_waba("506914307656634", name="Acme", currency="USD", timezone_id="1")
    node = line.add_phone_number(waba_id, country_code="57", number="3155550142", display_name="Acme")
    sandbox.control("decide", kind="names", subject=node, approve=True)
    line.request_code(node, method="SMS", language="es")
    line.verify_code(node, code=sandbox.look("sms", phone="573155550142")["sms"][0]["code"])
    line.register(node, pin="482915")
    waba = builders.waba(acme, waba_id=waba_id, portfolio_id="506914307656634", access_token="")
    return builders.phone_number(acme, waba=waba, e164=PHONE, phone_number_id=node, pin="482915", display_name="Acme")


def ask(number, olga, name=NAME):
    with business_scope(number.business):
        return renamings.ask(number, name=name, why="We have a new brand.", actor=olga)


def decide(row, approve=True, note="", by=None):
    with every_business():
        return renamings.decide(row.pk, approve=approve, note=note, by=by)


def run():
    with every_business():
        Renaming.objects.exclude(next_attempt_at=None).update(next_attempt_at=now() - timedelta(seconds=1))
    renamings.run_due()


def now_is(row):
    with every_business():
        return Renaming.objects.get(pk=row.pk)


def test_a_wish_waits_for_our_team_before_meta_hears_of_it(sandbox, number, olga):
    row = ask(number, olga)
    run()

    assert now_is(row).state == State.ASKED
    assert sandbox.look("state")["numbers"][0]["new_display_name"] is None


def test_the_whole_way_to_a_new_name(sandbox, number, olga, sam):
    row = ask(number, olga)
    decide(row, by=sam)
    run()
    assert now_is(row).state == State.WAITING_FOR_META
    sandbox.control("decide", kind="names", subject=number.phone_number_id, approve=True)

    run()
    assert now_is(row).state == State.REGISTERING
    run()

    assert now_is(row).state == State.DONE
    with business_scope(number.business):
        assert PhoneNumber.objects.get().display_name == NAME
        assert ActivationAttempt.objects.filter(kind="register").count() == 1
    assert sandbox.look("state")["numbers"][0]["verified_name"] == NAME
    assert Mail.objects.filter(key__startswith=f"renaming:{row.pk}:done").exists()


def test_the_webhook_and_the_poll_tell_of_one_decision(sandbox, number, olga, sam):
    row = ask(number, olga)
    decide(row, by=sam)
    run()
    said = {
        "display_phone_number": "573155550142",
        "decision": "APPROVED",
        "requested_verified_name": NAME,
        "rejection_reason": None,
    }
    tell(number, "phone_number_name_update", said, times=2)
    sandbox.control("decide", kind="names", subject=number.phone_number_id, approve=True)
    with every_business():
        type(number.waba).objects.update(next_poll_at=now())
    polls.poll_due()

    assert now_is(row).state == State.REGISTERING
    with business_scope(number.business):
        assert NumberNews.objects.filter(kind=NewsKind.NAME).count() == 1
        assert PhoneNumber.objects.get().display_name == "Acme"


def test_while_a_name_is_reviewed_the_old_one_stays_approved(sandbox, number, olga, sam):
    decide(ask(number, olga), by=sam)
    run()
    with every_business():
        type(number.waba).objects.update(next_poll_at=now())
    polls.poll_due()

    with business_scope(number.business):
        seen = PhoneNumber.objects.get()
    assert (seen.display_name, seen.name_status) == ("Acme", "approved")


def test_a_name_that_meta_refuses_is_told_and_another_may_be_asked_for(sandbox, number, olga, sam):
    row = ask(number, olga)
    decide(row, by=sam)
    run()
    sandbox.control("decide", kind="names", subject=number.phone_number_id, approve=False, reason="NAME_NOT_CONSISTENT")
    run()

    assert now_is(row).state == State.DECLINED
    assert Mail.objects.filter(key__startswith="number_news:").exists()
    assert ask(number, olga, "Acme Cali").state == State.ASKED


def test_our_team_refuses_with_a_reason_that_the_business_reads(client, number, olga, sam):
    row = ask(number, olga)
    with pytest.raises(ValueError, match="reason"):
        decide(row, approve=False, by=sam)
    decide(row, approve=False, note="The website shows another name.", by=sam)

    client.force_login(olga)
    page = client.get(reverse("onboarding:number", args=[number.business.slug, number.reference])).content.decode()
    assert "The website shows another name." in page


def test_two_reviewers_do_not_decide_twice(number, olga, sam):
    row = ask(number, olga)
    decide(row, by=sam)

    with pytest.raises(NotPossible):
        decide(row, approve=False, note="No.", by=sam)


def test_only_one_wish_runs_at_a_time_and_it_can_be_withdrawn(number, olga):
    ask(number, olga)
    with pytest.raises(NotPossible):
        ask(number, olga, "Something Else")
    with business_scope(number.business):
        assert renamings.withdraw(number, actor=olga)

    assert ask(number, olga, "Something Else").state == State.ASKED


def test_ten_changes_in_thirty_days_and_no_more(number, olga):
    with every_business():
        for days in range(10):
            Renaming.objects.create(
                business=number.business, phone_number=number, old_name="a", name="b", why="w", state=State.DONE,
                sent_at=now() - timedelta(days=days + 1),
            )  # fmt: skip

    with pytest.raises(NotPossible, match="Next try"):
        ask(number, olga)


def test_an_approval_that_is_not_put_into_use_in_time_runs_out(number, olga, sam):
    row = ask(number, olga)
    with every_business():
        Renaming.objects.filter(pk=row.pk).update(
            state=State.REGISTERING, register_by=now() - timedelta(hours=1), next_attempt_at=now()
        )
    run()

    assert now_is(row).state == State.EXPIRED


def test_a_change_that_meta_refuses_to_take_calls_staff_and_ends_by_itself(sandbox, number, olga, sam, settings):
    row = ask(number, olga)
    decide(row, by=sam)
    settings.WHATSAPP_GRAPH_URL = "http://127.0.0.1:9"
    for _round in range(renamings.STUCK_AFTER_ATTEMPTS):
        run()
    assert Incident.objects.get(key=f"renaming:{row.pk}").closed_at is None

    settings.WHATSAPP_GRAPH_URL = sandbox.url
    run()

    assert Incident.objects.get(key=f"renaming:{row.pk}").closed_at is not None
    assert now_is(row).state == State.WAITING_FOR_META


def test_a_late_word_on_an_old_name_brings_it_not_back(number, olga):
    with every_business():
        Renaming.objects.create(
            business=number.business, phone_number=number, old_name="Older", name="Acme", why="w", state=State.DONE
        )
    said = {"display_phone_number": "573155550142", "decision": "APPROVED", "requested_verified_name": "Older"}
    tell(number, "phone_number_name_update", said)

    with business_scope(number.business):
        assert PhoneNumber.objects.get().display_name == "Acme"
        assert Renaming.objects.count() == 1


def test_staff_decide_in_the_admin(client, number, olga, sam):
    row = ask(number, olga)
    client.force_login(sam)
    page = client.get(reverse("admin:onboarding_renaming_change", args=[row.pk]))
    assert NAME in page.content.decode()

    client.post(reverse("admin:onboarding_renaming_change", args=[row.pk]), {"decision_note": "", "_approve": "1"})

    assert now_is(row).state == State.DUE


def test_the_form_refuses_what_is_no_name(client, number, olga):
    client.force_login(olga)
    address = reverse("onboarding:rename", args=[number.business.slug, number.reference])

    for values in ({"name": "A", "why": "We have a new brand."}, {"name": "Acme", "why": "We have a new brand."}, {}):
        assert client.post(address, values).status_code == 422
    assert client.post(address, {"name": NAME, "why": "We have a new brand."}).status_code == 302
    assert client.get(address).status_code == 302


def test_an_agent_can_not_ask(client, number, ana):
    client.force_login(ana)

    assert client.get(reverse("onboarding:rename", args=[number.business.slug, number.reference])).status_code == 403
