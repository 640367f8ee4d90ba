"""The review desk: the queue, one page with all facts, and the decision."""

from datetime import timedelta

from django.contrib import admin, messages
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin

from config.clock import now
from onboarding.enums import ApplicationStatus as Status
from onboarding.enums import Sector, StepKind
from onboarding.exceptions import TransitionNotAllowed
from onboarding.models import OnboardingApplication
from onboarding.services import applications, overview, steps
from onboarding.views.numbers import verification_text

TARGET = timedelta(days=1)
"""House rule: a person looks at an application within a working day."""


SCREENING = {
    "allowed": gettext_lazy("Allowed"),
    "needs_review": gettext_lazy("Needs a person"),
    "prohibited": gettext_lazy("Prohibited"),
}
NAME = {
    "pass": gettext_lazy("Fits"),
    "warn": gettext_lazy("To judge"),
    "fail": gettext_lazy("Breaks a rule"),
    "": gettext_lazy("Being checked"),
}


def verdict_text(result):
    """A screening's verdict in words, with the category when there is one."""
    verdict = SCREENING.get(result.verdict, result.verdict)
    return f"{verdict}: {result.category}" if result.category not in {"", "none"} else verdict


def name_text(check):
    """A display-name check in words, with its score."""
    verdict = NAME.get(check.verdict, check.verdict)
    return f"{verdict}, {check.score}/100" if check.score is not None else verdict


def label_of(field):
    """What an answer is called."""
    if field == "recipient_countries":
        return _("countries of recipients")
    return OnboardingApplication._meta.get_field(field).verbose_name


def value_text(application, field, value):
    """An answer as people read it."""
    if field == "sector":
        return dict(Sector.choices).get(value, value)
    return ", ".join(value) if isinstance(value, list) else value


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
        if self.value() == "all":
            return queryset
        return queryset.filter(status=self.value() or Status.SUBMITTED)


