"""What people type about a contact's consent."""

import uuid

from django import forms
from django.utils.translation import gettext_lazy as _

from config.clock import now
from contacts.models import ConsentKind, ConsentSource

BY_HAND = (ConsentSource.PAPER, ConsentSource.WEB_FORM, ConsentSource.SMS_LINK, ConsentSource.AGENT)
"""The sources that a person may state; the others are told by messages, imports and the platform."""


class ConsentForm(forms.Form):
    """A line for the opt-in ledger, written by hand."""

    key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    kind = forms.ChoiceField(
        label=_("What this person said"),
        choices=[
            (ConsentKind.OPT_IN, _("They agree to hear from us")),
            (ConsentKind.OPT_OUT, _("They ask us to stop")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what this person said.")},
    )
    source = forms.ChoiceField(label=_("Where"), choices=[pair for pair in ConsentSource.choices if pair[0] in BY_HAND])
    wording = forms.CharField(
        label=_("What they saw or said"),
        max_length=1000,
        required=False,
        help_text=_("The words they agreed to, or where the paper is kept. This is the proof."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    occurred_at = forms.DateTimeField(
        label=_("When"),
        required=False,
        help_text=_("Leave it empty for now."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        error_messages={"invalid": _("Give a day and a time.")},
    )

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("initial", {"key": uuid.uuid4(), "kind": ConsentKind.OPT_IN})
        super().__init__(*args, **kwargs)

    def clean_occurred_at(self):
        at = self.cleaned_data["occurred_at"]
        if at is not None and at > now():
            raise forms.ValidationError(_("This lies in the future. Write down what has happened."))
        return at

    def clean(self):
        data = super().clean()
        if data.get("kind") == ConsentKind.OPT_IN and not (data.get("wording") or "").strip():
            self.add_error("wording", _("Say what they agreed to: without it the line proves nothing."))
        return data


class ProofForm(forms.Form):
    """A question to the ledger about a past moment."""

    at = forms.DateTimeField(
        label=_("Moment"),
        required=False,
        help_text=_("Leave it empty for now."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f"],
        error_messages={"invalid": _("Give a day and a time.")},
    )
    purpose = forms.ChoiceField(
        label=_("What for"),
        choices=[
            ("utility", _("Useful notices")),
            ("marketing", _("Promotions")),
            ("authentication", _("One-time codes")),
        ],
        widget=forms.RadioSelect,
        required=False,
    )

    def clean_at(self):
        at = self.cleaned_data["at"]
        if at is not None and at > now():
            raise forms.ValidationError(_("This lies in the future. The ledger answers for what has been."))
        return at
