"""The checklist of a channel: what the machine finds at the sandbox over HTTP, right and wrong, and what follows."""

from datetime import UTC, datetime, timedelta

import pytest

from onboarding.exceptions import NotPossible
from onboarding.models import Actor, ChannelSetup, CheckKind, CheckState, PhoneNumber
from onboarding.services import channel_checks, channel_reminders, channel_rounds, channel_words, channels
from onboarding.services.channel_checks import Finding
from providers.models import Incident, ProviderCall
from tenants.models import AuditEvent, Mail
from tenants.tenancy import business_scope, every_business
from tests import builders
from tests.providers.sandbox_server import TOKEN

PROFILE = {
    "messaging_product": "whatsapp", "about": "Paquetes en el Valle", "address": "Calle 25 Norte # 6-41, Cali",
    "email": "hola@enviosdelvalle.example", "websites": ["https://enviosdelvalle.example"],
}  # fmt: skip
MACHINE = [kind for kind in CheckKind if kind != CheckKind.ROUND_TRIP]


@pytest.fixture
def number(sandbox, acme, settings):
    """A number that is registered at the sandbox with everything in order."""
    settings.WHATSAPP_CALLBACK_URL = sandbox.callback
    settings.WHATSAPP_APP_ID = ""
    sandbox.control("options", withheld_scopes="")
    waba_id = sandbox.waba()
    node = sandbox.number(waba_id, "3155550142")
    sandbox.control("number", id=node, status="CONNECTED")
    sandbox.control("decide", kind="names", subject=node, approve=True)
    assert sandbox.post(f"{node}/whatsapp_business_profile", PROFILE).ok
    waba = builders.waba(acme, waba_id=waba_id, access_token=TOKEN)
    application = builders.application(
        acme, phone="+573155550142", brand="Envíos del Valle", activity="Llevamos paquetes.", city="Cali",
        address="Calle 25 Norte # 6-41", contact_email="hola@enviosdelvalle.example",
        website="https://enviosdelvalle.example", advisor_answers={"platform": "none"},
    )  # fmt: skip
    return builders.phone_number(
        acme, waba=waba, phone_number_id=node, e164="+573155550142", live_at=None, application=application,
        pin="102030", registered_at=datetime(2026, 11, 19, 15, 0, tzinfo=UTC),  # a Thursday
    )  # fmt: skip


def begin(number):
    with business_scope(number.business):
        return channels.begin(number)


def look(number):
    """One round of the worker, now."""
    with every_business():
        ChannelSetup.objects.update(next_check_at="2020-01-01T00:00Z", hour_calls=0)
    return channel_rounds.run_due()


def items(number):
    with every_business():
        setup = ChannelSetup.objects.get(phone_number=number)
        return {CheckKind(item.kind): item for item in setup.items.select_related("setup__phone_number")}


def open_incidents():
    return set(Incident.objects.filter(closed_at=None).values_list("key", flat=True))


def go_live(number):
    with every_business():
        PhoneNumber.objects.filter(pk=number.pk).update(live_at=datetime(2026, 11, 20, tzinfo=UTC))


# Beginning


def test_the_list_begins_with_due_dates_in_business_days(number):
    setup = begin(number)

    found = items(number)
    assert set(found) == set(CheckKind)
    assert found[CheckKind.WEBHOOK].due_at == datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
    assert found[CheckKind.ROUND_TRIP].due_at == datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # over the weekend
    assert setup.due_at == datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
    assert begin(number).pk == setup.pk


@pytest.mark.parametrize("said", [{"platform": "old"}, {"platform": "current", "platform_version": "7.1"}, {}])
def test_an_older_platform_or_an_unknown_one_takes_longer(number, said):
    with every_business():
        number.application.advisor_answers = said
        number.application.save()

    setup = begin(number)

    assert setup.due_at == datetime(2026, 11, 26, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "expected"), [(0, "2026-11-21"), (1, "2026-11-23"), (5, "2026-11-27"), (6, "2026-11-30")]
)
def test_saturdays_and_sundays_do_not_count(days, expected):
    saturday = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)

    moment = channels.business_days_after(saturday, days)

    assert (moment.date().isoformat() if days else "2026-11-21") == expected
    assert days == 0 or (moment.hour, moment.minute) == (9, 30)


