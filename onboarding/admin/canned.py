"""The words that reviewers keep ready, edited by staff."""

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminSelectWidget

from onboarding.admin.wording import label_of
from onboarding.models import CannedReason
from onboarding.services.applications import ANSWER_FIELDS
from tenants import audit


def answer_choices():
    """The answers that a reason can be about."""
    return [("", _("All answers")), *((field, label_of(field)) for field in ANSWER_FIELDS)]


class CannedReasonForm(forms.ModelForm):
    """One reason in the three languages; all of them are needed, because the applicant's language decides."""

    field = forms.ChoiceField(label=_("answer"), choices=answer_choices, required=False, widget=UnfoldAdminSelectWidget)

    class Meta:
        model = CannedReason
        fields = ["code", "use", "field", "text_en", "text_es", "text_pt", "position", "is_active"]


@admin.register(CannedReason)
class CannedReasonAdmin(ModelAdmin):
    """What was sent before stays as it was: a decision keeps its own words."""

    form = CannedReasonForm
    list_display = ["__str__", "use", "about", "position", "is_active"]
    list_filter = ["use", "is_active"]
    ordering = ["use", "position", "code"]

    def save_model(self, request, obj, form, change):
        """What changed is kept in the audit trail, word for word."""
        before = {name: form.initial.get(name) for name in form.changed_data} if change else {}
        super().save_model(request, obj, form, change)
        if change and not form.changed_data:
            return
        verb = audit.to_translate("canned reason changed") if change else audit.to_translate("canned reason added")
        after = {name: form.cleaned_data.get(name) for name in form.changed_data}
        audit.record_house(verb, obj.code, actor=request.user, before=before, after=after)

    def delete_model(self, request, obj):
        self._record_deletion(request, obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request, queryset):
        for obj in queryset:
            self._record_deletion(request, obj)
        super().delete_queryset(request, queryset)

    def _record_deletion(self, request, obj):
        verb = audit.to_translate("canned reason deleted")
        texts = {"en": obj.text_en, "es": obj.text_es, "pt": obj.text_pt}
        audit.record_house(verb, obj.code, actor=request.user, before=texts)

    @admin.display(description=_("answer"))
    def about(self, reason):
        return label_of(reason.field) if reason.field else _("All answers")
