"""A stretch of a thread as a page shows it: days, turns, ticks, quotes, and words for every kind of message."""

from dataclasses import dataclass, field, replace
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contactcenter.models import Direction, Message, MessageSource, MessageStatus, Note
from contactcenter.queries import Cursor
from contactcenter.services.content import filled
from contactcenter.services.template_files import TOP
from providers.errors_text import explain
from templates_hsm.formatting import parse
from templates_hsm.preview import preview
from templates_hsm.services import versions

MEDIA_KINDS = frozenset({"image", "video", "audio", "document", "sticker"})
WINDOW_CLOSED = 131047
PLAIN_KINDS = frozenset({"text", "button", "interactive", "template", "buttons", "list", "link"}) | MEDIA_KINDS
OTHER_KINDS = frozenset({"location", "contacts", "order", "call", "system", "request_welcome", "unsupported"})

KIND_WORDS = {
    "image": gettext_lazy("Image"),
    "video": gettext_lazy("Video"),
    "audio": gettext_lazy("Audio"),
    "voice": gettext_lazy("Voice message"),
    "document": gettext_lazy("Document"),
    "sticker": gettext_lazy("Sticker"),
    "location": gettext_lazy("Location"),
    "contacts": gettext_lazy("Contact card"),
    "interactive": gettext_lazy("Answer"),
    "order": gettext_lazy("Order"),
    "template": gettext_lazy("Template"),
    "call": gettext_lazy("Call"),
    "reaction": gettext_lazy("Reaction"),
    "system": gettext_lazy("Notice"),
    "request_welcome": gettext_lazy("Opened the chat"),
    "deleted": gettext_lazy("Deleted message"),
}
_TICKS = {
    MessageStatus.QUEUED: ("clock", gettext_lazy("Waiting to leave"), ""),
    MessageStatus.ACCEPTED: ("clock", gettext_lazy("Accepted by WhatsApp"), ""),
    MessageStatus.SENT: ("check", gettext_lazy("Sent"), ""),
    MessageStatus.DELIVERED: ("ticks", gettext_lazy("Delivered"), ""),
    MessageStatus.READ: ("ticks", gettext_lazy("Read"), "read"),
    MessageStatus.PLAYED: ("ticks", gettext_lazy("Played"), "read"),
}


def kind_word(kind):
    """What a kind of message is called; an unknown one by the platform's own word."""
    return KIND_WORDS.get(kind) or _("Message (%(kind)s)") % {"kind": kind.replace("_", " ")}


@dataclass(slots=True)
class Tick:
    """How far a message of ours came: an icon, a word and a class."""

    icon: str
    word: Any
    css: str


@dataclass(slots=True)
class Trouble:
    """Why a message failed, in plain words, and what can be done."""

    title: Any
    what_to_do: Any
    unsure: bool = False
    offer_template: bool = False


@dataclass(slots=True)
class Quote:
    """The message that another one answers; without text it is known by its kind only."""

    who: str
    text: str


@dataclass(slots=True)
class Entry:
    """One line of a thread. ``kind`` is day, note, event or message; ``key`` orders, ``id`` finds it in the page."""

    kind: str
    id: str
    key: str
    at: Any
    cursor: str = ""
    message: Message | None = None
    note: Note | None = None
    text: str = ""
    mine: bool = False
    turn: bool = False
    blocks: tuple = ()
    shape: str = "text"
    details: dict = field(default_factory=dict)
    who: str = ""
    quote: Quote | None = None
    reactions: list = field(default_factory=list)
    tick: Tick | None = None
    trouble: Trouble | None = None
    model: Any = None


def entries_of(page, *, contact_name):
    """The lines of a ``ThreadPage`` in order, with a line for each new day."""
    lines = [_note(note) for note in page.notes]
    before, approved = page.previous, _approved(page.messages)
    for message in page.messages:
        lines.append(_message(message, before, page, contact_name, approved))
        before = message
    lines.sort(key=lambda line: line.key)
    return _with_days(lines)


def _approved(messages):
    """What was approved of the templates whose cards are on the page, asked for once for all of them."""
    templates = {one.template for one in messages if one.template is not None and "cards" in _values_sent(one)}
    return versions.approved_of(templates) if templates else {}


def _key(at, kind, pk):
    return f"{at.isoformat(timespec='microseconds')}{kind}{pk:020}"


def _with_days(lines):
    shown, day = [], None
    for line in lines:
        local = timezone.localtime(line.at)
        if local.date() != day:
            day = local.date()
            midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
            key = _key(midnight.astimezone(line.at.tzinfo), "", 0)
            shown.append(Entry("day", f"day-{day.isoformat()}", key, midnight))
        shown.append(line)
    return shown


def _note(note):
    blocks = parse(note.text)
    return Entry("note", f"n-{note.reference}", _key(note.at, "n", note.pk), note.at, note=note, blocks=blocks)


def _side(message):
    return message.direction in {Direction.OUTBOUND, Direction.ECHO}


