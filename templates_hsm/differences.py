"""What differs between two texts of a template, and between its languages. Pure: no database."""

import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from templates_hsm.components import read, variables_of
from templates_hsm.components.reading import MEDIA_FORMATS

SAME, GONE, NEW = "same", "gone", "new"
_TOKENS = re.compile(r"\{\{[^{}]*\}\}|\w+|\s+|[^\w\s]")
_MOST_TOKENS = 4000
MUCH_LONGER, LEAST_APART = 1.6, 60
"""A translation is pointed at when it is this many times as long, and by at least so many characters."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a template on both sides; ``old`` and ``new`` are ``(kind, text)`` pieces."""

    label: str
    old: tuple
    new: tuple

    @property
    def changed(self):
        """Whether the two sides differ."""
        return any(kind != SAME for kind, _text in (*self.old, *self.new))


def compare(old, new, *, files: Mapping | None = None):
    """The parts of two definitions side by side, in the order of the message; ``files`` names what a handle holds."""
    before, after = _parts(old, files or {}), _parts(new, files or {})
    labels = list(dict.fromkeys([*before, *after]))
    order = {label: place for place, label in enumerate(_order(before, after))}
    return [
        Part(label, *_pieces(before.get(label, ""), after.get(label, "")))
        for label in sorted(labels, key=lambda label: order.get(label, len(order)))
    ]


def _order(before, after):
    """The labels of the newer text in their order, with those that are gone where they were."""
    found = list(after)
    for place, label in enumerate(before):
        if label not in after:
            found.insert(min(place, len(found)), label)
    return found


def _pieces(old, new):
    if old == new:
        return ((SAME, old),), ((SAME, new),)
    left, right = _TOKENS.findall(old), _TOKENS.findall(new)
    if len(left) + len(right) > _MOST_TOKENS:
        return ((GONE, old),), ((NEW, new),)
    olds, news = [], []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if kind == "equal":
            olds.append((SAME, "".join(left[a:b])))
            news.append((SAME, "".join(right[c:d])))
            continue
        if b > a:
            olds.append((GONE, "".join(left[a:b])))
        if d > c:
            news.append((NEW, "".join(right[c:d])))
    return tuple(olds), tuple(news)


def _parts(definition, files):
    """``{label: text}`` of everything that a template says."""
    template = read(definition)
    found = {_("Name"): template.name, _("Language"): template.language, _("Category"): template.category}
    if template.header is not None:
        found[_("Header")] = _header(template.header, files)
        found |= _samples(template.header)
    if template.body is not None and template.body.has_text:
        found[_("Body")] = template.body.text
        found |= _samples(template.body)
    if template.body is not None and template.body.add_security_recommendation:
        found[_("Advice not to share the code")] = _("yes")
    if template.footer is not None:
        minutes = template.footer.code_expiration_minutes
        found[_("Footer")] = (
            template.footer.text if minutes is None else f"{template.footer.text} {minutes} min".strip()
        )
    if template.offer is not None:
        found[_("Heading of the offer")] = template.offer.text
    for number, button in enumerate(template.buttons, 1):
        found[_("Button %(n)s") % {"n": number}] = _button(button)
    for card in template.cards:
        lines = [_header(card.header, files) if card.header else "", card.body.text if card.body else ""]
        lines += [", ".join(sample for sample in card.body.examples.values() if sample)] if card.body else []
        lines += [_button(button) for button in card.buttons]
        found[_("Card %(n)s") % {"n": card.index + 1}] = "\n".join(line for line in lines if line)
    known = {"HEADER", "BODY", "FOOTER", "BUTTONS", "CAROUSEL", "LIMITED_TIME_OFFER"}
    components = definition.get("components") if isinstance(definition, Mapping) else None
    for component in components if isinstance(components, list) else []:
        kind = str(component.get("type", "?")).upper() if isinstance(component, Mapping) else "?"
        if kind not in known:
            found[kind.replace("_", " ").capitalize()] = json.dumps(component, indent=2, ensure_ascii=False)
    return {label: text for label, text in found.items() if text}


def _button(button):
    apps = button.raw.get("supported_apps")
    lines = [button.text, button.url, button.phone_number, *button.example, button.otp_type]
    lines += [json.dumps(apps, ensure_ascii=False)] if apps else []
    return "\n".join([button.kind.replace("_", " ").lower(), *(line for line in lines if line)])


def _header(header, files):
    if header.format not in MEDIA_FORMATS:
        return header.text if header.format == "TEXT" else header.format.lower()
    file = files.get(next(iter(header.handles), ""))
    return f"{header.format.lower()} · {file['name']}" if file else header.format.lower()


def _samples(piece):
    return {
        _("Sample for %(name)s") % {"name": "{{" + name + "}}"}: piece.examples.get(name, "")
        for name in variables_of(piece.text)
    }