def test_a_number_registered_by_another_way_gets_its_list_too(number):
    assert channels.begin_missing() == 1
    assert channels.begin_missing() == 0

    assert set(items(number)) == set(CheckKind)


# What the machine finds


def test_everything_in_order_passes_and_the_round_trip_waits(number):
    begin(number)

    assert look(number) == {"checked": 1, "failed": 0}

    found = items(number)
    assert {kind: found[kind].state for kind in MACHINE} == dict.fromkeys(MACHINE, CheckState.PASSED)
    assert (found[CheckKind.ROUND_TRIP].state, found[CheckKind.ROUND_TRIP].who) == (CheckState.WAITING, Actor.YOU)
    assert found[CheckKind.WEBHOOK].evidence["actual"] == found[CheckKind.WEBHOOK].evidence["expected"]
    assert "grey circle" in channel_words.for_business(found[CheckKind.PROFILE]).sentence
    assert ProviderCall.objects.filter(subject__startswith="channel:").count() <= 6
    assert not open_incidents()


def failing(sandbox, number, break_it, kind):
    begin(number)
    break_it()
    look(number)
    found = items(number)
    wrong = {one for one in MACHINE if found[one].state == CheckState.FAILED}
    assert wrong == {kind}
    words = channel_words.for_business(found[kind]), channel_words.for_staff(found[kind])
    assert all(one.sentence and one.what_to_do for one in words)
    return found[kind]


def test_an_address_set_for_the_account_is_told_from_ours(sandbox, number):
    def break_it():
        # The sandbox proves addresses: this one is ours, and the product now expects another.
        answer = sandbox.post(
            f"{number.waba.waba_id}/subscribed_apps",
            {"override_callback_uri": sandbox.callback + "elsewhere", "verify_token": "right"},
        )
        assert answer.ok, answer.text

    item = failing(sandbox, number, break_it, CheckKind.WEBHOOK)

    assert item.error == "webhook_elsewhere"
    assert (item.evidence["level"], item.evidence["actual"]) == ("waba", sandbox.callback + "elsewhere")


def test_an_address_set_for_the_number_is_found_and_put_right(sandbox, number, sam):
    def break_it():
        body = {
            "webhook_configuration": {"override_callback_uri": sandbox.callback + "number", "verify_token": "right"}
        }
        assert sandbox.post(number.phone_number_id, body).ok

    item = failing(sandbox, number, break_it, CheckKind.WEBHOOK)
    assert item.evidence["level"] == "number"

    with business_scope(number.business):
        channels.ask(item.setup, [CheckKind.WEBHOOK], actor=sam, repair=True, by_staff=True)
    channel_rounds.run_due()

    assert items(number)[CheckKind.WEBHOOK].state == CheckState.PASSED


def test_an_account_without_our_app_is_found_and_put_right(sandbox, number, sam):
    item = failing(sandbox, number, lambda: sandbox.delete(f"{number.waba.waba_id}/subscribed_apps"), CheckKind.WEBHOOK)
    assert item.error == "webhook_not_subscribed"

    with business_scope(number.business):
        channels.ask(item.setup, [CheckKind.WEBHOOK], actor=sam, repair=True, by_staff=True)
    channel_rounds.run_due()

    assert items(number)[CheckKind.WEBHOOK].state == CheckState.PASSED


def test_another_app_subscribed_is_not_ours(sandbox, number, settings):
    def break_it():
        settings.WHATSAPP_APP_ID = "4711"

    assert failing(sandbox, number, break_it, CheckKind.WEBHOOK).error == "webhook_not_subscribed"


def test_a_profile_with_gaps_is_found_and_filled_from_the_application(sandbox, number, sam):
    def break_it():
        body = {"messaging_product": "whatsapp", "email": "", "websites": []}
        assert sandbox.post(f"{number.phone_number_id}/whatsapp_business_profile", body).ok

    item = failing(sandbox, number, break_it, CheckKind.PROFILE)
    assert item.evidence["missing"] == ["email", "websites"]

    with business_scope(number.business):
        channels.ask(item.setup, [CheckKind.PROFILE], actor=sam, repair=True, by_staff=True)
    channel_rounds.run_due()

    assert items(number)[CheckKind.PROFILE].state == CheckState.PASSED
    about = sandbox.get(f"{number.phone_number_id}/whatsapp_business_profile", fields="about,email").json()
    assert about["data"][0]["about"] == "Paquetes en el Valle"  # what was there stays


