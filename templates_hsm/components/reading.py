"""A create call's body, read into typed parts, and written back in one canonical shape.

Reading never fails: what is missing, of the wrong type or unknown is left empty, and the linter says so. Types and
formats are read in any case and written in capitals (Meta, Template components, 2025-11-04).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .variables import examples_of

COMPONENT_ORDER = (
    "HEADER",
    "LIMITED_TIME_OFFER",
    "BODY",
    "FOOTER",
    "BUTTONS",
    "CAROUSEL",
    "CALL_PERMISSION_REQUEST",
)
MEDIA_FORMATS = frozenset({"IMAGE", "VIDEO", "DOCUMENT", "GIF"})
_UPPER_KEYS = ("type", "format", "otp_type", "flow_action")


@dataclass(frozen=True, slots=True)
class Header:
    """``format`` is TEXT, IMAGE, VIDEO, DOCUMENT, GIF, LOCATION, PRODUCT or whatever was written."""

    path: str
    format: str
    text: str
    examples: Mapping[str, str]
    handles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Body:
    """``has_text`` tells an absent text (authentication) from an empty one."""

    path: str
    text: str
    has_text: bool
    examples: Mapping[str, str]
    add_security_recommendation: bool


@dataclass(frozen=True, slots=True)
class Footer:
    """Own text, or the minutes after which an authentication code expires."""

    path: str
    text: str
    has_text: bool
    code_expiration_minutes: object


@dataclass(frozen=True, slots=True)
class Button:
    """One button; ``index`` is its position in the array, which sends refer to."""

    path: str
    index: int
    kind: str
    text: str
    url: str
    phone_number: str
    example: tuple[str, ...]
    otp_type: str
    raw: Mapping


@dataclass(frozen=True, slots=True)
class LimitedTimeOffer:
    """The banner of an offer that ends."""

    path: str
    text: str
    has_expiration: bool


@dataclass(frozen=True, slots=True)
class Card:
    """One card of a carousel."""

    path: str
    index: int
    header: Header | None
    body: Body | None
    buttons: tuple[Button, ...]
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Definition:
    """A template as someone wants to create it. ``kinds`` lists the component types in the order given."""

    raw: Mapping
    name: str
    language: str
    languages: tuple[str, ...]
    category: str
    parameter_format: str
    ttl: object
    header: Header | None
    body: Body | None
    footer: Footer | None
    buttons: tuple[Button, ...]
    buttons_path: str
    offer: LimitedTimeOffer | None
    cards: tuple[Card, ...]
    carousel_path: str
    call_permission: bool
    from_library: bool
    kinds: tuple[str, ...]
    unread: tuple[str, ...] = field(default=())

    @property
    def named(self) -> bool:
        """Whether variables carry names; counted is the default."""
        return self.parameter_format == "NAMED"


def _mapping(value) -> Mapping:
    return value if isinstance(value, Mapping) else {}


def _list(value) -> list:
    return value if isinstance(value, list) else list(value) if isinstance(value, tuple) else []


def _text(value) -> str:
    return value if isinstance(value, str) else ""


def _upper(value) -> str:
    return value.strip().upper() if isinstance(value, str) else ""


def _texts(value) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(item for item in _list(value) if isinstance(item, str))


def _header(raw: Mapping, path: str) -> Header:
    example = _mapping(raw.get("example"))
    shape = _upper(raw.get("format"))
    if not shape and isinstance(raw.get("text"), str):
        shape = "TEXT"
    return Header(
        path=path,
        format=shape,
        text=_text(raw.get("text")),
        examples=examples_of(example, "header_text"),
        handles=tuple(handle for handle in _texts(example.get("header_handle")) if handle.strip()),
    )


def _body(raw: Mapping, path: str) -> Body:
    return Body(
        path=path,
        text=_text(raw.get("text")),
        has_text=isinstance(raw.get("text"), str),
        examples=examples_of(raw.get("example"), "body_text"),
        add_security_recommendation=raw.get("add_security_recommendation") is True,
    )


def _buttons(raw: Mapping, path: str) -> tuple[Button, ...]:
    buttons = []
    for index, entry in enumerate(_list(raw.get("buttons"))):
        button = _mapping(entry)
        number = button.get("phone_number")
        buttons.append(
            Button(
                path=f"{path}.buttons.{index}",
                index=index,
                kind=_upper(button.get("type")),
                text=_text(button.get("text")),
                url=_text(button.get("url")),
                phone_number=str(number) if isinstance(number, int) and not isinstance(number, bool) else _text(number),
                example=_texts(button.get("example")),
                otp_type=_upper(button.get("otp_type")),
                raw=button,
            )
        )
    return tuple(buttons)


def _card(raw: Mapping, path: str, index: int) -> Card:
    header = body = None
    buttons: tuple[Button, ...] = ()
    kinds = []
    for position, entry in enumerate(_list(raw.get("components"))):
        component = _mapping(entry)
        kind, here = _upper(component.get("type")), f"{path}.components.{position}"
        kinds.append(kind)
        if kind == "HEADER" and header is None:
            header = _header(component, here)
        elif kind == "BODY" and body is None:
            body = _body(component, here)
        elif kind == "BUTTONS" and not buttons:
            buttons = _buttons(component, here)
    return Card(path, index, header, body, buttons, tuple(kinds))


def read(definition) -> Definition:
    """Read the body of a create call; any value is accepted, and a ``Definition`` comes back as it is."""
    if isinstance(definition, Definition):
        return definition
    raw = _mapping(definition)
    found: dict = {}
    cards: tuple[Card, ...] = ()
    buttons: tuple[Button, ...] = ()
    buttons_path = carousel_path = ""
    kinds, unread = [], []
    for index, entry in enumerate(_list(raw.get("components"))):
        path = f"components.{index}"
        if not isinstance(entry, Mapping):
            unread.append(path)
            continue
        kind = _upper(entry.get("type"))
        kinds.append(kind)
        if kind in found:
            continue
        if kind == "HEADER":
            found[kind] = _header(entry, path)
        elif kind == "BODY":
            found[kind] = _body(entry, path)
        elif kind == "FOOTER":
            text = entry.get("text")
            found[kind] = Footer(path, _text(text), isinstance(text, str), entry.get("code_expiration_minutes"))
        elif kind == "BUTTONS":
            found[kind], buttons_path, buttons = True, path, _buttons(entry, path)
        elif kind == "LIMITED_TIME_OFFER":
            offer = _mapping(entry.get("limited_time_offer"))
            found[kind] = LimitedTimeOffer(path, _text(offer.get("text")), offer.get("has_expiration") is True)
        elif kind == "CAROUSEL":
            found[kind], carousel_path = True, path
            cards = tuple(
                _card(_mapping(card), f"{path}.cards.{position}", position)
                for position, card in enumerate(_list(entry.get("cards")))
            )
        elif kind == "CALL_PERMISSION_REQUEST":
            found[kind] = True
        else:
            unread.append(path)
    return Definition(
        raw=raw,
        name=_text(raw.get("name")),
        language=_text(raw.get("language")),
        languages=_texts(raw.get("languages")) if isinstance(raw.get("languages"), list | tuple) else (),
        category=_upper(raw.get("category")),
        parameter_format=_upper(raw.get("parameter_format")),
        ttl=raw.get("message_send_ttl_seconds"),
        header=found.get("HEADER"),
        body=found.get("BODY"),
        footer=found.get("FOOTER"),
        buttons=buttons,
        buttons_path=buttons_path,
        offer=found.get("LIMITED_TIME_OFFER"),
        cards=cards,
        carousel_path=carousel_path,
        call_permission="CALL_PERMISSION_REQUEST" in found,
        from_library=isinstance(raw.get("library_template_name"), str),
        kinds=tuple(kinds),
        unread=tuple(unread),
    )


def to_api(definition) -> dict:
    """The canonical body for the create or edit call: capitals, components in a fixed order, samples in Meta's shape.

    Fields this module does not know are kept. Empty texts and empty components are left out.
    """
    raw = definition.raw if isinstance(definition, Definition) else _mapping(definition)
    body = {key: value for key, value in raw.items() if value is not None and key != "components"}
    for key in ("category", "parameter_format"):
        if isinstance(body.get(key), str):
            body[key] = body[key].strip().upper()
    if "components" in raw:
        body["components"] = _canonical_components(raw["components"])
    return body


def _canonical_components(components) -> list:
    written = [_canonical(entry) for entry in _list(components) if isinstance(entry, Mapping)]
    order = {kind: position for position, kind in enumerate(COMPONENT_ORDER)}
    kept = [component for component in written if not _is_empty(component)]
    return sorted(kept, key=lambda component: order.get(component.get("type"), len(order)))


def _is_empty(component: dict) -> bool:
    kind = component.get("type")
    if kind == "BUTTONS":
        return not component.get("buttons")
    if kind == "FOOTER":
        return not component.get("text") and component.get("code_expiration_minutes") is None
    if kind == "HEADER":
        return component.get("format") in (None, "", "TEXT") and not component.get("text")
    return False


def _canonical(component: Mapping) -> dict:
    written = {key: value for key, value in component.items() if value is not None}
    for key in _UPPER_KEYS:
        # The API takes and gives flow_action in lower case.
        if isinstance(written.get(key), str):
            shown = written[key].strip()
            written[key] = shown.lower() if key == "flow_action" else shown.upper()
    if written.get("type") == "HEADER" and not written.get("format") and isinstance(written.get("text"), str):
        written["format"] = "TEXT"
    example = written.get("example")
    if written.get("type") == "BODY" and isinstance(example, Mapping) and "body_text" in example:
        samples = example["body_text"]
        if isinstance(samples, str):
            samples = [samples]
        if isinstance(samples, list) and samples and not isinstance(samples[0], list):
            samples = [samples]
        written["example"] = {**example, "body_text": samples}
    if isinstance(written.get("buttons"), list):
        written["buttons"] = [_canonical(button) for button in written["buttons"] if isinstance(button, Mapping)]
    if isinstance(written.get("cards"), list):
        written["cards"] = [
            {**card, "components": _canonical_components(card.get("components"))}
            for card in written["cards"]
            if isinstance(card, Mapping)
        ]
    return written
