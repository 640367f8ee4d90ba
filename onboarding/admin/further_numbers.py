"""Further numbers in the admin: facts, price, and the decision on each."""

from django import forms
from django.contrib import admin, messages
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin

from onboarding.enums import NumberDecision
from onboarding.exceptions import NotPossible
from onboarding.models import NumberRequest
from onboarding.services import further_numbers

FACTS = [
    "e164", "area", "justification", "display_name", "code_method", "application", "business", "requested_by",
    "requested_at", "price",
]  # fmt: skip


class DecisionForm(forms.ModelForm):
    class Meta:
        model = NumberRequest
        fields = ["decision", "decision_note"]

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("decision") == NumberDecision.REFUSED and not (cleaned.get("decision_note") or "").strip():
            self.add_error("decision_note", _("Give the reason; the business reads it."))
        return cleaned


@admin.register(NumberRequest)
class NumberRequestAdmin(ModelAdmin):
    form = DecisionForm
    fields = [*FACTS, "decision", "decision_note"]
    readonly_fields = FACTS
    list_display = ["e164", "area", "business", "application", "requested_at", "decision", "decided_by"]
    list_filter = ["decision"]
    list_select_related = ["business", "application", "decided_by"]
    ordering = ["-pk"]

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        open_ = obj is None or (obj.decision == NumberDecision.PENDING and obj.withdrawn_at is None)
        return open_ and super().has_change_permission(request, obj)

    @admin.display(description=gettext_lazy("price shown"))
    def price(self, number):
        return _("%(currency)s %(monthly)s a month, %(once)s once (%(source)s)") % number.cost if number.cost else "–"

    def save_model(self, request, obj, form, change):
        """The service writes, so that two reviewers can't both decide; ``obj`` holds only what was typed."""
        if form.cleaned_data["decision"] == NumberDecision.PENDING:
            messages.warning(request, _("Nothing was decided."))
            return
        try:
            further_numbers.decide_number(
                obj, form.cleaned_data["decision"], form.cleaned_data["decision_note"], by=request.user
            )
        except (NotPossible, ValueError) as exc:
            messages.error(request, str(exc))
