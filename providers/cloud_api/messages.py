"""Messages to people: what to ask for each kind, and what taking one looks like (WhatsApp docs "Messages", 2025-11).

``outgoing`` turns content in our own shape into a request, for whoever sends what was stored earlier; the functions it
uses can be called directly too. All of them return the message's own part of the body.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from providers.base import (
    Acceptance,
    Action,
    BlockResult,
    OutcomeUnknown,
    ProviderError,
    Recipient,
    SendAccepted,
)
from providers.cloud_api.answers import error_from
from providers.cloud_api.reading import mapping, sequence, text
from providers.cloud_api.request import Request, get, given, path

Part = dict[str, Any]

REFERENCE_LIMIT = 512
MEDIA_KINDS = ("image", "video", "audio", "document", "sticker")


def outgoing(
    phone_number_id: str,
    *,
    to: Recipient | str,
    content: Mapping[str, Any],
    reply_to: str = "",
    reference: str = "",
) -> Request:
    """The request that sends ``content``, for example ``{"type": "text", "body": "Hello"}``.

    The type names one of ``BUILDERS``, the rest are its arguments. ``reply_to`` quotes a message; ``reference`` (up to
    512 characters) comes back in every status, which is how a lost answer is found again. Raises ``ValueError`` for
    content that can't be sent.
    """
    arguments = dict(content)
    kind = arguments.pop("type", None)
    build = BUILDERS.get(kind) if isinstance(kind, str) else None
    if build is None:
        raise ValueError(f"Nothing of the type {kind!r} can be sent.")
    try:
        part = build(**arguments)
    except (TypeError, KeyError) as exc:
        raise ValueError(f"A message of the type {kind} can't be made of {', '.join(arguments)}.") from exc
    return send(phone_number_id, to=to, part=part, reply_to=reply_to, reference=reference)


def send(phone_number_id: str, *, to: Recipient | str, part: Part, reply_to: str = "", reference: str = "") -> Request:
    """The request that sends one message ``part``."""
    if len(reference) > REFERENCE_LIMIT:
        raise ValueError(f"A reference has at most {REFERENCE_LIMIT} characters.")
    body: Part = {"messaging_product": "whatsapp"} | address(to) | part
    if reply_to and part.get("type") != "reaction":  # a reaction names its message itself
        body["context"] = {"message_id": reply_to}
    if reference:
        body["biz_opaque_callback_data"] = reference
    return Request("POST", path(phone_number_id, "messages"), json=body)


def address(to: Recipient | str) -> Part:
    """Whom a message is for. Always with ``+``: without it Meta may put the sender's country in front."""
    person = Recipient(phone=to) if isinstance(to, str) else to
    if person.group_id:
        return {"recipient_type": "group", "to": person.group_id}
    digits = "".join(sign for sign in person.phone if sign.isdecimal())
    if digits:
        return {"recipient_type": "individual", "to": f"+{digits}"}
    if person.bsuid:
        return {"recipient_type": "individual", "recipient": person.bsuid}
    raise ValueError("A message needs a phone number, a user ID or a group.")


def text_message(body: str, *, preview_url: bool = False) -> Part:
    """Free-form text, up to 4,096 characters."""
    return {"type": "text", "text": {"body": body, "preview_url": preview_url}}


def media_message(
    kind: str,
    *,
    media_id: str = "",
    link: str = "",
    caption: str = "",
    filename: str = "",
    voice: bool = False,
) -> Part:
    """An image, video, audio, document or sticker that was uploaded or lies at a public address."""
    if kind not in MEDIA_KINDS or not (media_id or link):
        raise ValueError("A file needs its kind, and an ID or an address.")
    media = {"id": media_id} if media_id else {"link": link}
    if kind in {"image", "video", "document"}:
        media |= given({"caption": caption})
    if kind == "document":
        media |= given({"filename": filename})
    if kind == "audio" and voice:
        return {"type": kind, kind: {**media, "voice": True}}
    return {"type": kind, kind: media}


def template_message(name: str, language: str, *, components: Sequence[Mapping[str, Any]] = (), **options: Any) -> Part:
    """An approved template with its variables filled in."""
    template: Part = {"name": name, "language": {"code": language}, **options}
    if components:
        template["components"] = [dict(component) for component in components]
    return {"type": "template", "template": template}


def buttons_message(
    body: str,
    buttons: Sequence[Mapping[str, str]],
    *,
    header: str | Mapping[str, Any] = "",
    footer: str = "",
) -> Part:
    """Up to three buttons to answer with, each with an ``id`` and a ``title``."""
    replies = [{"type": "reply", "reply": {"id": each["id"], "title": each["title"]}} for each in buttons]
    return _interactive("button", body, {"buttons": replies}, header, footer)


def list_message(
    body: str,
    button: str,
    sections: Sequence[Mapping[str, Any]],
    *,
    header: str = "",
    footer: str = "",
) -> Part:
    """A list to choose from: sections of a ``title`` and ``rows`` with ``id``, ``title`` and ``description``."""
    return _interactive("list", body, {"button": button, "sections": list(sections)}, header, footer)


