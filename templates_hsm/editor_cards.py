"""The cards of a carousel as the builder's form sees them, and back into the component. Pure: no database.

A card starts with a picture or a video, may have a text (all cards or none) and has one or two buttons, of the same
kinds on every card (Meta, Template components, 2025-11-04). A product at the top stays as it is.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from templates_hsm.components import variables_of
from templates_hsm.components.media import own_file
from templates_hsm.editor_buttons import ButtonRow, added, as_written, row_of, typed_rows
from templates_hsm.editor_lines import clean, text_of
from templates_hsm.editor_texts import alike, known, samples_typed, texted, with_variable

CARD_MEDIA = ("IMAGE", "VIDEO")
CARD_BUTTONS = ("QUICK_REPLY", "URL", "PHONE_NUMBER")
FEWEST_CARDS, MOST_CARDS, MOST_CARD_BUTTONS = 2, 10, 2
_MOST_READ = 100
_ORDER = ("HEADER", "BODY", "BUTTONS")


@dataclass(frozen=True)
class CardRow:
    """One card of the form: ``kind`` is the format at its top, ``handle`` that of its sample (empty: none yet).

    ``origin`` is its place in the definition the form began with.
    """

    kind: str = "IMAGE"
    handle: str = ""
    body: str = ""
    examples: dict = field(default_factory=dict)
    buttons: tuple[ButtonRow, ...] = ()
    origin: int | None = None

    @property
    def is_file(self):
        """Whether the card takes a file; a product has none."""
        return self.kind in CARD_MEDIA

    @property
    def variables(self):
        """``(name, sample)`` for each variable of its text."""
        return [(name, self.examples.get(name, "")) for name in variables_of(self.body)]


def cards_of(template):
    """The ``CardRow`` of each card of a definition that was read."""
    return tuple(
        CardRow(
            kind=(card.header.format or "") if card.header else "IMAGE",
            handle=next(iter(card.header.handles), "") if card.header else "",
            body=text_of(card.body.text) if card.body else "",
            examples=known(card.body.examples, card.body.text) if card.body else {},
            buttons=tuple(row_of(button) for button in card.buttons),
            origin=card.index,
        )
        for card in template.cards
    )


def typed_cards(data, before):
    """The cards of a posted form; ``before`` are those the form began with."""
    return tuple(
        _typed(data, f"card-{index}-", before) for index in range(_MOST_READ) if f"card-{index}-origin" in data
    )


def _typed(data, prefix, before):
    origin = data[f"{prefix}origin"]
    old = before[int(origin)] if origin.isdecimal() and len(origin) < 4 and int(origin) < len(before) else None
    kind, handle = _typed_file(data.get(f"{prefix}kind", ""), data.get(f"{prefix}media", ""), old)
    body = text_of(clean(data.get(f"{prefix}body", "")))
    return CardRow(
        kind=kind,
        handle=handle,
        body=body,
        examples=known(samples_typed(data, f"{prefix}example-"), body),
        buttons=tuple(typed_rows(data, old.buttons if old else (), prefix)),
        origin=old.origin if old else None,
    )


def _typed_file(kind, handle, old):
    """A file of ours says its own kind; other handles are those that stood there."""
    own = own_file(handle)
    if own and own[0] in CARD_MEDIA and (old is None or old.is_file):
        return own[0], handle
    if old is not None:
        return old.kind, old.handle
    return (kind if kind in CARD_MEDIA else "IMAGE"), ""


# Back to the component


def cards_as_written(cards, entries, before):
    """The ``cards`` of a carousel: parts that were not touched come back as they were.

    When one card has a text, all of them get one, so that the empty ones are found at their place.
    """
    entries = entries if isinstance(entries, list | tuple) else ()
    with_text = any(card.body for card in cards)
    return [_card(card, entries, before, with_text) for card in cards]


def _card(row, entries, before, with_text):
    raw = entries[row.origin] if row.origin is not None and row.origin < len(entries) else None
    entry = copy.deepcopy(dict(raw)) if isinstance(raw, Mapping) else {}
    old = before[row.origin] if row.origin is not None and row.origin < len(before) else None
    listed = entry.get("components")
    parts = list(listed) if isinstance(listed, list | tuple) else []
    if old is None or (row.kind, row.handle) != (old.kind, old.handle):
        header = {"type": "HEADER", "format": row.kind}
        _put(parts, "HEADER", header | {"example": {"header_handle": [row.handle]}} if row.handle else header)
    place = _place(parts, "BODY")
    same_text = old is not None and alike(row.body, row.examples, old.body, old.examples)
    if not same_text or (not row.body and with_text == (place is None)):
        body = parts[place] if place is not None else {"type": "BODY"}
        _put(parts, "BODY", texted(body, row.body, row.examples, "body_text", keep_empty=with_text))
    if old is None or row.buttons != old.buttons:
        place = _place(parts, "BUTTONS")
        was = parts[place] if place is not None else {"type": "BUTTONS"}
        stood = was.get("buttons") if isinstance(was.get("buttons"), list) else []
        buttons = [as_written(button, stood, old.buttons if old else ()) for button in row.buttons]
        _put(parts, "BUTTONS", {**was, "buttons": buttons} if buttons else None)
    return entry | {"components": parts}


def _place(parts, kind):
    return next((index for index, part in enumerate(parts) if _kind(part) == kind), None)


def _put(parts, kind, part):
    """Put ``part`` where the one of its kind stands, or where a card has it; ``None`` takes it out."""
    place = _place(parts, kind)
    if part is None:
        if place is not None:
            del parts[place]
    elif place is not None:
        parts[place] = part
    else:
        later = _ORDER[_ORDER.index(kind) + 1 :]
        places = [index for index, other in enumerate(parts) if _kind(other) in later]
        parts.insert(places[0] if places else len(parts), part)


def _kind(part):
    return str(part.get("type", "")).strip().upper() if isinstance(part, Mapping) else ""


# Small changes by a button of the form


def card_added(cards):
    """One more card, with the buttons of the last one; nothing beyond the platform's ten."""
    if len(cards) >= MOST_CARDS:
        return cards
    alike_buttons = tuple(replace(row, origin=None) for row in cards[-1].buttons if row.editable) if cards else ()
    kind = cards[-1].kind if cards and cards[-1].is_file else "IMAGE"
    return (*cards, CardRow(kind=kind, buttons=alike_buttons))