def test_a_pin_turned_off_is_found_and_set_again(sandbox, number, sam):
    item = failing(
        sandbox, number, lambda: sandbox.control("number", id=number.phone_number_id, pin=None), CheckKind.PIN
    )

    with business_scope(number.business):
        channels.ask(item.setup, [CheckKind.PIN], actor=sam, repair=True, by_staff=True)
    channel_rounds.run_due()

    assert items(number)[CheckKind.PIN].state == CheckState.PASSED


@pytest.mark.parametrize(("status", "who"), [("DISCONNECTED", Actor.US), ("BANNED", Actor.YOU)])
def test_a_number_that_is_not_connected_fails(sandbox, number, status, who):
    item = failing(
        sandbox, number, lambda: sandbox.control("number", id=number.phone_number_id, status=status), CheckKind.NUMBER
    )

    assert item.who == who


def test_a_permission_that_was_taken_away_fails(sandbox, number):
    def break_it():
        sandbox.control("options", withheld_scopes="whatsapp_business_messaging")

    item = failing(sandbox, number, break_it, CheckKind.PERMISSIONS)

    assert item.evidence["missing"] == ["whatsapp_business_messaging"]


def test_a_token_that_meta_refuses_is_told_as_such(sandbox, number):
    begin(number)
    with every_business():
        number.waba.access_token = "nobody's"
        number.waba.save()

    look(number)

    assert items(number)[CheckKind.PERMISSIONS].error == "token_invalid"


# Answers that the sandbox doesn't give, read by the checks themselves


class Said:
    """Answers of a provider as a check reads them."""

    def __init__(self, **answers):
        self.__dict__ |= answers


def case(**fields):
    values = {
        "setup_pk": 1, "phone_number_id": "1", "waba_id": "10", "token": "t", "provider": "sandbox",
        "registered": True, "has_pin": False, "platform": "", "platform_version": "", "wanted": (),
    }  # fmt: skip
    return channel_checks.Case(**values | fields)


@pytest.mark.parametrize(
    ("platform", "version", "state"),
    [
        ("", "", CheckState.WAITING), ("none", "", CheckState.PASSED), ("current", "", CheckState.PASSED),
        ("old", "", CheckState.FAILED), ("current", "7.1.9", CheckState.FAILED), ("old", "7.2", CheckState.PASSED),
        ("current", "10.0", CheckState.PASSED),
    ],
)  # fmt: skip
def test_the_platform_is_judged_by_its_version_first(db, platform, version, state):
    assert channel_checks.platform(case(platform=platform, platform_version=version), None).state == state


def token(**fields):
    from providers.base import TokenReport

    scopes = channel_checks.NEEDED_SCOPES
    return Said(token=TokenReport(**{"is_valid": True, "scopes": scopes} | fields))


@pytest.mark.parametrize(
    ("report", "error"),
    [
        ({}, ""),
        ({"is_valid": False}, "token_invalid"),
        ({"scopes": (), "targets": {"whatsapp_business_management": ("10",)}}, "permission_missing"),
        ({"scopes": (), "targets": dict.fromkeys(channel_checks.NEEDED_SCOPES, ("10",))}, ""),
        ({"targets": {"whatsapp_business_messaging": ("11",)}}, "permission_elsewhere"),
        ({"expires_at": 1}, "token_ends"),
        ({"expires_at": 0}, ""),
        ({"expires_at": 4_000_000_000}, ""),
    ],
)
def test_a_token_is_read(db, report, error):
    assert channel_checks.permissions(case(), token(**report)).error == error


