"""Rules of the house: numbers, switches and choices that staff set. ``house_rule`` is the one door to their values.

Defaults and sentences stand in ``data/house.toml``. What staff chose are rows (``HouseRuleChange``), added by
``services.house_rules`` and never overwritten, so the value of any past moment can be told. Reading costs nothing: a
process looks at the table again after a second, and at once after its own change.
"""

import datetime as dt
import re
import time
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from config.clock import now

from . import state
from .book import BOOK, localized, read_files
from .book import house_owned as _house_owned
from .editions import per_edition
from .state import Change, HouseState

VALID_SECONDS = 1.0
LONGEST_TEXT = 40
UNITS = {
    "hours": ngettext_lazy("%(n)d hour", "%(n)d hours", "n"),
    "days": ngettext_lazy("%(n)d day", "%(n)d days", "n"),
    "months": ngettext_lazy("%(n)d month", "%(n)d months", "n"),
    "applications": ngettext_lazy("%(n)d application", "%(n)d applications", "n"),
    "a_day": ngettext_lazy("%(n)d a day", "%(n)d a day", "n"),
}
GROUPS = {
    "apply": gettext_lazy("Applying"),
    "numbers": gettext_lazy("Numbers and badge"),
    "templates": gettext_lazy("Templates and replies"),
    "review": gettext_lazy("Review desk"),
    "time": gettext_lazy("Time to approval"),
    "reminders": gettext_lazy("Reminders"),
    "channel": gettext_lazy("Setting the channel up"),
    "advice": gettext_lazy("Advice before applying"),
    "switches": gettext_lazy("House rules of the automatic checks"),
}


@dataclass(frozen=True, slots=True)
class HouseRule:
    """A rule of the house: what it does, what the platform does, its type, bounds and default.

    ``kind``: yes_no, whole, amount, text, choice, or switch (a house rule of the automatic checks: on or off).
    """

    id: str
    group: str
    kind: str
    default: Any
    titles: Mapping[str, str]
    sentences: Mapping[str, str]
    platform_texts: Mapping[str, str]
    valid_from: dt.date
    until: dt.date | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    shape: str = ""
    unit: str = ""
    choices: Mapping[str, Mapping[str, str]] | None = None
    not_above: str = ""

    @property
    def title(self) -> str:
        return localized(self.titles)

    @property
    def sentence(self) -> str:
        """What the rule does, in the active language."""
        return localized(self.sentences)

    @property
    def platform(self) -> str:
        """What the platform itself does, in the active language."""
        return localized(self.platform_texts)

    def holds_on(self, day: dt.date) -> bool:
        return self.valid_from <= day and (self.until is None or day < self.until)

    def clean(self, typed: Any) -> Any:
        """The value that was typed, as it is stored. Raises ``ValueError`` with a sentence for who typed it."""
        text = str(typed if typed is not None else "").strip()
        if self.kind in {"yes_no", "switch"}:
            if text.lower() not in {"true", "false"}:
                raise ValueError(_("Choose yes or no."))
            return text.lower() == "true"
        if self.kind == "choice":
            if text not in (self.choices or {}):
                raise ValueError(_("Choose one of the offered values."))
            return text
        if self.kind == "whole":
            if not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII):
                raise ValueError(_("Write a whole number, such as %(example)s.") % {"example": self.default})
            self._check_bounds(Decimal(text))
            return int(text)
        if self.kind == "amount":
            return self._amount(text)
        if not text or len(text) > LONGEST_TEXT or not re.fullmatch(self.shape or r"[^\x00-\x1f]+", text, re.ASCII):
            raise ValueError(_("Write it like %(example)s.") % {"example": self.default})
        return text

    def _amount(self, text: str) -> str:
        try:
            amount = Decimal(text.replace(",", ".")) if re.fullmatch(r"[0-9]{1,9}([.,][0-9]{1,2})?", text) else None
        except InvalidOperation:
            amount = None
        if amount is None:
            raise ValueError(
                _("Write an amount with at most two decimals, such as %(example)s.") % {"example": "15.00"}
            )
        self._check_bounds(amount)
        return f"{amount:.2f}"

    def _check_bounds(self, number: Decimal) -> None:
        if self.least is not None and number < self.least or self.most is not None and number > self.most:
            raise ValueError(_("Write a number from %(least)s to %(most)s.") % {"least": self.least, "most": self.most})

    def shown(self, value: Any) -> str:
        """A value in words."""
        if self.kind == "switch":
            return str(_("In force")) if value else str(_("Switched off"))
        if self.kind == "yes_no":
            return str(_("Yes")) if value else str(_("No"))
        if self.kind == "choice":
            return localized(self.choices[value]) if value in (self.choices or {}) else str(value)
        if self.unit in UNITS and isinstance(value, int):
            return str(UNITS[self.unit] % {"n": value})
        return f"{value} {self.unit}".strip() if self.kind == "amount" else str(value)


