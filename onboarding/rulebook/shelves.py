"""All rules of all automatic checks for the page that shows them, whichever app they belong to.

An app above this one adds its own with ``register``; the rules come as ``ShownRule``, dated the same way.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext_lazy as _

from . import house, state
from .book import BOOK, every_rule, localized

PLATFORM, HOUSE = "platform", "house"


@dataclass(frozen=True, slots=True)
class ShownRule:
    """One rule as it stands on a page. ``until`` is the first day on which it no longer holds, or None."""

    id: str
    shelf: str
    whose: str
    severity: str
    source: str
    sentences: Mapping[str, str]
    valid_from: dt.date
    until: dt.date | None
    value: str = ""
    is_off: bool = False
    off_when: tuple[str, Any] | None = None
    """A house rule and the value with which this rule doesn't count."""

    @property
    def sentence(self) -> str:
        return localized(self.sentences)

    def holds_on(self, day: dt.date) -> bool:
        return self.valid_from <= day and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class Shelf:
    """The rules of one kind of check: ``rules`` gives every period of every rule; ``folder`` is that of its data."""

    name: str
    title: Any
    folder: str
    rules: Callable[[], list[ShownRule]]


_shelves: dict[str, Shelf] = {}


def register(shelf: Shelf) -> None:
    _shelves[shelf.name] = shelf


def shelves() -> tuple[Shelf, ...]:
    return tuple(_shelves.values())


def _of_checks(name: str, wanted: Callable[[str], bool]) -> list[ShownRule]:
    return [
        ShownRule(rule.id, name, rule.whose, rule.severity, rule.source, rule.sentences, rule.valid_from, rule.until)
        for rule in every_rule()
        if wanted(rule.id)
    ]


def _is_name(rule_id: str) -> bool:
    return rule_id.startswith("display_name.")


register(Shelf("policy", _("Policy screening"), BOOK, lambda: _of_checks("policy", lambda i: not _is_name(i))))
register(Shelf("display_name", _("Display name"), BOOK, lambda: _of_checks("display_name", _is_name)))


def rules_on(day: dt.date, chosen: state.HouseState) -> list[ShownRule]:
    """Every rule of one day, house rules with the value that they have in the given state."""
    found = []
    for shelf in shelves():
        for rule in shelf.rules():
            if rule.holds_on(day):
                found.append(replace(rule, is_off=_is_off(rule, chosen)))
    found += [_of_house(rule, chosen) for rule in house.house_rules(day).values() if rule.kind != "switch"]
    return found


def _is_off(rule: ShownRule, chosen: state.HouseState) -> bool:
    if rule.whose != HOUSE:
        return False
    if rule.off_when:
        name, value = rule.off_when
        with state.in_force(chosen):
            return house.house_rule(name) == value
    return rule.id in chosen.off


def _of_house(rule: house.HouseRule, chosen: state.HouseState) -> ShownRule:
    change = chosen.last(rule.id)
    return ShownRule(
        id=rule.id,
        shelf=HOUSE,
        whose=HOUSE,
        severity="",
        source="",
        sentences=rule.sentences,
        valid_from=change.valid_from.date() if change else rule.valid_from,
        until=rule.until,
        value=rule.shown(change.value if change else rule.default),
    )
