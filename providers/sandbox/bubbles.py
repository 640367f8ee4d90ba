"""Messages as the telephone shows them: from the body that was sent and the template that is stored.

This is the sandbox's own reading of a message, apart from the product's preview, so that each checks the other.
"""

import json
import re
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.html import escape, strip_tags
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from . import template_rules, template_send

_MARKS = (
    (re.compile(r"```(.+?)```", re.S), r"<code>\1</code>"),
    (re.compile(r"`([^`\n]+)`"), r"<code>\1</code>"),
    (re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])"), r"<strong>\1</strong>"),
    (re.compile(r"(?<![\w_])_(?=\S)([^_\n]+?)(?<=\S)_(?![\w_])"), r"<em>\1</em>"),
    (re.compile(r"(?<![\w~])~(?=\S)([^~\n]+?)(?<=\S)~(?![\w~])"), r"<del>\1</del>"),
)


def formatted(text):
    """WhatsApp's marks (bold, italic, strike, mono) as safe HTML."""
    html = escape(str(text or ""))
    for pattern, replacement in _MARKS:
        html = pattern.sub(replacement, html)
    return mark_safe(html.replace("\n", "<br>"))  # noqa: S308 - escaped above


def local(seconds):
    return datetime.fromtimestamp(seconds, ZoneInfo(settings.TIME_ZONE))


def thread(store, number_id, customer_id, limit=80):
    """The last messages of a chat as dictionaries for the template, oldest first, reactions folded in."""
    rows = store.all(
        "SELECT * FROM message WHERE number_id = ? AND customer_id = ? AND type != 'reaction' "
        "AND (status IS NULL OR status NOT IN ('accepted', 'failed') OR outbound = 0) ORDER BY seq DESC LIMIT ?",
        number_id,
        customer_id,
        limit,
    )
    shown, day = [], None
    for row in reversed(rows):
        bubble = of_message(store, row)
        bubble["new_day"] = bubble["day"] if bubble["day"] != day else None
        day = bubble["day"]
        shown.append(bubble)
    return shown


def of_message(store, row):
    body = json.loads(row["body"])
    moment = local(row["at"])
    bubble = {
        "id": row["id"],
        "mine": not row["outbound"],
        "type": row["type"],
        "time": moment.strftime("%H:%M"),
        "day": moment.date(),
        "read": row["status"] == "read",
        "head": "",
        "offer": "",
        "text": "",
        "foot": "",
        "media": None,
        "buttons": [],
        "rows": [],
        "cards": [],
        "place": None,
        "people": [],
        "answered": row["answered"] is not None,
        "quote": _quote(store, row["reply_to"]) if row["type"] != "template" else None,
        "reactions": [emoji for emoji in (row["reaction_in"], row["reaction_out"]) if emoji],
    }
    painter = {"template": _template, "interactive": _interactive}.get(row["type"], _plain)
    painter(store, row, body, bubble)
    return bubble


def _quote(store, wamid):
    row = store.get("message", wamid) if wamid else None
    if row and row["type"] == "template":
        return strip_tags(of_message(store, row)["text"])[:90]
    return summary(row) if row else None


def summary(row):
    """One line about a message: for chat lists and quotes."""
    body = json.loads(row["body"])
    kind = row["type"]
    if kind == "text":
        return body.get("body", "")[:90]
    if kind == "button":
        return body.get("text", "")
    if kind == "interactive":
        reply = body.get("button_reply") or body.get("list_reply")
        return reply["title"] if reply else (body.get("body") or {}).get("text", "")[:90]
    words = {
        "image": _("Photo"),
        "video": _("Video"),
        "audio": _("Audio"),
        "document": _("Document"),
        "sticker": _("Sticker"),
        "location": _("Location"),
        "contacts": _("Contact"),
        "template": _("Notice"),
    }
    return words.get(kind, kind)


