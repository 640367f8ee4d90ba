"""What WhatsApp takes: lengths and forms of outgoing content, checked before anything is written.

Limits: Meta's message pages (2025-11 to 2026-06) as collected in the messaging reference, §3.
"""

from datetime import timedelta

import phonenumbers
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from config.clock import now
from contactcenter.models import Message
from templates_hsm import components

TEXT = 4096
CAPTION = 1024
INTERACTIVE_BODY = 1024
HEADER = FOOTER = 60
BUTTONS = 3
BUTTON_TITLE = 20
BUTTON_ID = 256
ROWS = SECTIONS = 10
ROW_TITLE = SECTION_TITLE = 24
ROW_DESCRIPTION = 72
ROW_ID = 200
EMOJI = 64
REACTION_DAYS = 30

_CAPTIONED = frozenset({"image", "video", "document"})
_INTERACTIVE = frozenset({"buttons", "list", "link", "location_request", "contact_request"})
_OTHER = frozenset({"location", "contacts"})


def text(value):
    """A text that WhatsApp takes: something to read, not longer than 4,096 characters, without NUL."""
    body = _clean(value).strip()
    if not body:
        raise ValidationError(_("Write a message first."), code="empty")
    return _within(body, TEXT)


def caption(value, kind):
    """A caption for a file of this kind."""
    body = _clean(value).strip()
    if body and kind not in _CAPTIONED:
        raise ValidationError(_("WhatsApp shows no text with a file of this kind."), code="no_caption")
    return _within(body, CAPTION)


def emoji(value):
    """One emoji, or nothing to take a reaction back."""
    sign = _clean(value).strip()
    if len(sign) > EMOJI or any(each.isalpha() for each in sign) or sign.isdigit() or " " in sign:
        raise ValidationError(_("React with one emoji."), code="not_an_emoji")
    return sign


def check_reaction_target(message):
    """Raise ``ValidationError`` unless ``message`` can be reacted to (within 30 days, known to WhatsApp)."""
    if not message.provider_id or message.at < now() - timedelta(days=REACTION_DAYS):
        raise ValidationError(_("WhatsApp takes reactions to messages of the last 30 days only."), code="too_old")


def quotable(conversation, message):
    """The provider's ID of the message to quote; empty for none."""
    if message is None:
        return ""
    if not isinstance(message, Message) or message.conversation_id != conversation.pk:
        raise ValidationError(_("Only a message of this conversation can be quoted."), code="not_quotable")
    return message.provider_id or ""


def phone(value):
    """An international phone number as digits; ``ValidationError`` when it can't be one."""
    try:
        number = phonenumbers.parse(value if str(value).startswith("+") else f"+{value}")
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise ValidationError(
            _("Enter the phone number with its country code, for example +57 300 123 4567."), code="phone"
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).lstrip("+")


def template(chosen, values):
    """What the gateway takes to send this template; ``ValidationError`` naming each value that doesn't fit."""
    if chosen is None:
        raise ValidationError(_("Choose an approved template."), code="no_template")
    try:
        parts = components.send_components(chosen.definition, values)
    except components.SendValueError as error:
        raise ValidationError([_problem(problem) for problem in error.problems]) from error
    return {
        "type": "template",
        "name": chosen.name,
        "language": chosen.language,
        "components": parts,
    }


def _problem(problem):
    sentences = {
        132000: _("%(value)s: the number of values doesn't fit the template."),
        131008: _("%(value)s: a value is missing."),
        132005: _("%(value)s: the text is too long."),
        132012: _("%(value)s: the value has the wrong form."),
        132018: _("%(value)s: line breaks, tabs and rows of spaces aren't allowed here."),
    }
    sentence = sentences.get(problem.code, _("%(value)s: WhatsApp would refuse this value."))
    return ValidationError(sentence, params={"value": problem.path}, code=str(problem.code))


def filled(chosen, values):
    """What a person will read: header, body and footer of the template with the values in place."""
    if chosen is None:
        return ""
    definition = components.read(chosen.definition)
    body = values.get("body", {})
    if definition.category == "AUTHENTICATION":
        return str(values.get("code", ""))
    header = definition.header.text if definition.header and definition.header.text else ""
    parts = [
        components.fill(header, values.get("header")) if header else "",
        components.fill(definition.body.text, body) if definition.body and definition.body.text else "",
        definition.footer.text if definition.footer and definition.footer.text else "",
    ]
    return "\n".join(part for part in parts if part)


