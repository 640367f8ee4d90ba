"""What the reviewers' queue can be narrowed to."""

from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from onboarding.admin.wording import SCREENING
from onboarding.enums import ApplicationStatus as Status
from onboarding.models import OnboardingApplication
from onboarding.services import queue, turns
from tenants.forms import countries


class QueueFilter(admin.SimpleListFilter):
    """The queue first; everything else by status."""

    title = gettext_lazy("status")
    parameter_name = "status"

    def lookups(self, request, model_admin):
        return [("all", _("All")), *Status.choices]

    def choices(self, changelist):
        for value, label in [(None, _("To review")), *self.lookup_choices]:
            yield {
                "selected": self.value() == value,
                "query_string": changelist.get_query_string(
                    {self.parameter_name: value} if value else {}, [self.parameter_name] if not value else None
                ),
                "display": label,
            }

    def queryset(self, request, queryset):
        if self.value() == "all" or (self.value() is None and request.GET.get("waits") == "stalled"):
            return queryset  # what has stalled is with the business, so hardly ever in review
        return queryset.filter(status=self.value() if self.value() in Status.values else Status.SUBMITTED)


class HolderFilter(admin.SimpleListFilter):
    """Whose applications."""

    title = gettext_lazy("taken by")
    parameter_name = "holder"

    def lookups(self, request, model_admin):
        return [("mine", _("Me")), ("nobody", _("Nobody")), ("colleagues", _("Colleagues"))]

    def queryset(self, request, queryset):
        if self.value() == "mine":
            return queryset.filter(claimed_by=request.user)
        if self.value() == "nobody":
            return queryset.filter(claimed_by=None)
        if self.value() == "colleagues":
            return queryset.exclude(claimed_by=None).exclude(claimed_by=request.user)
        return queryset


class WaitsFilter(admin.SimpleListFilter):
    """What presses: overdue ones, refusals that want a second reviewer, messages nobody has read."""

    title = gettext_lazy("waiting")
    parameter_name = "waits"

    def lookups(self, request, model_admin):
        return [
            ("late", _("Longer than the target")),
            ("second", _("For a second reviewer")),
            ("message", _("With a new message")),
            ("stalled", _("For the business, stalled")),
        ]

    def queryset(self, request, queryset):
        if self.value() == "late":
            return queryset.filter(status=Status.SUBMITTED, status_changed_at__lt=queue.overdue_before())
        if self.value() == "second":
            return queryset.filter(open_decision="second")
        if self.value() == "message":
            return queryset.filter(unread=True)
        if self.value() == "stalled":
            return turns.stalled(queryset)
        return queryset


class RiskFilter(admin.SimpleListFilter):
    """How much care it needs."""

    title = gettext_lazy("risk")
    parameter_name = "risk"

    def lookups(self, request, model_admin):
        return list(queue.RISKS.items())

    def queryset(self, request, queryset):
        return queryset.filter(risk=self.value()) if self.value() in queue.RISKS else queryset


class ScreeningFilter(admin.SimpleListFilter):
    """What the screening said last."""

    title = gettext_lazy("screening")
    parameter_name = "screening"

    def lookups(self, request, model_admin):
        return list(SCREENING.items())

    def queryset(self, request, queryset):
        return queryset.filter(screening_verdict=self.value()) if self.value() in SCREENING else queryset


class CountryFilter(admin.SimpleListFilter):
    """Where the company is registered; only countries that occur."""

    title = gettext_lazy("country")
    parameter_name = "country"

    def lookups(self, request, model_admin):
        names = dict(countries())
        codes = OnboardingApplication.objects.exclude(country="").values_list("country", flat=True).distinct()
        return sorted(((code, str(names.get(code, code))) for code in codes), key=lambda pair: pair[1])

    def queryset(self, request, queryset):
        return queryset.filter(country=self.value()) if self.value() in dict(self.lookup_choices) else queryset
