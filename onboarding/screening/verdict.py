"""The verdict on an application and its reasons."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from onboarding.rulebook import Rulebook, load
from onboarding.rulebook.book import words

from .decide import Hit, Reading, doubtful, doubts, hits, listed
from .lexicon import SHARED, Span, scoped
from .ordinary import RULE as _NO_TRADE
from .ordinary import names_a_trade

ALLOWED, NEEDS_REVIEW, PROHIBITED = "allowed", "needs_review", "prohibited"

_VAGUE = words("activity", "vague")
_DOUBT = "house.screening.doubt"
_JOINERS = words("activity", "joiners")
_KINDS = {"mascotas", "pets"}
"""All pets, and so no animals by name."""


@dataclass(frozen=True, slots=True)
class Words:
    """Words that led to a reason, and the field in which they stand."""

    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: the category as code, the rule's id, its sentence in the active language, and the words."""

    code: str
    rule: str
    text: str
    words: tuple[Words, ...] = ()


@dataclass(frozen=True, slots=True)
class ScreeningVerdict:
    """The outcome. ``category`` is ``none`` when allowed; ``evidence_asked`` is filled for needs_review."""

    verdict: str
    category: str
    reasons: tuple[Reason, ...] = ()
    evidence_asked: tuple[str, ...] = ()
    rulebook_version: str = ""
    countries: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class _Finding:
    verdict: str
    category: str
    rule: str
    score: float
    words: tuple[Words, ...]


def screen(
    activity: str,
    brand: str,
    website_text: str,
    country: str,
    *,
    recipient_countries: Iterable[str] = (),
    sector: str = "",
    as_of: dt.date | None = None,
) -> ScreeningVerdict:
    """Screen one business against the messaging policy, sections 2.2 to 2.4 as of a day.

    ``country`` and ``recipient_countries`` are ISO 3166-1 alpha-2; an exception for a regulated vertical must hold in
    all of them. The brand alone never condemns, unless nothing else says what the business does.
    """
    book = load(as_of)
    home = country.strip().upper()
    countries = tuple(dict.fromkeys([home, *(c.strip().upper() for c in recipient_countries)]))
    fields = {"activity": activity or "", "sector": sector or "", "website": website_text or ""}
    reading = Reading(fields)
    content = [t for c in reading.clauses for t in c.tokens if t not in _VAGUE]
    if len(content) <= 1:
        reading = Reading({**fields, "brand": brand or ""})
    findings = _findings(reading, book, home, countries)
    if not findings:
        findings = _by_brand(reading, brand or "", book, countries)
    if not findings and not content and not (brand or "").strip() and book.holds("house.screening.too_little"):
        findings = [_Finding(NEEDS_REVIEW, "none", "house.screening.too_little", 0, ())]
    whole = Reading({**fields, "brand": brand or ""})
    if not findings and book.holds(_DOUBT):
        findings = _by_cues(whole)
    if not findings and book.holds(_NO_TRADE) and (content or (brand or "").strip()):
        if not names_a_trade(whole, brand_alone=len(content) <= 1):
            findings = [_Finding(NEEDS_REVIEW, "none", _NO_TRADE, 0, ())]
    return _verdict(findings, book, countries)


def _findings(reading: Reading, book: Rulebook, home: str, countries: tuple[str, ...]) -> list[_Finding]:
    groups: dict[tuple[str, str, str, str], list[Hit]] = defaultdict(list)
    for hit in hits(reading, home):
        decision = hit.decision
        if book.holds(decision.rule):
            groups[decision.category, decision.rule, decision.verdict, decision.mode].append(hit)
    found = []
    for (category, rule, verdict, mode), members in groups.items():
        judged = _JUDGES[mode](reading, category, rule, verdict, members, book, countries)
        if judged:
            found.append(_Finding(judged[0], category, judged[1], _score(members), _words(members)))
    return found


def _score(members: list[Hit]) -> float:
    distinct = {h.text for h in members}
    longest = max(h.end - h.start for h in members)
    typed = any(h.field == "activity" for h in members)
    return members[0].decision.weight + 1.2 * (len(distinct) - 1) + 0.4 * longest + (1.5 if typed else 0)


def _plain(reading, category, rule, verdict, members, book, countries) -> tuple[str, str] | None:
    return verdict, rule


