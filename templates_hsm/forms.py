"""The small forms of the template pages. The builder's own form is ``editor.Editor``."""

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from templates_hsm import languages


def language_choices():
    """Every language a template may have, named for the reader."""
    return [(language.code, language.name) for language in languages.choices((get_language() or "en").split("-")[0])]


class AccountChoice(forms.ModelChoiceField):
    """Accounts by name and their numbers."""

    def label_from_instance(self, waba):
        numbers = ", ".join(number.e164 for number in waba.phone_numbers.all())
        return f"{waba.name} · {numbers}" if numbers else waba.name


class AccountChoiceForm(forms.Form):
    """Where templates go; with one account there is nothing to choose."""

    waba = AccountChoice(queryset=None, label=_("WhatsApp account"), to_field_name="reference", empty_label=None)

    def __init__(self, *args, wabas, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["waba"].queryset = wabas
        self.accounts = list(wabas)
        if len(self.accounts) == 1:
            self.fields["waba"].required = False
            self.fields["waba"].widget = forms.HiddenInput()

    def clean_waba(self):
        return self.cleaned_data["waba"] or self.accounts[0]


class NewTemplateForm(AccountChoiceForm):
    """Where a new template goes, and for one that starts empty its name and language."""

    name = forms.CharField(
        label=_("Name"),
        max_length=512,
        required=False,
        help_text=_("Small letters, digits and underscores. Customers never see it."),
    )
    language = forms.ChoiceField(label=_("Language"), required=False, choices=language_choices)
    content = forms.ChoiceField(
        label=_("Kind of content"),
        required=False,
        choices=[
            ("message", _("Message")),
            ("carousel", _("Carousel: 2 to 10 cards side by side")),
            ("offer", _("Offer that ends")),
            ("code", _("One-time code")),
        ],
    )


class CopyForm(forms.Form):
    """A copy needs a name and a language; the content comes along."""

    name = forms.CharField(label=_("Name"), max_length=512)
    language = forms.ChoiceField(label=_("Language"), choices=language_choices)
    account = AccountChoice(
        queryset=None, label=_("WhatsApp account"), to_field_name="reference", empty_label=None, required=False
    )

    def __init__(self, *args, wabas, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["account"].queryset = wabas
        if len(wabas) < 2:
            del self.fields["account"]
