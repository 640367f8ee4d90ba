"""Chat links and opt-in pages: what a business says about them, and what the public form asks."""

import json
from functools import cache
from pathlib import Path

from django import forms
from django.utils.translation import gettext_lazy as _

from contacts.imports.cells import phone as read_phone
from contacts.services.wordings import names_business
from onboarding.forms.number import regions
from onboarding.models import PhoneNumber
from onboarding.rulebook.house import house_rule
from onboarding.services import chat_links

_PROPOSALS = Path(__file__).resolve().parent.parent / "data" / "optin_texts.json"


def numbers_of(business):
    """The numbers that a chat can be opened with: those that WhatsApp knows."""
    return PhoneNumber.objects.filter(business=business).exclude(phone_number_id=None).order_by("pk")


class _NumberField(forms.ModelChoiceField):
    def label_from_instance(self, number):
        return f"{number.display_name} {number.e164}"


class ChatLinkForm(forms.Form):
    """A new link into a chat."""

    phone_number = _NumberField(label=_("Number"), queryset=None, empty_label=None)
    name = forms.CharField(
        label=_("Name of the link"),
        max_length=60,
        help_text=_("Only you see it. Say where it will stand: window sticker, Instagram, invoice."),
        error_messages={"required": _("Give it a name.")},
    )
    greeting = forms.CharField(
        label=_("Greeting"),
        max_length=chat_links.GREETING,
        required=False,
        help_text=_("What stands in the person's message already. They can change it before they send it."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args, business, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["phone_number"].queryset = numbers_of(business)

    def clean_greeting(self):
        return " ".join(self.cleaned_data["greeting"].split())


class ChatLinkEditForm(forms.Form):
    """What can change once a link is printed: its name, and the greeting of links made from now on."""

    name = forms.CharField(label=_("Name of the link"), max_length=60)
    greeting = forms.CharField(
        label=_("Greeting"),
        max_length=chat_links.GREETING,
        required=False,
        help_text=_("QR codes that are printed already keep the old greeting. Meta's short link takes the new one."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def clean_greeting(self):
        return " ".join(self.cleaned_data["greeting"].split())


class OptInPageForm(forms.Form):
    """A new opt-in page."""

    name = forms.CharField(
        label=_("Name of the page"),
        max_length=60,
        help_text=_("Only you see it."),
        error_messages={"required": _("Give it a name.")},
    )
    phone_number = _NumberField(
        label=_("Number that people confirm to"), queryset=None, required=False, empty_label=_("None")
    )
    confirms_by_message = forms.BooleanField(
        label=_("Count a consent only when the person sends a message from that number"),
        required=False,
        help_text=_("Recommended: otherwise anybody could sign up somebody else's number."),
    )

    def __init__(self, *args, business, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["phone_number"].queryset = numbers_of(business)

    def clean(self):
        data = super().clean()
        if data.get("confirms_by_message") and not data.get("phone_number"):
            self.add_error("phone_number", _("Choose the number to which people send the message that confirms."))
        return data


class OptInTextForm(forms.Form):
    """What a page says in one language."""

    title = forms.CharField(label=_("Title"), max_length=80, error_messages={"required": _("Write a title.")})
    introduction = forms.CharField(
        label=_("Introduction"),
        max_length=500,
        required=False,
        help_text=_("Say what people gain."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    agreement = forms.CharField(
        label=_("What people agree to"),
        max_length=600,
        help_text=_("These words are the proof. Name your business, the kinds of messages, and how to stop."),
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Write what people agree to.")},
    )
    promotions = forms.CharField(
        label=_("A second box for promotions"),
        max_length=400,
        required=False,
        help_text=_("Whoever leaves it empty gets notices and no promotions. Without it one box covers both."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args, names, **kwargs):
        super().__init__(*args, **kwargs)
        self.names = names

    def _naming_us(self, field):
        text = self.cleaned_data[field].strip()
        if text and house_rule("optin_names_business") and not names_business(text, self.names):
            raise forms.ValidationError(
                _("The words have to name your business (%(name)s)."), params={"name": self.names[0]}
            )
        return text

    def clean_agreement(self):
        return self._naming_us("agreement")

    def clean_promotions(self):
        return self._naming_us("promotions")


@cache
def _proposals():
    return json.loads(_PROPOSALS.read_text())


def proposal(language, business_name):
    """What a page without a text in ``language`` proposes."""
    return {field: text.replace("{business}", business_name) for field, text in _proposals()[language].items()}


class OptInForm(forms.Form):
    """What a person fills in on the public page. ``website`` is a trap: people don't see it, machines fill it."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    via = forms.CharField(widget=forms.HiddenInput, required=False, max_length=20)
    phone_region = forms.ChoiceField(label=_("Country of the number"), choices=regions, required=False)
    phone = forms.CharField(
        label=_("Your WhatsApp number"),
        max_length=40,
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel-national"}),
        error_messages={"required": _("Write your number.")},
    )
    name = forms.CharField(
        label=_("Your name"), max_length=100, required=False, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    agreement = forms.BooleanField(error_messages={"required": _("Tick the box if you agree.")})
    promotions = forms.BooleanField(required=False)
    website = forms.CharField(required=False, max_length=200)

    def __init__(self, *args, text, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["agreement"].label = text.agreement.text
        if text.promotions_id:
            self.fields["promotions"].label = text.promotions.text
        else:
            del self.fields["promotions"]

    def clean_name(self):
        name = " ".join(self.cleaned_data["name"].split())
        return "".join(sign for sign in name if sign.isprintable())

    def clean(self):
        data = super().clean()
        if data.get("phone"):
            digits, problem = read_phone(data["phone"], data.get("phone_region") or "")
            if problem:
                self.add_error("phone", _("Check the number: it doesn't exist like this."))
            data["digits"] = digits
        return data
