"""Names that are no names: a test, a generic term, a place, a person, a slogan."""

import re

from .evidence import PageEvidence
from .words import Lists, alike, distinctive, find, lists, plain_words, tokens, without_legal_form

FAIL, WARN = "fail", "warn"
_TEST = plain_words("test")
_FILLER = plain_words("filler")
_PARTICLES = plain_words("particles")
_REGION = plain_words("region")
# "Driving the future of freight", "Cuidando de você": a phrase that begins with what somebody is doing.
_DOING = re.compile(r"(?:\w{2,}(?:ando|endo|indo)|\w{3,}ing)")


def whole_name_fault(name: str, brand: str, legal_name: str, page: PageEvidence) -> tuple[str, str] | None:
    """The fault of the name as a whole with its level, or None."""
    known = lists()
    words = without_legal_form(tokens(name))
    brand_words = without_legal_form(tokens(brand))
    if not words:
        return None
    is_brand = words == brand_words
    if _is_test(words, brand_words, known):
        return "test_name", FAIL
    if _is_place(words, known) and not (is_brand and len(words) > 3):
        return "location_only", FAIL
    if _is_generic(words, brand_words, known, is_brand, page):
        return "generic_word", FAIL
    person = _person(name, words, brand_words, legal_name, page, known)
    if person:
        return "person_name_only", person
    if not is_brand and _is_slogan(name, words, brand_words, legal_name, page, known):
        return "slogan", FAIL
    return None


def _is_test(words: tuple[str, ...], brand: tuple[str, ...], known: Lists) -> bool:
    if _TEST.isdisjoint(words) or words == brand:
        return False
    left = [w for w in words if w not in _TEST and w not in _FILLER and not w.isdigit() and w not in known.stop]
    return not any(alike(w, b) for w in left for b in brand) and all(w in known.generic or len(w) <= 2 for w in left)


def _is_place(words: tuple[str, ...], known: Lists) -> bool:
    """Places side by side, joined at most by articles; a short form of a state may follow."""
    at, seen = 0, False
    while at < len(words):
        for size in range(min(5, len(words) - at), 0, -1):
            if words[at : at + size] in known.places:
                at, seen = at + size, True
                break
        else:
            if words[at] not in known.stop and not (seen and words[at] in _REGION):
                return False
            at += 1
    return seen


def _is_generic(
    words: tuple[str, ...], brand: tuple[str, ...], known: Lists, is_brand: bool, page: PageEvidence
) -> bool:
    if words in known.departments:
        return not is_brand or len(words) == 1
    content = [w for w in words if w not in known.stop]
    if not content or not all(w in known.generic or w.isdigit() or _singular(w) in known.generic for w in content):
        return False
    if is_brand and len(content) >= 2:
        named = page.mentions(words)
        return not any(e.place in {"title", "site_name", "structured_data", "logo"} for e in named)
    return True


def _singular(word: str) -> str:
    return re.sub(r"(?:es|s)$", "", word)


def _person(
    name: str, words: tuple[str, ...], brand: tuple[str, ...], legal_name: str, page: PageEvidence, known: Lists
) -> str | None:
    titled = words[0] in known.titles
    plain = tuple(w for w in words if w not in known.titles)
    core = tuple(w for w in plain if w not in _PARTICLES)
    if not 2 <= len(core) <= 5 or core[0] not in known.given or any(w.isdigit() or w == "&" for w in plain):
        return None
    if any(w in known.generic for w in core[1:]):
        return None
    last = core[1:]
    known_last = all(w in known.surnames or w in known.given for w in last)
    in_legal = any(w in tokens(legal_name) for w in last)
    named = _stands_as_person(words, page, known)
    if words == brand:
        named = named or (len(core) >= 3 and core[1] in known.given)
        return WARN if (known_last or in_legal or named) and not titled else WARN if titled and known_last else None
    if find(words, brand) or find(brand, words):
        return None
    if known_last or named or titled:
        return FAIL
    return FAIL if in_legal and not page.mentions(words) else None


def _stands_as_person(words: tuple[str, ...], page: PageEvidence, known: Lists) -> bool:
    """A role before or after the name: "Gerente: Jorge Paredes", "Sarah Collins, agent"."""
    for _, text in page.all():
        hay = tokens(text)
        for at in find(words, hay):
            before, after = hay[max(0, at - 3) : at], hay[at + len(words) : at + len(words) + 3]
            if any(find(role, before) or find(role, after) for role in known.roles):
                return True
    return False


def _is_slogan(
    name: str, words: tuple[str, ...], brand: tuple[str, ...], legal_name: str, page: PageEvidence, known: Lists
) -> bool:
    if find(brand, words) or len(words) < 2:
        return False
    own = set(distinctive(brand)) | set(distinctive(without_legal_form(tokens(legal_name))))
    shared = [w for w in distinctive(words) if any(alike(w, o) for o in own)]
    if any(find(words, tokens(t)) == [0] for t in page.texts.get("site_name", ())):
        return False
    marks = [w for w in words if w in known.slogans or w in known.verbs]
    if "," in name and len(words) >= 3 and marks:
        return True
    if shared and len(words) <= 4 and len(marks) <= 1:
        return False
    if len(words) >= 3 and (len(marks) >= 2 or marks and words[0] in known.verbs | known.slogans):
        return True
    if len(words) == 2:
        return words[0] in known.verbs and words[1] in known.slogans
    if len(words) >= 4 and (marks or not shared and _DOING.fullmatch(words[0])):
        return True
    return len(words) >= 6 and not shared