def _media(store, kind, part):
    """What to show of a media object: our own file, or where it would be fetched from."""
    part = part or {}
    row = store.get("media", str(part.get("id"))) if part.get("id") else None
    mime = row["mime"] if row else ""
    return {
        "kind": kind,
        "url": f"/phone/media/{row['id']}" if row else None,
        "link": part.get("link"),
        "mime": mime,
        "name": part.get("filename") or (row["filename"] if row else "") or kind,
        "size": row["size"] if row else None,
    }


def _plain(store, row, body, bubble):
    kind = row["type"]
    if kind == "text":
        bubble["text"] = formatted(body.get("body"))
    elif kind == "button":
        bubble["text"] = formatted(body.get("text"))
    elif kind == "location":
        bubble["place"] = body
    elif kind == "contacts":
        bubble["people"] = [
            {
                "name": item["name"]["formatted_name"],
                "phones": [p.get("phone") for p in item.get("phones", ())],
            }
            for item in body
        ]
    elif kind in ("image", "video", "audio", "document", "sticker"):
        bubble["media"] = _media(store, kind, body)
        bubble["text"] = formatted(body.get("caption"))
    else:
        bubble["text"] = _("This kind of message is not shown here.")


def _interactive(store, row, body, bubble):
    reply = body.get("button_reply") or body.get("list_reply")
    if reply:
        bubble["text"] = formatted(reply["title"])
        if reply.get("description"):
            bubble["foot"] = reply["description"]
        return
    header = body.get("header") or {}
    if header.get("type") == "text":
        bubble["head"] = header["text"]
    elif header.get("type"):
        bubble["media"] = _media(store, header["type"], header.get(header["type"]))
    bubble["text"] = formatted((body.get("body") or {}).get("text"))
    bubble["foot"] = (body.get("footer") or {}).get("text", "")
    action, kind = body.get("action") or {}, body["type"]
    if kind == "button":
        bubble["buttons"] = [
            {"kind": "reply", "label": button["reply"]["title"], "position": index}
            for index, button in enumerate(action["buttons"])
        ]
    elif kind == "list":
        bubble["list_label"] = action["button"]
        position = 0
        for section in action["sections"]:
            bubble["rows"].append({"section": section.get("title", "")})
            for item in section["rows"]:
                bubble["rows"].append({**item, "position": position})
                position += 1
    elif kind == "cta_url":
        given = action["parameters"]
        bubble["buttons"] = [{"kind": "url", "label": given["display_text"], "detail": given["url"]}]
    elif kind == "carousel":
        bubble["cards"] = [
            {
                "text": formatted((card.get("body") or {}).get("text")),
                "media": _media(
                    store,
                    (card.get("header") or {}).get("type", "image"),
                    (card.get("header") or {}).get((card.get("header") or {}).get("type", "image")),
                ),
            }
            for card in action["cards"]
        ]
    else:
        label = (action.get("parameters") or {}).get("flow_cta") or {
            "location_request_message": _("Send location"),
            "catalog_message": _("View catalog"),
        }.get(kind, kind.replace("_", " ").capitalize())
        bubble["buttons"] = [{"kind": "other", "label": label, "detail": ""}]


def _template(store, row, body, bubble):
    template = store.get("template", row["template_id"])
    if template is None:
        bubble["text"] = _("The template of this message no longer exists.")
        return
    parts = {part["type"]: part for part in json.loads(template["components"])}
    sent = [{**item, "type": str(item.get("type", "")).lower()} for item in body.get("components") or []]
    by_type = {item["type"]: item for item in sent if item["type"] != "button"}
    named = template["parameter_format"] == "NAMED"
    if template["category"] == "AUTHENTICATION":
        _authentication(parts, by_type, bubble)
        return
    header = parts.get("HEADER")
    if header:
        _template_header(store, header, by_type.get("header"), named, bubble)
    bubble["offer"] = (parts.get("LIMITED_TIME_OFFER", {}).get("limited_time_offer") or {}).get("text", "")
    bubble["text"] = formatted(template_send.filled(parts["BODY"].get("text"), by_type.get("body"), named))
    bubble["foot"] = parts.get("FOOTER", {}).get("text", "")
    bubble["buttons"], answers = _template_buttons(parts, sent)
    cards = (by_type.get("carousel") or {}).get("cards") or []
    for made, card in zip(parts.get("CAROUSEL", {}).get("cards") or [], cards, strict=False):
        shown, answers = _card(store, made, card, named, answers)
        bubble["cards"].append(shown)


