"""The questions of the public advisor (product row A1)."""

from django import forms
from django.utils.translation import gettext_lazy as _

from onboarding.advisor import CURRENT, NONE, OLD, AdvisorAnswers

PLATFORMS = [
    (CURRENT, _("Yes, version 7.2 or later")),
    (OLD, _("Yes, an earlier version")),
    (NONE, _("No")),
]


class AdvisorForm(forms.Form):
    conversations_per_day = forms.IntegerField(
        label=_("Conversations a day"),
        help_text=_("Different people who write to you on a normal day."),
        min_value=0,
        max_value=1_000_000,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={
            "required": _("Write about how many people write to you on a normal day."),
            "invalid": _("Write a figure, for example 40."),
            "max_value": _("Write a figure up to a million."),
            "min_value": _("Write a figure, for example 40."),
        },
    )
    agents = forms.IntegerField(
        label=_("People who answer at the same time"),
        min_value=0,
        max_value=100_000,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={
            "required": _("Write how many people answer at the same time."),
            "invalid": _("Write a figure, for example 3."),
            "max_value": _("Write a figure up to 100,000."),
            "min_value": _("Write a figure, for example 3."),
        },
    )
    platform = forms.ChoiceField(
        label=_("Do you have a contact center?"),
        choices=PLATFORMS,
        widget=forms.RadioSelect,
        error_messages={"required": _("Say whether you have a contact center.")},
    )
    sends_notifications = forms.BooleanField(
        label=_("Notices of deliveries, appointments or due dates"), required=False
    )
    sends_promotions = forms.BooleanField(label=_("Promotions"), required=False)
    integrates = forms.BooleanField(label=_("Connect it to your own programs, such as a CRM or a shop"), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["platform"].hints = {
            CURRENT: _("It connects as it is."),
            OLD: _("It has to be updated first."),
        }

    def answers(self):
        """The cleaned answers for ``advise``."""
        return AdvisorAnswers(**self.cleaned_data)
