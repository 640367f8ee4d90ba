"""Activation: every refusal has its own way on, and our quotas come before the provider's (product row C4)."""

from datetime import timedelta

import pytest
from django.urls import reverse

from config.clock import now
from onboarding.enums import ApplicationStatus as Status
from onboarding.enums import StepKind, StepState
from onboarding.exceptions import NotPossible
from onboarding.models import ActivationAttempt, AttemptKind, OnboardingStep, PhoneNumber
from onboarding.services import (
    activation_words,
    number_rules,
    pins,
    quotas,
    refusals,
    registering,
    step_runner,
    step_watch,
    steps,
)
from providers.base import ProviderError
from providers.errors_text import explain
from providers.models import Incident, ProviderCall
from tenants.models import AuditEvent
from tenants.tenancy import business_scope, every_business
from tests import builders

PHONE = "+573155550142"


def at_step(business, kind, *, state=StepState.WAITING_FOR_BUSINESS, owner=None, **fields):
    """An approved application that has come as far as ``kind``."""
    with every_business():
        application = builders.application(
            business, status=Status.APPROVED, phone=PHONE, display_name="Envíos", brand="Envíos", created_by=owner,
            facebook_business_id="506914307656634",
        )  # fmt: skip
        builders.phone_number(
            business, application=application, e164=PHONE, registered_at=None, live_at=None, status="unverified"
        )
        reached = True
        for one in StepKind:
            OnboardingStep.objects.create(
                business=business,
                application=application,
                kind=one,
                since=now(),
                state=state if one == kind else StepState.DONE if reached and one != kind else StepState.WAITING,
            )
            reached = reached and one != kind
        OnboardingStep.objects.filter(application=application, kind=kind).update(**fields)
    return application


def step(application, kind):
    with business_scope(application.business):
        return steps.get(application, kind)


def refuse(application, kind, code, *, subcode=None, details="", **more):
    with business_scope(application.business):
        row = steps.get(application, kind)
        step_runner.refused(row, ProviderError("no", code=code, subcode=subcode, details=details, **more))


def words(application, kind):
    with business_scope(application.business):
        return activation_words.trouble(steps.get(application, kind))


@pytest.mark.parametrize(
    ("kind", "code", "subcode", "details", "trouble", "state"),
    [
        (StepKind.NUMBER_ADDED, 100, 2388001, "", "in_use", StepState.WAITING_FOR_BUSINESS),
        (StepKind.NUMBER_ADDED, 133015, None, "", "deleted_now", StepState.WAITING_FOR_META),
        (StepKind.CODE_REQUESTED, 4, 2446079, "", "too_often", StepState.WAITING_FOR_BUSINESS),
        (StepKind.CODE_REQUESTED, 613, None, "", "too_often", StepState.WAITING_FOR_BUSINESS),
        (StepKind.CODE_VERIFIED, 136025, None, "The code is incorrect.", "wrong_code", StepState.WAITING_FOR_BUSINESS),
        (StepKind.CODE_VERIFIED, 136025, None, "The code has expired.", "expired", StepState.WAITING_FOR_BUSINESS),
        (StepKind.CODE_VERIFIED, 4, 2446079, "Too many", "too_many_wrong", StepState.WAITING_FOR_BUSINESS),
        (StepKind.REGISTERED, 133005, None, "", "pin_wrong", StepState.WAITING_FOR_BUSINESS),
        (StepKind.REGISTERED, 133008, None, "Try again in 600 seconds.", "pin_wait", StepState.WAITING_FOR_META),
        (StepKind.REGISTERED, 133009, None, "", "pin_wait", StepState.WAITING_FOR_META),
        (StepKind.REGISTERED, 133015, None, "", "deleted_now", StepState.WAITING_FOR_META),
        (StepKind.REGISTERED, 133016, None, "", "register_limit", StepState.WAITING_FOR_META),
        (StepKind.REGISTERED, 133000, None, "", "still_leaving", StepState.WAITING_FOR_META),
        (StepKind.REGISTERED, 131045, None, "", "again", StepState.WAITING_FOR_META),
    ],
)
def test_a_refusal_has_words_and_a_way_on_of_its_own(acme, kind, code, subcode, details, trouble, state):
    application = at_step(acme, kind, state=StepState.DUE)

    refuse(application, kind, code, subcode=subcode, details=details)

    row, told = step(application, kind), words(application, kind)
    assert (row.data["trouble"], row.state) == (trouble, state)
    assert told.title and told.what_to_do
    if state == StepState.WAITING_FOR_META:
        assert row.next_attempt_at > now() and told.until == row.next_attempt_at.replace(
            microsecond=told.until.microsecond
        )


def test_a_named_wait_is_kept_to(acme):
    application = at_step(acme, StepKind.REGISTERED, state=StepState.DUE)

    refuse(application, StepKind.REGISTERED, 133008, details="Try again in 600 seconds.")

    left = step(application, StepKind.REGISTERED).next_attempt_at - now()
    assert timedelta(minutes=9) < left <= timedelta(minutes=10)