# Languages of one name


def between_languages(definition, model):
    """What a translation has that its ``model`` hasn't, and the other way round: ``(place, sentence)``."""
    own, other = read(definition), read(model)
    return [
        *_category(own, other),
        *_headers(own, other),
        *_variables(own, other),
        *_lengths(own, other),
        *_footers(own, other),
        *_buttons(own, other),
        *_contents(own, other),
    ]


def _category(own, other):
    if own.category != other.category:
        yield (
            "category",
            _("Another category: %(own)s, there %(other)s.")
            % {
                "own": own.category.lower(),
                "other": other.category.lower(),
            },
        )


def _headers(own, other):
    mine = own.header.format if own.header else ""
    theirs = other.header.format if other.header else ""
    if mine == theirs:
        return
    if not mine:
        yield "header", _("No header; there is one in the other language.")
    elif not theirs:
        yield "header", _("It has a header; the other language has none.")
    else:
        yield (
            "header",
            _("Another kind of header: %(own)s, there %(other)s.")
            % {
                "own": mine.lower(),
                "other": theirs.lower(),
            },
        )


def _variables(own, other):
    mine = set(variables_of(own.body.text)) if own.body else set()
    theirs = set(variables_of(other.body.text)) if other.body else set()
    for missing, sentence in (
        (theirs - mine, _("Variables missing in the body: %(names)s.")),
        (mine - theirs, _("Variables that only this language has: %(names)s.")),
    ):
        if missing:
            yield "body", sentence % {"names": ", ".join("{{" + name + "}}" for name in sorted(missing))}


def _lengths(own, other):
    mine, theirs = (len(part.body.text) if part.body else 0 for part in (own, other))
    if mine > theirs * MUCH_LONGER and mine - theirs >= LEAST_APART:
        sentence = _("Much longer: %(own)s characters, there %(other)s.")
    elif theirs > mine * MUCH_LONGER and theirs - mine >= LEAST_APART:
        sentence = _("Much shorter: %(own)s characters, there %(other)s.")
    else:
        return
    yield "body", sentence % {"own": mine, "other": theirs}


def _footers(own, other):
    mine, theirs = bool(own.footer), bool(other.footer)
    if mine != theirs:
        yield (
            "footer",
            (
                _("It has a footer; the other language has none.")
                if mine
                else _("No footer; there is one in the other language.")
            ),
        )


def _buttons(own, other):
    mine, theirs = own.buttons, other.buttons
    if len(mine) != len(theirs):
        words = ngettext("%(n)s button", "%(n)s buttons", len(mine)) % {"n": len(mine)}
        yield "buttons", _("%(own)s, there %(other)s.") % {"own": words, "other": len(theirs)}
        return
    for number, (one, two) in enumerate(zip(mine, theirs, strict=True), 1):
        if one.kind != two.kind:
            yield "buttons", _("Button %(n)s is of another kind.") % {"n": number}
        elif one.phone_number != two.phone_number:
            yield "buttons", _("Button %(n)s calls another number.") % {"n": number}
        elif bool(variables_of(one.url)) != bool(variables_of(two.url)):
            yield "buttons", _("The address of button %(n)s ends in a variable in only one of them.") % {"n": number}


def _contents(own, other):
    mine, theirs = _kind(own), _kind(other)
    if mine != theirs:
        yield "content", _("Another kind of content: %(own)s, there %(other)s.") % {"own": mine, "other": theirs}
    elif own.offer is not None:
        if own.offer.has_expiration != other.offer.has_expiration:
            yield "content", _("Only one of them shows how much time is left.")
    elif len(own.cards) != len(other.cards):
        words = ngettext("%(n)s card", "%(n)s cards", len(own.cards)) % {"n": len(own.cards)}
        yield "cards", _("%(own)s, there %(other)s.") % {"own": words, "other": len(other.cards)}
    else:
        for one, two in zip(own.cards, other.cards, strict=True):
            for sentence in _card(one, two):
                yield "cards", sentence % {"n": one.index + 1}


def _kind(template):
    return _("Carousel") if template.carousel_path else _("Offer that ends") if template.offer else _("Message")


def _card(one, two):
    mine, theirs = (card.header.format if card.header else "" for card in (one, two))
    if mine != theirs:
        yield _("Card %(n)s starts with another kind of file.")
    mine, theirs = (card.body.text if card.body else "" for card in (one, two))
    if bool(mine) != bool(theirs):
        yield _("Card %(n)s has a text in only one of them.")
    elif set(variables_of(mine)) != set(variables_of(theirs)):
        yield _("The variables of card %(n)s are others.")
    if [button.kind for button in one.buttons] != [button.kind for button in two.buttons]:
        yield _("The buttons of card %(n)s are of another kind.")
