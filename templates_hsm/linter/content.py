"""What a text is about: promotion, greetings, one-time codes, sensitive data, forbidden goods, threats.

Spanish, Portuguese and English; other languages are not judged. Sources: Meta, Template categorization, 2025-11-14,
and Message templates, common rejection reasons, 2025-10-31.
"""

from dataclasses import dataclass

from onboarding.rulebook.editions import per_edition

from .. import languages
from ..components import Definition, scan
from .phrases import Index, Overlaps, Words, cut
from .rulebook import BOOK, Report, data

JUDGED = ("es", "pt", "en")
_THRESHOLD = 1.0
# What a hint weighs in a sentence about a thing of the person's own.
_CONCRETE_SHARE = {"lifestyle": 0.6, "call": 0.3, "commerce": 0.1}
_CONCRETE_VARIABLES = 3
# Notices without a telling word usually have at least two variables; in our labelled texts all did.
_SOME_VARIABLES = 2
# Where one of these was found, what the text is about needs no further remark.
_OTHER_FAULTS = ("category_mismatch", "threatening", "sensitive_data_request", "prohibited_content")
_SHOWN = 3
# Benefits of which a sentence may report without promoting them, and wording that takes this excuse away.
_BENEFITS = frozenset({"discount", "gift", "loyalty", "upgrade", "commerce", "lifestyle"})
_PUSHES = frozenset({"urgency", "winback", "cart", "referral", "app", "event", "novelty", "call"})
_VAGUE_THRESHOLD = 0.5

# Small words that give a language away and mean nothing in the other two.
_TELLTALE = {
    "es": frozenset("el la los las del con una tu su se lo es y hay muy usted esta este pero nos al le que".split()),
    "pt": frozenset("o os as do da dos das com uma seu sua voce nao e em no na nos nas ao pelo pela sao foi".split()),
    "en": frozenset("the is are you your we our of and to for with on at it this that was has have will be".split()),
}  # fmt: skip
_LANGUAGE_NAMES = {
    "es": {"en": "Spanish", "es": "español", "pt": "espanhol"},
    "pt": {"en": "Portuguese", "es": "portugués", "pt": "português"},
    "en": {"en": "English", "es": "inglés", "pt": "inglês"},
}
_UNCLEAR = {
    "en": "nothing concrete",
    "es": "nada concreto",
    "pt": "nada concreto",
}


@dataclass(frozen=True, slots=True)
class _Lists:
    index: Index
    reasons: dict
    weights: dict
    sale_only: frozenset
    gap: int


@dataclass(slots=True)
class _Part:
    """One text of the template with what was found in it, by topic."""

    path: str
    text: str
    words: Words
    hits: dict


@per_edition(BOOK)
def _lists(language: str) -> _Lists:
    index, reasons, weights, sale_only = Index(), {}, {}, set()
    promotion, generic, conduct, prohibited = map(data, ("promotion", "generic", "conduct", "prohibited"))
    for topic, table in (("promo", promotion), ("generic", generic), ("prohibited", prohibited)):
        for group in table["group"]:
            key = (topic, group["id"])
            reasons[key] = group["reason"]
            weights[key] = group.get("weight", 1.0)
            if group.get("sale"):
                sale_only.add(key)
            for pattern in group[language]:
                index.add(pattern, key)
            for pattern in group.get(f"innocent_{language}", ()):
                index.add(pattern, ("innocent", key))
    plain = {
        ("innocent", "promo"): promotion["innocent"],
        ("settled", ""): promotion["settled"],
        ("evidence", ""): generic["evidence"],
        ("innocent", "evidence"): generic["evidence_innocent"],
        ("code", ""): conduct["code"],
        ("innocent", "code"): conduct["code_innocent"],
        ("ask", ""): conduct["sensitive"]["ask"],
        ("data", ""): conduct["sensitive"]["data"],
        ("innocent", "data"): conduct["sensitive"]["innocent"],
        ("threat", ""): conduct["threat"],
        ("innocent", "threat"): conduct["threat_innocent"],
        ("sale", ""): prohibited["sale"],
    }
    for key, table in plain.items():
        for pattern in table[language]:
            index.add(pattern, key)
    return _Lists(index, reasons, weights, frozenset(sale_only), conduct["sensitive"]["gap"])


def warm_up() -> None:
    """Read every word list now, so that the first template does not wait for it."""
    for language in JUDGED:
        _lists(language)