def card_removed(cards, index):
    """Without the card at ``index``; a carousel keeps two."""
    if len(cards) <= FEWEST_CARDS:
        return cards
    return tuple(card for at, card in enumerate(cards) if at != index)


def card_moved(cards, index, target):
    """With the card at ``index`` at the place ``target``."""
    rows = list(cards)
    if 0 <= index < len(rows) and 0 <= target < len(rows):
        rows.insert(target, rows.pop(index))
    return tuple(rows)


def card_changed(cards, index, **changes):
    """With other values on the card at ``index``."""
    return tuple(replace(card, **changes) if at == index else card for at, card in enumerate(cards))


def button_on_all(cards, kind):
    """With one more button of this kind on every card that has room for it."""
    if kind not in CARD_BUTTONS:
        return cards
    return tuple(
        replace(card, buttons=added(card.buttons, ButtonRow(kind))) if may_have(card, kind) else card for card in cards
    )


def button_off_all(cards, index):
    """Without the button at ``index`` of every card; a card keeps one."""
    return tuple(
        replace(card, buttons=tuple(row for at, row in enumerate(card.buttons) if at != index))
        if len(card.buttons) > 1
        else card
        for card in cards
    )


def may_have(card, kind):
    """Whether the card has room for one more button of this kind; one call at most."""
    calls = kind == "PHONE_NUMBER" and any(row.kind == kind for row in card.buttons)
    return len(card.buttons) < MOST_CARD_BUTTONS and not calls


def with_card_variable(cards, index, text):
    """With the next free variable at the end of the text of the card at ``index``; ``text`` is that of the message."""
    if not 0 <= index < len(cards):
        return cards
    others = (text, *(card.body for card in cards))
    return card_changed(cards, index, body=with_variable(cards[index].body, others))
