"""House rules, rulebook and replay in the staff admin: who gets in, what is shown, what is refused."""

import datetime as dt

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from config.clock import now
from onboarding.models import CannedReason, HouseRuleChange, NameCheck
from onboarding.rulebook.house import house_rule
from onboarding.services import house_rules, name_checks, screenings
from tenants.models import AuditEvent
from tenants.tenancy import business_scope, every_business
from tests import builders

LIST = "admin:onboarding_houserulechange_changelist"
BOOK = "admin:onboarding_houserulechange_rulebook"
COMPARE = "admin:onboarding_houserulechange_compare"
WHY = "Decided by the operations meeting."


def rule_url(name="review_target_hours"):
    return reverse("admin:onboarding_houserulechange_rule", args=[name])


def staff_who_may(*codenames):
    person = builders.user("vera", is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return person


@pytest.fixture
def staff(client, sam):
    client.force_login(sam)
    return client


def posted(**fields):
    return {"value": "48", "reason": WHY, "starts": "", "seen": house_rules.mark("review_target_hours")} | fields


# Who


@pytest.mark.parametrize("url", [reverse(LIST), reverse(BOOK), reverse(COMPARE), rule_url()])
def test_a_business_never_gets_in(client, olga, url):
    client.force_login(olga)
    assert client.get(url).status_code == 302
    assert client.post(rule_url(), posted()).status_code == 302
    assert not HouseRuleChange.objects.exists()


@pytest.mark.parametrize("url", [reverse(LIST), reverse(BOOK), reverse(COMPARE), rule_url()])
def test_staff_without_the_right_do_not_get_in(client, db, url):
    client.force_login(staff_who_may("view_onboardingapplication"))
    assert client.get(url).status_code == 403


def test_staff_who_may_only_look_can_not_change(client, db):
    client.force_login(staff_who_may("view_houserulechange"))

    page = client.get(rule_url())

    assert page.status_code == 200 and "Change the rule" not in page.content.decode()
    assert client.post(rule_url(), posted()).status_code == 403
    assert not HouseRuleChange.objects.exists()


def test_staff_with_the_right_change_a_rule(client, db):
    client.force_login(staff_who_may("view_houserulechange", "add_houserulechange"))

    answer = client.post(rule_url(), posted(), follow=True)

    assert house_rule("review_target_hours") == 48
    page = answer.content.decode()
    assert "Changed. It holds from now on" in page
    assert WHY in page and "48 hours" in page


# House rules


def test_the_list_shows_our_value_beside_the_platforms(staff):
    page = staff.get(reverse(LIST), headers={"accept-language": "en"}).content.decode()

    assert "Badge after a refusal" in page
    assert "3 months" in page
    assert "30 days." in page


def test_the_pages_speak_the_readers_language(staff):
    page = staff.get(reverse(LIST), headers={"accept-language": "es"}).content.decode()

    assert "Insignia tras un rechazo" in page


def test_a_future_change_is_planned_shown_and_can_be_withdrawn(staff):
    day = now().date() + dt.timedelta(days=30)

    page = staff.post(rule_url(), posted(starts=day.isoformat()), follow=True).content.decode()

    assert "Planned. Until then the old value holds." in page
    assert house_rule("review_target_hours") == 24
    row = HouseRuleChange.objects.get()
    assert (
        "Withdrawn"
        in staff.post(
            reverse("admin:onboarding_houserulechange_withdraw", args=[row.pk]),
            {"reason": "Not this quarter."},
            follow=True,
        ).content.decode()
    )
    assert HouseRuleChange.objects.get().withdrawn_reason == "Not this quarter."


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"value": "0"}, "from 1 to 240"),
        ({"value": "a day"}, "whole number"),
        ({"value": ""}, "Write the new value."),
        ({"reason": ""}, "Say why"),
        ({"starts": "2001-01-01"}, "past"),
        ({"starts": "tomorrow"}, "2027-01-01"),
        ({"value": "24"}, "already"),
        ({"value": "<script>alert(1)</script>" * 10}, ""),
        ({"reason": "x" * 5000}, "1000"),
    ],
)
def test_a_mistake_is_said_and_nothing_is_stored(staff, fields, sentence):
    answer = staff.post(rule_url(), posted(**fields), headers={"accept-language": "en"})

    assert answer.status_code == 422
    page = answer.content.decode()
    assert sentence in page
    assert "<script>alert(1)" not in page
    assert not HouseRuleChange.objects.exists()


def test_a_colleagues_change_is_not_overwritten_unseen(staff, sam):
    old = posted(value="72")
    house_rules.change("review_target_hours", "8", actor=sam, reason=WHY, seen=old["seen"])

    answer = staff.post(rule_url(), old, headers={"accept-language": "en"})

    assert answer.status_code == 422
    assert "A colleague changed this rule meanwhile" in answer.content.decode()
    assert house_rule("review_target_hours") == 8


def test_unknown_rules_and_changes_are_not_found(staff):
    assert staff.get(rule_url("no_such_rule")).status_code == 404
    assert staff.get(rule_url("policy.weapons")).status_code == 404, "the platform's rules aren't ours to switch"
    assert staff.post(reverse("admin:onboarding_houserulechange_withdraw", args=[99])).status_code == 404


def test_a_switch_has_its_page(staff):
    page = staff.get(rule_url("house.screening.too_little"), headers={"accept-language": "en"}).content.decode()

    assert "In force" in page and "Switched off" in page


# Rulebook


def test_the_rulebook_shows_rules_of_every_check_with_owner_source_and_dates(staff):
    page = staff.get(reverse(BOOK), headers={"accept-language": "en"}).content.decode()

    for piece in ("policy.weapons", "display_name.emoji", "PROMO-HOUSE", "badge_retry_months"):
        assert piece in page, piece
    assert "Meta&#x27;s rule" in page and "Our house rule" in page
    assert now().date().isoformat() in page, "the version names the day"


