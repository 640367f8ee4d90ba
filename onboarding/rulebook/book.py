"""Reading the data files and choosing the rules of a day."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from django.utils.translation import get_language

from config.clock import now

from . import editions, state
from .editions import WordList, per_edition

DATA = Path(__file__).parent / "data"
BOOK = "onboarding"
"""The name of our data folder among the editions."""
editions.register(BOOK, DATA)
T = TypeVar("T")
LANGUAGES = ("en", "es", "pt")
SEVERITIES = ("block", "review", "warn", "info")


@dataclass(frozen=True, slots=True)
class Rule:
    """One dated rule. ``until`` is the first day on which it no longer holds, or None."""

    id: str
    category: str
    severity: str
    whose: str
    source: str
    valid_from: dt.date
    until: dt.date | None
    sentences: Mapping[str, str]

    @property
    def sentence(self) -> str:
        """The rule in the active language."""
        return localized(self.sentences)

    def holds_on(self, day: dt.date) -> bool:
        return self.valid_from <= day and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class Vertical:
    """A regulated vertical of the policy (section of 2024-08-27): where it may be promoted, from which age."""

    name: str
    category: str
    rule: str
    countries: frozenset[str]
    min_age: int


@dataclass(frozen=True)
class Rulebook:
    """The rules that hold on one day.

    ``version`` is the day, the fingerprint of the data files and, once staff changed house rules, ``h`` with the key
    of the newest change that counted: ``2026-11-23+0f3a…+h17``.
    """

    day: dt.date
    version: str
    rules: Mapping[str, Rule]
    verticals: Mapping[str, Vertical]
    evidence: Mapping[str, Mapping[str, list[str]]]

    def rule(self, rule_id: str) -> Rule:
        """The rule with this id; KeyError if none of that id holds on the day."""
        return self.rules[rule_id]

    def holds(self, rule_id: str) -> bool:
        return rule_id in self.rules

    def sentence(self, rule_id: str) -> str:
        return self.rules[rule_id].sentence

    def evidence_for(self, rule_id: str) -> list[str]:
        """What a reviewer asks for under this rule, in the active language."""
        asked = self.evidence.get(rule_id)
        return list(localized(asked)) if asked else []


def language() -> str:
    """The two-letter language for rule texts: the active one if we have it, else English."""
    active = (get_language() or "en")[:2].lower()
    return active if active in LANGUAGES else "en"


def localized(texts: Mapping[str, T]) -> T:
    """The entry of the active language, else the English one."""
    return texts.get(language()) or texts["en"]


@dataclass(frozen=True, slots=True)
class Version:
    """A version taken apart: the day, the fingerprint of the data files, the key of the newest change of the house."""

    day: dt.date
    fingerprint: str
    house: int

    @classmethod
    def read(cls, text: str) -> "Version | None":
        """The version in a stored verdict; None for one without, or of another shape."""
        day, _, rest = text.partition("+")
        fingerprint, _, house = rest.partition("+h")
        try:
            return cls(dt.date.fromisoformat(day), fingerprint, int(house or 0))
        except ValueError:
            return None

    def __str__(self) -> str:
        return f"{self.day.isoformat()}+{self.fingerprint}" + (f"+h{self.house}" if self.house else "")


def load(as_of: dt.date | None = None) -> Rulebook:
    """The rulebook of a day, today by default, as the house rules in force (``house.in_force``) leave it."""
    chosen = state.current()
    off, mark = (chosen.off, chosen.version) if chosen else (frozenset(), 0)
    return _book_of(as_of or now().date(), off, mark, content_hash())


@lru_cache(maxsize=64)
def _book_of(day: dt.date, off: frozenset[str], mark: int, fingerprint: str) -> Rulebook:
    files = read_files()
    rules: dict[str, Rule] = {}
    verticals: dict[str, Vertical] = {}
    evidence: dict[str, Mapping[str, list[str]]] = {}
    for content in files.values():
        for rule in map(_rule, content.get("rules", ())):
            if rule.holds_on(day) and not (rule.id in off and rule.whose == "house"):
                if rule.id in rules:
                    raise ValueError(f"Two versions of {rule.id} hold on {day}")
                rules[rule.id] = rule
        for entry in _dated(content.get("vertical", ()), day):
            verticals[entry["category"]] = Vertical(
                name=entry["name"],
                category=entry["category"],
                rule=entry["rule"],
                countries=frozenset(entry["countries"].split()),
                min_age=entry["min_age"],
            )
        evidence.update(content.get("evidence", {}))
    return Rulebook(day, str(Version(day, fingerprint, mark)), rules, verticals, evidence)


@per_edition(BOOK)
def every_rule() -> tuple[Rule, ...]:
    """Every rule of the data files with every period it held."""
    return tuple(_rule(entry) for content in read_files().values() for entry in content.get("rules", ()))


def house_owned() -> tuple[Rule, ...]:
    """The rules of the automatic checks that are ours and not the platform's; staff may switch these off."""
    return tuple(rule for rule in every_rule() if rule.whose == "house")


def _rule(entry: dict[str, Any]) -> Rule:
    severity = entry.get("severity", "block")
    if severity not in SEVERITIES:
        raise ValueError(f"Rule {entry['id']} has the unknown severity {severity}")
    return Rule(
        id=entry["id"],
        category=entry.get("category", ""),
        severity=severity,
        whose=entry.get("whose", "platform"),
        source=entry["source"],
        valid_from=entry["from"],
        until=entry.get("until"),
        sentences={code: entry[code] for code in LANGUAGES},
    )


def _dated(entries: Iterable[dict[str, Any]], day: dt.date) -> list[dict[str, Any]]:
    return [e for e in entries if e["from"] <= day and ("until" not in e or day < e["until"])]


def read_files() -> dict[str, dict[str, Any]]:
    """Every data file by its path without suffix, such as ``policy/weapons``."""
    return editions.edition(BOOK).parsed


def content_hash() -> str:
    """The fingerprint of the data files."""
    return editions.edition(BOOK).fingerprint


def words(section: str, name: str) -> WordList:
    """A plain word list of ``reading.toml``."""
    return WordList(lambda: _words(section, name))


@per_edition(BOOK)
def _words(section: str, name: str) -> frozenset[str]:
    return frozenset(read_files()["reading"][section][name].split())
