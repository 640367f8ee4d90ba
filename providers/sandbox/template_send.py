"""Whether the parameters of a template message fit the template (132000, 132005, 132012, 132018)."""

import json
import re

from . import message_rules, template_rules
from .errors import GraphError

_VALUE = {"text", "currency", "date_time"}
_LIMITS = {"HEADER": 60, "BODY": 1024}


def check(call, number, template, given):
    """Raise unless ``given`` (the sent components) fills ``template`` exactly."""
    parts = {part["type"]: part for part in json.loads(template["components"])}
    sent = [{**row, "type": str(row.get("type", "")).lower()} for row in given or []]
    by_type = {row["type"]: row for row in sent if row["type"] != "button"}
    if template["category"] == "AUTHENTICATION":
        _check_authentication(by_type, sent)
        return
    named = template["parameter_format"] == "NAMED"
    _check_header(call, number, parts.get("HEADER"), by_type.get("header"), named)
    _check_texts("BODY", parts["BODY"].get("text"), by_type.get("body"), named)
    buttons = [row for row in sent if row["type"] == "button"]
    _check_buttons(parts.get("BUTTONS", {}).get("buttons") or [], buttons)
    if "CAROUSEL" in parts:
        _check_cards(call, number, parts["CAROUSEL"]["cards"], by_type.get("carousel"), named)


def value_of(parameter):
    """The text that a parameter puts into the template."""
    kind = parameter.get("type")
    if kind in ("currency", "date_time"):
        return str((parameter.get(kind) or {}).get("fallback_value") or "")
    value = parameter.get("text")
    return "" if value is None else str(value)


def filled(text, component, named):
    """``text`` with the parameters of the sent ``component`` in place."""
    given = (component or {}).get("parameters") or []
    names = template_rules.variables(text)
    if named:
        values = {row.get("parameter_name"): value_of(row) for row in given}
    else:
        values = {name: value_of(row) for name, row in zip(sorted(names, key=int), given, strict=False)}
    return template_rules.VARIABLE.sub(lambda found: values.get(found.group(1), found.group(0)), text or "")


def _check_texts(where, text, component, named):
    names = template_rules.variables(text)
    given = (component or {}).get("parameters") or []
    if len(given) != len(names):
        raise GraphError(
            132000,
            f"{where.lower()}: number of localizable_params ({len(given)}) does not match the expected number of "
            f"params ({len(names)})",
        )
    for row in given:
        if str(row.get("type", "text")).lower() not in _VALUE:
            raise GraphError(132012, f"{where.lower()}: Format mismatch, expected TEXT, received {row.get('type')}")
        _check_value(where, value_of(row))
    if named and {row.get("parameter_name") for row in given} != set(names):
        raise GraphError(100, f"{where.lower()}: Parameter name is missing or empty, or not one of {', '.join(names)}")
    if len(filled(text, component, named)) > _LIMITS.get(where, 1024):
        raise GraphError(132005, f"{where.lower()}: the text is longer than {_LIMITS.get(where, 1024)} characters")


def _check_value(where, value):
    if value == "":
        raise GraphError(131008, f"Parameter of type text is missing text value in {where.lower()}.")
    if re.search(r"\n|\t| {5,}", value):
        raise GraphError(132018, "Param text cannot have new-line/tab characters or more than 4 consecutive spaces")


def _check_header(call, number, part, component, named):
    kind = (part or {}).get("format")
    given = (component or {}).get("parameters") or []
    if kind == "TEXT":
        _check_texts("HEADER", part.get("text"), component, named)
        return
    if part is None:
        if given:
            raise GraphError(132000, "header: the template has no header")
        return
    wanted = {"GIF": "gif"}.get(kind, kind.lower())
    if len(given) != 1:
        raise GraphError(132012, f"header: Format mismatch, expected {kind}, received UNKNOWN")
    row = given[0]
    found = str(row.get("type", "")).lower()
    if found != wanted:
        raise GraphError(132012, f"header: Format mismatch, expected {kind}, received {found.upper()}")
    if wanted in message_rules.MEDIA:
        message_rules.check_media(call, number, wanted, row.get(wanted))
    elif wanted == "location" and not (row.get("location") or {}).get("latitude"):
        raise GraphError(131008, "header: location needs latitude and longitude")


def _needs(button):
    """The sub_type that a button asks for when sending, ``None`` when it needs nothing."""
    kind = button["type"]
    if kind == "URL":
        return "url" if template_rules.variables(button.get("url")) else None
    return {"COPY_CODE": "copy_code", "MPM": "mpm"}.get(kind)


def _check_buttons(buttons, sent):
    given = {}
    for row in sent:
        try:
            index = int(row.get("index", 0))
        except (TypeError, ValueError):
            raise GraphError(131009, "button: index must be a number") from None
        if not 0 <= index < len(buttons):
            raise GraphError(132000, f"button: there is no button at index {index}")
        given[index] = row
    for index, button in enumerate(buttons):
        wanted, row = _needs(button), given.get(index)
        if wanted and not (row and row.get("parameters")):
            raise GraphError(131008, f"Button at index {index} of type {button['type'].title()} requires a parameter")
        if row is None:
            continue
        kind = str(row.get("sub_type", "")).lower()
        real = {"spm": "spm", "voice_call": "voice_call"}.get(kind, kind)
        if real != button["type"].lower():
            raise GraphError(132012, f"button: index {index} is of type {button['type']}, not {kind or 'missing'}")
        for parameter in row.get("parameters") or []:
            if kind == "copy_code" and not parameter.get("coupon_code"):
                raise GraphError(131008, "button: coupon_code is required")
            if kind == "url" and re.search(r"\s", value_of(parameter)):
                raise GraphError(132018, "button: the URL suffix can't have spaces")


def _check_cards(call, number, cards, component, named):
    given = (component or {}).get("cards") or []
    if cards[0]["components"][0].get("format") == "PRODUCT" and 2 <= len(given) <= 10:
        # Product cards are alike: the template shows the pattern, the message says how many.
        cards = [cards[0]] * len(given)
    if len(given) != len(cards):
        raise GraphError(132000, f"carousel: {len(cards)} cards expected, {len(given)} received")
    for card, sent in zip(cards, sorted(given, key=lambda row: int(row.get("card_index", 0))), strict=True):
        parts = {part["type"]: part for part in card["components"]}
        rows = [{**row, "type": str(row.get("type", "")).lower()} for row in sent.get("components") or []]
        by_type = {row["type"]: row for row in rows if row["type"] != "button"}
        _check_header(call, number, parts.get("HEADER"), by_type.get("header"), named)
        if "BODY" in parts:
            _check_texts("BODY", parts["BODY"].get("text"), by_type.get("body"), named)
        _check_buttons(parts.get("BUTTONS", {}).get("buttons") or [], [row for row in rows if row["type"] == "button"])


def _check_authentication(by_type, sent):
    """The code stands in the body and in the button (Meta, "Authentication templates", 2025)."""
    body = by_type.get("body", {}).get("parameters") or []
    button = next((row for row in sent if row["type"] == "button"), {}).get("parameters") or []
    if len(body) != 1:
        raise GraphError(
            132000,
            f"body: number of localizable_params ({len(body)}) does not match the expected number of params (1)",
        )
    if len(button) != 1:
        raise GraphError(131008, "Button at index 0 of type Url requires a parameter")
    for row in (*body, *button):
        if len(value_of(row)) > 15:
            raise GraphError(132018, "The code may have up to 15 characters.")
