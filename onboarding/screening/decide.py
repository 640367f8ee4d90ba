"""Hits of the lexicons, what voids them, and the decision rules of each category."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from onboarding.rulebook.book import BOOK, Rulebook, read_files
from onboarding.rulebook.editions import per_edition

from .figurative import is_colour, is_name
from .lexicon import SHARED, Span, lexicon, scoped
from .negation import denied, deny_asked
from .text import Clause, clauses

_CONNECT = {"para", "for", "pra", "pro", "to"}
_BENIGN = {"adopcion", "adocao", "adopta", "adopt", "adoption", "adoptions", "adopciones"}


@dataclass(frozen=True, slots=True)
class Excuse:
    """Hits within a span of ``of`` don't count where the text has ``by`` and none of ``unless``."""

    of: str
    by: str
    unless: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """One ``[[decide]]`` entry of a data file."""

    file: str
    hit: tuple[str, ...]
    category: str
    rule: str
    verdict: str
    weight: float
    mode: str
    weak: tuple[str, ...]
    void_clause: tuple[str, ...]
    void_doc: tuple[str, ...]
    void_served: bool
    void_teach: bool
    void_care: bool
    void_figure: bool
    excuses: tuple[Excuse, ...]
    brand_with: str
    safe: str
    countries: frozenset[str]


@dataclass(frozen=True, slots=True)
class Hit:
    """A concept that stands in a field and was not voided."""

    decision: Decision
    concept: str
    field: str
    text: str
    clause: int
    start: int
    end: int


class Reading:
    """The fields of one application, tokenised, with concept spans and denials."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.clauses: list[Clause] = [c for name, text in fields.items() for c in clauses(name, text)]
        self.spans: list[dict[str, list[Span]]] = [lexicon().spans(c) for c in self.clauses]
        self.denied: list[list[int]] = [denied(c) for c in self.clauses]
        for i, (clause, answer) in enumerate(pairwise(self.clauses)):
            if clause.asked and clause.field == answer.field:
                deny_asked(clause, answer, self.denied[i], self.denied[i + 1])

    def is_denied(self, index: int, span: Span) -> bool:
        """Denied by a word that stands outside the span."""
        by = self.denied[index]
        causes = [by[i] for i in range(span.start, span.end)]
        return any(c >= 0 and not span.start <= c < span.end for c in causes)

    def has(self, name: str, *, denied_too: bool = False, fields: Iterable[str] | None = None) -> bool:
        return any(True for _ in self.each(name, denied_too=denied_too, fields=fields))

    def each(
        self, name: str, *, denied_too: bool = False, fields: Iterable[str] | None = None
    ) -> Iterable[tuple[int, Span]]:
        for index, found in enumerate(self.spans):
            if fields is not None and self.clauses[index].field not in fields:
                continue
            for span in found.get(name, ()):
                if denied_too or not self.is_denied(index, span):
                    yield index, span

    def near(
        self, index: int, span: Span, name: str, *, before: int = 99, after: int = 99, denied_too: bool = True
    ) -> bool:
        """Whether the concept stands in the same chunk, at most so many words before or after the span."""
        chunk = self.clauses[index].chunk
        for other in self.spans[index].get(name, ()):
            if not denied_too and self.is_denied(index, other):
                continue
            if chunk[other.start] != chunk[span.start] and chunk[other.end - 1] != chunk[span.start]:
                continue
            if other.start >= span.end and other.start - span.end < after:
                return True
            if other.start < span.end and span.start - other.end < before:
                return True
        return False

    def text(self, index: int, span: Span) -> str:
        return " ".join(self.clauses[index].tokens[span.start : span.end])


@per_edition(BOOK)
def decisions() -> tuple[Decision, ...]:
    built = []
    for file, content in read_files().items():
        default_rule = next((r for r in content.get("rules", ()) if "category" in r), None)
        for entry in content.get("decide", ()):
            category = entry.get("category") or default_rule["category"]
            built.append(
                Decision(
                    file=file,
                    hit=tuple(scoped(file, h) for h in entry["hit"]),
                    category=category,
                    rule=entry.get("rule") or f"policy.{category}",
                    verdict=entry.get("verdict", "prohibited"),
                    weight=float(entry.get("weight", 3)),
                    mode=entry.get("mode", ""),
                    weak=tuple(scoped(file, h) for h in entry.get("weak", ())),
                    void_clause=tuple(_name(file, c) for c in entry.get("void_clause", ())),
                    void_doc=tuple(_name(file, c) for c in entry.get("void_doc", ())),
                    void_served=entry.get("void_served", False),
                    void_teach=entry.get("void_teach", False),
                    void_care=entry.get("void_care", False),
                    void_figure=entry.get("void_figure", False),
                    excuses=tuple(
                        Excuse(_name(file, e["of"]), _name(file, e["by"]), tuple(_name(file, c) for c in e["unless"]))
                        for e in entry.get("excuse", ())
                    ),
                    brand_with=_name(file, entry["brand_with"]) if "brand_with" in entry else "",
                    safe=entry.get("safe", ""),
                    countries=frozenset(entry.get("countries", ())),
                )
            )
    return tuple(built)


def _name(file: str, concept: str) -> str:
    own = scoped(file, concept)
    return own if own in lexicon().names else scoped(SHARED, concept)


def hits(reading: Reading, country: str) -> list[Hit]:
    """Every hit that nothing voids, over all categories."""
    found = []
    for decision in decisions():
        if decision.countries and country not in decision.countries:
            continue
        if decision.void_doc and any(reading.has(c) for c in decision.void_doc):
            continue
        for concept in decision.hit:
            for index, span in reading.each(concept):
                if not _void(reading, decision, concept, index, span):
                    clause = reading.clauses[index]
                    found.append(
                        Hit(
                            decision,
                            concept.split(":")[1],
                            clause.field,
                            reading.text(index, span),
                            index,
                            span.start,
                            span.end,
                        )
                    )
    return found


@dataclass(frozen=True, slots=True)
class Doubt:
    """One ``[[doubt]]`` entry: cues that don't condemn, but together are too much to let pass."""

    category: str
    cues: dict[str, int]
    need: int
    anywhere: bool
    """Whether teaching, serving a trade, books and toys excuse nothing."""


