"""Reading the data files and choosing the rules of a day."""

import datetime as dt
import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from django.utils.translation import get_language

from config.clock import now

DATA = Path(__file__).parent / "data"
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
    """The rules that hold on one day. ``version`` is the day and a hash of the content."""

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


def load(as_of: dt.date | None = None) -> Rulebook:
    """The rulebook of a day, today by default."""
    return _book_of(as_of or now().date())


@lru_cache(maxsize=64)
def _book_of(day: dt.date) -> Rulebook:
    files = read_files()
    rules: dict[str, Rule] = {}
    verticals: dict[str, Vertical] = {}
    evidence: dict[str, Mapping[str, list[str]]] = {}
    for content in files.values():
        for rule in map(_rule, content.get("rules", ())):
            if rule.holds_on(day):
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
    return Rulebook(day, f"{day.isoformat()}+{content_hash()}", rules, verticals, evidence)


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


@lru_cache(maxsize=1)
def read_files() -> dict[str, dict[str, Any]]:
    """Every data file by its path without suffix, such as ``policy/weapons``."""
    found = {}
    for path in sorted(DATA.rglob("*.toml")):
        with path.open("rb") as stream:
            found[path.relative_to(DATA).with_suffix("").as_posix()] = tomllib.load(stream)
    return found


@lru_cache(maxsize=1)
def content_hash() -> str:
    digest = hashlib.sha256()
    for path in sorted(DATA.rglob("*.toml")):
        digest.update(path.relative_to(DATA).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def words(section: str, name: str) -> frozenset[str]:
    """A plain word list of ``reading.toml``."""
    return frozenset(read_files()["reading"][section][name].split())
