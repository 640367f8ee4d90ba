"""What people say about a list of consents before it is tried."""

from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from config.clock import now
from contacts.imports.cells import FIELDS
from contacts.models import ConsentKind, ConsentSource
from contacts.services.wordings import names_business
from tenants.forms import countries

HOW = (ConsentSource.WEB_FORM, ConsentSource.SMS_LINK, ConsentSource.PAPER, ConsentSource.IMPORT)


class UploadForm(forms.Form):
    """The file itself."""

    file = forms.FileField(
        label=_("CSV file"),
        help_text=_("Up to 50 MB, with or without a first line of column names. Excel: save as CSV."),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv,text/plain"}),
        error_messages={
            "required": _("Choose a file."),
            "empty": _("The file is empty."),
        },
    )


class MappingForm(forms.Form):
    """Which column is which, and what the people on the list agreed to."""

    phone = forms.TypedChoiceField(label=_("Phone number"), coerce=int, error_messages={"required": _("Choose it.")})
    name = forms.TypedChoiceField(label=_("Name"), coerce=int, required=False, empty_value=None)
    date = forms.TypedChoiceField(label=_("Day on which they agreed"), coerce=int, required=False, empty_value=None)
    evidence = forms.TypedChoiceField(
        label=_("Where the proof is"),
        coerce=int,
        required=False,
        empty_value=None,
        help_text=_("For example the number of the paper form or the address of the web page."),
    )
    country = forms.ChoiceField(
        label=_("Country of numbers without a country code"),
        required=False,
        choices=lambda: [("", _("None: such lines are refused")), *countries()],
    )
    day_first = forms.ChoiceField(
        label=_("Days such as 03/04/2026"),
        choices=[("yes", _("Day first: 3 April")), ("no", _("Month first: 4 March"))],
        widget=forms.RadioSelect,
    )
    kind = forms.ChoiceField(
        label=_("What the list is"),
        choices=[
            (ConsentKind.OPT_IN, _("People who agreed to hear from us")),
            (ConsentKind.OPT_OUT, _("People who asked us to stop")),
        ],
        widget=forms.RadioSelect,
    )
    source = forms.ChoiceField(
        label=_("How they agreed"),
        choices=[
            (value, pgettext_lazy("how people agreed", "Another way"))
            if value == ConsentSource.IMPORT
            else (value, label)
            for value, label in ConsentSource.choices
            if value in HOW
        ],
        required=False,
    )
    wording = forms.CharField(
        label=_("The exact words they agreed to"),
        max_length=2000,
        required=False,
        help_text=_("As they stood on the form. This is the proof, so it has to name your business."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    occurred_on = forms.DateField(
        label=_("Day for lines without one"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": _("Give a day.")},
    )

    def __init__(self, *args, job, names, **kwargs):
        self.job, self.names = job, names
        kwargs.setdefault("initial", self._initial())
        super().__init__(*args, **kwargs)
        columns = [(at, header or _("Column %(n)s") % {"n": at + 1}) for at, header in enumerate(job.headers)]
        for field in FIELDS:
            nothing = _("Choose a column") if field == "phone" else _("Not in the list")
            self.fields[field].choices = [("", nothing), *columns]

    def _initial(self):
        job = self.job
        return {
            **job.columns,
            "country": job.country,
            "day_first": "yes" if job.day_first else "no",
            "kind": job.kind,
            "source": job.source,
            "wording": job.version.text if job.version_id else "",
            "occurred_on": job.occurred_on,
        }

    def clean_occurred_on(self):
        day = self.cleaned_data["occurred_on"]
        if day is not None and day > now().astimezone(ZoneInfo(self.job.business.time_zone)).date():
            raise forms.ValidationError(_("This lies in the future. Write down what has happened."))
        return day

    def clean(self):
        data = super().clean()
        chosen = [data[field] for field in FIELDS if data.get(field) is not None and data.get(field) != ""]
        if len(set(chosen)) < len(chosen):
            raise forms.ValidationError(_("Two questions are answered by the same column. Choose one column for each."))
        if data.get("date") in (None, "") and not data.get("occurred_on") and "occurred_on" not in self.errors:
            self.add_error("occurred_on", _("Say when they agreed: choose a column above, or give one day for all."))
        if data.get("kind") == ConsentKind.OPT_IN:
            wording = (data.get("wording") or "").strip()
            if not wording:
                self.add_error(
                    "wording", _("Copy the words that they agreed to: without them the list proves nothing.")
                )
            elif not names_business(wording, self.names):
                self.add_error(
                    "wording", _("The words have to name your business (%(name)s).") % {"name": self.names[0]}
                )
        return data

    @property
    def columns(self):
        """Field to index, for those that the list has."""
        return {field: at for field in FIELDS if (at := self.cleaned_data.get(field)) not in (None, "")}