def _template_buttons(parts, sent, answers=0):
    """The buttons of a message or a card, and how many answers there are so far (they are pressed by number)."""
    given = {
        int(item.get("index", 0)): item.get("parameters") or []
        for item in sent
        if str(item.get("type", "")).lower() == "button"
    }
    buttons = []
    for index, button in enumerate(parts.get("BUTTONS", {}).get("buttons") or []):
        shown = _template_button(button, given.get(index) or [])
        if button["type"] == "QUICK_REPLY":
            shown["position"] = answers
            answers += 1
        buttons.append(shown)
    return buttons, answers


def _template_header(store, header, component, named, bubble):
    kind = header.get("format")
    if kind == "TEXT":
        bubble["head"] = template_send.filled(header.get("text"), component, named)
        return
    given = ((component or {}).get("parameters") or [{}])[0]
    if kind == "LOCATION":
        bubble["place"] = given.get("location")
    elif kind in ("IMAGE", "VIDEO", "DOCUMENT", "GIF"):
        bubble["media"] = _media(store, kind.lower(), given.get(kind.lower()))


def _template_button(button, parameters):
    kind = button["type"]
    shown = {
        "kind": "other",
        "label": button.get("text") or kind.replace("_", " ").capitalize(),
        "detail": "",
    }
    if kind == "QUICK_REPLY":
        shown["kind"] = "reply"
    elif kind == "URL":
        suffix = template_send.value_of(parameters[0]) if parameters else ""
        shown |= {"kind": "url", "detail": template_rules.VARIABLE.sub(lambda _found: suffix, button["url"])}
    elif kind == "PHONE_NUMBER":
        shown |= {"kind": "phone", "detail": button.get("phone_number", "")}
    elif kind == "COPY_CODE":
        code = parameters[0].get("coupon_code", "") if parameters else ""
        shown |= {"kind": "code", "label": _("Copy offer code"), "detail": code}
    return shown


def _card(store, made, card, named, answers):
    parts = {part["type"]: part for part in made["components"]}
    rows = [{**item, "type": str(item.get("type", "")).lower()} for item in card.get("components") or []]
    sent = {item["type"]: item for item in rows if item["type"] != "button"}
    kind = parts.get("HEADER", {}).get("format", "IMAGE").lower()
    given = ((sent.get("header") or {}).get("parameters") or [{}])[0]
    buttons, answers = _template_buttons(parts, rows, answers)
    shown = {
        "media": _media(store, kind, given.get(kind)),
        "text": formatted(template_send.filled(parts.get("BODY", {}).get("text"), sent.get("body"), named)),
        "buttons": buttons,
    }
    return shown, answers


def _authentication(parts, by_type, bubble):
    code = template_send.value_of(((by_type.get("body") or {}).get("parameters") or [{}])[0])
    text = _("*%(code)s* is your verification code.") % {"code": code}
    if parts["BODY"].get("add_security_recommendation"):
        text += " " + _("For your security, do not share this code.")
    bubble["text"] = formatted(text)
    minutes = parts.get("FOOTER", {}).get("code_expiration_minutes")
    if minutes:
        bubble["foot"] = _("This code expires in %(minutes)s minutes.") % {"minutes": minutes}
    label = next((button.get("text") for button in parts.get("BUTTONS", {}).get("buttons") or []), None)
    bubble["buttons"] = [{"kind": "code", "label": label or _("Copy code"), "detail": code}]
