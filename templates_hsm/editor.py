"""A template as the builder's form sees it, and back into the body of a create call. Pure: no database.

What the form can't edit (flows, products, unknown parts) stays exactly as it was, and so does every part that was not
touched. The form carries the definition it began with, so nothing depends on what was stored since.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import orjson

from templates_hsm.components import read, variables_of
from templates_hsm.components.media import own_file
from templates_hsm.components.reading import COMPONENT_ORDER
from templates_hsm.editor_buttons import (
    BUTTON_KINDS,
    MOST_BUTTONS,
    ButtonRow,
    added,
    as_written,
    moved,
    row_of,
    typed_rows,
)
from templates_hsm.editor_cards import FEWEST_CARDS, CardRow, cards_as_written, cards_of, typed_cards
from templates_hsm.editor_lines import clean, line, text_of
from templates_hsm.editor_offer import OfferRow, offer_as_written, offer_of
from templates_hsm.editor_texts import alike, known, samples_typed, texted, with_variable

LARGEST_BASE = 200_000
MEDIA = ("IMAGE", "VIDEO", "DOCUMENT")
"""The formats of a header whose file is uploaded here; other ones are kept as they are."""
MESSAGE, CAROUSEL, OFFER = CONTENTS = ("message", "carousel", "offer")


@dataclass(frozen=True)
class Editor:
    """Everything the form shows. ``base`` is the definition it began with."""

    base: Mapping
    name: str = ""
    language: str = ""
    category: str = ""
    header: str = ""
    header_examples: dict = field(default_factory=dict)
    body: str = ""
    body_examples: dict = field(default_factory=dict)
    footer: str = ""
    advice: bool = False
    expires: str = ""
    buttons: tuple[ButtonRow, ...] = ()
    media_kind: str = ""
    """The format of a header that is a file; ``media`` is the handle of its sample (empty: none yet)."""
    media: str = ""
    content: str = MESSAGE
    """What it is made of: a plain message, a carousel of ``cards``, or an ``offer`` that ends."""
    cards: tuple[CardRow, ...] = ()
    offer: OfferRow | None = None
    without_header: bool = False
    """The header that can't be edited here was taken out."""

    @classmethod
    def of(cls, definition):
        """The form for a definition."""
        template = read(definition)
        header, body, footer = template.header, template.body, template.footer
        typed = header is not None and header.format == "TEXT"
        return cls(
            base=definition,
            name=template.name,
            language=template.language,
            category=template.category,
            header=line(header.text) if typed else "",
            header_examples=known(header.examples, header.text) if typed else {},
            body=text_of(body.text) if body else "",
            body_examples=known(body.examples, body.text) if body else {},
            footer=line(footer.text) if footer else "",
            advice=bool(body and body.add_security_recommendation),
            expires=_minutes(footer.code_expiration_minutes) if footer else "",
            buttons=tuple(row_of(button) for button in template.buttons),
            media_kind=header.format if header is not None and header.format in MEDIA else "",
            media=next(iter(header.handles), "") if header is not None and header.format in MEDIA else "",
            content=CAROUSEL if template.carousel_path else OFFER if template.offer else MESSAGE,
            cards=cards_of(template),
            offer=offer_of(template),
        )

    @classmethod
    def typed(cls, data, stored, *, fixed=()):
        """The form as it was posted (``data`` is a QueryDict). ``stored`` stands in for a base that can't be read.

        ``fixed`` names the fields that keep their stored value because Meta already knows the template.
        """
        base = _base(data.get("base", "")) or stored
        values = {name: clean(data.get(name, "")).strip() for name in ("name", "language", "category")}
        values |= {name: str(stored.get(name, "")) for name in fixed}
        before = cls.of(base)
        media_kind, media = _typed_media(data, before)
        content = data.get("content") if data.get("content") in CONTENTS else before.content
        told = "content" in data  # a form without it says nothing of cards and offers
        kept = before if content == before.content else cls(base)
        return cls(
            base=base,
            name=values["name"],
            language=values["language"],
            category=values["category"].upper(),
            header=line(clean(data.get("header", ""))),
            header_examples=samples_typed(data, "header-example-"),
            body=text_of(clean(data.get("body", ""))),
            body_examples=samples_typed(data, "body-example-"),
            footer=line(clean(data.get("footer", ""))),
            advice="advice" in data,
            expires=clean(data.get("expires", "")).strip(),
            buttons=tuple(typed_rows(data, before.buttons)),
            media_kind=media_kind,
            media=media,
            content=content,
            cards=typed_cards(data, before.cards) if told and content == CAROUSEL else kept.cards,
            offer=_typed_offer(data, before.offer) if told and content == OFFER else kept.offer,
            without_header="without_header" in data,
        )

    # What the form shows besides its fields

    @property
    def is_code(self):
        """Whether Meta writes the text (authentication)."""
        return self.category == "AUTHENTICATION"

    @property
    def header_variables(self):
        """``(name, sample)`` for each variable of the header."""
        return [(name, self.header_examples.get(name, "")) for name in variables_of(self.header)]

    @property
    def body_variables(self):
        """``(name, sample)`` for each variable of the body."""
        return [(name, self.body_examples.get(name, "")) for name in variables_of(self.body)]

    @property
    def base_text(self):
        """The definition the form began with, as its hidden field carries it."""
        return orjson.dumps(self.base).decode()

    @property
    def kept_header(self):
        """The format of a header that can't be edited here, or an empty text."""
        header = read(self.base).header
        if header is None or header.format in ("TEXT", *MEDIA) or self.without_header:
            return ""
        return header.format or "?"

    @property
    def kept_parts(self):
        """The kinds of the parts that stay as they are, in their order; repeated parts count as such."""
        seen, kept = set(), []
        for entry in _components(self.base):
            kind = str(entry.get("type", "?")).strip().upper() if isinstance(entry, Mapping) else "?"
            if kind in seen or kind not in _TYPED:
                kept.append(kind[:60])
            seen.add(kind)
        return kept

    # Back to a definition

    def definition(self):
        """The body of a create call. Parts that were not touched come back as they were."""
        base, before = read(self.base), Editor.of(self.base)
        components = list(_components(self.base))
        changes = {
            "HEADER": self._header(base.header, before),
            "BODY": self._body(base.body, before),
            "FOOTER": self._footer(base.footer, before),
            "BUTTONS": self._buttons(base, before),
            "CAROUSEL": self._carousel(base, before),
            "LIMITED_TIME_OFFER": self._offer(base, before),
        }
        places = {
            "HEADER": base.header and base.header.path,
            "BODY": base.body and base.body.path,
            "FOOTER": base.footer and base.footer.path,
            "BUTTONS": base.buttons_path,
            "CAROUSEL": base.carousel_path,
            "LIMITED_TIME_OFFER": base.offer and base.offer.path,
        }
        gone, added = set(), []
        for kind, change in changes.items():
            index = int(places[kind].split(".")[1]) if places[kind] else None
            if change is _SAME:
                continue
            if index is None:
                if change is not None:
                    added.append((kind, change))
            elif change is None:
                gone.add(index)
            else:
                components[index] = change
        components = [component for index, component in enumerate(components) if index not in gone]
        for kind, component in added:
            components.insert(_position(components, kind), component)
        definition = dict(self.base) | {"name": self.name, "language": self.language, "category": self.category}
        definition["components"] = components
        spelled = self._parameter_format(before)
        if spelled:
            definition["parameter_format"] = spelled
        return definition

    def _parameter_format(self, before):
        """Counted or named, when the variables changed and agree; otherwise what it was (an empty text)."""
        names = self._variables
        if not names or names == before._variables:
            return ""
        counted = {name.isdigit() for name in names}
        return "" if len(counted) == 2 else "POSITIONAL" if counted == {True} else "NAMED"

    @property
    def _variables(self):
        texts = (self.header, self.body, *(card.body for card in self.cards))
        return {name for text in texts for name in variables_of(text)}

    def _header(self, header, before):
        if self.media_kind:
            if (self.media_kind, self.media) == (before.media_kind, before.media):
                return _SAME
            changed = {"type": "HEADER", "format": self.media_kind}
            return changed | {"example": {"header_handle": [self.media]}} if self.media else changed
        if header is not None and header.format != "TEXT":
            if header.format not in MEDIA and not self.without_header:
                return _SAME
            return texted({"type": "HEADER", "format": "TEXT"}, self.header, self.header_examples, "header_text")
        if alike(self.header, self.header_examples, before.header, before.header_examples):
            return _SAME
        old = _component(self.base, header) or {"type": "HEADER", "format": "TEXT"}
        return texted(old, self.header, self.header_examples, "header_text")

    def _body(self, body, before):
        old = _component(self.base, body) or {"type": "BODY"}
        same_text = alike(self.body, self.body_examples, before.body, before.body_examples)
        if not self.is_code:
            return _SAME if same_text else texted(old, self.body, self.body_examples, "body_text", keep_empty=True)
        if same_text and self.advice == before.advice and body is not None:
            return _SAME
        if not same_text:
            old = texted(old, self.body, self.body_examples, "body_text") or {"type": "BODY"}
        return {**old, "add_security_recommendation": self.advice}

    def _footer(self, footer, before):
        if self.footer == before.footer and (not self.is_code or self.expires == before.expires):
            return _SAME
        changed = dict(_component(self.base, footer) or {"type": "FOOTER"})
        if self.footer != before.footer:
            changed["text"] = self.footer
        if not changed.get("text"):
            changed.pop("text", None)
        if self.is_code and self.expires != before.expires:
            changed.pop("code_expiration_minutes", None)
            if self.expires:
                number = self.expires.isdecimal() and len(self.expires) < 5
                changed["code_expiration_minutes"] = int(self.expires) if number else self.expires
        return changed if "text" in changed or "code_expiration_minutes" in changed else None

    def _buttons(self, base, before):
        if self.buttons == before.buttons:
            return _SAME
        old = _component_at(self.base, base.buttons_path) or {"type": "BUTTONS"}
        listed = old.get("buttons")
        entries = list(listed) if isinstance(listed, list | tuple) else []
        buttons = [as_written(row, entries, before.buttons) for row in self.buttons]
        return {**old, "buttons": buttons} if buttons else None

    def _carousel(self, base, before):
        if (self.content, self.cards) == (before.content, before.cards):
            return _SAME
        if self.content != CAROUSEL:
            return None
        old = _component_at(self.base, base.carousel_path) or {"type": "CAROUSEL"}
        return {**old, "cards": cards_as_written(self.cards, old.get("cards"), before.cards)}

    def _offer(self, base, before):
        if (self.content, self.offer) == (before.content, before.offer):
            return _SAME
        if self.content != OFFER or self.offer is None:
            return None
        return offer_as_written(self.offer, _component(self.base, base.offer))

    # Small changes by a button of the form

    def with_content(self, content):
        """The form for another kind of content, with what that kind needs (Meta, Template components, 2025-11-04).

        What was typed into the cards of a carousel or the heading of an offer goes with its kind; what the form began
        with comes back with it: the cards, the heading, and the category of a message.
        """
        if content not in CONTENTS or content == self.content:
            return self
        before = Editor.of(self.base)
        rows = self.buttons
        if self.content == OFFER:
            rows = tuple(row for row in rows if row not in _OFFER_ROWS)
        changed = replace(self, content=content, cards=(), offer=None, buttons=rows)
        if content == CAROUSEL:
            new = CardRow(buttons=(ButtonRow("QUICK_REPLY"),))
            return replace(changed, category="MARKETING", cards=before.cards or (new,) * FEWEST_CARDS)
        if content == OFFER:
            kinds = [row.kind for row in rows]
            rows = tuple(row for row in _OFFER_ROWS if row.kind not in kinds) + rows
            return replace(changed, category="MARKETING", offer=before.offer or OfferRow(), buttons=rows)
        return replace(changed, category=before.category) if before.content == MESSAGE else changed

    def with_cards(self, cards):
        """The form with these cards."""
        return replace(self, cards=tuple(cards))

    def with_media(self, kind, handle):
        """The form with a file at the top in place of whatever stood there."""
        return replace(self, media_kind=kind, media=handle, without_header=True)

    def without_media(self):
        """The form with a text at the top again."""
        return replace(self, media_kind="", media="")

    def with_button(self, kind):
        """The form with one more button of this kind; nothing beyond the platform's ten."""
        if kind not in BUTTON_KINDS or len(self.buttons) >= MOST_BUTTONS:
            return self
        return replace(self, buttons=added(self.buttons, ButtonRow(kind)))

    def without_button(self, index):
        """The form without the button at ``index``."""
        return replace(self, buttons=tuple(row for at, row in enumerate(self.buttons) if at != index))

    def moved_button(self, index, by):
        """The form with the button at ``index`` one place up (``by`` -1) or down (1)."""
        return replace(self, buttons=moved(self.buttons, index, index + by))

    def dragged_button(self, index, target):
        """The form with the button at ``index`` at the place ``target``."""
        return replace(self, buttons=moved(self.buttons, index, target))

    def with_variable(self):
        """The form with the next free variable at the end of the body (for pages without scripts)."""
        return replace(self, body=with_variable(self.body, (card.body for card in self.cards)))