@admin.register(OnboardingApplication)
class OnboardingApplicationAdmin(ModelAdmin):
    """Applications can't be edited here: staff decide, the business corrects."""

    list_display = ["code_shown", "brand", "owner", "status_shown", "age", "screening", "name_check", "claimed"]
    list_display_links = ["code_shown", "brand"]
    list_filter = [QueueFilter]
    list_select_related = ["business", "claimed_by"]
    ordering = ["submitted_at", "pk"]
    list_per_page = 50

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("screenings", "name_checks")

    def get_urls(self):
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        decide = path("<path:object_id>/decide/", self.admin_site.admin_view(self.decide), name=f"{name}_decide")
        return [decide, *super().get_urls()]

    # The queue

    @admin.display(description=gettext_lazy("code"), ordering="code")
    def code_shown(self, application):
        return format_html('<span class="whitespace-nowrap">{}</span>', application.code)

    @admin.display(description=gettext_lazy("business"), ordering="business__name")
    def owner(self, application):
        return application.business

    @admin.display(description=gettext_lazy("taken by"), ordering="claimed_by__full_name")
    def claimed(self, application):
        return application.claimed_by or "–"

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def status_shown(self, application):
        return application.get_status_display()

    @admin.display(description=gettext_lazy("waits"), ordering="submitted_at")
    def age(self, application):
        if application.status != Status.SUBMITTED:
            return "–"
        waited = now() - application.status_changed_at
        hours = int(waited.total_seconds() // 3600)
        text = _("%(hours)d h of %(target)d") % {"hours": hours, "target": TARGET.total_seconds() // 3600}
        return format_html("<strong>{}</strong>", text) if waited > TARGET else text

    @admin.display(description=gettext_lazy("screening"))
    def screening(self, application):
        latest = max(application.screenings.all(), key=lambda row: row.at, default=None)
        return verdict_text(latest) if latest else "–"

    @admin.display(description=gettext_lazy("display name"))
    def name_check(self, application):
        latest = max(application.name_checks.all(), key=lambda row: row.requested_at, default=None)
        return name_text(latest) if latest else "–"

    # One application

    def change_view(self, request, object_id, form_url="", extra_context=None):
        application = get_object_or_404(self.get_queryset(request).select_related("business"), pk=object_id)
        return self.review_page(request, application)

    def review_page(self, request, application, *, typed=None, status=200):
        saved, before = applications.answers(application), application.submitted_snapshot
        screening = application.screenings.order_by("-at").first()
        name_check = application.name_checks.order_by("-requested_at").first()
        typed = typed or {}
        context = self.admin_site.each_context(request) | {
            "title": str(application),
            "opts": self.opts,
            "application": application,
            "answers": [
                {
                    "field": field,
                    "label": label_of(field),
                    "value": value_text(application, field, value),
                    "was": before.get(field) if before and before.get(field) != value else None,
                    "note": typed.get(f"note_{field}", ""),
                }
                for field, value in saved.items()
            ],
            "changed": self._last_changes(application),
            "screening": screening,
            "screening_text": verdict_text(screening) if screening else "",
            "name_check": name_check,
            "name_text": name_text(name_check) if name_check else "",
            "verification": self._verification(application),
            "timeline": overview.timeline(application),
            "events": application.events.select_related("actor").order_by("-at")[:40],
            "duplicates": self._duplicates(application),
            "may_decide": application.status == Status.SUBMITTED and self.has_change_permission(request, application),
            "typed": typed,
        }
        return TemplateResponse(request, "admin/onboarding/review.html", context, status=status)

    def _verification(self, application):
        step = steps.by_kind(application).get(StepKind.BUSINESS_VERIFICATION)
        if step is None:
            return None
        return {"text": verification_text(step.data.get("verification"))[1], "error": step.last_error}

    def _last_changes(self, application):
        event = application.events.filter(kind="submitted").order_by("-at").first()
        changed = event.data.get("changed", {}) if event else {}
        return [{"label": label_of(field), "old": old, "new": new} for field, (old, new) in changed.items()]

    def _duplicates(self, application):
        """Other businesses with the same number, tax ID or Business ID; only staff ever see this."""
        others = OnboardingApplication.objects.exclude(business=application.business).select_related("business")
        found = []
        for field in ("phone", "tax_id", "facebook_business_id"):
            value = getattr(application, field)
            if value:
                found += [(field, other) for other in others.filter(**{field: value})[:5]]
        return found

    def decide(self, request, object_id):
        """Approve, ask for changes, reject, claim or release; nobody overwrites a colleague's decision."""
        application = get_object_or_404(self.get_queryset(request).select_related("business"), pk=object_id)
        if request.method != "POST" or not self.has_change_permission(request, application):
            return HttpResponseRedirect(self._address(application))
        try:
            said = self._act(request, application, request.POST.get("decision"))
        except (TransitionNotAllowed, ValueError) as exc:
            messages.error(request, str(exc))
            application.refresh_from_db()
            return self.review_page(request, application, typed=request.POST, status=422)
        messages.success(request, said)
        return HttpResponseRedirect(self._address(application))

    def _act(self, request, application, decision):
        if decision == "approve":
            applications.approve(application, actor=request.user)
            return _("Approved. The steps at Meta begin.")
        if decision == "changes":
            notes = {field: request.POST.get(f"note_{field}", "") for field in applications.ANSWER_FIELDS}
            applications.request_changes(application, notes, actor=request.user)
            return _("The business was asked for the changes.")
        if decision == "reject":
            applications.reject(application, request.POST.get("reason", ""), actor=request.user)
            return _("Rejected. The business reads the reason.")
        if decision == "claim":
            if not applications.claim(application, actor=request.user):
                raise ValueError(_("A colleague has taken this application."))
            return _("It is yours.")
        if decision == "release":
            applications.release(application, actor=request.user)
            return _("It is back in the queue.")
        raise ValueError(_("Choose a decision."))

    def _address(self, application):
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[application.pk])
