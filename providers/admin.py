"""What staff see of the outside: unknown events, dead letters, the provider log, incidents. Nothing is typed here."""

from django.contrib import admin, messages
from django.shortcuts import redirect
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from providers import admin_calls, dead_letters, replays
from providers.admin_base import ReadOnlyAdmin, block, readable
from providers.models import DeadLetter, Incident, UnknownEvent

__all__ = ["DeadLetterAdmin", "IncidentAdmin", "UnknownEventAdmin", "admin_calls"]

REPLAYED_AT_ONCE = 20
"""More than these are a job with a row of its own: a request should not take that long."""


class OpenFilter(admin.SimpleListFilter):
    """Open ones first: they are why staff come here."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [("closed", _("Closed")), ("all", _("All"))]

    def choices(self, changelist):
        yield {
            "selected": self.value() is None,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": _("Open"),
        }
        for value, label in self.lookup_choices:
            yield {
                "selected": self.value() == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": label,
            }

    def queryset(self, request, queryset):
        if self.value() == "closed":
            return queryset.exclude(closed_at=None)
        return queryset if self.value() == "all" else queryset.filter(closed_at=None)


@admin.register(DeadLetter)
class DeadLetterAdmin(ReadOnlyAdmin):
    """Deliveries that could not be handled, with the error and what was in them."""

    list_display = [
        "delivery_id", "received_at", "failed_at", "kind", "number", "attempts", "last_line", "replayed_at",
        "closed_at",
    ]  # fmt: skip
    list_filter = [OpenFilter, "kind", "failed_at"]
    search_fields = ["=number", "=delivery_id"]
    show_full_result_count = False
    fields = [
        "reference", "delivery_id", "kind", "number", "received_at", "failed_at", "attempts", "replayed_at",
        "closed_at", "shown_error", "shown_body",
    ]  # fmt: skip
    readonly_fields = fields
    ordering = ["-failed_at", "-pk"]
    actions = ["replay", "close"]

    @admin.display(description=_("error"))
    def last_line(self, obj):
        return (obj.error.strip().splitlines() or [""])[-1][:120]

    @admin.display(description=_("error"))
    def shown_error(self, obj):
        return block(obj.error)

    @admin.display(description=_("what was received"))
    def shown_body(self, obj):
        return readable(obj.body)

    def has_replay_permission(self, request):
        return request.user.has_perm("providers.change_deadletter")

    @admin.action(description=_("Handle the selected dead letters again"), permissions=["replay"])
    def replay(self, request, queryset):
        if queryset[: REPLAYED_AT_ONCE + 1].count() > REPLAYED_AT_ONCE:
            job = replays.ask(request.user.get_username(), letters=queryset)
            if job is not None:
                return redirect("health_replay", job.reference)
        done, failed = dead_letters.replay_many(queryset)
        if done:
            text = ngettext("%(count)s went through.", "%(count)s went through.", done) % {"count": done}
            self.message_user(request, text, messages.SUCCESS)
        if failed:
            text = ngettext("%(count)s failed again.", "%(count)s failed again.", failed) % {"count": failed}
            self.message_user(request, text, messages.ERROR)
        if not done and not failed:
            self.message_user(request, gettext("None of them was open."), messages.WARNING)

    @admin.action(description=_("Close the selected dead letters"), permissions=["replay"])
    def close(self, request, queryset):
        count = dead_letters.close(queryset)
        text = ngettext("%(count)s closed.", "%(count)s closed.", count) % {"count": count}
        self.message_user(request, text, messages.SUCCESS)


@admin.register(UnknownEvent)
class UnknownEventAdmin(ReadOnlyAdmin):
    """What a provider said and nobody understood, or nobody uses."""

    list_display = ["received_at", "kind", "field", "reason", "provider_account", "delivery_id"]
    list_filter = ["kind", "field", "received_at"]
    search_fields = ["=provider_account", "=delivery_id"]
    fields = [
        "received_at", "kind", "reason", "field", "provider_account", "delivery_id", "position", "shown_raw",
    ]  # fmt: skip
    readonly_fields = fields
    ordering = ["-received_at", "-pk"]
    show_full_result_count = False

    @admin.display(description=_("what was received"))
    def shown_raw(self, obj):
        return readable(obj.raw)


@admin.register(Incident)
class IncidentAdmin(ReadOnlyAdmin):
    """What is stuck or refused. Incidents open and close by themselves."""

    list_display = ["shown_title", "opened_at", "last_seen_at", "count", "closed_at"]
    list_filter = [OpenFilter, "opened_at"]
    fields = ["shown_title", "key", "opened_at", "last_seen_at", "count", "closed_at", "shown_details"]
    readonly_fields = fields
    ordering = ["-opened_at", "-pk"]

    @admin.display(description=_("title"), ordering="title")
    def shown_title(self, obj):
        return gettext(obj.title)

    @admin.display(description=_("details"))
    def shown_details(self, obj):
        return block(obj.details)
