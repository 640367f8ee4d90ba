"""The provider log in the admin: what we asked, what came back, found by business, step, time and outcome."""

from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from providers.admin_base import ReadOnlyAdmin, readable
from providers.errors_text import explain
from providers.models import ProviderCall


class LatencyFilter(admin.SimpleListFilter):
    """How long the answer took."""

    title = _("latency")
    parameter_name = "latency"
    steps = {"fast": (0, 500), "normal": (500, 2000), "slow": (2000, 10_000), "endless": (10_000, None)}

    def lookups(self, request, model_admin):
        return [
            ("fast", _("below half a second")),
            ("normal", _("up to 2 seconds")),
            ("slow", _("2 to 10 seconds")),
            ("endless", _("longer")),
        ]

    def queryset(self, request, queryset):
        if self.value() not in self.steps:
            return queryset
        least, most = self.steps[self.value()]
        rows = queryset.filter(milliseconds__gte=least)
        return rows if most is None else rows.filter(milliseconds__lt=most)


class OutcomeFilter(admin.SimpleListFilter):
    """What became of the question."""

    title = _("outcome")
    parameter_name = "outcome"

    def lookups(self, request, model_admin):
        return [
            ("ok", _("Answered")),
            ("refused", _("Refused")),
            ("unavailable", _("No answer, no effect")),
            ("unknown", _("Nobody knows")),
            ("trouble", _("All but answered")),
        ]

    def queryset(self, request, queryset):
        if self.value() == "trouble":
            return queryset.exclude(outcome="ok").filter(~Q(outcome="") | Q(status__gte=400) | Q(status=None))
        return queryset.filter(outcome=self.value()) if self.value() else queryset


@admin.register(ProviderCall)
class ProviderCallAdmin(ReadOnlyAdmin):
    """What we asked a provider and what it said, redacted before it was stored."""

    list_display = [
        "at", "method", "path", "business", "application", "step", "status", "outcome", "error_code", "milliseconds",
    ]  # fmt: skip
    list_filter = [OutcomeFilter, LatencyFilter, "step", "error_code", "at"]
    search_fields = ["=subject", "=business", "=application", "path"]
    search_help_text = _("A business's short name, an application's code, a path or a subject such as step:12.")
    fields = [
        "at", "method", "path", "subject", "business", "application", "step", "status", "outcome", "error_code",
        "meaning", "milliseconds", "shown_request", "shown_response",
    ]  # fmt: skip
    readonly_fields = fields
    ordering = ["-at", "-pk"]
    show_full_result_count = False

    @admin.display(description=_("what the error means"))
    def meaning(self, obj):
        if obj.error_code is None:
            return "–"
        text = explain(obj.error_code)
        return f"{text.title}. {text.what_to_do}"

    @admin.display(description=_("request"))
    def shown_request(self, obj):
        return readable(obj.request)

    @admin.display(description=_("answer"))
    def shown_response(self, obj):
        return readable(obj.response)