def kind_of(built):
    """The kind of message that this content makes."""
    return "interactive" if built["type"] in _INTERACTIVE else built["type"]


def words_of(built):
    """What a person reads of it in a list."""
    if built["type"] == "location":
        return " ".join(filter(None, [built.get("name", ""), built.get("address", "")]))
    if built["type"] == "contacts":
        return ", ".join(card["name"]["formatted_name"] for card in built["contacts"])
    return built.get("body", "")


def interactive(asked):
    """Check the content of buttons, a list, a link, a request or a place; returns a clean copy."""
    asked = dict(asked)
    kind = asked.get("type")
    if kind not in _INTERACTIVE | _OTHER:
        raise ValidationError(_("This kind of message can't be sent."), code="wrong_kind")
    if kind in _INTERACTIVE:
        limit = TEXT if kind == "list" else INTERACTIVE_BODY
        asked["body"] = _within(text(asked.get("body", "")), limit)
        if isinstance(asked.get("header"), str):
            asked["header"] = _within(asked["header"], HEADER)
        asked["footer"] = _within(asked.get("footer", ""), FOOTER)
    {"buttons": _buttons, "list": _list, "link": _link, "contacts": _contacts, "location": _location}.get(
        kind, lambda _asked: None
    )(asked)
    if kind in {"location_request", "contact_request"}:
        asked = {"type": kind, "body": asked["body"]}
    return asked


def _buttons(asked):
    buttons = asked.get("buttons") or []
    if not 1 <= len(buttons) <= BUTTONS:
        raise ValidationError(_("Give one to three buttons."), code="buttons")
    for button in buttons:
        _needed(button.get("title"), BUTTON_TITLE)
        _needed(button.get("id"), BUTTON_ID)
    _unique([button["id"] for button in buttons])
    _unique([button["title"] for button in buttons])


def _list(asked):
    _needed(asked.get("button"), BUTTON_TITLE)
    sections = asked.get("sections") or []
    rows = [row for section in sections for row in section.get("rows", [])]
    if not sections or len(sections) > SECTIONS or not 1 <= len(rows) <= ROWS:
        raise ValidationError(_("Give one to ten rows in at most ten sections."), code="rows")
    for section in sections:
        if len(sections) > 1:
            _needed(section.get("title"), SECTION_TITLE)
        _within(section.get("title", ""), SECTION_TITLE)
    for row in rows:
        _needed(row.get("title"), ROW_TITLE)
        _needed(row.get("id"), ROW_ID)
        _within(row.get("description", ""), ROW_DESCRIPTION)
    _unique([row["id"] for row in rows])


def _link(asked):
    _needed(asked.get("title"), BUTTON_TITLE)
    if not str(asked.get("url", "")).startswith(("https://", "http://")):
        raise ValidationError(_("Give a web address that starts with https://."), code="url")


def _contacts(asked):
    cards = asked.get("contacts") or []
    if not cards or any(not card.get("name", {}).get("formatted_name") for card in cards):
        raise ValidationError(_("Every contact card needs a name."), code="contacts")


def _location(asked):
    try:
        good = -90 <= float(asked["latitude"]) <= 90 and -180 <= float(asked["longitude"]) <= 180
    except (KeyError, TypeError, ValueError):
        good = False
    if not good:
        raise ValidationError(_("Give a latitude and a longitude."), code="location")


def _needed(value, limit):
    if not value:
        raise ValidationError(_("A button or a row needs a title and an ID."), code="missing")
    return _within(value, limit)


def _unique(values):
    if len(set(values)) < len(values):
        raise ValidationError(_("Two buttons or rows are the same."), code="twice")


def _within(value, limit):
    if len(value) > limit:
        raise ValidationError(
            _("This text has %(length)s characters. WhatsApp takes at most %(limit)s."),
            params={"length": len(value), "limit": limit},
            code="too_long",
        )
    return value


def _clean(value):
    """Without NUL and lone surrogates, which neither PostgreSQL nor WhatsApp takes."""
    return str(value).replace("\x00", "").encode("utf-8", "replace").decode("utf-8").replace("\r\n", "\n")
