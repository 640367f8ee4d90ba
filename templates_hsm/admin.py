"""Message templates as ISV staff see them: where each stands, why, and what our own check says."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from onboarding.admin import replays
from templates_hsm import admin_news, library_admin, presenting
from templates_hsm.models import CHECKED, MessageTemplate, TemplateStatus
from templates_hsm.services import checks, templates

__all__ = ["MessageTemplateAdmin", "admin_news", "library_admin"]

VERDICTS = {"pass": _("Passes"), "warn": _("Passes with warnings"), "fail": _("Doesn't pass")}
COLOURS = {
    TemplateStatus.APPROVED: "success",
    TemplateStatus.PENDING: "info",
    TemplateStatus.SUBMITTING: "info",
    TemplateStatus.IN_APPEAL: "info",
    TemplateStatus.PAUSED: "warning",
    TemplateStatus.LIMIT_EXCEEDED: "warning",
    TemplateStatus.REFUSED: "danger",
    TemplateStatus.REJECTED: "danger",
    TemplateStatus.DISABLED: "danger",
}


@admin.register(MessageTemplate)
class MessageTemplateAdmin(ModelAdmin):
    """Staff look; businesses write. Nothing can be changed here."""

    list_display = ["name", "language", "business", "category", "status_shown", "submitted_at", "decided_at", "error"]
    list_filter = ["status", "category", "business"]
    list_select_related = ["business"]
    search_fields = ["name__startswith"]
    ordering = ["-pk"]
    readonly_fields = ["what_stands", "findings", "checks", "history"]
    fieldsets = [
        (None, {"fields": ["name", "language", "category", "business", "waba", "provider_id"]}),
        (_("Status"), {"fields": ["status", "rejected_reason", "rejection_details", "last_error", "quality"]}),
        (_("Dates"), {"fields": ["created_at", "submitted_at", "decided_at", "submit_attempts"]}),
        (_("Content"), {"fields": ["what_stands", "findings", "checks"]}),
        (_("History"), {"fields": ["history"]}),
    ]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    @display(description=_("status"), label=COLOURS, ordering="status")
    def status_shown(self, template):
        return template.status, template.get_status_display()

    @admin.display(description=_("last error"))
    def error(self, template):
        return template.last_error[:80]

    @admin.display(description=_("components"))
    def what_stands(self, template):
        return _part("templates_hsm/admin/_definition.html", template=template)

    @admin.display(description=_("our check"))
    def findings(self, template):
        items = presenting.told(template.definition, templates.findings_of(template))
        return _part("templates_hsm/admin/_findings.html", items=items)

    @admin.display(description=_("what our check said when it was handed in"))
    def checks(self, template):
        return _part("templates_hsm/admin/_checks.html", events=_checks_of(template))

    def get_urls(self):
        view = self.admin_site.admin_view(self.replay)
        return [
            path("<int:object_id>/replay/<int:pk>/", view, name="templates_hsm_messagetemplate_replay"),
            *super().get_urls(),
        ]

    def replay(self, request, object_id, pk):
        """What our check said of a template that was handed in, reached again with the rules of its day and today's."""
        template = get_object_or_404(self.get_queryset(request), pk=object_id)
        if not self.has_view_permission(request, template):
            raise PermissionDenied
        event = get_object_or_404(template.events.filter(kind=CHECKED), pk=pk)
        context = replays.context(
            checks.replayed(event),
            title=gettext("Template check replayed"),
            subject=str(template),
            words=lambda outcome: str(VERDICTS.get(outcome.verdict, outcome.verdict)),
            rule_of=checks.rule_of,
        )
        back = reverse("admin:templates_hsm_messagetemplate_change", args=[template.pk])
        context |= self.admin_site.each_context(request) | {"opts": self.opts, "back": back, "title": context["title"]}
        return TemplateResponse(
            request, "admin/onboarding/replay.html", context | {"back_title": gettext("Message template")}
        )

    @admin.display(description=_("history"))
    def history(self, template):
        return _part("templates_hsm/admin/_history.html", history=presenting.history_of(template))


def _checks_of(template):
    events = template.events.filter(kind=CHECKED).order_by("-at", "-pk")[:20]
    return [
        {
            "event": event,
            "verdict": VERDICTS.get(event.new, event.new),
            "version": event.details.get("version", ""),
            "rules": ", ".join(event.details.get("rules", ())),
            "url": reverse("admin:templates_hsm_messagetemplate_replay", args=[template.pk, event.pk]),
        }
        for event in events
    ]


def _part(name, **context):
    return mark_safe(render_to_string(name, context))  # noqa: S308 - rendered by a template