def _message(message, before, page, contact_name, approved):
    mine = _side(message)
    entry = Entry(
        "message",
        f"m-{message.reference}",
        _key(message.at, "m", message.pk),
        message.at,
        cursor=str(Cursor(message.at, message.pk)),
        message=message,
        mine=mine,
        turn=before is None or _another_turn(before, message),
    )
    if message.direction == Direction.NOTICE or (message.kind == "call" and mine):
        entry.kind, entry.text = "event", _notice(message, contact_name)
        return entry
    entry.who = _author(message)
    if message.deleted_at:
        entry.shape = "deleted"
    else:
        _fill(entry, message, page.files.get(message.pk, {}), approved)
    entry.reactions = page.reactions.get(message.provider_id or "", [])
    if message.reply_to_provider_id:
        entry.quote = _quote(page.quoted.get(message.reply_to_provider_id), contact_name)
    if message.direction == Direction.OUTBOUND:
        _outcome(entry, message)
    return entry


def _another_turn(before, message):
    """Whether somebody else speaks, or the same person after a pause."""
    apart = (message.at - before.at).total_seconds() > 300
    return apart or _side(before) != _side(message) or before.author_id != message.author_id


def _author(message):
    if message.direction == Direction.ECHO:
        return _("WhatsApp Business app")
    if message.author is not None:
        return message.author.get_short_name()
    return "" if message.source in {MessageSource.CONTACT, MessageSource.AGENT} else message.get_source_display()


def _quote(message, contact_name):
    if message is None:
        return Quote("", _("An earlier message"))
    who = _author(message) if _side(message) else contact_name
    if message.deleted_at:
        return Quote(who, _("Deleted message"))
    return Quote(who, message.text[:140] or str(kind_word(message.kind)))


def _outcome(entry, message):
    if message.status == MessageStatus.FAILED:
        words = explain(message.error_code, details=message.error_details)
        if message.error_code is None:
            entry.trouble = Trouble(_("It was not sent"), message.error_details or _("Send it again."))
        else:
            entry.trouble = Trouble(words.title, words.what_to_do)
        entry.trouble.offer_template = message.error_code == WINDOW_CLOSED
    elif message.status == MessageStatus.UNKNOWN:
        entry.trouble = Trouble(
            _("We don't know whether it arrived"),
            _("The connection broke while sending. We wait for word from WhatsApp and don't repeat it by ourselves."),
            unsure=True,
        )
    elif message.status in _TICKS:
        entry.tick = Tick(*_TICKS[message.status])


def _fill(entry, message, files, approved):
    """Choose the shape and what it needs, by the kind of the message."""
    kind, content = message.kind, message.content if isinstance(message.content, dict) else {}
    entry.blocks = parse(message.text)
    entry.details = {"forwarded": content.get("forwarded", ""), "referral": _referral(content)}
    if kind in MEDIA_KINDS:
        entry.shape = "media"
        entry.details |= _media(message, content)
    elif kind == "template":
        _template(entry, message, content, files, approved)
    elif kind == "location":
        entry.shape = "location"
        entry.details |= _place(content)
        entry.blocks = ()
    elif kind == "contacts":
        entry.shape, entry.blocks = "contacts", ()
        entry.details["people"] = [_card(card) for card in _list(content.get("contacts"))]
    elif kind == "order":
        entry.shape = "order"
        entry.details["items"] = [item for item in _list(content.get("items")) if isinstance(item, dict)]
    elif kind == "call":
        entry.shape, entry.text = "call", _call(content)
    elif kind == "button":
        entry.details["answer"] = _("Tapped a button")
    elif kind in {"interactive", "buttons", "list", "link"}:
        _interactive(entry, content)
    elif kind != "text" and not message.text:
        entry.shape = "unknown"
        entry.text = content.get("kind") or kind


def _list(value):
    return value if isinstance(value, list | tuple) else []


def _referral(content):
    referral = content.get("referral")
    if not isinstance(referral, dict):
        return ""
    return str(referral.get("headline") or referral.get("source_url") or _("an ad"))[:120]


def _media(message, content):
    media = getattr(message, "media", None)
    voice = bool(content.get("voice"))
    ready = media is not None and bool(media.file)
    return {
        "media": media,
        "ready": ready,
        "lost": media is not None and not ready and media.next_attempt_at is None and bool(media.last_error),
        "word": kind_word("voice" if voice and message.kind == "audio" else message.kind),
        "name": (media.file_name if media else "") or content.get("filename") or "",
        "mime": (media.mime_type if media else content.get("mime_type", "")).partition(";")[0],
        "size": media.size if media else None,
    }


def _place(content):
    latitude, longitude = content.get("latitude"), content.get("longitude")
    try:
        where = f"{float(latitude):.6f},{float(longitude):.6f}"
    except (TypeError, ValueError):
        where = ""
    link = ""
    if where:
        north, east = where.split(",")
        link = f"https://www.openstreetmap.org/?mlat={north}&mlon={east}#map=17/{north}/{east}"
    return {
        "name": content.get("name", ""),
        "address": content.get("address", ""),
        "where": where.replace(",", ", "),
        "link": link,
    }