def texts_of(template: Definition) -> list[tuple[str, str]]:
    """Every text a person would read, with its path; samples count, since they say what a variable will hold."""
    texts = []

    def take(path: str, text: str) -> None:
        if text and text.strip():
            texts.append((path, text))

    def take_part(part) -> None:
        if part is not None:
            take(f"{part.path}.text", part.text)
            for sample in getattr(part, "examples", {}).values():
                take(f"{part.path}.example", sample)

    take_part(template.header)
    if template.offer is not None:
        take(f"{template.offer.path}.limited_time_offer.text", template.offer.text)
    take_part(template.body)
    take_part(template.footer)
    for button in template.buttons:
        take(f"{button.path}.text", button.text)
    for card in template.cards[:10]:
        take_part(card.body)
        for button in card.buttons:
            take(f"{button.path}.text", button.text)
    return texts[:60]


def detect(parts: list[Words]) -> tuple[str | None, dict[str, int]]:
    """The judged language the words belong to, when it is clear, and the count of telltale words of each."""
    counts = dict.fromkeys(JUDGED, 0)
    for part in parts:
        for word in part.words:
            if word is not None:
                for language, telltale in _TELLTALE.items():
                    if word in telltale:
                        counts[language] += 1
    best = max(counts, key=counts.get)
    rest = max(count for language, count in counts.items() if language != best)
    return (best if counts[best] >= 3 and counts[best] >= 2 * rest else None), counts


def check(template: Definition, report: Report) -> None:
    """Add what the wording of ``template`` breaks to ``report``."""
    if template.category == "AUTHENTICATION":
        return
    cuts = [(path, text, cut(text)) for path, text in texts_of(template)]
    if not cuts:
        return
    found, counts = detect([words for _, _, words in cuts])
    declared = languages.base(template.language)
    if found and declared in JUDGED and found != declared and counts[found] >= 5 and counts[declared] <= 1:
        names = (_LANGUAGE_NAMES[found][report.reader], _LANGUAGE_NAMES[declared][report.reader])
        report.add("LANG-MIXED", "language", found=names[0], declared=names[1])
    judged = found or (declared if declared in JUDGED else None)
    if judged is None:
        return
    lists = _lists(judged)
    parts = [_Part(path, text, words, _sort(lists.index.find(words))) for path, text, words in cuts]
    _code(template, parts, report)
    _sensitive(parts, lists, report)
    _prohibited(parts, lists, report)
    _threat(parts, report)
    _category(template, parts, lists, report)


def _sort(hits: list) -> dict:
    """Matches by topic, without those an innocent phrase touches."""
    innocent: dict = {}
    for (topic, key), first, last in hits:
        if topic == "innocent":
            innocent.setdefault(key, []).append((first, last))
    masks = {key: Overlaps(runs) for key, runs in innocent.items()}
    sorted_hits: dict = {}
    for key, first, last in hits:
        topic = key[0]
        if topic == "innocent":
            continue
        mask = masks.get(key) or masks.get(topic)
        if mask is not None and topic != "data" and mask.touches(first, last):
            continue
        sorted_hits.setdefault(topic, []).append((key, first, last))
    if "data" in masks:
        sorted_hits["not_asked"] = innocent["data"]
    return sorted_hits


def _is_sample(part: _Part) -> bool:
    return part.path.endswith(".example")


def _quote(part: _Part, first: int, last: int) -> tuple[int | None, int | None, str]:
    start, end = part.words.span(first, last)
    if _is_sample(part):
        return None, None, part.text.strip()[:60]
    return start, end, part.text[start:end]


def _code(template: Definition, parts: list[_Part], report: Report) -> None:
    for part in parts:
        for _, first, last in part.hits.get("code", ())[:1]:
            start, end, words = _quote(part, first, last)
            report.add("CODE-CATEGORY", part.path, start, end, words=words)
            return


def _sensitive(parts: list[_Part], lists: _Lists, report: Report) -> None:
    for part in parts:
        if _is_sample(part) or "ask" not in part.hits or "data" not in part.hits:
            continue
        sentence = part.words.sentence
        excused = {sentence[first] for first, _ in part.hits.get("not_asked", ())}
        for _, asked, _ in part.hits["ask"]:
            for _, first, last in part.hits["data"]:
                near = asked <= first <= asked + lists.gap and sentence[asked] == sentence[first]
                if near and sentence[asked] not in excused:
                    start, end, words = _quote(part, first, last)
                    report.add("SENSITIVE", part.path, start, end, words=words)
                    return