@per_edition(BOOK)
def doubts() -> tuple[Doubt, ...]:
    return tuple(
        Doubt(
            entry["category"],
            {scoped(file, name): weight for name, weight in entry["cues"].items()},
            entry["need"],
            entry.get("anywhere", False),
        )
        for file, content in read_files().items()
        for entry in content.get("doubt", ())
    )


def doubtful(reading: Reading, doubt: Doubt) -> list[tuple[int, Span]]:
    """The cues that stand undenied and untaught, if they weigh enough together; each word counts once."""
    found: dict[str, tuple[int, Span]] = {}
    weights: dict[str, int] = {}
    taken: list[tuple[int, int, int]] = []
    innocent = f"{next(iter(doubt.cues)).split(':')[0]}:innocent"
    safe = [(i, s) for i, s in reading.each(innocent, denied_too=True)]
    for name, weight in sorted(doubt.cues.items(), key=lambda cue: -cue[1]):
        for index, span in reading.each(name):
            text = reading.text(index, span)
            if text in weights or any(i == index and s < span.end and span.start < e for i, s, e in taken):
                continue
            if any(i == index and s.start < span.end and span.start < s.end for i, s in safe):
                continue
            if not doubt.anywhere and _excused(reading, index, span):
                continue
            weights[text], found[text] = weight, (index, span)
            taken.append((index, span.start, span.end))
    return list(found.values()) if sum(weights.values()) >= doubt.need else []


def _excused(reading: Reading, index: int, span: Span) -> bool:
    if _served(reading, index, span) or _taught(reading, index, span):
        return True
    return any(_voids_near(reading, index, span, scoped(SHARED, name)) for name in ("toy", "culture"))


