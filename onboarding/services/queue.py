"""The reviewers' queue: how long each application waits against the target, and how risky it is."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Case, CharField, Exists, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from config.clock import now
from onboarding.enums import ApplicationStatus as Status
from onboarding.models import ApplicationKey, ApplicationMessage, NameCheck, ReviewDecision, ScreeningResult
from onboarding.rulebook.house import house_rule
from onboarding.services import duplicates

HIGH, MEDIUM, LOW = "high", "medium", "low"
RISKS = {
    HIGH: pgettext_lazy("risk", "High"),
    MEDIUM: pgettext_lazy("risk", "Medium"),
    LOW: pgettext_lazy("risk", "Low"),
}
DAY = timedelta(days=1)


# Age against target


def target():
    """How long an application may wait, as the house decided."""
    return timedelta(hours=house_rule("review_target_hours"))


def worked(since, until=None):
    """The time between two moments, without Saturdays and Sundays unless the house counts them."""
    until = until or now()
    if since >= until:
        return timedelta()
    if house_rule("review_target_counts_weekends"):
        return until - since
    total, at = timedelta(), since
    while at < until:
        end = min((at + DAY).replace(hour=0, minute=0, second=0, microsecond=0), until)
        if at.weekday() < 5:
            total += end - at
        at = end
    return total


def overdue_before():
    """Whatever waits since before this moment has waited longer than the target."""
    left, at = target(), now()
    if house_rule("review_target_counts_weekends"):
        return at - left
    while True:
        start = at.replace(hour=0, minute=0, second=0, microsecond=0)
        if start == at:
            start -= DAY
        if start.weekday() < 5:
            if at - start >= left:
                return at - left
            left -= at - start
        at = start


@dataclass(frozen=True, slots=True)
class Age:
    """How long an application has waited for us."""

    hours: int
    target_hours: int
    is_late: bool

    @property
    def text(self):
        return _("%(hours)d h of %(target)d") % {"hours": self.hours, "target": self.target_hours}


def age(application):
    """The ``Age`` of an application that waits for a reviewer; None for any other."""
    if application.status != Status.SUBMITTED:
        return None
    waited = worked(application.status_changed_at)
    return Age(int(waited.total_seconds() // 3600), house_rule("review_target_hours"), waited > target())


# Risk


def annotated(queryset):
    """The applications with ``screening_verdict``, ``name_verdict``, ``risk``, ``unread`` and ``open_decision``."""
    screening = ScreeningResult.objects.filter(application=OuterRef("pk")).order_by("-at", "-pk")
    name = NameCheck.objects.filter(application=OuterRef("pk")).order_by("-requested_at", "-pk")
    twin = ApplicationKey.objects.filter(
        kind=OuterRef("kind"), value=OuterRef("value"), kind__in=sorted(duplicates.SERIOUS)
    ).exclude(business_id=OuterRef("business_id"))
    has_twin = Exists(ApplicationKey.objects.filter(Exists(twin), application=OuterRef("pk")))
    unread = ApplicationMessage.objects.filter(application=OuterRef("pk"), from_staff=False, read_at=None)
    decision = ReviewDecision.objects.filter(application=OuterRef("pk"), state__in=ReviewDecision.OPEN)
    rows = queryset.annotate(
        screening_verdict=Coalesce(Subquery(screening.values("verdict")[:1]), Value("")),
        screening_category=Coalesce(Subquery(screening.values("category")[:1]), Value("")),
        name_score=Subquery(name.values("score")[:1]),
        name_asked=Exists(name),
        name_verdict=Coalesce(Subquery(name.values("verdict")[:1]), Value("")),
        has_twin=has_twin,
        unread=Exists(unread),
        open_decision=Coalesce(Subquery(decision.values("state")[:1]), Value("")),
    )
    return rows.annotate(
        risk=Case(
            When(Q(screening_verdict="prohibited") | Q(has_twin=True), then=Value(HIGH)),
            When(Q(screening_verdict="needs_review") | Q(name_verdict__in=["warn", "fail"]), then=Value(MEDIUM)),
            default=Value(LOW),
            output_field=CharField(),
        )
    )


def reasons(application):
    """Why an annotated application has its risk, in words."""
    found = []
    if application.screening_verdict == "prohibited":
        found.append(_("The screening found something prohibited."))
    if application.has_twin:
        found.append(_("Another business gave the same tax ID, Business ID or number."))
    if application.screening_verdict == "needs_review":
        found.append(_("The screening asks for a person."))
    if application.name_verdict == "fail":
        found.append(_("The display name breaks a rule."))
    elif application.name_verdict == "warn":
        found.append(_("The display name has to be judged."))
    return found or [_("Nothing stands out.")]
