"""The words that reviewers keep ready, edited by staff."""

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminSelectWidget

from onboarding.admin.wording import label_of
from onboarding.models import CannedReason
from onboarding.services.applications import ANSWER_FIELDS


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

    @admin.display(description=_("answer"))
    def about(self, reason):
        return label_of(reason.field) if reason.field else _("All answers")