def link_message(body: str, title: str, url: str, *, header: str | Mapping[str, Any] = "", footer: str = "") -> Part:
    """One button that opens an address."""
    action = {"name": "cta_url", "parameters": {"display_text": title, "url": url}}
    return _interactive("cta_url", body, action, header, footer)


def location_request_message(body: str) -> Part:
    """A button with which a person can say where they are."""
    return _interactive("location_request_message", body, {"name": "send_location"}, "", "")


def contact_request_message(body: str) -> Part:
    """A button with which a person can share their phone number (2026)."""
    return _interactive("request_contact_info", body, {"name": "request_contact_info"}, "", "")


def _interactive(kind: str, body: str, action: Mapping[str, Any], header: str | Mapping[str, Any], footer: str) -> Part:
    interactive: Part = {"type": kind, "body": {"text": body}, "action": action}
    if header:
        interactive["header"] = {"type": "text", "text": header} if isinstance(header, str) else dict(header)
    if footer:
        interactive["footer"] = {"text": footer}
    return {"type": "interactive", "interactive": interactive}


def reaction_message(message_id: str, emoji: str = "") -> Part:
    """A reaction to a message of the last 30 days; without an emoji the reaction is taken back."""
    return {"type": "reaction", "reaction": {"message_id": message_id, "emoji": emoji}}


def location_message(latitude: float | str, longitude: float | str, *, name: str = "", address: str = "") -> Part:
    """A place on the map."""
    place = {"latitude": str(latitude), "longitude": str(longitude)} | given({"name": name, "address": address})
    return {"type": "location", "location": place}


def contacts_message(contacts: Sequence[Mapping[str, Any]]) -> Part:
    """Contact cards; each needs ``name`` with ``formatted_name`` and one more part."""
    return {"type": "contacts", "contacts": [dict(contact) for contact in contacts]}


def _media(kind: str) -> Callable[..., Part]:
    return lambda **arguments: media_message(kind, **arguments)


BUILDERS: dict[str, Callable[..., Part]] = {
    "text": text_message,
    **{kind: _media(kind) for kind in MEDIA_KINDS},
    "template": template_message,
    "buttons": buttons_message,
    "list": list_message,
    "link": link_message,
    "location_request": location_request_message,
    "contact_request": contact_request_message,
    "reaction": reaction_message,
    "location": location_message,
    "contacts": contacts_message,
}


def parse_accepted(data: Any) -> SendAccepted:
    """What the provider said when it took a message; raises ``OutcomeUnknown`` when it named no message."""
    answer = mapping(data)
    message = mapping(next(iter(sequence(answer.get("messages"))), None))
    contact = mapping(next(iter(sequence(answer.get("contacts"))), None))
    message_id = text(message.get("id"))
    if not message_id:
        raise OutcomeUnknown("The answer names no message.", http_status=200, action=Action.NO_RETRY)
    return SendAccepted(
        provider_message_id=message_id,
        wa_id=text(contact.get("wa_id")),
        user_id=text(contact.get("user_id")),
        group_id=text(message.get("group_id")),
        acceptance=Acceptance(text(message.get("message_status")) or "accepted"),
    )


def mark_read(phone_number_id: str, *, message_id: str, typing: bool = False) -> Request:
    """Show a message and those before it as read; with ``typing`` also that an answer is being written."""
    body: Part = {"messaging_product": "whatsapp", "status": "read", "message_id": message_id}
    if typing:
        body["typing_indicator"] = {"type": "text"}
    return Request("POST", path(phone_number_id, "messages"), json=body, idempotent=True)


def block_users(phone_number_id: str, people: Sequence[Recipient | str], *, unblock: bool = False) -> Request:
    """Block people who wrote within 24 hours, or unblock them (WhatsApp docs "Block users", 2025-11)."""
    users = []
    for person in people:
        reached = address(person)
        users.append({"user": reached["to"]} if "to" in reached else {"user_id": reached["recipient"]})
    body = {"messaging_product": "whatsapp", "block_users": users}
    method = "DELETE" if unblock else "POST"
    return Request(method, path(phone_number_id, "block_users"), json=body, idempotent=True)


def parse_block(data: Any) -> BlockResult:
    """Who was blocked or unblocked; the people it failed for each with their error."""
    answer = mapping(mapping(data).get("block_users"))
    done = sequence(answer.get("added_users")) + sequence(answer.get("removed_users"))
    failed: dict[str, ProviderError] = {}
    for user in map(mapping, sequence(answer.get("failed_users"))):
        reason = mapping(next(iter(sequence(user.get("errors"))), None))
        failed[text(user.get("input"))] = error_from(reason, 400)
    return BlockResult(tuple(_blocked(user) for user in map(mapping, done)), failed)


def list_blocked(phone_number_id: str, *, after: str = "", limit: int = 100) -> Request:
    """Ask who is blocked."""
    return get(phone_number_id, "block_users", limit=limit, after=after)


def parse_blocked(item: Any) -> tuple[str, ...]:
    """One item of that list, which has two shapes in Meta's docs."""
    answer = mapping(item)
    inner = sequence(answer.get("block_users"))
    return tuple(_blocked(user) for user in map(mapping, inner or [answer]))


def _blocked(user: Mapping[str, Any]) -> str:
    return text(user.get("wa_id")) or text(user.get("user_id")) or text(user.get("input"))
