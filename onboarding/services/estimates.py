"""How long it takes: from our own finished applications, and by house rule while they are few (product row C2).

Only durations of all businesses together leave this module, and none while they come from fewer than ``ENOUGH_CASES``
applications. What is said about a running application is conditional: it rests on the cases that took at least as long
in its present stage, so the estimate grows by itself the longer a stage lasts.
"""

from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from statistics import median

from django.core.cache import cache
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.clock import now
from onboarding.enums import ApplicationStatus as Status
from onboarding.enums import StepKind, StepState
from onboarding.models import OnboardingApplication, OnboardingStep
from onboarding.rulebook.house import house_rule
from tenants.tenancy import every_business

ENOUGH_CASES = 5
NEWEST = 500
"""Older cases say little about Meta's present pace."""
DAY = 86_400
REVIEW, VERIFICATION, ACCOUNT, NAME, ACTIVATION, LIVE = (
    "review",
    "verification",
    "account",
    "name",
    "activation",
    "live",
)
AFTER_REVIEW = (ACCOUNT, NAME, ACTIVATION, LIVE)
ENDS = {ACCOUNT: StepKind.NUMBER_ADDED, NAME: StepKind.NAME_REVIEW, ACTIVATION: StepKind.REGISTERED}
"""The step with whose end a stage ends."""
_KEY, _KEPT_SECONDS = "onboarding-finished-cases", 60


@dataclass(frozen=True, slots=True)
class Estimate:
    """Days from submission to live, or of one stage. ``cases`` is 0 when the house rule speaks instead of our history.

    ``left_median`` and ``left_p90`` are the days from now on; None when nothing is running.
    """

    median_days: int
    p90_days: int
    cases: int
    left_median: int | None = None
    left_p90: int | None = None
    unverified: bool = False
    """Meta has to verify the company first, so the time for it is in the figures."""
    is_late: bool = False
    """It has taken longer than nine in ten cases (or than the house rule says)."""

    @property
    def text(self):
        """The figure that stands large: what is left when something runs, else the whole way."""
        if self.left_p90 is not None and (self.cases or self.is_late):
            return _span(self.left_median, self.left_p90, more=True)
        if not self.cases:
            return _weeks(self.median_days, self.p90_days)
        return ngettext("%(days)d day", "%(days)d days", self.median_days) % {"days": self.median_days}

    @property
    def explanation(self):
        """Where the figure comes from, with the number of cases."""
        said = []
        if self.is_late:
            said.append(_("It takes longer than usual, so we expect more."))
        if self.cases:
            said.append(
                _("Median %(median)d days, 90 %% within %(p90)d (%(cases)d cases).")
                % {"median": self.median_days, "p90": self.p90_days, "cases": self.cases}
            )
        else:
            said.append(_("By house rule, until enough applications are finished."))
        if self.unverified:
            said.append(_("It includes the time until Meta has verified your company."))
        return " ".join(said)


@dataclass(frozen=True, slots=True)
class Case:
    """One finished application as durations in days, with nothing that says whose it was."""

    total: float
    stages: dict = field(default_factory=dict)
    verification: float | None = None
    """Days from submission until verified, of a company that wasn't when it applied."""


# What is known


def cases():
    """The finished applications of all businesses as ``Case``, the newest ones; kept for a minute in each process."""
    known = cache.get(_KEY)
    if known is None:
        known = _load()
        cache.set(_KEY, known, _KEPT_SECONDS)
    return known


def _load():
    with every_business():
        rows = OnboardingApplication.objects.filter(status=Status.LIVE, parent=None)
        rows = rows.exclude(submitted_at=None).exclude(live_at=None).order_by("-live_at")[:NEWEST]
        moments = {pk: rest for pk, *rest in rows.values_list("pk", "submitted_at", "decided_at", "live_at")}
        ends = {pk: {} for pk in moments}
        unverified = set()
        wanted = [StepKind.BUSINESS_VERIFICATION, *ENDS.values()]
        found = OnboardingStep.objects.filter(application__in=moments, kind__in=wanted).exclude(done_at=None)
        for pk, kind, done_at, data in found.values_list("application", "kind", "done_at", "data"):
            ends[pk][kind] = done_at
            if kind == StepKind.BUSINESS_VERIFICATION and data.get("was_unverified"):
                unverified.add(pk)
    return [_case(*moments[pk], ends[pk], pk in unverified) for pk in moments]


def _case(submitted, decided, live, ends, was_unverified):
    verified = ends.get(StepKind.BUSINESS_VERIFICATION)
    at = max(moment for moment in (submitted, decided) if moment)
    stages = {REVIEW: _days(submitted, at)}
    if was_unverified and verified:
        at = max(at, verified)
    for stage, kind in ENDS.items():
        end = max(at, ends.get(kind) or at)
        stages[stage], at = _days(at, end), end
    stages[LIVE] = _days(at, live)
    return Case(_days(submitted, live), stages, _days(submitted, verified) if was_unverified and verified else None)


def _days(begin, end):
    return max(0.0, (end - begin).total_seconds() / DAY)


def quantile(values, share):
    """The smallest value that at least ``share`` of the values don't exceed."""
    ordered = sorted(values)
    return ordered[max(0, ceil(len(ordered) * share - 1e-9) - 1)] if ordered else 0.0


