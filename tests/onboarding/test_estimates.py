"""How long it takes: the house rule below five cases, our own history above, and honest when something takes longer."""

from datetime import timedelta

import pytest

from config.clock import now
from onboarding.enums import ApplicationStatus as Status
from onboarding.enums import StepKind, StepState
from onboarding.models import OnboardingStep
from onboarding.rulebook.house import house_rule
from onboarding.services import estimates
from tenants.tenancy import business_scope
from tests import builders


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """Each question reads the finished cases anew."""
    monkeypatch.setattr(estimates, "_KEPT_SECONDS", 0)


def finished(business, *, review=1.0, account=0.1, name=2.0, activation=1.0, live=1.0, verified_after=None):
    """An application that took these days in its stages, and ended today."""
    total = max(review, verified_after or 0) + account + name + activation + live
    begun = now() - timedelta(days=total)
    application = builders.application(
        business,
        status=Status.LIVE,
        submitted_at=begun,
        decided_at=begun + timedelta(days=review),
        live_at=now(),
    )
    at = begun + timedelta(days=max(review, verified_after or 0))
    with business_scope(business):
        data = {"was_unverified": True} if verified_after else {}
        verified = begun + timedelta(days=verified_after or 0)
        _done(application, StepKind.BUSINESS_VERIFICATION, verified, data)
        for kind, days in (
            (StepKind.NUMBER_ADDED, account), (StepKind.NAME_REVIEW, name), (StepKind.REGISTERED, activation),
        ):  # fmt: skip
            at += timedelta(days=days)
            _done(application, kind, at, {})
    return application


def _done(application, kind, at, data):
    OnboardingStep.objects.create(
        business=application.business, application=application, kind=kind, state=StepState.DONE, done_at=at, data=data
    )


def running(business, *, days, status=Status.SUBMITTED, unverified=False, done=()):
    begun = now() - timedelta(days=days)
    application = builders.application(business, status=status, submitted_at=begun, status_changed_at=begun)
    if status == Status.APPROVED:
        application.decided_at = begun
    with business_scope(business):
        state = StepState.WAITING_FOR_BUSINESS if unverified else StepState.DONE
        OnboardingStep.objects.create(
            business=business,
            application=application,
            kind=StepKind.BUSINESS_VERIFICATION,
            state=state,
            done_at=None if unverified else begun,
            data={"was_unverified": unverified},
        )
        for kind in done:
            _done(application, kind, now(), {})
    return application


def ask(application):
    with business_scope(application.business):
        return estimates.for_application(application)


def test_below_five_cases_the_house_rule_speaks_and_says_so(acme):
    for _case in range(4):
        finished(acme)

    found = estimates.estimate()
    assert (found.text, found.cases) == ("2 to 3 weeks", 0)
    assert "house rule" in found.explanation
    assert estimates.of_stage(estimates.NAME) is None


def test_from_five_cases_on_median_and_ninetieth_percentile_with_their_number(acme, globex):
    for days in (1, 2, 3, 4):
        finished(acme, name=days)
    finished(globex, name=20)

    found = estimates.estimate()
    assert (found.median_days, found.p90_days, found.cases) == (6, 23, 5)
    assert "5 cases" in found.explanation
    assert estimates.of_stage(estimates.NAME).median_days == 3


def test_percentiles_are_values_that_were_seen():
    ten = list(range(1, 11))

    assert estimates.quantile(ten, 0.9) == 9
    assert estimates.quantile(ten, 0.5) == 5
    assert estimates.quantile([7], 0.9) == 7


def test_what_is_behind_no_longer_counts(acme):
    for _case in range(6):
        finished(acme, review=3, name=5, activation=2, live=2)

    first = ask(running(acme, days=0.0))
    later = ask(running(acme, days=8.0, status=Status.APPROVED, done=[StepKind.NUMBER_ADDED, StepKind.NAME_REVIEW]))
    assert first.left_median == 12
    assert later.left_median == 4
    assert later.cases == 6


def test_the_longer_a_stage_lasts_the_longer_the_rest(acme):
    for days in (1, 1, 2, 2, 3, 3, 6, 8, 10, 12):
        finished(acme, review=days)

    soon, patient = ask(running(acme, days=0.5)), ask(running(acme, days=5.5))
    whole = [estimate.median_days for estimate in (soon, patient)]
    assert whole[1] > whole[0]
    assert not soon.is_late


def test_what_is_later_than_all_before_it_grows_with_every_day_and_says_so(acme):
    for _case in range(5):
        finished(acme, review=2)

    late, later = ask(running(acme, days=6)), ask(running(acme, days=12))
    assert late.is_late
    assert "longer than usual" in late.explanation
    assert later.left_p90 > late.left_p90
    assert later.median_days > 12


def test_a_house_rule_that_has_run_out_promises_nothing_any_more(acme):
    on_time, late = ask(running(acme, days=3)), ask(running(acme, days=35))

    assert on_time.text == "2 to 3 weeks"
    assert late.is_late
    assert late.p90_days > 40
    assert "more days" in late.text


def test_an_unverified_company_adds_its_own_time(acme):
    for _case in range(5):
        finished(acme)
    verified, unverified = ask(running(acme, days=0)), ask(running(acme, days=0, unverified=True))
    assert unverified.left_p90 > verified.left_p90 + 10
    assert "verified your company" in unverified.explanation

    for days in (3, 4, 5, 6, 7):
        finished(acme, verified_after=days)
    assert estimates.of_stage(estimates.VERIFICATION).median_days == 5
    known = ask(running(acme, days=0, unverified=True))
    assert known.left_p90 < unverified.left_p90


def test_the_house_rule_adds_the_verification_too(acme):
    least, most = house_rule("verification_days_from"), house_rule("verification_days_to")

    assert ask(running(acme, days=0, unverified=True)).text == f"{14 + least} to {21 + most} days"


def test_the_time_until_verified_grows_when_it_is_late(acme):
    usual, late = ask(running(acme, days=1, unverified=True)), ask(running(acme, days=60, unverified=True))

    assert late.is_late
    assert late.p90_days > usual.p90_days


def test_no_estimate_says_whose_cases_they_were(acme, globex):
    for _case in range(5):
        finished(globex)

    assert set(estimates.Case.__dataclass_fields__) == {"total", "stages", "verification"}
    assert ask(running(acme, days=0)).cases == 5
