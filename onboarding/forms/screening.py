"""What the company does, and the signature that it follows the policies (product rows A2, A3)."""

from functools import cache

from babel import Locale
from django import forms
from django.utils.translation import gettext_lazy as _

from onboarding.enums import Sector
from onboarding.forms.base import AnswerForm
from onboarding.forms.plain import PlainTextMixin
from onboarding.models import OnboardingApplication
from tenants.forms import FIRST_COUNTRIES, countries


class CountriesField(forms.MultipleChoiceField):
    """Country codes; the list shows those of most of our users, any other country is accepted."""

    widget = forms.CheckboxSelectMultiple

    def valid_value(self, value):
        return value in country_codes()


class ScreeningForm(AnswerForm):
    activity = forms.CharField(
        label=_("What does your company do?"),
        help_text=_("What you sell or offer, to whom, and what you will write to people about."),
        max_length=2000,
        min_length=15,
        widget=forms.Textarea,
        error_messages={
            "required": _("Say in a sentence or two what your company does."),
            "min_length": _("Say a little more: what you offer, and to whom."),
        },
    )
    sector = forms.ChoiceField(
        label=_("Sector"),
        help_text=_("It appears in your WhatsApp profile."),
        error_messages={"required": _("Choose the sector that comes closest.")},
    )
    recipient_countries = CountriesField(
        label=_("In which countries are the people you will write to?"),
        help_text=_("Some rules differ by country."),
        error_messages={"required": _("Choose at least one country, or name it below.")},
    )
    other_countries = forms.CharField(
        label=_("Other countries"),
        help_text=_("Their names, with commas between them."),
        required=False,
        max_length=400,
    )
    website = forms.URLField(
        label=_("Website"),
        help_text=_("The public page of this company. We read it to compare it with what you write."),
        max_length=250,
        assume_scheme="https",
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "url", "spellcheck": "false"}),
        error_messages={
            "required": _("Write the address of your website."),
            "invalid": _("Write the address as in a browser, for example www.yourcompany.com."),
        },
    )

    class Meta:
        model = OnboardingApplication
        fields = ["activity", "sector", "recipient_countries", "website"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["sector"].choices = [("", _("Choose one")), *Sector.choices]
        names = dict(countries())
        self.fields["recipient_countries"].choices = [(code, names[code]) for code in FIRST_COUNTRIES]
        self.fields["recipient_countries"].required = False  # one in the field below is enough
        others = [code for code in self.instance.recipient_countries if code not in FIRST_COUNTRIES]
        self.fields["other_countries"].initial = ", ".join(names.get(code, code) for code in others)

    def clean_other_countries(self):
        codes, unknown = [], []
        for name in self.cleaned_data["other_countries"].replace(";", ",").split(","):
            if not name.strip():
                continue
            code = country_named(name)
            codes.append(code) if code else unknown.append(name.strip())
        if unknown:
            raise forms.ValidationError(
                _("We don't know this country: %(names)s."), params={"names": ", ".join(unknown)}
            )
        return codes

    def clean_website(self):
        website = self.cleaned_data["website"]
        host = website.split("//", 1)[-1].split("/")[0]
        if not website.lower().startswith(("http://", "https://")) or "@" in host or "." not in host.split(":")[0]:
            raise forms.ValidationError(self.fields["website"].error_messages["invalid"])
        return website

    def clean(self):
        cleaned = super().clean()
        if "recipient_countries" in cleaned and "other_countries" in cleaned:
            chosen = list(dict.fromkeys([*cleaned["recipient_countries"], *cleaned["other_countries"]]))
            cleaned["recipient_countries"] = chosen
            if not chosen:
                self.add_error("recipient_countries", self.fields["recipient_countries"].error_messages["required"])
        return cleaned


class ContestForm(PlainTextMixin, forms.Form):
    """The applicant thinks that the screening is wrong and asks a person."""

    contest_text = forms.CharField(
        label=_("Why is it different in your case?"),
        help_text=_("A person reads it together with your website."),
        max_length=2000,
        min_length=20,
        widget=forms.Textarea,
        error_messages={
            "required": _("Say in a sentence or two why the rule doesn't fit."),
            "min_length": _("Say a little more, so that a person can decide."),
        },
    )


class SigningForm(PlainTextMixin, forms.Form):
    """The typed name under the statement. ``shown`` is the digest of the very text that stood on the page."""

    letters = ("signed_name",)

    shown = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)
    seen_version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)
    signed_name = forms.CharField(
        label=_("Your name"),
        help_text=_("First and last name. It stands as your signature."),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Write your first and last name to sign.")},
    )
    agreed = forms.BooleanField(
        label=_("I have read the statement and I may sign for the company"),
        error_messages={"required": _("Tick the box to sign.")},
    )

    def clean_signed_name(self):
        name = " ".join(self.cleaned_data["signed_name"].split())
        if len(name.split()) < 2 or not any(sign.isalpha() for sign in name):
            raise forms.ValidationError(_("Write your first and last name."))
        return name


@cache
def country_codes():
    """Every country code we know."""
    return frozenset(code for code, _name in countries())


@cache
def _countries_by_name():
    names = {}
    for language in ("en", "es", "pt_BR"):
        territories = Locale.parse(language).territories
        names |= {_folded(territories[code]): code for code in country_codes() if code in territories}
    return names


def country_named(text):
    """The code of a country written in English, Spanish or Portuguese, or as its code; None when nobody knows it."""
    code = text.strip().upper()
    return code if code in country_codes() else _countries_by_name().get(_folded(text))


def _folded(text):
    from onboarding.services.highlight import fold  # services import forms

    return fold(text.strip())
