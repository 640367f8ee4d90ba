"""What people say about a campaign, step by step."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django import forms
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

from config.clock import now
from config.templatetags.ui import phone as readable
from contactcenter.campaigns import files, mapping
from contactcenter.models import Audience, CampaignRules, Segment
from onboarding.models import PhoneNumber
from templates_hsm.models import MessageTemplate, TemplateStatus
from templates_hsm.services import header_media
from tenants.forms import countries

MOST_DAYS = 3650
_HERE = _("%(name)s is here. Choose a file only to replace it.")
ACCEPT = {
    "IMAGE": "image/jpeg,image/png,.jpg,.jpeg,.png",
    "VIDEO": "video/mp4,.mp4",
    "DOCUMENT": "application/pdf,.pdf",
}


class WhatForm(forms.Form):
    """The name, from which number, and which template."""

    name = forms.CharField(
        label=_("Name of the campaign"),
        max_length=100,
        help_text=_("Only your team sees it."),
        error_messages={"required": _("Give it a name that your team recognises.")},
    )
    number = forms.ModelChoiceField(
        queryset=None,
        label=_("From"),
        to_field_name="reference",
        empty_label=None,
        error_messages={"invalid_choice": _("Choose one of your numbers."), "required": _("Choose a number.")},
    )
    template = forms.ModelChoiceField(
        queryset=None,
        label=_("Template"),
        to_field_name="reference",
        empty_label=_("Choose a template"),
        error_messages={
            "required": _("Choose an approved template."),
            "invalid_choice": _("Choose an approved template."),
        },
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["number"].queryset = PhoneNumber.objects.exclude(phone_number_id=None).order_by("pk")
        self.fields["number"].label_from_instance = lambda number: f"{number.display_name} · {readable(number.e164)}"
        approved = MessageTemplate.objects.filter(status=TemplateStatus.APPROVED).exclude(category="AUTHENTICATION")
        usable = [row.pk for row in approved.order_by("name")[:500] if mapping.can_be_mapped(row.definition)]
        self.fields["template"].queryset = approved.filter(pk__in=usable).order_by("name", "language")
        self.fields["template"].label_from_instance = lambda template: (
            f"{template.name} · {template.language} · {template.get_category_display()}"
        )

    @property
    def is_empty(self):
        return not self.fields["template"].queryset.exists()


class WhoForm(forms.Form):
    """A list, a filter, or a saved segment."""

    audience = forms.ChoiceField(label=_("Who gets it"), choices=Audience.choices, widget=forms.RadioSelect)
    file = forms.FileField(
        label=_("CSV file"),
        required=False,
        help_text=_("Up to 50 MB, one person a line, with or without a first line of column names."),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv,text/plain"}),
        error_messages={"empty": _("The file is empty.")},
    )
    countries = forms.MultipleChoiceField(
        label=_("Countries of their numbers"), required=False, choices=countries, widget=forms.SelectMultiple
    )
    languages = forms.MultipleChoiceField(
        label=_("Languages"),
        required=False,
        choices=[("es", _("Spanish")), ("pt", _("Portuguese")), ("en", _("English"))],
        widget=forms.CheckboxSelectMultiple,
    )
    wrote_within = forms.IntegerField(
        label=_("Wrote to us within so many days"), required=False, min_value=1, max_value=MOST_DAYS
    )
    silent_for = forms.IntegerField(
        label=_("Didn't write for so many days"), required=False, min_value=1, max_value=MOST_DAYS
    )
    save_as = forms.CharField(
        label=_("Save this filter as a segment"),
        required=False,
        max_length=80,
        help_text=_("Give it a name to use it again. Who it holds is worked out anew each time."),
    )
    segment = forms.ModelChoiceField(
        queryset=None, label=_("Segment"), required=False, to_field_name="reference", empty_label=_("Choose a segment")
    )

    def __init__(self, *args, campaign, **kwargs):
        self.campaign = campaign
        initial = {"audience": campaign.audience or Audience.CSV, "segment": campaign.segment, **campaign.filter}
        kwargs.setdefault("initial", initial)
        super().__init__(*args, **kwargs)
        self.fields["segment"].queryset = Segment.objects.order_by("name")
        if not Segment.objects.exists():
            self.fields["audience"].choices = [row for row in Audience.choices if row[0] != Audience.SEGMENT]

    def clean(self):
        data = super().clean()
        chosen = data.get("audience")
        if chosen == Audience.CSV and not data.get("file") and "file" not in self.errors and not self.campaign.file:
            self.add_error("file", _("Choose a file."))
        if chosen == Audience.SEGMENT and not data.get("segment"):
            self.add_error("segment", _("Choose a segment."))
        return data

    def rules(self):
        """The filter that was chosen, without what was left empty."""
        names = ("countries", "languages", "wrote_within", "silent_for")
        return {name: self.cleaned_data[name] for name in names if self.cleaned_data.get(name)}


class ValuesForm(forms.Form):
    """Which column holds the number, and what each variable of the template is filled with."""

    def __init__(self, *args, campaign, **kwargs):
        super().__init__(*args, **kwargs)
        self.campaign = campaign
        self.is_list = campaign.audience == Audience.CSV
        self.columns = [(at, header or _("Column %(n)s") % {"n": at + 1}) for at, header in enumerate(campaign.headers)]
        if self.is_list:
            self._add_list_fields()
        self.slots = mapping.slots(campaign.template.definition)
        for place, slot in enumerate(self.slots):
            self._add_slot(place, slot)

    def _add_list_fields(self):
        columns, known = self.columns, self.campaign.columns
        self.fields["phone"] = forms.TypedChoiceField(
            label=_("Phone number"), coerce=int, choices=[("", _("Choose a column")), *columns],
            initial=known.get("phone"), error_messages={"required": _("Choose it.")},
        )  # fmt: skip
        self.fields["country"] = forms.ChoiceField(
            label=_("Country of numbers without a country code"), required=False, initial=self.campaign.country,
            choices=lambda: [("", _("None: such lines are refused")), *countries()],
        )  # fmt: skip
        self.fields["name"] = forms.TypedChoiceField(
            label=_("Name"), coerce=int, required=False, empty_value=None,
            choices=[("", _("Not in the list")), *columns], initial=known.get("name"),
        )  # fmt: skip

    def _add_slot(self, place, slot):
        rule = self.campaign.mapping.get(slot.key, {})
        if slot.media:
            self._add_file(place, slot, rule)
            return
        choices = [
            (mapping.TEXT, _("The same text for everybody")),
            (mapping.FIRST_NAME, _("The person's first name")),
            (mapping.NAME, _("The person's whole name")),
            *[(f"column:{at}", _("Column “%(name)s”") % {"name": header}) for at, header in self.columns],
        ]
        source = rule.get("from", mapping.TEXT)
        self.fields[f"from_{place}"] = forms.ChoiceField(
            label=slot.label,
            choices=choices,
            initial=f"column:{rule.get('column')}" if source == mapping.COLUMN else source,
            help_text=_("For example %(sample)s") % {"sample": slot.sample} if slot.sample else "",
        )
        self.fields[f"text_{place}"] = forms.CharField(
            label=_("Text, also where a cell or a name is empty"),
            required=False,
            max_length=1024,
            initial=rule.get("text", ""),
        )

    def _add_file(self, place, slot, rule):
        """Where a file at the top comes from: the template's own, another one, or an address."""
        own = files.own_of(slot)
        choices = [(mapping.OWN, _("The template's own file: %(name)s") % {"name": own.file_name})] if own else []
        if slot.media in header_media.LIMITS:
            choices.append((mapping.FILE, _("Another file, for everybody") if own else _("A file, for everybody")))
        choices.append((mapping.TEXT, _("An address on the web, for everybody")))
        choices += [
            (f"column:{at}", _("An address in column “%(name)s”") % {"name": name}) for at, name in self.columns
        ]
        source = rule.get("from", mapping.TEXT)
        if source == mapping.COLUMN:
            source = f"column:{rule.get('column')}"
        elif source == mapping.TEXT and not rule.get("text"):
            source = choices[0][0]
        self.fields[f"from_{place}"] = forms.ChoiceField(
            label=slot.label,
            choices=choices,
            initial=source,
            help_text="" if own else _("The template has no file of its own here."),
        )
        here = rule.get("name") if rule.get("from") == mapping.FILE else ""
        self.fields[f"kept_{place}"] = forms.UUIDField(required=False, widget=forms.HiddenInput)
        self.fields[f"file_{place}"] = forms.FileField(
            label=_("File"),
            required=False,
            help_text=_HERE % {"name": here} if here else "",
            widget=forms.FileInput(attrs={"accept": ACCEPT.get(slot.media, "")}),
            error_messages={"empty": _("The file is empty.")},
        )
        self.fields[f"text_{place}"] = forms.CharField(
            label=_("Address (https://…), also where a cell is empty"),
            required=False,
            max_length=1024,
            initial=rule.get("text", ""),
        )

    def _clean_file(self, place, slot, source, text):
        before = self.campaign.mapping.get(slot.key, {})
        upload = self.cleaned_data.get(f"file_{place}")
        kept = files.kept(self.campaign, slot, self.cleaned_data.get(f"kept_{place}"))
        if source == mapping.FILE and upload:
            try:
                self._keep(place, files.take_upload(self.campaign, slot, upload))
            except forms.ValidationError as error:
                self.add_error(f"file_{place}", error)
        elif source == mapping.FILE and kept is not None:
            self._keep(place, kept)
        elif source == mapping.FILE and before.get("from") == mapping.FILE:
            self.kept[place] = before
        elif source == mapping.FILE and f"file_{place}" not in self.errors:
            self.add_error(f"file_{place}", _("Choose a file."))
        elif source == mapping.TEXT and not text:
            self.add_error(f"text_{place}", _("Give the address of the file, or choose a file."))

    def _keep(self, place, row):
        """An uploaded file needn't be chosen again when something else on the page is wrong."""
        self.kept[place] = files.rule_of(mapping.FILE, row)
        self.data = self.data.copy()
        self.data[self.add_prefix(f"kept_{place}")] = str(row.reference)
        self[f"file_{place}"].help_text = _HERE % {"name": row.file_name}

    def clean(self):
        data = super().clean()
        self.kept = {}
        for place, slot in enumerate(self.slots):
            source, text = data.get(f"from_{place}"), data.get(f"text_{place}") or ""
            if slot.media:
                self._clean_file(place, slot, source, text.strip())
            elif source == mapping.TEXT and not text.strip() and f"text_{place}" not in self.errors:
                self.add_error(f"text_{place}", _("This value goes into the message. Fill it in or choose a column."))
            if slot.media and text.strip() and source not in mapping.FILES:
                try:
                    URLValidator(schemes=["https"])(text.strip())
                except forms.ValidationError:
                    self.add_error(f"text_{place}", _("Give a web address that starts with https://."))
        if self.is_list and data.get("name") is not None and data.get("name") == data.get("phone"):
            self.add_error("name", _("Two questions are answered by the same column. Choose one column for each."))
        return data

    @property
    def pairs(self):
        """The fields of each variable, side by side: where it comes from, its text, and its file or ``None``."""
        return [
            (slot, self[f"from_{place}"], self[f"text_{place}"], self[f"file_{place}"] if slot.media else None)
            for place, slot in enumerate(self.slots)
        ]

    def mapping(self):
        """The choice in the shape that campaigns keep."""
        found = {}
        for place, slot in enumerate(self.slots):
            source, text = self.cleaned_data[f"from_{place}"], (self.cleaned_data[f"text_{place}"] or "").strip()
            kind, _colon, column = source.partition(":")
            if kind == mapping.FILE:
                found[slot.key] = self.kept[place]
                continue
            if kind == mapping.OWN:
                found[slot.key] = {"from": mapping.OWN, "text": ""}
                continue
            rule = {"from": kind, "text": text}
            found[slot.key] = rule | {"column": int(column)} if kind == mapping.COLUMN else rule
        return found

    def list_columns(self):
        """The columns of the number and the name, or ``None`` where there is no list."""
        if not self.is_list:
            return None
        return {name: self.cleaned_data[name] for name in ("phone", "name") if self.cleaned_data.get(name) is not None}


