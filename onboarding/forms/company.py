"""The company, its address, its Facebook Page and whom to contact (product rows B1, B2)."""

import json
import re
from urllib.parse import urlsplit

import phonenumbers
from django import forms
from django.utils.translation import gettext_lazy as _
from stdnum import exceptions as stdnum_errors

from onboarding.countries import facts, tax_hints
from onboarding.forms.base import AnswerForm
from onboarding.models import OnboardingApplication
from onboarding.rulebook.house import house_rule
from tenants.forms import countries

FREE_MAIL = {
    "gmail.com", "googlemail.com", "hotmail.com", "hotmail.es", "outlook.com", "outlook.es", "live.com", "yahoo.com",
    "yahoo.es", "yahoo.com.mx", "yahoo.com.ar", "yahoo.com.br", "icloud.com", "proton.me", "uol.com.br", "bol.com.br",
}  # fmt: skip


def country_choices():
    return [("", _("Choose one")), *countries()]


class CompanyForm(AnswerForm):
    letters = ("brand", "legal_name", "tax_id")

    brand = forms.CharField(
        label=_("Brand"),
        help_text=_("The name your customers know."),
        max_length=100,
        error_messages={"required": _("Write the name that your customers know.")},
    )
    legal_name = forms.CharField(
        label=_("Legal name"),
        help_text=_("Letter by letter as in the register, with its legal form. Meta compares both texts."),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
        error_messages={"required": _("Write the legal name as it stands in the register.")},
    )
    country = forms.ChoiceField(
        label=_("Country of registration"),
        choices=country_choices,
        error_messages={"required": _("Choose the country in which the company is registered.")},
    )
    tax_id = forms.CharField(
        label=_("Tax ID"),
        help_text=_("The company's own number with its check digit, not that of a person who works there."),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Write the company's tax number.")},
    )

    class Meta:
        model = OnboardingApplication
        fields = ["brand", "legal_name", "country", "tax_id"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        country = (self.data.get("country") if self.is_bound else None) or self.instance.country
        self.fields["country"].widget.attrs["data-tax-hints"] = json.dumps(tax_hints())
        self.tax_example = tax_hints().get(country, "")
        """How the tax number of the chosen country is called and written; for the page."""

    def clean_brand(self):
        return " ".join(self.cleaned_data["brand"].split())

    def clean_legal_name(self):
        return " ".join(self.cleaned_data["legal_name"].split())

    def clean(self):
        cleaned = super().clean()
        country, number = cleaned.get("country"), cleaned.get("tax_id")
        if country and number:
            problem = tax_id_problem(country, number)
            if problem:
                self.add_error("tax_id", problem)
        return cleaned


def tax_id_problem(country, number):
    """What is wrong with a company's tax number, in words; None when it is right or nobody can tell."""
    told = facts(country)
    name = told.tax_name or _("tax number")
    odd = _("That isn't written like a %(name)s. Compare it with the tax record.") % {"name": name}
    module = told.tax_module
    if module is None:
        fits = not told.tax_shape or re.fullmatch(told.tax_shape, re.sub(r"[\s.\-/]", "", number).upper(), re.ASCII)
        return None if fits else odd
    try:
        module.validate(number)
    except stdnum_errors.InvalidLength:
        return _("A %(name)s has another number of characters. Compare it with the tax record.") % {"name": name}
    except stdnum_errors.InvalidChecksum:
        return _("The check digit doesn't fit: one figure of this %(name)s is wrong or missing.") % {"name": name}
    except (stdnum_errors.ValidationError, ValueError, LookupError):
        return odd
    return None


class AddressForm(AnswerForm):
    """Where the company is registered. The country was answered on the page before."""

    optional = ("region", "postal_code")
    letters = ("address", "city", "region", "postal_code")

    address = forms.CharField(
        label=_("Street and number"),
        help_text=_("As in the register or on the tax record."),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
        error_messages={"required": _("Write the street and number of the registered address.")},
    )
    city = forms.CharField(
        label=_("City"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "address-level2"}),
        error_messages={"required": _("Write the city.")},
    )
    region = forms.CharField(
        label=_("State, department or province"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "address-level1"}),
    )
    postal_code = forms.CharField(label=_("Postal code"), max_length=20, required=False)

    class Meta:
        model = OnboardingApplication
        fields = ["address", "city", "region", "postal_code"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.facts = facts(self.instance.country)
        self.fields["region"].label = self.facts.region_label
        if self.facts.postal_shape:
            code = self.fields["postal_code"]
            code.required = True
            code.error_messages["required"] = _("Write the postal code.")
            code.help_text = _("For example %(example)s.") % {"example": self.facts.postal_example}

    def clean_postal_code(self):
        code = self.cleaned_data["postal_code"].strip().upper()
        if code and not self.facts.fits_postal(code):
            raise forms.ValidationError(
                _("A postal code of this country looks like %(example)s."),
                params={"example": self.facts.postal_example},
            )
        return code


class FacebookForm(AnswerForm):
    facebook_page = forms.CharField(
        label=_("Facebook Page of the brand"),
        help_text=_("Its address, for example facebook.com/yourbrand. A page, not a personal profile."),
        max_length=250,
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Write the address of the brand's Facebook Page.")},
    )
    facebook_business_id = forms.CharField(
        label=_("Facebook Business ID"),
        help_text=_("10 to 20 figures."),
        max_length=30,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": _("Write the Business ID; the steps below show where it stands.")},
    )

    class Meta:
        model = OnboardingApplication
        fields = ["facebook_page", "facebook_business_id"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not house_rule("facebook_page_asked"):
            page = self.fields["facebook_page"]
            page.required, page.label = False, _("Facebook Page of the brand (if there is one)")

    def clean_facebook_page(self):
        typed = self.cleaned_data["facebook_page"].strip()
        if not typed:
            return ""
        try:
            parts = urlsplit(typed if "//" in typed else f"https://{typed}")
            host = (parts.hostname or "").removeprefix("www.").removeprefix("m.").removeprefix("es-la.")
        except ValueError:
            parts, host = None, ""
        if host not in {"facebook.com", "fb.com", "fb.me"} or not re.fullmatch(r"/[\w.\-/%@]+", parts.path.rstrip("/")):
            raise forms.ValidationError(_("Write the address of a Facebook Page, for example facebook.com/yourbrand."))
        path = parts.path.rstrip("/")
        if path.startswith("/profile.php"):
            number = re.search(r"(?:^|&)id=([0-9]{1,30})(?:&|$)", parts.query)
            path = f"{path}?id={number[1]}" if number else path
        return f"https://www.facebook.com{path}" if host != "fb.me" else f"https://fb.me{path}"

    def clean_facebook_business_id(self):
        number = re.sub(r"[\s.\-]", "", self.cleaned_data["facebook_business_id"])
        if not re.fullmatch(r"[0-9]{10,20}", number):
            raise forms.ValidationError(
                _("A Business ID has 10 to 20 figures and nothing else. It isn't the address of the Page.")
            )
        return number


class ContactForm(AnswerForm):
    letters = ("contact_name",)

    contact_name = forms.CharField(
        label=_("Contact person"),
        help_text=_("Who answers if our reviewers or Meta ask something."),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Write the name of the person we can ask.")},
    )
    contact_email = forms.EmailField(
        label=_("E-mail address"),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": _("Write an e-mail address; every change of your application goes there."),
            "invalid": _("Write an address like name@yourcompany.com."),
        },
    )
    contact_phone = forms.CharField(
        label=_("Telephone"),
        help_text=_("With the country code when it is another country than the company's."),
        max_length=30,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
        error_messages={"required": _("Write a telephone number at which this person answers.")},
    )

    class Meta:
        model = OnboardingApplication
        fields = ["contact_name", "contact_email", "contact_phone"]

    def clean_contact_email(self):
        address = self.cleaned_data["contact_email"]
        if not address.isascii():
            raise forms.ValidationError(self.fields["contact_email"].error_messages["invalid"])
        return address

    def clean_contact_phone(self):
        try:
            number = phonenumbers.parse(self.cleaned_data["contact_phone"], self.instance.country or None)
        except phonenumbers.NumberParseException:
            number = None
        if number is None or not phonenumbers.is_possible_number(number):
            raise forms.ValidationError(_("Write a complete number, for example +57 315 555 0142."))
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def mail_advice(application):
    """A hint about the contact's e-mail that stops nobody: the same domain helps the verification (§3.1); or empty."""
    domain = application.contact_email.rpartition("@")[2].lower()
    site = (urlsplit(application.website).hostname or "").removeprefix("www.")
    if (
        not domain
        or not site
        or not any(sign.isalpha() for sign in site)
        or domain == site
        or domain.endswith(f".{site}")
        or site.endswith(f".{domain}")
    ):
        return ""
    if domain in FREE_MAIL:
        return _("An address at %(site)s instead of %(domain)s helps Meta to verify the company.") % {
            "site": site,
            "domain": domain,
        }
    return _("The address is at %(domain)s and the website at %(site)s; the same domain helps the verification.") % {
        "site": site,
        "domain": domain,
    }
