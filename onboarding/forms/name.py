"""The display name (product row B4)."""

from django import forms
from django.utils.translation import gettext_lazy as _

from onboarding.forms.base import AnswerForm
from onboarding.forms.plain import PlainTextMixin
from onboarding.models import OnboardingApplication
from onboarding.rulebook.house import house_rule

SHORTEST, LONGEST = 3, 75
"""Display name guidelines: at least 3 characters; the API takes up to 75 (onboarding reference §6.1)."""

LENGTHS = {
    "required": _("Write the name that customers will see."),
    "min_length": _("WhatsApp wants at least three characters."),
    "max_length": _("WhatsApp takes 75 characters at most."),
}


class DisplayNameForm(AnswerForm):
    """Only the length stops a name here: the other findings predict the outcome, and a person judges."""

    display_name = forms.CharField(
        label=_("Display name"),
        help_text=_("As on your sign or your website, without slogans or legal form."),
        min_length=SHORTEST,
        max_length=LONGEST,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
        error_messages=LENGTHS,
    )
    name_is_permanent = forms.BooleanField(
        label=_("I understand that this name is meant to stay"),
        error_messages={"required": _("Tick the box to confirm that the name is meant to stay.")},
    )

    class Meta:
        model = OnboardingApplication
        fields = ["display_name", "name_is_permanent"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["name_is_permanent"].required = house_rule("display_name_permanent")

    def clean_display_name(self):
        return self.cleaned_data["display_name"].strip()


class ProposedNameForm(PlainTextMixin, forms.Form):
    """Another name after WhatsApp refused the first one."""

    name = forms.CharField(
        label=_("New display name"),
        min_length=SHORTEST,
        max_length=LONGEST,
        error_messages=LENGTHS,
    )
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)
