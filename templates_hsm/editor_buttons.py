"""The buttons of the builder's form: of the message, and of the cards of a carousel."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass

from templates_hsm.components import variables_of
from templates_hsm.editor_lines import clean, line
from templates_hsm.editor_offer import CodeRow, code_as_written, code_of, code_typed

MOST_BUTTONS = 10
BUTTON_KINDS = ("QUICK_REPLY", "URL", "PHONE_NUMBER", "COPY_CODE")
"""The kinds that can be added here."""
TYPED_KINDS = (*BUTTON_KINDS, "OTP")
"""The kinds that can be typed here; others are kept, moved and removed only."""
_MOST_ROWS = 100
_OWN_LABEL = frozenset({"COPY_CODE", "OTP"})
"""The platform writes their label unless the template has one."""
_SAMPLED = frozenset({"URL", "COPY_CODE"})


@dataclass(frozen=True)
class ButtonRow:
    """One button of the form. ``origin`` is its place in the definition the form began with."""

    kind: str
    text: str = ""
    url: str = ""
    example: str = ""
    phone_number: str = ""
    origin: int | None = None
    code: CodeRow | None = None
    """Only of a one-time code's button."""

    @property
    def editable(self):
        """Whether its fields can be typed; the others are shown by name and kept."""
        return self.kind in TYPED_KINDS

    @property
    def has_variable(self):
        """Whether the address ends in a part that changes."""
        return bool(variables_of(self.url))


def as_written(row, entries, before):
    """A button of the definition: as it was when nothing was typed, else with what was typed."""
    raw = entries[row.origin] if row.origin is not None and row.origin < len(entries) else None
    if row.origin is not None and row.origin < len(before) and row == before[row.origin]:
        return copy.deepcopy(raw)
    if not row.editable:
        return copy.deepcopy(raw) if raw is not None else {"type": row.kind}
    old = before[row.origin] if row.origin is not None and row.origin < len(before) else None
    changed = dict(raw) if isinstance(raw, Mapping) and old is not None and old.kind == row.kind else {"type": row.kind}
    if row.kind not in _OWN_LABEL or row.text:
        changed["text"] = row.text
    elif row.kind in _OWN_LABEL:
        changed.pop("text", None)
    if row.code is not None:
        return code_as_written(row.code, changed)
    if row.kind == "COPY_CODE":
        if old is None or row.example != old.example:
            changed["example"] = row.example
    elif row.kind == "URL":
        changed["url"] = row.url
        if old is None or row.example != old.example or not row.has_variable:
            changed.pop("example", None)
            if row.example and row.has_variable:
                changed["example"] = [row.example]
    elif row.kind == "PHONE_NUMBER":
        changed["phone_number"] = row.phone_number
    return changed


def row_of(button):
    """The row for a button that was read from a definition."""
    return ButtonRow(
        kind=button.kind,
        text=line(button.text),
        url=line(button.url) if button.kind == "URL" else "",
        example=line(next(iter(button.example), "")) if button.kind in _SAMPLED else "",
        phone_number=line(button.phone_number) if button.kind == "PHONE_NUMBER" else "",
        origin=button.index,
        code=code_of(button) if button.kind == "OTP" else None,
    )


def typed_rows(data, before, within=""):
    """The rows of a posted form; ``before`` are those the form began with, ``within`` the card they stand on."""
    rows = {row.origin: row for row in before}
    for index in range(_MOST_ROWS):
        prefix = f"{within}button-{index}-"
        if f"{prefix}kind" not in data:
            return
        origin = data.get(f"{prefix}origin", "")
        origin = int(origin) if origin.isdecimal() and len(origin) < 4 else None
        kept = rows.get(origin)
        kind = clean(data[f"{prefix}kind"]).strip().upper()
        if kind not in TYPED_KINDS or (kind == "OTP" and f"{prefix}otp" not in data):
            if kept is not None:
                yield kept
            continue
        yield ButtonRow(
            kind=kind,
            text=line(clean(data.get(f"{prefix}text", kept.text if kept else ""))),
            url=line(clean(data.get(f"{prefix}url", ""))) if kind == "URL" else "",
            # The field of the sample is there only while the address has a variable.
            example=line(clean(data.get(f"{prefix}example", kept.example if kept else ""))) if kind in _SAMPLED else "",
            phone_number=line(clean(data.get(f"{prefix}phone", ""))) if kind == "PHONE_NUMBER" else "",
            origin=origin if kept is not None else None,
            code=code_typed(data, prefix) if kind == "OTP" else None,
        )


def moved(rows, index, target):
    """The rows with the one at ``index`` at ``target``. Quick replies stay together and so does the rest: where the
    move would part them, the whole block goes along (Meta, Template components, 2025-11-04)."""
    rows = list(rows)
    if not (0 <= index < len(rows) and 0 <= target < len(rows)):
        return tuple(rows)
    in_order = _blocks(rows) <= 2
    row = rows.pop(index)
    rows.insert(target, row)
    if in_order and _blocks(rows) > 2:
        first = target < index
        rows.sort(key=lambda other: (_is_quick(other) == _is_quick(row)) != first)
    return tuple(rows)


def added(rows, row):
    """The rows with one more, at the end of its block."""
    rows = list(rows)
    place = len(rows)
    if _blocks(rows) <= 2:
        alike = [at for at, other in enumerate(rows) if _is_quick(other) == _is_quick(row)]
        place = alike[-1] + 1 if alike else len(rows)
    rows.insert(place, row)
    return tuple(rows)


def _is_quick(row):
    return row.kind == "QUICK_REPLY"


def _blocks(rows):
    quick = [_is_quick(row) for row in rows]
    return len(quick[:1]) + sum(before != after for before, after in zip(quick, quick[1:], strict=False))
