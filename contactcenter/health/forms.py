"""Which dead letters to handle again."""

from datetime import datetime, time, timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contactcenter.health import figures


class ReplayForm(forms.Form):
    """A filter: empty means all. ``filters()`` is what ``providers.replays.ask`` takes."""

    kind = forms.ChoiceField(label=_("Kind of error"), required=False)
    number = forms.CharField(
        label=_("Number or account ID"), required=False, max_length=64, widget=forms.TextInput({"inputmode": "numeric"})
    )
    failed_from = forms.DateField(
        label=_("Failed on or after"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    failed_until = forms.DateField(
        label=_("Failed on or before"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        kinds = sorted({group.kind for group in figures.letter_groups()})
        self.fields["kind"].choices = [("", _("Every kind"))] + [(kind, kind) for kind in kinds if kind]

    def clean(self):
        first, last = self.cleaned_data.get("failed_from"), self.cleaned_data.get("failed_until")
        if first and last and last < first:
            self.add_error("failed_until", _("This day is before the first one."))
        return self.cleaned_data

    def filters(self):
        """Days are whole days of the reader's time zone."""
        data = self.cleaned_data
        last = data["failed_until"]
        return {
            "kind": data["kind"],
            "number": data["number"].strip(),
            "failed_from": _begins(data["failed_from"]),
            "failed_until": _begins(last and last + timedelta(days=1)),
        }


def _begins(day):
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None