@pytest.mark.parametrize(
    "code",
    [
        0, 1, 2, 3, 4, 10, 33, 80007, 100, 190, 200, 294, 368, 130497, 131031, 131037, 131042, 131045, 131057, 131064,
        133000, 133004, 133005, 133006, 133008, 133009, 133010, 133015, 133016, 136024, 136025, 2388001, 2388012,
        2388091, 2388093, 2388103, 2494100, 2593079, 2593085, 2593107, 2593108, 613, 803, 104, 17, 463, 1349174,
        1349175, 1349176, 2207051, 2446079, 2446080,
    ],
)  # fmt: skip
def test_every_error_of_the_activation_is_explained(code):
    text = explain(code)

    assert text.is_known and str(text.title) and str(text.what_to_do)


def test_meta_may_want_the_number_proved_again(acme):
    application = at_step(acme, StepKind.REGISTERED, state=StepState.DUE)

    refuse(application, StepKind.REGISTERED, 133006)

    states = {kind: step(application, kind).state for kind in (StepKind.CODE_REQUESTED, StepKind.REGISTERED)}
    assert states == {StepKind.CODE_REQUESTED: StepState.WAITING_FOR_BUSINESS, StepKind.REGISTERED: StepState.WAITING}
    assert words(application, StepKind.CODE_REQUESTED).word == "verify_first"


def test_codes_are_counted_and_the_next_try_is_named(acme, olga):
    application = at_step(acme, StepKind.CODE_REQUESTED)
    with business_scope(acme):
        for click in range(3):
            steps.request_code(application, method="SMS", language="es", key=str(click), actor=olga)
            OnboardingStep.objects.filter(kind=StepKind.CODE_REQUESTED).update(state=StepState.WAITING_FOR_BUSINESS)
        with pytest.raises(NotPossible) as refusal:
            steps.request_code(application, method="SMS", language="es", key="4", actor=olga)
        left = quotas.left(PhoneNumber.objects.get(), AttemptKind.CODE)

    assert left.left == 0
    assert timedelta(minutes=58) < left.next_at - now() <= timedelta(hours=1)
    assert "Next try" in str(refusal.value)


def test_counts_are_rows_and_survive_a_step_that_starts_over(acme, olga):
    application = at_step(acme, StepKind.CODE_REQUESTED)
    with business_scope(acme):
        number = PhoneNumber.objects.get()
        for _attempt in range(5):
            quotas.note(number, AttemptKind.CODE)
        OnboardingStep.objects.filter(kind=StepKind.CODE_REQUESTED).update(data={})
        with pytest.raises(NotPossible):
            steps.request_code(application, method="SMS", language="es", key="x", actor=olga)


def test_an_hour_later_another_code_is_possible_but_only_five_a_day(acme):
    at_step(acme, StepKind.CODE_REQUESTED)
    with business_scope(acme):
        number = PhoneNumber.objects.get()
        for minutes in (61, 62, 63, 64):
            ActivationAttempt.objects.create(
                business=acme, phone_number=number, kind=AttemptKind.CODE, at=now() - timedelta(minutes=minutes)
            )
        assert quotas.left(number, AttemptKind.CODE).left == 1
        quotas.note(number, AttemptKind.CODE)
        left = quotas.left(number, AttemptKind.CODE)

    assert left.next_at is not None and left.quota.window == timedelta(days=1)


def test_while_meta_keeps_the_door_shut_no_code_is_asked_for(acme, olga):
    application = at_step(acme, StepKind.CODE_REQUESTED, state=StepState.DUE)
    refuse(application, StepKind.CODE_REQUESTED, 613)

    with business_scope(acme), pytest.raises(NotPossible):
        steps.request_code(application, method="VOICE", language="es", key="x", actor=olga)


def test_our_own_count_comes_before_the_eleventh_registration(acme):
    application = at_step(acme, StepKind.REGISTERED, state=StepState.DUE)
    with business_scope(acme):
        number = PhoneNumber.objects.get()
        for _attempt in range(5):
            quotas.note(number, AttemptKind.REGISTER)
        case = step_runner.read(steps.get(application, StepKind.REGISTERED))

    class Nobody:
        """A line that must not be used."""

    with pytest.raises(ProviderError) as refusal:
        registering.register(case, Nobody())

    assert refusal.value.code == 133016 and refusal.value.retry_after > 70 * 3600


def test_quotas_hold_from_their_day_on():
    old = {quota.most for quota in number_rules.quotas("rename", now().replace(year=2022).date())}

    assert old == {3}
    assert {quota.most for quota in number_rules.quotas("rename")} == {10}


def test_the_owner_enters_the_pin_that_the_number_has(acme, olga):
    application = at_step(acme, StepKind.REGISTERED)
    with business_scope(acme):
        registering.use_pin(application, pin="123 456", actor=olga)
        number = PhoneNumber.objects.get()

    assert (number.pin, step(application, StepKind.REGISTERED).state) == ("123456", StepState.DUE)
    assert number.pin_shown_at is not None


