"""What agents type: replies, notes, the values of a template, the first message to somebody."""

import re
import uuid

from django import forms
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

from config.templatetags.ui import phone as readable
from contactcenter.services import template_files
from contactcenter.services.content import CAPTION, TEXT
from contactcenter.services.conversations import NOTE_LIMIT
from contacts.forms import BY_HAND
from onboarding.models import PhoneNumber
from templates_hsm.components import read, scan
from templates_hsm.components.reading import MEDIA_FORMATS
from templates_hsm.models import MessageTemplate, TemplateStatus

__all__ = ["NewConversationForm", "NoteForm", "ReplyForm", "TemplateValuesForm", "new_key", "templates_for"]

_ACCEPT = {
    "IMAGE": "image/jpeg,image/png",
    "VIDEO": "video/mp4,video/3gpp",
    "DOCUMENT": "",
}
_HTTPS = _("Give a web address that starts with https://.")
_NAME_VARIABLES = {"name", "first_name", "customer_name", "nombre", "primer_nombre", "nome", "primeiro_nome", "cliente"}
GREETING = re.compile(
    r"(?:hi|hello|dear|hola|estimad[oa]|querid[oa]|ol[aá]|oi|prezad[oa])[\s,¡!]*\{\{1\}\}", re.IGNORECASE
)


def new_key():
    """A fresh idempotency key for a form that sends: the same form sent twice makes one message."""
    return uuid.uuid4().hex


class _Keyed(forms.Form):
    key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    @property
    def idempotency_key(self):
        """The key under which this form sends, or ``None`` when it came without one."""
        key = self.cleaned_data.get("key")
        return f"form:{key}" if key else None


class ReplyForm(_Keyed):
    """Free-form text, perhaps with a file, perhaps in answer to a message."""

    text = forms.CharField(
        label=_("Reply"),
        required=False,
        max_length=TEXT,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={
            "max_length": _("This text has %(show_value)d characters. WhatsApp takes at most %(limit_value)d.")
        },
    )
    file = forms.FileField(label=_("File"), required=False)
    reply_to = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def clean(self):
        data = super().clean()
        if not data.get("text") and not data.get("file") and not self.errors:
            self.add_error("text", _("Write a message or attach a file."))
        if data.get("file") and len(data.get("text") or "") > CAPTION:
            self.add_error(
                "text",
                _("With a file the text may have at most %(limit)s characters. Send the rest as a message of its own.")
                % {"limit": CAPTION},
            )
        return data


class NoteForm(_Keyed):
    """An internal note."""

    text = forms.CharField(
        label=_("Internal note"),
        max_length=NOTE_LIMIT,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Write the note first.")},
    )


def templates_for(phone_number):
    """The approved templates that this number may send and that a person can fill in here, useful ones first."""
    if phone_number.waba_id is None:
        return []
    rows = MessageTemplate.objects.filter(waba=phone_number.waba_id, status=TemplateStatus.APPROVED)
    order = {"UTILITY": 0, "MARKETING": 1}
    found = [row for row in rows.order_by("name", "language")[:500] if row.category in order and _by_hand(row)]
    return sorted(found, key=lambda row: order[row.category])


def _by_hand(template):
    """Offers, catalogs, products and places need data that nobody types; programs send those."""
    definition = read(template.definition)
    cards = definition.cards
    return (
        definition.offer is None
        and _can_be_typed(definition)
        and all(_can_be_typed(card) and card.header is not None for card in cards)
    )


def _can_be_typed(part):
    header = part.header.format if part.header else "TEXT"
    buttons = {button.kind for button in part.buttons}
    return (header == "TEXT" or header in _ACCEPT) and not buttons & {"MPM", "SPM", "CATALOG"}