def _card(card):
    card = card if isinstance(card, dict) else {}
    name = card.get("name") if isinstance(card.get("name"), dict) else {}
    phones = [
        phone.get("phone") or phone.get("wa_id") for phone in _list(card.get("phones")) if isinstance(phone, dict)
    ]
    emails = [mail.get("email") for mail in _list(card.get("emails")) if isinstance(mail, dict)]
    return {
        "name": str(name.get("formatted_name") or _("No name")),
        "lines": [str(line) for line in [*phones, *emails] if line],
    }


def _interactive(entry, content):
    kind = content.get("kind", "")
    if kind == "nfm_reply":
        answers = content.get("answers")
        entry.shape = "form"
        entry.details["answers"] = (
            [(str(name).replace("_", " "), str(value)[:300]) for name, value in answers.items() if name != "flow_token"]
            if isinstance(answers, dict)
            else []
        )
    elif kind == "call_permission_reply":
        words = _("Allowed calls from you") if content.get("accepted") else _("Didn't allow calls from you")
        entry.details["answer"] = words
    elif kind in {"button_reply", "list_reply"}:
        entry.details["answer"] = _("Tapped a button") if kind == "button_reply" else _("Chose from a list")
        entry.details["description"] = content.get("description", "")
    buttons = [str(button.get("title", "")) for button in _list(content.get("buttons")) if isinstance(button, dict)]
    if content.get("type") == "list":
        rows = [row for section in _list(content.get("sections")) for row in _list(section.get("rows"))]
        buttons = [str(row.get("title", "")) for row in rows if isinstance(row, dict)]
    if content.get("type") == "link":
        buttons = [str(content.get("title", ""))]
    entry.details["buttons"] = [button for button in buttons if button]
    if not entry.blocks and not entry.details.get("answer") and entry.shape == "text":
        entry.shape, entry.text = "unknown", kind or "interactive"


def _template(entry, message, content, files, approved):
    entry.shape = "template"
    entry.details["name"] = content.get("name") or (message.template.name if message.template else "")
    if message.template is None:
        return
    values = _values_sent(message)
    # A template may have been edited since. What was sent is what is shown, so only an equal text may use the model;
    # the text that a message keeps is without its cards, which are those of that day.
    if filled(message.template, values) == message.text:
        of_that_day = "cards" in values
        definition = (
            versions.in_force(message.template, message.at, approved) if of_that_day else message.template.definition
        )
        entry.model = with_files(preview(definition, values), files)


def _values_sent(message):
    return values_of(message.content.get("components")) if isinstance(message.content, dict) else {}


def with_files(model, files):
    """The model with ``files`` at the places that they have: 0 is the header of the message, its cards are 1, 2…"""
    if not files:
        return model
    cards = tuple(_with_file(card, files.get(place)) for place, card in enumerate(model.cards, 1))
    return replace(_with_file(model, files.get(TOP)), cards=cards)


def _with_file(part, file):
    if file is None or part.header is None:
        return part
    return replace(part, header=replace(part.header, file=file))


def values_of(components):
    """The values that a send's ``components`` carry, in the shape that ``templates_hsm.preview`` takes."""
    values = {"buttons": {}}
    for component in _list(components):
        if not isinstance(component, dict):
            continue
        parameters = [one for one in _list(component.get("parameters")) if isinstance(one, dict)]
        kind = str(component.get("type", "")).lower()
        if kind == "body" or (kind == "header" and parameters and parameters[0].get("type") == "text"):
            values[kind] = {
                str(one.get("parameter_name") or place): str(one.get("text", ""))
                for place, one in enumerate(parameters, 1)
            }
        elif kind == "header" and parameters:
            values["header"] = parameters[0].get(str(parameters[0].get("type")), {})
        elif kind == "carousel":
            values["cards"] = _cards_of(component)
        elif kind == "button" and parameters:
            value = parameters[0].get("text") or parameters[0].get("coupon_code") or parameters[0].get("payload")
            values["buttons"][str(component.get("index", ""))] = value
    return values


def _cards_of(component):
    """The values of each card, in the places that the send names."""
    found = {}
    for card in _list(component.get("cards")):
        if isinstance(card, dict) and isinstance(card.get("card_index"), int):
            found[card["card_index"]] = values_of(card.get("components"))
    return [found.get(place, {}) for place in range(len(found))]


def _notice(message, contact_name):
    if message.kind == "call":
        return _call(message.content if isinstance(message.content, dict) else {})
    if message.kind == "request_welcome":
        return _("%(name)s opened the chat") % {"name": contact_name}
    return message.text or str(kind_word(message.kind))


def _call(content):
    steps = [step for step in content.values() if isinstance(step, dict)]
    seconds = max((step.get("seconds") or 0 for step in steps), default=0)
    statuses = {str(step.get("status", "")).lower() for step in steps}
    if seconds:
        return _("Call, %(minutes)d min %(seconds)02d s") % {"minutes": seconds // 60, "seconds": seconds % 60}
    if statuses & {"rejected", "failed", "missed"}:
        return _("Call without an answer")
    return _("Call")


def snippet_of(conversation):
    """What the list shows of the last message: its text, or its kind in words."""
    kind = conversation.last_message_kind
    if conversation.last_message_text:
        return conversation.last_message_text
    return str(kind_word(kind)) if kind else ""
