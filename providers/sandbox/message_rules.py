"""What a message must look like (Meta, "Send messages" pages, 2025): types, required members, lengths."""

import re

from . import media
from .errors import GraphError, invalid

MEDIA = ("image", "video", "audio", "document", "sticker")
TYPES = (*MEDIA, "text", "location", "contacts", "reaction", "interactive", "template")
INTERACTIVE = (
    "button",
    "list",
    "cta_url",
    "flow",
    "location_request_message",
    "address_message",
    "product",
    "product_list",
    "catalog_message",
    "carousel",
    "call_permission_request",
    "voice_call",
    "request_contact_info",
    "order_details",
    "order_status",
)


def _required(where, name):
    return GraphError(131008, f"Parameter {where}['{name}'] is required.")


def _wrong(details):
    return GraphError(131009, details)


def _text(where, value, limit, needed=True):
    if value is None or value == "":
        if needed:
            raise GraphError(131008, f"Parameter {where} is required.")
        return
    if not isinstance(value, str):
        raise _wrong(f"{where} must be text.")
    if len(value) > limit:
        raise _wrong(f"{where} may have up to {limit} characters.")


def check(call, number, kind, body):
    """Raise the error for the typed object of a free-form message."""
    if not isinstance(body, list if kind == "contacts" else dict):
        raise GraphError(131008, f"Parameter {kind} is required.")
    checks = {
        "text": _check_text,
        "location": _check_location,
        "contacts": _check_contacts,
        "reaction": _check_reaction,
        "interactive": _check_interactive,
    }
    if kind in MEDIA:
        check_media(call, number, kind, body)
        _text(f"{kind}['caption']", body.get("caption"), 1024, needed=False)
    elif kind == "interactive":
        _check_interactive(call, number, body)
    else:
        checks[kind](body)


def _check_text(body):
    _text("text['body']", body.get("body"), 4096)


def check_media(call, number, kind, body):
    """``id`` of an upload of this number, or a ``link``."""
    if not isinstance(body, dict):
        raise GraphError(131008, f"Parameter {kind} is required.")
    if body.get("id"):
        row = call.store.get("media", str(body["id"]))
        if row is None or (row["number_id"] and row["number_id"] != number["id"]):
            raise GraphError(131009, f"{kind}['id'] is not the id of a media object of this phone number.")
        found = media.kind_of(row["mime"])
        if found != kind and kind != "document":
            raise GraphError(131053, f"{kind}['id'] is a file of type {row['mime']}.")
    elif body.get("link"):
        if not re.match(r"https?://[^\s/]+", str(body["link"])):
            raise GraphError(131009, f"{kind}['link'] is not an http or https address.")
    else:
        raise _required(kind, "id or link")
    if kind in ("audio", "sticker") and body.get("caption"):
        raise invalid(f"{kind} can't have a caption.")


def _check_location(body):
    for name, limit in (("latitude", 90), ("longitude", 180)):
        if body.get(name) in (None, ""):
            raise _required("location", name)
        try:
            fits = abs(float(body[name])) <= limit
        except (TypeError, ValueError):
            fits = False
        if not fits:
            raise _wrong(f"location['{name}'] is not a coordinate.")


def _check_contacts(rows):
    if not 1 <= len(rows) <= 257:
        raise _wrong("contacts holds 1 to 257 contacts.")
    for row in rows:
        name = row.get("name") or {}
        if not name.get("formatted_name"):
            raise _required("contacts", "name")
        if not any(value for key, value in name.items() if key != "formatted_name"):
            raise _required("contacts", "name.first_name (or another part of the name)")


def _check_reaction(body):
    if not body.get("message_id"):
        raise _required("reaction", "message_id")
    if len(body.get("emoji") or "") > 16:
        raise _wrong("reaction['emoji'] must be one emoji.")


def _check_interactive(call, number, body):
    kind = body.get("type")
    if kind not in INTERACTIVE:
        raise _wrong(f"interactive['type'] must be one of {', '.join(INTERACTIVE)}.")
    text = (body.get("body") or {}).get("text")
    _text("interactive['body']['text']", text, 4096 if kind == "list" else 1024, needed=kind != "product")
    _text("interactive['footer']['text']", (body.get("footer") or {}).get("text"), 60, needed=False)
    header, action = body.get("header"), body.get("action")
    if header:
        _check_header(call, number, kind, header)
    if not isinstance(action, dict):
        raise _required("interactive", "action")
    checks = {"button": _buttons, "list": _list, "cta_url": _cta, "flow": _flow, "carousel": _carousel}
    if kind in checks:
        checks[kind](action)
    elif kind == "product_list" and not header:
        raise _required("interactive", "header")
    elif kind in ("product", "product_list") and not action.get("catalog_id"):
        raise _required("action", "catalog_id")


def _check_header(call, number, kind, header):
    form = header.get("type")
    if kind in ("list", "product_list") and form != "text":
        raise _wrong("The header of this message must be a text.")
    if form == "text":
        _text("header['text']", header.get("text"), 60)
    elif form in ("image", "video", "document"):
        check_media(call, number, form, header.get(form))
    else:
        raise _wrong("header['type'] must be text, image, video or document.")


def _buttons(action):
    rows = action.get("buttons") or []
    if not 1 <= len(rows) <= 3:
        raise _wrong("Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: 3")
    ids, titles = set(), set()
    for row in rows:
        reply = row.get("reply") or {}
        _text("reply['id']", reply.get("id"), 256)
        _text("reply['title']", reply.get("title"), 20)
        ids.add(reply["id"])
        titles.add(reply["title"])
    if len(ids) < len(rows) or len(titles) < len(rows):
        raise _wrong("Buttons need different ids and titles.")


def _list(action):
    _text("action['button']", action.get("button"), 20)
    sections = action.get("sections") or []
    if not 1 <= len(sections) <= 10:
        raise _wrong("A list has 1 to 10 sections.")
    rows = [row for section in sections for row in section.get("rows") or []]
    if not 1 <= len(rows) <= 10:
        raise _wrong("A list has 1 to 10 rows over all sections.")
    for section in sections:
        _text("section['title']", section.get("title"), 24, needed=len(sections) > 1)
    for row in rows:
        _text("row['id']", row.get("id"), 200)
        _text("row['title']", row.get("title"), 24)
        _text("row['description']", row.get("description"), 72, needed=False)
    if len({row["id"] for row in rows}) < len(rows):
        raise _wrong("Rows need different ids.")


def _cta(action):
    given = action.get("parameters") or {}
    if action.get("name") != "cta_url":
        raise _wrong("action['name'] must be cta_url.")
    _text("parameters['display_text']", given.get("display_text"), 20)
    if not re.match(r"https?://\S+$", str(given.get("url") or "")):
        raise _wrong("parameters['url'] must be an address.")


def _flow(action):
    given = action.get("parameters") or {}
    if not (given.get("flow_id") or given.get("flow_name")):
        raise _required("parameters", "flow_id")
    _text("parameters['flow_cta']", given.get("flow_cta"), 30)


def _carousel(action):
    cards = action.get("cards") or []
    if not 2 <= len(cards) <= 10:
        raise _wrong("A carousel has 2 to 10 cards.")
    for card in cards:
        _text("card['body']['text']", (card.get("body") or {}).get("text"), 160, needed=False)