def _trade(reading: Reading) -> tuple[bool, bool, bool]:
    """Whether something is sold here, a sale is denied or happens elsewhere, and service or news is given."""
    elsewhere = {i for i, _ in reading.each(scoped(SHARED, "elsewhere"), denied_too=True)}
    harmless = list(reading.each(scoped(SHARED, "not_sale"), denied_too=True))
    every = [
        (i, s)
        for i, s in reading.each(scoped(SHARED, "sell"), denied_too=True)
        if not any(i == j and s.start < h.end and h.start < s.end for j, h in harmless)
    ]
    sells = any(i not in elsewhere and not reading.is_denied(i, s) for i, s in every)
    refuses = bool(elsewhere) or any(reading.is_denied(i, s) for i, s in every)
    return sells, refuses, reading.has(scoped(SHARED, "support"))


def _regulated(reading, category, rule, verdict, members, book, countries) -> tuple[str, str] | None:
    sells, refuses, serves = _trade(reading)
    here = listed(book, category, countries)
    review = (NEEDS_REVIEW, f"{rule}.exception")
    if category == "gambling":
        takes_stakes = reading.has("policy/money:chips")
        licensed = reading.has(scoped(SHARED, "licensed"))
        return review if here and licensed and not takes_stakes else (verdict, rule)
    if category == "drugs":
        if not sells and _care_apart(reading, members):
            return None
    if category == "alcohol":
        weak = set(members[0].decision.weak)
        strong = [h for h in members if not _is_weak(reading, h, weak)]
        if not strong and not sells:
            return None
        meals = reading.has(scoped(SHARED, "restaurant"))
        if meals and not any(h.concept == "alcohol_shop" for h in members) and not _sold_with(reading, members):
            return None
    if sells or not (refuses or serves):
        return verdict, rule
    return review if here else (verdict, rule)


def _is_weak(reading: Reading, hit: Hit, weak: set[str]) -> bool:
    return any(
        s.start <= hit.start and hit.end <= s.end for name in weak for s in reading.spans[hit.clause].get(name, ())
    )


def _sold_with(reading: Reading, members: list[Hit]) -> bool:
    """A drink in the same breath as delivery or a price is sold, not served with the meal."""
    sell = scoped(SHARED, "sell")
    return any(not reading.is_denied(h.clause, s) for h in members for s in reading.spans[h.clause].get(sell, ()))


def _care_without_sale(reading, category, rule, verdict, members, book, countries) -> tuple[str, str] | None:
    """Rows 6 and 7: makers and clinics without direct sale are allowed."""
    sells, _, _ = _trade(reading)
    return None if not sells and _care_apart(reading, members) else (verdict, rule)


def _care_apart(reading: Reading, members: list[Hit]) -> bool:
    """A maker, clinic or practitioner named by other words than the goods themselves ("insumos medicos")."""
    taken = [(h.clause, h.start, h.end) for h in members]
    return any(
        not any(index == i and span.start < end and start < span.end for i, start, end in taken)
        for name in ("maker", "clinic")
        for index, span in reading.each(scoped(SHARED, name))
        if not reading.near(index, span, scoped(SHARED, "customers_for"), before=2)
    )


def _listed_alone(reading, category, rule, verdict, members, book, countries) -> tuple[str, str] | None:
    """Pets named at the head of a list, with nothing said about their care, are goods."""
    if any(reading.has(f"policy/animals:{name}", denied_too=True) for name in ("care", "livestock", "observe")):
        return None
    heads = [h for h in members if _heads_list(reading, h)]
    return (verdict, rule) if heads else None


def _pet_shop(reading, category, rule, verdict, members, book, countries) -> tuple[str, str] | None:
    """A shop that is only called one for pets may sell them: its goods decide, and where none is named, a person."""
    pets = [(i, s) for i, s in reading.each("policy/animals:pet") if _stands_alone(reading, i, s)]
    if pets:
        return PROHIBITED, "policy.live_animals"
    named = any(reading.has(f"policy/animals:{name}", denied_too=True) for name in ("care", "safe", "pet_goods"))
    refused = any(reading.is_denied(i, s) for i, s in reading.each("policy/animals:creatures", denied_too=True))
    return None if named or refused else (verdict, rule)


def _stands_alone(reading: Reading, index: int, span: Span) -> bool:
    """An item of a list that is nothing but the animals: "tienda de mascotas: cachorros, alimento"."""
    clause = reading.clauses[index]
    item = [t for t, c in zip(clause.tokens, clause.chunk, strict=True) if c == clause.chunk[span.start]]
    words = clause.tokens[span.start : span.end]
    return [t for t in item if t not in _JOINERS] == words and words[-1].endswith("s") and words[0] not in _KINDS


