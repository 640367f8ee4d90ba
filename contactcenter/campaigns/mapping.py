"""The variables of a template and what each person gets for them: a fixed text, a column, a name. Pure."""

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from contactcenter.forms import GREETING
from templates_hsm.components import check_send_values, read, scan
from templates_hsm.components.reading import MEDIA_FORMATS
from templates_hsm.components.sending import BODY_LIMIT, HEADER_LIMIT

TEXT, NAME, FIRST_NAME, COLUMN = "text", "name", "first_name", "column"
SPACES = re.compile(r"\s+")
MISSING, TOO_LONG = 131008, 132005


@dataclass(frozen=True, slots=True)
class Slot:
    """One variable: ``key`` is ``body.1``, ``header.name``, ``header_link`` or ``button.0``."""

    key: str
    label: str
    sample: str
    name: str
    greets: bool = False
    """It stands behind "Hello", where a first name belongs."""


def can_be_mapped(definition):
    """Whether a list can fill this template: no carousels, offers, catalogs, places or one-time codes."""
    template = read(definition)
    header = template.header.format if template.header else "TEXT"
    return (
        template.category != "AUTHENTICATION"
        and not template.cards
        and template.offer is None
        and (header == "TEXT" or header in MEDIA_FORMATS)
        and not {button.kind for button in template.buttons} & {"MPM", "SPM", "CATALOG"}
    )


def slots(definition):
    """The variables of a template in the order of the message."""
    template, found = read(definition), []
    if template.header is not None and template.header.format in MEDIA_FORMATS:
        found.append(Slot("header_link", _("Address of the file at the top (https://…)"), "", "link"))
    elif template.header is not None:
        found += _texts("header", template.header)
    if template.body is not None:
        found += _texts("body", template.body)
    for button in template.buttons:
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
    values = {"body": {}, "buttons": {}}
    for key, rule in mapping.items():
        value = _value(rule, cells, name)
        part, _dot, rest = key.partition(".")
        if not value:
            continue
        if part == "header_link":
            values["header"] = {"link": value}
        elif part == "button":
            values["buttons"][rest] = value
        else:
            values.setdefault(part, {})[rest] = value
    return values


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
