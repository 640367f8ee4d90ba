"""Asking for the code and entering it (product row C4)."""

from django import forms
from django.utils.translation import gettext_lazy as _

from onboarding.enums import CodeMethod

LANGUAGES = [
    ("es", _("Spanish")),
    ("pt_BR", _("Portuguese (Brazil)")),
    ("en_US", _("English")),
]
"""In which the message or the voice speaks; codes as ``request_code`` takes them (onboarding reference §5.6)."""


class CodeRequestForm(forms.Form):
    method = forms.ChoiceField(label=_("How should the code arrive?"), choices=CodeMethod, widget=forms.RadioSelect)
    language = forms.ChoiceField(label=_("Language of the code"), choices=LANGUAGES)
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code"),
        max_length=12,
        error_messages={"required": _("Write the six figures.")},
    )
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)

    def clean_code(self):
        digits = "".join(sign for sign in self.cleaned_data["code"] if sign in "0123456789")
        if len(digits) != 6:
            raise forms.ValidationError(_("The code has six figures, for example 123-830."))
        return digits
