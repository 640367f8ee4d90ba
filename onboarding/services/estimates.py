"""How long it takes: from our own finished applications, and by house rule while they are few."""

from dataclasses import dataclass
from statistics import median

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from onboarding.enums import ApplicationStatus
from onboarding.models import OnboardingApplication
from tenants.tenancy import every_business

ENOUGH_CASES = 5
HOUSE_DAYS = (14, 21)
"""House rule until there is a history: two to three weeks."""
DAY = 86_400


@dataclass(frozen=True, slots=True)
class Estimate:
    """Days from submission to live. ``cases`` is 0 when the house rule speaks instead of our history."""

    median_days: int
    p90_days: int
    cases: int

    @property
    def text(self):
        if not self.cases:
            return _("2 to 3 weeks")
        return ngettext("%(days)d day", "%(days)d days", self.median_days) % {"days": self.median_days}

    @property
    def explanation(self):
        if not self.cases:
            return _("By house rule, until enough applications are finished.")
        return _("Median %(median)d days, 90 %% within %(p90)d (%(cases)d cases).") % {
            "median": self.median_days,
            "p90": self.p90_days,
            "cases": self.cases,
        }


def estimate():
    """The present estimate, over the applications of all businesses (only durations leave this function)."""
    with every_business():
        finished = OnboardingApplication.objects.filter(status=ApplicationStatus.LIVE, parent=None).exclude(
            submitted_at=None
        )
        days = sorted(
            (live - submitted).total_seconds() / DAY
            for submitted, live in finished.order_by("-live_at").values_list("submitted_at", "live_at")[:500]
            if live
        )
    if len(days) < ENOUGH_CASES:
        return Estimate(*HOUSE_DAYS, 0)
    ninetieth = days[min(len(days) - 1, int(len(days) * 0.9))]
    return Estimate(max(1, round(median(days))), max(1, round(ninetieth)), len(days))