class TemplateValuesForm(_Keyed):
    """The variables of one template: text header, body, ends of addresses, coupon codes, files; the same of each card.

    A field is named after its place in the values: ``body_1``, ``button_0``, ``card-0_body_1``.
    """

    def __init__(self, template, *args, contact=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.template = template
        self.definition = read(template.definition)
        self.own_files = template_files.of_template(template)
        """The template's own files, which go along where nobody chooses another one."""
        first_name = contact.name.split()[0] if contact is not None and contact.name.strip() else ""
        header = self.definition.header
        if header is not None and header.format in MEDIA_FORMATS:
            accept = {"accept": _ACCEPT.get(header.format, "")}
            own = template_files.own_of(header, self.own_files)
            self.fields["header_file"] = forms.FileField(
                label=_("File for the header"),
                required=own is None,
                help_text=_("Without one, %(file)s goes along.") % {"file": own.file_name} if own else "",
                widget=forms.ClearableFileInput(attrs=accept),
                error_messages={"required": _("This template starts with a file. Choose it.")},
            )
        self._add_part(self.definition, first_name)
        for card in self.definition.cards:
            self._add_card(card, first_name)

    def _add_part(self, part, first_name, start="", heading=""):
        """The fields of a message or of one card."""
        if part.header is not None and part.header.format not in MEDIA_FORMATS:
            self._add_texts(f"{start}header", part.header, first_name, heading)
        if part.body is not None:
            self._add_texts(f"{start}body", part.body, first_name, heading)
        for button in part.buttons:
            if button.kind == "URL" and scan(button.url).found:
                label = _("End of the address of “%(button)s”") % {"button": button.text}
                self._add(f"{start}button_{button.index}", f"{heading}{label}", _ending(button), 2000)
            elif button.kind == "COPY_CODE":
                self._add(f"{start}button_{button.index}", f"{heading}{_('Coupon code')}", "", 20)

    def _add_card(self, card, first_name):
        heading = "{}: ".format(_("Card %(n)s") % {"n": card.index + 1})
        needs_file = card.header is not None and card.header.format in MEDIA_FORMATS
        if needs_file and template_files.own_of(card.header, self.own_files) is None:
            self.fields[f"card-{card.index}_link"] = forms.URLField(
                label=heading + _("Address of the picture or video (https://…)"),
                max_length=2000,
                assume_scheme="https",
                validators=[URLValidator(schemes=["https"], message=_HTTPS)],
                error_messages={"required": _("This card starts with a file. Say where it lies."), "invalid": _HTTPS},
            )
        self._add_part(card, first_name, f"card-{card.index}_", heading)

    def _add_texts(self, part, piece, first_name, heading):
        for name in scan(piece.text).names:
            named = name.lower() in _NAME_VARIABLES or (name == "1" and GREETING.search(piece.text))
            sample = piece.examples.get(name, "")
            label = name.replace("_", " ").capitalize() if not name.isdigit() else _("Value {{%(n)s}}") % {"n": name}
            self._add(f"{part}_{name}", f"{heading}{label}", sample, 1024, first_name if named else "")

    def _add(self, name, label, sample, limit, initial=""):
        self.fields[name] = forms.CharField(
            label=label,
            max_length=limit,
            initial=initial,
            widget=forms.TextInput(
                attrs={"placeholder": _("For example %(sample)s") % {"sample": sample} if sample else ""}
            ),
            error_messages={"required": _("This value goes into the message. Fill it in.")},
        )

    @property
    def shown_fields(self):
        """The bound fields to show, in the order of the message."""
        return [field for field in self.visible_fields()]

    def values(self, data=None):
        """The values in the shape that templates take; ``data`` may be unvalidated, for a preview."""
        data = self.cleaned_data if data is None else data
        values = {"body": {}, "buttons": {}}
        cards = [{"body": {}, "buttons": {}} for _card in self.definition.cards]
        for name in self.fields:
            part, _sep, rest = name.partition("_")
            value, target = data.get(name) or "", values
            if name in {"key", "header_file"} or not value:
                continue
            if part.startswith("card-"):
                target = cards[int(part.removeprefix("card-"))]
                part, _sep, rest = rest.partition("_")
            if part == "button":
                target["buttons"][rest] = value
            elif part == "link":
                target["header"] = {"link": value}
            elif part in {"header", "body"}:
                target.setdefault(part, {})[rest] = value
        return values | {"cards": cards} if cards else values

    def typed(self):
        """What stands in the fields now, valid or not."""
        return {name: self[name].value() or "" for name in self.fields if name != "header_file"}

    def values_so_far(self):
        """The values for a preview: what was typed, whether it is valid or not."""
        return self.values(self.typed())


def _ending(button):
    """The sample of what comes behind an address."""
    sample, start = next(iter(button.example), ""), button.url[: scan(button.url).found[0].start]
    return sample.removeprefix(start) if "://" not in sample or sample.startswith(start) else ""


class NewConversationForm(_Keyed):
    """Write first: from which number, to whom, and how this person agreed to it."""

    number = forms.ModelChoiceField(
        queryset=None,
        label=_("From"),
        to_field_name="reference",
        empty_label=None,
        error_messages={"invalid_choice": _("Choose one of your numbers.")},
    )
    to = forms.CharField(
        label=_("To"),
        max_length=40,
        help_text=_("With the country code, for example +57 300 123 4567."),
        error_messages={"required": _("Enter the person's phone number.")},
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )
    name = forms.CharField(label=_("Name"), max_length=256, required=False)
    source = forms.ChoiceField(
        label=_("How this person agreed"),
        required=False,
        choices=[("", _("Already recorded")), *[(source.value, source.label) for source in BY_HAND]],
        help_text=_(
            "WhatsApp lets you write first only to people who agreed. What you state here goes into the ledger."
        ),
    )
    wording = forms.CharField(
        label=_("What they agreed to"),
        required=False,
        max_length=1000,
        help_text=_("The words they saw or heard, or where the paper is kept."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["number"].queryset = PhoneNumber.objects.exclude(phone_number_id=None).order_by("pk")
        self.fields["number"].label_from_instance = lambda number: f"{number.display_name} · {readable(number.e164)}"

    def clean(self):
        data = super().clean()
        if data.get("source") and not data.get("wording", "").strip():
            self.add_error("wording", _("Say what they agreed to: the ledger keeps it as proof."))
        return data