def test_nobody_knows_the_pin_so_a_new_one_is_set(acme, olga):
    application = at_step(acme, StepKind.REGISTERED)
    with business_scope(acme):
        registering.overwrite_pin(application, actor=olga)
        number = PhoneNumber.objects.get()

    assert step(application, StepKind.REGISTERED).data["overwrite_pin"]
    assert len(number.pin) == 6 and number.pin_shown_at is None


# The PIN


def in_use(acme):
    return builders.phone_number(acme, pin="482915")


def show(client, user, number):
    client.force_login(user)
    return client.post(reverse("onboarding:number_pin", args=[number.business.slug, number.reference]))


def test_the_owner_sees_the_pin_exactly_once(client, acme, olga):
    number = in_use(acme)

    first, again = show(client, olga, number), show(client, olga, number)

    assert "482915" in first.content.decode() and "no-store" in first["Cache-Control"]
    assert again.status_code == 302
    page = client.get(reverse("onboarding:number", args=[acme.slug, number.reference])).content.decode()
    assert "482915" not in page
    with business_scope(acme):
        assert AuditEvent.objects.filter(verb="PIN shown").count() == 1


@pytest.mark.parametrize("role", ["admin", "supervisor", "agent", "viewer"])
def test_nobody_but_the_owner_ever_sees_it(client, acme, role):
    number = in_use(acme)

    answer = show(client, builders.member(acme, role, role=role), number)

    assert answer.status_code == 403
    page = client.get(reverse("onboarding:number", args=[acme.slug, number.reference])).content.decode()
    assert "482915" not in page and "Show the PIN" not in page


def test_the_pin_is_encrypted_where_it_is_kept(acme):
    from django.db import connection

    number = in_use(acme)
    with every_business(), connection.cursor() as cursor:
        cursor.execute("SELECT pin FROM onboarding_phonenumber WHERE id = %s", [number.pk])
        assert "482915" not in cursor.fetchone()[0]


def test_a_new_pin_is_set_at_meta_and_shown_once_more(sandbox, acme, olga):
    number = registered_at(sandbox, acme)
    with business_scope(acme):
        pins.change(number, actor=olga)
    pins.run_due()

    with business_scope(acme):
        changed = PhoneNumber.objects.get(pk=number.pk)
        assert changed.pin != "482915"
        assert pins.reveal(changed, actor=olga) == changed.pin
        assert pins.reveal(changed, actor=olga) is None
    kept = "".join(str(call.request) + str(call.response) for call in ProviderCall.objects.all())
    assert changed.pin not in kept


def registered_at(sandbox, acme):
    """A number that the sandbox has, too."""
    from onboarding import gateway

    line = gateway.line()
    waba_id = line.create_waba("506914307656634", name="Acme", currency="USD", timezone_id="1")
    node = line.add_phone_number(waba_id, country_code="57", number="3155550142", display_name="Acme")
    waba = builders.waba(acme, waba_id=waba_id, portfolio_id="506914307656634", access_token="")
    return builders.phone_number(acme, waba=waba, e164=PHONE, phone_number_id=node, pin="482915")


def test_new_pins_have_a_quota(acme, olga):
    number = in_use(acme)
    with business_scope(acme):
        for _attempt in range(3):
            quotas.note(number, AttemptKind.PIN)
        with pytest.raises(NotPossible):
            pins.change(number, actor=olga)


def test_news_of_our_own_new_pin_alarms_nobody(acme, olga):
    number = in_use(acme)
    with business_scope(acme):
        pins.change(number, actor=olga)

        assert pins.is_ours(number, now())


# Incidents


def test_an_incident_ends_by_itself_when_a_step_gets_on_by_another_way(acme):
    application = at_step(acme, StepKind.NAME_REVIEW, state=StepState.BROKEN)
    refuse(application, StepKind.NAME_REVIEW, 1)
    with business_scope(acme):
        row = steps.get(application, StepKind.NAME_REVIEW)
        from providers.incidents import open_incident

        open_incident(f"step:{row.pk}", "stuck")
        steps.put(row, StepState.DONE)

    step_watch.look()

    assert Incident.objects.get(key=f"step:{row.pk}").closed_at is not None


def test_meta_taking_too_long_is_an_incident_and_ends_by_itself(acme):
    application = at_step(acme, StepKind.NAME_REVIEW, state=StepState.WAITING_FOR_META, since=now() - timedelta(days=6))
    step_watch.look()
    opened = Incident.objects.get()
    assert opened.key.startswith("step-long:")

    with business_scope(acme):
        steps.put(steps.get(application, StepKind.NAME_REVIEW), StepState.DONE)
    step_watch.look()

    opened.refresh_from_db()
    assert opened.closed_at is not None


def test_a_number_in_use_is_looked_at_again_less_and_less_often(acme):
    application = at_step(acme, StepKind.NUMBER_ADDED, state=StepState.DUE)
    pauses = []
    for _look in range(4):
        refuse(application, StepKind.NUMBER_ADDED, 100, subcode=2388001)
        pauses.append(step(application, StepKind.NUMBER_ADDED).next_attempt_at - now())

    assert pauses == sorted(pauses) and pauses[-1] > 4 * pauses[0]
    assert refusals.LATEST_LOOK >= pauses[-1]
