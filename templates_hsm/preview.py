"""What a template looks like on a phone, as a model that a page renders; also used for templates in the inbox.

No HTML here: texts come as spans with their formatting, so a page can escape them. Sources: Meta, Template components,
2025-11-04 (buttons, desktop); Authentication templates, 2025-11-14 (fixed texts). How many lines a phone shows before
"Read more" is an observation, not a promise of the platform.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from . import languages
from .components import Body, Button, Card, Definition, Header, read, scan
from .components.reading import MEDIA_FORMATS
from .components.variables import as_values
from .formatting import CLOSE, OPEN, Block, Span, parse, plain_text

__all__ = ["Block", "ButtonModel", "CardModel", "HeaderModel", "PreviewModel", "Span", "preview", "visible_text"]

_LINE = 34
_MARKETING_LINES = 5
_VISIBLE_BUTTONS = 3
_SENTINELS = re.compile(f"[{OPEN}{CLOSE}]")
_PLACEHOLDER = re.compile(r"\{\{([^{}]*)\}\}")

# The platform writes these; the reader's phone shows them in the template's language.
_CODE_TEXT = {
    "en": "*{{1}}* is your verification code.",
    "es": "*{{1}}* es tu código de verificación.",
    "pt": "*{{1}}* é o seu código de verificação.",
}
_CODE_ADVICE = {
    "en": "For your security, do not share this code.",
    "es": "Por tu seguridad, no lo compartas.",
    "pt": "Para sua segurança, não o compartilhe.",
}
_CODE_EXPIRY = {
    "en": "This code expires in {minutes} minutes.",
    "es": "Este código caduca en {minutes} minutos.",
    "pt": "Este código expira em {minutes} minutos.",
}
_FIXED_LABELS = {
    "COPY_CODE": {"en": "Copy offer code", "es": "Copiar código de la oferta", "pt": "Copiar código da oferta"},
    "OTP": {"en": "Copy code", "es": "Copiar código", "pt": "Copiar código"},
    "CATALOG": {"en": "View catalog", "es": "Ver catálogo", "pt": "Ver catálogo"},
    "MPM": {"en": "View items", "es": "Ver artículos", "pt": "Ver itens"},
    "SPM": {"en": "View", "es": "Ver", "pt": "Ver"},
    "VOICE_CALL": {"en": "Call on WhatsApp", "es": "Llamar por WhatsApp", "pt": "Ligar pelo WhatsApp"},
    "REQUEST_CONTACT_INFO": {"en": "Share contact info", "es": "Compartir contacto", "pt": "Compartilhar contato"},
}

NOTE_DESKTOP = "desktop"
NOTE_MORE_BUTTONS = "more_buttons"
NOTE_TRUNCATED = "truncated"
NOTE_FIXED_TEXT = "fixed_text"
NOTE_VALUES_MISSING = "values_missing"

NOTES = {
    NOTE_DESKTOP: _("WhatsApp on a computer shows a notice instead of this message."),
    NOTE_MORE_BUTTONS: _("The phone shows two buttons and an entry for the rest."),
    NOTE_TRUNCATED: _("The phone cuts the text after about five lines and offers to read more."),
    NOTE_FIXED_TEXT: _("The platform writes this text; the wording on the phone may differ a little."),
    NOTE_VALUES_MISSING: _("Values in braces are filled in when you send."),
}

ICONS = {
    "URL": "external",
    "PHONE_NUMBER": "phone",
    "QUICK_REPLY": "reply",
    "COPY_CODE": "tag",
    "OTP": "lock",
    "VOICE_CALL": "phone",
    "FLOW": "note",
}


@dataclass(frozen=True, slots=True)
class Note:
    """A remark below the preview: a ``code`` for programs and a sentence for people."""

    code: str
    text: object


@dataclass(frozen=True, slots=True)
class HeaderModel:
    """``kind`` is text, image, video, document, gif, location or product; ``spans`` only for text.

    ``file`` is what the ``files`` of ``preview`` hold for the sample, for a page that can show it.
    """

    kind: str
    spans: tuple[Span, ...] = ()
    link: str = ""
    name: str = ""
    file: object = None

    @property
    def text(self) -> str:
        """The words of a text header."""
        return "".join(span.text for span in self.spans)


@dataclass(frozen=True, slots=True)
class ButtonModel:
    """``kind`` in lower case ("url", "quick_reply"), the label, and where it leads (address, number or code)."""

    kind: str
    label: str
    target: str
    icon: str


@dataclass(frozen=True, slots=True)
class CardModel:
    """One card of a carousel."""

    header: HeaderModel | None
    body_blocks: tuple[Block, ...]
    buttons: tuple[ButtonModel, ...]


@dataclass(frozen=True, slots=True)
class PreviewModel:
    """The message as a reader would see it."""

    header: HeaderModel | None
    offer: str
    body_blocks: tuple[Block, ...]
    footer: str
    buttons: tuple[ButtonModel, ...]
    cards: tuple[CardModel, ...]
    direction: str
    language: str
    truncated: bool
    notes: tuple[Note, ...]

    @property
    def shown_buttons(self) -> tuple[ButtonModel, ...]:
        """The buttons a phone shows at once; of more than three it shows two."""
        return self.buttons if len(self.buttons) <= _VISIBLE_BUTTONS else self.buttons[: _VISIBLE_BUTTONS - 1]

    @property
    def hidden_buttons(self) -> tuple[ButtonModel, ...]:
        """The buttons behind the phone's "See all options"."""
        return self.buttons[len(self.shown_buttons) :]


