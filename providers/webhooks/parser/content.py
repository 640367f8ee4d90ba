"""What a message says: its text for people and its content in one shape per type (WhatsApp docs "Webhooks", 2026)."""

from typing import Any

import orjson

from providers.webhooks.parser.values import (
    flag,
    identifier,
    mapping,
    moment,
    only_texts,
    safe,
    sequence,
    text,
    whole,
)

MEDIA = frozenset({"image", "video", "audio", "document", "sticker"})


def content_of(kind: str, message: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The readable text and the content of a message of type ``kind``."""
    if kind == "text":
        body = message.get("text")
        return (text(body.get("body")) if type(body) is dict else "", {})
    if kind in MEDIA:
        return _media(mapping(message.get(kind)))
    read = _READERS.get(kind)
    if read is not None:
        return read(message)
    piece = message.get(kind)
    return "", {"piece": safe(piece)} if piece is not None else {}


def _media(media: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    content: dict[str, Any] = only_texts(media, "mime_type", "sha256", "caption", "filename", "url")
    content["media_id"] = identifier(media.get("id"))
    for key in ("voice", "animated"):
        if (answer := flag(media.get(key))) is not None:
            content[key] = answer
    return content.get("caption", ""), content


def _location(message: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    place = mapping(message.get("location"))
    content: dict[str, Any] = only_texts(place, "name", "address", "url")
    for key, limit in (("latitude", 90), ("longitude", 180)):
        value: Any = place.get(key)
        if type(value) is str:
            try:
                value = float(value)
            except ValueError:
                value = None
        fits = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= limit
        content[key] = float(value) if fits else None
    return ", ".join(content[key] for key in ("name", "address") if key in content), content


def _contacts(message: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    cards = [safe(card) for card in sequence(message.get("contacts")) if type(card) is dict]
    names = [text(mapping(card.get("name")).get("formatted_name")) for card in cards]
    return ", ".join(filter(None, names)), {"contacts": cards}


def _button(message: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    button = mapping(message.get("button"))
    return text(button.get("text")), only_texts(button, "payload", "text")


def _interactive(message: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    answer = mapping(message.get("interactive"))
    kind = text(answer.get("type"))
    reply = mapping(answer.get(kind))
    if kind in {"button_reply", "list_reply"}:
        return text(reply.get("title")), {"kind": kind} | only_texts(reply, "id", "title", "description")
    if kind == "nfm_reply":
        form = reply.get("response_json")
        try:
            filled = orjson.loads(form) if type(form) is str else form
        except orjson.JSONDecodeError:
            filled = form
        filled = _without_nul(safe(filled))
        return "", {"kind": kind, "name": text(reply.get("name")), "answers": filled}
    if kind == "call_permission_reply":
        until, _ = moment(reply.get("expiration_timestamp"))
        return "", {
            "kind": kind,
            "accepted": reply.get("response") == "accept",
            "expires_at_ms": until,
            "source": text(reply.get("response_source")),
        }
    return "", {"kind": kind} | ({"piece": safe(answer)} if answer else {})


def _without_nul(value: Any) -> Any:
    """The answers of a form are JSON inside a JSON text, so a NUL may hide from the first look."""
    if type(value) is str:
        return value.replace("\x00", "\ufffd")
    if type(value) is dict:
        return {key.replace("\x00", "\ufffd"): _without_nul(inner) for key, inner in value.items()}
    if type(value) is list:
        return [_without_nul(inner) for inner in value]
    return value


def _order(message: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    order = mapping(message.get("order"))
    items = [
        only_texts(item, "product_retailer_id", "currency")
        | {"quantity": whole(item.get("quantity")), "item_price": safe(item.get("item_price"))}
        for item in sequence(order.get("product_items"))
        if type(item) is dict
    ]
    return text(order.get("text")), {"catalog_id": text(order.get("catalog_id")), "items": items}


def _unsupported(message: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "", {"kind": text(mapping(message.get("unsupported")).get("type"))}


_READERS = {
    "location": _location,
    "contacts": _contacts,
    "button": _button,
    "interactive": _interactive,
    "order": _order,
    "unsupported": _unsupported,
}