def test_a_payment_problem_is_read_from_the_account_s_health():
    from providers.base import Health, HealthProblem, HealthReport

    def health(code, text):
        problem = HealthProblem("WABA", "10", Health.BLOCKED, code, text, "")
        return Said(health=HealthReport(Health.BLOCKED, (problem,)))

    assert channel_checks.payment(case(), health(131042, "x")).error == "payment_missing"
    assert channel_checks.payment(case(), health(1, "There was a billing issue")).error == "payment_missing"
    assert channel_checks.payment(case(), health(131031, "Locked")).state == CheckState.PASSED


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://A.example/hooks/", "https://a.example/hooks", True),
        ("https://a.example:443/hooks", "https://a.example/hooks", True),
        ("http://a.example/hooks", "https://a.example/hooks", False),
        ("https://a.example/hooks?x=1", "https://a.example/hooks", False),
        ("https://a.example/Hooks", "https://a.example/hooks", False),
    ],
)
def test_addresses_are_compared_as_places(one, other, same):
    assert channel_checks.same_address(one, other) is same


# No answer


def test_without_an_answer_nothing_changes_and_staff_hears_of_it_in_the_end(sandbox, number, settings):
    begin(number)
    look(number)
    settings.WHATSAPP_GRAPH_URL = "http://127.0.0.1:9"

    for _round in range(channel_rounds.SILENT_ROUNDS):
        assert look(number)["failed"] == 1

    assert items(number)[CheckKind.WEBHOOK].state == CheckState.PASSED
    assert open_incidents() == {f"channel:{number.pk}:silent"}

    settings.WHATSAPP_GRAPH_URL = sandbox.url
    look(number)
    assert not open_incidents()


def test_the_pause_grows_while_nothing_changes_and_is_long_when_all_is_in_order(number, settings):
    settings.POLL_SECONDS = 60
    setup = begin(number)

    def pause(**fields):
        for name, value in fields.items():
            setattr(setup, name, value)
        with business_scope(number.business):
            return channel_rounds._pause(setup)

    growing = [pause(quiet_rounds=rounds) for rounds in (0, 2, 4, 30)]
    assert growing == sorted(growing)
    assert growing[-1] <= channel_rounds.LONGEST * 1.2
    assert pause(hour_calls=channels.HOURLY_CALLS, quiet_rounds=0) >= timedelta(minutes=54)
    look(number)
    assert pause(hour_calls=0) > timedelta(hours=10)


def test_nobody_can_ask_meta_more_often_than_the_hour_allows(number, olga):
    setup = begin(number)
    with every_business():
        ChannelSetup.objects.update(hour_calls=channels.HOURLY_CALLS, hour_began_at=channels.now())

    with business_scope(number.business), pytest.raises(NotPossible):
        channels.ask(setup, actor=olga)


def test_asking_twice_asks_once(number, olga):
    setup = begin(number)

    with business_scope(number.business):
        channels.ask(setup, actor=olga)
        with pytest.raises(NotPossible):
            channels.ask(setup, actor=olga)
    channel_rounds.run_due()

    assert channel_rounds.run_due() == {"checked": 0, "failed": 0}
    assert items(number)[CheckKind.WEBHOOK].state == CheckState.PASSED


def test_an_item_asked_about_alone_is_looked_at_alone(number, sam):
    setup = begin(number)
    look(number)
    before = items(number)

    with business_scope(number.business):
        channels.ask(setup, [CheckKind.PROFILE], actor=sam, by_staff=True)
    channel_rounds.run_due()

    after = items(number)
    assert after[CheckKind.PROFILE].checked_at > before[CheckKind.PROFILE].checked_at
    assert after[CheckKind.WEBHOOK].checked_at == before[CheckKind.WEBHOOK].checked_at


# After going live


def test_a_live_number_that_breaks_opens_an_incident_that_closes_by_itself(sandbox, number):
    begin(number)
    look(number)
    go_live(number)
    sandbox.delete(f"{number.waba.waba_id}/subscribed_apps")

    look(number)

    assert open_incidents() == {f"channel:{number.pk}:webhook"}
    with business_scope(number.business):
        row = PhoneNumber.objects.select_related("channel").get(pk=number.pk)
        assert row.live_at is not None
        assert [item.kind for item in channels.broken(row)] == ["webhook"]

    sandbox.post(f"{number.waba.waba_id}/subscribed_apps")
    look(number)

    assert not open_incidents()
    with business_scope(number.business):
        assert channels.broken(PhoneNumber.objects.get(pk=number.pk)) == []


def test_before_going_live_a_failure_is_no_incident(sandbox, number):
    begin(number)
    sandbox.delete(f"{number.waba.waba_id}/subscribed_apps")

    look(number)

    assert not open_incidents()


# Waiving


