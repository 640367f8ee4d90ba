"""Forms of people and businesses."""

from functools import cache
from zoneinfo import available_timezones

from babel import Locale
from django import forms
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from tenants import api_scopes
from tenants.enums import Role
from tenants.models import Business

FIRST_COUNTRIES = ("CO", "MX", "AR", "CL", "PE", "ES", "BR", "EC", "US")


def countries():
    """Countries by name in the reader's language, those of most of our users first."""
    return _countries(get_language() or "en")


@cache
def _countries(language):
    names = {code: name for code, name in Locale.parse(language, sep="-").territories.items() if _is_country(code)}
    first = [(code, names[code]) for code in FIRST_COUNTRIES]
    return first + sorted(
        ((code, name) for code, name in names.items() if code not in FIRST_COUNTRIES), key=lambda pair: pair[1]
    )


def _is_country(code):
    return len(code) == 2 and code.isalpha() and code not in {"EU", "EZ", "UN", "QO", "ZZ", "XA", "XB"}


@cache
def time_zones():
    """Time zones of cities."""
    return [
        (zone, zone.replace("_", " ")) for zone in sorted(available_timezones()) if "/" in zone and "Etc" not in zone
    ]


class SignupForm(forms.Form):
    """What sign-up asks besides e-mail and password (allauth puts them together)."""

    full_name = forms.CharField(label=_("Your name"), max_length=150)

    field_order = ["full_name", "email", "password1"]

    def signup(self, request, user):
        user.full_name = self.cleaned_data["full_name"].strip()
        user.language = request.LANGUAGE_CODE
        user.save(update_fields=["full_name", "language"])


class BusinessForm(forms.Form):
    """The first thing we ask: how the company is called."""

    name = forms.CharField(label=_("Name of your company"), max_length=100, help_text=_("As your customers know it."))
    country = forms.ChoiceField(label=_("Country"), choices=countries)


class InvitationForm(forms.Form):
    email = forms.EmailField(label=_("E-mail address"))
    role = forms.ChoiceField(label=_("Role"), choices=Role, initial=Role.AGENT, widget=forms.RadioSelect)


class ApiKeyScopesForm(forms.Form):
    """What a key may do: everything, or some scopes."""

    ALL, SOME = "all", "some"

    reach = forms.ChoiceField(
        label=_("What it may do"),
        choices=[(ALL, _("Everything that an administrator may")), (SOME, _("Only what is ticked here"))],
        initial=ALL,
        widget=forms.RadioSelect,
    )
    scopes = forms.MultipleChoiceField(
        label=_("Scopes"),
        required=False,
        choices=api_scopes.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Tick as little as the program needs. What isn't ticked is refused with a sentence that says so."),
    )

    def __init__(self, *args, row=None, **kwargs):
        if row is not None:
            some = row.scopes is not None
            kwargs.setdefault("initial", {"reach": self.SOME if some else self.ALL, "scopes": row.scopes or []})
        super().__init__(*args, **kwargs)

    def clean(self):
        data = super().clean()
        if data.get("reach") == self.SOME and not data.get("scopes") and "scopes" not in self.errors:
            self.add_error("scopes", _("Tick at least one, or let it do everything."))
        return data

    def chosen(self):
        """The list that keys keep; ``None`` for everything."""
        return self.cleaned_data["scopes"] if self.cleaned_data["reach"] == self.SOME else None


class ApiKeyForm(ApiKeyScopesForm):
    """A new key: its name and what it may do."""

    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("For what the key is used."))
    field_order = ["name"]


class SettingsForm(forms.ModelForm):
    """What a business says about itself."""

    time_zone = forms.ChoiceField(label=_("Time zone"), choices=time_zones)
    language = forms.ChoiceField(label=_("Language of our mail to you"), choices=settings.LANGUAGES)

    class Meta:
        model = Business
        fields = ["name", "time_zone", "language"]