def _prohibited(parts: list[_Part], lists: _Lists, report: Report) -> None:
    sells = any("sale" in part.hits for part in parts)
    told = set()
    for part in parts:
        for key, first, last in part.hits.get("prohibited", ()):
            if key in told or (key in lists.sale_only and not sells):
                continue
            told.add(key)
            start, end, words = _quote(part, first, last)
            reason = lists.reasons[key][report.reader]
            report.add("PROHIBITED", part.path, start, end, words=words, reason=reason)


def _threat(parts: list[_Part], report: Report) -> None:
    for part in parts:
        for _, first, last in part.hits.get("threat", ())[:1]:
            start, end, words = _quote(part, first, last)
            report.add("THREAT", part.path, start, end, words=words)
            return


def _category(template: Definition, parts: list[_Part], lists: _Lists, report: Report) -> None:
    concrete = any("evidence" in part.hits for part in parts if not _is_sample(part))
    variables = len(scan(template.body.text).names) if template.body is not None else 0
    if template.category == "UTILITY" and variables >= _CONCRETE_VARIABLES:
        concrete = True
    score, shown = _promotion(parts, lists, concrete)
    generic = any("generic" in part.hits for part in parts if not _is_sample(part))
    # A text about nothing of the person's own that invites or names a price promotes, unless it only greets.
    vague = not concrete and variables < _SOME_VARIABLES and not generic
    enough = _VAGUE_THRESHOLD if vague else _THRESHOLD
    if template.category == "MARKETING":
        if report.house.promotional != "off" and (score > 0 or not concrete):
            place = shown[0] if shown else (parts[0], None, None)
            part, first, last = place[0], place[1], place[2]
            start, end = (None, None) if first is None else _quote(part, first, last)[:2]
            report.add("PROMO-HOUSE", part.path, start, end, severity=report.house.promotional)
        return
    if template.category != "UTILITY":
        return
    if score >= enough:
        for part, first, last, key in shown[:_SHOWN]:
            start, end, words = _quote(part, first, last)
            reason = lists.reasons[key][report.reader]
            report.add("PROMO-UTILITY", part.path, start, end, words=words, reason=reason)
        report.add("PROMO-CATEGORY", "category", patch=[("category", "MARKETING")])
    elif not concrete and not any(report.has(code) for code in _OTHER_FAULTS):
        _generic(parts, variables, lists, report)


def _promotion(parts: list[_Part], lists: _Lists, concrete: bool) -> tuple[float, list]:
    """How strongly the texts promote, and the telling places, strongest first."""
    groups, hints, shown, weak = {}, {}, [], 0.0
    for part in parts:
        reported = _reported(part) if concrete else frozenset()
        concerned = {part.words.sentence[first] for _, first, _ in part.hits.get("evidence", ())}
        for key, first, last in part.hits.get("promo", ()):
            if key[1] in _BENEFITS and part.words.sentence[first] in reported:
                continue
            weight = lists.weights[key]
            if weight >= _THRESHOLD:
                if key not in groups:
                    shown.append((part, first, last, key))
                groups[key] = weight
            elif not _is_sample(part):
                word = part.words.words[first]
                if word not in hints:
                    hints[word] = (part, first, last, key)
                    # What the text says of the person's own thing excuses the sentences that say it, no others.
                    excused = concrete and part.words.sentence[first] in concerned
                    weak += weight * (_CONCRETE_SHARE[key[1]] if excused else 1)
    return sum(groups.values()) + weak, shown + list(hints.values())


def _reported(part: _Part) -> set[int]:
    """The sentences that report what was done with a benefit and invite to nothing."""
    sentence = part.words.sentence
    settled = {sentence[first] for _, first, _ in part.hits.get("settled", ())}
    return settled - {sentence[first] for key, first, _ in part.hits.get("promo", ()) if key[1] in _PUSHES}


def _generic(parts: list[_Part], variables: int, lists: _Lists, report: Report) -> None:
    for part in parts:
        for key, first, last in part.hits.get("generic", ())[:1]:
            if _is_sample(part):
                continue
            start, end, _ = _quote(part, first, last)
            report.add("NOT-UTILITY", part.path, start, end, reason=lists.reasons[key][report.reader])
            return
    if variables < _SOME_VARIABLES:
        report.add("NOT-UTILITY", parts[0].path, reason=_UNCLEAR[report.reader])
