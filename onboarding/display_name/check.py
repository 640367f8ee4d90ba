"""The prediction: format, meaning and relation of a display name, with reasons, evidence and a score."""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from onboarding.rulebook import load

from .evidence import Evidence, PageEvidence, extract_evidence
from .faults import find_faults
from .relation import relation
from .whole import whole_name_fault
from .words import distinctive, tokens, without_legal_form

PASS, WARN, FAIL = "pass", "warn", "fail"
_SETTLED = {"meta_brand", "too_short"}


@dataclass(frozen=True, slots=True)
class NameReason:
    """Why: a code of the guideline, the rule's id and its sentence in the active language."""

    code: str
    rule: str
    text: str
    severity: str


@dataclass(frozen=True, slots=True)
class NameVerdict:
    """``score`` (0 to 100) says how strongly the page shows the name; ``suggestion`` is a name that would pass."""

    verdict: str
    reasons: tuple[NameReason, ...]
    score: int
    evidence: tuple[Evidence, ...]
    suggestion: str
    rulebook_version: str


def check_display_name(
    display_name: str,
    brand: str,
    legal_name: str,
    website_url: str,
    website_html: str,
    country: str,
    as_of: dt.date | None = None,
) -> NameVerdict:
    """Predict the outcome of the name review by the guideline (Meta Help Center 757569725593362, section 6.1).

    The page is the business's own website as fetched; an empty page shows nothing, so the name can't be verified.
    """
    book = load(as_of)
    page = extract_evidence(website_html or "")
    found = _judge(display_name or "", brand or "", legal_name or "", page)
    held = [(code, level) for code, level in found if book.holds(f"display_name.{code}")]
    reasons = tuple(
        NameReason(code, f"display_name.{code}", book.sentence(f"display_name.{code}"), level) for code, level in held
    )
    levels = {level for _, level in held}
    verdict = FAIL if FAIL in levels else WARN if WARN in levels else PASS
    named = without_legal_form(tokens(display_name or ""))
    shown = page.mentions(named)
    evidence = shown or page.mentions(without_legal_form(tokens(brand or "")))
    score = page.score(named) if shown else page.score(without_legal_form(tokens(brand or ""))) // 2
    score = max(0, score - 25 * sum(level == FAIL for _, level in held) - 10 * sum(level == WARN for _, level in held))
    suggestion = _suggest(display_name, brand, legal_name, page) if verdict != PASS else ""
    return NameVerdict(verdict, reasons, score, tuple(evidence), suggestion, book.version)


def _judge(name: str, brand: str, legal_name: str, page: PageEvidence) -> list[tuple[str, str]]:
    faults, clean = find_faults(name, brand, page)
    found = [(code, FAIL) for code in faults]
    if _SETTLED.isdisjoint(faults):
        whole = whole_name_fault(clean, brand, legal_name, page)
        if whole:
            return [*found, whole]
    if "too_short" in faults or "homoglyph" in faults:
        return found
    words = without_legal_form(tokens(clean))
    if "url_in_name" in faults and "".join(words) == "".join(w for w in without_legal_form(tokens(brand))):
        words = without_legal_form(tokens(brand))
    related = relation(words, brand, legal_name, page) if words else []
    if "meta_brand" in faults:
        related = [r for r in related if r[1] == FAIL and r[0] == "unrelated_to_brand"]
    return _unique([*found, *related])


def _unique(found: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return list(dict.fromkeys(found))


def _suggest(name: str, brand: str, legal_name: str, page: PageEvidence) -> str:
    """The brand as it stands, "<name> by <company>" for a name that only lacks its owner, or nothing."""
    plain = re.sub(r"\s+", " ", brand or "").strip()
    for candidate in (plain, f"{name.strip()} by {plain}"):
        if candidate and candidate != name and not _judge(candidate, plain, legal_name, page):
            return candidate
    if plain and plain != name and distinctive(tokens(plain)) and not find_faults(plain, plain, page)[0]:
        return plain
    return ""


def preflight(case: dict[str, Any], as_of: dt.date | None = None) -> dict[str, Any]:
    """Check one case of the pre-flight command: the six inputs of ``check_display_name`` by name."""
    verdict = check_display_name(
        *(
            str(case.get(key) or "")
            for key in ("display_name", "brand", "legal_name", "website_url", "website_html", "country")
        ),
        as_of=as_of,
    )
    return {
        "verdict": verdict.verdict,
        "reasons": [{"code": r.code, "rule": r.rule, "text": r.text} for r in verdict.reasons],
    }
