"""Forms about a number in use."""

from django import forms
from django.utils.translation import gettext_lazy as _

from onboarding.forms.name import LENGTHS, LONGEST, SHORTEST
from onboarding.forms.plain import PlainTextMixin


class RenamingForm(PlainTextMixin, forms.Form):
    """Another display name for a number that is in use, and why."""

    name = forms.CharField(label=_("New display name"), min_length=SHORTEST, max_length=LONGEST, error_messages=LENGTHS)
    why = forms.CharField(
        label=_("Why it changes"),
        help_text=_("For example a new brand, with the page where customers can see it. Our reviewer reads this."),
        min_length=10,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args, number, **kwargs):
        super().__init__(*args, **kwargs)
        self.number = number

    def clean_name(self):
        name = " ".join(self.cleaned_data["name"].split())
        if name == self.number.display_name:
            raise forms.ValidationError(_("This is the name that the number has now."))
        return name


class PinForm(forms.Form):
    """The two-step PIN that a number has already."""

    pin = forms.CharField(label=_("Two-step PIN"), max_length=12)
