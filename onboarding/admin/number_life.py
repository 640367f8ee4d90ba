"""The life of numbers as staff see it: the history that Meta tells, and wishes for another display name to decide."""

from django.contrib import admin, messages
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from onboarding.exceptions import NotPossible
from onboarding.models import NumberNews, Renaming, RenamingState
from onboarding.services import name_checks, number_words, renamings


class LookOnly(ModelAdmin):
    """These rows are written by the provider's words and by services, not by hand."""

    show_full_result_count = False

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(NumberNews)
class NumberNewsAdmin(LookOnly):
    """Everything that was heard about numbers and accounts, newest first."""

    list_display = ["at", "business", "phone_number", "shown_title", "kind", "what", "until", "source"]
    list_filter = ["kind", "source", "at"]
    search_fields = ["=phone_number__e164", "=waba__waba_id", "=what"]
    list_select_related = ["business", "phone_number", "waba"]
    fields = [
        "business", "waba", "phone_number", "kind", "shown_title", "shown_body", "shown_way_on", "what", "before", "at",
        "until", "details", "source", "noted_at",
    ]  # fmt: skip
    readonly_fields = fields
    ordering = ["-at", "-pk"]

    def has_change_permission(self, request, obj=None):
        return False

    @admin.display(description=_("what happened"))
    def shown_title(self, obj):
        return number_words.describe(obj).title

    @admin.display(description=_("as the business reads it"))
    def shown_body(self, obj):
        return number_words.describe(obj).body or "–"

    @admin.display(description=_("what to do"))
    def shown_way_on(self, obj):
        told = number_words.describe(obj)
        return " ".join(part for part in (told.what_to_do, told.link) if part) or "–"


class OpenRenamings(admin.SimpleListFilter):
    """Those that wait for us come first."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return RenamingState.choices

    def queryset(self, request, queryset):
        return queryset.filter(state=self.value()) if self.value() else queryset


@admin.register(Renaming)
class RenamingAdmin(LookOnly):
    """A new reviewed request for a display name, by house rule."""

    list_display = ["phone_number", "old_name", "name", "business", "state", "asked_at", "decided_by", "register_by"]
    list_filter = [OpenRenamings, "asked_at"]
    search_fields = ["=phone_number__e164", "=name"]
    list_select_related = ["business", "phone_number", "decided_by"]
    readonly_fields = [
        "business", "phone_number", "old_name", "name", "why", "evidence", "state", "asked_by", "asked_at",
        "decided_by", "decided_at", "sent_at", "meta_decided_at", "rejection_reason", "register_by", "finished_at",
        "last_error",
    ]  # fmt: skip
    ordering = ["-asked_at", "-pk"]
    change_form_template = "admin/onboarding/renaming.html"

    def get_fields(self, request, obj=None):
        return [*self.readonly_fields[:11], "decision_note", *self.readonly_fields[11:]]

    def get_readonly_fields(self, request, obj=None):
        decided = obj is None or obj.state != RenamingState.ASKED
        return [*self.readonly_fields, "decision_note"] if decided else self.readonly_fields

    @admin.display(description=_("evidence"))
    def evidence(self, obj):
        application = obj.phone_number.application
        if application is None:
            return "–"
        found = name_checks.findings(application, obj.name)
        words = [found.get("prediction"), *(check["title"] for check in found.get("checks") or ())]
        return " · ".join(str(word) for word in words if word) or "–"

    def save_model(self, request, obj, form, change):
        """Nothing is saved by hand: the decision goes through the service (``response_change``)."""

    def response_change(self, request, obj):
        if "_approve" not in request.POST and "_refuse" not in request.POST:
            return redirect("admin:onboarding_renaming_changelist")
        try:
            renamings.decide(
                obj.pk,
                approve="_approve" in request.POST,
                note=request.POST.get("decision_note", "")[:2000],
                by=request.user,
            )
        except (NotPossible, ValueError) as exc:
            self.message_user(request, str(exc), messages.ERROR)
            return redirect("admin:onboarding_renaming_change", obj.pk)
        self.message_user(request, gettext("Decided. The business reads it at once."), messages.SUCCESS)
        return redirect("admin:onboarding_renaming_changelist")

    def log_change(self, request, obj, message):
        """The audit trail of the business has it (``renamings.decide``)."""