class WhenForm(forms.Form):
    """When it starts, and when nothing may leave."""

    when = forms.ChoiceField(
        label=_("When"),
        choices=[("now", _("Now")), ("later", _("At a certain time"))],
        initial="now",
        widget=forms.RadioSelect,
    )
    day = forms.DateField(
        label=_("Day"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    hour = forms.TimeField(
        label=_("Time"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=(), required=False)
    quiet_from = forms.TimeField(
        label=_("Quiet from"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    quiet_until = forms.TimeField(
        label=_("Quiet until"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=_("By the clock where the person is. Leave both empty to send at any hour."),
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, campaign, **kwargs):
        self.campaign = campaign
        kwargs.setdefault(
            "initial",
            {
                "when": "now",
                "time_zone": campaign.time_zone,
                "quiet_from": campaign.quiet_from,
                "quiet_until": campaign.quiet_until,
                "seen": campaign.checked_at.isoformat() if campaign.checked_at else "",
            },
        )
        super().__init__(*args, **kwargs)
        zones = sorted({campaign.time_zone, campaign.business.time_zone, *COMMON_ZONES})
        self.fields["time_zone"].choices = [(zone, zone.replace("_", " ")) for zone in zones if zone]

    def clean(self):
        data = super().clean()
        if data.get("when") == "later":
            if not data.get("day"):
                self.add_error("day", _("Give a day."))
            if not data.get("hour"):
                self.add_error("hour", _("Give a time."))
            at = self.start_at()
            if at is not None and at <= now():
                self.add_error("hour", _("This moment has passed."))
        if bool(data.get("quiet_from")) != bool(data.get("quiet_until")):
            self.add_error("quiet_until", _("Give both hours, or none."))
        return data

    def start_at(self):
        """The moment that was chosen, or ``None`` for now."""
        data = self.cleaned_data
        if data.get("when") != "later" or not data.get("day") or not data.get("hour"):
            return None
        zone = ZoneInfo(data.get("time_zone") or self.campaign.time_zone)
        return datetime.combine(data["day"], data["hour"], zone)

    def seen_at(self):
        """The ``checked_at`` of the page that was shown."""
        try:
            return datetime.fromisoformat(self.cleaned_data.get("seen") or "")
        except ValueError:
            return None


COMMON_ZONES = (
    "America/Argentina/Buenos_Aires", "America/Bogota", "America/Caracas", "America/Chicago", "America/Costa_Rica",
    "America/Guatemala", "America/Guayaquil", "America/La_Paz", "America/Lima", "America/Los_Angeles",
    "America/Mexico_City", "America/Montevideo", "America/New_York", "America/Panama", "America/Santiago",
    "America/Sao_Paulo", "America/Santo_Domingo", "Europe/Lisbon", "Europe/London", "Europe/Madrid", "UTC",
)  # fmt: skip


class RulesForm(forms.ModelForm):
    """What the business holds its campaigns to."""

    class Meta:
        model = CampaignRules
        fields = ["frequency_count", "frequency_days", "quiet_from", "quiet_until", "error_percent"]
        widgets = {
            "quiet_from": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "quiet_until": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        }
        help_texts = {
            "frequency_count": _("Whoever got as many lately is left out. 0 means no limit."),
            "quiet_until": _("By the clock where the person is. Each campaign can differ."),
            "error_percent": _("Counted over its last 200 messages."),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, least, most in (("frequency_count", 0, 100), ("frequency_days", 1, 365), ("error_percent", 1, 100)):
            self.fields[name].min_value, self.fields[name].max_value = least, most
            self.fields[name].validators += forms.IntegerField(min_value=least, max_value=most).validators

    def clean(self):
        data = super().clean()
        if bool(data.get("quiet_from")) != bool(data.get("quiet_until")):
            self.add_error("quiet_until", _("Give both hours, or none."))
        return data
