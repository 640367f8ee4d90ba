"""Message templates as ISV staff see them: where each stands, why, and what our own check says."""

from django.contrib import admin
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from templates_hsm import presenting
from templates_hsm.models import MessageTemplate, TemplateStatus
from templates_hsm.services import templates

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
    readonly_fields = ["what_stands", "findings", "history"]
    fieldsets = [
        (None, {"fields": ["name", "language", "category", "business", "waba", "provider_id"]}),
        (_("Status"), {"fields": ["status", "rejected_reason", "rejection_details", "last_error", "quality"]}),
        (_("Dates"), {"fields": ["created_at", "submitted_at", "decided_at", "submit_attempts"]}),
        (_("Content"), {"fields": ["what_stands", "findings"]}),
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

    @admin.display(description=_("history"))
    def history(self, template):
        return _part("templates_hsm/admin/_history.html", history=presenting.history_of(template))


def _part(name, **context):
    return mark_safe(render_to_string(name, context))  # noqa: S308 - rendered by a template
