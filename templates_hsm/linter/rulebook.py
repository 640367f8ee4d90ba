"""The dated rules (``data/rules_*.toml``) and a report that collects findings under them."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from string import Template

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import get_language

from onboarding.rulebook import editions
from onboarding.rulebook.editions import per_edition

from ..languages import base
from .findings import ERROR, WARNING, Finding, Fix

DATA = Path(__file__).resolve().parent / "data"
BOOK = "templates_hsm"
"""The name of our data folder among the editions."""
editions.register(BOOK, DATA)
READERS = ("en", "es", "pt")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as it held between two days (``until`` included; ``None`` means still)."""

    id: str
    code: str
    severity: str
    source: str
    since: date
    until: date | None
    house: bool
    subcode: int | None
    limit: int | None
    sentences: dict[str, str]
    fixes: dict[str, str]

    def holds_on(self, day: date | None) -> bool:
        """Whether the rule held on ``day``; without a day, whether it has no end."""
        if day is None:
            return self.until is None
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class HouseRules:
    """What this service asks beyond the platform; staff may loosen or tighten it.

    ``promotional``: ``"warning"`` (default), ``"error"`` to refuse promotional templates, ``"off"`` to take them.
    """

    promotional: str = WARNING


HOUSE_RULES = HouseRules()


def data(name: str) -> dict:
    """The content of one data file, such as ``promotion``."""
    return editions.edition(BOOK).parsed[name]


@per_edition(BOOK)
def all_rules() -> tuple[Rule, ...]:
    """Every rule with every period it held, in the order of the files."""
    rules = []
    for name in editions.edition(BOOK).parsed:
        if not name.startswith("rules_"):
            continue
        for entry in data(name)["rule"]:
            rules.append(
                Rule(
                    id=entry["id"],
                    code=entry["code"],
                    severity=entry["severity"],
                    source=entry["source"],
                    since=entry["from"],
                    until=entry.get("until"),
                    house=entry.get("house", False),
                    subcode=entry.get("subcode"),
                    limit=entry.get("limit"),
                    sentences={reader: entry[reader] for reader in READERS},
                    fixes={reader: entry[f"fix_{reader}"] for reader in READERS if f"fix_{reader}" in entry},
                )
            )
    return tuple(rules)


@per_edition(BOOK)
def rules_on(day: date | None) -> dict[str, Rule]:
    """The rules in force on ``day`` by ID; without a day, those that have no end."""
    return {rule.id: rule for rule in all_rules() if rule.holds_on(day)}


def as_day(moment) -> date | None:
    """A date from a date, a datetime or nothing."""
    return moment.date() if isinstance(moment, datetime) else moment


def reader_language(wanted: str | None = None) -> str:
    """The language findings are written in: ``wanted``, else the active one, else English."""
    if wanted is None:
        try:
            wanted = get_language()
        except ImproperlyConfigured:
            wanted = None
    found = base(wanted or "en")
    return found if found in READERS else "en"


@cache
def _template(sentence: str) -> Template:
    return Template(sentence)


class Report:
    """Collects findings for one definition under the rules of one day."""

    __slots__ = ("findings", "house", "reader", "rules")

    def __init__(self, day: date | None, reader: str, house: HouseRules):
        self.rules = rules_on(day)
        self.reader = reader
        self.house = house
        self.findings: list[Finding] = []

    def limit(self, rule_id: str) -> int | None:
        """The figure of a rule, or ``None`` when the rule did not hold that day."""
        rule = self.rules.get(rule_id)
        return rule.limit if rule else None

    def add(self, rule_id, path, start=None, end=None, *, patch=None, severity=None, **facts) -> None:
        """Note a finding under ``rule_id``; nothing happens when the rule did not hold that day.

        ``patch`` is a list of ``(path, value)`` that settles it; ``facts`` fill the rule's sentence.
        """
        rule = self.rules.get(rule_id)
        if rule is None:
            return
        if rule.limit is not None:
            facts.setdefault("limit", rule.limit)
        text = rule.sentences[self.reader]
        if "$" in text:
            text = _template(text).safe_substitute(facts)
        fix = None
        if patch and rule.fixes:
            fix = Fix(_template(rule.fixes[self.reader]).safe_substitute(facts), tuple(patch))
        self.findings.append(
            Finding(
                code=rule.code,
                rule=rule.id,
                severity=severity or rule.severity,
                source=rule.source,
                path=path,
                start=start,
                end=end,
                text=text,
                fix=fix,
                house=rule.house,
                subcode=rule.subcode,
            )
        )

    def has(self, code: str, severity: str = ERROR) -> bool:
        """Whether a finding with ``code`` and ``severity`` was noted."""
        return any(finding.code == code and finding.severity == severity for finding in self.findings)