# What is said


def estimate():
    """The whole way, for somebody who hasn't sent anything yet."""
    known = [case.total for case in cases()]
    if len(known) < ENOUGH_CASES:
        return Estimate(house_rule("estimate_days_from"), house_rule("estimate_days_to"), 0)
    return Estimate(_whole(median(known)), _whole(quantile(known, 0.9)), len(known))


def of_stage(stage):
    """The ``Estimate`` of one stage alone, or None below ``ENOUGH_CASES``."""
    known = _of_stage(stage)
    if len(known) < ENOUGH_CASES:
        return None
    return Estimate(_whole(median(known)), _whole(quantile(known, 0.9)), len(known))


def _of_stage(stage):
    if stage == VERIFICATION:
        return [case.verification for case in cases() if case.verification is not None]
    return [case.stages[stage] for case in cases()]


def for_application(application):
    """The ``Estimate`` of an application on its way, given what is behind it and how long its present stage lasts."""
    if application.submitted_at is None or application.status in {Status.LIVE, Status.REJECTED}:
        return estimate()
    place = _place(application)
    spent = _days(application.submitted_at, now())
    known = cases()
    waits_since = application.submitted_at if place.unverified else None
    verification, verification_late = _verification_left(waits_since)
    if len(known) < ENOUGH_CASES:
        least, most = house_rule("estimate_days_from") - spent, house_rule("estimate_days_to") - spent
        late = most < 0
        if late:  # as much again as it is over time
            least, most = -most / 2, -most
        half, nine = verification or (0.0, 0.0)
        left_median, left_p90 = max(0.0, least) + half, max(0.0, most) + nine
        return _estimate(spent, left_median, left_p90, 0, place.unverified, late or verification_late)
    here, rest = place.stage, place.later
    in_stage = _days(place.since, now())
    lasted = [0.0 if here == VERIFICATION else case.stages[here] for case in known]
    like = [(took, case) for took, case in zip(lasted, known, strict=True) if took >= in_stage]
    late = len(like) < max(1, len(known) // 10)
    if len(like) < ENOUGH_CASES:
        like = list(zip(lasted, known, strict=True))
    over = max(0.0, in_stage - quantile(lasted, 0.9))
    half, nine = verification or (0.0, 0.0)
    left = [(max(took - in_stage, over), sum(case.stages[stage] for stage in rest)) for took, case in like]
    left_median = median(max(now_left, half) + later for now_left, later in left)
    left_p90 = quantile([max(now_left, nine) + later for now_left, later in left], 0.9)
    return _estimate(spent, left_median, left_p90, len(known), place.unverified, late or verification_late)


def _estimate(spent, left_median, left_p90, count, unverified, late):
    left_p90 = max(left_median, left_p90)
    return Estimate(
        _whole(spent + left_median),
        _whole(spent + left_p90),
        count,
        _whole(left_median),
        _whole(left_p90),
        unverified=unverified,
        is_late=late,
    )


def _verification_left(since):
    """``((days left by median, by 90th percentile), is it late)``; ``(None, False)`` when nobody waits for it."""
    if since is None:
        return None, False
    waited = _days(since, now())
    known = _of_stage(VERIFICATION)
    if len(known) >= ENOUGH_CASES:
        least, most = median(known), quantile(known, 0.9)
        still = [value - waited for value in known if value > waited]
        if len(still) >= ENOUGH_CASES:
            return (median(still), quantile(still, 0.9)), False
    else:
        least, most = float(house_rule("verification_days_from")), float(house_rule("verification_days_to"))
    if waited > most:
        return ((waited - most) / 2, waited - most), True
    return (max(0.0, least - waited), most - waited), False


@dataclass(frozen=True, slots=True)
class _Place:
    stage: str
    since: datetime
    later: tuple
    unverified: bool


def _place(application):
    steps = {step.kind: step for step in application.steps.all()}
    verification = steps.get(StepKind.BUSINESS_VERIFICATION)
    unverified = bool(verification and verification.state != StepState.DONE and verification.data.get("was_unverified"))
    if application.status in {Status.SUBMITTED, Status.CHANGES_REQUESTED}:
        return _Place(REVIEW, application.submitted_at, AFTER_REVIEW, unverified)
    since = application.decided_at or application.status_changed_at
    if verification and verification.done_at:
        since = max(since, verification.done_at)
    for index, stage in enumerate(AFTER_REVIEW):
        end = steps.get(ENDS.get(stage))
        if end is None or end.done_at is None:
            if unverified:  # nothing is opened at Meta before that
                return _Place(VERIFICATION, now(), AFTER_REVIEW[index:], True)
            return _Place(stage, since, AFTER_REVIEW[index + 1 :], False)
        since = max(since, end.done_at)
    return _Place(LIVE, since, (), unverified)


# Words


def _whole(days):
    return max(1, round(days))


def _span(least, most, *, more):
    if least == most:
        return ngettext("about %(n)d more day", "about %(n)d more days", most) % {"n": most}
    return _("%(least)d to %(most)d more days") % {"least": least, "most": most}


def _weeks(least, most):
    if least % 7 == 0 and most % 7 == 0:
        return _("%(least)d to %(most)d weeks") % {"least": least // 7, "most": most // 7}
    return _("%(least)d to %(most)d days") % {"least": least, "most": most}
