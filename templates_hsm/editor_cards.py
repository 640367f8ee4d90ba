"""The files of a carousel's cards as the builder's form sees them, and back into the component. Pure: no database.

A card starts with a picture or a video (Meta, Template components, 2025-11-04); its text and buttons stay as they are.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass

from templates_hsm.components.media import own_file

CARD_MEDIA = ("IMAGE", "VIDEO")


@dataclass(frozen=True)
class CardFile:
    """What a card starts with: ``kind`` is its format, ``handle`` that of its sample (empty: none yet)."""

    kind: str = ""
    handle: str = ""

    @property
    def is_file(self):
        """Whether the card takes a file; a product has none."""
        return self.kind in CARD_MEDIA


def cards_of(template):
    """The ``CardFile`` of each card of a definition that was read."""
    return tuple(
        CardFile(card.header.format or "", next(iter(card.header.handles), "")) if card.header else CardFile("IMAGE")
        for card in template.cards
    )


def typed_cards(data, before):
    """The cards of a posted form. A file of ours says its own kind; other handles are those that stood there."""
    return tuple(_typed(data.get(f"card-media-{index}", card.handle), card) for index, card in enumerate(before))


def _typed(handle, card):
    own = own_file(handle)
    return CardFile(own[0], handle) if own and own[0] in CARD_MEDIA and card.is_file else card


def with_files(components, before, cards):
    """The components with what each changed card starts with; the others are the same objects."""
    if before == cards:
        return components
    return [_carousel(one, before, cards) if _kind(one) == "CAROUSEL" else one for one in components]


def _carousel(component, before, cards):
    changed = copy.deepcopy(dict(component))
    for entry, old, new in zip(changed.get("cards") or (), before, cards, strict=False):
        if old == new or not isinstance(entry, dict):
            continue
        header = {"type": "HEADER", "format": new.kind, "example": {"header_handle": [new.handle]}}
        parts = list(entry.get("components") or ())
        places = [index for index, part in enumerate(parts) if _kind(part) == "HEADER"]
        if places:
            parts[places[0]] = header
        else:
            parts.insert(0, header)
        entry["components"] = parts
    return changed


def _kind(part):
    return str(part.get("type", "")).strip().upper() if isinstance(part, Mapping) else ""