@per_edition(BOOK)
def every_entry() -> tuple[HouseRule, ...]:
    """Every house rule of the data files with every period it held."""
    found = [_entry(entry) for entry in read_files()["house"]["house"]]
    found += [
        HouseRule(
            id=rule.id,
            group="switches",
            kind="switch",
            default=True,
            titles=rule.sentences,
            sentences=rule.sentences,
            platform_texts=_NO_SUCH,
            valid_from=rule.valid_from,
            until=rule.until,
        )
        for rule in _house_owned()
    ]
    return tuple(found)


_NO_SUCH = {
    "en": "It has no such rule.",
    "es": "No tiene una regla así.",
    "pt": "Não tem uma regra assim.",
}


def _entry(entry: dict[str, Any]) -> HouseRule:
    return HouseRule(
        id=entry["id"],
        group=entry["group"],
        kind=entry["kind"],
        default=entry["default"],
        titles=entry["title"],
        sentences={code: entry[code] for code in ("en", "es", "pt")},
        platform_texts=entry["platform"],
        valid_from=entry["from"],
        until=entry.get("until"),
        least=_decimal(entry.get("least")),
        most=_decimal(entry.get("most")),
        shape=entry.get("shape", ""),
        unit=entry.get("unit", ""),
        choices=entry.get("choices"),
        not_above=entry.get("not_above", ""),
    )


def _decimal(figure: Any) -> Decimal | None:
    return None if figure is None else Decimal(str(figure))


def house_rules(day: dt.date | None = None) -> dict[str, HouseRule]:
    """The house rules of a day (today) by id."""
    day = day or now().date()
    return {rule.id: rule for rule in every_entry() if rule.holds_on(day)}


@per_edition(BOOK)
def _periods(name: str) -> tuple[HouseRule, ...]:
    return tuple(sorted((rule for rule in every_entry() if rule.id == name), key=lambda rule: rule.valid_from))


def spec(name: str, day: dt.date | None = None) -> HouseRule:
    """One house rule as of a day, the earliest known before it began; ``KeyError`` for a name that isn't one."""
    periods = _periods(name)
    if not periods:
        raise KeyError(name)
    day = day or now().date()
    return next((rule for rule in reversed(periods) if rule.valid_from <= day), periods[0])


def house_rule(name: str, at: dt.datetime | None = None) -> Any:
    """The value of a house rule that holds now, or held at ``at``; ``KeyError`` for a name that isn't one."""
    fixed = state.current()
    if at is None and fixed is not None:
        moment, change = fixed.at, fixed.last(name)
    else:
        moment = at or now()
        change = state_at(moment).last(name)
    return change.value if change is not None else spec(name, moment.date()).default


# What staff chose


def state_at(at: dt.datetime, upto: int | None = None) -> HouseState:
    """What staff had chosen at a moment, by the changes stored up to the one with the key ``upto``."""
    return HouseState.of(_changes(), at, upto)


@contextmanager
def in_force(at: dt.datetime | None = None, upto: int | None = None):
    """Judge by the house rules of a moment (now) inside the block; the rulebook loaded there leaves out what is off."""
    with state.in_force(state_at(at or now(), upto)) as found:
        yield found


_cached: tuple[float, tuple[Change, ...]] | None = None


def forget() -> None:
    """Look at the table again at the next question."""
    global _cached
    _cached = None


def _changes() -> tuple[Change, ...]:
    global _cached
    kept = _cached
    if kept is None or time.monotonic() - kept[0] > VALID_SECONDS:
        kept = _cached = (time.monotonic(), _read())
    return kept[1]


def _read() -> tuple[Change, ...]:
    from onboarding.models import HouseRuleChange  # the rulebook is read before the apps are loaded, too

    rows = HouseRuleChange.objects.filter(withdrawn_at=None).order_by("valid_from", "pk")
    return tuple(Change(*row) for row in rows.values_list("pk", "rule", "new", "valid_from"))