def test_staff_waive_with_a_reason_and_nothing_holds_it_up_any_more(number, sam):
    setup = begin(number)
    with business_scope(number.business):
        item = setup.items.get(kind=CheckKind.PAYMENT)
        with pytest.raises(NotPossible):
            channels.waive(item, reason="  ok ", actor=sam)
        channels.waive(item, reason="The partner pays for this account.", actor=sam)
    look(number)

    item = items(number)[CheckKind.PAYMENT]
    assert (item.state, item.waived_by_id) == (CheckState.WAIVED, sam.pk)
    assert "partner pays" in channel_words.for_business(item).sentence
    with every_business():
        assert AuditEvent.objects.filter(verb="channel item waived").exists()


def test_a_round_trip_cannot_be_waived(number, sam):
    setup = begin(number)

    with business_scope(number.business), pytest.raises(NotPossible):
        channels.waive(setup.items.get(kind=CheckKind.ROUND_TRIP), reason="It surely works, believe me.", actor=sam)


def test_a_waived_item_is_looked_at_again_when_staff_ask(number, sam):
    setup = begin(number)
    with business_scope(number.business):
        channels.waive(setup.items.get(kind=CheckKind.PROFILE), reason="Their agency does it later.", actor=sam)
        channels.ask(setup, [CheckKind.PROFILE], actor=sam, by_staff=True)
    channel_rounds.run_due()

    assert items(number)[CheckKind.PROFILE].state == CheckState.PASSED


# The platform


def test_saying_the_platform_moves_the_dates_and_the_item(number, olga):
    with every_business():
        number.application.advisor_answers = {}
        number.application.save()
    setup = begin(number)
    assert items(number)[CheckKind.WEBHOOK].due_at.day == 26

    with business_scope(number.business):
        channels.say_platform(setup, platform="current", version="7.4", actor=olga)

    found = items(number)
    assert found[CheckKind.PLATFORM].state == CheckState.PASSED
    assert found[CheckKind.WEBHOOK].due_at.day == 20
    with business_scope(number.business), pytest.raises(NotPossible):
        channels.say_platform(setup, platform="abacus", version="", actor=olga)


# Reminders


def test_staff_hear_of_an_overdue_channel_with_a_growing_pause(number, sam, monkeypatch):
    begin(number)
    clock = {"now": datetime(2026, 11, 20, 14, 0, tzinfo=UTC)}
    for module in (channel_reminders, channels):
        monkeypatch.setattr(module, "now", lambda: clock["now"])

    def mails():
        channel_reminders.remind()
        return Mail.objects.filter(key__startswith="channel_overdue:").count()

    counts = []
    for days in (0, 1, 1.5, 2, 3, 4, 5):
        clock["now"] = datetime(2026, 11, 20, 16, 0, tzinfo=UTC) + timedelta(days=days - (2 if days == 0 else 0) / 24)
        counts.append(mails())

    assert counts[0] == 0
    assert counts[1] == 1
    assert counts[2] == 1
    assert counts == sorted(counts)
    assert counts[-1] < 5
    mail = Mail.objects.filter(key__startswith="channel_overdue:").first()
    assert mail.to == sam.email
    assert "/admin/onboarding/channelsetup/" in mail.text


def test_whoever_has_the_application_is_reminded_alone(number, sam):
    builders.staff("other")
    with every_business():
        number.application.claimed_by = sam
        number.application.save()
        assert channel_reminders.readers(number) == [sam]


# Words


def test_every_error_has_words_for_both_readers(number):
    setup = begin(number)
    with business_scope(number.business):
        item = setup.items.get(kind=CheckKind.WEBHOOK)
        errors = (
            "platform_unknown platform_old number_not_registered number_slowed number_stopped number_disconnected "
            "name_pending name_declined name_unusable pin_off token_invalid token_ends permission_missing "
            "permission_elsewhere webhook_not_subscribed webhook_elsewhere profile_incomplete payment_missing "
            "trip_not_started trip_unused trip_no_answer trip_failed trip_silent"
        ).split()
        for error in errors:
            channels.write(item, Finding(CheckState.FAILED, error, Actor.US))
            for words in (channel_words.for_business(item), channel_words.for_staff(item)):
                assert words.sentence and words.what_to_do, error