def preview(definition, values: Mapping | None = None, *, files: Mapping | None = None) -> PreviewModel:
    """The model for ``definition``; never fails.

    ``values`` has the shape that ``components.send_components`` takes; without it the samples of the definition fill
    the variables, and what has neither stays in braces. Spans of variables carry the variable's name. ``files`` says
    for the handle of a media header what a page shows for it.
    """
    template = read(definition)
    given = values if isinstance(values, Mapping) else None
    tongue = languages.base(template.language)
    tongue = tongue if tongue in _CODE_TEXT else "en"
    notes: list[str] = []
    header, offer, footer = None, "", ""
    if template.category == "AUTHENTICATION":
        blocks, footer = _code(template, given, tongue)
        notes.append(NOTE_FIXED_TEXT)
    else:
        header = _header(template.header, _of(given, "header"), given is None, files)
        blocks = _body(template.body, _of(given, "body"), given is None)
        offer = template.offer.text if template.offer else ""
        footer = template.footer.text if template.footer else ""
    buttons = _buttons(template.buttons, given, tongue)
    cards = tuple(_card(card, given, tongue, files) for card in template.cards)
    truncated = template.category == "MARKETING" and _lines(blocks) > _MARKETING_LINES
    notes += _notes(template, blocks, header, truncated)
    return PreviewModel(
        header=header,
        offer=offer,
        body_blocks=blocks,
        footer=footer,
        buttons=buttons,
        cards=cards,
        direction=languages.direction(template.language),
        language=template.language,
        truncated=truncated,
        notes=tuple(Note(code, NOTES[code]) for code in notes),
    )


def visible_text(model: PreviewModel) -> str:
    """The words of a preview without formatting, a line for each part: for lists, search, copying and tests."""
    lines = []
    if model.header is not None:
        lines.append(model.header.text if model.header.kind == "text" else f"[{model.header.kind}]")
    if model.offer:
        lines.append(model.offer)
    lines.append(plain_text(model.body_blocks))
    if model.footer:
        lines.append(model.footer)
    lines += [f"[{button.label}]" for button in model.buttons]
    for card in model.cards:
        lines.append(f"[{card.header.kind}]" if card.header else "")
        lines.append(plain_text(card.body_blocks))
        lines += [f"[{button.label}]" for button in card.buttons]
    return "\n".join(line for line in lines if line)


