"""From a template and the values for one person to the ``components`` array of a send, and what is wrong with them.

Values are one mapping::

    {"header": "Marta"                       # or {"1": …}; media: {"id": …} or {"link": …, "filename": …};
                                             # location: {"latitude", "longitude", "name", "address"}
     "body": ["Marta", "A-5521"],            # or {"nombre": …} for named templates
     "buttons": {"0": "A-5521"},             # URL ending, coupon code, quick-reply payload, flow or catalog object
     "code": "123456",                       # authentication: goes into body and button
     "expires_at_ms": 1790000000000,         # limited-time offer
     "cards": [{"header": …, "body": …, "buttons": …}, …]}

Source: Meta, Send message templates, and Error codes, 2026-05-15 (132000, 132005, 132012, 132018, 131008).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from .reading import MEDIA_FORMATS, Body, Button, Definition, Header, read
from .variables import as_values, fill, scan

MISSING_VALUE = 131008
COUNT_MISMATCH = 132000
TOO_LONG = 132005
WRONG_FORM = 132012
FORBIDDEN_CHARACTERS = 132018

BODY_LIMIT = 1024
OFFER_BODY_LIMIT = 600
CARD_BODY_LIMIT = 160
HEADER_LIMIT = 60
URL_LIMIT = 2000
CODE_LIMIT = 15
COUPON_LIMIT = 20
PAYLOAD_LIMIT = 128

_FORBIDDEN = re.compile(r"[\n\r\t]| {5,}")
_NOT_A_CODE = re.compile(r"[^A-Za-z0-9]")
_URL_SAFE = "/?=&%:;,.-_~!$'()*+@#"


@dataclass(frozen=True, slots=True)
class SendProblem:
    """``code`` is the error the platform would give; ``path`` names the value ("body.1", "buttons.0")."""

    code: int
    path: str
    limit: int | None = None


class SendValueError(ValueError):
    """The values do not fit the template; ``problems`` says where and which error the platform would give."""

    def __init__(self, problems):
        self.problems = tuple(problems)
        super().__init__(", ".join(f"{problem.code} at {problem.path}" for problem in self.problems))


def check_send_values(definition, values) -> list[SendProblem]:
    """What the platform would refuse about ``values``, before anything is sent. Empty when all is well."""
    template, given = read(definition), _mapping(values)
    if template.category == "AUTHENTICATION":
        return _code_problems(_code(given))
    limit = OFFER_BODY_LIMIT if template.offer else BODY_LIMIT
    problems = _header_problems(template.header, given.get("header"), "header")
    problems += _text_problems(template.body, given.get("body"), "body", limit)
    problems += _button_problems(template.buttons, given.get("buttons"), "buttons")
    if template.offer and template.offer.has_expiration and not isinstance(given.get("expires_at_ms"), int):
        problems.append(SendProblem(MISSING_VALUE, "expires_at_ms"))
    if template.cards:
        cards = given.get("cards")
        cards = cards if isinstance(cards, list | tuple) else []
        if len(cards) not in (0, len(template.cards)):
            problems.append(SendProblem(COUNT_MISMATCH, "cards"))
        for card in template.cards:
            own = _mapping(cards[card.index]) if card.index < len(cards) else {}
            problems += _header_problems(card.header, own.get("header"), f"cards.{card.index}.header")
            problems += _text_problems(card.body, own.get("body"), f"cards.{card.index}.body", CARD_BODY_LIMIT)
            problems += _button_problems(card.buttons, own.get("buttons"), f"cards.{card.index}.buttons")
    return problems


def send_components(definition, values) -> list[dict]:
    """The ``components`` array for a send. Components without variables are left out.

    Raises ``SendValueError`` with every problem when the values do not fit.
    """
    template, given = read(definition), _mapping(values)
    problems = check_send_values(template, given)
    if problems:
        raise SendValueError(problems)
    if template.category == "AUTHENTICATION":
        code = _code(given)
        return [
            {"type": "body", "parameters": [{"type": "text", "text": code}]},
            {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": code}]},
        ]
    components = _parts(template, template.header, template.body, template.buttons, given)
    if template.offer and template.offer.has_expiration:
        timed = {"expiration_time_ms": given["expires_at_ms"]}
        parameter = {"type": "limited_time_offer", "limited_time_offer": timed}
        components.insert(
            1 if components and components[0]["type"] == "header" else 0,
            {"type": "limited_time_offer", "parameters": [parameter]},
        )
    if template.cards:
        given_cards = given.get("cards") or []
        cards = []
        for card in template.cards:
            own = _mapping(given_cards[card.index]) if card.index < len(given_cards) else {}
            parts = _parts(template, card.header, card.body, card.buttons, own)
            cards.append({"card_index": card.index, "components": parts})
        components.append({"type": "carousel", "cards": cards})
    return components


def _mapping(value) -> Mapping:
    return value if isinstance(value, Mapping) else {}


def _code(given: Mapping) -> str:
    code = given.get("code")
    if code is None:
        code = as_values(given.get("body")).get("1", "")
    return str(code)


def _code_problems(code: str) -> list[SendProblem]:
    if not code.strip():
        return [SendProblem(MISSING_VALUE, "code")]
    if len(code) > CODE_LIMIT:
        return [SendProblem(TOO_LONG, "code", CODE_LIMIT)]
    if _FORBIDDEN.search(code) or "://" in code:
        return [SendProblem(FORBIDDEN_CHARACTERS, "code")]
    return []


def _text_problems(part: Body | Header | None, values, path: str, limit: int) -> list[SendProblem]:
    if part is None:
        return []
    names = scan(part.text).names
    table, problems = as_values(values), []
    for name in names:
        value = table.get(name)
        if value is None or not value.strip():
            problems.append(SendProblem(MISSING_VALUE, f"{path}.{name}"))
        elif _FORBIDDEN.search(value):
            problems.append(SendProblem(FORBIDDEN_CHARACTERS, f"{path}.{name}"))
    if len(table) > len(names) and not set(table) <= set(names):
        problems.append(SendProblem(COUNT_MISMATCH, path))
    if not problems and names and len(fill(part.text, table)) > limit:
        problems.append(SendProblem(TOO_LONG, path, limit))
    return problems


def _header_values(header: Header, value):
    """A header has one variable at most, so its value may come as a plain text."""
    return {name: value for name in scan(header.text).names} if isinstance(value, str) else value


def _header_problems(header: Header | None, value, path: str) -> list[SendProblem]:
    if header is None:
        return []
    if header.format == "TEXT":
        return _text_problems(header, _header_values(header, value), path, HEADER_LIMIT)
    if header.format in MEDIA_FORMATS:
        media = _mapping(value)
        if not (media.get("id") or media.get("link")):
            return [SendProblem(MISSING_VALUE, path)]
        return [SendProblem(WRONG_FORM, path)] if media.get("id") and media.get("link") else []
    if header.format == "LOCATION":
        missing = [key for key in ("latitude", "longitude") if _mapping(value).get(key) in (None, "")]
        return [SendProblem(MISSING_VALUE, f"{path}.{key}") for key in missing]
    if header.format == "PRODUCT":
        wanted = ("product_retailer_id", "catalog_id")
        return [SendProblem(MISSING_VALUE, f"{path}.{key}") for key in wanted if not _mapping(value).get(key)]
    return []


def _button_value(values, index: int):
    if isinstance(values, Mapping):
        return values.get(str(index), values.get(index))
    if isinstance(values, list | tuple) and index < len(values):
        return values[index]
    return None


def _button_problems(buttons: tuple[Button, ...], values, path: str) -> list[SendProblem]:
    problems = []
    for button in buttons:
        value, here = _button_value(values, button.index), f"{path}.{button.index}"
        if button.kind == "URL" and scan(button.url).found:
            problems += _short_text(value, here, URL_LIMIT - len(button.url), needed=True)
        elif button.kind == "COPY_CODE":
            problems += _short_text(value, here, COUPON_LIMIT, needed=True)
            if isinstance(value, str) and _NOT_A_CODE.search(value):
                problems.append(SendProblem(FORBIDDEN_CHARACTERS, here))
        elif button.kind == "QUICK_REPLY":
            problems += _short_text(value, here, PAYLOAD_LIMIT, needed=False)
        elif button.kind == "MPM" and not _mapping(value).get("sections"):
            problems.append(SendProblem(MISSING_VALUE, here))
    return problems


def _short_text(value, path: str, limit: int, *, needed: bool) -> list[SendProblem]:
    if value is None or not str(value).strip():
        return [SendProblem(MISSING_VALUE, path)] if needed else []
    text = str(value)
    if _FORBIDDEN.search(text):
        return [SendProblem(FORBIDDEN_CHARACTERS, path)]
    return [SendProblem(TOO_LONG, path, limit)] if len(text) > limit else []


def _parts(template: Definition, header, body, buttons, given: Mapping) -> list[dict]:
    parts = []
    if header is not None:
        parameter = _header_parameter(template, header, given.get("header"))
        if parameter:
            parts.append({"type": "header", "parameters": parameter})
    if body is not None:
        parameters = _text_parameters(template, body.text, given.get("body"))
        if parameters:
            parts.append({"type": "body", "parameters": parameters})
    for button in buttons:
        part = _button_part(button, _button_value(given.get("buttons"), button.index))
        if part:
            parts.append(part)
    return parts


def _text_parameters(template: Definition, text: str, values) -> list[dict]:
    table = as_values(values)
    parameters = []
    for name in scan(text).names:
        parameter = {"type": "text", "text": table[name]}
        if template.named or not name.isdigit():
            parameter["parameter_name"] = name
        parameters.append(parameter)
    return parameters


def _header_parameter(template: Definition, header: Header, value) -> list[dict]:
    if header.format == "TEXT":
        return _text_parameters(template, header.text, _header_values(header, value))
    given = _mapping(value)
    if header.format in MEDIA_FORMATS:
        kind = header.format.lower()
        media = {key: given[key] for key in ("id", "link") if given.get(key)}
        if kind == "document" and given.get("filename"):
            media["filename"] = given["filename"]
        return [{"type": kind, kind: media}]
    if header.format == "LOCATION":
        keys = ("latitude", "longitude", "name", "address")
        return [{"type": "location", "location": {key: str(given[key]) for key in keys if given.get(key) is not None}}]
    if header.format == "PRODUCT":
        product = {key: given[key] for key in ("product_retailer_id", "catalog_id") if given.get(key)}
        return [{"type": "product", "product": product}]
    return []


def _button_part(button: Button, value) -> dict | None:
    if button.kind == "URL" and scan(button.url).found:
        ending = quote(str(value), safe=_URL_SAFE)
        return _button("url", button, {"type": "text", "text": ending})
    if button.kind == "COPY_CODE":
        return _button("copy_code", button, {"type": "coupon_code", "coupon_code": str(value)})
    if button.kind == "QUICK_REPLY" and value not in (None, ""):
        return _button("quick_reply", button, {"type": "payload", "payload": str(value)})
    if button.kind in ("FLOW", "CATALOG", "MPM") and isinstance(value, Mapping):
        return _button(button.kind.lower(), button, {"type": "action", "action": dict(value)})
    if button.kind == "FLOW":
        # The platform wants the flow button named even when the flow needs no data.
        return {"type": "button", "sub_type": "flow", "index": str(button.index)}
    return None


def _button(kind: str, button: Button, parameter: dict) -> dict:
    return {"type": "button", "sub_type": kind, "index": str(button.index), "parameters": [parameter]}