def test_the_rulebook_of_another_day_has_the_rules_of_that_day(staff):
    before = staff.get(reverse(BOOK), {"as_of": "2025-10-14"}).content.decode()
    after = staff.get(reverse(BOOK), {"as_of": "2025-10-15"}).content.decode()

    assert "<code>policy.ai_assistant</code>" not in before
    assert "<code>policy.ai_assistant</code>" in after


def test_the_rulebook_can_be_searched_and_filtered(staff):
    page = staff.get(reverse(BOOK), {"q": "TOBÁCCO"}, headers={"accept-language": "en"}).content.decode()
    assert "policy.tobacco" in page and "policy.weapons" not in page

    page = staff.get(reverse(BOOK), {"whose": "house"}).content.decode()
    assert "badge_retry_months" in page and "policy.weapons" not in page

    page = staff.get(reverse(BOOK), {"shelf": "template"}).content.decode()
    assert "PROMO-HOUSE" in page and "policy.weapons" not in page


@pytest.mark.parametrize("day", ["yesterday", "0001-01-01", "9999-12-31", "\x00", "2026-02-30", "<script>"])
def test_a_day_that_is_none_is_said(staff, day):
    answer = staff.get(reverse(BOOK), {"as_of": day})
    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()
    assert "<script>" not in answer.content.decode().split('role="alert"')[1][:200]


def test_two_days_are_compared(staff, sam):
    house_rules.change("badge_retry_months", "6", actor=sam, reason=WHY, seen="0.0")
    answer = staff.get(
        reverse(COMPARE), {"first": "2025-10-14", "second": now().date().isoformat()}, headers={"accept-language": "en"}
    )

    page = answer.content.decode()
    assert "policy.ai_assistant" in page.split('id="went"')[0]
    assert "6 months" in page.split('id="changed"')[1]


def test_a_figure_that_changed_is_shown_in_both_sentences(staff):
    answer = staff.get(
        reverse(COMPARE), {"first": "2024-08-01", "second": "2026-11-23"}, headers={"accept-language": "en"}
    )

    changed = answer.content.decode().split('id="changed"')[1]
    assert "BUTTON-COUPON" in changed
    assert "$limit" not in changed and "$length" not in changed


def test_a_promotional_rule_that_the_house_lifted_is_shown_as_off(staff, sam):
    house_rules.change("promotional_templates", "accepted", actor=sam, reason=WHY, seen="0.0")

    page = staff.get(reverse(BOOK), {"q": "promo-house"}, headers={"accept-language": "en"}).content.decode()

    assert "Switched off" in page


# Replay


def test_a_screening_is_replayed_on_a_page(staff, acme):
    application = builders.application(acme, activity="Vendemos cerveza a domicilio.", country="CO")
    with business_scope(acme):
        result = screenings.refresh(application)

    review = staff.get(reverse("admin:onboarding_onboardingapplication_change", args=[application.pk]))
    url = reverse("admin:onboarding_onboardingapplication_replay", args=[application.pk, result.pk])
    page = staff.get(url, headers={"accept-language": "en"}).content.decode()

    assert url in review.content.decode()
    assert "policy.alcohol" in page
    assert page.count(">same<") == 2
    assert "The very rules, word lists and house rules of that day." in page


def test_a_name_check_is_replayed_on_a_page(staff, acme):
    application = builders.application(
        acme, brand="Sol", legal_name="Sol S. A.", country="CO", website="https://sol.co"
    )
    with business_scope(acme):
        check = NameCheck.objects.create(
            business=acme, application=application, display_name="SOL!!", website="https://sol.co"
        )
        name_checks._judge(check, application, "<title>Sol</title>")

    url = reverse("admin:onboarding_onboardingapplication_replay_name", args=[application.pk, check.pk])
    page = staff.get(url, headers={"accept-language": "en"}).content.decode()

    assert "display_name.punctuation_format" in page and page.count(">same<") == 2


def test_replays_are_for_staff_with_the_right_and_for_their_own_application(client, acme, globex, olga, db):
    application = builders.application(acme, activity="Vendemos cerveza.", country="CO")
    other = builders.application(globex)
    with business_scope(acme):
        result = screenings.refresh(application)
    url = reverse("admin:onboarding_onboardingapplication_replay", args=[application.pk, result.pk])
    client.force_login(olga)
    assert client.get(url).status_code == 302
    client.force_login(staff_who_may("view_houserulechange"))
    assert client.get(url).status_code == 403
    client.force_login(builders.staff("sue"))
    wrong = reverse("admin:onboarding_onboardingapplication_replay", args=[other.pk, result.pk])
    assert client.get(wrong).status_code == 404


# Canned reasons


def test_edits_of_canned_reasons_are_in_the_audit_trail(staff, sam):
    row = CannedReason.objects.first()
    url = reverse("admin:onboarding_cannedreason_change", args=[row.pk])
    values = {
        name: getattr(row, name) for name in ("code", "use", "field", "text_en", "text_es", "text_pt", "position")
    } | {"is_active": "on"}

    assert staff.post(url, values | {"text_en": "Quite other words."}).status_code == 302

    with every_business():
        line = AuditEvent.objects.get(verb="canned reason changed")
    assert (line.actor, line.staff_only, line.subject) == (sam, True, row.code)
    assert line.details == {"before": {"text_en": row.text_en}, "after": {"text_en": "Quite other words."}}
    staff.post(reverse("admin:onboarding_cannedreason_delete", args=[row.pk]), {"post": "yes"})
    with every_business():
        assert AuditEvent.objects.filter(verb="canned reason deleted").exists()