@per_edition(BOOK)
def _safe_concepts() -> tuple[str, ...]:
    return tuple(sorted(n for n in lexicon().names if n.endswith(":safe")))


def _void(reading: Reading, decision: Decision, concept: str, index: int, span: Span) -> bool:
    spans = reading.spans[index]
    for name in _safe_concepts():
        if name != scoped(decision.file, "safe"):
            continue
        for safe in spans.get(name, ()):
            if safe.start < span.end and span.start < safe.end and _covers(decision, name, safe, span):
                return True
    if any(_voids_near(reading, index, span, name) for name in decision.void_clause):
        return True
    if decision.void_served and _served(reading, index, span):
        return True
    if decision.void_teach and _taught(reading, index, span):
        return True
    clause = reading.clauses[index]
    if decision.void_figure and (is_name(clause, spans, span) or is_colour(clause, spans, span)):
        return True
    if any(_excuses(reading, excuse, index, span) for excuse in decision.excuses):
        return True
    return decision.void_care and _cared_for(reading, decision, index, span)


def _excuses(reading: Reading, excuse: Excuse, index: int, span: Span) -> bool:
    """ "tax accountant ... crypto gains" trades no coins, unless something is sold or exchanged beside it."""
    held = reading.spans[index].get(excuse.of, ())
    if not any(s.start <= span.start and span.end <= s.end for s in held):
        return False
    return reading.has(excuse.by) and not any(reading.has(name) for name in excuse.unless)


def _covers(decision: Decision, name: str, safe: Span, span: Span) -> bool:
    """An innocent phrase that holds the whole hit, or of the same file and not merely inside it."""
    if safe.start <= span.start and span.end <= safe.end:
        return True
    if name != scoped(decision.file, "safe"):
        return False
    return decision.safe == "any" or not (span.start < safe.start and safe.end < span.end)


def _voids_near(reading: Reading, index: int, span: Span, name: str) -> bool:
    return reading.near(index, span, name, before=8, after=2)


def _served(reading: Reading, index: int, span: Span) -> bool:
    """ "software para farmacias", "labels for breweries", "brewery software"."""
    tokens, chunk = reading.clauses[index].tokens, reading.clauses[index].chunk
    for other in reading.spans[index].get(scoped(SHARED, "b2b"), ()):
        if other.end <= span.start and span.start - other.end <= 8 and chunk[other.start] == chunk[span.start]:
            if any(t in _CONNECT for t in tokens[other.end : span.start]):
                return True
    return any(o.start == span.end for o in reading.spans[index].get(scoped(SHARED, "b2b_after"), ()))


def _taught(reading: Reading, index: int, span: Span) -> bool:
    """A topic of teaching, unless the same breath also sells; "without classes" teaches nothing."""
    if not reading.near(index, span, scoped(SHARED, "teach"), before=9, after=4, denied_too=False):
        return False
    sells = reading.spans[index].get(scoped(SHARED, "sell"), ())
    return all(reading.is_denied(index, s) for s in sells)


def _cared_for(reading: Reading, decision: Decision, index: int, span: Span) -> bool:
    file = decision.file
    bred = any(
        s.start < span.end and span.start < s.end for s in reading.spans[index].get(scoped(file, "breeding"), ())
    )
    if bred:
        sold = any(not reading.is_denied(index, s) for s in reading.spans[index].get(scoped(SHARED, "sell"), ()))
        return not sold and any(
            not _BENIGN.isdisjoint(c.tokens) or any(t.startswith(("rescat", "resgat", "rescue")) for t in c.tokens)
            for c in reading.clauses
        )
    return reading.near(index, span, scoped(file, "care")) or reading.near(index, span, scoped(file, "livestock"))


def listed(book: Rulebook, category: str, countries: Iterable[str]) -> bool:
    """Whether the exception for a regulated vertical holds in every one of the countries."""
    vertical = book.verticals.get(category)
    return bool(vertical) and book.holds(vertical.rule) and all(c in vertical.countries for c in countries)
