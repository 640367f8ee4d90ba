"""The phone number (product row B3)."""

from functools import cache

import phonenumbers
from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from onboarding.enums import CodeMethod
from onboarding.forms.base import AnswerForm
from onboarding.forms.plain import PlainTextMixin
from onboarding.models import OnboardingApplication
from onboarding.phone_types import describe_number
from onboarding.rulebook.house import house_rule
from onboarding.services.answers import number_is_taken
from tenants.forms import countries

SAYS_WHAT_TO_DO = {"premium", "pager", "short_code"}


def regions():
    """Countries with their calling code, for the list beside the number."""
    names = countries()
    return [(code, f"+{calling} {name}") for code, name in names if (calling := _calling_code(code))]


@cache
def _calling_code(region):
    return phonenumbers.country_code_for_region(region)


class NumberForm(AnswerForm):
    phone_region = forms.ChoiceField(label=_("Country of the number"), choices=regions, required=False)
    phone = forms.CharField(
        label=_("Phone number"),
        help_text=_("Mobile, landline or toll-free. It has to be able to receive an SMS or a call."),
        max_length=30,
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel-national"}),
        error_messages={"required": _("Write the number that WhatsApp will use.")},
    )
    code_method = forms.ChoiceField(
        label=_("How should the code arrive?"),
        help_text=_("For a landline choose the call: many operators don't deliver SMS to it."),
        choices=CodeMethod,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose SMS or call.")},
    )

    class Meta:
        model = OnboardingApplication
        fields = ["phone", "code_method"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["phone_region"].initial = self.instance.country or self.instance.business.country
        if self.instance.phone and not self.is_bound:
            try:
                number = phonenumbers.parse(self.instance.phone, None)
            except phonenumbers.NumberParseException:
                return
            national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
            self.initial["phone"] = national
            self.fields["phone_region"].initial = phonenumbers.region_code_for_number(number)

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("phone"):
            try:
                cleaned["phone"] = read_number(
                    cleaned["phone"], cleaned.get("phone_region") or "", self.instance.business
                )
            except forms.ValidationError as exc:
                self.add_error("phone", exc)
        return cleaned


def read_number(typed, region, business):
    """A typed number as E.164. Raises ``ValidationError`` in the words of the rule that it breaks."""
    facts = describe_number(typed, region)
    for problem in facts.problems:
        if problem.blocks:
            advice = f" {facts.help}" if facts.type in SAYS_WHAT_TO_DO else ""
            raise forms.ValidationError(f"{problem.text}{advice}")
    if number_is_taken(business, facts.e164):
        raise forms.ValidationError(
            _now("This number can't be used here. If it is your company's, write to us and we clear it up.")
        )
    return facts.e164


class FurtherNumberForm(PlainTextMixin, forms.Form):
    """One more number under the same Business ID (product row B5)."""

    letters = ("area",)

    phone_region = forms.ChoiceField(label=_("Country of the number"), choices=regions, required=False)
    phone = forms.CharField(
        label=_("Phone number"),
        help_text=_("A number of its own; each one is activated with its own code."),
        max_length=30,
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel-national"}),
        error_messages={"required": _("Write the number that WhatsApp will use.")},
    )
    code_method = forms.ChoiceField(
        label=_("How should the code arrive?"),
        choices=CodeMethod,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose SMS or call.")},
    )
    area = forms.CharField(
        label=_("Area that will use it"),
        help_text=_("For example sales in Peru, or collections."),
        min_length=3,
        max_length=80,
        error_messages={
            "required": _("Name the area, branch or country that will use the number."),
            "min_length": _("Name the area, branch or country that will use the number."),
        },
    )
    justification = forms.CharField(
        label=_("Why does it need a number of its own?"),
        help_text=_("What these people do that can't go through the other number: another team, brand or country."),
        min_length=30,
        max_length=1000,
        widget=forms.Textarea,
        error_messages={
            "required": _("Say in a sentence or two why one number isn't enough."),
            "min_length": _("Say a little more; a person decides by it."),
        },
    )
    display_name = forms.CharField(
        label=_("Display name"),
        help_text=_("Each number has its own, and each is reviewed. Adding the area after the brand usually passes."),
        min_length=3,
        max_length=75,
        error_messages={
            "required": _("Write the name that customers will see."),
            "min_length": _("WhatsApp wants at least three characters."),
        },
    )

    def __init__(self, application, *args, **kwargs):
        self.application = application
        super().__init__(*args, **kwargs)
        self.fields["phone_region"].initial = application.country or application.business.country
        self.fields["display_name"].initial = application.display_name
        if not house_rule("further_numbers_justified"):
            reason = self.fields["justification"]
            reason.required, reason.label = False, _("Why does it need a number of its own? (if you like)")

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("phone"):
            try:
                region = cleaned.get("phone_region") or ""
                cleaned["phone"] = read_number(cleaned["phone"], region, self.application.business)
            except forms.ValidationError as exc:
                self.add_error("phone", exc)
        return cleaned