def _marked(text: str, table: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """``text`` with each variable between sentinels, filled when a value is known, and the names in order."""
    names: list[str] = []
    text = _SENTINELS.sub("", text)
    known = {place.name for place in scan(text).found}

    def replace(match: re.Match) -> str:
        if match[1] not in known:
            return match[0]
        names.append(match[1])
        # A value is one line: the platform refuses line breaks in it.
        value = " ".join(_SENTINELS.sub("", table.get(match[1]) or match[0]).split("\n"))
        return f"{OPEN}{value}{CLOSE}"

    return _PLACEHOLDER.sub(replace, text), tuple(names)


def _table(part: Header | Body, values, use_samples: bool) -> dict[str, str]:
    if use_samples:
        return {name: sample for name, sample in part.examples.items() if sample}
    names = scan(part.text).names
    if isinstance(values, str) and names:
        return {names[0]: values}
    return as_values(values)


def _of(values: Mapping | None, part: str):
    """What was given for a part; ``None`` if nothing was."""
    return None if values is None else values.get(part)


def _header(header: Header | None, value, use_samples: bool, files: Mapping | None) -> HeaderModel | None:
    if header is None:
        return None
    if header.format == "TEXT":
        text, names = _marked(header.text, _table(header, value, use_samples))
        blocks = parse(text, names, inline=False)
        return HeaderModel("text", blocks[0].lines[0] if blocks else ())
    given = value if isinstance(value, Mapping) else {}
    link = given.get("link")
    name = given.get("filename") or given.get("name") or ""
    file = (files or {}).get(next(iter(header.handles), "")) if value is None else None
    return HeaderModel(header.format.lower(), (), link if isinstance(link, str) else "", str(name), file)


def _body(body: Body | None, values, use_samples: bool) -> tuple[Block, ...]:
    if body is None:
        return ()
    text, names = _marked(body.text, _table(body, values, use_samples))
    return parse(text, names)


def _code(template: Definition, given: Mapping | None, tongue: str) -> tuple[tuple[Block, ...], str]:
    code = ""
    if given is not None:
        code = str(given.get("code") or as_values(given.get("body")).get("1", ""))
    text, names = _marked(_CODE_TEXT[tongue], {"1": code} if code else {})
    if template.body is not None and template.body.add_security_recommendation:
        text = f"{text} {_CODE_ADVICE[tongue]}"
    footer = ""
    if template.footer is not None and template.footer.code_expiration_minutes is not None:
        footer = _CODE_EXPIRY[tongue].format(minutes=template.footer.code_expiration_minutes)
    return parse(text, names), footer


def _buttons(buttons: tuple[Button, ...], given: Mapping | None, tongue: str) -> tuple[ButtonModel, ...]:
    values = given.get("buttons") if given is not None else None
    return tuple(_button(button, values, tongue) for button in buttons)


def _button(button: Button, values, tongue: str) -> ButtonModel:
    value = None
    if isinstance(values, Mapping):
        value = values.get(str(button.index), values.get(button.index))
    elif isinstance(values, list | tuple) and button.index < len(values):
        value = values[button.index]
    fixed = _FIXED_LABELS.get(button.kind, {}).get(tongue, "")
    label = button.text or fixed or button.kind.replace("_", " ").capitalize()
    target = ""
    if button.kind == "URL":
        target = _address(button, value)
    elif button.kind == "PHONE_NUMBER":
        target = button.phone_number
    elif button.kind == "COPY_CODE":
        target = value if isinstance(value, str) else next(iter(button.example), "")
    return ButtonModel(button.kind.lower(), label, target, ICONS.get(button.kind, "menu"))


def _address(button: Button, value) -> str:
    found = scan(button.url).found
    if not found:
        return button.url
    start = button.url[: found[0].start]
    if value is not None:
        return start + str(value)
    sample = next(iter(button.example), "")
    if sample:
        return sample if "://" in sample else start + sample
    return button.url


def _card(card: Card, given: Mapping | None, tongue: str, files: Mapping | None) -> CardModel:
    cards = given.get("cards") if given is not None else None
    own: Mapping | None = None
    if given is not None:
        own = {}
        if isinstance(cards, list | tuple) and card.index < len(cards) and isinstance(cards[card.index], Mapping):
            own = cards[card.index]
    return CardModel(
        header=_header(card.header, _of(own, "header"), own is None, files),
        body_blocks=_body(card.body, _of(own, "body"), own is None),
        buttons=_buttons(card.buttons, own, tongue),
    )


def _lines(blocks: tuple[Block, ...]) -> int:
    """How many lines a phone of usual width needs, roughly."""
    total = 0
    for position, block in enumerate(blocks):
        total += 1 if position and block.kind == "paragraph" else 0
        for line in block.lines:
            total += 1 + max(0, sum(len(span.text) for span in line) - 1) // _LINE
    return total


def _notes(template: Definition, blocks, header, truncated: bool) -> list[str]:
    notes = []
    quick = [button.kind == "QUICK_REPLY" for button in template.buttons]
    if len(quick) >= 4 or (any(quick) and not all(quick)):
        notes.append(NOTE_DESKTOP)
    if len(quick) > _VISIBLE_BUTTONS:
        notes.append(NOTE_MORE_BUTTONS)
    if truncated:
        notes.append(NOTE_TRUNCATED)
    spans = [span for block in blocks for line in block.lines for span in line]
    if header is not None and header.kind not in {kind.lower() for kind in MEDIA_FORMATS}:
        spans += header.spans
    if any(span.variable and span.text == "{{" + span.variable + "}}" for span in spans):
        notes.append(NOTE_VALUES_MISSING)
    return notes
