"""House rules: typed, dated, never overwritten, and truly read where they act."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import override_settings
from django.utils import timezone

from config import clock
from config.clock import now
from onboarding import advisor
from onboarding.enums import ApplicationStatus as Status
from onboarding.enums import StepKind, StepState
from onboarding.exceptions import NotPossible
from onboarding.forms.company import FacebookForm
from onboarding.forms.name import DisplayNameForm
from onboarding.forms.number import FurtherNumberForm
from onboarding.models import HouseRuleChange
from onboarding.rulebook import house, load
from onboarding.rulebook.book import LANGUAGES
from onboarding.rulebook.house import house_rule
from onboarding.screening import screen
from onboarding.services import badge_facts, documents, estimates, further_numbers, house_rules, queue, steps
from tenants.models import AuditEvent
from tenants.tenancy import business_scope, every_business
from tests import builders

WHY = "Decided by the operations meeting."


def put(sam, name, value, **options):
    return house_rules.change(name, value, actor=sam, reason=WHY, seen=house_rules.mark(name), **options)


@pytest.fixture
def at():
    """Move the clock to a moment, for the rest of the test or a block."""
    with override_settings(MOVABLE_CLOCK=True):
        yield clock.frozen


# The rules themselves


def test_every_house_rule_is_complete_and_its_default_passes_its_own_check():
    for rule in house.every_entry():
        for texts in (rule.titles, rule.sentences, rule.platform_texts):
            assert all(texts[code].strip() for code in LANGUAGES), rule.id
        assert rule.group in house.GROUPS, rule.id
        assert rule.clean(rule.default) == rule.default, rule.id
        assert rule.shown(rule.default), rule.id
        if rule.not_above:
            assert house.spec(rule.not_above).default >= rule.default, rule.id


def test_two_periods_of_one_rule_never_hold_on_the_same_day():
    days = {rule.valid_from for rule in house.every_entry()}
    for day in days:
        held = [rule.id for rule in house.every_entry() if rule.holds_on(day)]
        assert len(held) == len(set(held))


def test_every_topic_of_the_founding_table_is_a_house_rule():
    assert {
        "verification_first", "facebook_page_asked", "display_name_permanent", "promotional_templates",
        "optin_names_business", "badge_retry_months", "further_numbers_justified", "reply_price_shown",
        "estimate_days_from", "estimate_days_to",
    } <= set(house.house_rules())  # fmt: skip


def test_a_name_that_is_no_rule_is_an_error():
    with pytest.raises(KeyError):
        house_rule("no_such_rule")


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("refusals_need_two", "True", True),
        ("refusals_need_two", True, True),
        ("review_target_hours", " 48 ", 48),
        ("further_number_monthly", "12,5", "12.50"),
        ("platform_version", "8.1.2", "8.1.2"),
        ("promotional_templates", "accepted", "accepted"),
    ],
)
def test_a_value_is_read_as_its_type(name, typed, value):
    assert house.spec(name).clean(typed) == value


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("refusals_need_two", "perhaps"),
        ("review_target_hours", "0"),
        ("review_target_hours", "241"),
        ("review_target_hours", "-3"),
        ("review_target_hours", "1e2"),
        ("review_target_hours", "٣"),
        ("review_target_hours", "9" * 5000),
        ("further_number_monthly", "15.005"),
        ("further_number_monthly", "10000.01"),
        ("further_number_monthly", "NaN"),
        ("platform_version", "<script>"),
        ("platform_version", "7.2\x00"),
        ("platform_version", ""),
        ("promotional_templates", "warned"),
        ("promotional_templates", None),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_a_sentence(name, typed):
    with pytest.raises(ValueError, match=r"\w+ .*\."):
        house.spec(name).clean(typed)


# Changing


def test_a_change_holds_at_once_and_the_history_says_who_when_from_what_to_what_and_why(sam):
    row = put(sam, "review_target_hours", "48")

    assert house_rule("review_target_hours") == 48
    (kept,) = house_rules.history("review_target_hours")
    assert (kept.pk, kept.old, kept.new, kept.reason, kept.set_by_label) == (row.pk, 24, 48, WHY, str(sam))
    with every_business():
        line = AuditEvent.objects.get(verb="house rule changed")
    assert (line.business, line.staff_only, line.actor, line.details["new"]) == (None, True, sam, 48)


def test_a_second_change_adds_a_line_and_the_first_value_is_still_known(sam, at):
    with at(dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)):
        put(sam, "review_target_hours", "48")
    with at(dt.datetime(2026, 11, 10, 12, tzinfo=dt.UTC)):
        put(sam, "review_target_hours", "8")

    assert [row.new for row in house_rules.history("review_target_hours")] == [8, 48]
    assert house_rule("review_target_hours", dt.datetime(2026, 10, 31, tzinfo=dt.UTC)) == 24
    assert house_rule("review_target_hours", dt.datetime(2026, 11, 5, tzinfo=dt.UTC)) == 48
    assert house_rule("review_target_hours", dt.datetime(2026, 11, 11, tzinfo=dt.UTC)) == 8


def test_a_change_for_the_first_of_january_waits_for_it(sam, at):
    with at(dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)):
        put(sam, "badge_retry_months", "1", starts=dt.date(2027, 1, 1))
        assert house_rule("badge_retry_months") == 3
    midnight = timezone.make_aware(dt.datetime(2027, 1, 1))
    with at(midnight - dt.timedelta(seconds=1)):
        assert house_rule("badge_retry_months") == 3
    with at(midnight):
        assert house_rule("badge_retry_months") == 1


def test_a_planned_change_can_be_withdrawn_and_stays_in_the_history(sam):
    row = put(sam, "badge_retry_months", "1", starts=now().date() + dt.timedelta(days=40))

    house_rules.withdraw(row.pk, actor=sam, reason="The quarter was moved.")

    assert house_rule("badge_retry_months", now() + dt.timedelta(days=60)) == 3
    (kept,) = house_rules.history("badge_retry_months")
    assert kept.withdrawn_reason == "The quarter was moved."
    with pytest.raises(NotPossible):
        house_rules.withdraw(row.pk, actor=sam, reason="Once more, twice.")


def test_a_change_that_has_begun_can_not_be_withdrawn(sam):
    row = put(sam, "badge_retry_months", "1")

    with pytest.raises(NotPossible):
        house_rules.withdraw(row.pk, actor=sam, reason="Too late for this.")


def test_the_past_can_not_be_changed(sam):
    with pytest.raises(ValueError, match="past"):
        put(sam, "badge_retry_months", "1", starts=now().date() - dt.timedelta(days=1))
    with pytest.raises(ValueError, match="before"):
        put(sam, "badge_retry_months", "1", starts=now().date() + dt.timedelta(days=5000))


def test_a_line_is_never_overwritten_deleted_or_backdated(sam):
    row = put(sam, "badge_retry_months", "1")
    row.new = 9

    with pytest.raises(TypeError):
        row.save()
    with pytest.raises(TypeError):
        row.delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        HouseRuleChange.objects.create(
            rule="badge_retry_months", old=3, new=1, reason=WHY, valid_from=now() - dt.timedelta(days=1)
        )


def test_a_reason_is_needed_and_a_change_has_to_change_something(sam):
    with pytest.raises(ValueError, match="why"):
        house_rules.change("badge_retry_months", "1", actor=sam, reason="  ", seen=house_rules.mark("x"))
    with pytest.raises(ValueError, match="already"):
        put(sam, "badge_retry_months", "3")
    assert not HouseRuleChange.objects.exists()


def test_nobody_overwrites_a_change_that_he_has_not_seen(sam):
    seen = house_rules.mark("badge_retry_months")
    put(sam, "badge_retry_months", "6")

    with pytest.raises(NotPossible):
        house_rules.change("badge_retry_months", "1", actor=sam, reason=WHY, seen=seen)
    assert house_rule("badge_retry_months") == 6


def test_the_ends_of_a_span_can_not_cross(sam):
    with pytest.raises(ValueError, match="Not above"):
        put(sam, "estimate_days_from", "22")
    with pytest.raises(ValueError, match="Not below"):
        put(sam, "estimate_days_to", "13")
    put(sam, "estimate_days_to", "30")
    put(sam, "estimate_days_from", "22")


def test_another_process_learns_of_a_change_within_its_second(sam, monkeypatch):
    assert house_rule("badge_retry_months") == 3
    at = now()
    HouseRuleChange.objects.create(rule="badge_retry_months", old=3, new=7, reason=WHY, valid_from=at, set_at=at)
    assert house_rule("badge_retry_months") == 3, "one look serves for a while"

    monkeypatch.setattr(house, "VALID_SECONDS", 0)
    assert house_rule("badge_retry_months") == 7


def test_reading_a_rule_again_costs_no_query(db, django_assert_num_queries):
    house_rule("badge_retry_months")
    with django_assert_num_queries(0):
        for name in house.house_rules():
            house_rule(name)


def test_businesses_have_no_house_lines_in_their_audit_trail(sam, acme):
    put(sam, "badge_retry_months", "1")

    with business_scope(acme):
        assert not AuditEvent.objects.exists()
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM tenants_auditevent")
            assert cursor.fetchone() == (0,)


# Switching off what is ours, never what is the platform's


def test_a_house_rule_of_the_screening_can_be_switched_off(sam):
    with house.in_force():
        assert screen("", "", "", "CO").reasons[0].rule == "house.screening.too_little"
    put(sam, "house.screening.too_little", "False")
    with house.in_force():
        assert screen("", "", "", "CO").verdict == "allowed"
        assert not load().holds("house.screening.too_little")
        assert load().version.endswith(f"+h{HouseRuleChange.objects.get().pk}")
    assert load().holds("house.screening.too_little"), "without the house's state the data alone speak"


def test_a_rule_of_the_platform_can_not_be_switched_off(sam):
    with pytest.raises(KeyError):
        put(sam, "policy.weapons", "False")
    at = now()
    HouseRuleChange.objects.create(rule="policy.weapons", old=True, new=False, reason=WHY, valid_from=at, set_at=at)
    house.forget()
    with house.in_force():
        assert load().holds("policy.weapons")


# Each rule acts where it says


def test_verification_first(sam, acme):
    application = builders.application(acme, status=Status.APPROVED)
    with business_scope(acme):
        steps.begin(application)
        assert steps.get(application, StepKind.WABA).state == StepState.WAITING
    put(sam, "verification_first", "False")
    with business_scope(acme):
        steps.go_on(application)
        assert steps.get(application, StepKind.WABA).state == StepState.DUE


def test_facebook_page_asked(sam, acme):
    application = builders.application(acme)
    typed = {"facebook_page": "", "facebook_business_id": "506914307656634"}
    with business_scope(acme):
        assert "facebook_page" in FacebookForm(typed, instance=application).errors
        put(sam, "facebook_page_asked", "False")
        assert FacebookForm(typed, instance=application).is_valid()
        wrong = FacebookForm(typed | {"facebook_page": "example.org/x"}, instance=application)
        assert "facebook_page" in wrong.errors


def test_documents_needed(sam, acme):
    application = builders.application(acme, country="CO")
    with business_scope(acme):
        assert documents.missing(application)
        put(sam, "documents_needed", "False")
        assert documents.missing(application) == []


def test_display_name_permanent(sam, acme):
    application = builders.application(acme)
    with business_scope(acme):
        assert "name_is_permanent" in DisplayNameForm({"display_name": "Acme"}, instance=application).errors
        put(sam, "display_name_permanent", "False")
        assert DisplayNameForm({"display_name": "Acme"}, instance=application).is_valid()


def test_further_numbers_justified(sam, acme):
    application = builders.application(acme, country="CO")
    with business_scope(acme):
        assert "justification" in FurtherNumberForm(application, {}).errors
        put(sam, "further_numbers_justified", "False")
        assert "justification" not in FurtherNumberForm(application, {}).errors


def test_prices_of_further_numbers(sam):
    assert Decimal(further_numbers.cost()["monthly"]) == 15
    put(sam, "further_number_monthly", "9,90")
    put(sam, "further_number_once", "20")
    found = further_numbers.cost()
    assert (found["currency"], found["monthly"], found["once"]) == ("USD", "9.90", "20.00")


def test_optin_names_business(sam):
    from django import forms

    from onboarding.forms.reach import OptInTextForm

    form = OptInTextForm.__new__(OptInTextForm)
    form.names, form.cleaned_data = ["Acme"], {"agreement": "I agree to messages."}
    with pytest.raises(forms.ValidationError):
        form._naming_us("agreement")
    put(sam, "optin_names_business", "False")
    assert form._naming_us("agreement") == "I agree to messages."


def test_badge_retry_months(sam):
    refused = dt.datetime(2026, 11, 23, 15, tzinfo=dt.UTC)
    assert badge_facts.wait_after(refused, "America/Bogota").day == dt.date(2027, 2, 23)
    put(sam, "badge_retry_months", "6")
    assert badge_facts.wait_after(refused, "America/Bogota").day == dt.date(2027, 5, 23)


def test_review_target(sam):
    assert queue.target() == dt.timedelta(hours=24)
    put(sam, "review_target_hours", "2")
    assert queue.target() == dt.timedelta(hours=2)
    friday, monday = dt.datetime(2026, 11, 20, tzinfo=dt.UTC), dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
    assert queue.worked(friday, monday) == dt.timedelta(days=1)
    put(sam, "review_target_counts_weekends", "True")
    assert queue.worked(friday, monday) == dt.timedelta(days=3)


def test_time_to_approval(sam):
    assert (estimates.estimate().median_days, estimates.estimate().p90_days) == (14, 21)
    put(sam, "estimate_days_to", "40")
    assert estimates.estimate().p90_days == 40


def test_advisor(sam):
    answers = advisor.AdvisorAnswers(conversations_per_day=60, agents=2)
    assert advisor.advise(answers).recommendation == advisor.API
    put(sam, "advisor_app_conversations", "100")
    assert advisor.advise(answers).recommendation == advisor.APP
    assert str(advisor.comparison()[-1].business_api) == "2 to 3 weeks"
    put(sam, "estimate_days_to", "30")
    assert str(advisor.comparison()[-1].business_api) == "14 to 30 days"
    put(sam, "platform_version", "9.0")
    assert advisor.judge_platform("current", "8.4") == advisor.OLD


def test_promotional_templates_in_the_advice(sam):
    answers = advisor.AdvisorAnswers(10, 2, sends_promotions=True)
    assert any("house rule" in str(hint) for hint in advisor.advise(answers).hints)
    put(sam, "promotional_templates", "accepted")
    assert not any("house rule" in str(hint) for hint in advisor.advise(answers).hints)


def test_reply_price_shown(sam):
    from contactcenter.templatetags.inbox import reply_price
    from sessions_24h.prices import Price

    price = Price(Decimal("0.0008"), "CO", None, "charged")
    assert "0.0008" in str(reply_price(price)).replace(",", ".")
    put(sam, "reply_price_shown", "False")
    assert reply_price(price) == ""
