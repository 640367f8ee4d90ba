"""The one linter for message templates: builder, API, bulk import and command line ask it alike.

``lint`` is pure: no database, no network, and an answer for any value it is given.
"""

from collections.abc import Iterable
from datetime import date

from ..components import read
from . import buttons, content, duplicates, frame, special, texts
from .findings import ERROR, INFO, REMOVE, WARNING, Finding, Fix, apply_fix, severity_rank
from .rulebook import HOUSE_RULES, HouseRules, Report, Rule, all_rules, as_day, reader_language

__all__ = [
    "ERROR",
    "HOUSE_RULES",
    "INFO",
    "REMOVE",
    "WARNING",
    "Finding",
    "Fix",
    "HouseRules",
    "Rule",
    "all_rules",
    "apply_fix",
    "lint",
    "preflight",
    "verdict",
    "warm_up",
]

FAIL, WARN, PASS = "fail", "warn", "pass"
warm_up = content.warm_up


def lint(
    definition,
    *,
    as_of: date | None = None,
    existing: Iterable = (),
    house_rules: HouseRules = HOUSE_RULES,
    reader: str | None = None,
) -> list[Finding]:
    """Every finding about the body of a create call, errors first.

    ``as_of`` chooses the rules of a day (default: those that have no end); ``existing`` are the definitions already
    in the account, for duplicates; ``reader`` is the language of the sentences (default: the active one). Never
    raises, whatever ``definition`` holds.
    """
    template = read(definition)
    day = as_day(as_of)
    report = Report(day, reader_language(reader), house_rules)
    frame.check(template, report)
    texts.check(template, report)
    buttons.check(template, report)
    special.check(template, report)
    content.check(template, report)
    duplicates.check(template, existing, day, report)
    return sorted(report.findings, key=severity_rank)


def verdict(findings: Iterable[Finding]) -> str:
    """``fail`` with an error, ``warn`` with a warning, else ``pass``; information does not count."""
    severities = {finding.severity for finding in findings}
    return FAIL if ERROR in severities else WARN if WARNING in severities else PASS


def preflight(input: dict, **options) -> dict:
    """The short answer: ``{"verdict", "reasons": [{"code", "rule", "text"}]}``. Options are those of ``lint``."""
    findings = lint(input, **options)
    reasons = [
        {"code": finding.code, "rule": finding.rule, "text": finding.text}
        for finding in findings
        if finding.severity != INFO
    ]
    return {"verdict": verdict(findings), "reasons": reasons}