def _typed_media(data, before):
    """``(kind, handle)`` of a posted form. A file of ours says its own kind; other handles are those that stood there.

    A form without these fields keeps what it began with.
    """
    if "media_kind" not in data:
        return before.media_kind, before.media
    kind, handle = data["media_kind"], data.get("media", "")
    own = own_file(handle)
    if own:
        return own[0], handle
    if kind in MEDIA:
        return kind, before.media if kind == before.media_kind and handle == before.media else ""
    return "", ""


def _typed_offer(data, before):
    if "offer" not in data:
        return before or OfferRow()
    return OfferRow(line(clean(data["offer"])), "offer-expires" in data)


class _Same:
    """Marks a part that stays as it was."""


_SAME = _Same()
_OFFER_ROWS = (ButtonRow("COPY_CODE"), ButtonRow("URL"))
"""The buttons that an offer begins with; they go with it while nobody typed into them."""
_TYPED = {"HEADER", "BODY", "FOOTER", "BUTTONS", "CAROUSEL", "LIMITED_TIME_OFFER"}


def _components(definition):
    components = definition.get("components") if isinstance(definition, Mapping) else None
    return components if isinstance(components, list | tuple) else []


def _component_at(definition, path):
    entry = _components(definition)[int(path.split(".")[1])] if path else None
    return dict(entry) if isinstance(entry, Mapping) else None


def _component(definition, part):
    return _component_at(definition, part.path) if part is not None else None


def _position(components, kind):
    """Where a new part belongs: before the first one that comes later in a message."""
    rank = COMPONENT_ORDER.index(kind)
    for index, component in enumerate(components):
        other = str(component.get("type", "")).strip().upper() if isinstance(component, Mapping) else ""
        if other in COMPONENT_ORDER and COMPONENT_ORDER.index(other) > rank:
            return index
    return len(components)


def _minutes(value):
    return "" if value is None else str(value)


def _base(text):
    """The definition a form carries, or ``None`` when it can't be read or stored."""
    if not text or len(text) > LARGEST_BASE or "\\u0000" in text:
        return None
    try:
        base = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return base if isinstance(base, dict) and isinstance(base.get("components"), list) else None
