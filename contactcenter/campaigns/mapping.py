"""The variables of a template and what each person gets for them: a fixed text, a column, a name. Pure."""

import re
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from contactcenter.forms import GREETING
from templates_hsm.components import check_send_values, read, scan
from templates_hsm.components.media import own_file
from templates_hsm.components.reading import MEDIA_FORMATS
from templates_hsm.components.sending import BODY_LIMIT, HEADER_LIMIT

TEXT, NAME, FIRST_NAME, COLUMN = "text", "name", "first_name", "column"
OWN, FILE = "own", "file"
"""A file at the top of the message or a card: the one that the template was made with, or another one."""
FILES = (OWN, FILE)
_FILE_MARK = "file:"
SPACES = re.compile(r"\s+")
MISSING, TOO_LONG = 131008, 132005


@dataclass(frozen=True, slots=True)
class Slot:
    """One variable: ``key`` is ``body.1``, ``header.name``, ``header_link`` or ``button.0``; on a card ``card.0.…``."""

    key: str
    label: str
    sample: str
    name: str
    greets: bool = False
    """It stands behind "Hello", where a first name belongs."""
    media: str = ""
    """``IMAGE``, ``VIDEO``, ``DOCUMENT`` or ``GIF`` where a file belongs."""
    handle: str = ""
    """The template's sample for it, and the reference of our file where it is one of ours."""
    own: str = ""


def can_be_mapped(definition):
    """Whether a list can fill this template: no offers, catalogs, products, places or one-time codes."""
    template = read(definition)
    return (
        template.category != "AUTHENTICATION"
        and template.offer is None
        and _fits(template)
        and all(_fits(card) and card.header is not None for card in template.cards)
    )


def _fits(part):
    """Whether cells can fill the header and the buttons of a message or a card."""
    header = part.header.format if part.header else "TEXT"
    kinds = {button.kind for button in part.buttons}
    return (header == "TEXT" or header in MEDIA_FORMATS) and not kinds & {"MPM", "SPM", "CATALOG"}


def slots(definition):
    """The variables of a template in the order of the message."""
    template = read(definition)
    found = _slots(template)
    for card in template.cards:
        start = _("Card %(n)s") % {"n": card.index + 1}
        found += [
            replace(slot, key=f"card.{card.index}.{slot.key}", label=f"{start}: {slot.label}", greets=False)
            for slot in _slots(card)
        ]
    return found


def place_of(key):
    """The place in the message of what a slot fills: 0 for the message itself, 1, 2… for its cards."""
    return int(key.split(".")[1]) + 1 if key.startswith("card.") else 0


def _slots(part):
    """The variables of a message or of one card."""
    found = []
    if part.header is not None and part.header.format in MEDIA_FORMATS:
        handle = next(iter(part.header.handles), "")
        own = own_file(handle)
        kind = part.header.format
        found.append(
            Slot("header_link", _("File at the top"), "", "link", media=kind, handle=handle, own=own[1] if own else "")
        )
    elif part.header is not None:
        found += _texts("header", part.header)
    if part.body is not None:
        found += _texts("body", part.body)
    for button in part.buttons:
        if button.kind == "URL" and scan(button.url).found:
            label = _("End of the address of “%(button)s”") % {"button": button.text}
            found.append(Slot(f"button.{button.index}", label, "", "link"))
        elif button.kind == "COPY_CODE":
            found.append(Slot(f"button.{button.index}", _("Coupon code"), "", "code"))
    return found


def _texts(part, piece):
    for name in scan(piece.text).names:
        words = _("Value {{%(n)s}}") % {"n": name} if name.isdigit() else name.replace("_", " ").capitalize()
        greets = name == "1" and bool(GREETING.search(piece.text))
        yield Slot(f"{part}.{name}", words, piece.examples.get(name, ""), name, greets)


def fill(mapping, *, cells=(), name=""):
    """The values for one person, as templates take them; empty ones are left out."""
    values, cards = {"body": {}, "buttons": {}}, {}
    for key, rule in mapping.items():
        part, _dot, rest = key.partition(".")
        target = values
        if part == "card":
            place, _dot, rest = rest.partition(".")
            part, _dot, rest = rest.partition(".")
            target = cards.setdefault(int(place), {"body": {}, "buttons": {}})
        if part == "header_link" and rule.get("from") in FILES:
            if rule.get("file"):
                target["header"] = {"id": _FILE_MARK + rule["file"], "filename": rule.get("name", "")}
            continue
        value = _value(rule, cells, name)
        if not value:
            continue
        if part == "header_link":
            target["header"] = {"link": value}
        elif part == "button":
            target["buttons"][rest] = value
        else:
            target.setdefault(part, {})[rest] = value
    if cards:
        values["cards"] = [cards.get(place, {}) for place in range(max(cards) + 1)]
    return values


def files_in(mapping):
    """The references of the files that a mapping names, each once."""
    return sorted({rule["file"] for rule in mapping.values() if rule.get("from") in FILES and rule.get("file")})


def file_in(header):
    """The reference of the file that a header of ``fill`` names, or ``""``."""
    marked = header.get("id", "") if isinstance(header, dict) else ""
    return marked[len(_FILE_MARK) :] if marked.startswith(_FILE_MARK) else ""


def to_show(values):
    """``values`` for a preview: a file of ours is left to what ``preview`` is told about files."""
    kept = {part: given for part, given in values.items() if part != "header" or not file_in(given)}
    if "cards" in kept:
        kept["cards"] = [to_show(card) for card in kept["cards"]]
    return kept


def _value(rule, cells, name):
    source, text = rule.get("from", TEXT), rule.get("text", "")
    if source == COLUMN:
        at = rule.get("column", -1)
        found = cells[at] if 0 <= at < len(cells) else ""
    elif source == NAME:
        found = name
    elif source == FIRST_NAME:
        found = name.split()[0] if name.strip() else ""
    else:
        found = ""
    # WhatsApp takes no line breaks and no rows of spaces inside a value (132018).
    return SPACES.sub(" ", found.replace("\x00", "")).strip() or SPACES.sub(" ", text).strip()


class Fit:
    """Whether values fit a template, asked for many people: what plainly fits is told without the full check."""

    def __init__(self, definition):
        self.template = read(definition)
        self._plain = self._plain_parts()

    def _plain_parts(self):
        """``[(part, names, characters that values may have)]``, or ``None`` where only the full check can tell."""
        template = self.template
        header = template.header.format if template.header else "TEXT"
        buttons = any(button.kind == "COPY_CODE" or scan(button.url).found for button in template.buttons)
        if header != "TEXT" or buttons or template.cards or template.offer or template.category == "AUTHENTICATION":
            return None
        parts = [("header", template.header, HEADER_LIMIT), ("body", template.body, BODY_LIMIT)]
        return [
            (name, set(names), limit - len(part.text))
            for name, part, limit in parts
            if part is not None and (names := scan(part.text).names)
        ]

    def problem(self, values):
        """``(reason, which value)`` if these values, as ``fill`` made them, don't fit; ``("", "")`` if they do."""
        if self._plain is not None and all(
            values.get(part, {}).keys() == names and sum(map(len, values[part].values())) <= room
            for part, names, room in self._plain
        ):
            return "", ""
        problems = check_send_values(self.template, values)
        if not problems:
            return "", ""
        first = problems[0]
        reason = {MISSING: "missing_value", TOO_LONG: "value_too_long"}.get(first.code, "bad_value")
        return reason, first.path