def _heads_list(reading: Reading, hit: Hit) -> bool:
    clause = reading.clauses[hit.clause]
    at = hit.start
    while at > 0 and clause.tokens[at - 1] in _JOINERS:
        at -= 1
    starts = at == 0 or clause.chunk[at - 1] != clause.chunk[hit.start]
    last = clause.tokens[hit.end - 1]
    after = clause.tokens[hit.end] if hit.end < len(clause.tokens) else ""
    plural = last.endswith("s") or clause.tokens[hit.start].endswith("s")
    return (
        starts and plural and after not in {"de", "da", "do", "la", "el", "of", "al", "a"} and not _compound(hit, after)
    )


def _compound(hit: Hit, after: str) -> bool:
    """English: "dogs trust", "cats protection" name something else than the animals."""
    return hit.text.split()[-1] in {"dogs", "cats"} and after not in {
        "",
        "and",
        "or",
        "for",
        "in",
        "ready",
        "available",
    }


_JUDGES = {
    "": _plain,
    "regulated": _regulated,
    "medicine_rx": _care_without_sale,
    "device": _care_without_sale,
    "listed_alone": _listed_alone,
    "pet_shop": _pet_shop,
}


def _by_brand(reading: Reading, brand: str, book: Rulebook, countries: tuple[str, ...]) -> list[_Finding]:
    """The brand's own trade counts where the activity speaks of it: tastings of a brewery, notices of a city."""
    named: dict[tuple[str, str, str, str], list[Hit]] = defaultdict(list)
    for hit in hits(Reading({"brand": brand}), countries[0]):
        decision = hit.decision
        if decision.brand_with and reading.has(decision.brand_with) and book.holds(decision.rule):
            named[decision.category, decision.rule, decision.verdict, decision.mode].append(hit)
    found = []
    for (category, rule, verdict, mode), members in named.items():
        judged = _regulated_by_name(reading, category, rule, verdict, book, countries) if mode else (verdict, rule)
        found.append(_Finding(judged[0], category, judged[1], members[0].decision.weight, _words(members)))
    return found


def _regulated_by_name(reading, category, rule, verdict, book, countries) -> tuple[str, str]:
    sells, _, _ = _trade(reading)
    exempt = not sells and listed(book, category, countries)
    return (NEEDS_REVIEW, f"{rule}.exception") if exempt else (verdict, rule)


def _by_cues(reading: Reading) -> list[_Finding]:
    """Nothing is named, but cues point to one category: a person reads it. A figurative brand alone raises no doubt."""
    found = []
    for doubt in doubts():
        cues = doubtful(reading, doubt)
        if any(reading.clauses[i].field != "brand" for i, _ in cues):
            said = tuple(Words(reading.clauses[i].field, reading.text(i, s)) for i, s in cues)
            score = 0 if doubt.category == "none" else len(cues)
            found.append(_Finding(NEEDS_REVIEW, doubt.category, _DOUBT, score, said))
    return found


def _verdict(findings: list[_Finding], book: Rulebook, countries: tuple[str, ...]) -> ScreeningVerdict:
    if not findings:
        return ScreeningVerdict(ALLOWED, "none", rulebook_version=book.version, countries=countries)
    ranked = sorted(findings, key=lambda f: (f.verdict == PROHIBITED, f.score), reverse=True)
    first = ranked[0]
    reasons = tuple(
        Reason(f.category, f.rule, book.sentence(f.rule), f.words) for f in ranked if f.verdict == first.verdict
    )
    asked = book.evidence_for(first.rule) if first.verdict == NEEDS_REVIEW else []
    return ScreeningVerdict(first.verdict, first.category, reasons, tuple(asked), book.version, countries)


def _words(members: Iterable[Hit]) -> tuple[Words, ...]:
    return tuple(dict.fromkeys(Words(h.field, h.text) for h in members))


def preflight(case: dict[str, Any], as_of: dt.date | None = None) -> dict[str, Any]:
    """Screen one case of the pre-flight command: ``activity``, ``brand``, ``website_text``, ``country``."""
    verdict = screen(
        str(case.get("activity") or ""),
        str(case.get("brand") or ""),
        str(case.get("website_text") or ""),
        str(case.get("country") or ""),
        recipient_countries=case.get("recipient_countries") or (),
        sector=str(case.get("sector") or ""),
        as_of=as_of,
    )
    return {
        "verdict": verdict.verdict,
        "category": verdict.category,
        "reasons": [{"code": r.code, "rule": r.rule, "text": r.text} for r in verdict.reasons],
    }
